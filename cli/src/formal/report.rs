//! What proofs tell: on the terminal, to GitHub, as JSON.

use serde_json::{Value, json};
use systole_chip::proofs::{Method, Proof};
use systole_verif::formal::{CounterExample, Outcome, Property, Task, Tools, Verdict};

use super::Results;
use crate::output;

/// Every proof with what it says.
pub fn list(proofs: &[Proof]) {
    for proof in proofs {
        say!("{:<24} {}", proof.name, proof.method);
        for line in wrapped(proof.statement, 74) {
            say!("    {line}");
        }
    }
}

/// Every planted fault.
pub fn faults(proofs: &[Proof]) {
    for proof in proofs {
        for fault in proof.faults {
            say!("{:<24} {:<24} {}", proof.name, fault.name, fault.description);
        }
    }
}

/// Printed before the work starts.
pub fn head(tasks: &[Task], tools: &Tools, jobs: usize) {
    let count = output::count(tasks.len() as u64, "proof");
    let fault = tasks.first().and_then(|task| task.fault);
    let fault = fault.map(|fault| format!("  fault {}", fault.name)).unwrap_or_default();
    let (yosys, boolector) = (&tools.yosys.version, &tools.boolector.version);
    say!("formal  {count}  {yosys}, Boolector {boolector}  jobs {jobs}{fault}");
}

/// Printed at the end: every proof, what does not hold with its counter-example, then the sums.
pub fn tail(results: &Results) {
    for (task, outcome) in results.tasks.iter().zip(&results.outcomes) {
        let Some(outcome) = outcome else { continue };
        let mark = if outcome.verdict == Verdict::Holds { "ok" } else { "FAILED" };
        let (name, method) = (task.proof.name, task.proof.method.to_string());
        say!("{mark:<7} {name:<24} {method:<28} {:>9}", output::time(outcome.seconds));
        for line in explanation(&outcome.verdict) {
            say!("        {line}");
        }
        if outcome.verdict != Verdict::Holds
            && std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
        {
            let what = explanation(&outcome.verdict).join("%0A");
            say!("::error title=systole formal {name}::{what}");
        }
    }
    let tried = results.outcomes.iter().flatten().count() as u64;
    let holds = |outcome: &&Outcome| outcome.verdict == Verdict::Holds;
    let held = results.outcomes.iter().flatten().filter(holds).count() as u64;
    let total = results.tasks.len() as u64;
    let verdict = match (tried < total, held < tried) {
        (true, _) => "STOP",
        (false, false) => "PASS",
        (false, true) => "FAIL",
    };
    let verb = if total == 1 { "holds" } else { "hold" };
    let of = output::count(total, "proof");
    say!("{verdict}    {held} of {of} {verb}, {}", output::time(results.seconds));
}

/// What is wrong, a line each.
fn explanation(verdict: &Verdict) -> Vec<String> {
    match verdict {
        Verdict::Holds => Vec::new(),
        Verdict::Fails(example) => {
            let cycle = example.cycle.map(|cycle| format!(" in cycle {cycle}")).unwrap_or_default();
            counter_example(&format!("does not hold{cycle} from reset on"), example)
        }
        Verdict::NotInductive(example) => counter_example(
            "does not follow by induction, from a state that may not occur",
            example,
        ),
        Verdict::Vacuous(covers) => {
            let lines = covers.iter().map(|cover| format!("{} cannot be reached", place(cover)));
            lines.collect()
        }
        Verdict::Contradiction => vec!["the assumptions contradict each other".to_owned()],
    }
}

fn counter_example(what: &str, example: &CounterExample) -> Vec<String> {
    let assertions =
        example.assertions.iter().map(|assertion| format!("{} {what}", place(assertion)));
    let waves = example.waves.iter().map(|waves| format!("waves {}", waves.display()));
    assertions.chain(waves).collect()
}

/// A property and its line.
fn place(property: &Property) -> String {
    match property.location {
        Some(location) => format!("`{}` ({}:{})", property.name, location.file, location.line),
        None => format!("`{}`", property.name),
    }
}

/// The result as JSON; the keys are those of the manual.
pub fn json(results: &Results) -> Value {
    let proofs: Vec<Value> = results
        .tasks
        .iter()
        .zip(&results.outcomes)
        .filter_map(|(task, outcome)| Some(proof(task, outcome.as_ref()?)))
        .collect();
    let holds = |outcome: &&Outcome| outcome.verdict == Verdict::Holds;
    let passed = results.outcomes.iter().flatten().filter(holds).count();
    json!({
        "proofs": proofs,
        "passed": passed,
        "failed": proofs.len() - passed,
        "interrupted": results.outcomes.iter().any(Option::is_none),
        "seconds": results.seconds,
    })
}

fn proof(task: &Task, outcome: &Outcome) -> Value {
    let (verdict, properties, example): (_, &[Property], _) = match &outcome.verdict {
        Verdict::Holds => ("holds", &[], None),
        Verdict::Fails(example) => ("fails", &example.assertions, Some(example)),
        Verdict::NotInductive(example) => ("not_inductive", &example.assertions, Some(example)),
        Verdict::Vacuous(covers) => ("vacuous", covers, None),
        Verdict::Contradiction => ("contradiction", &[], None),
    };
    let properties: Vec<Value> = properties
        .iter()
        .map(|property| {
            json!({
                "name": property.name,
                "file": property.location.map(|location| location.file),
                "line": property.location.map(|location| location.line),
            })
        })
        .collect();
    let induction = match task.proof.method {
        Method::Induction { k, .. } => Some(k),
        Method::Bounded { .. } => None,
    };
    json!({
        "name": task.proof.name,
        "statement": task.proof.statement,
        "fault": task.fault.map(|fault| fault.name),
        "induction": induction,
        "cycles": task.proof.method.cycles(),
        "verdict": verdict,
        "properties": properties,
        "cycle": example.and_then(|example| example.cycle),
        "waves": example.and_then(|example| example.waves.as_ref()),
        "seconds": outcome.seconds,
    })
}

/// Text in lines of at most `width` characters.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        if !lines[last].is_empty() && lines[last].len() + 1 + word.len() > width {
            lines.push(word.to_owned());
        } else {
            let space = if lines[last].is_empty() { "" } else { " " };
            lines[last] += &format!("{space}{word}");
        }
    }
    lines
}
