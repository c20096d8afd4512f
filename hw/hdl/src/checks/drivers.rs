//! Every wire, output and register has exactly one driver.

use std::collections::HashSet;

use super::Report;
use crate::ir::{Item, Location, Module, SignalId, SignalKind, Statement};
use crate::signal::kind_of;
use crate::walk;

/// What drives a signal and where.
struct Driver {
    what: String,
    location: Location,
}

pub(super) fn check(report: &mut Report) {
    let module = report.module;
    for (signal, drivers) in module.signals.iter().zip(drivers(module)) {
        match &drivers[..] {
            [] => {
                let problem = match signal.kind {
                    SignalKind::Input | SignalKind::Constant(_) => continue,
                    SignalKind::Register { .. } => "is never set",
                    SignalKind::Wire => "is never driven",
                };
                report.error(signal.location, format!("{} {problem}", kind_of(signal)));
            }
            [first, others @ ..] => {
                for other in others {
                    let message = format!(
                        "{} is driven twice: by {} and, at {}, by {}",
                        kind_of(signal),
                        other.what,
                        first.location,
                        first.what
                    );
                    report.error(other.location, message);
                }
            }
        }
    }
}

/// The drivers of each signal, by signal id; a block counts once.
fn drivers(module: &Module) -> Vec<Vec<Driver>> {
    let mut drivers: Vec<Vec<Driver>> = module.signals.iter().map(|_| Vec::new()).collect();
    let mut add = |target: SignalId, what: String, location| {
        drivers[target.0 as usize].push(Driver { what, location });
    };
    for item in &module.items {
        match item {
            Item::Assign { target, location, .. } => add(*target, "`.drive`".into(), *location),
            Item::Clocked(body, _) | Item::Comb(body, _) => {
                let comb = matches!(item, Item::Comb(..));
                let what = if comb { "`m.comb`" } else { "`m.clocked`" };
                let mut seen = HashSet::new();
                walk::statements(body, &mut |statement| {
                    if let Statement::Set { target, location, .. } = statement
                        && seen.insert(*target)
                    {
                        add(*target, what.into(), *location);
                    }
                });
            }
            Item::DeclareMemory(id) => {
                let memory = &module.memories[id.0 as usize];
                for read in &memory.sync_reads {
                    add(read.data, format!("a read of `{}`", memory.name), read.location);
                }
            }
            Item::Instance(id) => {
                let instance = &module.instances[id.0 as usize];
                for (port, wire) in &instance.outputs {
                    let location = module.signal(*wire).location;
                    add(*wire, format!("output `{}.{port}`", instance.name), location);
                }
            }
            Item::Declare(_) | Item::Property { .. } | Item::Section(_) | Item::Unused(_) => {}
        }
    }
    drivers
}
