//! The LOAD unit: rows of memory into the scratchpad, the parameter memory or the table memory.

use systole_hdl::prelude::*;

use super::descriptor::COMMAND;
use super::load_data::load_data;
use super::load_requests::load_requests;
use super::load_rows::WRITE_PORTS;
use super::shape::Shape;
use crate::blocks::{FifoPorts, bits_for, fifo};
use crate::config::NpuConfig;

/// The LOAD unit. Its address side may ask for the words of the next command while the data side is
/// still busy with this one. After a bus error, or when the hart ends the job (`abort`), it waits,
/// discarding, for the bursts under way, and does nothing more until `clear`.
pub fn load(config: &NpuConfig) -> Module {
    let requests = load_requests(config);
    let data = load_data(config);
    // Commands that the first side has begun and the second one has not.
    let ahead_depth = Shape::of(config).queue_depth().min(2);
    let ahead = fifo("npu_load_queue", ahead_depth, COMMAND);
    let outstanding_ty = U(bits_for(config.outstanding_bursts + 1));
    module("npu_load", |m| {
        m.doc("LOAD unit.");
        let command_valid = m.input("command_valid", Bit);
        let command = m.input("command", COMMAND);
        let request_ready = m.input("request_ready", Bit);
        let beat_valid = m.input("beat_valid", Bit);
        let beat_last = m.input("beat_last", Bit);
        let beat_data = m.input("beat_data", U(config.bus_bits));
        let beat_error = m.input("beat_error", Bit);
        let write_ready = m.input("load_write_ready", Bit);
        let abort = m.input("abort", Bit).doc("the hart ended the job");
        let clear = m.input("clear", Bit).doc("end of the job");

        m.section("Address side");
        let aborted = m.output_reg("aborted", Bit).reset(0).doc("nothing more is loaded");
        let ahead_room = m.wire("ahead_room", Bit);
        let requester = m
            .instance("requests", &requests)
            .pin("command_valid", command_valid & ahead_room)
            .pin("command", command)
            .pin("request_ready", request_ready)
            .pin("abort", aborted);
        let command_ready =
            m.output("command_ready", requester.out("command_ready") & ahead_room & !aborted);
        let request_valid = m.output("request_valid", requester.out("request_valid"));
        m.output("request_address", requester.out("request_address"));
        m.output("request_length", requester.out("request_length"));

        m.section("Data side");
        let accept = (command_valid & command_ready).named("accept");
        let data_ready = m.wire("data_ready", Bit);
        let next = FifoPorts::connect(m, "ahead", &ahead, (accept, command), data_ready, aborted);
        ahead_room.drive(next.push_ready);
        let data = m
            .instance("data", &data)
            .pin("command_valid", next.pop_valid)
            .pin("command", next.pop_data)
            .pin("beat_valid", beat_valid)
            .pin("beat_data", beat_data)
            .pin("beat_error", beat_error)
            .pin("load_write_ready", write_ready)
            .pin("abort", aborted);
        data_ready.drive(data.out("command_ready"));
        let beat_ready = m.output("beat_ready", data.out("beat_ready"));
        for port in WRITE_PORTS {
            m.output(port, data.out(port));
        }
        for port in ["write_row", "write_data", "write_lanes"] {
            m.output(port, data.out(port));
        }
        for port in ["done", "error_index", "error_address"] {
            m.output(port, data.out(port));
        }
        let error = m.output("error", data.out("error"));

        m.section("Bursts under way");
        let outstanding = m.reg("outstanding", outstanding_ty).reset(0);
        let opened = (request_valid & request_ready).named("burst_opened");
        let closed = (beat_valid & beat_ready & beat_last).named("burst_closed");
        m.clocked(|| {
            when(opened & !closed, || outstanding.set(outstanding + 1))
                .or_when(closed & !opened, || outstanding.set(outstanding - 1));
            when(error | abort, || aborted.set(1));
            when(clear, || aborted.set(0));
        });
        let nothing_ahead = (requester.out("idle") & !next.pop_valid).named("nothing_ahead");
        m.output("idle", nothing_ahead & data.out("idle") & outstanding.eq(0));
    })
}
