//! `systole cosim --replay DIR`: a failure folder run again.

use std::path::Path;

use serde_json::json;
use systole_verif::failure::{Replay, divergence_text};

use crate::args::Chip;
use crate::exit::{Error, Exit, Result};
use crate::interrupt;
use crate::json::Target;
use crate::output;
use crate::simulation::{self, Extras};

/// Runs the minimal program of a failure folder on the chip as it is now.
pub fn command(folder: &Path, json: Option<&Path>) -> Result {
    let replay = Replay::read(folder).map_err(|bad| {
        Error::usage(format!("--replay: `{}`: {}", bad.path.display(), bad.message))
            .help("name a folder that `systole cosim` has written below systole-failures")
    })?;
    let json = Target::open(json)?;
    let recipe = &replay.recipe;
    let chip =
        Chip { name: recipe.preset.clone(), config: replay.config.clone(), options: String::new() };
    let fault = recipe.fault.as_ref().map_or(String::new(), |name| format!("  fault {name}"));
    say!("replay  {}  program {} of seed {}{fault}", chip.name, recipe.index, recipe.seed);
    let netlists = replay.netlists.as_ref();
    let extras = Extras { faults: replay.fault > 0, trace: false, netlists };
    let library = simulation::library(&chip, extras)?;
    if interrupt::requested() {
        return Err(Error::interrupted());
    }
    let outcome = replay.run(&library).map_err(simulation::tool_error)?;
    match &outcome.divergence {
        Some(divergence) => {
            say!("FAIL  {} at cycle {}", divergence.kind, divergence.cycle);
            say!("{}", divergence_text(divergence, output::style()).trim_end());
        }
        None => {
            say!("PASS  {} instructions agree; it was: {}", outcome.instructions, recipe.message);
        }
    }
    json.json(&json!({
        "preset": chip.name,
        "seed": recipe.seed,
        "index": recipe.index,
        "fault": recipe.fault,
        "instructions": outcome.instructions,
        "npu_jobs": outcome.npu_jobs,
        "cycles": outcome.cycles,
        "mismatches": u8::from(outcome.divergence.is_some()),
        "kind": outcome.divergence.as_ref().map(|divergence| divergence.kind.name()),
        "message": outcome.divergence.as_ref().map(|divergence| &divergence.message),
        "was": { "kind": recipe.kind, "message": recipe.message },
    }))?;
    Ok(if outcome.divergence.is_some() { Exit::Failed } else { Exit::Good })
}
