//! From a configuration to a chip that can be simulated, telling how the build goes.

use std::sync::Arc;
use std::time::Instant;

use systole_chip::soc::soc;
use systole_hdl::{Design, Module};
use systole_sim::{Library, Netlists, Settings, Variant, Verilator, build_chip, build_design};
use systole_verif::faults;

use crate::args::Chip;
use crate::exit::{Error, Result};
use crate::interrupt;
use crate::output;
use crate::progress::Progress;

/// What a model has beyond the chip.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Extras<'a> {
    /// The injected faults.
    pub faults: bool,
    /// Waves.
    pub trace: bool,
    /// Modules that are there as netlists.
    pub netlists: Option<&'a Netlists>,
}

/// The checked design of a chip.
pub fn design(chip: &Chip, rvfi: bool) -> Result<Design> {
    checked(&soc(&chip.config, rvfi))
}

/// The checked design of a top module, which a validated configuration always gives.
pub fn checked(top: &Module) -> Result<Design> {
    systole_hdl::check(top).map_err(|errors| wrong_design(&errors))
}

/// The simulated model of a chip, compiled or from the cache.
pub fn library(chip: &Chip, extras: Extras) -> Result<Arc<Library>> {
    let faults = if extras.faults { faults::of(&chip.config) } else { Vec::new() };
    let Extras { trace, netlists, .. } = extras;
    let variant = Variant { trace, netlists, ..Variant::default() };
    build(chip, &extras.with(), |settings, progress| {
        build_chip(settings, &chip.config, &faults, variant, progress)
    })
}

/// What Verilator calls its version, if there is one.
pub fn verilator_version() -> Option<String> {
    let settings = Settings::from_env().ok()?;
    Verilator::find(&settings).ok()?.map(|verilator| verilator.version)
}

/// The simulated model of a design made from a chip, compiled or from the cache; `with` says how it
/// differs.
pub fn library_of(chip: &Chip, design: &Design, with: &str) -> Result<Arc<Library>> {
    build(chip, with, |settings, progress| {
        build_design(settings, &chip.config, design, Variant::default(), progress)
    })
}

/// Builds a model, telling how it goes.
fn build(
    chip: &Chip,
    with: &str,
    make: impl FnOnce(
        &Settings,
        &dyn systole_sim::Progress,
    ) -> std::result::Result<Arc<Library>, systole_sim::Error>,
) -> Result<Arc<Library>> {
    // With a handler, Ctrl-C leaves this process the time to remove what a build has begun.
    interrupt::flag();
    let start = Instant::now();
    let line = Progress::new();
    let progress = |phase: &str, fraction: f32| {
        line.update(|| format!("build {}  {:3.0} %  {phase}", chip.name, 100.0 * fraction));
    };
    let library =
        Settings::from_env().and_then(|settings| make(&settings, &progress)).map_err(tool_error)?;
    drop(line);
    let seconds = output::time(start.elapsed().as_secs_f64());
    note!("model  {}{with} ready in {seconds}", chip.name);
    Ok(library)
}

impl Extras<'_> {
    /// What a model has, in words.
    fn with(self) -> String {
        let extras = match (self.faults, self.trace) {
            (false, false) => "",
            (true, false) => " with faults",
            (false, true) => " with waves",
            (true, true) => " with faults and waves",
        };
        self.netlists.map(Netlists::to_string).unwrap_or_default() + extras
    }
}

/// An error of a build, with its exit code.
pub fn tool_error(error: systole_sim::Error) -> Error {
    if interrupt::requested() {
        return Error::interrupted();
    }
    if !error.is_tool() {
        return wrong_design(&error);
    }
    Error::tool(error)
        .help("`systole doctor` says what is installed and how to get what is missing")
}

fn wrong_design(errors: &dyn std::fmt::Display) -> Error {
    Error::usage(format!("the description of this chip is wrong:\n{errors}"))
        .help("this is a fault of Systole; please report it with the configuration")
}
