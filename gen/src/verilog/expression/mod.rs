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

mod facts;
mod hoist;
mod operators;
mod select;

use std::collections::{BTreeMap, HashSet};

use systole_hdl::Bits;
use systole_hdl::ir::{
    BinaryOp, Expr, ExprId, ExprKind, Location, MemoryId, Module, SignalId, Ty, UnaryOp,
};

use super::literal::literal;
use super::names::Names;
use super::text::{Level, Text};

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

/// What [`Expressions::restore`] puts back.
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
}

fn literal_text(bits: &Bits, ty: Ty) -> Text {
    let code = literal(bits, ty);
    let negative = code.starts_with('-');
    let text = Text::atom(code, ty.is_signed());
    if negative { Text { level: Level::Unary, ..text } } else { text }
}
