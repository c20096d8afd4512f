//! What the prover is asked: whether a part of the chip and its mutant ever do something else.

use std::collections::BTreeSet;
use std::fmt::Write;

use systole_hdl::evert::{Everted, Read, Register, Way, evert};
use systole_hdl::ir::{Direction, Module, Signal};
use systole_hdl::mutate::{self, Mutant};
use systole_hdl::{Bits, Design, edit};

/// Name of the module that holds both.
pub(super) const TOP: &str = "check";

/// A part of the chip beside itself with a mutant in it, at the same inputs, from power-up on.
///
/// - Registers begin as 0, as in the bench and in an FPGA, and the first cycle is one of reset. Further
///   resets may come any time.
/// - What memories hold is the same in both, because what is written to them is compared. The gate
///   reads what the gold reads if it reads the same word in the same cycle, anything otherwise.
/// - All outputs, all writes to memories, and all that children are given which were cut off are
///   compared in every cycle. While the latter is the same in both, what these children give is.
pub(super) struct Question {
    /// The part.
    pub gold: Everted,
    /// The same with the mutant.
    pub gate: Everted,
    /// Names of the modules whose children were cut off, each once.
    pub cut: Vec<String>,
}

impl Question {
    /// `part` is the mutant's module or one above it, with the children of the modules `inside`,
    /// among which have to be all that hold the mutant's. `None` when the mutant has other ports, as
    /// one that reads a memory elsewhere.
    pub fn new(
        part: &Module,
        module: &Module,
        mutant: &Mutant,
        inside: &BTreeSet<String>,
    ) -> Option<Self> {
        // Both go through an edit, which numbers expressions anew: names of cut reads depend on it.
        let (right, wrong) = (edit::edit(module.clone(), |_| ()), mutate::fixed(module, mutant));
        let gold = evert(part, Way { prefix: "gold_", inside, swap: Some(&right) });
        let gate = evert(part, Way { prefix: "gate_", inside, swap: Some(&wrong) });
        let ports = |of: &Everted| -> Vec<_> {
            of.top.ports().map(|port| (port.name.clone(), port.ty, port.port)).collect()
        };
        let cut: BTreeSet<String> = gold.asked.iter().map(|(of, _)| of.clone()).collect();
        let registers = |of: &Everted| -> Vec<_> {
            of.registers
                .iter()
                .map(|register| (register.now.clone(), register.next.clone()))
                .collect()
        };
        let same = ports(&gold) == ports(&gate)
            && registers(&gold) == registers(&gate)
            && gold.reads == gate.reads;
        same.then_some(Self { gold, gate, cut: cut.into_iter().collect() })
    }

    /// Number of outputs of the problem: one for each module that was cut off, in the order of
    /// [`cut`](Self::cut), then one for all else.
    pub fn outputs(&self) -> usize {
        self.cut.len() + 1
    }

    /// The files, by name.
    pub fn files(&self) -> [(&'static str, String); 3] {
        let [gold, gate] = self.sides();
        [("gold.v", gold), ("gate.v", gate), ("check.v", self.check())]
    }

    /// The Verilog of the part, without and with the mutant, both without registers.
    pub fn sides(&self) -> [String; 2] {
        [&self.gold, &self.gate].map(verilog)
    }

    fn check(&self) -> String {
        let mut check = Check::new(self.outputs());
        for port in self.gold.top.ports() {
            let (name, range) = (&port.name, range(port));
            match self.role(name, port) {
                Role::Shared => check.input(&range, &format!("in_{name}")),
                Role::Output => check.compared[self.output_of(name)].push(name.clone()),
                Role::Other => {}
            }
            if !matches!(self.role(name, port), Role::Shared) {
                check.line(&format!("wire {range} gold_{name}, gate_{name};"));
            }
        }
        for (gold, gate) in self.gold.registers.iter().zip(&self.gate.registers) {
            let range = self.range_of(&gold.now);
            check.register(&range, "gold", gold);
            check.register(&range, "gate", gate);
        }
        for read in &self.gold.reads {
            check.read(&self.range_of(&read.data), read);
        }
        check.line(&self.instance("gold", &self.gold));
        check.line(&self.instance("gate", &self.gate));
        check.finish()
    }

    fn role(&self, name: &str, port: &Signal) -> Role {
        let Everted { registers, reads, .. } = &self.gold;
        let of_register =
            registers.iter().any(|register| register.now == name || register.next == name);
        let of_read = reads.iter().any(|Read { address, enable, data }| {
            address == name || data == name || enable.as_deref() == Some(name)
        });
        match port.port {
            _ if of_register || of_read => Role::Other,
            Some(Direction::Input) => Role::Shared,
            _ => Role::Output,
        }
    }

    /// The output of the problem that tells whether the port `name` differs.
    fn output_of(&self, name: &str) -> usize {
        let child = self.gold.asked.iter().find(|(_, port)| port == name);
        let known = child.and_then(|(of, _)| self.cut.binary_search(of).ok());
        known.unwrap_or(self.cut.len())
    }

    fn range_of(&self, name: &str) -> String {
        let port = self.gold.top.ports().find(|port| port.name == name);
        range(port.expect("registers and reads are at ports"))
    }

    fn instance(&self, of: &str, everted: &Everted) -> String {
        let pin = |port: &Signal| {
            let shared = matches!(self.role(&port.name, port), Role::Shared);
            format!(".{}({}_{})", port.name, if shared { "in" } else { of }, port.name)
        };
        let pins: Vec<String> = everted.top.ports().map(pin).collect();
        format!("{} {of}({});", everted.top.name, pins.join(", "))
    }
}

/// What a port of an everted module is.
enum Role {
    /// An input that is the same for both.
    Shared,
    /// An output that has to be the same.
    Output,
    /// Of a register or a read, one for each.
    Other,
}

/// The range of a declaration.
pub(super) fn range(port: &Signal) -> String {
    format!("[{}:0]", port.ty.width() - 1)
}

/// The module around both, while it is written.
struct Check {
    ports: Vec<String>,
    body: String,
    /// Of each output the ports that it compares.
    compared: Vec<Vec<String>>,
}

impl Check {
    fn new(outputs: usize) -> Self {
        let range = format!("[{}:0]", outputs - 1);
        let ports = vec!["input clk".into(), "input rst".into(), format!("output {range} differs")];
        let body = "  reg started = 1'b0;\n  always @(posedge clk) started <= 1'b1;\n  \
                    wire resets = rst || !started;\n"
            .into();
        Self { ports, body, compared: vec![Vec::new(); outputs] }
    }

    fn input(&mut self, range: &str, name: &str) {
        self.ports.push(format!("input {range} {name}"));
    }

    fn line(&mut self, text: &str) {
        let _ = writeln!(self.body, "  {text}");
    }

    fn register(&mut self, range: &str, side: &str, register: &Register) {
        let Register { now, next, reset } = register;
        let next = format!("{side}_{next}");
        match reset {
            Some(value) => {
                let value = literal(value);
                self.holds(range, side, now, &format!("resets ? {value} : {next}"));
            }
            None => self.holds(range, side, now, &next),
        }
    }

    /// The port `name` shows what was `next` in the cycle before.
    fn holds(&mut self, range: &str, side: &str, name: &str, next: &str) {
        self.line(&format!("reg {range} {side}_{name}_q = 0;"));
        self.line(&format!("assign {side}_{name} = {side}_{name}_q;"));
        self.line(&format!("always @(posedge clk) {side}_{name}_q <= {next};"));
    }

    fn read(&mut self, range: &str, read: &Read) {
        let Read { address, enable, data } = read;
        self.input(range, &format!("word_{data}"));
        self.input(range, &format!("other_{data}"));
        let same = format!("gold_{address} == gate_{address}");
        let Some(enable) = enable else {
            self.line(&format!("assign gold_{data} = word_{data};"));
            self.line(&format!("assign gate_{data} = {same} ? word_{data} : other_{data};"));
            return;
        };
        let next = format!("gold_{enable} ? word_{data} : gold_{data}");
        self.holds(range, "gold", data, &next);
        let next = format!(
            "!gate_{enable} ? gate_{data} : gold_{enable} && {same} ? word_{data} : other_{data}"
        );
        self.holds(range, "gate", data, &next);
    }

    fn finish(self) -> String {
        let Self { ports, mut body, compared } = self;
        let side = |of: &str, compared: &[String]| {
            let names: Vec<String> = compared.iter().map(|name| format!("{of}_{name}")).collect();
            if names.is_empty() { "1'b0".to_owned() } else { names.join(", ") }
        };
        for (index, compared) in compared.iter().enumerate() {
            let (gold, gate) = (side("gold", compared), side("gate", compared));
            let _ = writeln!(body, "  assign differs[{index}] = {{{gold}}} != {{{gate}}};");
        }
        format!("module {TOP}({});\n{body}endmodule\n", ports.join(", "))
    }
}

fn literal(value: &Bits) -> String {
    let bits = (0..value.width()).rev().map(|bit| if value.bit(bit) { '1' } else { '0' });
    format!("{}'b{}", value.width(), bits.collect::<String>())
}

fn verilog(everted: &Everted) -> String {
    let files = systole_gen::verilog(&Design::unchecked(everted.top.clone()));
    files.into_iter().filter(|file| file.path.ends_with(".v")).map(|file| file.text).collect()
}
