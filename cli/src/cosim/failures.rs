//! From the programs that failed to folders that explain them.

use std::sync::Arc;

use systole_sim::Library;
use systole_verif::campaign::Summary;
use systole_verif::failure::{Failure, Origin, Report};
use systole_verif::generate::Profile;
use systole_verif::shrink::Budget;

use super::{Args, Plan, netlist};
use crate::exit::Result;
use crate::progress::Progress;
use crate::simulation;
use crate::{interrupt, output};

/// Failures that are shrunk and written; the others are only counted and listed.
const EXPLAINED: usize = 3;

/// A failure, made small and written down.
pub struct Explained {
    /// Its index in the campaign.
    pub index: u64,
    /// What there is to say about it.
    pub report: Report,
    /// The folder, unless it could not be written.
    pub folder: Option<String>,
}

/// Shrinks and writes the first failures of a campaign.
pub fn explain(
    args: &Args,
    plan: &Plan,
    summary: &Summary,
    library: &Arc<Library>,
) -> Result<Vec<Explained>> {
    if summary.found.is_empty() {
        return Ok(Vec::new());
    }
    let mut options = plan.chip.options.clone();
    if let Some(name) = plan.fault {
        options += &format!(" --inject {name}");
    }
    if plan.campaign.profile != Profile::Mixed {
        options += &format!(" --profile {}", plan.campaign.profile.name());
    }
    if let Some(netlists) = &plan.netlists {
        options += &netlist::options(netlists);
    }
    let verilator = simulation::verilator_version();
    let origin = Origin {
        preset: &plan.chip.name,
        config: &plan.chip.config,
        seed: plan.campaign.seed,
        fault: plan.campaign.fault,
        netlists: plan.netlists.as_ref(),
        options: &options,
        verilator: verilator.as_deref(),
    };
    let tracing = if args.no_waves { None } else { tracing_library(plan) };
    let mut explained = Vec::new();
    for found in summary.found.iter().take(EXPLAINED) {
        if interrupt::requested() {
            break;
        }
        let line = Progress::new();
        let mut failure =
            Failure::shrink(found, &origin, library, Budget::default(), |runs, instructions| {
                line.update(|| {
                    format!(
                        "shrink program {}: {instructions} instructions after {runs} runs",
                        found.index
                    )
                });
            })
            .map_err(simulation::tool_error)?;
        drop(line);
        let folder = match failure.write(&args.failures, &origin, tracing.as_ref()) {
            Ok(folder) => Some(folder.display().to_string()),
            Err(error) => {
                let path = args.failures.display();
                note!("error: cannot write the failure to `{path}`: {error}");
                note!("help:  name a folder that can be written with --failures DIR");
                None
            }
        };
        let mut report = failure.report();
        if let Some(folder) = &folder {
            report.replay = format!("systole cosim --replay {}", output::quoted(folder));
        }
        explained.push(Explained { index: found.index, report, folder });
    }
    Ok(explained)
}

/// A model that can write waves. A failure is worth reporting without it, too.
fn tracing_library(plan: &Plan) -> Option<Arc<Library>> {
    simulation::library(&plan.chip, plan.extras(true))
        .inspect_err(|error| note!("no waves of the RTL: {error}"))
        .ok()
}
