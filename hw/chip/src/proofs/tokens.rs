//! Dependency tokens: the counters, the rule of the list, and that no accepted list can deadlock.

use systole_hdl::fault::{Fault, Target};
use systole_hdl::prelude::*;
use systole_hdl::probe;

use super::{Method, Proof};
use crate::npu::descriptor::{COMMAND, UNITS};
use crate::npu::frontend::token_balance;
use crate::npu::tokens::{gate, tokens};

pub const PROOFS: &[Proof] = &[
    Proof {
        name: "token-counters",
        statement: "Each of the six counters holds the tokens given and not taken, never below 0 \
                    and never above 15, if units take and give only when they are told that they \
                    may; they are told so exactly if the tokens are there and there is room.",
        module: counters,
        method: Method::Induction { k: 1, cycles: 20 },
        faults: &[
            Fault {
                name: "overflows",
                description: "LOAD is never told that EXEC's tokens are at their maximum",
                module: "npu_tokens",
                signal: "load_room_exec",
                target: Target::Drive,
                bad: |_| lit(1, Bit),
            },
            Fault {
                name: "give-hides-take",
                description: "a token taken while another is given stays",
                module: "npu_tokens",
                signal: "take_exec_to_store",
                target: Target::Drive,
                bad: |c| c.original() & !c.signal("give_exec_to_store"),
            },
        ],
    },
    Proof {
        name: "token-rule",
        statement: "The front end counts the tokens of a list in list order, and refuses exactly \
                    the descriptor that takes one that is not there or gives a sixteenth.",
        module: rule,
        method: Method::Induction { k: 1, cycles: 20 },
        faults: &[Fault {
            name: "counts-too-far",
            description: "a balance of 15 is no reason to refuse",
            module: "npu_token_balance",
            signal: "overflow",
            target: Target::Drive,
            bad: |_| lit(0, Bit),
        }],
    },
    Proof {
        name: "token-deadlock",
        statement: "A list that follows the rule cannot deadlock: units that accept a command and \
                    complete it within 2 cycles never leave the three gates without progress for \
                    3 cycles while there is work.",
        module: deadlock,
        method: Method::Bounded { cycles: 12 },
        faults: &[
            Fault {
                name: "token-lost",
                description: "a token from LOAD to EXEC is lost",
                module: "npu_tokens",
                signal: "give_load_to_exec",
                target: Target::Drive,
                bad: |_| lit(0, Bit),
            },
            Fault {
                name: "completion-lost",
                description: "a command completed while another one retires is forgotten",
                module: "npu_gate",
                signal: "done",
                target: Target::Read,
                bad: |c| c.original() & !c.signal("retire"),
            },
        ],
    },
];

/// The six counters beside exact ones.
fn counters() -> Module {
    let pairs = pairs();
    let registers: Vec<String> = pairs.iter().map(|&(from, to)| pair_name(from, to)).collect();
    let registers: Vec<&str> = registers.iter().map(String::as_str).collect();
    let under_proof = probe(&tokens(), &registers, &[]);
    module("proof_token_counters", |m| {
        let clear = m.input("clear", Bit);
        let input = |kind: &str, ty| UNITS.map(|unit| m.input(format!("{unit}_{kind}"), ty));
        let (waits, takes) = (input("waits_for", U(3)), input("take", Bit));
        let (signals, gives) = (input("signal", U(3)), input("give", Bit));
        let tokens = m.instance("tokens", &under_proof).pin("clear", clear);
        for (unit, name) in UNITS.iter().enumerate() {
            tokens
                .pin(format!("{name}_waits_for"), waits[unit])
                .pin(format!("{name}_take"), takes[unit])
                .pin(format!("{name}_signal"), signals[unit])
                .pin(format!("{name}_give"), gives[unit]);
            // Bit u of a unit's own number: descriptors with it are refused.
            waits[unit].bit(unit as u32).unused();
            signals[unit].bit(unit as u32).unused();
        }

        m.section("What units do");
        let available = UNITS.map(|unit| tokens.out(format!("{unit}_token_available")));
        let ready = UNITS.map(|unit| tokens.out(format!("{unit}_signal_ready")));
        for (unit, name) in UNITS.iter().enumerate() {
            m.assume(format!("{name}_takes_what_is_there"), !takes[unit] | available[unit]);
            m.assume(format!("{name}_gives_where_is_room"), !gives[unit] | ready[unit]);
        }

        m.section("Tokens given and not taken, with room to see a mistake");
        let mut present = [lit(1, Bit); 3];
        let mut room = [lit(1, Bit); 3];
        for &(from, to) in &pairs {
            let name = pair_name(from, to);
            let held = m.reg(format!("held_{name}"), U(6)).reset(0);
            let wanted = waits[to].bit(from as u32);
            let offered = signals[from].bit(to as u32);
            let (take, give) = (takes[to] & wanted, gives[from] & offered);
            m.clocked(|| held.set(clear.mux(0, held + give.ext(6) - take.ext(6))));
            m.check(format!("exact_{name}"), tokens.out(format!("probe_{name}")).ext(6).eq(held));
            m.check(format!("in_range_{name}"), held.le(15));
            present[to] = present[to] & (!wanted | held.ne(0));
            room[from] = room[from] & (!offered | held.lt(15));
            m.cover(format!("full_{name}"), held.eq(15));
        }
        for (unit, name) in UNITS.iter().enumerate() {
            m.check(format!("{name}_is_told_of_tokens"), available[unit].eq(present[unit]));
            m.check(format!("{name}_is_told_of_room"), ready[unit].eq(room[unit]));
        }
    })
}

/// The balance of a list beside an exact one.
fn rule() -> Module {
    let pairs = pairs();
    let registers: Vec<String> =
        pairs.iter().map(|&(from, to)| format!("balance_{}", pair_name(from, to))).collect();
    let registers: Vec<&str> = registers.iter().map(String::as_str).collect();
    let under_proof = probe(&token_balance(), &registers, &[]);
    module("proof_token_rule", |m| {
        let clear = m.input("clear", Bit);
        let descriptor = Descriptor::new(m);
        let advance = m.input("advance", Bit).doc("only a good descriptor is handed out");
        let rule = descriptor.pin(m.instance("rule", &under_proof));
        rule.pin("advance", advance).pin("clear", clear);
        let bad = (rule.out("underflow") | rule.out("overflow")).named("bad");
        m.assume("hands_out_good_ones", !advance | !bad);

        m.section("The list's tokens, with room to see a mistake");
        let mut lacks = lit(0, Bit);
        let mut exceeds = lit(0, Bit);
        for (from, to) in pairs {
            let name = pair_name(from, to);
            let held = m.reg(format!("held_{name}"), U(6)).reset(0);
            let take = descriptor.unit.bit(to as u32) & descriptor.waits.bit(from as u32);
            let give = descriptor.unit.bit(from as u32) & descriptor.signals.bit(to as u32);
            let next = held + give.ext(6) - take.ext(6);
            m.clocked(|| held.set(clear.mux(0, advance.mux(next, held))));
            let balance = rule.out(format!("probe_balance_{name}"));
            m.check(format!("exact_{name}"), balance.ext(6).eq(held));
            m.check(format!("in_range_{name}"), held.le(15));
            lacks = lacks | (take & held.eq(0));
            exceeds = exceeds | (give & held.eq(15));
        }
        let lacks = lacks.named("lacks");
        let exceeds = exceeds.named("exceeds");
        m.check("refuses_what_is_not_there", rule.out("underflow").eq(lacks));
        m.check("refuses_a_sixteenth", rule.out("overflow").eq(exceeds));
        m.cover("underflow", lacks);
        m.cover("overflow", exceeds);
    })
}

/// Cycles within which a unit accepts, and within which it completes.
const PATIENCE: u64 = 2;
/// Cycles without progress that no good list has.
const STUCK: u64 = 3;

/// A list of any good descriptors, the gates, the counters, and units that end what they begin.
fn deadlock() -> Module {
    let (tokens, gate, balance) = (tokens(), gate(1), token_balance());
    module("proof_token_deadlock", |m| {
        m.section("The list");
        let descriptor = Descriptor::new(m);
        let advance = m.wire("advance", Bit);
        let rule = descriptor.pin(m.instance("rule", &balance));
        rule.pin("advance", advance).pin("clear", 0);
        let good = !(rule.out("underflow") | rule.out("overflow"));
        m.assume("only_good_descriptors", good);
        let refused = m.reg("refused", Bit).reset(0).doc("the descriptor waits for its unit");
        let before = m.reg("now_before", U(9));
        let now = cat(&[descriptor.unit, descriptor.waits, descriptor.signals]).named("now");
        m.clocked(|| {
            refused.set(!advance);
            before.set(now);
        });
        m.assume("stays_at_hand", !refused | now.eq(before));

        m.section("Gates and counters");
        let counters = m.instance("tokens", &tokens).pin("clear", 0);
        let masks =
            cat(&[zero(U(1)), descriptor.signals, zero(U(1)), descriptor.waits, zero(U(8))]);
        let command = masks.ext(COMMAND.width()).named("command");
        let mut accepted = lit(0, Bit);
        let mut moves = lit(0, Bit);
        let mut all_idle = lit(1, Bit);
        for (number, name) in UNITS.iter().enumerate() {
            let chosen = descriptor.unit.bit(number as u32);
            let gate = m
                .instance(*name, &gate)
                .pin("command_valid", chosen)
                .pin("command", command)
                .pin("drop", 0)
                .pin("aborted", 0)
                .pin("clear", 0)
                .pin("token_available", counters.out(format!("{name}_token_available")))
                .pin("signal_ready", counters.out(format!("{name}_signal_ready")));
            for port in ["waits_for", "take", "signal", "give"] {
                counters.pin(format!("{name}_{port}"), gate.out(port));
            }
            gate.unused("start_valid").unused("start_command").unused("waits_for_token");
            let done = unit(m, name, gate);
            accepted = accepted | (chosen & gate.out("command_ready"));
            moves = moves | gate.out("take") | done | gate.out("give");
            all_idle = all_idle & gate.out("idle");
        }
        advance.drive(accepted);
        let moves = moves.named("moves");

        m.section("Progress");
        let stuck = m.reg("stuck", U(3)).reset(0).doc("cycles without progress");
        let progress = (advance | moves).named("progresses");
        m.clocked(|| stuck.set(progress.mux(0, stuck + 1)));
        m.check("progress", stuck.lt(STUCK));
        m.cover("holds_its_breath", stuck.eq(1));
        m.cover("comes_to_rest", all_idle & !moves);
    })
}

/// A unit that holds up to two commands, accepts one and completes one within `PATIENCE` cycles; its
/// `done`.
fn unit(m: M, name: &str, gate: Instance) -> Signal {
    let ready = m.input(format!("{name}_ready"), Bit);
    let done = m.input(format!("{name}_done"), Bit);
    let held = m.reg(format!("{name}_held"), U(2)).reset(0);
    let idle_for = m.reg(format!("{name}_refuses_for"), U(2)).reset(0);
    let busy_for = m.reg(format!("{name}_works_for"), U(2)).reset(0);
    gate.pin("start_ready", ready).pin("done", done);
    let take = gate.out("take");
    m.clocked(|| {
        held.set(held + take.ext(2) - done.ext(2));
        idle_for.set((held.ne(0) | ready).mux(0, idle_for + 1));
        busy_for.set((held.eq(0) | done).mux(0, busy_for + 1));
    });
    m.assume(format!("{name}_has_room"), !(ready & held.eq(2)));
    m.assume(format!("{name}_completes_what_it_has"), !done | held.ne(0));
    m.assume(format!("{name}_accepts"), idle_for.lt(PATIENCE));
    m.assume(format!("{name}_completes"), busy_for.lt(PATIENCE));
    done
}

/// The fields of any descriptor that the checker accepts.
struct Descriptor {
    unit: Signal,
    waits: Signal,
    signals: Signal,
}

impl Descriptor {
    fn new(m: M) -> Descriptor {
        let unit = m.input("unit", U(3)).doc("one-hot");
        let waits = m.input("waits", U(3));
        let signals = m.input("signals", U(3));
        let one_hot = (0..3).map(|n| unit.eq(1u64 << n)).reduce(|a, b| a | b);
        m.assume("one_unit", one_hot.expect("three of them"));
        m.assume("no_tokens_of_its_own", !(unit & (waits | signals)).any());
        Descriptor { unit, waits, signals }
    }

    fn pin(&self, rule: Instance) -> Instance {
        rule.pin("unit", self.unit).pin("waits_for", self.waits).pin("signal", self.signals)
    }
}

/// Ordered pairs of units.
fn pairs() -> Vec<(usize, usize)> {
    (0..3).flat_map(|from| (0..3).map(move |to| (from, to))).filter(|(a, b)| a != b).collect()
}

fn pair_name(from: usize, to: usize) -> String {
    format!("{}_to_{}", UNITS[from], UNITS[to])
}
