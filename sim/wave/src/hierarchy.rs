//! Scopes and signals of a wave. Full names are put together when asked for: a file can nest so
//! that they are far longer than it.

use crate::value::Kind;

/// A signal of a wave.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SignalRef(pub(crate) u32);

/// VCD's words for scopes in the order of FST's numbers; others are kept as modules.
pub const SCOPES: [&str; 13] = [
    "module",
    "task",
    "function",
    "begin",
    "fork",
    "generate",
    "struct",
    "union",
    "class",
    "interface",
    "package",
    "program",
    "vhdl_architecture",
];

/// A scope: a module, a generate block, a task.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scope {
    /// Its own name.
    pub name: String,
    /// The scope around it.
    pub parent: Option<u32>,
    /// VCD's word for what it is, such as `module` or `begin`.
    pub word: &'static str,
}

/// What is written down for a signal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Declaration {
    /// Its own name, without range.
    pub name: String,
    /// The range as in the file, such as `[31:0]`; may be empty.
    pub range: String,
    /// What it is.
    pub kind: Kind,
    /// VCD's word for what it is, such as `wire` or `parameter`.
    pub word: &'static str,
    /// The scope that it is in.
    pub scope: Option<u32>,
    /// Number of its series of changes: signals that are connected share one.
    pub series: u32,
}

/// All scopes and signals, in the order of the file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Hierarchy {
    /// A scope comes after the one around it.
    pub scopes: Vec<Scope>,
    pub signals: Vec<Declaration>,
}

impl Hierarchy {
    /// Names from the outermost scope to `scope` itself.
    pub fn path(&self, scope: Option<u32>) -> Vec<&str> {
        let mut names = Vec::new();
        let mut next = scope;
        while let Some(index) = next {
            let scope = &self.scopes[index as usize];
            names.push(scope.name.as_str());
            next = scope.parent;
        }
        names.reverse();
        names
    }

    /// Name with all scopes, joined by dots, without range.
    pub fn full_name(&self, signal: SignalRef) -> String {
        let declaration = self.declaration(signal);
        let mut names = self.path(declaration.scope);
        names.push(&declaration.name);
        names.join(".")
    }

    pub fn declaration(&self, signal: SignalRef) -> &Declaration {
        &self.signals[signal.0 as usize]
    }

    pub fn references(&self) -> impl Iterator<Item = SignalRef> + use<> {
        (0..self.signals.len() as u32).map(SignalRef)
    }

    /// Number of series of changes.
    pub fn series(&self) -> usize {
        self.signals.iter().map(|signal| signal.series as usize + 1).max().unwrap_or(0)
    }
}

/// Splits what a file has as a name into name and range: `acc[31:0]`, `acc [31:0]` and, for one
/// bit, `acc [0]`. An index that is glued to the name is a part of it, as in `regs[3]`, because
/// arrays are written so.
pub fn split_range(text: &str, width: u32) -> (&str, &str) {
    let Some(open) = text.rfind('[').filter(|&open| open > 0 && text.ends_with(']')) else {
        return (text, "");
    };
    let (name, range) = text.split_at(open);
    let inside = &range[1..range.len() - 1];
    let number = |text: &str| text.trim().parse::<i64>().ok();
    let is_range = match inside.split_once(':') {
        Some((left, right)) => match (number(left), number(right)) {
            (Some(left), Some(right)) => left.abs_diff(right).checked_add(1) == Some(width.into()),
            _ => false,
        },
        None => width == 1 && name.ends_with(' ') && number(inside).is_some(),
    };
    if is_range { (name.trim_end(), range) } else { (text, "") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_told_from_indices() {
        assert_eq!(split_range("acc [31:0]", 32), ("acc", "[31:0]"));
        assert_eq!(split_range("acc[0:31]", 32), ("acc", "[0:31]"));
        assert_eq!(split_range("regs[3][31:0]", 32), ("regs[3]", "[31:0]"));
        assert_eq!(split_range("regs[3]", 32), ("regs[3]", ""));
        assert_eq!(split_range("bit[3]", 1), ("bit[3]", ""));
        assert_eq!(split_range("bit [3]", 1), ("bit", "[3]"));
        assert_eq!(split_range("bit [-1:-1]", 1), ("bit", "[-1:-1]"));
        assert_eq!(split_range("odd[7:0]", 4), ("odd[7:0]", ""));
        assert_eq!(split_range("[7:0]", 8), ("[7:0]", ""));
    }
}
