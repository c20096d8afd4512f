//! A small NPU: one sequencer does LOAD, EXEC and STORE, one after the other, by its program.
//!
//! ```text
//!                         +-----------+      +-------------+
//!   hart (registers) <--> | host_port | <--> |  sequencer  |  program and registers in block RAM
//!                         +-----------+      +-------------+
//!                                              |    |    |
//!                          external bus <-> bus_port |   sums: weights, products, accumulators
//!                                                    |    |
//!                                              inner_memory: scratchpad, parameters, table
//! ```

mod bus_port;
#[cfg(test)]
pub mod emulator;
mod host_port;
mod inner;
mod instruction;
mod microcode;
mod sequencer;
mod sums;

use systole_hdl::prelude::*;

use crate::config::NpuConfig;
use bus_port::bus_port;
use host_port::host_port;
use inner::{InnerMap, inner_memory};
use sequencer::sequencer;
use sums::sums;

/// The NPU (docs/npu.md) with the ports of [`npu`](super::npu).
pub fn sequential_npu(config: &NpuConfig, rvfi: bool) -> Module {
    let program = microcode::program(config);
    let (sequencer, host, bus) = (sequencer(&program), host_port(), bus_port());
    let (inner, sums) = (inner_memory(config), sums(config));
    module("npu", |m| {
        m.doc("Inference unit. Its programmer's manual is docs/npu.md.");
        let sequencer = m.instance("sequencer", &sequencer);
        let host = m.instance("host_port", &host);
        let bus = m.instance("bus_port", &bus);
        let inner = m.instance("inner_memory", &inner);
        let sums = m.instance("sums", &sums);

        m.section("Registers");
        for (port, ty) in [
            ("reg_req_valid", Bit),
            ("reg_req_address", U(13)),
            ("reg_req_write", Bit),
            ("reg_req_wdata", U(32)),
            ("reg_req_wstrb", U(4)),
        ] {
            host.pin(port, m.input(port, ty));
        }
        for port in ["reg_req_ready", "reg_rsp_valid", "reg_rsp_rdata", "reg_rsp_error"] {
            m.output(port, host.out(port));
        }
        m.output("interrupt", host.out("interrupt"));
        for port in ["slot", "releases", "ends"] {
            host.pin(port, sequencer.out(port));
        }
        host.pin("read_word", sequencer.out("operand_out"));
        host.pin("cycles", sequencer.out("cycles_out"));
        for (from, to) in [
            ("index", "host_index"),
            ("write", "host_write"),
            ("data", "host_data"),
            ("waits", "host_waits"),
            ("held", "held"),
            ("aborting", "aborting"),
            ("doorbell", "doorbell"),
        ] {
            sequencer.pin(to, host.out(from));
        }

        m.section("External bus");
        let accumulator = sequencer.out("accumulator_out");
        for (from, to) in [("bus_read", "read"), ("bus_write", "write"), ("strobe", "strobe")] {
            bus.pin(to, sequencer.out(from));
        }
        bus.pin("address", accumulator).pin("data", sequencer.out("operand_out"));
        for (from, to) in [("done", "bus_done"), ("failed", "bus_failed"), ("word", "bus_word")] {
            sequencer.pin(to, bus.out(from));
        }
        for (port, ty) in [
            ("m_axi_arready", Bit),
            ("m_axi_rvalid", Bit),
            ("m_axi_rlast", Bit),
            ("m_axi_rdata", U(32)),
            ("m_axi_rresp", U(2)),
            ("m_axi_awready", Bit),
            ("m_axi_wready", Bit),
            ("m_axi_bvalid", Bit),
            ("m_axi_bresp", U(2)),
        ] {
            bus.pin(port, m.input(port, ty));
        }
        for port in [
            "m_axi_arvalid",
            "m_axi_araddr",
            "m_axi_arlen",
            "m_axi_rready",
            "m_axi_awvalid",
            "m_axi_awaddr",
            "m_axi_awlen",
            "m_axi_wvalid",
            "m_axi_wdata",
            "m_axi_wstrb",
            "m_axi_wlast",
            "m_axi_bready",
            "writing",
        ] {
            m.output(port, bus.out(port));
        }

        m.section("Inner memory and sums");
        let address_bits = InnerMap::of(config).words.ilog2();
        let row_bits = config.scratchpad_rows.ilog2();
        // Rows of waves wrap in the scratchpad, but for those of padding.
        let wraps = sequencer.out("wave") & !accumulator.bit(31);
        let above = (!wraps).repeat(address_bits - row_bits);
        let above = accumulator.bits(address_bits - 1, row_bits) & above;
        let address = cat(&[above, accumulator.bits(row_bits - 1, 0)]).named("address");
        inner
            .pin("read", sequencer.out("inner_read"))
            .pin("write", sequencer.out("inner_write"))
            .pin("address", address)
            .pin("data", sequencer.out("operand_out"))
            .pin("strobe", sequencer.out("strobe"));
        sequencer.pin("inner_word", inner.out("word"));
        let dim = config.dim;
        let argument = sequencer.out("argument");
        let weights: Vec<Signal> = (0..dim)
            .rev()
            .map(|n| sequencer.out("set_weight") & argument.eq(u64::from(n)))
            .collect();
        sums.pin("value", accumulator)
            .pin("set_weights", cat(&weights))
            .pin("elements", inner.out("word"))
            .pin("wave", sequencer.out("wave"))
            .pin("look", sequencer.out("look"));
        for port in ["set_row", "set_column", "set_mode"] {
            sums.pin(port, sequencer.out(port));
        }
        sequencer.pin("sum", sums.out("sum"));

        if rvfi {
            trace(m, sequencer, host);
        } else {
            sequencer.unused("mark").unused("stores");
        }
    })
}

/// The retire port of jobs and units: what the sequencer writes into the registers of the status.
fn trace(m: M, sequencer: Instance, host: Instance) {
    use microcode::registers::{FAULT_ADDRESS, FAULT_INDEX, Register, STATUS};
    m.section("Retire port of jobs and units");
    let start = m.output_reg("npu_job_start", Bit).reset(0).doc("pulse: the first cycle of a job");
    let end = m.output_reg("npu_job_end", Bit).reset(0);
    let late = |name: &str, now: Signal| {
        let register = m.output_reg(name, U(3)).reset(0);
        m.clocked(|| register.set(now));
    };
    let mark = sequencer.out("mark");
    late("npu_unit_started", mark.bits(2, 0));
    late("npu_unit_completed", mark.bits(5, 3));
    m.clocked(|| {
        start.set(host.out("doorbell"));
        end.set(sequencer.out("ends"));
    });
    let kept = |name: &str, of: Register, high: u32, low: u32| {
        let register = m.output_reg(name, U(high - low + 1));
        let writes = sequencer.out("stores") & sequencer.out("argument").eq(of.number());
        m.clocked(|| {
            when(writes, || register.set(sequencer.out("accumulator_out").bits(high, low)));
        });
    };
    kept("npu_job_cause", STATUS, 15, 8);
    kept("npu_job_fault_index", FAULT_INDEX, 15, 0);
    kept("npu_job_fault_address", FAULT_ADDRESS, 31, 0);
}
