//! `systole cosim --netlist`: modules of the chip as what Yosys makes of them.

use systole_gen::netlist::Technology;
use systole_hdl::suggest::did_you_mean;
use systole_sim::Netlists;

use super::Args;
use crate::args::Chip;
use crate::exit::{Error, Result};
use crate::simulation;

/// The modules, unless others are named, of those that the chip has: the hart, the NPU's array, and
/// what a sequential NPU has in its place.
const MODULES: [&str; 4] = ["core", "npu_array", "npu_sequencer", "npu_sums"];

/// What `--netlist` and `--module` ask for of a chip.
pub(super) fn netlists(args: &Args, chip: &Chip) -> Result<Option<Netlists>> {
    let Some(technology) = args.netlist else { return Ok(None) };
    let mut modules = args.modules.clone();
    let design = simulation::design(chip, true)?;
    let names = || design.modules().iter().map(|module| module.name.as_str());
    if modules.is_empty() {
        let has = |name: &&str| names().any(|module| module == *name);
        modules = MODULES.into_iter().filter(has).map(str::to_owned).collect();
    }
    for module in &modules {
        if !names().any(|name| name == module) {
            let hint = did_you_mean(module, names());
            let message = format!("--module: {} has no module `{module}`{hint}", chip.name);
            return Err(Error::usage(message).help("`systole gen` writes a file for each module"));
        }
    }
    Ok(Some(Netlists { technology, modules }))
}

/// The options that ask for the same again, each with a space before it.
pub(super) fn options(netlists: &Netlists) -> String {
    let modules = netlists.modules.iter().map(|module| format!(" --module {module}"));
    format!(" --netlist {}{}", netlists.technology.name(), modules.collect::<String>())
}

/// Parses the name of a technology. One is only there to see a fault found, and not told.
pub(super) fn technology(text: &str) -> std::result::Result<Technology, String> {
    let found = Technology::ALL.into_iter().find(|technology| technology.name() == text);
    found.ok_or_else(|| {
        let [generic, ice40] = [Technology::Generic, Technology::Ice40].map(Technology::name);
        format!("there are no netlists of `{text}`; there are {generic} and {ice40}")
    })
}
