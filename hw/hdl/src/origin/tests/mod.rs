mod conditions;

use std::collections::HashMap;

use super::{Action, Expected, History, Question, Step, origin};
use crate::interpreter::Interpreter;
use crate::prelude::*;
use crate::{Bits, Design, check};

/// What the interpreter saw.
#[derive(Default)]
struct Record(HashMap<(String, u64), Bits>);

impl Record {
    /// Takes down all signals of a design, cycle after cycle; `drive` sets the inputs.
    fn of(design: &Design, cycles: u64, drive: impl Fn(&mut Interpreter, u64)) -> Self {
        let mut interpreter = Interpreter::new(design);
        let mut names = Vec::new();
        for scope in super::scopes::scopes(design) {
            names.extend(scope.module.signals.iter().map(|signal| scope.full_name(&signal.name)));
        }
        let mut record = Self::default();
        for cycle in 0..cycles {
            drive(&mut interpreter, cycle);
            for name in &names {
                record.0.insert((name.clone(), cycle), interpreter.peek(name));
            }
            interpreter.step();
        }
        record
    }

    fn without(mut self, name: &str) -> Self {
        self.0.retain(|(recorded, _), _| recorded != name);
        self
    }
}

impl History for Record {
    fn value(&self, name: &str, cycle: u64) -> Option<Bits> {
        self.0.get(&(name.to_owned(), cycle)).cloned()
    }
}

fn question(signal: &str, cycle: u64, expected: Expected) -> Question<'_> {
    Question { signal, low: 0, cycle, expected, right: &[], prefer: &[], awaited: false }
}

fn ask(design: &Design, record: &Record, signal: &str, cycle: u64, expected: Bits) -> Vec<Step> {
    origin(design, record, &question(signal, cycle, Expected::Value(expected)))
}

fn names(steps: &[Step]) -> Vec<(&str, u64)> {
    steps.iter().map(|step| (&step.signal[..], step.cycle)).collect()
}

/// A sum that a register takes when it is told to, in a child; the parent shows one of two.
fn accumulator() -> Design {
    let child = module("adder", |m| {
        let a = m.input("a", U(8));
        let b = m.input("b", U(8));
        let take = m.input("take", Bit);
        let sum = (a + b).named("sum");
        let total = m.output_reg("total", U(8)).reset(0);
        m.clocked(|| {
            when(take, || total.set(sum));
        });
    });
    let top = module("top", |m| {
        let a = m.input("a", U(8));
        let take = m.input("take", Bit);
        let other = m.input("other", U(8));
        let bypass = m.input("bypass", Bit);
        let adder = m.instance("adder", &child);
        adder.pin("a", a).pin("b", 3u64).pin("take", take);
        let total = adder.out("total");
        m.output("shown", (bypass & other.any()).named("bypassed").mux(other, total));
    });
    check(&top).unwrap()
}

fn run(bypass: u64) -> (Design, Record) {
    let design = accumulator();
    let record = Record::of(&design, 6, |interpreter, cycle| {
        interpreter.set("a", 0x40 + cycle);
        interpreter.set("take", u64::from(cycle == 0 || cycle == 2));
        interpreter.set("other", 0x99);
        interpreter.set("bypass", bypass);
    });
    (design, record)
}

#[test]
fn a_value_is_followed_through_ports_and_a_register_to_the_sum() {
    let (design, record) = run(0);
    let steps = ask(&design, &record, "shown", 5, Bits::new(8, 0x77));
    let path = [("shown", 5), ("adder_total", 5), ("adder.total", 5), ("adder.sum", 2)];
    assert_eq!(names(&steps), path);
    let last = steps.last().unwrap();
    let operands = [("a".to_owned(), Bits::new(8, 0x42)), ("b".to_owned(), Bits::new(8, 3))];
    assert_eq!(last.action, Action::Computed(operands.to_vec()));
    assert_eq!(last.value, Some(Bits::new(8, 0x45)));
    assert!(last.location.file.ends_with("origin/tests/mod.rs"));
}

#[test]
fn where_the_other_side_is_right_the_condition_is_followed() {
    let (design, record) = run(1);
    let steps = ask(&design, &record, "shown", 5, Bits::new(8, 0x45));
    assert_eq!(names(&steps), [("shown", 5), ("bypassed", 5)]);
    assert_eq!(steps[0].action, Action::Chosen);
    // Without knowing better, the value is.
    let expected = Expected::Unknown(8);
    let steps = origin(&design, &record, &question("shown", 5, expected));
    assert_eq!(names(&steps), [("shown", 5), ("other", 5)]);
    assert_eq!(steps[1].action, Action::Input);
}

#[test]
fn a_register_that_should_have_kept_its_value_blames_what_wrote_it() {
    let (design, record) = run(0);
    let steps = ask(&design, &record, "adder.total", 3, Bits::new(8, 0x43));
    assert_eq!(names(&steps), [("adder.total", 3), ("adder.take", 2), ("take", 2)]);
}

#[test]
fn signals_that_were_not_recorded_are_computed() {
    let (design, record) = run(0);
    let record = record.without("adder.sum").without("adder.a");
    let steps = ask(&design, &record, "shown", 5, Bits::new(8, 0x77));
    assert_eq!(steps.last().unwrap().value, Some(Bits::new(8, 0x45)));
}

#[test]
fn of_joined_parts_the_wrong_one_is_followed() {
    let top = module("top", |m| {
        let high = m.input("high", U(8));
        let low = m.input("low", U(8));
        m.output("both", cat(&[high, (low ^ lit(0x0f, U(8))).named("mixed")]));
    });
    let design = check(&top).unwrap();
    let record = Record::of(&design, 1, |interpreter, _| {
        interpreter.set("high", 0x12);
        interpreter.set("low", 0x34);
    });
    let steps = ask(&design, &record, "both", 0, Bits::new(16, 0x1234));
    assert_eq!(names(&steps), [("both", 0), ("mixed", 0)]);
    let steps = ask(&design, &record, "both", 0, Bits::new(16, 0x133b));
    assert_eq!(names(&steps), [("both", 0), ("high", 0)]);
}

#[test]
fn a_memory_gives_what_was_written_to_that_word() {
    let top = module("top", |m| {
        let address = m.input("address", U(2));
        let data = m.input("data", U(8));
        let write = m.input("write", Bit);
        let words = m.memory("words", 4, U(8));
        let word = words.read_sync("word", address, 1u64);
        m.clocked(|| {
            when(write, || words.write(address, data));
        });
        m.output("shown", word);
    });
    let design = check(&top).unwrap();
    let record = Record::of(&design, 8, |interpreter, cycle| {
        interpreter.set("address", cycle % 4);
        interpreter.set("data", 0x10 + cycle);
        interpreter.set("write", u64::from(cycle < 3));
    });
    let steps = ask(&design, &record, "shown", 6, Bits::new(8, 0x77));
    assert_eq!(names(&steps), [("shown", 6), ("word", 6), ("data", 1)]);
    assert_eq!(steps[1].action, Action::Stored);
    // The word of address 3 was never written.
    let steps = ask(&design, &record, "shown", 4, Bits::new(8, 0x77));
    assert_eq!(names(&steps), [("shown", 4), ("word", 4)]);
    assert_eq!(steps[1].action, Action::Unknown);
}

#[test]
fn of_a_sum_the_operand_that_is_not_known_to_be_right_is_followed() {
    let (design, record) = run(0);
    let right = [Bits::new(8, 3)];
    let expected = Expected::Value(Bits::new(8, 0x77));
    let question = Question { right: &right, ..question("shown", 5, expected) };
    let steps = origin(&design, &record, &question);
    assert_eq!(steps.last().map(|step| &step.signal[..]), Some("a"));
    assert_eq!(steps.last().map(|step| &step.action), Some(&Action::Input));
}

#[test]
fn shifts_by_whole_bytes_only_move_them() {
    let top = module("top", |m| {
        let data = m.input("data", U(32));
        let lane = m.input("lane", U(2));
        let bits = m.input("bits", U(5));
        m.output("moved", data << cat(&[lane, lit(0, U(3))]));
        m.output("shifted", data << bits);
    });
    let design = check(&top).unwrap();
    let record = Record::of(&design, 1, |interpreter, _| {
        interpreter.set("data", 0x12345678);
        interpreter.set("lane", 2);
        interpreter.set("bits", 16);
    });
    let follow = |signal| {
        let expected = Expected::Value(Bits::new(8, 0x99));
        origin(&design, &record, &Question { low: 24, ..question(signal, 0, expected) })
    };
    assert_eq!(names(&follow("moved")), [("moved", 0), ("data", 0)]);
    assert_eq!(names(&follow("shifted")), [("shifted", 0)]);
}

#[test]
fn what_does_not_exist_has_no_origin() {
    let (design, record) = run(0);
    assert!(ask(&design, &record, "adder.nothing", 5, Bits::new(8, 0)).is_empty());
    assert!(ask(&design, &record, "nowhere.sum", 5, Bits::new(8, 0)).is_empty());
}

#[test]
fn of_the_upper_bits_of_a_sum_the_wrong_operand_is_followed() {
    let top = module("top", |m| {
        let base = m.input("base", U(16));
        let offset = m.input("offset", U(16));
        m.output("address", cat(&[(base + offset).bits(15, 2), lit(0, U(2))]));
    });
    let design = check(&top).unwrap();
    let record = Record::of(&design, 1, |interpreter, _| {
        interpreter.set("base", 0x1237);
        interpreter.set("offset", 0x0009);
    });
    let right = [Bits::new(16, 0x1237)];
    let expected = Expected::Value(Bits::new(16, 0x1280));
    let question = Question { right: &right, ..question("address", 0, expected) };
    let steps = origin(&design, &record, &question);
    assert_eq!(names(&steps), [("address", 0), ("offset", 0)]);
}
