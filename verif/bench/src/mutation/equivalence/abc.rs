//! Asking ABC, a model checker that is part of Yosys.

use std::path::Path;
use std::time::Duration;

use systole_sim::{Error, Settings, Yosys};

use super::question::{Question, TOP};

/// Processor time of each of the two steps.
const LIMIT: Duration = Duration::from_secs(30);
/// The file of gates and registers.
const PROBLEM: &str = "check.aig";

/// What is known about each output of a question.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// It never differs.
    Same,
    /// It does in some cycle.
    Differs,
    /// Time was up.
    Unknown,
}

/// What ABC finds out about each output. `None` when time is up before it begins.
///
/// If an output differs within a few cycles, nothing is said of those that do not.
pub(super) fn ask(
    yosys: &Yosys,
    settings: &Settings,
    question: &Question,
) -> Result<Option<Vec<Verdict>>, Error> {
    let temporary = std::env::temp_dir();
    let folder = tempfile::tempdir().map_err(Error::io("create a folder in", &temporary))?;
    let folder = folder.path();
    let outputs = question.outputs();
    let scripts = [
        ("refute.ys", build() + "design -reset\n" + &run("refute.abc")),
        ("prove.ys", run("prove.abc")),
        ("refute.abc", refute(outputs)),
        ("prove.abc", prove(outputs)),
        ("idle.v", "module idle(input a, b, output c);\n  assign c = a & b;\nendmodule\n".into()),
    ];
    for (name, text) in question.files().into_iter().chain(scripts) {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(Error::io("write", &path))?;
    }
    // What is left undone when time is up, a verdict is missing of.
    yosys.run_within(settings, "refute.ys", folder, LIMIT)?;
    if !folder.join(PROBLEM).exists() {
        return Ok(None);
    }
    let refuted = verdicts(folder, outputs);
    if refuted.contains(&Verdict::Differs) {
        return Ok(Some(refuted));
    }
    yosys.run_within(settings, "prove.ys", folder, LIMIT)?;
    Ok(Some(verdicts(folder, outputs)))
}

/// Turns the Verilog into gates and registers. Modules are done before they are put into each other:
/// each once.
fn build() -> String {
    format!(
        "read_verilog gold.v gate.v check.v\n\
         hierarchy -top {TOP}\n\
         proc\n\
         opt_expr\n\
         setundef -zero\n\
         techmap\n\
         opt_expr\n\
         dffunmap\n\
         setundef -zero\n\
         aigmap\n\
         flatten\n\
         write_aiger -zinit {PROBLEM}\n"
    )
}

/// Has ABC run a script. Yosys wants it to map something.
fn run(script: &str) -> String {
    format!("read_verilog idle.v\nhierarchy -top idle\nsimplemap\nabc -script {script}\n")
}

/// Looks for a difference in the first cycles, output by output.
fn refute(outputs: usize) -> String {
    let each = |output| {
        let (of, status) = (of(PROBLEM, output), status(output));
        format!("{of}bmc3 -F 6 -C 10000 -T 5\nwrite_status {status}\n")
    };
    aside((0..outputs).map(each).collect())
}

/// Merges what is always the same in both, then proves what is left of each output.
fn prove(outputs: usize) -> String {
    let each = |output| {
        let (of, status, rest) = (of("merged.aig", output), status(output), rest(output));
        format!(
            "{of}scorr -F 4 -C 200\nfraig\nwrite_aiger {rest}\npdr -T 15\nwrite_status {status}\n"
        )
    };
    let merge = format!("read_aiger {PROBLEM}\nlcorr\nscorr -C 200\nwrite_aiger merged.aig\n");
    aside(merge + &(0..outputs).map(each).collect::<String>())
}

/// One output of a file. Reading it forgets what is known of another.
fn of(file: &str, output: usize) -> String {
    format!("read_aiger {file}\n&get\n&cone -O {output} -R 1\n&put\n")
}

/// Keeps what Yosys wants to be mapped.
fn aside(script: String) -> String {
    format!("write_blif idle.blif\n{script}read_blif idle.blif\nstrash\nmap\n")
}

fn status(output: usize) -> String {
    format!("status_{output}")
}

fn rest(output: usize) -> String {
    format!("rest_{output}.aig")
}

fn verdicts(folder: &Path, outputs: usize) -> Vec<Verdict> {
    let read = |name: String| std::fs::read(folder.join(name)).unwrap_or_default();
    let verdict = |output| match &read(status(output))[..] {
        text if text.starts_with(b"snl_UNSAT") => Verdict::Same,
        text if text.starts_with(b"snl_SAT") => Verdict::Differs,
        // Newer versions say nothing of what is constant.
        _ if is_zero(&read(rest(output))) => Verdict::Same,
        _ => Verdict::Unknown,
    };
    (0..outputs).map(verdict).collect()
}

/// Whether the only output of a problem in the AIGER format is the constant 0.
fn is_zero(aiger: &[u8]) -> bool {
    let mut lines = aiger.split(|&byte| byte == b'\n').map(String::from_utf8_lossy);
    let header = lines.next().unwrap_or_default();
    // aig M I L O A
    let numbers: Vec<usize> = header.split(' ').skip(1).map_while(|n| n.parse().ok()).collect();
    let [_, _, latches, 1, ..] = numbers[..] else { return false };
    lines.nth(latches).is_some_and(|output| output == "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_output_is_seen() {
        assert!(is_zero(b"aig 0 0 0 1 0\n0\nc\n"));
        assert!(is_zero(b"aig 3 2 1 1 0\n2\n0\nc\n"));
        assert!(!is_zero(b"aig 3 2 1 1 0\n0\n6\nc\n"));
        assert!(!is_zero(b"aig 0 0 0 1 0\n1\nc\n"));
        assert!(!is_zero(b"aig 1 1 0 2 0\n0\n2\nc\n"));
        assert!(!is_zero(b""));
    }
}
