//! Questions to a solver about a design, through `yosys-smtbmc`.

use std::path::Path;
use std::process::Stdio;

use crate::settings::Settings;
use crate::{Boolector, Error, Yosys, process};

/// What is asked about a design that Yosys has written as SMT-LIB.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Question {
    /// Does every assertion hold in the first cycles from reset on?
    Bounded {
        /// Number of cycles.
        cycles: u32,
    },
    /// Does every assertion hold in a cycle if all held in those before, whatever state it began in?
    Induction {
        /// Number of cycles before.
        k: u32,
    },
    /// Can every cover statement be reached in the first cycles from reset on?
    Cover {
        /// Number of cycles.
        cycles: u32,
    },
}

/// What the solver found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Answer {
    /// The answer is yes.
    pub holds: bool,
    /// Names of the assertions that fail in the counter-example, with the instances above them,
    /// separated by points; of the cover statements that cannot be reached.
    pub names: Vec<String>,
    /// The cycle, from 0, in which the counter-example fails.
    pub cycle: Option<u32>,
}

/// Asks a question about the file `model` in `folder`. A counter-example is written to `vcd` there.
///
/// # Errors
/// Tools that do not run, and what they say that is no answer.
pub fn ask(
    settings: &Settings,
    (yosys, boolector): (&Yosys, &Boolector),
    question: Question,
    folder: &Path,
    model: &str,
    vcd: &str,
) -> Result<Answer, Error> {
    let mut command = yosys.smtbmc(settings);
    let solvers = boolector.program.parent().unwrap_or(Path::new("."));
    let path = std::env::join_paths(
        std::iter::once(solvers.to_path_buf()).chain(std::env::split_paths(&settings.path)),
    );
    command.current_dir(folder).env("PATH", path.unwrap_or_else(|_| settings.path.clone()));
    command.args(["-s", "boolector", "--dump-vcd", vcd]);
    match question {
        // With `--presat` assumptions that contradict each other are a failure of their own.
        Question::Bounded { cycles } => command.args(["--presat", "-t", &cycles.to_string()]),
        Question::Induction { k } => command.args(["-i", "-t", &k.to_string()]),
        Question::Cover { cycles } => command.args(["-c", "-t", &cycles.to_string()]),
    };
    let output = command
        .arg(model)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| process::failure(&command, error.to_string(), ""))?;
    let text = String::from_utf8_lossy(&output.stdout);
    answer(&text).ok_or_else(|| process::failure(&command, process::last_lines(&output), ""))
}

/// Reads what `yosys-smtbmc` prints.
fn answer(text: &str) -> Option<Answer> {
    let mut answer = Answer::default();
    let mut verdict = None;
    for line in text.lines() {
        // After `##   0:00:01  `.
        let said = line.trim_start_matches(['#', ' ']).split_once(' ').map_or("", |(_, said)| said);
        let said = said.trim();
        let step = said.strip_prefix("Checking assertions in step ");
        if let Some(step) = step.and_then(|step| step.trim_end_matches('.').parse().ok()) {
            answer.cycle = Some(step);
        } else if let Some(name) = said.strip_prefix("Assert failed in ") {
            answer.names.extend(name.split_once(": ").map(|(_, name)| property(name)));
        } else if let Some(name) = said.strip_prefix("Unreached cover statement at ") {
            let name = name.split_once(": ").map_or(name, |(_, name)| name);
            answer.names.push(property(name.trim_end_matches('.')));
        } else if let Some(status) = said.strip_prefix("Status: ") {
            verdict = Some(status.to_ascii_lowercase());
        }
    }
    match verdict.as_deref() {
        Some("passed") => answer.holds = true,
        Some("failed" | "preunsat") => {}
        _ => return None,
    }
    Some(answer)
}

/// A property's name without the place in the Verilog that newer versions put behind it.
fn property(text: &str) -> String {
    text.split_whitespace().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_example_is_read() {
        let text = "\
##   0:00:00  Solver: boolector
##   0:00:00  Checking assumptions in step 10..
##   0:00:00  Checking assertions in step 10..
##   0:00:00  BMC failed!
##   0:00:00  Assert failed in top: unit.in_range
##   0:00:00  Assert failed in top: exact
##   0:00:00  Writing trace to VCD file: f.vcd
##   0:00:00  Status: FAILED
";
        let names = vec!["unit.in_range".to_owned(), "exact".to_owned()];
        assert_eq!(answer(text), Some(Answer { holds: false, names, cycle: Some(10) }));
    }

    #[test]
    fn unreached_covers_of_old_and_new_versions_are_read() {
        for line in
            ["Unreached cover statement at u.full.", "Unreached cover statement at top: u.full"]
        {
            let text = format!("##   0:00:00  {line}\n##   0:00:00  Status: failed\n");
            assert_eq!(answer(&text).map(|answer| answer.names), Some(vec!["u.full".to_owned()]));
        }
    }

    #[test]
    fn no_verdict_is_no_answer() {
        assert_eq!(answer("##   0:00:00  Solver: boolector\nTraceback"), None);
    }
}
