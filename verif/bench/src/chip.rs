//! One configuration, three views of it: the chip, its golden model, the generators' target.

use std::sync::Arc;

use systole_chip::ChipConfig;
use systole_compiler::NpuShape;
use systole_golden::{Isa, Machine, NpuConfig};
use systole_sim::{Dut, Error, Library};

use crate::generate::{Profile, Target};
use crate::lockstep::{Lockstep, Widths};

/// What the hart of `config` has.
pub fn isa(config: &ChipConfig) -> Isa {
    let core = &config.core;
    Isa {
        m: core.has_multiply(),
        a: core.atomics,
        c: core.compressed,
        zba: core.zba,
        zbb: core.zbb,
        zbs: core.zbs,
        zicntr: core.zicntr,
        hpm_counters: core.hpm_counters,
        user_mode: core.user_mode,
        pmp_regions: core.pmp_regions,
    }
}

/// Configuration of the golden model of `config`.
pub fn golden_config(config: &ChipConfig) -> systole_golden::Config {
    let npu = &config.npu;
    systole_golden::Config {
        ram_bytes: config.memory.ram_bytes,
        isa: isa(config),
        npu: NpuConfig {
            dim: npu.dim,
            bus_bytes: npu.bus_bits / 8,
            scratchpad_rows: npu.scratchpad_rows,
            accumulator_rows: npu.accumulator_rows,
            parameter_rows: npu.parameter_rows,
            double_rounding: npu.double_rounding,
            int4_weights: npu.int4_weights,
        },
    }
}

/// What programs for `config` are generated for: a mix of everything.
pub fn target(config: &ChipConfig) -> Target {
    let npu = NpuShape {
        dim: config.npu.dim,
        bus_bytes: config.npu.bus_bits / 8,
        scratchpad_rows: config.npu.scratchpad_rows,
        accumulator_rows: config.npu.accumulator_rows,
        parameter_rows: config.npu.parameter_rows,
        requantise_lanes: config.npu.requantise_lanes,
        sequential: config.npu.sequential,
    };
    Target {
        isa: isa(config),
        npu,
        double_rounding: config.npu.double_rounding,
        int4_weights: config.npu.int4_weights,
        ram_bytes: config.memory.ram_bytes,
        profile: Profile::Mixed,
    }
}

/// Cycles that generated programs may take at most: with a sequential NPU, for which a result takes
/// hundreds of cycles, or with another.
pub(crate) fn patience(sequential: bool) -> u64 {
    if sequential { 10_000_000 } else { 200_000 }
}

/// A simulated chip beside its golden model.
///
/// # Errors
/// When there is no memory for one more chip.
pub fn lockstep(config: &ChipConfig, library: &Arc<Library>) -> Result<Lockstep, Error> {
    let golden = Machine::new(&golden_config(config));
    let widths =
        Widths { ram_bytes: config.memory.ram_bytes, fetch_bytes: config.core.fetch_bits() / 8 };
    Ok(Lockstep::new(Dut::new(library)?, golden, widths, patience(config.npu.sequential)))
}
