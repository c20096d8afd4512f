//! Random modules, from trees that proptest can shrink.

use std::sync::Arc;

use proptest::prelude::*;
use systole_hdl::Bits;
use systole_hdl::ir::Ty::{S, U};
use systole_hdl::ir::*;

/// Widest expression that is built.
const MAX_WIDTH: u32 = 72;

/// Types of the inputs `i0`, `i1`, ...
pub const INPUTS: [Ty; 10] = [U(1), S(1), U(3), S(4), U(8), S(8), U(13), S(32), U(64), S(70)];
/// Types of the registers `r0`, ... and their reset values.
pub const REGISTERS: [(Ty, Option<i64>); 4] =
    [(U(1), Some(1)), (S(8), Some(-3)), (U(20), None), (S(35), None)];
/// Types of the combinational variables `c0`, ...
pub const VARIABLES: [Ty; 3] = [U(2), S(9), U(33)];
/// Words of the memories `m0` (signed) and `m1` (with byte enables).
pub const MEMORIES: [(u32, Ty); 2] = [(8, S(11)), (16, U(24))];

/// An expression; indices and widths wrap to what is there.
#[derive(Clone, Debug)]
pub enum Tree {
    Name(u8),
    Literal(u8, u64),
    Unary(u8, Box<Tree>),
    Binary(u8, Box<Tree>, Box<Tree>),
    Mux(Box<Tree>, Box<Tree>, Box<Tree>),
    Slice(Box<Tree>, u8, u8),
    BitSelect(Box<Tree>, Box<Tree>),
    Concat(Vec<Tree>),
    Repeat(u8, Box<Tree>),
    Extend(Box<Tree>, u8),
    Truncate(Box<Tree>, u8),
    Cast(Box<Tree>),
    Read(u8, Box<Tree>),
}

/// A statement; in the combinational block writes do nothing.
#[derive(Clone, Debug)]
pub enum Step {
    Set(u8, Tree),
    Write(u8, Tree, Tree, Tree),
    If(Vec<(Tree, Vec<Step>)>, Vec<Step>),
    Switch(Tree, Vec<(u64, Vec<Step>)>, Vec<Step>),
}

/// What a random module is made of.
#[derive(Clone, Debug)]
pub struct Recipe {
    pub outputs: Vec<Tree>,
    pub combinational: Vec<Step>,
    pub clocked: Vec<Step>,
    pub read: (Tree, Tree),
}

pub fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        4 => any::<u8>().prop_map(Tree::Name),
        1 => (any::<u8>(), any::<u64>()).prop_map(|(ty, value)| Tree::Literal(ty, value)),
    ];
    leaf.prop_recursive(5, 24, 3, |inner| {
        let boxed = inner.clone().prop_map(Box::new).boxed();
        let b = || boxed.clone();
        prop_oneof![
            2 => (any::<u8>(), b()).prop_map(|(op, a)| Tree::Unary(op, a)),
            6 => (any::<u8>(), b(), b()).prop_map(|(op, a, b)| Tree::Binary(op, a, b)),
            2 => (b(), b(), b()).prop_map(|(c, a, b)| Tree::Mux(c, a, b)),
            2 => (b(), any::<u8>(), any::<u8>()).prop_map(|(a, h, l)| Tree::Slice(a, h, l)),
            1 => (b(), b()).prop_map(|(a, i)| Tree::BitSelect(a, i)),
            1 => prop::collection::vec(inner, 1..4).prop_map(Tree::Concat),
            1 => (1u8..4, b()).prop_map(|(n, a)| Tree::Repeat(n, a)),
            2 => (b(), any::<u8>()).prop_map(|(a, w)| Tree::Extend(a, w)),
            1 => (b(), any::<u8>()).prop_map(|(a, w)| Tree::Truncate(a, w)),
            2 => b().prop_map(Tree::Cast),
            1 => (any::<u8>(), b()).prop_map(|(m, a)| Tree::Read(m, a)),
        ]
    })
}

fn step() -> impl Strategy<Value = Step> {
    let leaf = prop_oneof![
        3 => (any::<u8>(), tree()).prop_map(|(target, value)| Step::Set(target, value)),
        1 => (any::<u8>(), tree(), tree(), tree()).prop_map(|(m, a, d, e)| Step::Write(m, a, d, e)),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        let body = || prop::collection::vec(inner.clone(), 0..3);
        prop_oneof![
            (prop::collection::vec((tree(), body()), 1..3), body())
                .prop_map(|(arms, otherwise)| Step::If(arms, otherwise)),
            (tree(), prop::collection::vec((any::<u64>(), body()), 1..4), body())
                .prop_map(|(on, arms, default)| Step::Switch(on, arms, default)),
        ]
    })
}

pub fn recipe() -> impl Strategy<Value = Recipe> {
    let steps = || prop::collection::vec(step(), 0..4);
    let outputs = prop::collection::vec(tree(), 1..24);
    (outputs, steps(), steps(), (tree(), tree())).prop_map(
        |(outputs, combinational, clocked, read)| Recipe { outputs, combinational, clocked, read },
    )
}

const HERE: Location = Location { file: "random.rs", line: 1, column: 1 };

/// Builds the module of a recipe. Registers and variables are outputs too.
pub fn module(recipe: &Recipe) -> Arc<Module> {
    let mut b = Builder { module: empty(), names: Vec::new(), targets: Vec::new() };
    let inputs: Vec<_> = (0..INPUTS.len())
        .map(|i| b.signal(&format!("i{i}"), INPUTS[i], SignalKind::Input, Some(Direction::Input)))
        .collect();
    let out = Some(Direction::Output);
    let registers = REGISTERS.iter().enumerate().map(|(i, &(ty, reset))| {
        let reset = reset.map(|value| Bits::from_i64(ty.width(), value));
        b.signal(&format!("r{i}"), ty, SignalKind::Register { reset }, out)
    });
    let registers: Vec<_> = registers.collect();
    for (i, &(depth, ty)) in MEMORIES.iter().enumerate() {
        b.module.memories.push(memory(&format!("m{i}"), depth, ty));
        b.module.items.push(Item::DeclareMemory(MemoryId(i as u32)));
    }
    let data = b.signal("d0", MEMORIES[1].1, SignalKind::Wire, None);
    b.names = inputs.iter().chain(&registers).copied().chain([data]).collect();
    let (address, enable) = &recipe.read;
    let address = b.tree(address, true);
    let address = b.fit(address, U(4));
    let enable = b.condition(enable, true);
    let port = SyncRead { data, address, enable, location: HERE };
    b.module.memories[1].sync_reads.push(port);
    b.module.items.push(Item::Declare(data));

    let variables: Vec<_> = VARIABLES
        .iter()
        .enumerate()
        .map(|(i, &ty)| b.signal(&format!("c{i}"), ty, SignalKind::Wire, out))
        .collect();
    let mut body = Vec::new();
    for (i, &target) in variables.iter().enumerate() {
        let first = b.expr(ExprKind::Signal(inputs[4 + i]), INPUTS[4 + i]);
        let value = b.fit(first, VARIABLES[i]);
        body.push(Statement::Set { target, value, location: HERE });
    }
    b.names.extend(&variables);
    b.targets.clone_from(&variables);
    body.extend(recipe.combinational.iter().flat_map(|step| b.step(step, false)));
    b.module.items.push(Item::Comb(body, HERE));

    let mut body = Vec::new();
    for &target in &registers {
        let value = b.expr(ExprKind::Signal(target), b.module.signal(target).ty);
        body.push(Statement::Set { target, value, location: HERE });
    }
    b.targets = registers;
    body.extend(recipe.clocked.iter().flat_map(|step| b.step(step, true)));
    b.module.items.push(Item::Clocked(body, HERE));
    for (i, tree) in recipe.outputs.iter().enumerate() {
        let value = b.tree(tree, true);
        let ty = b.ty(value);
        let target = b.signal(&format!("o{i}"), ty, SignalKind::Wire, out);
        b.module.items.push(Item::Assign { target, value, location: HERE });
    }
    Arc::new(b.module)
}

fn empty() -> Module {
    Module {
        name: "random".into(),
        keep_hierarchy: false,
        port_attributes: Vec::new(),
        doc: String::new(),
        location: HERE,
        signals: Vec::new(),
        exprs: Vec::new(),
        memories: Vec::new(),
        instances: Vec::new(),
        items: Vec::new(),
        errors: Vec::new(),
    }
}

fn memory(name: &str, depth: u32, ty: Ty) -> Memory {
    Memory {
        name: name.into(),
        depth,
        ty,
        collisions_unused: false,
        style: RamStyle::Auto,
        init_file: None,
        initial: Vec::new(),
        doc: String::new(),
        location: HERE,
        sync_reads: Vec::new(),
    }
}

struct Builder {
    module: Module,
    /// What expressions may read.
    names: Vec<SignalId>,
    /// What statements may set.
    targets: Vec<SignalId>,
}

impl Builder {
    fn signal(
        &mut self,
        name: &str,
        ty: Ty,
        kind: SignalKind,
        port: Option<Direction>,
    ) -> SignalId {
        let (name, doc) = (name.to_string(), String::new());
        self.module.signals.push(Signal { name, ty, kind, port, doc, location: HERE });
        SignalId(self.module.signals.len() as u32 - 1)
    }

    fn expr(&mut self, kind: ExprKind, ty: Ty) -> ExprId {
        self.module.exprs.push(Expr { kind, ty, location: HERE });
        ExprId(self.module.exprs.len() as u32 - 1)
    }

    fn ty(&self, id: ExprId) -> Ty {
        self.module.expr(id).ty
    }

    fn condition(&mut self, tree: &Tree, reads: bool) -> ExprId {
        let value = self.tree(tree, reads);
        self.fit(value, U(1))
    }

    /// Extends, truncates and casts to a type; always leaves something that was chosen by hand
    /// alone when it fits.
    fn fit(&mut self, id: ExprId, to: Ty) -> ExprId {
        let from = self.ty(id);
        let sized = if from.is_signed() { S(to.width()) } else { U(to.width()) };
        let id = match from.width().cmp(&to.width()) {
            std::cmp::Ordering::Less => self.expr(ExprKind::Extend(id), sized),
            std::cmp::Ordering::Equal => id,
            std::cmp::Ordering::Greater => self.expr(ExprKind::Truncate(id), sized),
        };
        if sized == to { id } else { self.expr(ExprKind::Cast(id), to) }
    }

    fn limited(&mut self, id: ExprId) -> ExprId {
        let ty = self.ty(id);
        if ty.width() <= MAX_WIDTH {
            return id;
        }
        self.fit(id, if ty.is_signed() { S(MAX_WIDTH) } else { U(MAX_WIDTH) })
    }

    fn unsigned(&mut self, id: ExprId) -> ExprId {
        let ty = self.ty(id);
        if ty.is_signed() { self.expr(ExprKind::Cast(id), U(ty.width())) } else { id }
    }

    /// Memories have asynchronous reads only where `reads`.
    fn tree(&mut self, tree: &Tree, reads: bool) -> ExprId {
        let id = match tree {
            Tree::Name(i) => {
                let signal = self.names[*i as usize % self.names.len()];
                self.expr(ExprKind::Signal(signal), self.module.signal(signal).ty)
            }
            Tree::Literal(ty, value) => {
                let width = 1 + u32::from(ty / 2) % 68;
                let ty = if ty % 2 == 0 { U(width) } else { S(width) };
                let corner = if value % 5 == 0 { 1 << (width.min(64) - 1) } else { *value };
                self.expr(ExprKind::Literal(Bits::from_i64(width, corner as i64)), ty)
            }
            Tree::Unary(op, of) => {
                let of = self.tree(of, reads);
                self.unary(*op, of)
            }
            Tree::Binary(op, a, b) => {
                let (a, b) = (self.tree(a, reads), self.tree(b, reads));
                self.binary(*op, a, b)
            }
            Tree::Mux(condition, then, other) => {
                let condition = self.condition(condition, reads);
                let then = self.tree(then, reads);
                let ty = self.ty(then);
                let other = self.tree(other, reads);
                let other = self.fit(other, ty);
                self.expr(ExprKind::Mux { condition, then, other }, ty)
            }
            Tree::Slice(of, a, b) => {
                let of = self.tree(of, reads);
                let width = self.ty(of).width();
                let (a, b) = (u32::from(*a) % width, u32::from(*b) % width);
                let (high, low) = (a.max(b), a.min(b));
                self.expr(ExprKind::Slice { of, high, low }, U(high - low + 1))
            }
            Tree::BitSelect(of, index) => {
                let (of, index) = (self.tree(of, reads), self.tree(index, reads));
                let index = self.unsigned(index);
                self.expr(ExprKind::BitSelect { of, index }, U(1))
            }
            Tree::Concat(parts) => {
                let parts: Vec<_> = parts.iter().map(|part| self.tree(part, reads)).collect();
                let width = parts.iter().map(|&part| self.ty(part).width()).sum();
                self.expr(ExprKind::Concat(parts), U(width))
            }
            Tree::Repeat(count, of) => {
                let of = self.tree(of, reads);
                let width = u32::from(*count) * self.ty(of).width();
                self.expr(ExprKind::Repeat(u32::from(*count), of), U(width))
            }
            Tree::Extend(of, by) => {
                let of = self.tree(of, reads);
                let width = self.ty(of).width() + 1 + u32::from(by % 9);
                let ty = if self.ty(of).is_signed() { S(width) } else { U(width) };
                self.expr(ExprKind::Extend(of), ty)
            }
            Tree::Truncate(of, to) => {
                let of = self.tree(of, reads);
                let width = 1 + u32::from(*to) % self.ty(of).width();
                let ty = if self.ty(of).is_signed() { S(width) } else { U(width) };
                self.expr(ExprKind::Truncate(of), ty)
            }
            Tree::Cast(of) => {
                let of = self.tree(of, reads);
                let ty = match self.ty(of) {
                    U(width) => S(width),
                    S(width) => U(width),
                };
                self.expr(ExprKind::Cast(of), ty)
            }
            Tree::Read(memory, address) => {
                let address = self.tree(address, reads);
                if !reads {
                    return address;
                }
                let index = usize::from(*memory) % MEMORIES.len();
                let (depth, ty) = MEMORIES[index];
                let address = self.fit(address, U(depth.ilog2()));
                self.expr(ExprKind::MemoryRead(MemoryId(index as u32), address), ty)
            }
        };
        self.limited(id)
    }

    fn unary(&mut self, op: u8, of: ExprId) -> ExprId {
        let ty = self.ty(of);
        let (op, ty) = match op % 5 {
            0 => (UnaryOp::ReduceOr, U(1)),
            1 => (UnaryOp::ReduceAnd, U(1)),
            2 => (UnaryOp::ReduceXor, U(1)),
            3 if ty.is_signed() => (UnaryOp::Negate, ty),
            _ => (UnaryOp::Not, ty),
        };
        self.expr(ExprKind::Unary(op, of), ty)
    }

    fn binary(&mut self, op: u8, a: ExprId, b: ExprId) -> ExprId {
        use BinaryOp::*;
        const OPS: [BinaryOp; 12] =
            [Add, Sub, Mul, And, Or, Xor, ShiftLeft, ShiftRight, Equal, NotEqual, Less, LessEqual];
        let op = OPS[usize::from(op) % OPS.len()];
        let ty = self.ty(a);
        let (b, result) = match op {
            ShiftLeft | ShiftRight => (self.unsigned(b), ty),
            Mul => {
                let width = ty.width() + self.ty(b).width();
                let signed = ty.is_signed();
                let operand = if signed { S(self.ty(b).width()) } else { U(self.ty(b).width()) };
                (self.fit(b, operand), if signed { S(width) } else { U(width) })
            }
            Equal | NotEqual | Less | LessEqual => (self.fit(b, ty), U(1)),
            _ => (self.fit(b, ty), ty),
        };
        self.expr(ExprKind::Binary(op, a, b), result)
    }

    fn step(&mut self, step: &Step, clocked: bool) -> Vec<Statement> {
        let body = |b: &mut Self, steps: &[Step]| -> Vec<Statement> {
            steps.iter().flat_map(|step| b.step(step, clocked)).collect()
        };
        vec![match step {
            Step::Set(target, value) => {
                let target = self.targets[*target as usize % self.targets.len()];
                let value = self.tree(value, true);
                let value = self.fit(value, self.module.signal(target).ty);
                Statement::Set { target, value, location: HERE }
            }
            Step::Write(..) if !clocked => return Vec::new(),
            Step::Write(memory, address, data, enable) => {
                let index = usize::from(*memory) % MEMORIES.len();
                let (depth, ty) = MEMORIES[index];
                let address = self.tree(address, true);
                let address = self.fit(address, U(depth.ilog2()));
                let data = self.tree(data, true);
                let data = self.fit(data, ty);
                let enable = (index == 1).then(|| {
                    let enable = self.tree(enable, true);
                    self.fit(enable, U(ty.width() / 8))
                });
                let memory = MemoryId(index as u32);
                Statement::Write { memory, address, data, byte_enable: enable, location: HERE }
            }
            Step::If(arms, otherwise) => {
                let arms = arms
                    .iter()
                    .map(|(condition, steps)| (self.condition(condition, true), body(self, steps)))
                    .collect();
                Statement::If { arms, otherwise: body(self, otherwise), location: HERE }
            }
            Step::Switch(on, arms, default) => {
                let on = self.tree(on, true);
                let ty = self.ty(on);
                let mut seen = Vec::new();
                let mut built = Vec::new();
                for (label, steps) in arms {
                    let bits = Bits::from_i64(ty.width(), (*label % 7) as i64 - 3);
                    if !seen.contains(&bits) {
                        seen.push(bits.clone());
                        let label = self.expr(ExprKind::Literal(bits), ty);
                        built.push((vec![label], body(self, steps)));
                    }
                }
                Statement::Switch { on, arms: built, default: body(self, default), location: HERE }
            }
        }]
    }
}
