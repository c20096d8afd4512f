//! The register file that the hart sees, and the job's status.

use systole_hdl::prelude::*;

use super::bus_window::PAGE_BITS;
use super::counters::{EVENTS, LAST_OFFSET, counters};
use super::shape::Shape;
use crate::config::NpuConfig;

/// `ID`.
pub const ID: u32 = 0x5359_4e50;

/// Offset of `ABORT`, the last register of the first page: behind the counters.
pub const ABORT: u32 = LAST_OFFSET + 4;

/// `CONFIG`.
pub fn config_word(config: &NpuConfig) -> u32 {
    let shape = Shape::of(config);
    shape.dim_log
        | shape.bus_log << 8
        | config.scratchpad_rows.ilog2() << 16
        | config.accumulator_rows.ilog2() << 24
}

/// Whether a request is for a whole word of a register.
pub fn access_ok(address: Signal, write: Signal, wstrb: Signal) -> Signal {
    let in_window_page = address.bits(11, 0).lt(8).named("in_window_page");
    let in_range = address.bit(12).mux(in_window_page, address.le(u64::from(ABORT)));
    let in_range = in_range.named("in_range");
    let aligned = address.bits(1, 0).eq(0).named("aligned");
    let whole_word = (!write | wstrb.all()).named("whole_word");
    (in_range & aligned & whole_word).named("access_ok")
}

/// Registers of docs/npu.md behind the register port; `job_*` towards the front end. The inputs
/// named by [`EVENTS`] are counted while a job runs.
pub fn registers(config: &NpuConfig, rvfi: bool) -> Module {
    let config_word = config_word(config);
    let counters = counters(config);
    module("npu_registers", |m| {
        m.doc("Memory-mapped registers. Every request is answered in the next cycle.");
        let request_valid = m.input("reg_req_valid", Bit);
        m.output("reg_req_ready", lit(1, Bit));
        let address = m.input("reg_req_address", U(13));
        let write = m.input("reg_req_write", Bit);
        let wdata = m.input("reg_req_wdata", U(32));
        let wstrb = m.input("reg_req_wstrb", U(4));
        let response_valid = m.output_reg("reg_rsp_valid", Bit).reset(0);
        let response_data = m.output_reg("reg_rsp_rdata", U(32));
        let response_error = m.output_reg("reg_rsp_error", Bit);

        let job_end = m.input("job_end", Bit).doc("pulse: the job is over");
        let job_cause = m.input("job_cause", U(8)).doc("0: without error");
        let job_fault_index = m.input("job_fault_index", U(16));
        let job_fault_address = m.input("job_fault_address", U(32));

        m.section("State");
        let busy = m.reg("busy", Bit).reset(0);
        let done = m.reg("done", Bit).reset(0);
        let error = m.reg("error", Bit).reset(0);
        let cause = m.reg("cause", U(8)).reset(0);
        let interrupt_enable = m.reg("interrupt_enable", Bit).reset(0);
        let fault_index = m.reg("fault_index", U(16)).reset(0);
        let fault_address = m.reg("fault_address", U(32)).reset(0);
        let jobs = m.reg("jobs", U(32)).reset(0);
        let cycles = m.reg("cycles", U(32)).reset(0);
        let job_start = m.output_reg("job_start", Bit).reset(0).doc("pulse: doorbell accepted");
        let job_address = m.output_reg("job_address", U(32)).reset(0).doc("of the list");
        let job_abort =
            m.output_reg("job_abort", Bit).reset(0).doc("pulse: end it, if it still runs");

        let window_base = m.output_reg("window_base", U(PAGE_BITS)).reset(0);
        let window_limit = m.output_reg("window_limit", U(PAGE_BITS)).reset(0);

        m.section("Decode");
        let access_ok = access_ok(address, write, wstrb);
        let write_ok = (request_valid & write & access_ok).named("write_ok");
        let doorbell = (write_ok & address.eq(0x10) & !busy).named("doorbell");
        let clear = (write_ok & address.eq(0x14) & !busy).named("clear");

        m.section("Counters");
        let counters = m
            .instance("counters", &counters)
            .pin("clear", doorbell)
            .pin("count", busy)
            .pin("word", address.bits(11, 2));
        for event in EVENTS {
            counters.pin(event, m.input(event, Bit));
        }

        m.section("Read");
        let status = cat(&[zero(U(16)), cause, zero(U(5)), error, done, busy]).named("status");
        let read_data = m.wire("read_data", U(32));
        m.comb(|| {
            read_data.set(0);
            switch(address, |s| {
                s.case(0x00, || read_data.set(ID));
                s.case(0x04, || read_data.set(config_word));
                s.case(0x08, || read_data.set(status));
                s.case(0x0c, || read_data.set(interrupt_enable.ext(32)));
                s.case(0x10, || read_data.set(job_address));
                s.case(0x18, || read_data.set(fault_index.ext(32)));
                s.case(0x1c, || read_data.set(fault_address));
                s.case(0x20, || read_data.set(jobs));
                s.case(0x24, || read_data.set(cycles));
                s.case(0x1000, || read_data.set(cat(&[window_base, zero(U(12))])));
                s.case(0x1004, || read_data.set(cat(&[window_limit, zero(U(12))])));
                s.default(|| read_data.set(counters.out("value")));
            });
        });
        m.clocked(|| {
            response_valid.set(request_valid);
            response_data.set(read_data);
            response_error.set(!access_ok);
            when(write_ok & address.eq(0x0c), || interrupt_enable.set(wdata.bit(0)));
            let page = wdata.bits(31, 12);
            when(write_ok & address.eq(0x1000) & !busy, || window_base.set(page));
            when(write_ok & address.eq(0x1004) & !busy, || window_limit.set(page));
        });

        m.section("Job");
        m.clocked(|| {
            job_start.set(doorbell);
            job_abort.set(write_ok & address.eq(u64::from(ABORT)) & busy);
            when(busy, || cycles.set(cycles + 1));
            when(clear | doorbell, || {
                done.set(0);
                error.set(0);
                cause.set(0);
            });
            when(doorbell, || {
                busy.set(1);
                job_address.set(wdata);
                fault_index.set(0);
                fault_address.set(0);
                cycles.set(0);
            });
            when(job_end, || {
                busy.set(0);
                done.set(job_cause.eq(0));
                error.set(job_cause.ne(0));
                cause.set(job_cause);
                fault_index.set(job_fault_index);
                fault_address.set(job_fault_address);
                jobs.set(jobs + 1);
            });
        });
        m.output("interrupt", interrupt_enable & (done | error));
        m.check("ends_only_when_busy", !job_end | busy);

        if rvfi {
            m.section("Retire port of jobs");
            m.output("npu_job_start", job_start).doc("pulse: the first cycle of a job");
            let ended = m.output_reg("npu_job_end", Bit).reset(0);
            m.clocked(|| ended.set(job_end));
            m.output("npu_job_cause", cause);
            m.output("npu_job_fault_index", fault_index);
            m.output("npu_job_fault_address", fault_address);
        }
    })
}
