//! Modules and their declarations.

use std::ops::Deref;
use std::sync::Arc;

use crate::arena::{self, Block, here, with};
use crate::ir::{self, Direction, Item, PortAttribute, PropertyKind, SignalKind, Ty};
use crate::signal::{Operand, Signal};
use crate::{Bits, finish};

/// A finished module; cheap to clone, shared by all its instances.
#[derive(Clone, Debug)]
pub struct Module(pub Arc<ir::Module>);

impl Deref for Module {
    type Target = ir::Module;

    fn deref(&self) -> &ir::Module {
        &self.0
    }
}

/// Builds a module: `build` declares its ports and writes its body.
///
/// Mistakes are collected, not raised: [`check`](crate::check) reports them all.
#[track_caller]
pub fn module(name: impl AsRef<str>, build: impl FnOnce(M)) -> Module {
    let arena = arena::build(name.as_ref(), here(), |id| build(M { id }));
    Module(Arc::new(finish::finish(arena)))
}

/// The module under construction, in the closure of [`module`].
#[derive(Clone, Copy, Debug)]
pub struct M {
    pub(crate) id: u32,
}

impl M {
    /// Says what the module is; the comment above it.
    pub fn doc(self, text: impl AsRef<str>) {
        with(|a| a.module.doc = text.as_ref().to_string());
    }

    /// Asks synthesis not to optimise across the ports of the module. For logic behind a late
    /// signal, such as the output of a block RAM, in tools that do not know how late it is and
    /// would put it first.
    pub fn keep_hierarchy(self) {
        with(|a| a.module.keep_hierarchy = true);
    }

    /// Names of the ports that were declared so far, without the implicit ones.
    pub fn port_names(self) -> Vec<String> {
        with(|a| {
            let ports = a.module.signals.iter().filter(|signal| signal.port.is_some());
            ports.map(|port| port.name.clone()).collect()
        })
    }

    /// Gives a port, also the implicit `clk` or `rst`, a Verilog attribute: something that a tool
    /// wants to know of it. A port may have several.
    #[track_caller]
    pub fn port_attribute(
        self,
        port: impl AsRef<str>,
        name: impl AsRef<str>,
        value: impl AsRef<str>,
    ) {
        let location = here();
        let [port, name, value] = [port.as_ref(), name.as_ref(), value.as_ref()].map(str::to_owned);
        with(|a| {
            a.check_token(self.id, location);
            a.module.port_attributes.push(PortAttribute { port, name, value, location });
        });
    }

    /// A heading between parts of the body.
    pub fn section(self, title: impl AsRef<str>) {
        with(|a| a.module.items.push(Item::Section(title.as_ref().to_string())));
    }

    /// Refuses what the module is asked for, such as a parameter that it cannot be built with;
    /// reported together with all other mistakes.
    #[track_caller]
    pub fn error(self, message: impl Into<String>) {
        let location = here();
        with(|a| a.error(location, message));
    }

    #[track_caller]
    fn declare(
        self,
        name: impl AsRef<str>,
        ty: Ty,
        kind: SignalKind,
        port: Option<Direction>,
    ) -> Signal {
        let location = here();
        with(|a| {
            a.check_token(self.id, location);
            a.declare(name.as_ref(), ty, kind, port, location)
        })
    }

    /// An input port.
    #[track_caller]
    pub fn input(self, name: impl AsRef<str>, ty: Ty) -> Signal {
        self.declare(name, ty, SignalKind::Input, Some(Direction::Input))
    }

    /// An output port that carries `value`.
    #[track_caller]
    pub fn output(self, name: impl AsRef<str>, value: Signal) -> Signal {
        let location = here();
        let output = self.declare(name, value.ty, SignalKind::Wire, Some(Direction::Output));
        with(|a| {
            let value = a.own(value, location);
            let target = a.signal_of(output.expr).expect("declared above");
            a.module.items.push(Item::Assign { target, value, location });
        });
        output
    }

    /// An output port that is driven later.
    #[track_caller]
    pub fn output_wire(self, name: impl AsRef<str>, ty: Ty) -> Signal {
        self.declare(name, ty, SignalKind::Wire, Some(Direction::Output))
    }

    /// A register that is an output port.
    #[track_caller]
    pub fn output_reg(self, name: impl AsRef<str>, ty: Ty) -> Signal {
        let kind = SignalKind::Register { reset: None };
        self.declare(name, ty, kind, Some(Direction::Output))
    }

    /// A wire, given its value later by `.drive` or in `m.comb`.
    #[track_caller]
    pub fn wire(self, name: impl AsRef<str>, ty: Ty) -> Signal {
        self.declare(name, ty, SignalKind::Wire, None)
    }

    /// A register, set in one `m.clocked` block.
    #[track_caller]
    pub fn reg(self, name: impl AsRef<str>, ty: Ty) -> Signal {
        self.declare(name, ty, SignalKind::Register { reset: None }, None)
    }

    /// A named constant: a state, an opcode. One that nothing uses is not printed.
    #[track_caller]
    pub fn constant(self, name: impl AsRef<str>, value: impl Into<Operand>, ty: Ty) -> Signal {
        let location = here();
        let value = value.into();
        let bits = with(|a| {
            let value = a.operand(value, ty, location);
            match a.module.constant(value) {
                Some(bits) if a.ty(value) == ty => bits.clone(),
                _ => {
                    let given = a.describe(value);
                    a.error(location, format!("a constant of {ty} cannot hold this: {given}"));
                    Bits::zero(ty.width())
                }
            }
        });
        self.declare(name, ty, SignalKind::Constant(bits), None)
    }

    /// One block that sets registers and writes memories at the clock edge.
    #[track_caller]
    pub fn clocked(self, body: impl FnOnce()) {
        self.block(Block::Clocked, body);
    }

    /// One block that sets wires: each on every path, so give defaults first.
    #[track_caller]
    pub fn comb(self, body: impl FnOnce()) {
        self.block(Block::Comb, body);
    }

    #[track_caller]
    fn block(self, block: Block, body: impl FnOnce()) {
        let location = here();
        let outer = with(|a| {
            a.check_token(self.id, location);
            if a.block.is_some() {
                a.error(location, "a block cannot stand inside another block");
            }
            a.block.replace(block)
        });
        let statements = arena::statements(body);
        with(|a| {
            a.block = outer;
            a.module.items.push(match block {
                Block::Clocked => Item::Clocked(statements, location),
                Block::Comb => Item::Comb(statements, location),
            });
        });
    }

    /// A condition that must hold at every clock edge outside reset.
    #[track_caller]
    pub fn check(self, name: impl AsRef<str>, condition: Signal) {
        self.property(PropertyKind::Assert, name.as_ref(), condition);
    }

    /// A condition that the environment guarantees at every clock edge outside reset.
    #[track_caller]
    pub fn assume(self, name: impl AsRef<str>, condition: Signal) {
        self.property(PropertyKind::Assume, name.as_ref(), condition);
    }

    /// A condition that a good test brings about.
    #[track_caller]
    pub fn cover(self, name: impl AsRef<str>, condition: Signal) {
        self.property(PropertyKind::Cover, name.as_ref(), condition);
    }

    #[track_caller]
    fn property(self, kind: PropertyKind, name: &str, condition: Signal) {
        let location = here();
        with(|a| {
            a.check_token(self.id, location);
            a.claim(name, location);
            let condition = a.condition(condition, "a property", location);
            let name = name.to_string();
            a.module.items.push(Item::Property { kind, name, condition, location });
        });
    }
}
