//! Uses of a module inside another.

use crate::arena::{Arena, here, with};
use crate::ir::{self, Direction, InstanceId, Item, Location, SignalKind};
use crate::module::{M, Module};
use crate::signal::{Operand, Signal};

/// An instance in the module being built. `clk` and `rst` connect themselves.
#[derive(Clone, Copy, Debug)]
pub struct Instance {
    module: u32,
    id: InstanceId,
}

impl M {
    /// Places a child. Every input must be pinned, every output read or marked unused.
    #[track_caller]
    pub fn instance(self, name: impl AsRef<str>, child: &Module) -> Instance {
        let location = here();
        let name = name.as_ref();
        with(|a| {
            a.check_token(self.id, location);
            a.claim(name, location);
            let id = InstanceId(a.module.instances.len() as u32);
            a.module.instances.push(ir::Instance {
                name: name.to_string(),
                module: child.0.clone(),
                inputs: Vec::new(),
                outputs: Vec::new(),
                location,
            });
            a.module.items.push(Item::Instance(id));
            Instance { module: a.id, id }
        })
    }
}

impl Instance {
    /// Connects an input.
    #[track_caller]
    pub fn pin(self, port: impl AsRef<str>, value: impl Into<Operand>) -> Instance {
        let location = here();
        let (port, value) = (port.as_ref(), value.into());
        with(|a| {
            let Some(child_port) = a.child_port(self, port, Direction::Input, location) else {
                return;
            };
            let value = a.operand(value, child_port.ty, location);
            let full_name = format!("{}.{port}", a.module.instances[self.id.0 as usize].name);
            if a.ty(value) != child_port.ty {
                let (ty, declared) = (child_port.ty, child_port.location);
                let given = a.describe(value);
                a.error(location, format!("`{full_name}` is {ty} ({declared}) but {given}"));
            }
            let inputs = &mut a.module.instances[self.id.0 as usize].inputs;
            if inputs.iter().any(|(name, _)| name == port) {
                a.error(location, format!("`{full_name}` is pinned twice"));
            } else {
                inputs.push((port.to_string(), value));
            }
        });
        self
    }

    /// The wire that carries an output: `<instance>_<port>`, declared at the first call.
    #[track_caller]
    pub fn out(self, port: impl AsRef<str>) -> Signal {
        self.output(port.as_ref(), None, here())
    }

    /// The wire that carries an output, under a name of your own.
    #[track_caller]
    pub fn out_as(self, port: impl AsRef<str>, wire: impl AsRef<str>) -> Signal {
        self.output(port.as_ref(), Some(wire.as_ref()), here())
    }

    /// States that an output is deliberately not used.
    #[track_caller]
    pub fn unused(self, port: impl AsRef<str>) -> Instance {
        self.out(port).unused();
        self
    }

    fn output(self, port: &str, wire: Option<&str>, location: Location) -> Signal {
        with(|a| {
            let Some(child_port) = a.child_port(self, port, Direction::Output, location) else {
                return a.literal(0, ir::Ty::U(1), location);
            };
            let instance = &a.module.instances[self.id.0 as usize];
            let existing = instance.outputs.iter().find(|(name, _)| name == port);
            if let Some(&(_, id)) = existing {
                let name = &a.module.signal(id).name;
                if wire.is_some_and(|wire| wire != name) {
                    let message = format!(
                        "output `{port}` of `{}` is already called `{name}`",
                        instance.name
                    );
                    a.error(location, message);
                }
                let expr = a.signal_exprs[id.0 as usize];
                return Signal { module: a.id, expr, ty: child_port.ty };
            }
            let default = format!("{}_{port}", instance.name);
            let name = wire.unwrap_or(&default);
            let signal = a.declare(name, child_port.ty, SignalKind::Wire, None, location);
            let id = a.signal_of(signal.expr).expect("declared above");
            a.module.instances[self.id.0 as usize].outputs.push((port.to_string(), id));
            signal
        })
    }

    /// Pins an input to a new wire `<instance>_<port>`, which is to be driven.
    #[track_caller]
    pub fn pin_wire(self, port: impl AsRef<str>, ty: ir::Ty) -> Signal {
        let location = here();
        let port = port.as_ref();
        let wire = with(|a| {
            let own = self.module == a.id;
            let instance = own.then(|| &a.module.instances[self.id.0 as usize].name);
            let name = format!("{}_{port}", instance.map_or("stray", |name| name));
            a.declare(&name, ty, SignalKind::Wire, None, location)
        });
        self.pin(port, wire);
        wire
    }
}

impl Arena {
    /// The child's port of this name and direction; reports if there is none.
    fn child_port(
        &mut self,
        instance: Instance,
        port: &str,
        direction: Direction,
        location: Location,
    ) -> Option<ir::Signal> {
        if instance.module != self.id {
            let message =
                format!("an instance of another module is used in module `{}`", self.module.name);
            self.error(location, message);
            return None;
        }
        let ir::Instance { name, module: child, .. } =
            &self.module.instances[instance.id.0 as usize];
        let wanted = if direction == Direction::Input { "input" } else { "output" };
        let found = child.ports().find(|candidate| candidate.name == port);
        let message = match found {
            Some(found) if found.port == Some(direction) => return Some(found.clone()),
            Some(found) => {
                format!("`{name}.{port}` ({}) is not an {wanted}", found.location)
            }
            None => {
                let names: Vec<_> = child
                    .ports()
                    .filter(|candidate| candidate.port == Some(direction))
                    .map(|candidate| format!("`{}`", candidate.name))
                    .collect();
                format!(
                    "`{name}`, a `{}` ({}), has no {wanted} `{port}`; it has {}",
                    child.name,
                    child.location,
                    if names.is_empty() { "none".to_string() } else { names.join(", ") }
                )
            }
        };
        self.error(location, message);
        None
    }
}
