//! What the solver is asked: whether a part of the chip and its mutant do the same, a few cycles
//! after they were in the same state.

use std::fmt::Write;

use systole_hdl::evert::{Everted, Way, evert};
use systole_hdl::ir::{Direction, Module, Signal};
use systole_hdl::mutate::{self, Mutant};
use systole_hdl::{Design, edit};

/// Name of the module that holds both.
pub(super) const TOP: &str = "check";
/// Its output: they do not do the same.
pub(super) const DIFFERS: &str = "differs";

/// A part of the chip without clock, beside itself with a mutant in it.
///
/// Both begin in one state, which may be any. The part then takes `cycles - 1` steps by itself,
/// after which its state is one that has that many predecessors: in such a state the mutant has to
/// show and to store the same. By induction the mutant then never leaves the path of the part.
pub(super) struct Question {
    gold: Everted,
    gate: Everted,
    cycles: usize,
}

impl Question {
    /// `part` is the mutant's module or one above it; `deep` with its children. `None` when the
    /// mutant has other ports, as one that reads a memory elsewhere.
    pub fn new(
        part: &Module,
        module: &Module,
        mutant: &Mutant,
        deep: bool,
        cycles: usize,
    ) -> Option<Self> {
        // Both go through an edit, which numbers expressions anew: names of cut reads depend on it.
        let (right, wrong) = (edit::edit(module.clone(), |_| ()), mutate::fixed(module, mutant));
        let gold = evert(part, Way { prefix: "gold_", deep, swap: Some(&right) });
        let gate = evert(part, Way { prefix: "gate_", deep, swap: Some(&wrong) });
        let ports = |of: &Everted| -> Vec<_> {
            of.top.ports().map(|port| (port.name.clone(), port.ty, port.port)).collect()
        };
        (ports(&gold) == ports(&gate)).then_some(Self { gold, gate, cycles })
    }

    /// The files, by name.
    pub fn files(&self) -> [(&'static str, String); 3] {
        [
            ("gold.v", verilog(&self.gold)),
            ("gate.v", verilog(&self.gate)),
            ("check.v", self.check()),
        ]
    }

    /// Several golds in a row, a gate beside the last.
    fn check(&self) -> String {
        let last = self.cycles - 1;
        let mut body = String::new();
        let mut inputs = Vec::new();
        for cycle in 0..self.cycles {
            for port in self.gold.top.ports() {
                let (name, width) = (port.name.as_str(), port.ty.width());
                let range = format!("[{}:0]", width - 1);
                match self.role(port) {
                    Role::Output | Role::Next => {
                        let _ = writeln!(body, "  wire {range} gold_{cycle}_{name};");
                    }
                    Role::Now(next) if cycle > 0 => {
                        let before = format!("gold_{}_{next}", cycle - 1);
                        let _ = writeln!(body, "  wire {range} in_{cycle}_{name} = {before};");
                    }
                    Role::Now(_) | Role::Input => {
                        inputs.push(format!("input {range} in_{cycle}_{name}"));
                    }
                }
            }
            let _ = writeln!(body, "{}", self.instance("gold", &self.gold, cycle));
        }
        let outputs: Vec<&Signal> =
            self.gold.top.ports().filter(|port| port.port == Some(Direction::Output)).collect();
        for port in &outputs {
            let range = format!("[{}:0]", port.ty.width() - 1);
            let _ = writeln!(body, "  wire {range} gate_{last}_{};", port.name);
        }
        let _ = writeln!(body, "{}", self.instance("gate", &self.gate, last));
        let side = |of: &str| {
            let names = outputs.iter().map(|port| format!("{of}_{last}_{}", port.name));
            names.collect::<Vec<_>>().join(", ")
        };
        let _ =
            writeln!(body, "  assign {DIFFERS} = {{{}}} != {{{}}};", side("gold"), side("gate"));
        inputs.push(format!("output {DIFFERS}"));
        format!("module {TOP}({});\n{body}endmodule\n", inputs.join(", "))
    }

    fn instance(&self, of: &str, everted: &Everted, cycle: usize) -> String {
        let pin = |port: &Signal| {
            let side = if port.port == Some(Direction::Input) { "in" } else { of };
            format!(".{}({side}_{cycle}_{})", port.name, port.name)
        };
        let pins: Vec<String> = everted.top.ports().map(pin).collect();
        format!("  {} {of}_{cycle}({});", everted.top.name, pins.join(", "))
    }

    fn role(&self, port: &Signal) -> Role<'_> {
        let registers = &self.gold.registers;
        if port.port == Some(Direction::Input) {
            let register = registers.iter().find(|(now, _)| *now == port.name);
            return register.map_or(Role::Input, |(_, next)| Role::Now(next));
        }
        let is_next = registers.iter().any(|(_, next)| *next == port.name);
        if is_next { Role::Next } else { Role::Output }
    }
}

/// What a port of an everted module is.
enum Role<'a> {
    Input,
    Output,
    /// What a register holds; the port that says what it holds next.
    Now(&'a str),
    Next,
}

fn verilog(everted: &Everted) -> String {
    let files = systole_gen::verilog(&Design::unchecked(everted.top.clone()));
    files.into_iter().filter(|file| file.path.ends_with(".v")).map(|file| file.text).collect()
}
