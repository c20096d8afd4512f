use super::*;
use systole_hdl::ir::Module;
use systole_hdl::mutate;
use systole_hdl::prelude::*;
use systole_sim::silent;

use crate::scramble::scramble;

/// Tells small numbers from large ones, for a parent that never has large ones.
fn compare() -> systole_hdl::Module {
    module("compare", |m| {
        let number = m.input("number", U(4));
        m.output("yes", number.lt(6));
    })
}

/// Says when something begins, and when it ends: never before it has begun.
fn phases() -> systole_hdl::Module {
    module("phases", |m| {
        let phase = m.reg("phase", U(2)).reset(0);
        m.clocked(|| phase.set(phase + 1));
        m.output("first", phase.eq(1));
        m.output("last", phase.eq(3));
    })
}

/// Outputs of [`example`].
const OUTPUTS: [&str; 5] = ["least", "count", "shown", "is_small", "collected"];

/// Mistakes in it show, or do not, for all the reasons that there are.
fn example() -> Design {
    let (compare, phases) = (compare(), phases());
    let example = module("example", |m| {
        let (a, b) = (m.input("a", U(4)), m.input("b", U(4)));
        // Of two equal numbers either is the smaller one.
        m.output("least", a.lt(b).mux(a, b));
        // A counter that never leaves 0 to 3.
        let count = m.output_reg("count", U(3)).reset(0);
        // What is read is looked at only after a read, and what is kept after one.
        let reads = a.bit(0);
        let memory = m.memory("memory", 4, U(4));
        let word = memory.read_sync("word", b.bits(1, 0), reads);
        let was_read = m.reg("was_read", Bit).reset(0);
        let kept = m.reg("kept", U(4)).reset(5);
        m.output("shown", was_read.mux(word + kept, 0));
        m.clocked(|| {
            count.set(count + 1);
            when(count.eq(3), || count.set(0));
            was_read.set(reads);
            kept.set(a);
            memory.write(a.bits(3, 2), b);
        });
        let part = m.instance("part", &compare).pin("number", a.bits(2, 0).ext(4));
        m.output("is_small", part.out("yes"));
        // What it is before the first phase is never looked at: only the child says so.
        let phases = m.instance("phases", &phases);
        let collected = m.reg("so_far", U(4)).reset(9);
        m.clocked(|| collected.set(phases.out("first").mux(a, collected ^ a)));
        m.output("collected", phases.out("last").mux(collected, 0));
    });
    let top = module("top", |m| {
        let (a, b) = (m.input("a", U(4)), m.input("b", U(4)));
        let whole = m.instance("whole", &example).pin("a", a).pin("b", b);
        for port in OUTPUTS {
            m.output(port, whole.out(port));
        }
    });
    check(&top).expect("a good design")
}

/// The design whose only change is `mutant`.
fn alone(design: &Design, mutant: &Mutant) -> Design {
    fn within(module: &Module, mutant: &Mutant) -> Module {
        let mut copy = module.clone();
        if copy.name == mutant.module {
            copy = mutate::fixed(&copy, mutant);
        }
        for instance in &mut copy.instances {
            instance.module = Arc::new(within(&instance.module, mutant));
        }
        copy
    }
    Design::unchecked(Arc::new(within(&design.top, mutant)))
}

/// Whether random inputs tell the two apart, after one reset or a later one.
fn shows(design: &Design, mutated: &Design) -> bool {
    let mut both = [design, mutated].map(Interpreter::new);
    both.iter_mut().for_each(Interpreter::reset);
    (0..2000).any(|cycle| {
        let random = scramble(1, cycle);
        for sim in &mut both {
            sim.set("a", random & 15);
            sim.set("b", random >> 4 & 15);
        }
        let seen = both.each_ref().map(|sim| OUTPUTS.map(|port| sim.get(port)));
        let reset = random >> 8 & 15 == 0;
        both.iter_mut().for_each(|sim| if reset { sim.reset() } else { sim.step() });
        seen[0] != seen[1]
    })
}

fn proven(design: &Design, mutants: &[Mutant]) -> Vec<u16> {
    let settings = Settings::from_env().expect("settings");
    let yosys = Yosys::provide(&settings, Yosys::FOR_PROOFS, &silent).expect("Yosys");
    let numbers: Vec<u16> = (1..=mutants.len() as u16).collect();
    let (how, stop) = ((2, Duration::from_secs(60)), AtomicBool::new(false));
    equivalent(&numbers, design, mutants, (&yosys, &settings), how, &stop, |_, _| ())
        .expect("Yosys runs")
}

#[test]
fn what_changes_nothing_is_proven() {
    let design = example();
    let mutants: Vec<Mutant> = mutate::mutants(&design)
        .into_iter()
        .filter(|mutant| !shows(&design, &alone(&design, mutant)))
        .collect();
    let proven = proven(&design, &mutants);
    let descriptions = |numbers: &[u16]| -> Vec<String> {
        let mutant = |number: &u16| &mutants[usize::from(*number) - 1];
        numbers.iter().map(|number| mutant(number).description.clone()).collect()
    };
    let expected = [
        // The child's input is never negative.
        "`lt` of the other signedness",
        // What the last phase begins, too, the first one begins anew.
        "`eq` without the highest bit",
        "`lt` becomes `le`",
        // What 7 counts to is 0 in any case.
        "`eq` without the highest bit",
        "`memory` is always read",
        "bit 0 of the reset value of `kept`",
        "bit 0 of the reset value of `so_far`",
    ];
    assert_eq!(descriptions(&proven), expected);
    assert_eq!(proven.len(), mutants.len());
}

#[test]
fn nothing_that_shows_is_proven() {
    let design = example();
    let mutants: Vec<Mutant> = mutate::mutants(&design)
        .into_iter()
        .filter(|mutant| shows(&design, &alone(&design, mutant)))
        .step_by(3)
        .collect();
    assert!(mutants.len() > 8, "{} mutants", mutants.len());
    let wrong: Vec<&str> = proven(&design, &mutants)
        .iter()
        .map(|&number| mutants[usize::from(number) - 1].description.as_str())
        .collect();
    assert_eq!(wrong, Vec::<&str>::new());
}
