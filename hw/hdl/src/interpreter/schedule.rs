//! Levelising: an order in which every net is computed after the nets that it reads.

use std::collections::{HashMap, VecDeque};

use super::flatten::{Driver, Flat, NetId, for_each_read};
use crate::ir;

/// Driver indices in an order that computes each net before its readers.
///
/// # Errors
/// A combinational loop, as a message that names the nets on it.
pub(super) fn schedule(flat: &Flat) -> Result<Vec<usize>, String> {
    let mut driver_of: HashMap<NetId, usize> = HashMap::new();
    for (index, driver) in flat.drivers.iter().enumerate() {
        for net in targets(flat, driver) {
            driver_of.insert(net, index);
        }
    }
    let needs: Vec<Vec<usize>> =
        flat.drivers.iter().enumerate().map(|(i, d)| needs(flat, d, i, &driver_of)).collect();

    let mut users = vec![Vec::new(); needs.len()];
    let mut missing: Vec<usize> = needs.iter().map(Vec::len).collect();
    for (index, list) in needs.iter().enumerate() {
        for &need in list {
            users[need].push(index);
        }
    }
    let mut ready: VecDeque<usize> = (0..needs.len()).filter(|&i| missing[i] == 0).collect();
    let mut order = Vec::with_capacity(needs.len());
    while let Some(index) = ready.pop_front() {
        order.push(index);
        for &user in &users[index] {
            missing[user] -= 1;
            if missing[user] == 0 {
                ready.push_back(user);
            }
        }
    }
    if order.len() == needs.len() { Ok(order) } else { Err(loop_message(flat, &needs, &missing)) }
}

/// Nets that a driver computes.
fn targets(flat: &Flat, driver: &Driver) -> Vec<NetId> {
    match driver {
        Driver::Expression { target, .. } | Driver::Net { target, .. } => vec![*target],
        Driver::Comb { scope, targets, .. } => {
            targets.iter().map(|target| flat.net(*scope, *target)).collect()
        }
    }
}

/// Drivers of the nets that driver `index` reads, each once.
fn needs(
    flat: &Flat,
    driver: &Driver,
    index: usize,
    driver_of: &HashMap<NetId, usize>,
) -> Vec<usize> {
    let mut nets = Vec::new();
    match driver {
        Driver::Net { from, .. } => nets.push(*from),
        Driver::Expression { scope, value, .. } => {
            let module = &flat.scopes[*scope].module;
            for_each_read(module, &[*value], &mut |signal| nets.push(flat.net(*scope, signal)));
        }
        Driver::Comb { scope, item, targets } => {
            let module = &flat.scopes[*scope].module;
            let mut roots = Vec::new();
            if let ir::Item::Comb(statements, _) = &module.items[*item] {
                relevant_exprs(statements, targets, &mut roots);
            }
            for_each_read(module, &roots, &mut |signal| nets.push(flat.net(*scope, signal)));
        }
    }
    // A block that runs as written may read its own targets after setting them.
    let own_allowed = matches!(driver, Driver::Comb { .. });
    let mut needs: Vec<usize> = nets.iter().filter_map(|net| driver_of.get(net).copied()).collect();
    needs.retain(|&need| !(own_allowed && need == index));
    needs.sort_unstable();
    needs.dedup();
    needs
}

/// Whether any of `statements` assigns one of `targets`.
pub(super) fn touches(statements: &[ir::Statement], targets: &[ir::SignalId]) -> bool {
    statements.iter().any(|statement| match statement {
        ir::Statement::Set { target, .. } => targets.contains(target),
        ir::Statement::Write { .. } => false,
        ir::Statement::If { arms, otherwise, .. } => {
            arms.iter().any(|(_, body)| touches(body, targets)) || touches(otherwise, targets)
        }
        ir::Statement::Switch { arms, default, .. } => {
            arms.iter().any(|(_, body)| touches(body, targets)) || touches(default, targets)
        }
    })
}

/// The values and conditions that decide `targets`.
pub(super) fn relevant_exprs(
    statements: &[ir::Statement],
    targets: &[ir::SignalId],
    found: &mut Vec<ir::ExprId>,
) {
    for statement in statements {
        if !touches(std::slice::from_ref(statement), targets) {
            continue;
        }
        match statement {
            ir::Statement::Set { value, .. } => found.push(*value),
            ir::Statement::Write { .. } => {}
            ir::Statement::If { arms, otherwise, .. } => {
                for (condition, body) in arms {
                    found.push(*condition);
                    relevant_exprs(body, targets, found);
                }
                relevant_exprs(otherwise, targets, found);
            }
            ir::Statement::Switch { on, arms, default, .. } => {
                found.push(*on);
                for (labels, body) in arms {
                    found.extend(labels);
                    relevant_exprs(body, targets, found);
                }
                relevant_exprs(default, targets, found);
            }
        }
    }
}

/// Names one loop among the drivers that could not be ordered.
fn loop_message(flat: &Flat, needs: &[Vec<usize>], missing: &[usize]) -> String {
    let stuck = |index: usize| missing[index] > 0;
    let mut walk: Vec<usize> = vec![(0..needs.len()).find(|&i| stuck(i)).unwrap_or(0)];
    loop {
        let last = walk[walk.len() - 1];
        let next = needs[last].iter().copied().find(|&need| stuck(need)).unwrap_or(last);
        if let Some(start) = walk.iter().position(|&seen| seen == next) {
            let names: Vec<&str> = walk[start..]
                .iter()
                .rev()
                .map(|&i| flat.nets[targets(flat, &flat.drivers[i])[0]].name.as_str())
                .collect();
            return format!("combinational loop: {} -> {}", names.join(" -> "), names[0]);
        }
        walk.push(next);
    }
}
