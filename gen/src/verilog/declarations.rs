//! How names are declared.

use std::collections::HashSet;

use systole_hdl::ir::{Direction, Item, Module, Signal, SignalId, SignalKind, Statement, Ty};
use systole_hdl::walk;

/// `signed [7:0] `: what stands between `wire` and the name.
pub(super) fn ty(ty: Ty) -> String {
    match ty {
        Ty::U(1) => String::new(),
        Ty::S(1) => "signed ".into(),
        Ty::U(width) => format!("[{}:0] ", width - 1),
        Ty::S(width) => format!("signed [{}:0] ", width - 1),
    }
}

/// Signals that an `always` block sets, which Verilog wants declared as `reg`.
pub(super) struct Variables(HashSet<SignalId>);

impl Variables {
    pub fn of(module: &Module) -> Self {
        let reads = module.memories.iter().flat_map(|memory| &memory.sync_reads);
        let mut set: HashSet<_> = reads.map(|read| read.data).collect();
        let is_register = |signal: &Signal| matches!(signal.kind, SignalKind::Register { .. });
        let registers = module.signals.iter().enumerate().filter(|(_, signal)| is_register(signal));
        set.extend(registers.map(|(i, _)| SignalId(i as u32)));
        for item in &module.items {
            if let Item::Clocked(body, _) | Item::Comb(body, _) = item {
                walk::statements(body, &mut |statement| {
                    if let Statement::Set { target, .. } = statement {
                        set.insert(*target);
                    }
                });
            }
        }
        Self(set)
    }

    /// `reg` or `wire`.
    pub fn keyword(&self, id: SignalId) -> &'static str {
        if self.0.contains(&id) { "reg" } else { "wire" }
    }
}

/// A port as it stands in the header.
pub(super) struct Port<'m> {
    pub name: &'m str,
    pub declaration: String,
    /// `None` of a clock or reset.
    pub signal: Option<&'m Signal>,
}

/// The ports as they stand in the header, in columns.
pub(super) fn ports<'m>(module: &'m Module, variables: &Variables) -> Vec<Port<'m>> {
    struct Row<'m> {
        direction: &'static str,
        keyword: &'static str,
        ty: String,
        name: &'m str,
        signal: Option<&'m Signal>,
    }
    let implicit =
        |name| Row { direction: "input", keyword: "wire", ty: String::new(), name, signal: None };
    let mut rows = Vec::new();
    rows.extend(module.has_clock().then(|| implicit("clk")));
    rows.extend(module.has_reset().then(|| implicit("rst")));
    for (i, signal) in module.signals.iter().enumerate() {
        let direction = match signal.port {
            Some(Direction::Input) => "input",
            Some(Direction::Output) => "output",
            None => continue,
        };
        let keyword = variables.keyword(SignalId(i as u32));
        let signal = Some(signal);
        let name = &module.signals[i].name;
        rows.push(Row { direction, keyword, ty: ty(module.signals[i].ty), name, signal });
    }
    let width = rows.iter().map(|row| row.ty.len()).max().unwrap_or(0);
    let line = |row: Row<'m>| {
        let Row { direction, keyword, ty, name, signal } = row;
        let declaration = format!("{direction:6} {keyword:4} {ty:width$}{name}");
        Port { name, declaration, signal }
    };
    rows.into_iter().map(line).collect()
}

/// Whether a signal is a named constant.
pub(super) fn constant(signal: &Signal) -> Option<&systole_hdl::Bits> {
    match &signal.kind {
        SignalKind::Constant(value) => Some(value),
        _ => None,
    }
}
