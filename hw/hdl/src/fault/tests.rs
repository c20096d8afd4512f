//! Faults seen through the interpreter.

use std::collections::HashSet;

use super::*;
use crate::prelude::*;

/// A counter with an enable; `count` is a register, `next` combinational.
fn counter() -> Module {
    module("counter", |m| {
        let enable = m.input("enable", Bit);
        let limit = m.input("limit", U(8));
        let count = m.output_reg("count", U(8)).reset(0);
        let at_limit = count.eq(limit).named("at_limit");
        m.clocked(|| {
            when(enable, || {
                count.set(count + 1);
                when(at_limit, || count.set(0));
            });
        });
    })
}

/// Two counters below a module that is below the top.
fn nest() -> Module {
    let counter = counter();
    let pair = module("pair", |m| {
        let enable = m.input("enable", Bit);
        let place = |name: &str, limit: u64| {
            let one = m.instance(name, &counter);
            one.pin("enable", enable).pin("limit", limit);
            one.out("count")
        };
        let (low, high) = (place("low", 3), place("high", 9));
        m.output("sum", low + high);
    });
    module("nest", |m| {
        let inner = m.instance("inner", &pair).pin("enable", lit(1, Bit));
        m.output("sum", inner.out("sum"));
        let other = m.instance(
            "other",
            &module("constant_seven", |m| {
                m.output("value", lit(7, U(4)));
            }),
        );
        m.output("seven", other.out("value"));
    })
}

fn fault(
    module: &'static str,
    signal: &'static str,
    target: Target,
    bad: fn(&FaultContext) -> Signal,
) -> Fault {
    Fault { name: "test_fault", description: "for a test", module, signal, target, bad }
}

/// The outputs `port` over some cycles with fault `select`.
fn run(design: &Design, select: u64, port: &str, set: &[(&str, u64)]) -> Vec<u64> {
    let mut sim = Interpreter::new(design);
    sim.set(FAULT_SELECT, select);
    outputs(sim, port, set)
}

/// The same of a design without the input that selects.
fn run_as_is(design: &Design, port: &str) -> Vec<u64> {
    outputs(Interpreter::new(design), port, &[])
}

fn outputs(mut sim: Interpreter, port: &str, set: &[(&str, u64)]) -> Vec<u64> {
    set.iter().for_each(|(port, value)| sim.set(port, *value));
    sim.reset();
    (0..8)
        .map(|_| {
            sim.step();
            sim.get(port)
        })
        .collect()
}

const COUNTING: [(&str, u64); 2] = [("enable", 1), ("limit", 3)];

#[test]
fn each_number_selects_its_fault_and_0_none() {
    let good = check(&counter()).unwrap();
    let faults = [
        fault("counter", "at_limit", Target::Read, |_| lit(0, Bit)),
        fault("counter", "at_limit", Target::Read, |c| !c.original()),
        fault("counter", "enable", Target::Read, |c| c.original() & c.signal("at_limit")),
        fault("counter", "count", Target::Read, |c| c.original() | 2),
        fault("counter", "count", Target::Drive, |c| c.original() + 1),
    ];
    let design = inject(&good, &faults).unwrap_or_else(|errors| panic!("{errors}"));
    let run = |select| run(&design, select, "count", &COUNTING);
    assert_eq!(run(0), [1, 2, 3, 0, 1, 2, 3, 0]);
    assert_eq!(run(1), [1, 2, 3, 4, 5, 6, 7, 8], "never at the limit");
    assert_eq!(run(2), [0, 0, 0, 0, 0, 0, 0, 0], "always at the limit");
    assert_eq!(run(3), [0, 0, 0, 0, 0, 0, 0, 0], "counts only at the limit");
    assert_eq!(run(4), [3, 0, 3, 0, 3, 0, 3, 0], "a bit stuck at 1 in what is read");
    assert_eq!(run(5), [2, 4, 6, 8, 10, 12, 14, 16], "both assigned values are one too high");
    assert_eq!(run(6), run(0), "beyond the table");
}

#[test]
fn a_drive_fault_sees_each_assigned_value() {
    let good = check(&counter()).unwrap();
    let stuck: fn(&FaultContext) -> Signal = |c| c.original().eq(0).mux(5, c.original());
    let design = inject(&good, &[fault("counter", "count", Target::Drive, stuck)]).unwrap();
    assert_eq!(run(&design, 0, "count", &COUNTING), [1, 2, 3, 0, 1, 2, 3, 0]);
    assert_eq!(run(&design, 1, "count", &COUNTING), [1, 2, 3, 5, 6, 7, 8, 9]);
}

#[test]
fn the_selector_reaches_faulty_modules_and_no_others() {
    let good = check(&nest()).unwrap();
    let bad: fn(&FaultContext) -> Signal = |_| lit(0, Bit);
    let design = inject(&good, &[fault("counter", "at_limit", Target::Read, bad)]).unwrap();
    assert_eq!(run(&design, 0, "sum", &[]), [2, 4, 6, 4, 6, 8, 10, 8]);
    assert_eq!(run(&design, 1, "sum", &[]), [2, 4, 6, 8, 10, 12, 14, 16]);
    let with_port: Vec<&str> = design
        .modules()
        .iter()
        .filter(|module| module.ports().any(|port| port.name == FAULT_SELECT))
        .map(|module| &module.name[..])
        .collect();
    assert_eq!(with_port, ["counter", "pair", "nest"]);
}

#[test]
fn the_output_of_a_child_can_be_driven_wrong() {
    let good = check(&nest()).unwrap();
    let faults = [
        fault("pair", "low_count", Target::Drive, |c| c.signal("high_count")),
        fault("nest", "seven", Target::Drive, |c| !c.original()),
    ];
    let design = inject(&good, &faults).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(run(&design, 0, "sum", &[]), [2, 4, 6, 4, 6, 8, 10, 8]);
    assert_eq!(run(&design, 1, "sum", &[]), [2, 4, 6, 8, 10, 12, 14, 16]);
    assert_eq!(run(&design, 1, "seven", &[])[0], 7);
    assert_eq!(run(&design, 2, "seven", &[])[0], 8);
}

#[test]
fn memory_reads_and_comb_blocks_can_be_faulty() {
    let lookup = module("lookup", |m| {
        let address = m.input("address", U(2));
        let data = m.input("data", U(8));
        let cells = m.memory("cells", 4, U(8));
        m.clocked(|| cells.write(address, data));
        let word = cells.read_sync("word", address, lit(1, Bit));
        let (twice, out) = (m.wire("twice", U(8)), m.output_wire("out", U(8)));
        m.comb(|| {
            twice.set(word + word);
            out.set(twice + 1);
        });
    });
    let good = check(&lookup).unwrap();
    let faults = [
        fault("lookup", "word", Target::Drive, |c| c.original() ^ 4),
        fault("lookup", "twice", Target::Drive, |c| c.original() + 100),
        fault("lookup", "data", Target::Read, |c| c.original() + 1),
    ];
    let design = inject(&good, &faults).unwrap_or_else(|errors| panic!("{errors}"));
    let last = |select| *run(&design, select, "out", &[("data", 10)]).last().unwrap();
    assert_eq!([last(0), last(1), last(2), last(3)], [21, 29, 121, 23]);
}

#[test]
fn faults_can_be_added_to_a_design_that_has_some() {
    let good = check(&nest()).unwrap();
    let low: fn(&FaultContext) -> Signal = |_| lit(0, Bit);
    let first = inject(&good, &[fault("counter", "at_limit", Target::Read, low)]).unwrap();
    let second = edit_selected(
        &first,
        |module| module.name == "pair",
        |editor, select| {
            let sum = editor.find("sum").unwrap();
            let values = editor.assigned(sum);
            let active = select.eq(7);
            let changed: Vec<Signal> = values.iter().map(|v| active.mux(*v + 1, *v)).collect();
            editor.assign(sum, &changed);
        },
    )
    .unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(run(&second, 0, "sum", &[]), [2, 4, 6, 4, 6, 8, 10, 8]);
    assert_eq!(run(&second, 1, "sum", &[]), [2, 4, 6, 8, 10, 12, 14, 16]);
    assert_eq!(run(&second, 7, "sum", &[]), [3, 5, 7, 5, 7, 9, 11, 9]);
}

#[test]
fn a_fault_can_be_there_for_good() {
    let good = check(&nest()).unwrap();
    let faults = [
        fault("counter", "at_limit", Target::Read, |_| lit(0, Bit)),
        fault("pair", "sum", Target::Drive, |c| c.original() + 1),
    ];
    let selectable = inject(&good, &faults).unwrap();
    for (select, fault) in (1..).zip(&faults) {
        let fixed = fixed(&good, fault).unwrap();
        let always: Vec<u64> = run_as_is(&fixed, "sum");
        assert_ne!(always, run_as_is(&good, "sum"));
        assert_eq!(always, run(&selectable, select, "sum", &[]));
        // Nothing stands where the fault was written.
        let places = |design: &Design| -> HashSet<ir::Location> {
            let modules = design.modules().iter();
            modules.flat_map(|module| module.exprs.iter().map(|expr| expr.location)).collect()
        };
        let signals = good.modules().iter().flat_map(|module| &module.signals);
        let signals: HashSet<_> = signals.map(|signal| signal.location).collect();
        let new: Vec<_> = places(&fixed).difference(&places(&good)).copied().collect();
        assert!(new.iter().all(|place| signals.contains(place)), "{new:?}");
    }
    let wrong = fault("counter", "nothing", Target::Read, |c| c.original());
    assert!(super::fixed(&good, &wrong).is_err());
}

fn message(fault: Fault) -> String {
    inject(&check(&nest()).unwrap(), &[fault]).unwrap_err().to_string()
}

#[test]
fn unknown_names_are_refused_with_near_ones() {
    let original: fn(&FaultContext) -> Signal = |c| c.original();
    let text = message(fault("countr", "count", Target::Read, original));
    assert!(text.contains("fault `test_fault`: no module `countr`: did you mean `counter`?"));
    let text = message(fault("counter", "at_limits", Target::Read, original));
    assert!(text.contains("module `counter` has no signal `at_limits`: did you mean `at_limit`"));
    let text = message(fault("counter", "count", Target::Read, |c| c.signal("limitt").ext(8)));
    assert!(text.contains("has no signal `limitt`: did you mean `limit`?"), "{text}");
    assert!(text.contains("fault/tests.rs"), "{text}");
}

#[test]
fn wrong_uses_are_refused() {
    let text = message(fault("counter", "count", Target::Read, |_| lit(0, Bit)));
    assert!(text.contains("the value is unsigned 1 bit, `count` is unsigned 8 bits"), "{text}");
    let text = message(fault("counter", "limit", Target::Drive, |c| c.original()));
    assert!(text.contains("`limit` is an input"), "{text}");
    // The original of at_limit depends on count, whose reads see at_limit.
    let text = message(fault("counter", "count", Target::Read, |c| c.signal("at_limit").ext(8)));
    assert!(text.contains("loop"), "{text}");
}
