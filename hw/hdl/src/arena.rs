//! The module under construction.
//!
//! Modules are built on a thread-local stack, because a generator may build a child while it
//! builds the parent. [`Signal`] handles are indices into the arena on top of it. Arguments are
//! always computed before the stack is borrowed; user closures run while it is not borrowed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::panic;
use std::sync::{Mutex, PoisonError};

use crate::ir::{
    self, Expr, ExprId, ExprKind, Item, Location, SignalId, SignalKind, Statement, Ty,
};
use crate::signal::{Operand, Signal};
use crate::{Bits, Error, names};

thread_local! {
    static STACK: RefCell<Vec<Arena>> = const { RefCell::new(Vec::new()) };
}

/// Names of all modules ever begun, by arena id: only to name the owner of a stray handle.
static BEGUN: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Which kind of block is being written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Block {
    /// `m.clocked`.
    Clocked,
    /// `m.comb`.
    Comb,
}

/// A module under construction.
pub(crate) struct Arena {
    pub id: u32,
    pub module: ir::Module,
    /// The expression of each signal, by signal id.
    pub signal_exprs: Vec<ExprId>,
    /// Values marked as deliberately unused.
    pub unused: Vec<ExprId>,
    /// The block being written.
    pub block: Option<Block>,
    /// Statement lists being written, outermost first.
    pub frames: Vec<Vec<Statement>>,
    names: HashMap<String, Location>,
}

/// The caller's place, through every `#[track_caller]` function in between.
#[track_caller]
pub(crate) fn here() -> Location {
    let caller = panic::Location::caller();
    Location { file: caller.file(), line: caller.line(), column: caller.column() }
}

/// Runs `action` on the module under construction.
///
/// # Panics
/// When none is: signals can only be made inside `module(...)`.
#[track_caller]
pub(crate) fn with<T>(action: impl FnOnce(&mut Arena) -> T) -> T {
    let outside = "signals are built inside `module(name, |m| ...)`: no module is being built here";
    STACK.with_borrow_mut(|stack| action(stack.last_mut().expect(outside)))
}

/// Runs `build` on a new module and returns what it recorded.
pub(crate) fn build(name: &str, location: Location, build: impl FnOnce(u32)) -> Arena {
    run(Arena::new(name, location), build)
}

/// Runs `change` on a finished module, which it may read, rewrite and add to.
pub(crate) fn reopen(module: ir::Module, change: impl FnOnce(u32)) -> Arena {
    run(Arena::of_module(module), change)
}

fn run(arena: Arena, build: impl FnOnce(u32)) -> Arena {
    /// Takes the module off the stack even when `build` panics.
    struct Pop;
    impl Drop for Pop {
        fn drop(&mut self) {
            STACK.with_borrow_mut(|stack| stack.pop());
        }
    }
    let id = arena.id;
    STACK.with_borrow_mut(|stack| stack.push(arena));
    let pop = Pop;
    build(id);
    std::mem::forget(pop);
    STACK.with_borrow_mut(|stack| stack.pop()).expect("pushed above")
}

/// The id of a new arena.
fn begin(name: &str) -> u32 {
    let mut begun = BEGUN.lock().unwrap_or_else(PoisonError::into_inner);
    begun.push(name.to_string());
    (begun.len() - 1) as u32
}

/// Runs `body` and returns the statements it wrote.
pub(crate) fn statements(body: impl FnOnce()) -> Vec<Statement> {
    with(|a| a.frames.push(Vec::new()));
    body();
    with(|a| a.frames.pop()).unwrap_or_default()
}

impl Arena {
    fn new(name: &str, location: Location) -> Self {
        let module = ir::Module {
            name: name.to_string(),
            doc: String::new(),
            keep_hierarchy: false,
            port_attributes: Vec::new(),
            location,
            signals: Vec::new(),
            exprs: Vec::new(),
            memories: Vec::new(),
            instances: Vec::new(),
            items: Vec::new(),
            errors: Vec::new(),
        };
        let mut arena = Self::of_module(module);
        if let Some(problem) = names::problem(name) {
            arena.error(location, problem);
        }
        arena
    }

    /// The arena of a module that is recorded already. Every signal gets a new expression, so that
    /// later reads can be told from those recorded.
    fn of_module(mut module: ir::Module) -> Self {
        let id = begin(&module.name);
        let mut names: HashMap<String, Location> = HashMap::new();
        let mut signal_exprs = Vec::new();
        for (i, signal) in module.signals.iter().enumerate() {
            names.insert(signal.name.clone(), signal.location);
            signal_exprs.push(ExprId(module.exprs.len() as u32));
            let kind = ExprKind::Signal(SignalId(i as u32));
            module.exprs.push(Expr { kind, ty: signal.ty, location: signal.location });
        }
        names.extend(module.memories.iter().map(|memory| (memory.name.clone(), memory.location)));
        let instances = module.instances.iter();
        names.extend(instances.map(|instance| (instance.name.clone(), instance.location)));
        let mut unused = Vec::new();
        module.items.retain_mut(|item| match item {
            Item::Unused(values) => {
                unused.append(values);
                false
            }
            Item::Property { name, location, .. } => {
                names.insert(name.clone(), *location);
                true
            }
            _ => true,
        });
        Self { id, module, signal_exprs, unused, block: None, frames: Vec::new(), names }
    }

    /// Records a mistake.
    pub fn error(&mut self, location: Location, message: impl Into<String>) {
        let module = self.module.name.clone();
        self.module.errors.push(Error { message: message.into(), location, module });
    }

    /// Reports a builder token of another module than the one under construction.
    pub fn check_token(&mut self, id: u32, location: Location) {
        if id != self.id {
            let message = format!(
                "this `m` belongs to module `{}`, but `{}` is being built",
                module_name(id),
                self.module.name
            );
            self.error(location, message);
        }
    }

    /// Reserves a name of the module's one name space.
    pub fn claim(&mut self, name: &str, location: Location) {
        if let Some(problem) = names::problem(name) {
            self.error(location, problem);
        } else if name == "clk" || name == "rst" {
            self.error(location, format!("`{name}` is an implicit port; pick another name"));
        } else if let Some(first) = self.names.get(name) {
            let message = format!("`{name}` is already declared at {first}");
            self.error(location, message);
        } else {
            self.names.insert(name.to_string(), location);
        }
    }

    /// Declares a signal; ports are not items.
    pub fn declare(
        &mut self,
        name: &str,
        ty: Ty,
        kind: SignalKind,
        port: Option<ir::Direction>,
        location: Location,
    ) -> Signal {
        self.claim(name, location);
        if ty.width() == 0 {
            self.error(location, format!("`{name}` has width 0"));
        }
        let id = SignalId(self.module.signals.len() as u32);
        let doc = String::new();
        let name = name.to_string();
        self.module.signals.push(ir::Signal { name, ty, kind, port, doc, location });
        if port.is_none() {
            self.module.items.push(Item::Declare(id));
        }
        let signal = self.expr(ExprKind::Signal(id), ty, location);
        self.signal_exprs.push(signal.expr);
        signal
    }

    /// Adds an expression node.
    pub fn expr(&mut self, kind: ExprKind, ty: Ty, location: Location) -> Signal {
        let expr = ExprId(self.module.exprs.len() as u32);
        self.module.exprs.push(Expr { kind, ty, location });
        Signal { module: self.id, expr, ty }
    }

    /// A literal, which must fit.
    pub fn literal(&mut self, value: i128, ty: Ty, location: Location) -> Signal {
        if !fits(value, ty) {
            self.error(location, format!("literal {value} does not fit in {ty}"));
        }
        self.expr(ExprKind::Literal(truncated(value, ty.width())), ty, location)
    }

    /// The expression behind a handle; a handle of another module is a mistake, and stands for 0.
    pub fn own(&mut self, signal: Signal, location: Location) -> ExprId {
        if signal.module == self.id {
            return signal.expr;
        }
        let owner = module_name(signal.module);
        let message = format!(
            "a signal of module `{owner}` is used in module `{}`; pass it through a port",
            self.module.name
        );
        self.error(location, message);
        self.expr(ExprKind::Literal(Bits::zero(signal.ty.width())), signal.ty, location).expr
    }

    /// An operand whose literals take type `ty`.
    pub fn operand(&mut self, operand: Operand, ty: Ty, location: Location) -> ExprId {
        match operand {
            Operand::Signal(signal) => self.own(signal, location),
            Operand::Literal(value) => self.literal(value, ty, location).expr,
        }
    }

    /// A value that must be one unsigned bit, for `what`.
    pub fn condition(&mut self, condition: Signal, what: &str, location: Location) -> ExprId {
        let expr = self.own(condition, location);
        if condition.ty != Ty::U(1) {
            let given = self.describe(expr);
            self.error(location, format!("{what} must be unsigned 1 bit: {given}"));
        }
        expr
    }

    /// Type of an expression.
    pub fn ty(&self, expr: ExprId) -> Ty {
        self.module.expr(expr).ty
    }

    /// The signal an expression is, if it is one.
    pub fn signal_of(&self, expr: ExprId) -> Option<SignalId> {
        match self.module.expr(expr).kind {
            ExprKind::Signal(id) => Some(id),
            _ => None,
        }
    }

    /// Name, type and place of an expression, for messages.
    pub fn describe(&self, expr: ExprId) -> String {
        let expr = self.module.expr(expr);
        let what = match &expr.kind {
            ExprKind::Signal(id) => format!("`{}`", self.module.signal(*id).name),
            ExprKind::Literal(_) => "the literal".to_string(),
            kind => format!("the result of `{}`", operator_name(kind)),
        };
        format!("{what} is {} ({})", expr.ty, expr.location)
    }

    /// Appends to the statement list being written. Outside a block there is none: the caller
    /// has reported that.
    pub fn statement(&mut self, statement: Statement) {
        if self.block.is_some()
            && let Some(frame) = self.frames.last_mut()
        {
            frame.push(statement);
        }
    }
}

/// How the source writes an operation.
pub(crate) fn operator_name(kind: &ExprKind) -> &'static str {
    use ir::{BinaryOp as B, UnaryOp as U};
    match kind {
        ExprKind::Literal(_) => "lit",
        ExprKind::Signal(_) => "signal",
        ExprKind::Unary(op, _) => match op {
            U::Not => "!",
            U::Negate => "-",
            U::ReduceOr => "any",
            U::ReduceAnd => "all",
            U::ReduceXor => "parity",
        },
        ExprKind::Binary(op, ..) => match op {
            B::Add => "+",
            B::Sub => "-",
            B::Mul => "*",
            B::And => "&",
            B::Or => "|",
            B::Xor => "^",
            B::ShiftLeft => "<<",
            B::ShiftRight => ">>",
            B::Equal => "eq",
            B::NotEqual => "ne",
            B::Less => "lt",
            B::LessEqual => "le",
        },
        ExprKind::Mux { .. } => "mux",
        ExprKind::Slice { .. } => "bits",
        ExprKind::BitSelect { .. } => "bit_at",
        ExprKind::Concat(_) => "cat",
        ExprKind::Repeat(..) => "repeat",
        ExprKind::Extend(_) => "ext",
        ExprKind::Truncate(_) => "trunc",
        ExprKind::Cast(_) => "as_signed/as_unsigned",
        ExprKind::MemoryRead(..) => "read",
    }
}

fn module_name(id: u32) -> String {
    let begun = BEGUN.lock().unwrap_or_else(PoisonError::into_inner);
    begun.get(id as usize).cloned().unwrap_or_default()
}

/// Whether a value can be represented.
fn fits(value: i128, ty: Ty) -> bool {
    match ty {
        Ty::U(width) => value >= 0 && (width >= 127 || value >> width == 0),
        Ty::S(0) => false,
        Ty::S(width) => width >= 128 || matches!(value >> (width - 1), 0 | -1),
    }
}

/// The low bits in two's complement.
fn truncated(value: i128, width: u32) -> Bits {
    let word = |i: u32| (value >> (64 * i).min(127)) as u64;
    Bits::from_words(width, &(0..width.div_ceil(64)).map(word).collect::<Vec<_>>())
}
