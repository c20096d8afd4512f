//! Wires and variables for what cannot stand inside an expression.

use systole_hdl::ir::{BinaryOp, Expr, ExprId, ExprKind};
use systole_hdl::walk::Reads;

use super::{Expressions, Hoisted};
use crate::verilog::text::Text;

impl Expressions<'_> {
    /// A wire for this expression, all of which is read.
    pub(super) fn hoist(&mut self, id: ExprId, purpose: &str) -> Text {
        let name = self.hoisted_name(id, purpose);
        self.names.read_all(&name);
        Text::atom(name, self.node(id).ty.is_signed())
    }

    pub(super) fn hoisted_name(&mut self, id: ExprId, purpose: &str) -> String {
        if let Some(name) = self.hoisted.get(&id) {
            return name.clone();
        }
        let Expr { kind, ty, location } = self.node(id);
        let inside = self.reads_targets(id);
        // A wire of its own is a continuous assignment, where a memory can be read.
        let inline_reads = std::mem::replace(&mut self.inline_reads, !inside);
        let (base, purpose, value) = match *kind {
            ExprKind::MemoryRead(memory, address) => {
                let name = self.module.memories[memory.0 as usize].name.clone();
                (name, "word", self.word(memory, address))
            }
            ExprKind::Binary(BinaryOp::Mul, a, b) => {
                (self.subject.clone(), "product", self.product(a, b))
            }
            _ => (self.subject.clone(), purpose, self.assigned(id)),
        };
        self.inline_reads = inline_reads;
        let name = self.names.fresh(&format!("{base}_{purpose}"), *ty);
        let hoisted = Hoisted { name: name.clone(), ty: *ty, value, location: *location };
        if inside {
            self.variables.push(hoisted);
        } else {
            self.hoisted.insert(id, name.clone());
            self.pending.push(hoisted);
        }
        name
    }

    /// Whether `memory[address]` may stand inside an expression. Icarus Verilog generates code that
    /// it cannot run for some operations on a word at a constant address.
    pub(super) fn reads_inline(&self, address: ExprId) -> bool {
        let mut reads = Reads::new(self.module);
        reads.add(address);
        self.inline_reads && !reads.signals.is_empty()
    }

    pub(super) fn reads_targets(&self, id: ExprId) -> bool {
        let mut reads = Reads::new(self.module);
        reads.add(id);
        self.targets.iter().any(|&target| reads.contains(target))
    }
}
