//! A question without time: whether a part of the chip and its mutant do the same in every state that
//! the part can have come to in two steps.
//!
//! Of little power, as it knows nothing of which states are reached, but it takes less than a minute
//! for a whole hart or NPU, where it sees what the configuration ties off.

use std::fmt::Write;
use std::time::Duration;

use systole_hdl::evert::Everted;
use systole_hdl::ir::{Direction, Signal};
use systole_sim::{Error, Settings, Yosys};

use super::question::{Question, TOP, range};

/// Processor time.
const LIMIT: Duration = Duration::from_secs(60);
/// Steps of the part, the one beside the mutant included.
const STEPS: usize = 3;

/// Whether they do.
///
/// Both begin in one state, which may be any. The part takes some steps by itself, after which its
/// state is one that has as many predecessors: in such a state the mutant has to show and to store the
/// same. By induction the mutant then never leaves the path of the part. The states of the first steps
/// after reset have fewer predecessors and are not looked at.
pub(super) fn same(yosys: &Yosys, settings: &Settings, of: &Question) -> Result<bool, Error> {
    let temporary = std::env::temp_dir();
    let folder = tempfile::tempdir().map_err(Error::io("create a folder in", &temporary))?;
    let [gold, gate] = of.sides();
    let files = [("gold.v", gold), ("gate.v", gate), ("check.v", check(&of.gold, &of.gate))];
    for (name, text) in files.into_iter().chain([("prove.ys", script())]) {
        let path = folder.path().join(name);
        std::fs::write(&path, text).map_err(Error::io("write", &path))?;
    }
    yosys.run_within(settings, "prove.ys", folder.path(), LIMIT)
}

/// What both have in common is merged, which leaves little to solve.
fn script() -> String {
    let merge = "opt_expr\nopt_merge\nopt_clean\n".repeat(2);
    format!(
        "read_verilog gold.v gate.v check.v\nhierarchy -top {TOP}\nproc\nflatten\n{merge}\
         sat -verify -prove differs 0 {TOP}\n"
    )
}

/// Several golds in a row, a gate beside the last.
fn check(gold: &Everted, gate: &Everted) -> String {
    let last = STEPS - 1;
    let (mut body, mut ports) = (String::new(), vec!["output differs".to_owned()]);
    let is_output = |port: &&Signal| port.port == Some(Direction::Output);
    for step in 0..STEPS {
        for port in gold.top.ports() {
            let (name, range) = (&port.name, range(port));
            let register = gold.registers.iter().find(|register| register.now == *name);
            match register {
                _ if is_output(&port) => {
                    let _ = writeln!(body, "  wire {range} gold_{step}_{name};");
                }
                Some(register) if step > 0 => {
                    let before = format!("gold_{}_{}", step - 1, register.next);
                    let _ = writeln!(body, "  wire {range} in_{step}_{name} = {before};");
                }
                _ => ports.push(format!("input {range} in_{step}_{name}")),
            }
        }
        let _ = writeln!(body, "{}", instance("gold", gold, step));
    }
    for port in gold.top.ports().filter(is_output) {
        let _ = writeln!(body, "  wire {} gate_{last}_{};", range(port), port.name);
    }
    let _ = writeln!(body, "{}", instance("gate", gate, last));
    let side = |of: &str| {
        let outputs = gold.top.ports().filter(is_output);
        outputs.map(|port| format!("{of}_{last}_{}", port.name)).collect::<Vec<_>>().join(", ")
    };
    let _ = writeln!(body, "  assign differs = {{{}}} != {{{}}};", side("gold"), side("gate"));
    format!("module {TOP}({});\n{body}endmodule\n", ports.join(", "))
}

fn instance(of: &str, everted: &Everted, step: usize) -> String {
    let pin = |port: &Signal| {
        let side = if port.port == Some(Direction::Input) { "in" } else { of };
        format!(".{}({side}_{step}_{})", port.name, port.name)
    };
    let pins: Vec<String> = everted.top.ports().map(pin).collect();
    format!("  {} {of}_{step}({});", everted.top.name, pins.join(", "))
}
