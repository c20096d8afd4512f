//! From a configuration or a design to a model that runs.

use std::sync::Arc;

use systole_chip::ChipConfig;
use systole_chip::soc::soc;
use systole_hdl::Design;
use systole_hdl::fault::{self, FAULT_SELECT, Fault};
use verilator_sys::Library;

use crate::Error;
use crate::build::{Model, Variant, build};
use crate::progress::Progress;
use crate::settings::Settings;

/// Builds the chip of a valid configuration with its retire port, or finds it in the cache.
/// [`Dut::set_fault`](crate::Dut::set_fault) selects one of `faults`, counted from 1.
///
/// # Errors
/// Tools that are missing or fail, and a description or faults that are wrong.
pub fn build_chip(
    settings: &Settings,
    config: &ChipConfig,
    faults: &[Fault],
    variant: Variant,
    progress: &dyn Progress,
) -> Result<Arc<Library>, Error> {
    let wrong = |errors: systole_hdl::Errors| Error::Design(errors.to_string());
    let mut design = systole_hdl::check(&soc(config, true)).map_err(wrong)?;
    if !faults.is_empty() {
        design = fault::inject(&design, faults).map_err(wrong)?;
    }
    build_design(settings, config, &design, variant, progress)
}

/// Builds a design that was made from the chip of `config`, with its retire port: mutants, say.
///
/// # Errors
/// Tools that are missing or fail, and netlists of modules that the design does not have.
pub fn build_design(
    settings: &Settings,
    config: &ChipConfig,
    design: &Design,
    variant: Variant,
    progress: &dyn Progress,
) -> Result<Arc<Library>, Error> {
    let files = systole_gen::verilog(design).into_iter().map(|file| (file.path, file.text));
    // The other files tell about the Verilog: a new comment in them is no reason to build anew.
    let mut verilog: Vec<_> = files.filter(|(name, _)| name.ends_with(".v")).collect();
    if let Some(netlists) = variant.netlists {
        netlists.replace(settings, design, &mut verilog, progress)?;
    }
    let model = Model {
        verilog: &verilog,
        bus_bits: if config.has_npu() { config.npu.bus_bits } else { 0 },
        ram_bytes: config.memory.ram_bytes,
        fetch_bits: config.core.fetch_bits(),
        retire_channels: config.core.retire_channels(),
        faults: design.top.signals.iter().any(|signal| signal.name == FAULT_SELECT),
        variant,
    };
    build(settings, &model, progress)
}
