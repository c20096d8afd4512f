//! The hart's data accesses: each goes to one target and is answered by it, in order.

use systole_hdl::fault::{Fault, Target};
use systole_hdl::prelude::*;
use systole_hdl::probe;

use super::{Method, Proof};
use crate::soc::interconnect::data_interconnect;
use crate::soc::map::{CLINT_ADDRESS_BITS, CLINT_BASE, NPU_ADDRESS_BITS, NPU_BASE};

pub const PROOFS: &[Proof] = &[Proof {
    name: "interconnect",
    statement: "Each data access of the hart goes once to the one target that its address names, \
                and each answer is that of the oldest access under way, whenever RAM, CLINT and \
                NPU accept and answer.",
    module: interconnect,
    method: Method::Induction { k: 1, cycles: 10 },
    faults: &[
        Fault {
            name: "targets-overtake",
            description: "a request goes to another target while answers are due",
            module: "data_interconnect",
            signal: "may_send",
            target: Target::Drive,
            bad: |c| !c.signal("pending").all(),
        },
        Fault {
            name: "bytes-of-devices",
            description: "accesses of less than a word reach the CLINT",
            module: "data_interconnect",
            signal: "to_clint",
            target: Target::Drive,
            bad: |c| c.signal("at_clint"),
        },
    ],
}];

/// Accesses that may be under way.
const DEPTH: u64 = 7;
/// Number of a target in the list of accesses under way.
const TARGET: Ty = U(2);
const RAM: u64 = 0;
const CLINT: u64 = 1;
const NPU: u64 = 2;
/// The interconnect itself, which refuses.
const NONE: u64 = 3;

/// The interconnect beside a list of where each access under way went.
fn interconnect() -> Module {
    let inner = ["pending", "from_clint", "from_npu", "from_none"];
    let under_proof = probe(&data_interconnect(true), &inner, &[]);
    module("proof_interconnect", |m| {
        let dut = m.instance("routes", &under_proof);
        let pinned = |port: &str, ty| {
            let input = m.input(port, ty);
            dut.pin(port, input);
            input
        };
        m.section("The hart");
        let valid = pinned("hart_req_valid", Bit);
        let address = pinned("hart_req_address", U(32));
        let write = pinned("hart_req_write", Bit);
        let wdata = pinned("hart_req_wdata", U(32));
        let wstrb = pinned("hart_req_wstrb", U(4));
        let partial = pinned("hart_req_partial", Bit);
        let sent = (valid & dut.out("hart_req_ready")).named("sent");

        m.section("Where an access belongs");
        let at_clint = address.bits(31, CLINT_ADDRESS_BITS).eq(CLINT_BASE >> CLINT_ADDRESS_BITS);
        let at_npu = address.bits(31, NPU_ADDRESS_BITS).eq(NPU_BASE >> NPU_ADDRESS_BITS);
        let device = at_clint.mux(lit(CLINT, TARGET), lit(NPU, TARGET));
        let refused = partial.mux(lit(NONE, TARGET), device);
        let belongs = (at_clint | at_npu).mux(refused, lit(RAM, TARGET)).named("belongs");

        m.section("Accesses under way, the oldest first");
        let level = m.reg("level", U(3)).reset(0);
        let list: Vec<Signal> =
            (0..DEPTH).map(|index| m.reg(format!("under_way_{index}"), TARGET)).collect();
        let answered = dut.out("hart_rsp_valid");
        let left = (level - answered.ext(3)).named("left");
        m.clocked(|| {
            level.set(left + sent.ext(3));
            for (index, entry) in (0u64..).zip(&list) {
                let next = list.get(index as usize + 1).copied().unwrap_or(*entry);
                let stays = answered.mux(next, *entry);
                entry.set((sent & left.eq(index)).mux(belongs, stays));
            }
        });
        m.check("answers_have_accesses", !answered | level.ne(0));
        m.check("never_too_many", !sent | level.ne(DEPTH));

        m.section("Targets: each answers what it was asked, at the earliest a cycle later");
        let mut taken = zero(U(2));
        for (target, name, bits) in
            [(RAM, "ram", 32), (CLINT, "clint", CLINT_ADDRESS_BITS), (NPU, "npu", NPU_ADDRESS_BITS)]
        {
            let ready = pinned(&format!("{name}_req_ready"), Bit);
            let answers = pinned(&format!("{name}_rsp_valid"), Bit);
            let rdata = pinned(&format!("{name}_rsp_rdata"), U(32));
            let error = pinned(&format!("{name}_rsp_error"), Bit);
            let asked = (0u64..)
                .zip(&list)
                .map(|(index, entry)| level.gt(index) & entry.eq(target))
                .reduce(|some, more| some | more)
                .expect("there is a list");
            m.assume(format!("{name}_answers_what_it_was_asked"), !answers | asked);

            let out = |port: &str| dut.out(format!("{name}_{port}"));
            let takes = (out("req_valid") & ready).named(format!("{name}_takes"));
            taken = taken + takes.ext(2);
            m.check(format!("{name}_is_asked_its_own"), !takes | (sent & belongs.eq(target)));
            let same = out("req_address").eq(address.resize(bits))
                & out("req_write").eq(write)
                & out("req_wdata").eq(wdata)
                & out("req_wstrb").eq(wstrb);
            m.check(format!("{name}_is_asked_the_same"), !takes | same);

            let oldest = level.ne(0) & list[0].eq(target);
            m.check(format!("{name}_is_heard_in_order"), !answers | (answered & oldest));
            let passed = dut.out("hart_rsp_rdata").eq(rdata) & dut.out("hart_rsp_error").eq(error);
            m.check(format!("{name}_is_understood"), !(answered & oldest) | (answers & passed));
            m.cover(format!("{name}_answers_two"), answers & level.eq(2));
        }
        let reaches_none = (sent & belongs.eq(NONE)).named("reaches_none");
        m.check("asked_once", taken.eq((sent & !reaches_none).ext(2)));
        let refuses = (answered & level.ne(0) & list[0].eq(NONE)).named("refusing");
        m.check("refusal_is_an_error", !refuses | dut.out("hart_rsp_error"));
        m.cover("refuses", refuses);

        m.section("Inside: all that is under way is with one target");
        m.check("levels_agree", dut.out("probe_pending").eq(level));
        let from = |name: &str| dut.out(format!("probe_from_{name}"));
        let device = from("clint").mux(lit(CLINT, TARGET), from("npu").mux(lit(NPU, TARGET), RAM));
        let with = from("none").mux(lit(NONE, TARGET), device).named("target_now");
        for (index, entry) in (0u64..).zip(&list) {
            m.check(format!("one_target_{index}"), level.le(index) | entry.eq(with));
        }
        let one_hot =
            !(from("clint") & from("npu")) & !((from("clint") | from("npu")) & from("none"));
        m.check("one_from", level.eq(0) | one_hot);
    })
}
