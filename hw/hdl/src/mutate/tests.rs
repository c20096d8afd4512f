//! Mutants seen through the interpreter.

use super::*;
use crate::fault::FAULT_SELECT;
use crate::prelude::*;

/// One of everything that can be changed.
fn sampler() -> Module {
    let child = module("child", |m| {
        let up = m.input("up", Bit);
        let step = m.input("step", U(4));
        let count = m.output_reg("count", U(4)).reset(5);
        m.clocked(|| {
            when(up, || count.set(count + step)).otherwise(|| count.set(count - 1));
        });
    });
    module("sampler", |m| {
        let (a, b) = (m.input("a", S(6)), m.input("b", S(6)));
        let (go, write) = (m.input("go", Bit), m.input("write", Bit));
        let first = m.constant("FIRST", 3, S(6));
        let memory = m.memory("memory", 8, U(6));
        let read = memory.read_sync("read", b.as_unsigned().bits(2, 0), go);
        m.output("word", read);
        let least = a.lt(b).mux(a, b);
        m.output("least", least.ext(8) + 1);
        m.output("shifted", (a >> 1) - first);
        m.output("both", (go & write) | a.ne(b));
        m.output("any", !a.as_unsigned().bits(3, 1).any());
        m.output("product", a * b);
        let counter = m.instance("counter", &child).pin("up", go).pin("step", lit(2, U(4)));
        m.output("count", counter.out("count"));
        m.clocked(|| {
            when(write, || memory.write(a.as_unsigned().bits(2, 0), b.as_unsigned()));
        });
        m.cover("equal", a.eq(b));
    })
}

const OUTPUTS: [&str; 7] = ["word", "least", "shifted", "both", "any", "product", "count"];

/// All outputs over some cycles of changing inputs, behind two resets.
fn trace(design: &Design, select: Option<u64>) -> Vec<u64> {
    let mut sim = Interpreter::new(design);
    if let Some(number) = select {
        sim.set(FAULT_SELECT, number);
    }
    let mut seen = Vec::new();
    let mut state = 12345u64;
    for _ in 0..2 {
        sim.reset();
        for _ in 0..600 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            for (port, shift, mask) in
                [("a", 20, 63), ("b", 30, 63), ("go", 40, 1), ("write", 41, 1)]
            {
                sim.set(port, state >> shift & mask);
            }
            seen.extend(OUTPUTS.map(|port| sim.get(port)));
            sim.step();
        }
    }
    seen
}

/// The design whose only change is `mutant`.
fn alone(design: &Design, mutant: &Mutant) -> Design {
    let mut top = crate::ir::Module::clone(&design.top);
    if top.name == mutant.module {
        top = fixed(&top, mutant);
    }
    for instance in &mut top.instances {
        if instance.module.name == mutant.module {
            instance.module = std::sync::Arc::new(fixed(&instance.module, mutant));
        }
    }
    Design::unchecked(std::sync::Arc::new(top))
}

#[test]
fn every_class_is_found() {
    let design = check(&sampler()).unwrap();
    let found = mutants(&design);
    for class in Class::ALL {
        assert!(found.iter().any(|mutant| mutant.class == class), "no {}", class.name());
    }
    assert!(found.iter().all(|mutant| mutant.location.file.ends_with("tests.rs")));
}

#[test]
fn number_0_is_the_design_itself() {
    let design = check(&sampler()).unwrap();
    let all = selectable(&design, &mutants(&design)).unwrap();
    assert_eq!(trace(&all, Some(0)), trace(&design, None));
}

#[test]
fn a_selected_mutant_behaves_like_the_design_that_has_it_alone() {
    let design = check(&sampler()).unwrap();
    let found = mutants(&design);
    let all = selectable(&design, &found).unwrap();
    let good = trace(&design, None);
    let mut same = Vec::new();
    for (number, mutant) in (1..).zip(&found) {
        let selected = trace(&all, Some(number));
        let what = format!("{}: {}", mutant.location, mutant.description);
        assert_eq!(selected, trace(&alone(&design, mutant), None), "{what}");
        if selected == good {
            same.push(mutant.description.as_str());
        }
    }
    // The smaller of two equal values is either of them.
    assert_eq!(same, ["`lt` becomes `le`"]);
}

#[test]
fn what_only_properties_read_is_left_alone() {
    let design = check(&sampler()).unwrap();
    let equals = |mutant: &&Mutant| mutant.description.starts_with("`eq`");
    assert_eq!(mutants(&design).iter().filter(equals).count(), 0);
}
