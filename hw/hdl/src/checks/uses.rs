//! Everything declared is used: signals and memories are read, inputs of instances are pinned.

use std::collections::{HashMap, HashSet};

use super::Report;
use crate::ir::{Direction, ExprKind, Item, MemoryId, Module, RamStyle, SignalId};
use crate::ir::{SignalKind, Statement};
use crate::signal::kind_of;
use crate::walk::{self, Reads};

pub(super) fn check(report: &mut Report) {
    let mut reads = Reads::new(report.module);
    for item in &report.module.items {
        walk::item_roots(report.module, item, &mut |root| reads.add(root));
    }
    check_signals(report, &reads);
    check_instances(report);
    check_memories(report, &reads);
    check_read_styles(report);
}

fn check_signals(report: &mut Report, reads: &Reads) {
    let module = report.module;
    let from_instance = instance_outputs(module);
    for (i, signal) in module.signals.iter().enumerate() {
        let id = SignalId(i as u32);
        let constant = matches!(signal.kind, SignalKind::Constant(_));
        if reads.contains(id) || constant || signal.port == Some(Direction::Output) {
            continue;
        }
        let message = match from_instance.get(&id) {
            Some((instance, port)) => format!(
                "output `{instance}.{port}` is never read; if that is meant, `.unused(\"{port}\")`"
            ),
            None => format!("{} is never read; if that is meant, `.unused()`", kind_of(signal)),
        };
        report.error(signal.location, message);
    }
}

/// Instance and port of each wire that carries an output.
fn instance_outputs(module: &Module) -> HashMap<SignalId, (&str, &str)> {
    let all = module.instances.iter().flat_map(|instance| {
        instance.outputs.iter().map(|(port, wire)| (*wire, (&instance.name[..], &port[..])))
    });
    all.collect()
}

fn check_instances(report: &mut Report) {
    for instance in &report.module.instances {
        let pinned: HashSet<&str> = instance.inputs.iter().map(|(port, _)| &port[..]).collect();
        let taken: HashSet<&str> = instance.outputs.iter().map(|(port, _)| &port[..]).collect();
        for port in instance.module.ports() {
            let name = format!("`{}.{}` ({})", instance.name, port.name, port.location);
            match port.port {
                Some(Direction::Input) if !pinned.contains(&port.name[..]) => {
                    report.error(instance.location, format!("input {name} is not connected"));
                }
                Some(Direction::Output) if !taken.contains(&port.name[..]) => {
                    let message = format!(
                        "output {name} is never read; if that is meant, `.unused(\"{}\")`",
                        port.name
                    );
                    report.error(instance.location, message);
                }
                _ => {}
            }
        }
    }
}

fn check_memories(report: &mut Report, reads: &Reads) {
    let module = report.module;
    let mut written = HashSet::new();
    for item in &module.items {
        if let Item::Clocked(body, _) = item {
            walk::statements(body, &mut |statement| {
                if let Statement::Write { memory, .. } = statement {
                    written.insert(*memory);
                }
            });
        }
    }
    for (i, memory) in module.memories.iter().enumerate() {
        let id = MemoryId(i as u32);
        let name = &memory.name;
        if memory.sync_reads.is_empty() && !reads.memories.contains(&id) {
            report.error(memory.location, format!("memory `{name}` is never read"));
        }
        if !written.contains(&id) && memory.init_file.is_none() && memory.initial.is_empty() {
            let message = format!("memory `{name}` is never written and has no initial contents");
            report.error(memory.location, message);
        }
    }
}

/// Block RAM has only synchronous reads, distributed RAM only asynchronous ones.
fn check_read_styles(report: &mut Report) {
    let module = report.module;
    for memory in module.memories.iter().filter(|memory| memory.style == RamStyle::Distributed) {
        for read in &memory.sync_reads {
            let message = format!(
                "memory `{}` ({}) is distributed: it has no synchronous read; use `.read` and a \
                 register",
                memory.name, memory.location
            );
            report.error(read.location, message);
        }
    }
    for expr in &module.exprs {
        let ExprKind::MemoryRead(id, _) = expr.kind else { continue };
        let memory = &module.memories[id.0 as usize];
        if memory.style == RamStyle::Block {
            let message = format!(
                "memory `{}` ({}) is block RAM: it has no asynchronous read; use `.read_sync`",
                memory.name, memory.location
            );
            report.error(expr.location, message);
        }
    }
}
