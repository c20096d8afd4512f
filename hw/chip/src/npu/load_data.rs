//! LOAD, data side: what arrives goes as rows or as windows to the memories.

use systole_hdl::prelude::*;

use super::descriptor::COMMAND;
use super::load_aligner::load_aligner;
use super::load_rows::{WRITE_PORTS, load_rows};
use super::load_windows::load_windows;
use super::shape::Shape;
use crate::config::NpuConfig;

/// The aligner and its two users, of which one works at a time.
pub fn load_data(config: &NpuConfig) -> Module {
    let shape = Shape::of(config);
    let (aligner, rows, windows) = (load_aligner(config), load_rows(config), load_windows(config));
    module("npu_load_data", |m| {
        m.doc("Data side of LOAD.");
        let command_valid = m.input("command_valid", Bit);
        let command = m.input("command", COMMAND);
        let beat_valid = m.input("beat_valid", Bit);
        let beat_data = m.input("beat_data", U(config.bus_bits));
        let beat_error = m.input("beat_error", Bit);
        let write_ready = m.input("load_write_ready", Bit);
        let abort = m.input("abort", Bit).doc("discard everything");

        let aligner = m.instance("aligner", &aligner);
        let rows = m.instance("rows", &rows);
        let windows = m.instance("windows", &windows);
        for user in [rows, windows] {
            for port in ["held", "bytes", "first_bad"] {
                user.pin(port, aligner.out(port));
            }
            user.pin("command", command).pin("load_write_ready", write_ready).pin("abort", abort);
        }
        rows.pin("second_bad", aligner.out("second_bad"));

        m.section("Commands");
        let for_windows = command.bit(18).named("for_windows");
        let (rows_idle, windows_idle) = (rows.out("idle"), windows.out("idle"));
        rows.pin("command_valid", command_valid & !for_windows & windows_idle);
        windows.pin("command_valid", command_valid & for_windows & rows_idle);
        let windows_ready = windows.out("command_ready") & rows_idle;
        let rows_ready = rows.out("command_ready") & windows_idle;
        m.output("command_ready", for_windows.mux(windows_ready, rows_ready));
        m.output("idle", rows_idle & windows_idle);

        m.section("What the one that works wants");
        let of_user = |port| windows_idle.mux(rows.out(port), windows.out(port));
        aligner
            .pin("beat_valid", beat_valid)
            .pin("beat_data", beat_data)
            .pin("beat_error", beat_error)
            .pin("offset", of_user("offset"))
            .pin("early", !windows_idle & windows.out("early"))
            .pin("leaving", of_user("leaving"))
            .pin("flush", abort);
        m.output("beat_ready", aligner.out("beat_ready"));
        let [to_scratchpad, others @ ..] = WRITE_PORTS;
        m.output(to_scratchpad, rows.out(to_scratchpad) | windows.out(to_scratchpad));
        for port in others {
            m.output(port, rows.out(port));
        }
        for port in ["write_row", "write_data", "error_index", "error_address"] {
            m.output(port, of_user(port));
        }
        m.output("write_lanes", windows.out("write_lanes") | windows_idle.repeat(shape.dim))
            .doc("only the scratchpad heeds them");
        for port in ["done", "error"] {
            m.output(port, rows.out(port) | windows.out(port));
        }
        m.check("one_works", rows_idle | windows_idle);
    })
}
