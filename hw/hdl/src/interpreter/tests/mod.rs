//! Tests on modules built as plain IR, so that they do not depend on the builder.

mod behaviour;
mod operators;

use std::sync::Arc;

use super::Interpreter;
use crate::Bits;
use crate::ir::*;

const HERE: Location = Location { file: "tests.rs", line: 1, column: 1 };

/// Builds IR by hand.
struct Ir(Module);

impl Ir {
    fn new(name: &str) -> Self {
        Self(Module {
            name: name.into(),
            doc: String::new(),
            keep_hierarchy: false,
            port_attributes: Vec::new(),
            location: HERE,
            signals: Vec::new(),
            exprs: Vec::new(),
            memories: Vec::new(),
            instances: Vec::new(),
            items: Vec::new(),
            errors: Vec::new(),
        })
    }

    fn signal(
        &mut self,
        name: &str,
        ty: Ty,
        kind: SignalKind,
        port: Option<Direction>,
    ) -> SignalId {
        let (name, doc) = (name.into(), String::new());
        self.0.signals.push(Signal { name, ty, kind, port, doc, location: HERE });
        SignalId(self.0.signals.len() as u32 - 1)
    }

    fn input(&mut self, name: &str, ty: Ty) -> ExprId {
        let id = self.signal(name, ty, SignalKind::Input, Some(Direction::Input));
        self.read(id)
    }

    fn wire(&mut self, name: &str, ty: Ty) -> SignalId {
        self.signal(name, ty, SignalKind::Wire, None)
    }

    fn reg(&mut self, name: &str, ty: Ty, reset: Option<u64>) -> SignalId {
        let reset = reset.map(|value| Bits::new(ty.width(), value));
        self.signal(name, ty, SignalKind::Register { reset }, None)
    }

    fn expr(&mut self, kind: ExprKind, ty: Ty) -> ExprId {
        self.0.exprs.push(Expr { kind, ty, location: HERE });
        ExprId(self.0.exprs.len() as u32 - 1)
    }

    fn read(&mut self, id: SignalId) -> ExprId {
        let ty = self.0.signal(id).ty;
        self.expr(ExprKind::Signal(id), ty)
    }

    fn literal(&mut self, value: u64, ty: Ty) -> ExprId {
        self.expr(ExprKind::Literal(Bits::new(ty.width(), value)), ty)
    }

    fn binary(&mut self, op: BinaryOp, a: ExprId, b: ExprId) -> ExprId {
        let compares = matches!(
            op,
            BinaryOp::Equal | BinaryOp::NotEqual | BinaryOp::Less | BinaryOp::LessEqual
        );
        let (a_ty, b_ty) = (self.0.expr(a).ty, self.0.expr(b).ty);
        let ty = match (op, a_ty) {
            _ if compares => Ty::U(1),
            (BinaryOp::Mul, Ty::U(width)) => Ty::U(width + b_ty.width()),
            (BinaryOp::Mul, Ty::S(width)) => Ty::S(width + b_ty.width()),
            _ => a_ty,
        };
        self.expr(ExprKind::Binary(op, a, b), ty)
    }

    fn add(&mut self, a: ExprId, b: ExprId) -> ExprId {
        self.binary(BinaryOp::Add, a, b)
    }

    fn assign(&mut self, target: SignalId, value: ExprId) {
        self.0.items.push(Item::Assign { target, value, location: HERE });
    }

    fn output(&mut self, name: &str, value: ExprId) {
        let ty = self.0.expr(value).ty;
        let id = self.signal(name, ty, SignalKind::Wire, Some(Direction::Output));
        self.assign(id, value);
    }

    fn clocked(&mut self, statements: Vec<Statement>) {
        self.0.items.push(Item::Clocked(statements, HERE));
    }

    fn comb(&mut self, statements: Vec<Statement>) {
        self.0.items.push(Item::Comb(statements, HERE));
    }

    fn memory(&mut self, name: &str, depth: u32, ty: Ty) -> MemoryId {
        self.0.memories.push(Memory {
            name: name.into(),
            depth,
            ty,
            style: RamStyle::Auto,
            init_file: None,
            initial: Vec::new(),
            doc: String::new(),
            location: HERE,
            collisions_unused: false,
            sync_reads: Vec::new(),
        });
        MemoryId(self.0.memories.len() as u32 - 1)
    }

    /// Instantiates `child`; outputs become wires `<name>_<port>`, returned in the given order.
    fn instance(
        &mut self,
        name: &str,
        child: &Arc<Module>,
        inputs: &[(&str, ExprId)],
        outputs: &[&str],
    ) -> Vec<SignalId> {
        let wires: Vec<SignalId> = outputs
            .iter()
            .map(|port| {
                let signal = child.signals.iter().find(|signal| signal.name == *port).unwrap();
                self.wire(&format!("{name}_{port}"), signal.ty)
            })
            .collect();
        let inputs = inputs.iter().map(|(port, expr)| (port.to_string(), *expr)).collect();
        let named = outputs.iter().map(|port| port.to_string());
        let outputs = named.zip(wires.iter().copied()).collect();
        let (name, module) = (name.into(), child.clone());
        self.0.instances.push(Instance { name, module, inputs, outputs, location: HERE });
        self.0.items.push(Item::Instance(InstanceId(self.0.instances.len() as u32 - 1)));
        wires
    }

    fn finish(self) -> Arc<Module> {
        Arc::new(self.0)
    }

    fn start(self) -> Interpreter {
        Interpreter::of_module(&self.finish()).unwrap()
    }
}

fn set(target: SignalId, value: ExprId) -> Statement {
    Statement::Set { target, value, location: HERE }
}

fn when(condition: ExprId, body: Vec<Statement>, otherwise: Vec<Statement>) -> Statement {
    Statement::If { arms: vec![(condition, body)], otherwise, location: HERE }
}
