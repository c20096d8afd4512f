//! The design as plain data: what the builder records, and what the checker, the interpreter, the
//! Verilog printer and the fault and mutation passes walk.
//!
//! Ids are indices into the vectors of one [`Module`]; they are never compared across modules.

use std::sync::Arc;

use crate::{Bits, Error};

/// Where in the Rust source something was written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Location {
    /// Path relative to the workspace root.
    pub file: &'static str,
    /// 1-based line.
    pub line: u32,
    /// 1-based column.
    pub column: u32,
}

/// Type of a signal: signedness and width in bits (at least 1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Ty {
    /// Unsigned.
    U(u32),
    /// Signed, two's complement.
    S(u32),
}

impl Ty {
    /// Width in bits.
    pub const fn width(self) -> u32 {
        match self {
            Ty::U(width) | Ty::S(width) => width,
        }
    }

    /// Whether values are two's complement.
    pub const fn is_signed(self) -> bool {
        matches!(self, Ty::S(_))
    }
}

/// Index into [`Module::signals`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct SignalId(pub u32);
/// Index into [`Module::exprs`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ExprId(pub u32);
/// Index into [`Module::memories`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct MemoryId(pub u32);
/// Index into [`Module::instances`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct InstanceId(pub u32);

/// A whole hardware module. Children are shared: two instances of one child hold the same `Arc`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Module {
    /// Verilog module name.
    pub name: String,
    /// What the module is, from its doc text; may be empty.
    pub doc: String,
    /// Synthesis does not optimise across its ports.
    pub keep_hierarchy: bool,
    /// What tools are told about its ports, in the order in which it was written.
    pub port_attributes: Vec<PortAttribute>,
    /// Where `module(...)` was called.
    pub location: Location,
    /// Ports, wires, registers and named constants, in declaration order.
    pub signals: Vec<Signal>,
    /// Expression nodes; children come before their parents.
    pub exprs: Vec<Expr>,
    /// Memories.
    pub memories: Vec<Memory>,
    /// Child instances.
    pub instances: Vec<Instance>,
    /// Declarations and behaviour in the order in which they were written, except that a
    /// declaration stands before everything that uses it.
    pub items: Vec<Item>,
    /// Mistakes found while it was built; empty in every module of a checked design.
    pub errors: Vec<Error>,
}

impl Module {
    /// The signal of this id.
    pub fn signal(&self, id: SignalId) -> &Signal {
        &self.signals[id.0 as usize]
    }

    /// The expression of this id.
    pub fn expr(&self, id: ExprId) -> &Expr {
        &self.exprs[id.0 as usize]
    }

    /// Ports in declaration order, without the implicit `clk` and `rst`.
    pub fn ports(&self) -> impl Iterator<Item = &Signal> {
        self.signals.iter().filter(|signal| signal.port.is_some())
    }

    /// Whether it has an implicit `clk` port: it, or something below, holds registers, memories
    /// with clocked ports, or properties.
    pub fn has_clock(&self) -> bool {
        let clocked = |item: &Item| matches!(item, Item::Clocked(..) | Item::Property { .. });
        self.items.iter().any(clocked)
            || self.signals.iter().any(|signal| matches!(signal.kind, SignalKind::Register { .. }))
            || self.memories.iter().any(|memory| !memory.sync_reads.is_empty())
            || self.children().any(|child| child.has_clock())
    }

    /// Whether it has an implicit `rst` port (synchronous, active high): it, or something below,
    /// holds a register with a reset value, or a property (which is not evaluated in reset).
    pub fn has_reset(&self) -> bool {
        self.items.iter().any(|item| matches!(item, Item::Property { .. }))
            || self
                .signals
                .iter()
                .any(|signal| matches!(signal.kind, SignalKind::Register { reset: Some(_) }))
            || self.children().any(|child| child.has_reset())
    }

    /// The modules instantiated here; neighbours of one kind count once.
    pub fn children(&self) -> impl Iterator<Item = &Arc<Module>> {
        let repeated = |i: usize| {
            i > 0 && Arc::ptr_eq(&self.instances[i].module, &self.instances[i - 1].module)
        };
        let distinct = self.instances.iter().enumerate().filter(move |(i, _)| !repeated(*i));
        distinct.map(|(_, instance)| &instance.module)
    }
}

/// A Verilog attribute of a port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PortAttribute {
    /// Name of the port, which may be the implicit `clk` or `rst`.
    pub port: String,
    /// Name of the attribute.
    pub name: String,
    /// Its value, a string.
    pub value: String,
    /// Where it was given.
    pub location: Location,
}

/// A named signal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signal {
    /// Verilog name.
    pub name: String,
    /// Type.
    pub ty: Ty,
    /// What drives it.
    pub kind: SignalKind,
    /// Whether it is a port of the module.
    pub port: Option<Direction>,
    /// Trailing comment; may be empty.
    pub doc: String,
    /// Where it was declared.
    pub location: Location,
}

/// Direction of a port.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// Driven by the parent.
    Input,
    /// Driven by this module.
    Output,
}

/// What a signal is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SignalKind {
    /// An input port.
    Input,
    /// Combinational: driven by one `Assign`, one `Comb` block, one instance output or one
    /// synchronous memory read.
    Wire,
    /// State: driven in one `Clocked` block; `reset` is its value while `rst` is high, if any.
    Register {
        /// Value in reset.
        reset: Option<Bits>,
    },
    /// A named constant (printed as `localparam`).
    Constant(Bits),
}

/// An expression node and its type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expr {
    /// Operation.
    pub kind: ExprKind,
    /// Type of the result.
    pub ty: Ty,
    /// The operator's own place in the Rust source.
    pub location: Location,
}

/// Operations. Operand types are checked when built; the rules stand beside each.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ExprKind {
    /// Literal.
    Literal(Bits),
    /// Value of a signal.
    Signal(SignalId),
    /// One operand.
    Unary(UnaryOp, ExprId),
    /// Two operands.
    Binary(BinaryOp, ExprId, ExprId),
    /// `condition ? then : other`; `condition` is `U(1)`, the others have the result's type.
    Mux {
        /// Selects.
        condition: ExprId,
        /// Value when 1.
        then: ExprId,
        /// Value when 0.
        other: ExprId,
    },
    /// Bits `high..=low` of the operand; result `U(high-low+1)`.
    Slice {
        /// Operand.
        of: ExprId,
        /// Most significant bit, included.
        high: u32,
        /// Least significant bit.
        low: u32,
    },
    /// Dynamic bit select: bit `index` (unsigned) of the operand; 0 beyond its width. `U(1)`.
    BitSelect {
        /// Operand.
        of: ExprId,
        /// Bit number.
        index: ExprId,
    },
    /// Concatenation, most significant first; result unsigned, widths add.
    Concat(Vec<ExprId>),
    /// `count` copies side by side; result unsigned.
    Repeat(u32, ExprId),
    /// Extension to the result's width by the operand's signedness.
    Extend(ExprId),
    /// The low bits; result has the operand's signedness.
    Truncate(ExprId),
    /// Same bits, other signedness.
    Cast(ExprId),
    /// Asynchronous read of a memory (read latency 0).
    MemoryRead(MemoryId, ExprId),
}

/// Unary operations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnaryOp {
    /// Bitwise complement; type of the operand.
    Not,
    /// Two's complement; operand signed.
    Negate,
    /// Or of all bits; `U(1)`.
    ReduceOr,
    /// And of all bits; `U(1)`.
    ReduceAnd,
    /// Xor of all bits; `U(1)`.
    ReduceXor,
}

/// Binary operations. "Equal types" gives that type, wrapping.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BinaryOp {
    /// Equal types.
    Add,
    /// Equal types.
    Sub,
    /// Same signedness; widths add.
    Mul,
    /// Equal types.
    And,
    /// Equal types.
    Or,
    /// Equal types.
    Xor,
    /// Left shift, type of the left operand; right operand unsigned, of any width; beyond the width gives 0.
    ShiftLeft,
    /// Right shift: logical if the left operand is unsigned, arithmetic if signed.
    ShiftRight,
    /// Equal types, `U(1)`.
    Equal,
    /// Equal types, `U(1)`.
    NotEqual,
    /// Equal types, `U(1)`, by signedness.
    Less,
    /// Equal types, `U(1)`, by signedness.
    LessEqual,
}

/// A memory of `depth` words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Memory {
    /// Verilog name.
    pub name: String,
    /// Number of words (at least 2).
    pub depth: u32,
    /// Type of a word.
    pub ty: Ty,
    /// How it should be built.
    pub style: RamStyle,
    /// Nobody uses, of what a synchronous read gives, the bits that are written at the same edge.
    pub collisions_unused: bool,
    /// `$readmemh` file for the initial contents, if any.
    pub init_file: Option<String>,
    /// Initial words that stand in the Verilog itself; the others are as undefined as without.
    pub initial: Vec<InitialWord>,
    /// Comment; may be empty.
    pub doc: String,
    /// Where it was declared.
    pub location: Location,
    /// Synchronous read ports (latency 1): `data <= memory[address]` when `enable`.
    /// A read of the word written in the same cycle returns the old word.
    pub sync_reads: Vec<SyncRead>,
}

/// A word that a memory holds from the start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InitialWord {
    /// Word address, below the memory's depth.
    pub address: u32,
    /// The word; memories with initial words are at most 64 bits wide.
    pub value: u64,
    /// Comment; may be empty.
    pub doc: String,
}

/// A synchronous read port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyncRead {
    /// The wire that holds the word read (holds its value while not enabled).
    pub data: SignalId,
    /// Word address.
    pub address: ExprId,
    /// Read enable, `U(1)`.
    pub enable: ExprId,
    /// Where it was declared.
    pub location: Location,
}

/// How a memory is meant to be built.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RamStyle {
    /// The tool decides.
    Auto,
    /// Block RAM: only synchronous reads allowed.
    Block,
    /// Distributed (LUT) RAM or flip-flops.
    Distributed,
}

/// One use of a child module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Instance {
    /// Instance name.
    pub name: String,
    /// The child.
    pub module: Arc<Module>,
    /// Input connections by port name, in the child's port order.
    pub inputs: Vec<(String, ExprId)>,
    /// Output connections by port name: the wire of this module that carries it.
    pub outputs: Vec<(String, SignalId)>,
    /// Where it was made.
    pub location: Location,
}

/// What stands in a module's body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Item {
    /// Declaration of a wire, register or constant (ports are declared in the header).
    Declare(SignalId),
    /// Declaration of a memory with its synchronous read ports.
    DeclareMemory(MemoryId),
    /// `assign target = value;`
    Assign {
        /// Wire or output.
        target: SignalId,
        /// Value, of the target's type.
        value: ExprId,
        /// Where.
        location: Location,
    },
    /// `always @(posedge clk)`.
    Clocked(Vec<Statement>, Location),
    /// `always @*`; every target is assigned on every path.
    Comb(Vec<Statement>, Location),
    /// A child.
    Instance(InstanceId),
    /// A named property.
    Property {
        /// Kind.
        kind: PropertyKind,
        /// Name, unique in the module.
        name: String,
        /// `U(1)`, evaluated at the clock edge outside reset.
        condition: ExprId,
        /// Where.
        location: Location,
    },
    /// A heading comment.
    Section(String),
    /// Values that are deliberately not used (`Signal::unused`): signals and slices of signals.
    /// At most one, the last item; it also holds what only properties read. Printed as a sink
    /// that keeps lint quiet; no hardware.
    Unused(Vec<ExprId>),
}

/// What a property means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PropertyKind {
    /// Must hold.
    Assert,
    /// The environment guarantees it.
    Assume,
    /// Should be seen.
    Cover,
}

/// A statement in a `Clocked` or `Comb` block. Last assignment wins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Statement {
    /// `target = value` (`<=` in clocked blocks).
    Set {
        /// Register (clocked) or wire (comb).
        target: SignalId,
        /// Value, of the target's type.
        value: ExprId,
        /// Where.
        location: Location,
    },
    /// Memory write (clocked blocks only).
    Write {
        /// Memory.
        memory: MemoryId,
        /// Word address.
        address: ExprId,
        /// Word.
        data: ExprId,
        /// Byte enables: one bit per 8 bits of the word; all when absent.
        byte_enable: Option<ExprId>,
        /// Where.
        location: Location,
    },
    /// `if / else if / else`.
    If {
        /// Conditions (`U(1)`) and bodies, tried in order.
        arms: Vec<(ExprId, Vec<Statement>)>,
        /// When none holds.
        otherwise: Vec<Statement>,
        /// Where.
        location: Location,
    },
    /// `case`.
    Switch {
        /// Compared value.
        on: ExprId,
        /// Labels (literals or named constants of the type of `on`) and bodies.
        arms: Vec<(Vec<ExprId>, Vec<Statement>)>,
        /// When none matches.
        default: Vec<Statement>,
        /// Where.
        location: Location,
    },
}
