//! One proof, from its Verilog to its verdict.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use systole_chip::proofs::Method;
use systole_hdl::Design;
use systole_sim::{Answer, Error, Question, ask};

use super::model::{self, MODEL, SCRIPT};
use super::{CounterExample, Outcome, Task, Tools, Verdict};

/// Waves of a counter-example, in the working folder.
const WAVES: &str = "counter_example.vcd";

/// Tries a proof. Waves of a counter-example go into the folder `waves`, which is made if needed.
///
/// # Errors
/// A tool that does not do its work; a proof that is not well formed.
pub fn prove(tools: &Tools, task: &Task, waves: &Path) -> Result<Outcome, Error> {
    let start = Instant::now();
    let design = model::design(task)?;
    let temporary = std::env::temp_dir();
    let folder = tempfile::tempdir().map_err(Error::io("create a folder in", &temporary))?;
    model::write(&design, folder.path(), task.fault.is_some())?;
    tools.yosys.run(&tools.settings, SCRIPT, folder.path())?;
    let run = Run { tools, task, design: &design, folder: folder.path(), waves };
    let verdict = run.verdict()?;
    Ok(Outcome { verdict, seconds: start.elapsed().as_secs_f64() })
}

/// A proof that Yosys has made a transition system of.
struct Run<'a> {
    tools: &'a Tools,
    task: &'a Task,
    design: &'a Design,
    folder: &'a Path,
    waves: &'a Path,
}

impl Run<'_> {
    fn verdict(&self) -> Result<Verdict, Error> {
        let method = self.task.proof.method;
        let bounded = self.ask(Question::Bounded { cycles: method.cycles() })?;
        if !bounded.holds {
            return Ok(if bounded.names.is_empty() {
                Verdict::Contradiction
            } else {
                Verdict::Fails(self.counter_example(&bounded))
            });
        }
        if let Method::Induction { k, .. } = method {
            let step = self.ask(Question::Induction { k })?;
            if !step.holds {
                let example = self.counter_example(&step);
                return Ok(Verdict::NotInductive(CounterExample { cycle: None, ..example }));
            }
        }
        // What is faulty may reach less.
        if self.task.fault.is_none() {
            let cover = self.ask(Question::Cover { cycles: method.cycles() })?;
            if !cover.holds {
                let of = |name: &String| model::property(&self.design.top, name);
                return Ok(Verdict::Vacuous(cover.names.iter().map(of).collect()));
            }
        }
        Ok(Verdict::Holds)
    }

    fn ask(&self, question: Question) -> Result<Answer, Error> {
        let tools = (&self.tools.yosys, &self.tools.boolector);
        ask(&self.tools.settings, tools, question, self.folder, MODEL, WAVES)
    }

    fn counter_example(&self, answer: &Answer) -> CounterExample {
        let of = |name: &String| model::property(&self.design.top, name);
        CounterExample {
            assertions: answer.names.iter().map(of).collect(),
            cycle: answer.cycle,
            waves: self.keep_waves(),
        }
    }

    /// Moves the waves to where they stay; whole or not at all.
    fn keep_waves(&self) -> Option<PathBuf> {
        let target = self.waves.join(format!("{}.vcd", self.task.name()));
        let text = fs::read_to_string(self.folder.join(WAVES)).ok()?;
        let file = systole_gen::GeneratedFile {
            path: target.file_name()?.to_string_lossy().into_owned(),
            text,
        };
        systole_gen::write_files(self.waves, &[file]).ok().map(|()| target)
    }
}
