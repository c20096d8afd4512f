//! The input `fault_select`: chooses one fault at run time, from the top down to the faulty
//! modules.

use std::collections::HashMap;
use std::sync::Arc;

use crate::edit::{Editor, edit};
use crate::ir::{self, Ty};
use crate::signal::Signal;
use crate::{Design, Errors, Module, check};

/// Name of the selecting input.
pub const FAULT_SELECT: &str = "fault_select";
/// Its width in bits.
pub const FAULT_SELECT_BITS: u32 = 16;

/// Rebuilds a design so that every module for which `wanted` holds is edited by `change`, which
/// gets the value of the selecting input. Modules on the way to them get the input and pass it on;
/// others stay shared. A module that has the input already keeps it.
///
/// # Errors
/// Mistakes that `change` made, and those that the edited design has.
pub fn edit_selected(
    design: &Design,
    wanted: impl Fn(&ir::Module) -> bool,
    change: impl FnMut(&mut Editor, Signal),
) -> Result<Design, Errors> {
    check(&Module(edit_top(design, wanted, change)))
}

/// The top module of [`edit_selected`], unchecked.
pub(crate) fn edit_top(
    design: &Design,
    wanted: impl Fn(&ir::Module) -> bool,
    mut change: impl FnMut(&mut Editor, Signal),
) -> Arc<ir::Module> {
    let mut edited: HashMap<&str, Arc<ir::Module>> = HashMap::new();
    for module in design.modules() {
        let on_path = module.children().any(|child| edited.contains_key(&child.name[..]));
        if !on_path && !wanted(module) {
            continue;
        }
        let mut copy = ir::Module::clone(module);
        for instance in &mut copy.instances {
            if let Some(child) = edited.get(&instance.module.name[..]) {
                instance.module = child.clone();
            }
        }
        let new = edit(copy, |editor| {
            let select = select_input(editor);
            connect_children(editor, select);
            if wanted(module) {
                change(editor, select);
            }
        });
        edited.insert(&module.name, Arc::new(new));
    }
    edited.get(&design.top.name[..]).unwrap_or(&design.top).clone()
}

fn select_input(editor: &Editor) -> Signal {
    match editor.find(FAULT_SELECT) {
        Some(existing) => editor.signal(existing),
        None => editor
            .m()
            .input(FAULT_SELECT, Ty::U(FAULT_SELECT_BITS))
            .doc("number of the fault that is active; 0 for none"),
    }
}

/// Passes the input on to the children that have it and are not connected yet.
fn connect_children(editor: &mut Editor, select: Signal) {
    editor.rewrite(|module| {
        for instance in &mut module.instances {
            let has_port = instance.module.ports().any(|port| port.name == FAULT_SELECT);
            let pinned = instance.inputs.iter().any(|(port, _)| port == FAULT_SELECT);
            if has_port && !pinned {
                instance.inputs.push((FAULT_SELECT.to_string(), select.expr));
            }
        }
    });
}
