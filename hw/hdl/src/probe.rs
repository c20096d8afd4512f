//! Inner signals as outputs: what a proof says about a module beyond its ports.

use std::sync::Arc;

use crate::arena::here;
use crate::edit::edit;
use crate::suggest::did_you_mean;
use crate::{Module, ir};

/// A copy of a module in which each of `signals` is an output `probe_<signal>`, too, and each word
/// of each of `memories` an output `probe_<memory>_<word>`. The module keeps its name and does
/// what it did.
///
/// A name that does not exist is a mistake of the copy.
#[track_caller]
pub fn probe(module: &Module, signals: &[&str], memories: &[&str]) -> Module {
    let location = here();
    let unknown = |what: &str, name: &str, names: &[String]| {
        let hint = did_you_mean(name, names.iter().map(String::as_str));
        format!("probe: `{}` has no {what} `{name}`{hint}", module.0.name)
    };
    let copy = edit(ir::Module::clone(&module.0), |editor| {
        for name in signals {
            let Some(id) = editor.find(name) else {
                let names = |m: &ir::Module| m.signals.iter().map(|s| s.name.clone()).collect();
                let names: Vec<String> = editor.module(names);
                editor.error(location, unknown("signal", name, &names));
                continue;
            };
            editor.m().output(format!("probe_{name}"), editor.signal(id));
        }
        for name in memories {
            let Some((memory, depth)) = editor.memory(name) else {
                let names = |m: &ir::Module| m.memories.iter().map(|m| m.name.clone()).collect();
                let names: Vec<String> = editor.module(names);
                editor.error(location, unknown("memory", name, &names));
                continue;
            };
            for word in 0..depth {
                editor.m().output(format!("probe_{name}_{word}"), memory.read(word));
            }
        }
    });
    Module(Arc::new(copy))
}

#[cfg(test)]
mod tests {
    use super::probe;
    use crate::prelude::*;

    fn counter() -> Module {
        module("counter", |m| {
            let count = m.reg("count", U(4)).reset(0);
            let log = m.memory("log", 2, U(4));
            m.clocked(|| {
                count.set(count + 3);
                log.write(count.bit(0), count);
            });
            m.output("last", log.read(lit(1, Bit)));
        })
    }

    #[test]
    fn probes_show_registers_and_memories() {
        let design = check(&probe(&counter(), &["count"], &["log"])).unwrap();
        let mut sim = Interpreter::new(&design);
        sim.reset();
        for _ in 0..3 {
            sim.step();
        }
        assert_eq!(sim.get("probe_count"), 9);
        assert_eq!((sim.get("probe_log_0"), sim.get("probe_log_1")), (6, 3));
        assert_eq!(sim.get("last"), 3);
    }

    #[test]
    fn unknown_names_are_mistakes() {
        let errors = check(&probe(&counter(), &["cuont"], &["lag"])).unwrap_err().to_string();
        assert!(errors.contains("has no signal `cuont`: did you mean `count`?"), "{errors}");
        assert!(errors.contains("has no memory `lag`: did you mean `log`?"), "{errors}");
    }
}
