//! Putting mutants into a design.

use std::collections::BTreeMap;

use super::rewrite::{self, Rewrite, bit};
use super::{Mutant, Place};
use crate::arena::with;
use crate::edit::{Editor, edit};
use crate::fault::edit_top;
use crate::ir::{self, ExprId, Item, SignalId, SignalKind, Statement, Ty};
use crate::signal::Signal;
use crate::{Bits, Design, Errors};

/// Puts `mutants` into a copy of a design; the k-th one (from 1) is active while `fault_select` is
/// k. The mutants have to be of this design ([`mutants`](super::mutants)).
///
/// # Errors
/// More mutants than `fault_select` can number.
pub fn selectable(design: &Design, mutants: &[Mutant]) -> Result<Design, Errors> {
    let mut of_module: BTreeMap<&str, Vec<(u16, &Mutant)>> = BTreeMap::new();
    for (index, mutant) in mutants.iter().enumerate() {
        let number = u16::try_from(index + 1).map_err(|_| too_many(design, mutants))?;
        of_module.entry(&mutant.module).or_default().push((number, mutant));
    }
    let top = edit_top(
        design,
        |module| of_module.contains_key(&module.name[..]),
        |editor, select| {
            let name = editor.module(|module| module.name.clone());
            let mut places = Places::default();
            for (number, mutant) in &of_module[&name[..]] {
                let active = select.eq(*number).named(format!("mutant_{number}"));
                places.add(Some(active), &mutant.place);
            }
            places.apply(editor);
        },
    );
    Ok(Design::unchecked(top))
}

/// The module of a mutant with the mutation made.
pub fn fixed(module: &ir::Module, mutant: &Mutant) -> ir::Module {
    if let Place::Reset(id) = mutant.place {
        let mut changed = module.clone();
        if let SignalKind::Register { reset: Some(bits) } = &mut changed.signals[id.0 as usize].kind
        {
            *bits = lowest_bit_flipped(bits);
        }
        return edit(changed, |_| ());
    }
    edit(module.clone(), |editor| {
        let mut places = Places::default();
        places.add(None, &mutant.place);
        places.apply(editor);
    })
}

fn too_many(design: &Design, mutants: &[Mutant]) -> Errors {
    let message = format!("{} mutants, `fault_select` can number {}", mutants.len(), u16::MAX);
    let (location, module) = (design.top.location, design.top.name.clone());
    Errors::new(vec![crate::Error { message, location, module }])
}

fn lowest_bit_flipped(bits: &Bits) -> Bits {
    let mut words = bits.words().to_vec();
    words[0] ^= 1;
    Bits::from_words(bits.width(), &words)
}

/// When a change is made: while this bit is 1, or always.
type When = Option<Signal>;

/// All changes of one module, by where they are made.
#[derive(Default)]
struct Places<'a> {
    expressions: BTreeMap<ExprId, Vec<(When, &'a Rewrite)>>,
    conditions: BTreeMap<usize, Vec<(When, &'a Rewrite)>>,
    sets: BTreeMap<usize, Vec<When>>,
    writes: BTreeMap<usize, Vec<When>>,
    enables: Vec<(When, u32, usize)>,
    resets: BTreeMap<SignalId, Vec<When>>,
    pins: Vec<(When, usize, usize)>,
    /// What the changed expressions are now: changes of a statement are made on top of them.
    values: BTreeMap<ExprId, Signal>,
}

impl<'a> Places<'a> {
    fn add(&mut self, when: When, place: &'a Place) {
        match place {
            Place::Expression(expr, rewrite) => {
                self.expressions.entry(*expr).or_default().push((when, rewrite));
            }
            Place::Condition(number, rewrite) => {
                self.conditions.entry(*number).or_default().push((when, rewrite));
            }
            Place::Set(number) => self.sets.entry(*number).or_default().push(when),
            Place::Write(number) => self.writes.entry(*number).or_default().push(when),
            Place::ReadEnable(memory, port) => self.enables.push((when, memory.0, *port)),
            Place::Reset(id) => self.resets.entry(*id).or_default().push(when),
            Place::Pin(instance, number) => self.pins.push((when, *instance, *number)),
        }
    }

    fn apply(mut self, editor: &mut Editor) {
        for (expr, changes) in &self.expressions {
            let value = changed(*expr, editor.value(*expr), changes);
            editor.replace(*expr, value);
            self.values.insert(*expr, value);
        }
        self.change_connections(editor);
        self.change_statements(editor);
        for (id, whens) in &self.resets {
            change_reset(editor, *id, whens);
        }
    }

    fn value(&self, editor: &Editor, expr: ExprId) -> Signal {
        self.values.get(&expr).copied().unwrap_or_else(|| editor.value(expr))
    }

    /// Inputs of children and enables of memories.
    fn change_connections(&self, editor: &mut Editor) {
        for (when, instance, number) in &self.pins {
            let old = editor.module(|module| module.instances[*instance].inputs[*number].1);
            let good = self.value(editor, old);
            let value = either(*when, !good, good);
            editor.rewrite(|module| module.instances[*instance].inputs[*number].1 = value.expr);
        }
        for (when, memory, port) in &self.enables {
            let (memory, port) = (*memory as usize, *port);
            let old = editor.module(|module| module.memories[memory].sync_reads[port].enable);
            let value = either(*when, bit(true), self.value(editor, old));
            editor.rewrite(|module| module.memories[memory].sync_reads[port].enable = value.expr);
        }
    }

    fn change_statements(&self, editor: &mut Editor) {
        let mut items = editor.module(|module| module.items.clone());
        let mut counts = Counts::default();
        for item in &mut items {
            if let Item::Clocked(body, _) | Item::Comb(body, _) = item {
                self.change_body(editor, body, &mut counts);
            }
        }
        // The edit may have declared wires meanwhile: they stand at the end.
        editor.rewrite(|module| {
            let new = module.items.split_off(items.len());
            items.extend(new);
            module.items = items;
        });
    }

    /// Conditions, assignments and writes of a list of statements, counted as they were found.
    fn change_body(&self, editor: &Editor, body: &mut Vec<Statement>, counts: &mut Counts) {
        for statement in &mut *body {
            match statement {
                Statement::If { arms, otherwise, .. } => {
                    for (condition, _) in &mut *arms {
                        if let Some(changes) = self.conditions.get(&counts.arms) {
                            let value = self.value(editor, *condition);
                            *condition = changed(*condition, value, changes).expr;
                        }
                        counts.arms += 1;
                    }
                    arms.iter_mut().for_each(|(_, body)| self.change_body(editor, body, counts));
                    self.change_body(editor, otherwise, counts);
                }
                Statement::Switch { arms, default, .. } => {
                    arms.iter_mut().for_each(|(_, body)| self.change_body(editor, body, counts));
                    self.change_body(editor, default, counts);
                }
                Statement::Set { target, value, .. } => {
                    for when in self.sets.get(&counts.sets).into_iter().flatten() {
                        let hold = editor.signal(*target);
                        *value = either(*when, hold, self.value(editor, *value)).expr;
                    }
                    counts.sets += 1;
                }
                Statement::Write { location, .. } => {
                    let location = *location;
                    for when in self.writes.get(&counts.writes).into_iter().flatten() {
                        let condition = either(*when, bit(false), bit(true)).expr;
                        let write = vec![statement.clone()];
                        let arms = vec![(condition, write)];
                        *statement = Statement::If { arms, otherwise: Vec::new(), location };
                    }
                    counts.writes += 1;
                }
            }
        }
    }
}

#[derive(Default)]
struct Counts {
    arms: usize,
    sets: usize,
    writes: usize,
}

/// `value`, or what the change that is active makes of it.
fn changed(expr: ExprId, value: Signal, changes: &[(When, &Rewrite)]) -> Signal {
    changes
        .iter()
        .fold(value, |value, (when, change)| either(*when, rewrite::apply(expr, change), value))
}

fn either(when: When, bad: Signal, good: Signal) -> Signal {
    match when {
        Some(active) => active.mux(bad, good),
        None => bad,
    }
}

/// The register's place is taken by a wire that carries its value, with the lowest bit flipped from
/// reset until it is set for the first time.
fn change_reset(editor: &mut Editor, id: SignalId, whens: &[When]) {
    let old = editor.module(|module| module.signal(id).clone());
    let SignalKind::Register { reset: Some(bits) } = &old.kind else { return };
    let m = editor.m();
    let state = m.reg(format!("{}_state", old.name), old.ty);
    let fresh = m.reg(format!("{}_fresh", old.name), Ty::U(1)).reset(1);
    let any = whens.iter().flatten().fold(bit(false), |any, when| any | *when);
    let mask = (any & fresh).resize(old.ty.width());
    let flipped =
        if old.ty.is_signed() { (state.as_unsigned() ^ mask).as_signed() } else { state ^ mask };
    let id_of = |signal: Signal| with(|arena| arena.signal_of(signal.expr)).expect("declared here");
    let (state, fresh, zero) = (id_of(state), id_of(fresh), bit(false).expr);
    editor.rewrite(|module| {
        module.signals[state.0 as usize].kind = SignalKind::Register { reset: Some(bits.clone()) };
        module.signals[id.0 as usize].kind = SignalKind::Wire;
        for item in &mut module.items {
            if let Item::Clocked(body, _) = item {
                redirect(body, (id, state), (fresh, zero));
            }
        }
        let location = old.location;
        module.items.push(Item::Assign { target: id, value: flipped.expr, location });
    });
}

/// Assigns `to` instead of `from`, and then `value` to `also`.
fn redirect(
    body: &mut Vec<Statement>,
    (from, to): (SignalId, SignalId),
    (also, value): (SignalId, ExprId),
) {
    let mut index = 0;
    while index < body.len() {
        let inner = |body: &mut Vec<Statement>| redirect(body, (from, to), (also, value));
        match &mut body[index] {
            Statement::Set { target, location, .. } if *target == from => {
                *target = to;
                let statement = Statement::Set { target: also, value, location: *location };
                body.insert(index + 1, statement);
                index += 1;
            }
            Statement::Set { .. } | Statement::Write { .. } => {}
            Statement::If { arms, otherwise, .. } => {
                arms.iter_mut().for_each(|(_, body)| inner(body));
                inner(otherwise);
            }
            Statement::Switch { arms, default, .. } => {
                arms.iter_mut().for_each(|(_, body)| inner(body));
                inner(default);
            }
        }
        index += 1;
    }
}
