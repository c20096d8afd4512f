//! Requests on the external bus.

use systole_hdl::fault::{Fault, Target};
use systole_hdl::prelude::*;

use super::free::any_constant;
use super::{Method, Proof};
use crate::config::NpuConfig;
use crate::npu::descriptor::COMMAND;
use crate::npu::load_requests::load_requests;
use crate::npu::reads::reads;

pub const PROOFS: &[Proof] = &[
    Proof {
        name: "load-bursts",
        statement: "A burst that LOAD asks for has 1 to 16 words and does not leave the aligned \
                    block of 16 words in which it begins, so it never crosses 4 KiB; once asked \
                    for it stays as it is until it is taken.",
        module: bursts,
        method: Method::Bounded { cycles: 8 },
        faults: &[Fault {
            name: "crosses-blocks",
            description: "a burst may be as long as its row",
            module: "npu_load_requests",
            signal: "ends_span",
            target: Target::Drive,
            bad: |_| lit(1, Bit),
        }],
    },
    Proof {
        name: "read-arbiter",
        statement: "Descriptor fetch and LOAD share the read channel: an address offered to the \
                    bus stays until it is taken, every beat goes to the owner of the oldest \
                    burst, bursts outside the bus window never reach the bus and are answered \
                    with as many errors as they have beats.",
        module: arbiter,
        method: Method::Bounded { cycles: 9 },
        faults: &[
            Fault {
                name: "address-withdrawn",
                description: "an address is withdrawn after a cycle",
                module: "npu_reads",
                signal: "m_axi_arready",
                target: Target::Read,
                bad: |_| lit(1, Bit),
            },
            Fault {
                name: "window-ignored",
                description: "bursts outside the window reach the bus",
                module: "npu_reads",
                signal: "inside_window",
                target: Target::Drive,
                bad: |_| lit(1, Bit),
            },
        ],
    },
];

/// A small unit with a bus of 4 bytes.
fn config() -> NpuConfig {
    NpuConfig {
        dim: 2,
        bus_bits: 32,
        scratchpad_rows: 64,
        accumulator_rows: 16,
        parameter_rows: 16,
        requantise_lanes: 1,
        outstanding_bursts: 2,
        ..NpuConfig::default()
    }
}

/// LOAD's address side with any command.
fn bursts() -> Module {
    let under_proof = load_requests(&config());
    module("proof_load_bursts", |m| {
        let abort = m.input("abort", Bit);
        let ready = m.input("request_ready", Bit);
        let dut = m
            .instance("requests", &under_proof)
            .pin("command_valid", m.input("command_valid", Bit))
            .pin("command", m.input("command", COMMAND))
            .pin("request_ready", ready)
            .pin("abort", abort);
        dut.unused("command_ready").unused("idle");
        let valid = dut.out("request_valid");
        let address = dut.out("request_address");
        let length = dut.out("request_length");

        let last_word = (address.bits(5, 2).ext(5) + length.ext(5)).named("last_word");
        m.check("stays_in_its_block", !valid | last_word.le(15));
        m.check("is_aligned", !valid | address.bits(1, 0).eq(0));

        let waits = m.reg("waits", Bit).reset(0);
        let asked = cat(&[address, length]).named("asked");
        let before = m.reg("asked_before", asked.ty());
        m.clocked(|| {
            waits.set(valid & !ready);
            before.set(asked);
        });
        m.check("stays_as_it_is", !waits | abort | (valid & asked.eq(before)));

        m.cover("sixteen_words", valid & length.eq(15));
        m.cover("second_burst_of_a_row", waits & valid & address.bits(5, 2).eq(0));
    })
}

/// A burst under way: owner, whether it was refused, beats minus 1.
struct Burst {
    for_fetch: Signal,
    refused: Signal,
    length: Signal,
}

/// The arbiter between two clients that ask for anything and a bus that answers in order.
fn arbiter() -> Module {
    let config = config();
    let under_proof = reads(&config);
    module("proof_read_arbiter", |m| {
        let dut = m.instance("reads", &under_proof);
        let pinned = |port: &str, ty| {
            let input = m.input(port, ty);
            dut.pin(port, input);
            input
        };
        m.section("Clients");
        let fetch_valid = pinned("fetch_request_valid", Bit);
        let fetch_address = pinned("fetch_request_address", U(32));
        let load_valid = pinned("load_request_valid", Bit);
        let load_address = pinned("load_request_address", U(32));
        let load_length = pinned("load_request_length", U(4));
        let beat_ready = pinned("load_beat_ready", Bit);
        let base = any_constant(m, "window_base", U(20));
        let limit = any_constant(m, "window_limit", U(20));
        dut.pin("window_base", base).pin("window_limit", limit);
        let fetch_taken = fetch_valid & dut.out("fetch_request_ready");
        let load_taken = load_valid & dut.out("load_request_ready");
        m.check("one_at_a_time", !(fetch_taken & load_taken));

        dut.unused("beat_data").unused("beat_moves");

        m.section("Bursts under way, the oldest first");
        let taken = (fetch_taken | load_taken).named("taken");
        let address = fetch_taken.mux(fetch_address, load_address).named("address");
        let page = address.bits(31, 12);
        let outside = (page.lt(base) | (limit.ne(0) & page.ge(limit))).named("outside");
        // A descriptor has 32 bytes.
        let length = fetch_taken.mux(lit(7, U(4)), load_length).named("length");
        let level = m.reg("level", U(2)).reset(0);
        let beat = m.reg("beat", U(4)).reset(0).doc("beats of the oldest burst so far");
        let entries = [0, 1].map(|n| m.reg(format!("burst_{n}"), U(6)));
        let fetch_beat = dut.out("fetch_beat_valid");
        let load_beat = dut.out("load_beat_valid");
        let moves = (fetch_beat | (load_beat & beat_ready)).named("moves");
        let oldest = Burst {
            for_fetch: entries[0].bit(0),
            refused: entries[0].bit(1),
            length: entries[0].bits(5, 2),
        };
        let over = (moves & beat.eq(oldest.length)).named("over");
        let left = (level - over.ext(2)).named("left");
        let entry = cat(&[length, outside, fetch_taken]);
        m.clocked(|| {
            level.set(left + taken.ext(2));
            when(moves, || beat.set(over.mux(0, beat + 1)));
            for (index, register) in (0u64..).zip(&entries) {
                let stays = over.mux(entries[1], *register);
                register.set((taken & left.eq(index)).mux(entry, stays));
            }
        });

        m.section("Beats go to the owner of the oldest burst");
        m.check("beats_have_bursts", !(fetch_beat | load_beat) | level.ne(0));
        m.check("fetch_gets_its_own", !fetch_beat | oldest.for_fetch);
        m.check("load_gets_its_own", !load_beat | !oldest.for_fetch);
        let last_beat = beat.eq(oldest.length);
        m.check("last_is_last", !(fetch_beat | load_beat) | dut.out("beat_last").eq(last_beat));
        let refused_beat = (fetch_beat | load_beat) & oldest.refused;
        m.check("refused_beats_are_errors", !refused_beat | dut.out("beat_error"));

        bus(m, dut, [base, limit]);
        m.cover("refused_then_answered", level.eq(2) & oldest.refused & !entries[1].bit(1));
        m.cover("fetch_before_load", fetch_taken & load_valid);
        m.cover("second_beat", load_beat & beat.eq(1));
    })
}

/// The bus: takes addresses when it likes, answers them in order when it likes.
fn bus(m: M, dut: Instance, [base, limit]: [Signal; 2]) {
    let pinned = |port: &str, ty| {
        let input = m.input(port, ty);
        dut.pin(port, input);
        input
    };
    m.section("Addresses on the bus");
    let ready = pinned("m_axi_arready", Bit);
    let valid = dut.out("m_axi_arvalid");
    let (address, length) = (dut.out("m_axi_araddr"), dut.out("m_axi_arlen"));
    let waits = m.reg("address_waits", Bit).reset(0);
    let offered = cat(&[address, length]).named("offered");
    let before = m.reg("offered_before", offered.ty());
    m.clocked(|| {
        waits.set(valid & !ready);
        before.set(offered);
    });
    m.check("address_stays", !waits | (valid & offered.eq(before)));
    let page = address.bits(31, 12);
    m.check("window_holds", !valid | (page.ge(base) & (limit.eq(0) | page.lt(limit))));

    m.section("Answers of the bus");
    let answers = pinned("m_axi_rvalid", Bit);
    let last = pinned("m_axi_rlast", Bit);
    pinned("m_axi_rdata", U(32));
    pinned("m_axi_rresp", U(2));
    let asked = m.reg("asked", U(2)).reset(0).doc("bursts to be answered");
    let lengths = [0, 1].map(|n| m.reg(format!("asked_length_{n}"), U(8)));
    let answered = m.reg("answered", U(8)).reset(0).doc("beats of the first of them");
    let beat = (answers & dut.out("m_axi_rready")).named("bus_beat");
    let ends = (beat & last).named("bus_burst_ends");
    let left = (asked - ends.ext(2)).named("asked_left");
    let takes = (valid & ready).named("bus_takes");
    m.clocked(|| {
        asked.set(left + takes.ext(2));
        when(beat, || answered.set(ends.mux(0, answered + 1)));
        for (index, register) in (0u64..).zip(&lengths) {
            let stays = ends.mux(lengths[1], *register);
            register.set((takes & left.eq(index)).mux(length, stays));
        }
    });
    m.assume("answers_what_was_asked", !answers | asked.ne(0));
    m.assume("last_beat_of_a_burst", last.eq(answered.eq(lengths[0])));
    m.check("two_bursts_at_most", asked.le(2));
}
