//! The coverage model: every group of points, with what it is for and which of its points cannot be
//! hit. Read the groups in [`core`], [`machine`] and [`npu`].

pub(super) mod core;
pub(super) mod machine;
pub(super) mod npu;

use systole_golden::Isa;

use super::table::{Group, Table};
use crate::generate::{Target, has};

/// All groups of a chip.
pub(super) struct Model {
    pub(super) groups: Vec<Group>,
    pub(super) points: Points,
}

/// Where the points of each group are.
#[derive(Clone)]
pub(super) struct Points {
    pub(super) core: core::Groups,
    pub(super) machine: machine::Groups,
    pub(super) npu: npu::Groups,
}

impl Model {
    pub(super) fn new(target: &Target) -> Self {
        let mut table = Table::default();
        let core = core::Groups::declare(&mut table, &target.isa);
        let machine = machine::Groups::declare(&mut table, &target.isa);
        let npu = npu::Groups::declare(&mut table, target);
        if target.npu.dim == 0 {
            let of_npu = ["external_interrupt", "npu-wrote"];
            table.forget(|group, bins| {
                group.starts_with("npu.") || bins.iter().any(|bin| of_npu.contains(bin))
            });
        }
        Self { groups: table.into_groups(), points: Points { core, machine, npu } }
    }

    /// Points of all groups, the absent ones included.
    pub(super) fn size(&self) -> usize {
        self.groups.iter().map(|group| group.verdicts.len()).sum()
    }
}

/// Whether a hart with `isa` has an operation of [`super::bins::operations`].
fn has_operation(isa: &Isa, name: &str) -> bool {
    use systole_isa::{AtomicOp, ImmediateOp, RegisterOp, UnaryOp};
    let of = |extension| has(isa, extension);
    let register = RegisterOp::ALL.iter().find(|op| op.mnemonic() == name);
    let immediate = ImmediateOp::ALL.iter().find(|op| op.mnemonic() == name);
    if let Some(op) = register {
        return of(op.extension());
    }
    if let Some(op) = immediate {
        return of(op.extension());
    }
    if UnaryOp::ALL.iter().any(|op| op.mnemonic() == name) {
        return isa.zbb;
    }
    isa.a || !AtomicOp::ALL.iter().any(|op| op.mnemonic() == name)
}
