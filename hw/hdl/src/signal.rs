//! Handles of values, and what may be done to a named signal.

use crate::arena::{Arena, Block, here, with};
use crate::ir::{ExprId, ExprKind, Item, Location, SignalId, SignalKind, Statement, Ty};

/// A value in the module being built: a port, wire, register, constant or an expression over them.
///
/// Handles are small and `Copy`; they are only good in the module in which they were made.
#[derive(Clone, Copy, Debug)]
pub struct Signal {
    pub(crate) module: u32,
    pub(crate) expr: ExprId,
    pub(crate) ty: Ty,
}

/// A signal, or an integer that takes the type its place asks for.
#[derive(Clone, Copy, Debug)]
pub enum Operand {
    /// A value of the design.
    Signal(Signal),
    /// An integer; it must fit the type it takes.
    Literal(i128),
}

impl From<Signal> for Operand {
    fn from(signal: Signal) -> Self {
        Self::Signal(signal)
    }
}

impl From<&Signal> for Operand {
    fn from(signal: &Signal) -> Self {
        Self::Signal(*signal)
    }
}

macro_rules! literals {
    ($($integer:ty)*) => {$(
        impl From<$integer> for Operand {
            fn from(value: $integer) -> Self {
                Self::Literal(value as i128)
            }
        }
    )*};
}
literals!(bool u8 u16 u32 u64 usize i8 i16 i32 i64 isize i128);

impl Signal {
    /// Type.
    pub fn ty(self) -> Ty {
        self.ty
    }

    /// Width in bits.
    pub fn width(self) -> u32 {
        self.ty.width()
    }

    /// Declares a wire that carries this expression and returns it.
    #[track_caller]
    pub fn named(self, name: impl AsRef<str>) -> Signal {
        let location = here();
        with(|a| {
            let value = a.own(self, location);
            let wire = a.declare(name.as_ref(), self.ty, SignalKind::Wire, None, location);
            let target = a.signal_of(wire.expr).expect("declared above");
            a.module.items.push(Item::Assign { target, value, location });
            wire
        })
    }

    /// Comments a port, wire, register or constant.
    #[track_caller]
    pub fn doc(self, text: impl AsRef<str>) -> Signal {
        let location = here();
        with(|a| {
            if let Some(id) = a.target(self, "commented", location) {
                a.module.signals[id.0 as usize].doc = text.as_ref().to_string();
            }
        });
        self
    }

    /// Gives a register its value in reset: an integer or a constant. Only control state needs one.
    #[track_caller]
    pub fn reset(self, value: impl Into<Operand>) -> Signal {
        let location = here();
        let value = value.into();
        with(|a| {
            let Some(id) = a.target(self, "reset", location) else { return };
            let value = a.operand(value, self.ty, location);
            a.check_assigned(id, value, location);
            let Some(bits) = a.module.constant(value).cloned() else {
                let given = a.describe(value);
                return a.error(location, format!("a reset value must be constant: {given}"));
            };
            let signal = &mut a.module.signals[id.0 as usize];
            match &mut signal.kind {
                SignalKind::Register { reset } => *reset = Some(bits),
                _ => {
                    let message = format!("`{}` is reset but is not a register", signal.name);
                    a.error(location, message);
                }
            }
        });
        self
    }

    /// States that this signal, or this slice of one, is deliberately not used.
    #[track_caller]
    pub fn unused(self) -> Signal {
        let location = here();
        with(|a| {
            let expr = a.own(self, location);
            a.unused.push(expr);
        });
        self
    }

    /// Assigns in the enclosing block: a register in `m.clocked` (takes effect at the clock
    /// edge), a wire in `m.comb`. The last assignment wins.
    #[track_caller]
    pub fn set(self, value: impl Into<Operand>) {
        let location = here();
        let value = value.into();
        with(|a| {
            let Some(target) = a.target(self, "set", location) else { return };
            a.check_settable(target, location);
            let value = a.operand(value, self.ty, location);
            a.check_assigned(target, value, location);
            a.statement(Statement::Set { target, value, location });
        });
    }

    /// Drives a wire with a value, always.
    #[track_caller]
    pub fn drive(self, value: impl Into<Operand>) {
        let location = here();
        let value = value.into();
        with(|a| {
            let Some(target) = a.target(self, "driven", location) else { return };
            let signal = a.module.signal(target);
            let name = &signal.name;
            let problem = match signal.kind {
                _ if a.block.is_some() => {
                    Some(format!("`{name}` is driven inside a block; use `.set` there"))
                }
                SignalKind::Wire => None,
                SignalKind::Register { .. } => Some(format!(
                    "register `{name}` ({}) is driven; use `.set` in `m.clocked`",
                    signal.location
                )),
                _ => Some(format!("{} is driven", kind_of(signal))),
            };
            if let Some(problem) = problem {
                a.error(location, problem);
            }
            let value = a.operand(value, self.ty, location);
            a.check_assigned(target, value, location);
            a.module.items.push(Item::Assign { target, value, location });
        });
    }
}

impl Arena {
    /// The signal behind a handle, which must have a name to be `done`.
    fn target(&mut self, signal: Signal, done: &str, location: Location) -> Option<SignalId> {
        let expr = self.own(signal, location);
        let target = self.signal_of(expr);
        if target.is_none() && signal.module == self.id {
            let given = self.describe(expr);
            self.error(location, format!("only a named signal can be {done}: {given}"));
        }
        target
    }

    /// Reports a `.set` that the enclosing block, or its absence, does not allow.
    fn check_settable(&mut self, target: SignalId, location: Location) {
        let signal = self.module.signal(target);
        let (name, declared) = (&signal.name, signal.location);
        let problem = match (&signal.kind, self.block) {
            (SignalKind::Input | SignalKind::Constant(_), _) => {
                format!("{} is set", kind_of(signal))
            }
            // A `when` outside a block was reported already.
            (_, None) if !self.frames.is_empty() => return,
            (SignalKind::Register { .. }, None) => {
                format!("register `{name}` ({declared}) is set outside a block; use `m.clocked`")
            }
            (SignalKind::Wire, None) => format!(
                "wire `{name}` ({declared}) is set outside a block; use `m.comb` or `.drive`"
            ),
            (SignalKind::Register { .. }, Some(Block::Comb)) => {
                format!("register `{name}` ({declared}) is set in `m.comb`; use `m.clocked`")
            }
            (SignalKind::Wire, Some(Block::Clocked)) => {
                format!("wire `{name}` ({declared}) is set in `m.clocked`; use `m.comb`")
            }
            (SignalKind::Register { .. }, Some(Block::Clocked))
            | (SignalKind::Wire, Some(Block::Comb)) => return,
        };
        self.error(location, problem);
    }

    /// Reports a value of another type than its target's.
    pub fn check_assigned(&mut self, target: SignalId, value: ExprId, location: Location) {
        let signal = self.module.signal(target);
        if self.ty(value) != signal.ty {
            let message = format!(
                "`{}` is {} ({}) but {}",
                signal.name,
                signal.ty,
                signal.location,
                self.describe(value)
            );
            self.error(location, message);
        }
    }
}

impl crate::ir::Module {
    /// The value of an expression that is a literal or a named constant.
    pub fn constant(&self, expr: ExprId) -> Option<&crate::Bits> {
        match &self.expr(expr).kind {
            ExprKind::Literal(bits) => Some(bits),
            ExprKind::Signal(id) => match &self.signal(*id).kind {
                SignalKind::Constant(bits) => Some(bits),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Kind, name and place of a signal, for messages.
pub(crate) fn kind_of(signal: &crate::ir::Signal) -> String {
    let kind = match signal.kind {
        SignalKind::Input => "input",
        SignalKind::Wire if signal.port.is_some() => "output",
        SignalKind::Wire => "wire",
        SignalKind::Register { .. } => "register",
        SignalKind::Constant(_) => "constant",
    };
    format!("{kind} `{}` ({})", signal.name, signal.location)
}
