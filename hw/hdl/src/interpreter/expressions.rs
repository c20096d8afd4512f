//! Compilation of expression nodes: each gets a slot and the instructions that fill it.

use std::collections::HashMap;

use super::compile::Values;
use super::flatten::Scope;
use super::ops::{Op, Slot};
use super::wide::words;
use crate::Bits;
use crate::ir::{BinaryOp, ExprId, ExprKind, Module, Ty, UnaryOp};

/// The expressions of one instance.
pub(super) struct Expressions {
    /// Slot of each node; `None` before it is computed for the first time.
    slots: Vec<Option<Slot>>,
    /// Slots chosen for nodes that are not computed yet.
    placed: HashMap<ExprId, Slot>,
    /// Slot of each signal of the module.
    signals: Vec<Slot>,
    first_memory: usize,
}

impl Expressions {
    /// No node computed yet; `slots` are those of the nets.
    pub fn new(scope: &Scope, slots: &[Slot]) -> Self {
        Self {
            slots: vec![None; scope.module.exprs.len()],
            placed: HashMap::new(),
            signals: scope.nets.iter().map(|&net| slots[net]).collect(),
            first_memory: scope.first_memory,
        }
    }

    /// No node computed yet, and no values of signals.
    pub fn without_signals(module: &Module) -> Self {
        Self {
            slots: vec![None; module.exprs.len()],
            placed: HashMap::new(),
            signals: Vec::new(),
            first_memory: 0,
        }
    }

    /// Says where the value of a node is.
    pub fn give(&mut self, id: ExprId, slot: Slot) {
        self.slots[id.0 as usize] = Some(slot);
    }

    /// Whether the node has a slot.
    pub fn is_computed(&self, id: ExprId) -> bool {
        self.slots[id.0 as usize].is_some()
    }

    /// Chooses the slot of a node that an assignment needs, which saves a copy; no effect when it
    /// is computed already or shares the slot of another value.
    pub fn place(&mut self, module: &Module, id: ExprId, slot: Slot) {
        let shares = matches!(
            module.expr(id).kind,
            ExprKind::Literal(_) | ExprKind::Signal(_) | ExprKind::Cast(_)
        );
        if !shares && !self.is_computed(id) {
            self.placed.insert(id, slot);
        }
    }

    /// Slot of a computed node.
    pub fn slot(&self, id: ExprId) -> Slot {
        self.slots[id.0 as usize].expect("operands are computed before their users")
    }

    /// Slot of a computed node's value in one word; all ones if it does not fit.
    pub fn amount(
        &self,
        module: &Module,
        id: ExprId,
        values: &mut Values,
        ops: &mut Vec<Op>,
    ) -> Slot {
        let count = words(module.expr(id).ty.width()) as u32;
        if count == 1 {
            return self.slot(id);
        }
        let to = values.allocate(64);
        ops.push(Op::Amount { to, a: self.slot(id), words: count });
        to
    }

    /// Adds the instructions that compute one node from its computed operands. Computed again, it
    /// keeps its slot.
    pub fn compute(&mut self, module: &Module, id: ExprId, values: &mut Values, ops: &mut Vec<Op>) {
        let expr = &module.expr(id);
        let slot = match &expr.kind {
            ExprKind::Literal(value) => values.constant(value),
            ExprKind::Signal(signal) => self.signals[signal.0 as usize],
            ExprKind::Cast(a) => self.slot(*a),
            kind => {
                let index = id.0 as usize;
                let chosen = self.slots[index].or_else(|| self.placed.remove(&id));
                let to = chosen.unwrap_or_else(|| values.allocate(expr.ty.width()));
                let mut emit = Emitter { of: self, module, values, ops, to, ty: expr.ty };
                emit.node(kind);
                to
            }
        };
        self.slots[id.0 as usize] = Some(slot);
    }
}

/// Adds the instructions of one node.
struct Emitter<'a> {
    of: &'a Expressions,
    module: &'a Module,
    values: &'a mut Values,
    ops: &'a mut Vec<Op>,
    to: Slot,
    ty: Ty,
}

impl Emitter<'_> {
    fn slot(&self, id: ExprId) -> Slot {
        self.of.slot(id)
    }

    fn type_of(&self, id: ExprId) -> Ty {
        self.module.expr(id).ty
    }

    fn amount(&mut self, id: ExprId) -> Slot {
        self.of.amount(self.module, id, self.values, self.ops)
    }

    fn node(&mut self, kind: &ExprKind) {
        let (to, width) = (self.to, self.ty.width());
        let narrow = width <= 64;
        match kind {
            ExprKind::Literal(_) | ExprKind::Signal(_) | ExprKind::Cast(_) => {
                unreachable!("they share a slot")
            }
            ExprKind::Unary(op, a) => self.unary(*op, *a),
            ExprKind::Binary(op, a, b) => self.binary(*op, *a, *b),
            ExprKind::Mux { condition, then, other } => {
                let condition = self.slot(*condition);
                let (then, other) = (self.slot(*then), self.slot(*other));
                self.ops.push(if narrow {
                    Op::Mux { to, condition, then, other }
                } else {
                    Op::WideMux { to, condition, then, other, words: words(width) as u32 }
                });
            }
            ExprKind::Slice { of, low, .. } => self.slice(*of, *low),
            ExprKind::Truncate(a) => self.slice(*a, 0),
            ExprKind::BitSelect { of, index } => {
                let (a, index) = (self.slot(*of), self.amount(*index));
                let width = self.type_of(*of).width();
                self.ops.push(match width {
                    ..=64 => Op::BitSelect { to, a, index },
                    _ => Op::WideBitSelect { to, a, index, width },
                });
            }
            ExprKind::Concat(parts) => self.concat(parts),
            ExprKind::Repeat(count, a) => self.concat(&vec![*a; *count as usize]),
            ExprKind::Extend(a) => {
                let slot = self.slot(*a);
                let to = self.to;
                self.extend(to, slot, self.type_of(*a), width);
            }
            ExprKind::MemoryRead(memory, address) => {
                let memory = (self.of.first_memory + memory.0 as usize) as u32;
                let address = self.amount(*address);
                self.ops.push(Op::MemoryRead { to, memory, address });
            }
        }
    }

    fn slice(&mut self, of: ExprId, low: u32) {
        let (to, a, width) = (self.to, self.slot(of), self.ty.width());
        let source = self.type_of(of).width();
        self.ops.push(if source <= 64 {
            Op::Slice { to, a, low: low as u8, width: width as u8 }
        } else {
            Op::WideSlice { to, a, words: words(source) as u32, low, width }
        });
    }

    /// Most significant part first.
    fn concat(&mut self, parts: &[ExprId]) {
        let (to, width) = (self.to, self.ty.width());
        if width <= 64 {
            self.ops.push(Op::Copy { to, from: self.slot(parts[0]) });
            for part in &parts[1..] {
                let width = self.type_of(*part).width() as u8;
                self.ops.push(Op::Append { to, a: self.slot(*part), width });
            }
            return;
        }
        self.ops.push(Op::Clear { to, words: words(width) as u32 });
        let mut offset = 0;
        for part in parts.iter().rev() {
            let width = self.type_of(*part).width();
            self.ops.push(Op::Insert { to, a: self.slot(*part), offset, width });
            offset += width;
        }
    }

    fn extend(&mut self, to: Slot, a: Slot, from: Ty, width: u32) {
        let signed = from.is_signed();
        self.ops.push(match (width <= 64, signed) {
            (true, false) => Op::Copy { to, from: a },
            (true, true) => Op::SignExtend { to, a, from: from.width() as u8, width: width as u8 },
            (false, _) => Op::WideExtend { to, a, from: from.width(), width, signed },
        });
    }

    fn unary(&mut self, op: UnaryOp, operand: ExprId) {
        let (to, a) = (self.to, self.slot(operand));
        let width = self.type_of(operand).width();
        let count = words(width) as u32;
        if op == UnaryOp::Negate {
            let zero = self.values.constant(&Bits::zero(width));
            self.arithmetic(BinaryOp::Sub, zero, a);
            return;
        }
        let narrow = width <= 64;
        let byte = width as u8;
        self.ops.push(match op {
            UnaryOp::Not if narrow => Op::Not { to, a, width: byte },
            UnaryOp::ReduceOr if narrow => Op::ReduceOr { to, a },
            UnaryOp::ReduceAnd if narrow => Op::ReduceAnd { to, a, width: byte },
            UnaryOp::ReduceXor if narrow => Op::ReduceXor { to, a },
            UnaryOp::Not => Op::WideNot { to, a, width },
            UnaryOp::ReduceOr => Op::WideReduceOr { to, a, words: count },
            UnaryOp::ReduceAnd => Op::WideReduceAnd { to, a, width },
            UnaryOp::ReduceXor => Op::WideReduceXor { to, a, words: count },
            UnaryOp::Negate => unreachable!("done above"),
        });
    }

    /// An operation whose operands have the width of the result.
    fn arithmetic(&mut self, op: BinaryOp, a: Slot, b: Slot) {
        let (to, width) = (self.to, self.ty.width());
        let byte = width as u8;
        self.ops.push(match op {
            _ if width > 64 => Op::WideBinary { op, to, a, b, width },
            BinaryOp::Add => Op::Add { to, a, b, width: byte },
            BinaryOp::Sub => Op::Sub { to, a, b, width: byte },
            BinaryOp::And => Op::And { to, a, b },
            BinaryOp::Or => Op::Or { to, a, b },
            BinaryOp::Xor => Op::Xor { to, a, b },
            other => unreachable!("{other:?} is not one of them"),
        });
    }

    fn binary(&mut self, op: BinaryOp, left: ExprId, right: ExprId) {
        use BinaryOp::*;
        match op {
            Add | Sub | And | Or | Xor => self.arithmetic(op, self.slot(left), self.slot(right)),
            Mul => self.multiply(left, right),
            ShiftLeft | ShiftRight => self.shift(op, left, right),
            Equal | NotEqual | Less | LessEqual => self.compare(op, left, right),
        }
    }

    fn multiply(&mut self, left: ExprId, right: ExprId) {
        let (to, width) = (self.to, self.ty.width());
        let (a, b) = (self.slot(left), self.slot(right));
        let (a_ty, b_ty) = (self.type_of(left), self.type_of(right));
        if width > 64 {
            // Modulo 2^width the product of the extended operands is the product.
            let (long_a, long_b) = (self.values.allocate(width), self.values.allocate(width));
            self.extend(long_a, a, a_ty, width);
            self.extend(long_b, b, b_ty, width);
            self.ops.push(Op::WideBinary { op: BinaryOp::Mul, to, a: long_a, b: long_b, width });
        } else if a_ty.is_signed() {
            let (a_width, b_width) = (a_ty.width() as u8, b_ty.width() as u8);
            self.ops.push(Op::MulSigned { to, a, b, a_width, b_width });
        } else {
            self.ops.push(Op::Mul { to, a, b });
        }
    }

    fn shift(&mut self, op: BinaryOp, left: ExprId, right: ExprId) {
        let (to, width, signed) = (self.to, self.ty.width(), self.ty.is_signed());
        let (a, amount) = (self.slot(left), self.amount(right));
        let byte = width as u8;
        self.ops.push(match op {
            _ if width > 64 => Op::WideShift { op, signed, to, a, amount, width },
            BinaryOp::ShiftLeft => Op::ShiftLeft { to, a, amount, width: byte },
            _ if signed => Op::ShiftRightSigned { to, a, amount, width: byte },
            _ => Op::ShiftRight { to, a, amount },
        });
    }

    fn compare(&mut self, op: BinaryOp, left: ExprId, right: ExprId) {
        let (to, a, b) = (self.to, self.slot(left), self.slot(right));
        let ty = self.type_of(left);
        let (width, signed) = (ty.width(), ty.is_signed());
        let byte = width as u8;
        self.ops.push(match op {
            _ if width > 64 => Op::WideCompare { op, signed, to, a, b, width },
            BinaryOp::Equal => Op::Equal { to, a, b },
            BinaryOp::NotEqual => Op::NotEqual { to, a, b },
            BinaryOp::Less if signed => Op::LessSigned { to, a, b, width: byte },
            BinaryOp::Less => Op::Less { to, a, b },
            _ if signed => Op::LessEqualSigned { to, a, b, width: byte },
            _ => Op::LessEqual { to, a, b },
        });
    }
}
