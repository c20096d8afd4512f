//! Combinational loops, latches, and the combinational paths through each module.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{Report, flow};
use crate::ir::{Direction, Instance, Item, Location, Module, SignalId, SignalKind};
use crate::walk::Reads;

/// For each module by name and each of its outputs: the inputs it depends on combinationally.
#[derive(Default, Debug)]
pub(crate) struct Paths(HashMap<String, HashMap<String, Vec<String>>>);

/// On which signals each one depends combinationally.
struct Graph {
    depends: Vec<BTreeSet<SignalId>>,
    /// Where each signal gets its value.
    driven: Vec<Location>,
}

pub(super) fn check(report: &mut Report, paths: &mut Paths) {
    let module = report.module;
    let graph = graph(report, paths);
    for cycle in graph.cycles() {
        let names: Vec<_> =
            cycle.iter().map(|id| format!("`{}`", module.signal(*id).name)).collect();
        let message = format!("combinational loop: {} -> {}", names.join(" -> "), names[0]);
        report.error(graph.driven[cycle[0].0 as usize], message);
    }
    paths.0.insert(module.name.clone(), graph.paths(module));
}

fn graph(report: &mut Report, paths: &Paths) -> Graph {
    let module = report.module;
    let mut graph = Graph {
        depends: vec![BTreeSet::new(); module.signals.len()],
        driven: module.signals.iter().map(|signal| signal.location).collect(),
    };
    for item in &module.items {
        match item {
            Item::Assign { target, location, .. } => {
                graph.add(*target, Reads::of_item(module, item).signals, *location);
            }
            Item::Comb(body, _) => {
                let flow = flow::of_comb(module, body);
                report_flow(report, &flow);
                for (target, depends) in flow.depends {
                    graph.add(target, depends, flow.first_set[&target]);
                }
            }
            Item::Instance(id) => {
                let instance = &module.instances[id.0 as usize];
                if let Some(paths) = paths.0.get(&instance.module.name) {
                    graph.add_instance(module, instance, paths);
                }
            }
            _ => {}
        }
    }
    graph
}

fn report_flow(report: &mut Report, flow: &flow::Flow) {
    let signal = |id: SignalId| report.module.signal(id);
    let mut errors = Vec::new();
    for &target in &flow.latches {
        let message = format!(
            "`{}` ({}) is not set on every path through this `m.comb`: it would be a latch; set a \
             default first",
            signal(target).name,
            signal(target).location
        );
        errors.push((flow.first_set[&target], message));
    }
    for &(target, location) in &flow.early_reads {
        let message = format!(
            "`{}` ({}) is read before this `m.comb` has set it",
            signal(target).name,
            signal(target).location
        );
        errors.push((location, message));
    }
    errors.into_iter().for_each(|(location, message)| report.error(location, message));
}

impl Graph {
    fn add(
        &mut self,
        target: SignalId,
        depends: impl IntoIterator<Item = SignalId>,
        location: Location,
    ) {
        self.depends[target.0 as usize].extend(depends);
        self.driven[target.0 as usize] = location;
    }

    fn add_instance(
        &mut self,
        module: &Module,
        instance: &Instance,
        paths: &HashMap<String, Vec<String>>,
    ) {
        let mut pins: HashMap<&str, Vec<SignalId>> = HashMap::new();
        for (port, value) in &instance.inputs {
            let mut reads = Reads::new(module);
            reads.add(*value);
            pins.insert(port, reads.signals);
        }
        for (port, wire) in &instance.outputs {
            let inputs = paths.get(port).into_iter().flatten();
            let signals = inputs.filter_map(|input| pins.get(&input[..])).flatten().copied();
            self.add(*wire, signals, instance.location);
        }
    }

    /// Loops in the direction in which values flow, each from its first declared signal on. Of
    /// loops that share signals, one is enough.
    fn cycles(&self) -> Vec<Vec<SignalId>> {
        let mut cycles: Vec<Vec<SignalId>> = Vec::new();
        let mut reported: HashSet<SignalId> = HashSet::new();
        let mut done = vec![false; self.depends.len()];
        let mut position: BTreeMap<SignalId, usize> = BTreeMap::new();
        for start in 0..self.depends.len() as u32 {
            let mut path = vec![(SignalId(start), self.next(SignalId(start)))];
            if done[start as usize] {
                continue;
            }
            position.insert(SignalId(start), 0);
            while let Some((signal, rest)) = path.last_mut() {
                let signal = *signal;
                let Some(next) = rest.next() else {
                    done[signal.0 as usize] = true;
                    position.remove(&signal);
                    path.pop();
                    continue;
                };
                if let Some(&from) = position.get(&next) {
                    let cycle: Vec<_> = path[from..].iter().rev().map(|step| step.0).collect();
                    if !cycle.iter().any(|signal| reported.contains(signal)) {
                        reported.extend(&cycle);
                        cycles.push(rotated(cycle));
                    }
                } else if !done[next.0 as usize] {
                    position.insert(next, path.len());
                    path.push((next, self.next(next)));
                }
            }
        }
        cycles
    }

    fn next(&self, signal: SignalId) -> impl Iterator<Item = SignalId> {
        self.depends[signal.0 as usize].iter().copied()
    }

    /// The inputs on which each output depends.
    fn paths(&self, module: &Module) -> HashMap<String, Vec<String>> {
        let mut paths = HashMap::new();
        for (i, signal) in module.signals.iter().enumerate() {
            if signal.port == Some(Direction::Output) {
                let inputs = self.reached(SignalId(i as u32)).into_iter();
                let inputs = inputs
                    .map(|id| module.signal(id))
                    .filter(|signal| matches!(signal.kind, SignalKind::Input));
                paths.insert(signal.name.clone(), inputs.map(|input| input.name.clone()).collect());
            }
        }
        paths
    }

    /// Every signal on which `from` depends, through any number of others.
    fn reached(&self, from: SignalId) -> Vec<SignalId> {
        let mut seen = HashSet::from([from]);
        let mut order = vec![from];
        let mut at = 0;
        while at < order.len() {
            for next in self.next(order[at]) {
                if seen.insert(next) {
                    order.push(next);
                }
            }
            at += 1;
        }
        order
    }
}

/// The same loop, from its first declared signal on.
fn rotated(mut cycle: Vec<SignalId>) -> Vec<SignalId> {
    let first = (0..cycle.len()).min_by_key(|&i| cycle[i]).unwrap_or(0);
    cycle.rotate_left(first);
    cycle
}
