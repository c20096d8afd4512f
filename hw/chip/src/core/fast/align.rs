//! Alignment: instructions out of fetched groups.

use systole_hdl::prelude::*;

use super::entry::{Entry, Predecoded, joins};
use super::fetch::GroupForecast;
use crate::config::CoreConfig;
use crate::core::expand::expand;

/// The group at the head of the fetch queue.
struct Group {
    valid: Signal,
    error: Signal,
    words: Signal,
    forecast: GroupForecast,
}

impl Group {
    fn inputs(m: M) -> Self {
        Self {
            valid: m.input("group_valid", Bit),
            error: m.input("group_error", Bit),
            words: m.input("group_words", U(64)),
            forecast: GroupForecast::unpack(m.input("group_forecast", U(GroupForecast::WIDTH))),
        }
    }

    /// The forecast jump or branch ends in halfword `end` of the group.
    fn ends_taken(&self, end: Signal) -> Signal {
        self.forecast.taken & self.forecast.position.eq(end)
    }
}

/// One instruction found in the group.
struct Found {
    /// It is there as a whole, and not behind what is predicted taken.
    present: Signal,
    /// Expanded; no instruction at all if it could not be fetched.
    instruction: Signal,
    compressed: Signal,
    fault: Signal,
    fault_second: Signal,
    /// Halfword of the group in which it ends.
    end: Signal,
    /// A prediction splits it, so that it has to be fetched again.
    split: Signal,
    parcel: Signal,
}

/// The aligner: finds up to two instructions a cycle in the group at the head of the fetch queue
/// and predecodes them.
///
/// A prediction that cannot be right (it ends within an instruction, or in one that is neither
/// jump nor branch) shows here; such an instruction is marked as bogus and fetched again when its
/// turn to issue comes.
pub fn align(config: &CoreConfig, traced: bool) -> Module {
    module("core_align", |m| {
        m.doc("Finds up to two instructions a cycle in the groups that fetch delivers.");
        let group = Group::inputs(m);
        let window_ready = m.input("window_ready", Bit).doc("two instructions have room");
        let redirect = m.input("redirect", Bit).doc("drop everything");
        let go = (group.valid & window_ready).named("go");
        let [first, second] = if config.compressed {
            halfwords(m, &group, go, redirect)
        } else {
            words(m, &group, go, redirect)
        };

        m.section("Predecode");
        let kinds = [("first", &first), ("second", &second)]
            .map(|(prefix, found)| Predecoded::of(m, config, prefix, found.instruction));
        let ends_taken = [("first", &first), ("second", &second)]
            .map(|(prefix, found)| group.ends_taken(found.end).named(format!("{prefix}_taken")));
        let first_valid = (go & first.present).named("first_emitted");
        let second_valid = (first_valid & second.present).named("second_emitted");

        m.section("Pairs");
        let before = last_before(m, &kinds, first_valid, second_valid);
        let joins = [joins("first", &before, &kinds[0]), joins("second", &kinds[0], &kinds[1])];

        m.section("To the window");
        let forecast = &group.forecast;
        for (place, (prefix, found)) in [("first", &first), ("second", &second)].iter().enumerate()
        {
            let kind = &kinds[place];
            let known = forecast.hit & forecast.position.eq(found.end);
            let entry = Entry {
                instruction: found.instruction,
                rs1: kind.rs1,
                rs2: kind.rs2,
                rd: kind.rd,
                compressed: found.compressed,
                fault: found.fault,
                fault_second: found.fault_second,
                control: kind.control,
                system: kind.system,
                join: joins[place],
                hit: known,
                taken: ends_taken[place],
                bogus: found.split | (ends_taken[place] & !kind.control),
                counter: forecast.counter,
                parcel: traced.then_some(found.parcel),
            };
            m.output(*prefix, entry.pack());
        }
        m.output("first_valid", first_valid);
        m.output("second_valid", second_valid);
        let emits_taken = (first_valid & ends_taken[0]) | (second_valid & ends_taken[1]);
        m.output("target_valid", emits_taken);
        m.output("target", forecast.target);
    })
}

/// What the instruction before the first of this cycle was, for the decision about pairs.
fn last_before(
    m: M,
    kinds: &[Predecoded; 2],
    first_valid: Signal,
    second_valid: Signal,
) -> Predecoded {
    let rd = m.reg("before_rd", U(5));
    let control = m.reg("before_control", Bit);
    let system = m.reg("before_system", Bit);
    m.clocked(|| {
        when(second_valid, || {
            rd.set(kinds[1].rd);
            control.set(kinds[1].control);
            system.set(kinds[1].system);
        })
        .or_when(first_valid, || {
            rd.set(kinds[0].rd);
            control.set(kinds[0].control);
            system.set(kinds[0].system);
        });
    });
    Predecoded { rd, control, system, ..kinds[0] }
}

/// Without C: the two words of the group, which leave together.
fn words(m: M, group: &Group, go: Signal, redirect: Signal) -> [Found; 2] {
    m.section("Words of the group");
    let forecast = &group.forecast;
    let skip = forecast.pc.bit(2).named("starts_at_second");
    let low = group.words.bits(31, 0).named("low_word");
    let high = group.words.bits(63, 32).named("high_word");
    let fault = |word: u32| group.error | forecast.denied.bit(word);
    let faults = [fault(0).named("low_fault"), fault(1).named("high_fault")];
    let none = lit(0, Bit);
    let first_fault = skip.mux(faults[1], faults[0]).named("first_fault");
    let first = Found {
        present: lit(1, Bit),
        instruction: fetched("first", skip.mux(high, low), first_fault),
        compressed: none,
        fault: first_fault,
        fault_second: none,
        end: cat(&[skip, lit(1, Bit)]).named("first_end"),
        split: none,
        parcel: lit(0, U(16)),
    };
    let first_takes = group.ends_taken(first.end).named("first_takes");
    let second = Found {
        present: (!skip & !first_takes).named("second_present"),
        instruction: fetched("second", high, faults[1]),
        compressed: none,
        fault: faults[1],
        fault_second: none,
        end: lit(3, U(2)),
        split: none,
        parcel: lit(0, U(16)),
    };
    m.output("pop", go);
    forecast.pc.bits(1, 0).unused();
    forecast.pc.bits(31, 3).unused();
    redirect.unused();
    [first, second]
}

/// With C: instructions of one or two halfwords from `position` on. The first half of an
/// instruction that goes on in the next group waits in `carry`.
fn halfwords(m: M, group: &Group, go: Signal, redirect: Signal) -> [Found; 2] {
    m.section("Where in the group");
    let forecast = &group.forecast;
    let fresh = m.reg("fresh", Bit).reset(1).doc("the group is entered as asked for");
    let progress = m.reg("progress", U(2)).doc("else from this halfword on");
    let carry_valid = m.reg("carry_valid", Bit).reset(0);
    let carry = m.reg("carry", U(16)).doc("first half, from the group before");
    let position = fresh.mux(forecast.pc.bits(2, 1), progress).named("position");
    let halves = Halves::of(group);

    m.section("First instruction");
    let at = halves.at("first", position);
    let long = (carry_valid | at.long).named("first_long");
    let low = carry_valid.mux(carry, at.parcel).named("first_low");
    let high = carry_valid.mux(at.parcel, at.next).named("first_high");
    let alone = (carry_valid | !long).named("first_ends_where_it_starts");
    let end = alone.mux(position, position + 1).named("first_end");
    let cut = (!alone & position.eq(3)).named("first_cut");
    let split = (!alone & group.ends_taken(position)).named("first_split");
    let fault_second = carry_valid.mux(at.fault, !at.fault & long & at.next_fault);
    let fault_second = fault_second.named("first_fault_second");
    let fault = (at.fault | fault_second).named("first_fault");
    let first = Found {
        present: (!cut | split).named("first_present"),
        instruction: expanded(m, "first", low, high, fault),
        compressed: !long,
        fault,
        fault_second,
        end,
        split,
        parcel: low,
    };

    m.section("Second instruction");
    let first_takes = group.ends_taken(end).named("first_takes");
    let behind = (first.present & !first_takes & end.ne(3)).named("second_starts");
    let start = (end + 1).named("second_position");
    let at = halves.at("second", start);
    let long = at.long.named("second_long");
    let cut = (long & start.eq(3)).named("second_cut");
    let split = (long & group.ends_taken(start)).named("second_splits");
    let fault_second = (long & at.next_fault).named("second_fault_second");
    let second_end = (start + long.ext(2)).named("second_end");
    let fault = (at.fault | fault_second).named("second_fault");
    let second = Found {
        present: (behind & (!cut | split)).named("second_present"),
        instruction: expanded(m, "second", at.parcel, at.next, fault),
        compressed: !long,
        fault,
        fault_second,
        end: second_end,
        split,
        parcel: at.parcel,
    };

    m.section("What is left");
    let second_takes = group.ends_taken(second_end).named("second_takes");
    let first_last = (first.present & (first_takes | end.eq(3))).named("first_is_last");
    let second_last = (second.present & (second_takes | second_end.eq(3))).named("second_is_last");
    let last_half_long = (halves.parcels[3].bits(1, 0).all() & !halves.faults[3]).named("cut_long");
    let reached = m.wire("reached", U(2)).doc("halfword that is next, if one is left");
    m.comb(|| {
        when(second.present, || reached.set(second_end + 1))
            .or_when(first.present, || reached.set(start))
            .otherwise(|| reached.set(position));
    });
    let all_used = (first_last | second_last).named("all_used");
    let keep_half = (!all_used & reached.eq(3) & last_half_long).named("keep_half");
    let pop = (go & (all_used | keep_half)).named("group_done");
    m.output("pop", pop);
    m.clocked(|| {
        when(go, || {
            progress.set(reached);
            fresh.set(pop);
            carry_valid.set(keep_half);
        });
        when(go & keep_half, || {
            carry.set(halves.parcels[3]);
        });
        when(redirect, || {
            fresh.set(1);
            carry_valid.set(0);
        });
    });
    forecast.pc.bit(0).unused();
    forecast.pc.bits(31, 3).unused();
    [first, second]
}

/// The four halfwords of a group.
struct Halves {
    parcels: Vec<Signal>,
    faults: Vec<Signal>,
}

/// A halfword and the one behind it.
struct At {
    parcel: Signal,
    next: Signal,
    fault: Signal,
    next_fault: Signal,
    /// It starts an instruction of 32 bits.
    long: Signal,
}

impl Halves {
    fn of(group: &Group) -> Self {
        let parcels = (0..4u32)
            .map(|half| {
                group.words.bits(16 * half + 15, 16 * half).named(format!("halfword_{half}"))
            })
            .collect();
        let word_faults: Vec<Signal> = (0..2u32)
            .map(|word| {
                (group.error | group.forecast.denied.bit(word)).named(format!("word_{word}_fault"))
            })
            .collect();
        let faults = (0..4).map(|half| word_faults[half / 2]).collect();
        Self { parcels, faults }
    }

    fn at(&self, prefix: &str, position: Signal) -> At {
        let rotated = |values: &[Signal]| [&values[1..], &values[..1]].concat();
        let name = |field: &str| format!("{prefix}_{field}");
        let parcel = select(position, &self.parcels).named(name("halfword"));
        let fault = position.bit(1).mux(self.faults[2], self.faults[0]).named(name("half_fault"));
        At {
            parcel,
            next: select(position, &rotated(&self.parcels)).named(name("next_halfword")),
            fault,
            next_fault: select(position, &rotated(&self.faults)).named(name("next_fault")),
            long: parcel.bits(1, 0).all() & !fault,
        }
    }
}

/// The instruction in 32 bits. A reserved halfword stays as it is, which no decoder takes for an
/// instruction.
fn expanded(m: M, prefix: &str, low: Signal, high: Signal, fault: Signal) -> Signal {
    let expand = m
        .instance(format!("expand_{prefix}"), &expand())
        .pin("word", cat(&[high, low]).named(format!("{prefix}_halves")));
    expand.unused("illegal").unused("compressed");
    fetched(prefix, expand.out("instruction"), fault)
}

/// What could not be fetched is no instruction: its low bits are not 11.
fn fetched(prefix: &str, instruction: Signal, fault: Signal) -> Signal {
    let no_fault = (!fault).repeat(2);
    let instruction = cat(&[instruction.bits(31, 2), instruction.bits(1, 0) & no_fault]);
    instruction.named(format!("{prefix}_instruction"))
}
