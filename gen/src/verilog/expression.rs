//! Expressions.
//!
//! Verilog evaluates an operand at the width and the signedness of its context, and cannot select
//! bits of an expression. The printer therefore keeps two rules:
//! - An operand is as wide as its context, so that nothing is ever extended silently. Only
//!   products differ: they are printed only as the whole value of a wire or register of the full
//!   width, with operands that do not depend on the context.
//! - Where the signedness of a context matters (`>>>`, `<`), every operand in it has the
//!   signedness of its type; elsewhere casts are left out.
//!
//! What cannot be written inside an expression becomes a wire before the item ("hoisted").

use std::collections::{BTreeMap, HashSet};

use systole_hdl::Bits;
use systole_hdl::ir::{
    BinaryOp, Expr, ExprId, ExprKind, Location, MemoryId, Module, SignalId, SignalKind, Ty, UnaryOp,
};
use systole_hdl::walk::Reads;

use super::literal::{extend, literal, slice};
use super::names::Names;
use super::text::{Level, Operator, Text};

/// Whether a printed operand must have the signedness of its type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Sign {
    Exact,
    Free,
}

/// A wire that holds a part of an expression.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Hoisted {
    pub name: String,
    pub ty: Ty,
    pub value: String,
    pub location: Location,
}

/// Prints the expressions of one module.
pub(super) struct Expressions<'m> {
    module: &'m Module,
    pub names: Names,
    /// Wires made so far, by what they hold.
    hoisted: BTreeMap<ExprId, String>,
    /// Wires that the item being printed needs before it.
    pending: Vec<Hoisted>,
    /// What the `always @*` block being printed sets: its value depends on the place in the block.
    targets: HashSet<SignalId>,
    /// Variables that the statement being printed needs before it, because they read `targets`.
    variables: Vec<Hoisted>,
    /// What new wires are named after.
    subject: String,
    /// Whether reads of memories may stand inside expressions. Not in `always @*`: it would be
    /// sensitive to every word.
    inline_reads: bool,
}

/// What [`Expressions::properties`] puts back.
pub(super) struct Saved {
    names: Names,
    hoisted: BTreeMap<ExprId, String>,
}

impl<'m> Expressions<'m> {
    pub fn new(module: &'m Module) -> Self {
        Self {
            module,
            names: Names::of(module),
            hoisted: BTreeMap::new(),
            pending: Vec::new(),
            targets: HashSet::new(),
            variables: Vec::new(),
            subject: String::new(),
            inline_reads: true,
        }
    }

    /// Begins an item; wires hoisted from now on are named after `subject`.
    pub fn begin(&mut self, subject: &str) {
        self.subject = subject.into();
        self.inline_reads = true;
        self.targets.clear();
    }

    /// Begins an `always @*` block that sets these signals.
    pub fn begin_combinational(&mut self, subject: &str, targets: HashSet<SignalId>) {
        self.subject = subject.into();
        self.inline_reads = false;
        self.targets = targets;
    }

    /// The wires that must be declared before what was printed since the last call.
    pub fn take_hoisted(&mut self) -> Vec<Hoisted> {
        std::mem::take(&mut self.pending)
    }

    /// The variables that must be set before the statement printed since the last call.
    pub fn take_variables(&mut self) -> Vec<Hoisted> {
        std::mem::take(&mut self.variables)
    }

    /// Begins text that is compiled on request only: what it reads does not count.
    pub fn save(&self) -> Saved {
        Saved { names: self.names.clone(), hoisted: self.hoisted.clone() }
    }

    /// Ends text that is compiled on request only.
    pub fn restore(&mut self, saved: Saved) {
        self.names = saved.names;
        self.hoisted = saved.hoisted;
    }

    /// The whole value of a wire or register of the expression's type.
    pub fn assigned(&mut self, id: ExprId) -> String {
        match self.node(id).kind {
            ExprKind::Binary(BinaryOp::Mul, a, b) => self.product(a, b),
            ExprKind::Cast(of) => self.assigned(of),
            _ => self.root(id).code,
        }
    }

    /// An expression whose signedness does not matter to what surrounds it, and that nothing
    /// around it changes.
    pub fn root(&mut self, id: ExprId) -> Text {
        if let ExprKind::Cast(of) = self.node(id).kind {
            return self.root(of);
        }
        let sign = self.needed_sign(&[id]);
        self.expression(id, sign)
    }

    /// The opposite of a condition, for `if (!...)`.
    pub fn negated(&mut self, id: ExprId) -> String {
        match self.node(id).kind {
            ExprKind::Unary(UnaryOp::Not, of) => self.root(of).code,
            _ => format!("!{}", self.root(id).within(Level::Atom)),
        }
    }

    /// The value compared by a `case`, whose labels are literals or constants of its type.
    pub fn case_subject(&mut self, on: ExprId) -> String {
        let sign = self.needed_sign(&[on]);
        self.operand(on, sign).code
    }

    /// A label of a `case`.
    pub fn case_label(&mut self, label: ExprId) -> String {
        self.expression(label, Sign::Exact).code
    }

    /// Bits `high..=low` of an expression, as part of a concatenation or assignment.
    pub fn bits(&mut self, id: ExprId, high: u32, low: u32) -> Text {
        self.select(id, high, low)
    }

    /// Whether an expression can be printed over and over: a name or a part of one.
    pub fn is_name(&self, id: ExprId) -> bool {
        match &self.node(id).kind {
            ExprKind::Literal(_) => true,
            ExprKind::Signal(_) => true,
            &ExprKind::Slice { of, .. } => self.is_name(of),
            &ExprKind::Truncate(of) | &ExprKind::Cast(of) => self.is_name(of),
            _ => false,
        }
    }

    /// Whether an expression is the literal 1 of one bit.
    pub fn constant_one(&self, id: ExprId) -> bool {
        self.constant(id).is_some_and(|bits| bits.to_u64() == 1)
    }

    /// `memory[address]`.
    pub fn word(&mut self, memory: MemoryId, address: ExprId) -> String {
        let address = self.index(address, "address");
        format!("{}[{address}]", self.module.memories[memory.0 as usize].name)
    }

    /// An index that counts from 0: a signed one would reach below it. Icarus Verilog does not wrap
    /// a sum inside an index, so that anything but a name gets one.
    fn index(&mut self, id: ExprId, purpose: &str) -> String {
        let plain = match &self.node(id).kind {
            ExprKind::Concat(_) | ExprKind::Extend(_) => true,
            _ => self.is_name(id),
        };
        let text = if plain { self.root(id) } else { self.hoist(id, purpose) };
        text.with_sign(false).code
    }

    fn node(&self, id: ExprId) -> &'m Expr {
        self.module.expr(id)
    }

    fn expression(&mut self, id: ExprId, sign: Sign) -> Text {
        let ty = self.node(id).ty;
        let text = self.print(id, sign);
        if sign == Sign::Exact { text.with_sign(ty.is_signed()) } else { text }
    }

    /// An operand that shares width and signedness with the rest of its context.
    fn operand(&mut self, id: ExprId, sign: Sign) -> Text {
        let Expr { kind, ty, .. } = self.node(id);
        // A sign extension left unsigned keeps synthesis from packing adders into DSP blocks.
        let extension = matches!(kind, ExprKind::Extend(_)) && ty.is_signed();
        let text = self.expression(id, if extension { Sign::Exact } else { sign });
        if sign == Sign::Free && text.fragile { text.cast(true) } else { text }
    }

    fn print(&mut self, id: ExprId, sign: Sign) -> Text {
        let Expr { kind, ty, .. } = self.node(id);
        match kind {
            ExprKind::Literal(bits) => literal_text(bits, *ty),
            &ExprKind::Signal(signal) => self.signal(signal),
            &ExprKind::Unary(op, of) => self.unary(op, of, sign),
            &ExprKind::Binary(op, a, b) => self.binary(id, op, a, b, sign),
            &ExprKind::Mux { condition, then, other } => {
                let condition = self.root(condition);
                let then = self.operand(then, sign);
                let other = self.operand(other, sign);
                Text::conditional(condition, then, other)
            }
            &ExprKind::Slice { of, high, low } => self.select(of, high, low),
            &ExprKind::BitSelect { of, index } => self.bit_select(of, index),
            ExprKind::Concat(parts) => self.concat(parts),
            &ExprKind::Repeat(1, of) => self.root(of),
            &ExprKind::Repeat(count, of) => {
                let of = self.root(of).code;
                Text::atom(format!("{{{count}{{{of}}}}}"), false)
            }
            &ExprKind::Extend(of) => self.extension(of, *ty),
            &ExprKind::Truncate(of) => self.select(of, ty.width() - 1, 0),
            &ExprKind::Cast(of) if sign == Sign::Exact => self.root(of),
            &ExprKind::Cast(of) => self.operand(of, sign),
            &ExprKind::MemoryRead(memory, address) => {
                if self.reads_inline(address) {
                    Text::atom(self.word(memory, address), ty.is_signed())
                } else {
                    self.hoist(id, "word")
                }
            }
        }
    }

    fn signal(&mut self, id: SignalId) -> Text {
        let signal = self.module.signal(id);
        self.names.read_all(&signal.name);
        Text::atom(signal.name.clone(), signal.ty.is_signed())
    }

    fn unary(&mut self, op: UnaryOp, of: ExprId, sign: Sign) -> Text {
        let ty = self.node(of).ty;
        let reduction = match op {
            UnaryOp::Not if ty == Ty::U(1) => {
                return Text::unary("!", Level::Unary, self.root(of), false);
            }
            UnaryOp::Not | UnaryOp::Negate => {
                let symbol = if op == UnaryOp::Not { "~" } else { "-" };
                let operand = self.operand(of, sign);
                let signed = operand.signed;
                return Text::unary(symbol, Level::Unary, operand, signed);
            }
            UnaryOp::ReduceOr => "|",
            UnaryOp::ReduceAnd => "&",
            UnaryOp::ReduceXor => "^",
        };
        let operand = self.root(of);
        if ty.width() == 1 {
            operand
        } else {
            Text::unary(reduction, Level::Reduction, operand, false)
        }
    }

    fn binary(&mut self, id: ExprId, op: BinaryOp, a: ExprId, b: ExprId, sign: Sign) -> Text {
        let ty = self.node(a).ty;
        match op {
            BinaryOp::Mul => self.hoist(id, "product"),
            BinaryOp::And | BinaryOp::Or if ty == Ty::U(1) => {
                let (a, b) = (self.root(a), self.root(b));
                Text::binary(if op == BinaryOp::And { BOTH } else { EITHER }, a, b, false)
            }
            BinaryOp::ShiftLeft | BinaryOp::ShiftRight => self.shift(op, a, b, sign),
            BinaryOp::Equal | BinaryOp::NotEqual => {
                let sign = self.needed_sign(&[a, b]);
                let (a, b) = (self.operand(a, sign), self.operand(b, sign));
                Text::binary(operator(op), a, b, false)
            }
            BinaryOp::Less | BinaryOp::LessEqual => {
                let turned = self.is_constant(a) && !self.is_constant(b);
                let (a, b) = (self.operand(a, Sign::Exact), self.operand(b, Sign::Exact));
                match (turned, op) {
                    (false, _) => Text::binary(operator(op), a, b, false),
                    (true, BinaryOp::Less) => Text::binary(GREATER, b, a, false),
                    (true, _) => Text::binary(GREATER_EQUAL, b, a, false),
                }
            }
            _ => {
                let (a, b) = (self.operand(a, sign), self.operand(b, sign));
                let signed = a.signed && b.signed;
                Text::binary(operator(op), a, b, signed)
            }
        }
    }

    fn shift(&mut self, op: BinaryOp, value: ExprId, amount: ExprId, sign: Sign) -> Text {
        let arithmetic = op == BinaryOp::ShiftRight && self.node(value).ty.is_signed();
        let symbol = match op {
            BinaryOp::ShiftLeft => "<<",
            _ if arithmetic => ">>>",
            _ => ">>",
        };
        let width = self.node(value).ty.width();
        let value = self.operand(value, if arithmetic { Sign::Exact } else { sign });
        let amount = match &self.node(amount).kind {
            ExprKind::Literal(bits) => {
                let large = bits.words()[1..].iter().any(|&word| word != 0);
                let bits = if large { u64::from(width) } else { bits.to_u64() };
                Text::atom(bits.min(u64::from(width)).to_string(), false)
            }
            _ => self.root(amount),
        };
        let signed = value.signed;
        let operator = Operator { symbol, level: Level::Shift, associative: false };
        Text::binary(operator, value, amount, signed)
    }

    /// A product, as the whole value of something as wide as both operands together.
    fn product(&mut self, a: ExprId, b: ExprId) -> String {
        let [a, b] = [a, b].map(|id| {
            let text = self.expression(id, Sign::Exact);
            let signed = text.signed;
            // Keeps the wider context of the product out of the operand.
            if text.level == Level::Atom { text } else { text.cast(signed) }
        });
        Text::binary(MULTIPLY, a, b, false).code
    }

    fn concat(&mut self, parts: &[ExprId]) -> Text {
        if let &[single] = parts {
            return self.root(single).with_sign(false);
        }
        let code: Vec<_> = parts.iter().map(|&part| self.concat_part(part)).collect();
        Text::atom(format!("{{{}}}", code.join(", ")), false)
    }

    /// One part of a concatenation; a concatenation inside it needs no braces of its own.
    fn concat_part(&mut self, id: ExprId) -> String {
        match &self.node(id).kind {
            ExprKind::Concat(parts) => {
                let parts: Vec<_> = parts.iter().map(|&part| self.concat_part(part)).collect();
                parts.join(", ")
            }
            _ => self.root(id).code,
        }
    }

    fn extension(&mut self, of: ExprId, ty: Ty) -> Text {
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
    fn bit_select(&mut self, of: ExprId, index: ExprId) -> Text {
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
    fn fitted_index(&mut self, index: ExprId, width: u32) -> String {
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
    fn vector(&mut self, id: ExprId) -> String {
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
    fn select(&mut self, id: ExprId, high: u32, low: u32) -> Text {
        let Expr { kind, ty, .. } = self.node(id);
        if low == 0 && high + 1 == ty.width() {
            let sign = self.needed_sign(&[id]);
            return self.expression(id, sign);
        }
        if let Some(bits) = self.value(id) {
            return literal_text(&slice(&bits, high, low), Ty::U(high - low + 1));
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
    fn splits(&self, id: ExprId) -> bool {
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
    fn selects_through(&self, op: BinaryOp, a: ExprId, b: ExprId, low: u32) -> bool {
        let bitwise = match op {
            BinaryOp::And | BinaryOp::Or | BinaryOp::Xor => true,
            BinaryOp::Add | BinaryOp::Sub => low == 0,
            _ => false,
        };
        bitwise && self.splits(a) && self.splits(b)
    }

    fn select_extended(&mut self, id: ExprId, of: ExprId, high: u32, low: u32) -> Text {
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

    fn select_concat(&mut self, parts: &[ExprId], high: u32, low: u32) -> Text {
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

    fn select_hoisted(&mut self, id: ExprId, purpose: &str, high: u32, low: u32) -> Text {
        let name = self.hoisted_name(id, purpose);
        self.names.read(&name, high, low);
        Text::atom(part(&name, high, low), false)
    }

    /// A wire for this expression, all of which is read.
    fn hoist(&mut self, id: ExprId, purpose: &str) -> Text {
        let name = self.hoisted_name(id, purpose);
        self.names.read_all(&name);
        Text::atom(name, self.node(id).ty.is_signed())
    }

    fn hoisted_name(&mut self, id: ExprId, purpose: &str) -> String {
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
    fn reads_inline(&self, address: ExprId) -> bool {
        let mut reads = Reads::new(self.module);
        reads.add(address);
        self.inline_reads && !reads.signals.is_empty()
    }

    fn reads_targets(&self, id: ExprId) -> bool {
        let mut reads = Reads::new(self.module);
        reads.add(id);
        self.targets.iter().any(|&target| reads.contains(target))
    }

    /// The value, if it is a literal, or a part of a literal or constant.
    fn constant(&self, id: ExprId) -> Option<Bits> {
        let Expr { kind, ty, .. } = self.node(id);
        match kind {
            ExprKind::Literal(bits) => Some(bits.clone()),
            &ExprKind::Slice { of, high, low } => Some(slice(&self.value(of)?, high, low)),
            &ExprKind::Truncate(of) => Some(slice(&self.value(of)?, ty.width() - 1, 0)),
            &ExprKind::Cast(of) => self.constant(of),
            &ExprKind::Extend(of) => {
                Some(extend(&self.constant(of)?, self.node(of).ty, ty.width()))
            }
            _ => None,
        }
    }

    /// As [`Self::constant`], also through the name of a constant.
    fn value(&self, id: ExprId) -> Option<Bits> {
        if let ExprKind::Signal(signal) = self.node(id).kind
            && let SignalKind::Constant(bits) = &self.module.signal(signal).kind
        {
            return Some(bits.clone());
        }
        self.constant(id)
    }

    /// Whether it is a literal or the name of a constant: what stands on the right of a comparison.
    fn is_constant(&self, id: ExprId) -> bool {
        self.value(id).is_some()
    }

    fn needed_sign(&self, roots: &[ExprId]) -> Sign {
        let matters = roots.iter().any(|&id| self.sign_matters(id));
        if matters { Sign::Exact } else { Sign::Free }
    }

    /// Whether an operator that shares the context of this expression depends on its signedness.
    fn sign_matters(&self, id: ExprId) -> bool {
        let Expr { kind, ty, .. } = self.node(id);
        match *kind {
            ExprKind::Binary(BinaryOp::ShiftRight, ..) if ty.is_signed() => true,
            ExprKind::Binary(BinaryOp::ShiftLeft | BinaryOp::ShiftRight, of, _) => {
                self.sign_matters(of)
            }
            ExprKind::Binary(
                BinaryOp::Add | BinaryOp::Sub | BinaryOp::And | BinaryOp::Or | BinaryOp::Xor,
                a,
                b,
            ) => self.sign_matters(a) || self.sign_matters(b),
            ExprKind::Unary(UnaryOp::Not | UnaryOp::Negate, of) | ExprKind::Cast(of) => {
                self.sign_matters(of)
            }
            ExprKind::Mux { then, other, .. } => {
                self.sign_matters(then) || self.sign_matters(other)
            }
            _ => false,
        }
    }
}

const MULTIPLY: Operator = binary_operator("*", Level::Multiplicative, false);
const GREATER: Operator = binary_operator(">", Level::Relational, false);
const GREATER_EQUAL: Operator = binary_operator(">=", Level::Relational, false);
const BOTH: Operator = binary_operator("&&", Level::LogicalAnd, true);
const EITHER: Operator = binary_operator("||", Level::LogicalOr, true);

const fn binary_operator(symbol: &'static str, level: Level, associative: bool) -> Operator {
    Operator { symbol, level, associative }
}

fn operator(op: BinaryOp) -> Operator {
    match op {
        BinaryOp::Add => binary_operator("+", Level::Additive, true),
        BinaryOp::Sub => binary_operator("-", Level::Additive, false),
        BinaryOp::Mul => MULTIPLY,
        BinaryOp::And => binary_operator("&", Level::BitAnd, true),
        BinaryOp::Or => binary_operator("|", Level::BitOr, true),
        BinaryOp::Xor => binary_operator("^", Level::BitXor, true),
        BinaryOp::ShiftLeft => binary_operator("<<", Level::Shift, false),
        BinaryOp::ShiftRight => binary_operator(">>", Level::Shift, false),
        BinaryOp::Equal => binary_operator("==", Level::Equality, false),
        BinaryOp::NotEqual => binary_operator("!=", Level::Equality, false),
        BinaryOp::Less => binary_operator("<", Level::Relational, false),
        BinaryOp::LessEqual => binary_operator("<=", Level::Relational, false),
    }
}

fn literal_text(bits: &Bits, ty: Ty) -> Text {
    let code = literal(bits, ty);
    let negative = code.starts_with('-');
    let text = Text::atom(code, ty.is_signed());
    if negative { Text { level: Level::Unary, ..text } } else { text }
}

fn part(name: &str, high: u32, low: u32) -> String {
    if high == low { format!("{name}[{high}]") } else { format!("{name}[{high}:{low}]") }
}

fn top_bit(name: &str, ty: Ty) -> String {
    if ty.width() == 1 { name.to_string() } else { format!("{name}[{}]", ty.width() - 1) }
}
