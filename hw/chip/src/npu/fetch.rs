//! Descriptor fetch: reads the list ahead of its use.

use systole_hdl::prelude::*;

use super::descriptor::{DESCRIPTOR_BITS, descriptor_check};
use super::shape::Shape;
use crate::blocks::{FifoPorts, bits_for, fifo};
use crate::config::NpuConfig;

/// Bits of a fetched descriptor with its verdict, see [`fetch`].
pub const FETCHED_BITS: u32 = DESCRIPTOR_BITS + 6;

/// Fetches from `list_address` after `start`, until a descriptor is `last`, an answer is an error,
/// or `stop`.
///
/// `fetched`: `[255:0]` the descriptor, `[256]` bad opcode, `[257]` bad field, `[258]` bus error,
/// `[261:259]` its first failing beat. An error is only handed on with the descriptor that it hit.
pub fn fetch(config: &NpuConfig) -> Module {
    let shape = Shape::of(config);
    let beats = shape.descriptor_beats();
    let bus_bits = config.bus_bits;
    let slots = shape.queue_depth();
    let queue = fifo("npu_prefetch_queue", slots, U(FETCHED_BITS));
    let checker = descriptor_check(config);
    module("npu_fetch", |m| {
        m.doc("Reads descriptors ahead of their use.");
        let start = m.input("start", Bit);
        let list_address = m.input("list_address", U(32)).doc("multiple of 32");
        let stop = m.input("stop", Bit).doc("no more descriptors are wanted");
        let clear = m.input("clear", Bit).doc("end of the job");
        let request_ready = m.input("request_ready", Bit);
        let beat_valid = m.input("beat_valid", Bit);
        let beat_data = m.input("beat_data", U(bus_bits));
        let beat_error = m.input("beat_error", Bit);
        let fetched_ready = m.input("fetched_ready", Bit);

        m.section("Requests");
        let fetching = m.reg("fetching", Bit).reset(0);
        let address = m.reg("address", U(27)).doc("of the next descriptor, in units of 32 bytes");
        let free = m.reg("free", U(bits_for(slots))).reset(u64::from(slots)).doc("free slots");
        let outstanding = m.reg("outstanding", U(bits_for(slots))).reset(0);
        let request_valid = m.output("request_valid", fetching & free.ne(0) & !stop);
        m.output("request_address", cat(&[address, zero(U(5))]));
        let request = (request_valid & request_ready).named("request");

        m.section("Assembly");
        let assembled = m.reg("assembled", U(DESCRIPTOR_BITS));
        let complete = m.wire("complete", Bit).doc("this beat is the last of a descriptor");
        let failed = m.wire("failed", Bit);
        let failed_beat = m.wire("failed_beat", U(3));
        let assembled_next = m.wire("assembled_next", U(DESCRIPTOR_BITS));
        if beats == 1 {
            complete.drive(beat_valid);
            failed.drive(beat_error);
            failed_beat.drive(0);
            assembled_next.drive(beat_data);
        } else {
            let beat = m.reg("beat", U(beats.ilog2())).reset(0).doc("number of the next beat");
            let failed_before = m.reg("failed_before", Bit).reset(0);
            let failed_first = m.reg("failed_first", U(beats.ilog2()));
            complete.drive(beat_valid & beat.all());
            failed.drive(beat_error | failed_before);
            failed_beat.drive(failed_before.mux(failed_first, beat).resize(3));
            assembled_next.drive(cat(&[beat_data, assembled.bits(DESCRIPTOR_BITS - 1, bus_bits)]));
            m.clocked(|| {
                when(beat_valid, || {
                    beat.set(beat + 1);
                    failed_before.set(failed & !beat.all());
                    when(!failed_before, || failed_first.set(beat));
                });
            });
        }
        let keep = (complete & fetching & !stop).named("keep");
        let ends_list = (assembled_next.bit(4) | failed).named("ends_list");
        let assembled_valid = m.reg("assembled_valid", Bit).reset(0);
        let assembled_error = m.reg("assembled_error", U(4));
        m.clocked(|| {
            when(beat_valid, || assembled.set(assembled_next));
            assembled_valid.set(keep);
            assembled_error.set(cat(&[failed_beat, failed]));
        });

        m.section("Check and queue");
        let check = m.instance("check", &checker).pin("descriptor", assembled);
        let (bad_opcode, bad_field) = (check.out("bad_opcode"), check.out("bad_field"));
        let verdict = cat(&[assembled_error, bad_field, bad_opcode, assembled]);
        let held = FifoPorts::connect(
            m,
            "queue",
            &queue,
            (assembled_valid, verdict),
            fetched_ready,
            clear,
        );
        let fetched_valid = m.output("fetched_valid", held.pop_valid);
        m.output("fetched", held.pop_data);
        m.check("room_for_answers", !assembled_valid | held.push_ready);

        m.section("Control");
        let used = (fetched_valid & fetched_ready).named("used");
        m.clocked(|| {
            when(request & !used, || free.set(free - 1)).or_when(used & !request, || {
                free.set(free + 1);
            });
            when(request & !complete, || outstanding.set(outstanding + 1))
                .or_when(complete & !request, || outstanding.set(outstanding - 1));
            when(request, || address.set(address + 1));
            when((keep & ends_list) | stop | clear, || fetching.set(0));
            when(start, || {
                fetching.set(1);
                address.set(list_address.bits(31, 5));
            });
            when(clear, || free.set(u64::from(slots)));
        });
        m.output("idle", outstanding.eq(0));
    })
}
