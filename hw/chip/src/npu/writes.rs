//! The write channels of the external bus, used by STORE.

use systole_hdl::prelude::*;

use super::bus_window::inside_window;
use super::shape::Shape;
use crate::blocks::{FifoPorts, fifo};
use crate::config::NpuConfig;

/// Write bursts under way for each read burst that may be: rows of the scratchpad are written one
/// by one, so most write bursts have few beats.
const WRITES_A_READ: u32 = 4;

/// Sends bursts and beats, and matches answers with the commands that they belong to.
///
/// A burst needs room in the address slice and among the bursts under way; beats may run ahead of
/// their address on the bus by what the slices hold. A burst outside the bus window fails without
/// being sent, and so do all later ones of the job. The first beat of a burst comes with the burst.
pub fn writes(config: &NpuConfig) -> Module {
    let shape = Shape::of(config);
    let (word_bits, bus_bits) = (shape.word_bits(), config.bus_bits);
    let address_slice = fifo("npu_write_address_slice", 2, U(word_bits + 4));
    let data_slice = fifo("npu_write_data_slice", 2, U(bus_bits + shape.bus + 1));
    let answer_bits = word_bits + 16 + 2;
    let answers =
        fifo("npu_write_answers", WRITES_A_READ * config.outstanding_bursts, U(answer_bits));
    module("npu_writes", |m| {
        m.doc("AW, W and B channels.");
        let burst_valid = m.input("burst_valid", Bit);
        let burst_address = m.input("burst_address", U(32));
        let burst_length = m.input("burst_length", U(4)).doc("beats minus 1");
        let burst_index = m.input("burst_index", U(16)).doc("of the command");
        let burst_ends_command = m.input("burst_ends_command", Bit);
        let beat_valid = m.input("beat_valid", Bit);
        let beat_data = m.input("beat_data", U(bus_bits));
        let beat_strobe = m.input("beat_strobe", U(shape.bus));
        let beat_last = m.input("beat_last", Bit);
        let clear = m.input("clear", Bit).doc("end of the job");
        let never = lit(0, Bit);

        m.section("Bus window");
        let inside = inside_window(m, burst_address);
        let refusing = m.reg("refusing", Bit).reset(0).doc("no burst is sent any more");
        let refuse = (refusing | (burst_valid & !inside)).named("refuse");
        m.clocked(|| {
            when(refuse, || refusing.set(1));
            when(clear, || refusing.set(0));
        });

        m.section("Addresses");
        let awready = m.input("m_axi_awready", Bit);
        let burst_word = burst_address.bits(31, shape.bus_log).named("burst_word");
        let addresses = FifoPorts::connect(
            m,
            "addresses",
            &address_slice,
            (burst_valid & !refuse, cat(&[burst_length, burst_word])),
            awready,
            never,
        );
        m.output("m_axi_awvalid", addresses.pop_valid);
        let awaddr = cat(&[addresses.pop_data.bits(word_bits - 1, 0), zero(U(shape.bus_log))]);
        m.output("m_axi_awaddr", awaddr);
        m.output("m_axi_awlen", addresses.pop_data.bits(word_bits + 3, word_bits).ext(8));

        m.section("Data");
        let wready = m.input("m_axi_wready", Bit);
        let beats = FifoPorts::connect(
            m,
            "data",
            &data_slice,
            (beat_valid & !refuse, cat(&[beat_last, beat_strobe, beat_data])),
            wready,
            never,
        );
        m.output("beat_ready", beats.push_ready);
        let wvalid = m.output("m_axi_wvalid", beats.pop_valid);
        m.output("beat_moves", wvalid & wready).doc("on the bus");
        m.output("m_axi_wdata", beats.pop_data.bits(bus_bits - 1, 0));
        m.output("m_axi_wstrb", beats.pop_data.bits(bus_bits + shape.bus - 1, bus_bits));
        m.output("m_axi_wlast", beats.pop_data.bit(bus_bits + shape.bus));

        m.section("Answers");
        let bvalid = m.input("m_axi_bvalid", Bit);
        let bresp = m.input("m_axi_bresp", U(2));
        let answer_arrives = m.wire("answer_arrives", Bit);
        let expected = FifoPorts::connect(
            m,
            "answers",
            &answers,
            (burst_valid, cat(&[refuse, burst_ends_command, burst_index, burst_word])),
            answer_arrives,
            never,
        );
        let refused = expected.pop_data.bit(word_bits + 17).named("refused");
        answer_arrives.drive(refused | bvalid);
        m.output("m_axi_bready", expected.pop_valid & !refused);
        m.output("burst_ready", addresses.push_ready & expected.push_ready);
        let answered = (expected.pop_valid & answer_arrives).named("answered");
        let good = (!refused & !bresp.bit(1)).named("good");
        let failed = (answered & !good).named("failed");
        let ends_command = expected.pop_data.bit(word_bits + 16);
        m.output("command_done", answered & good & ends_command);
        m.output("error", failed);
        m.output("error_index", expected.pop_data.bits(word_bits + 15, word_bits));
        let error_word = expected.pop_data.bits(word_bits - 1, 0);
        m.output("error_address", cat(&[error_word, zero(U(shape.bus_log))]));
        m.output("all_answered", !expected.pop_valid);
    })
}
