//! Registers whose values have names in the design: those that are compared with named constants.

use std::collections::BTreeMap;

use systole_hdl::Design;
use systole_hdl::ir::{BinaryOp, ExprId, ExprKind, Item, Module, SignalId, SignalKind, Statement};
use systole_hdl::walk::statements;

use super::session::NameTable;

/// A register with named values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StateRegister {
    /// Path below the top module, with dots.
    pub path: String,
    /// Names of its values.
    pub names: NameTable,
}

/// The registers of a design that are compared with, or set to, two or more named constants, by
/// their path.
pub fn state_registers(design: &Design) -> Vec<StateRegister> {
    let mut registers = Vec::new();
    collect(&design.top, "", &mut registers);
    registers.sort_by(|a, b| a.path.cmp(&b.path));
    registers
}

fn collect(module: &Module, prefix: &str, registers: &mut Vec<StateRegister>) {
    registers.extend(
        of_module(module)
            .into_iter()
            .map(|(name, names)| StateRegister { path: format!("{prefix}{name}"), names }),
    );
    for instance in &module.instances {
        collect(&instance.module, &format!("{prefix}{}.", instance.name), registers);
    }
}

/// The registers of one module, by name.
fn of_module(module: &Module) -> Vec<(String, NameTable)> {
    let mut found: BTreeMap<SignalId, BTreeMap<u64, String>> = BTreeMap::new();
    let mut meet = |register: ExprId, constant: ExprId| {
        if let (Some(register), Some((value, name))) =
            (register_of(module, register), constant_of(module, constant))
        {
            found.entry(register).or_default().insert(value, name.to_owned());
        }
    };
    for expr in &module.exprs {
        if let ExprKind::Binary(BinaryOp::Equal | BinaryOp::NotEqual, left, right) = expr.kind {
            meet(left, right);
            meet(right, left);
        }
    }
    let bodies = module.items.iter().filter_map(|item| match item {
        Item::Clocked(body, _) | Item::Comb(body, _) => Some(body),
        _ => None,
    });
    let mut set = Vec::new();
    for body in bodies {
        statements(body, &mut |statement| match statement {
            Statement::Switch { on, arms, .. } => {
                arms.iter().flat_map(|(labels, _)| labels).for_each(|&label| meet(*on, label));
            }
            Statement::Set { target, value, .. } => set.push((*target, *value)),
            _ => {}
        });
    }
    for (target, value) in set {
        if let Some(((value, name), names)) = constant_of(module, value).zip(found.get_mut(&target))
        {
            names.insert(value, name.to_owned());
        }
    }
    let several = found.into_iter().filter(|(_, names)| names.len() > 1);
    several.map(|(register, names)| table(module, register, names)).collect()
}

fn table(module: &Module, register: SignalId, names: BTreeMap<u64, String>) -> (String, NameTable) {
    let signal = module.signal(register);
    let name = format!("{}_{}", module.name, signal.name);
    let entries = names.into_iter().collect();
    (signal.name.clone(), NameTable { name, bits: signal.ty.width(), entries })
}

fn register_of(module: &Module, expr: ExprId) -> Option<SignalId> {
    let ExprKind::Signal(id) = module.expr(expr).kind else { return None };
    matches!(module.signal(id).kind, SignalKind::Register { .. }).then_some(id)
}

fn constant_of(module: &Module, expr: ExprId) -> Option<(u64, &str)> {
    let ExprKind::Signal(id) = module.expr(expr).kind else { return None };
    let signal = module.signal(id);
    let SignalKind::Constant(value) = &signal.kind else { return None };
    Some((value.to_u64(), &signal.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use systole_hdl::prelude::*;

    #[test]
    fn a_register_takes_the_names_of_what_it_is_compared_with() {
        let machine = module("machine", |m| {
            let go = m.input("go", Bit);
            let idle = m.constant("IDLE", 0, U(2));
            let busy = m.constant("BUSY", 1, U(2));
            let state = m.reg("state", U(2)).reset(0);
            let count = m.reg("count", U(2)).reset(0);
            m.clocked(|| {
                count.set(count + 1);
                when(state.eq(idle) & go, || state.set(busy))
                    .or_when(count.eq(3), || state.set(idle));
            });
            m.output("busy", state.eq(busy));
        });
        let top = module("top", |m| {
            let unit = m.instance("unit", &machine).pin("go", m.input("go", Bit));
            m.output("busy", unit.out("busy"));
        });
        let design = systole_hdl::check(&top).expect("a good design");
        let entries = vec![(0, "IDLE".to_owned()), (1, "BUSY".to_owned())];
        let names = NameTable { name: "machine_state".into(), bits: 2, entries };
        let path = "unit.state".to_owned();
        assert_eq!(state_registers(&design), [StateRegister { path, names }]);
    }
}
