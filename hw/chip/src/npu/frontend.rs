//! Hands out descriptors in list order, keeps the list-order token balance, records the error with
//! the lowest index, and ends the job: also when the hart says so.

use systole_hdl::prelude::*;

use super::causes;
use super::descriptor::{
    COMMAND, DESCRIPTOR_BITS, EXEC, LOAD, STORE, UNITS, signal_mask, wait_mask,
};
use super::fetch::FETCHED_BITS;
use super::shape::Shape;
use crate::config::NpuConfig;

/// Checks the list-order token rule for the descriptor at hand and keeps the balance.
///
/// `opcode_bits` is one-hot over the units; `advance` hands the descriptor out.
pub fn token_balance() -> Module {
    module("npu_token_balance", |m| {
        m.doc("Tokens signalled and not yet taken, counted in list order.");
        let unit = m.input("unit", U(3)).doc("one-hot: the unit of the descriptor at hand");
        let waits = m.input("waits_for", U(3));
        let signals = m.input("signal", U(3));
        let advance = m.input("advance", Bit);
        let clear = m.input("clear", Bit);

        let mut underflow = Vec::new();
        let mut overflow = Vec::new();
        for from in 0..3u32 {
            for to in (0..3u32).filter(|&to| to != from) {
                let pair = format!("{}_to_{}", UNITS[from as usize], UNITS[to as usize]);
                let balance = m.reg(format!("balance_{pair}"), U(4)).reset(0);
                let taken = (unit.bit(to) & waits.bit(from)).named(format!("taken_{pair}"));
                let given = (unit.bit(from) & signals.bit(to)).named(format!("given_{pair}"));
                underflow.push(taken & balance.eq(0));
                overflow.push(given & balance.eq(15));
                m.clocked(|| {
                    when(advance & taken, || balance.set(balance - 1));
                    when(advance & given, || balance.set(balance + 1));
                    when(clear, || balance.set(0));
                });
            }
        }
        m.output("underflow", cat(&underflow).any());
        m.output("overflow", cat(&overflow).any());
    })
}

/// The front end without its fetch unit: `fetched` in, commands for the three units out.
pub fn frontend(config: &NpuConfig) -> Module {
    let shape = Shape::of(config);
    let balance = token_balance();
    module("npu_frontend", |m| {
        m.doc("Dispatch of descriptors, errors and the end of a job.");
        let job_start = m.input("job_start", Bit);
        let job_address = m.input("job_address", U(32));
        let job_abort = m.input("job_abort", Bit).doc("pulse: the hart ends the job");
        let fetched_valid = m.input("fetched_valid", Bit);
        let fetched = m.input("fetched", U(FETCHED_BITS));
        let unit_ready = UNITS.map(|unit| m.input(format!("{unit}_command_ready"), Bit));
        let drained = m.input("drained", Bit).doc("units and bus are idle");

        m.section("State");
        let dispatching = m.reg("dispatching", Bit).reset(0);
        let draining = m.reg("draining", Bit).reset(0);
        let index = m.reg("index", U(16)).doc("of the descriptor at hand");
        let job_end = m.output("job_end", draining & drained);
        m.output("fetch_start", job_start & job_address.bits(4, 0).eq(0));
        m.output("fetch_stop", draining);
        // The job may have ended while the hart wrote.
        let aborts = (job_abort & (dispatching | draining)).named("aborts");

        m.section("Descriptor at hand");
        let descriptor = fetched.bits(DESCRIPTOR_BITS - 1, 0);
        let opcode = descriptor.bits(3, 0).named("opcode");
        let last = descriptor.bit(4).named("last");
        let unit = cat(&[opcode.eq(STORE), opcode.eq(EXEC), opcode.eq(LOAD)]).named("unit");
        let advance = m.wire("advance", Bit);
        let rule = m
            .instance("balance", &balance)
            .pin("unit", unit)
            .pin("waits_for", wait_mask(descriptor))
            .pin("signal", signal_mask(descriptor))
            .pin("advance", advance)
            .pin("clear", job_end);
        let too_long = (index.all() & !last).named("too_long");
        let found = m.wire("found", U(8)).doc("what is wrong with the descriptor");
        m.comb(|| {
            when(fetched.bit(258), || found.set(causes::FETCH_ERROR))
                .or_when(fetched.bit(256), || found.set(causes::BAD_OPCODE))
                .or_when(fetched.bit(257), || found.set(causes::BAD_FIELD))
                .or_when(rule.out("underflow"), || found.set(causes::TOKEN_UNDERFLOW))
                .or_when(rule.out("overflow"), || found.set(causes::TOKEN_OVERFLOW))
                .or_when(too_long, || found.set(causes::LIST_TOO_LONG))
                .otherwise(|| found.set(causes::NONE));
        });
        let at_hand = (fetched_valid & dispatching).named("at_hand");
        let good = (at_hand & found.eq(causes::NONE) & !aborts).named("good");
        let bad = (at_hand & found.ne(causes::NONE)).named("bad");

        m.section("Dispatch");
        let ready_bits = cat(&[unit_ready[2], unit_ready[1], unit_ready[0]]);
        for (number, name) in UNITS.iter().enumerate() {
            m.output(format!("{name}_command_valid"), good & unit.bit(number as u32));
        }
        m.output("command", cat(&[index, descriptor]));
        debug_assert_eq!(COMMAND.width(), 16 + DESCRIPTOR_BITS);
        advance.drive(good & (unit & ready_bits).any());
        m.output("fetched_ready", advance);

        m.section("Errors");
        let bus = bus_error(m);
        let drop = m.output_reg("drop", Bit).reset(0).doc("bus error or abort: start nothing more");
        let abort = m.output_reg("abort", Bit).reset(0).doc("cut short what is under way");
        let error_valid = m.reg("error_valid", Bit).reset(0);
        let error_cause = m.output_reg("job_cause", U(8)).reset(0);
        let error_index = m.output_reg("job_fault_index", U(16)).reset(0);
        let error_address = m.output_reg("job_fault_address", U(32)).reset(0);
        let misaligned = (job_start & job_address.bits(4, 0).ne(0)).named("misaligned");
        // What was handed out has a lower index than what an abort kept back.
        let yields = (!error_valid | error_cause.eq(causes::ABORTED)).named("error_yields");
        let lower = (yields | bus.index.lt(error_index)).named("lower_index");
        let offset = if shape.bus_log == 5 {
            zero(U(32))
        } else {
            cat(&[fetched.bits(263 - shape.bus_log, 259), zero(U(shape.bus_log))]).ext(32)
        };
        let fetch_address =
            (job_address + cat(&[zero(U(11)), index, zero(U(5))]) + offset).named("fetch_address");
        m.clocked(|| {
            when(misaligned, || {
                error_valid.set(1);
                error_cause.set(causes::MISALIGNED_LIST);
            });
            when(bad & !error_valid, || {
                error_valid.set(1);
                error_cause.set(found);
                error_index.set(index);
                error_address.set(found.eq(causes::FETCH_ERROR).mux(fetch_address, 0));
            });
            when(aborts, || abort.set(1));
            // Descriptors before a bad one do not all complete either, so it is not the bad one.
            when(aborts & !drop, || {
                error_valid.set(1);
                error_cause.set(causes::ABORTED);
                error_index.set(index);
                error_address.set(0);
            });
            when(bus.valid | aborts, || drop.set(1));
            when(bus.valid & lower, || {
                error_valid.set(1);
                error_cause.set(bus.cause);
                error_index.set(bus.index);
                error_address.set(bus.address);
            });
            when(job_end, || {
                drop.set(0);
                abort.set(0);
                error_valid.set(0);
                error_cause.set(causes::NONE);
                error_index.set(0);
                error_address.set(0);
            });
        });

        m.section("Control");
        let stopped = (bad | bus.valid | misaligned | aborts).named("stopped");
        let ends = ((advance & last) | stopped).named("ends_dispatch");
        m.clocked(|| {
            when(advance, || index.set(index + 1));
            when(job_start, || {
                dispatching.set(1);
                index.set(0);
            });
            when(ends & (dispatching | job_start), || {
                dispatching.set(0);
                draining.set(1);
            });
            when(job_end, || draining.set(0));
        });
        m.check("one_state", !(dispatching & draining));
    })
}

/// The bus error of this cycle with the lower index.
struct BusError {
    valid: Signal,
    cause: Signal,
    index: Signal,
    address: Signal,
}

fn bus_error(m: M) -> BusError {
    let load = m.input("load_error", Bit).doc("pulse: bus error of a LOAD");
    let load_index = m.input("load_error_index", U(16));
    let load_address = m.input("load_error_address", U(32));
    let store = m.input("store_error", Bit).doc("pulse: bus error of a STORE");
    let store_index = m.input("store_error_index", U(16));
    let store_address = m.input("store_error_address", U(32));
    let load_first = (load & (!store | load_index.lt(store_index))).named("load_error_first");
    BusError {
        valid: (load | store).named("bus_error"),
        cause: load_first
            .mux(lit(causes::LOAD_ERROR, U(8)), lit(causes::STORE_ERROR, U(8)))
            .named("bus_error_cause"),
        index: load_first.mux(load_index, store_index).named("bus_error_index"),
        address: load_first.mux(load_address, store_address).named("bus_error_address"),
    }
}
