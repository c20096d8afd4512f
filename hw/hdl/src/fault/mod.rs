//! Fault injection: a table of faults becomes part of the design, and an input chooses one.
//!
//! With `fault_select` at 0 the design behaves as before; at k it has the k-th fault of the table.
//! A bench is measured by the faults that it finds.

mod selector;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::panic::Location;

use crate::arena::here;
use crate::edit::{Editor, edit_below};
use crate::ir::{self, ExprKind, Item, SignalId, SignalKind};
use crate::suggest::did_you_mean;
use crate::{Design, Error, Errors, Module, Signal, walk};

pub(crate) use selector::edit_top;
pub use selector::{FAULT_SELECT, FAULT_SELECT_BITS, edit_selected};

/// One way in which a design can be wrong.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Name on the command line and in reports.
    pub name: &'static str,
    /// What goes wrong, in a line.
    pub description: &'static str,
    /// Module that is wrong, in all its instances.
    pub module: &'static str,
    /// Signal of the module that is wrong.
    pub signal: &'static str,
    /// Where it is wrong.
    pub target: Target,
    /// The wrong value, of the signal's type, built from signals of the same module.
    pub bad: fn(&FaultContext) -> Signal,
}

/// Where a signal is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// Where the module reads it: reads see `<signal>_faulty`. An output port still shows the good
    /// value outside.
    Read,
    /// Where it is assigned: each assigned value, or the output of the child that drives it. For a
    /// register that is its next value.
    Drive,
}

/// What the wrong value is made of.
pub struct FaultContext<'a> {
    editor: &'a Editor,
    fault: &'a Fault,
    original: Signal,
}

impl FaultContext<'_> {
    /// The right value: of the signal, or for [`Target::Drive`] the one that is assigned.
    pub fn original(&self) -> Signal {
        self.original
    }

    /// A signal of the module; it has its right value. An unknown name is an error of
    /// [`inject`].
    #[track_caller]
    pub fn signal(&self, name: &str) -> Signal {
        match self.editor.find(name) {
            Some(id) => self.editor.signal(id),
            None => {
                let message = self.editor.module(|module| unknown_signal(self.fault, module, name));
                self.editor.error(here(), message);
                self.original
            }
        }
    }
}

/// Puts all `faults` into a copy of a design; the k-th one (from 1) is active while `fault_select`
/// is k.
///
/// # Errors
/// Names that do not exist, wrong values of another type than their signal, and combinational
/// loops that a fault closes.
#[track_caller]
pub fn inject(design: &Design, faults: &[Fault]) -> Result<Design, Errors> {
    let caller = Location::caller();
    let location =
        ir::Location { file: caller.file(), line: caller.line(), column: caller.column() };
    let mistakes = unknown_names(design, faults, location);
    if !mistakes.is_empty() {
        return Err(Errors::new(mistakes));
    }
    let numbered: Vec<(u16, &Fault)> = (1..).zip(faults).collect();
    edit_selected(
        design,
        |module| faults.iter().any(|fault| fault.module == module.name),
        |editor, select| {
            let name = editor.module(|module| module.name.clone());
            let here = numbered.iter().filter(|(_, fault)| fault.module == name);
            edit_module(editor, select, &here.copied().collect::<Vec<_>>());
        },
    )
}

/// A copy of a design with one fault in it for good, as if it had been written so: what the fault adds
/// stands in the line of its signal. Its signals are called as in [`inject`]'s design.
///
/// # Errors
/// Names that do not exist.
#[track_caller]
pub fn fixed(design: &Design, fault: &Fault) -> Result<Design, Errors> {
    let caller = Location::caller();
    let location =
        ir::Location { file: caller.file(), line: caller.line(), column: caller.column() };
    let mistakes = unknown_names(design, std::slice::from_ref(fault), location);
    if !mistakes.is_empty() {
        return Err(Errors::new(mistakes));
    }
    let top = edit_below(&Module(design.top.clone()), fault.module, |editor| {
        let id = editor.find(fault.signal).expect("its name was looked up");
        let place = editor.module(|module| module.signal(id).location);
        match fault.target {
            Target::Read => fault_reads(editor, id, &[(None, fault)]),
            Target::Drive => fault_drivers(editor, id, &[(None, fault)]),
        }
        editor.place_new(place);
    });
    // A wrong value may leave the right one without a reader.
    Ok(Design::unchecked(top.0))
}

/// A message for each fault whose module or signal does not exist.
fn unknown_names(design: &Design, faults: &[Fault], location: ir::Location) -> Vec<Error> {
    let mut mistakes = Vec::new();
    let limit = (1usize << FAULT_SELECT_BITS) - 1;
    if faults.len() > limit {
        let message = format!("{} faults, `{FAULT_SELECT}` can select {limit}", faults.len());
        mistakes.push(Error { message, location, module: design.top.name.clone() });
    }
    for fault in faults {
        let found = design.modules().iter().find(|module| module.name == fault.module);
        let message = match found {
            None => {
                let names = design.modules().iter().map(|module| &module.name[..]);
                let hint = did_you_mean(fault.module, names);
                format!("fault `{}`: no module `{}`{hint}", fault.name, fault.module)
            }
            Some(module) => {
                let signal = module.signals.iter().find(|signal| signal.name == fault.signal);
                match signal.map(|signal| (&signal.kind, fault.target)) {
                    None => unknown_signal(fault, module, fault.signal),
                    Some((SignalKind::Constant(_), _)) => {
                        format!("fault `{}`: `{}` is a constant", fault.name, fault.signal)
                    }
                    Some((SignalKind::Input, Target::Drive)) => format!(
                        "fault `{}`: `{}` is an input, which is driven outside; use Target::Read",
                        fault.name, fault.signal
                    ),
                    Some(_) => continue,
                }
            }
        };
        mistakes.push(Error { message, location, module: design.top.name.clone() });
    }
    mistakes
}

fn unknown_signal(fault: &Fault, module: &ir::Module, name: &str) -> String {
    let hint = did_you_mean(name, module.signals.iter().map(|signal| &signal.name[..]));
    format!("fault `{}`: module `{}` has no signal `{name}`{hint}", fault.name, module.name)
}

/// Puts the faults of one module into it.
fn edit_module(editor: &mut Editor, select: Signal, faults: &[(u16, &Fault)]) {
    editor.m().section("Injected faults");
    let mut active: HashMap<u16, Signal> = HashMap::new();
    for (number, fault) in faults {
        let wire = select.eq(*number).named(format!("fault_{number}")).doc(fault.name);
        active.insert(*number, wire);
    }
    let mut groups: Vec<(&str, Target)> = Vec::new();
    for (_, fault) in faults {
        if !groups.contains(&(fault.signal, fault.target)) {
            groups.push((fault.signal, fault.target));
        }
    }
    for (signal, target) in groups {
        let Some(id) = editor.find(signal) else { continue };
        let of_group = faults.iter().filter(|(_, f)| (f.signal, f.target) == (signal, target));
        let group: Vec<_> = of_group.map(|(k, f)| (Some(active[k]), *f)).collect();
        match target {
            Target::Read => fault_reads(editor, id, &group),
            Target::Drive => fault_drivers(editor, id, &group),
        }
    }
}

fn fault_reads(editor: &mut Editor, id: SignalId, faults: &[(Option<Signal>, &Fault)]) {
    let original = editor.signal(id);
    let name = editor.module(|module| module.signal(id).name.clone());
    let faulty = mux_faults(editor, original, faults).named(format!("{name}_faulty"));
    editor.replace_reads(id, faulty);
}

fn fault_drivers(editor: &mut Editor, id: SignalId, faults: &[(Option<Signal>, &Fault)]) {
    let name = editor.module(|module| module.signal(id).name.clone());
    let ordered = editor.module(|module| set_in_order(module, id));
    let mut count = 0;
    let assigned = editor.assigned(id);
    let changed = assigned.into_iter().map(|value| {
        let simple = editor.module(|module| is_simple(module, value));
        let value = if simple || ordered {
            value
        } else {
            count += 1;
            let number = if count == 1 { String::new() } else { format!("_{count}") };
            value.named(format!("{name}_value{number}"))
        };
        mux_faults(editor, value, faults)
    });
    let changed: Vec<Signal> = changed.collect();
    editor.assign(id, &changed);
}

/// Whether an expression is a signal or a literal, which needs no name of its own.
fn is_simple(module: &ir::Module, value: Signal) -> bool {
    matches!(module.expr(value.expr).kind, ExprKind::Signal(_) | ExprKind::Literal(_))
}

/// Whether a signal is set in a block that reads what it sets: then values cannot be moved out of
/// the block.
fn set_in_order(module: &ir::Module, signal: SignalId) -> bool {
    module.items.iter().any(|item| {
        let Item::Comb(body, _) = item else { return false };
        let mut targets = Vec::new();
        walk::statements(body, &mut |statement| {
            if let ir::Statement::Set { target, .. } = statement {
                targets.push(*target);
            }
        });
        let reads = walk::Reads::of_item(module, item);
        targets.contains(&signal) && targets.iter().any(|&target| reads.contains(target))
    })
}

/// `original`, or the wrong value of the fault that is active; always, if none says when.
fn mux_faults(editor: &Editor, original: Signal, faults: &[(Option<Signal>, &Fault)]) -> Signal {
    faults.iter().rev().fold(original, |value, (active, fault)| {
        let bad = (fault.bad)(&FaultContext { editor, fault, original });
        if bad.ty() != original.ty() {
            let (given, wanted) = (bad.ty(), original.ty());
            let (name, signal) = (fault.name, fault.signal);
            let message = format!("fault `{name}`: the value is {given}, `{signal}` is {wanted}");
            editor.error(editor.location(bad), message);
            return value;
        }
        active.map_or(bad, |active| active.mux(bad, value))
    })
}
