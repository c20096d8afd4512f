//! Bits of expressions: slices, dynamic selection, concatenation, extension.

use systole_hdl::Bits;
use systole_hdl::ir::{BinaryOp, Expr, ExprId, ExprKind, Ty, UnaryOp};

use super::operators::{BOTH, EITHER, operator};
use super::{Expressions, Sign, literal_text};
use crate::verilog::literal::{extend, literal};
use crate::verilog::text::{Level, Text};

impl Expressions<'_> {
    pub(super) fn concat(&mut self, parts: &[ExprId]) -> Text {
        if let &[single] = parts {
            return self.root(single).with_sign(false);
        }
        let code: Vec<_> = parts.iter().map(|&part| self.concat_part(part)).collect();
        Text::atom(format!("{{{}}}", code.join(", ")), false)
    }

    /// One part of a concatenation; a concatenation inside it needs no braces of its own.
    pub(super) fn concat_part(&mut self, id: ExprId) -> String {
        match &self.node(id).kind {
            ExprKind::Concat(parts) => {
                let parts: Vec<_> = parts.iter().map(|&part| self.concat_part(part)).collect();
                parts.join(", ")
            }
            _ => self.root(id).code,
        }
    }

    pub(super) fn extension(&mut self, of: ExprId, ty: Ty) -> Text {
        let from = self.node(of).ty;
        let added = ty.width() - from.width();
        if let Some(bits) = self.constant(of) {
            return literal_text(&extend(&bits, from, ty.width()), ty);
        }
        if added == 0 {
            return self.expression(of, Sign::Exact);
        }
        if !from.is_signed() {
            let low = self.concat_part(of);
            let zeros = literal(&Bits::zero(added), Ty::U(added));
            return Text::atom(format!("{{{zeros}, {low}}}"), false);
        }
        let (sign, low) = if self.is_name(of) {
            let top = from.width() - 1;
            (self.select(of, top, top).code, self.root(of).code)
        } else {
            let name = self.hoist(of, "narrow").code;
            (top_bit(&name, from), name)
        };
        let signs = if added == 1 { sign } else { format!("{{{added}{{{sign}}}}}") };
        Text::atom(format!("{{{signs}, {low}}}"), false)
    }

    /// `of[index]`, and 0 where `index` may be too large.
    pub(super) fn bit_select(&mut self, of: ExprId, index: ExprId) -> Text {
        let width = self.node(of).ty.width();
        let zero = || literal_text(&Bits::zero(1), Ty::U(1));
        if let Some(index) = self.constant(index) {
            let beyond = index.words()[1..].iter().any(|&word| word != 0);
            let index = index.to_u64();
            return match u32::try_from(index) {
                Ok(index) if index < width && !beyond => self.select(of, index, index),
                _ => zero(),
            };
        }
        let index_width = self.node(index).ty.width();
        let always_inside = index_width < u32::BITS && 1 << index_width <= u64::from(width);
        let bit = if width == 1 {
            self.root(of)
        } else {
            let vector = self.vector(of);
            Text::atom(format!("{vector}[{}]", self.fitted_index(index, width)), false)
        };
        if always_inside {
            return bit;
        }
        let limit = literal_text(&Bits::new(index_width, u64::from(width)), Ty::U(index_width));
        let index = if self.is_name(index) { self.root(index) } else { self.hoist(index, "index") };
        let valid = Text::binary(operator(BinaryOp::Less), index.with_sign(false), limit, false);
        Text::binary(BOTH, valid, bit, false)
    }

    /// An index of exactly the width that selects from `width` bits.
    pub(super) fn fitted_index(&mut self, index: ExprId, width: u32) -> String {
        let index_width = self.node(index).ty.width();
        let needed = u32::BITS - (width - 1).leading_zeros();
        if index_width < needed {
            let zeros = literal(&Bits::zero(needed - index_width), Ty::U(needed - index_width));
            format!("{{{zeros}, {}}}", self.concat_part(index))
        } else if index_width == needed {
            self.index(index, "index")
        } else if self.is_name(index) {
            self.select(index, needed - 1, 0).with_sign(false).code
        } else {
            self.select_hoisted(index, "index", needed - 1, 0).code
        }
    }

    /// A name that holds the expression, all of whose bits count as read.
    pub(super) fn vector(&mut self, id: ExprId) -> String {
        match self.node(id).kind {
            ExprKind::Signal(signal) => self.signal(signal).code,
            ExprKind::Cast(of) => self.vector(of),
            _ => {
                let name = self.hoist(id, "bits").code;
                self.names.read_all(&name);
                name
            }
        }
    }

    /// Bits `high..=low` of an expression. Where nothing has to be selected the text may be
    /// signed; otherwise it is not.
    pub(super) fn select(&mut self, id: ExprId, high: u32, low: u32) -> Text {
        let Expr { kind, ty, .. } = self.node(id);
        if low == 0 && high + 1 == ty.width() {
            let sign = self.needed_sign(&[id]);
            return self.expression(id, sign);
        }
        if let Some(bits) = self.value(id) {
            return literal_text(&bits.slice(high, low), Ty::U(high - low + 1));
        }
        match kind {
            &ExprKind::Signal(signal) => {
                let name = &self.module.signal(signal).name;
                self.names.read(name, high, low);
                Text::atom(part(name, high, low), false)
            }
            &ExprKind::Slice { of, low: base, .. } => self.select(of, high + base, low + base),
            &ExprKind::Truncate(of) | &ExprKind::Cast(of) => self.select(of, high, low),
            &ExprKind::Extend(of) => self.select_extended(id, of, high, low),
            ExprKind::Concat(parts) => self.select_concat(parts, high, low),
            &ExprKind::Repeat(_, of) if self.node(of).ty.width() == 1 => {
                let of = self.root(of).code;
                let count = high - low + 1;
                let code = if count == 1 { of } else { format!("{{{count}{{{of}}}}}") };
                Text::atom(code, true).with_sign(false)
            }
            &ExprKind::Mux { condition, then, other }
                if self.splits(then) && self.splits(other) =>
            {
                let condition = self.root(condition);
                let then = self.select(then, high, low);
                let other = self.select(other, high, low);
                Text::conditional(condition, then, other)
            }
            &ExprKind::Unary(UnaryOp::Not, of) if self.splits(of) => {
                let symbol = if high == low { "!" } else { "~" };
                Text::unary(symbol, Level::Unary, self.select(of, high, low), false)
            }
            &ExprKind::Binary(op, a, b) if self.selects_through(op, a, b, low) => {
                let (a, b) = (self.select(a, high, low), self.select(b, high, low));
                let operator = match op {
                    BinaryOp::And if high == low => BOTH,
                    BinaryOp::Or if high == low => EITHER,
                    _ => operator(op),
                };
                Text::binary(operator, a, b, false)
            }
            &ExprKind::MemoryRead(memory, address) if self.reads_inline(address) => {
                let word = self.word(memory, address);
                Text::atom(part(&word, high, low), false)
            }
            ExprKind::MemoryRead(..) => self.select_hoisted(id, "word", high, low),
            _ => self.select_hoisted(id, "full", high, low),
        }
    }

    /// Whether bits of an expression can be had by selecting bits of names in it.
    pub(super) fn splits(&self, id: ExprId) -> bool {
        match self.node(id).kind {
            ExprKind::Unary(UnaryOp::Not, of) => self.splits(of),
            ExprKind::Binary(BinaryOp::And | BinaryOp::Or | BinaryOp::Xor, a, b) => {
                self.splits(a) && self.splits(b)
            }
            ExprKind::Mux { then, other, .. } => self.splits(then) && self.splits(other),
            _ => self.is_name(id),
        }
    }

    /// Whether bits of the result are the operation on the same bits of the operands.
    pub(super) fn selects_through(&self, op: BinaryOp, a: ExprId, b: ExprId, low: u32) -> bool {
        let bitwise = match op {
            BinaryOp::And | BinaryOp::Or | BinaryOp::Xor => true,
            BinaryOp::Add | BinaryOp::Sub => low == 0,
            _ => false,
        };
        bitwise && self.splits(a) && self.splits(b)
    }

    pub(super) fn select_extended(&mut self, id: ExprId, of: ExprId, high: u32, low: u32) -> Text {
        let from = self.node(of).ty;
        let top = from.width() - 1;
        if high <= top {
            return self.select(of, high, low);
        }
        if from.is_signed() {
            return self.select_hoisted(id, "wide", high, low);
        }
        let zeros = high - top.max(low.saturating_sub(1));
        let zeros = literal(&Bits::zero(zeros), Ty::U(zeros));
        if low > top {
            return Text::atom(zeros, false);
        }
        let low = self.select(of, top, low).code;
        Text::atom(format!("{{{zeros}, {low}}}"), false)
    }

    pub(super) fn select_concat(&mut self, parts: &[ExprId], high: u32, low: u32) -> Text {
        let mut selected = Vec::new();
        let mut base = 0;
        for &part in parts.iter().rev() {
            let top = base + self.node(part).ty.width() - 1;
            if base <= high && top >= low {
                selected.push(self.select(part, high.min(top) - base, low.max(base) - base));
            }
            base = top + 1;
        }
        if selected.len() == 1 {
            return selected.remove(0).with_sign(false);
        }
        let code: Vec<_> = selected.into_iter().rev().map(|text| text.code).collect();
        Text::atom(format!("{{{}}}", code.join(", ")), false)
    }

    pub(super) fn select_hoisted(
        &mut self,
        id: ExprId,
        purpose: &str,
        high: u32,
        low: u32,
    ) -> Text {
        let name = self.hoisted_name(id, purpose);
        self.names.read(&name, high, low);
        Text::atom(part(&name, high, low), false)
    }
}

fn part(name: &str, high: u32, low: u32) -> String {
    if high == low { format!("{name}[{high}]") } else { format!("{name}[{high}:{low}]") }
}

fn top_bit(name: &str, ty: Ty) -> String {
    if ty.width() == 1 { name.to_string() } else { format!("{name}[{}]", ty.width() - 1) }
}
