//! The NPU's bursts on Wishbone.

use systole_hdl::prelude::*;

use super::buses::{SLAVE_ERROR, WishboneMaster};
use crate::blocks::turns::take_turns;
use crate::blocks::{FifoPorts, fifo};
use crate::board::memory::axi_reader::BURST_ADDRESS_BITS;
use crate::soc::bus::{AxiRead, AxiWrite};

/// Module `axi_to_wishbone`: bursts of full-width beats at rising addresses from `s_axi_*`, each
/// inside its 4 KiB, as classic cycles of Wishbone B4 on `wbm_*`, of `bits` as well.
///
/// Bursts are served one after the other without a gap; reads and writes take turns. `cyc_o` falls
/// where a beat is not there yet, so that others may have the bus meanwhile. What ends with `err_i`
/// is answered with SLVERR.
pub fn axi_to_wishbone(bits: u32) -> Module {
    let beats = fifo("axi_to_wishbone_writes", 2, U(bits + bits / 8));
    let words = fifo("axi_to_wishbone_reads", 2, U(bits + 2));
    let word_log = (bits / 8).ilog2();
    module("axi_to_wishbone", |m| {
        m.doc("AXI4 bursts as classic cycles of Wishbone B4.");
        let read = AxiRead::sink(m, "s_axi", bits);
        let write = AxiWrite::sink(m, "s_axi", bits);
        let wbm = WishboneMaster::source(m, "wbm", bits);
        let never = lit(0, Bit);

        m.section("The burst at hand");
        let active = m.reg("active", Bit).reset(0);
        let writing = m.reg("writing", Bit);
        let word = m.reg("word", U(32 - word_log)).doc("number of the next one");
        let left = m.reg("left", U(8)).doc("beats after the next one");
        let last = (!left.any()).named("last");
        let moves = (wbm.cyc_o & (wbm.ack_i | wbm.err_i)).named("moves");
        let free = (!active | (moves & last)).named("free");
        let asking = [read.arvalid, write.awvalid];
        let begins = (free & (read.arvalid | write.awvalid)).named("begins");
        let [read_may, write_may] = take_turns(m, "burst", asking, begins);
        read.arready.drive(free & read_may);
        write.awready.drive(free & write_may);
        let begins_write = (write.awvalid & write_may).named("begins_write");
        let address = begins_write.mux(write.awaddr, read.araddr).named("address");
        let inside = BURST_ADDRESS_BITS - word_log;
        let next = cat(&[word.bits(31 - word_log, inside), word.bits(inside - 1, 0) + 1]);
        address.bits(word_log - 1, 0).unused();
        m.clocked(|| {
            when(moves, || {
                word.set(next);
                left.set(left - 1);
            });
            when(free, || {
                active.set(begins);
                writing.set(begins_write);
                word.set(address.bits(31, word_log));
                left.set(begins_write.mux(write.awlen, read.arlen));
            });
        });

        m.section("Beats");
        let push = (write.wvalid, cat(&[write.wstrb, write.wdata]));
        let beats = FifoPorts::connect(m, "writes", &beats, push, moves & writing, never);
        write.wready.drive(beats.push_ready);
        let push = (moves & !writing, cat(&[wbm.err_i, last, wbm.dat_i]));
        let words = FifoPorts::connect(m, "reads", &words, push, read.rready, never);
        read.rvalid.drive(words.pop_valid);
        read.rdata.drive(words.pop_data.bits(bits - 1, 0));
        read.rlast.drive(words.pop_data.bit(bits));
        read.rresp.drive(words.pop_data.bit(bits + 1).mux(SLAVE_ERROR, zero(U(2))));

        m.section("Answers");
        let written = m.reg("written", Bit).reset(0).doc("a burst is to be answered");
        let failed = m.reg("failed", Bit).doc("a beat of the burst at hand did");
        let written_failed = m.reg("written_failed", Bit);
        m.clocked(|| {
            when(moves & wbm.err_i, || failed.set(1));
            when(begins, || failed.set(0));
            when(write.bready, || written.set(0));
            when(moves & last & writing, || {
                written.set(1);
                written_failed.set(failed | wbm.err_i);
            });
        });
        write.bvalid.drive(written);
        write.bresp.drive(written_failed.mux(SLAVE_ERROR, zero(U(2))));

        m.section("Wishbone");
        // The last beat waits until its answer has room.
        let beat_there = beats.pop_valid & !(last & written);
        let ready = writing.mux(beat_there, words.push_ready).named("ready");
        wbm.cyc_o.drive(active & ready);
        wbm.stb_o.drive(active & ready);
        wbm.adr_o.drive(cat(&[word, zero(U(word_log))]));
        wbm.we_o.drive(writing);
        let bytes = beats.pop_data.bits(bits + bits / 8 - 1, bits);
        wbm.sel_o.drive(bytes | (!writing).repeat(bits / 8));
        wbm.dat_o.drive(beats.pop_data.bits(bits - 1, 0));

        write.wlast.unused();
        m.assume("it_ends_in_one_way", !(wbm.ack_i & wbm.err_i));
        m.check("answer_has_room", !(moves & last & writing & written));
        m.cover("bursts_follow_each_other", begins & active);
        m.cover("beat_comes_late", active & writing & !beats.pop_valid);
        m.cover("word_waits", read.rvalid & !read.rready);
    })
}
