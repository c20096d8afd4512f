//! What the NPU reads from the memory of a board.

use systole_hdl::fault::{Fault, Target};
use systole_hdl::prelude::*;

use super::{Method, Proof};
use crate::board::memory::axi_reader::axi_reader;
use crate::board::memory::shape::Shape;

pub const PROOFS: &[Proof] = &[Proof {
    name: "board-beats",
    statement: "The memory of a board answers each burst with as many beats as it asks for, in \
                order, the last one marked, with errors where there is no RAM; each beat has the \
                word that the RAM gave for it, and stays as it is until it is taken, whoever the \
                RAM serves in between.",
    module: beats,
    method: Method::Bounded { cycles: 9 },
    faults: &[
        Fault {
            name: "beat-not-held",
            description: "a beat that waits loses its word",
            module: "board_axi_reader",
            signal: "held_data",
            target: Target::Read,
            bad: |_| zero(U(32)),
        },
        Fault {
            name: "beat-overtaken",
            description: "the next beat is read while one waits",
            module: "board_axi_reader",
            signal: "m_axi_rready",
            target: Target::Read,
            bad: |_| lit(1, Bit),
        },
    ],
}];

/// A RAM of 64 KiB behind a bus of 4 bytes.
const SHAPE: Shape = Shape { fetch_bits: 32, beat_bits: 32, address_bits: 16 };

/// The reader between a bus that asks for anything and a RAM that serves it when it likes.
fn beats() -> Module {
    let under_proof = axi_reader(SHAPE);
    module("proof_board_beats", |m| {
        let dut = m.instance("reader", &under_proof);
        let pinned = |port: &str, ty| {
            let input = m.input(port, ty);
            dut.pin(port, input);
            input
        };
        let burst = pinned("m_axi_arvalid", Bit) & dut.out("m_axi_arready");
        let address = pinned("m_axi_araddr", U(32));
        let length = pinned("m_axi_arlen", U(8));
        let ready = pinned("m_axi_rready", Bit);
        let served = pinned("ram_read_ready", Bit) & dut.out("ram_read_valid");
        let word = pinned("ram_read_data", U(32));
        dut.unused("ram_read_address");
        let in_page = address.bits(11, 2).ext(11) + length.ext(11);
        m.assume("burst_in_its_page", !burst | !in_page.bit(10));

        m.section("Bursts under way, the oldest first");
        let valid = dut.out("m_axi_rvalid");
        let [data, last] = ["m_axi_rdata", "m_axi_rlast"].map(|port| dut.out(port));
        let error = dut.out("m_axi_rresp").eq(3).named("error");
        let beat = (valid & ready).named("beat");
        let level = m.reg("level", U(2)).reset(0);
        let number = m.reg("number", U(8)).reset(0).doc("of the next beat of the oldest");
        let entries = [0, 1].map(|n| m.reg(format!("burst_{n}"), U(9)));
        let ends = (beat & number.eq(entries[0].bits(7, 0))).named("ends");
        let left = (level - ends.ext(2)).named("left");
        let entry = cat(&[address.bits(31, 16).ne(0x8000), length]);
        m.clocked(|| {
            level.set(left + burst.ext(2));
            when(beat, || number.set(ends.mux(0, number + 1)));
            for (index, register) in (0u64..).zip(&entries) {
                let stays = ends.mux(entries[1], *register);
                register.set((burst & left.eq(index)).mux(entry, stays));
            }
        });
        m.check("two_bursts_at_most", !burst | left.ne(2));
        m.check("beats_have_bursts", !valid | level.ne(0));
        m.check("last_is_last", !valid | last.eq(number.eq(entries[0].bits(7, 0))));
        m.check("errors_are_outside", !valid | error.eq(entries[0].bit(8)));

        m.section("Words");
        let read = m.reg("read", Bit).reset(0).doc("in the cycle before");
        let waiting = m.reg("waiting", Bit).reset(0).doc("a beat that was read before that");
        let kept = m.reg("kept", U(32));
        m.clocked(|| {
            read.set(served);
            waiting.set(valid & !ready);
            when(read, || kept.set(word));
        });
        m.check("words_that_were_read", valid.eq(read | waiting));
        m.check("one_at_a_time", !(read & waiting));
        m.check("word_of_its_beat", !valid | data.eq(read.mux(word, kept)));

        m.cover("waits_in_the_middle", waiting & number.eq(1) & !last);
        m.cover("next_burst_without_a_gap", beat & last & served);
        m.cover("outside", beat & error);
    })
}
