//! One configuration, three views of it: the chip, its golden model, the generators' target.

use std::sync::Arc;

use systole_chip::ChipConfig;
use systole_compiler::NpuShape;
use systole_golden::{Isa, Machine, NpuConfig};
use systole_sim::{Dut, Error, Library};

use crate::generate::Target;
use crate::lockstep::Lockstep;

/// Configuration of the golden model of `config`.
pub fn golden_config(config: &ChipConfig) -> systole_golden::Config {
    let npu = &config.npu;
    systole_golden::Config {
        ram_bytes: config.memory.ram_bytes,
        isa: Isa { m: true, ..Isa::default() },
        npu: NpuConfig {
            dim: npu.dim,
            bus_bytes: npu.bus_bits / 8,
            scratchpad_rows: npu.scratchpad_rows,
            accumulator_rows: npu.accumulator_rows,
            parameter_rows: npu.parameter_rows,
        },
    }
}

/// What programs for `config` are generated for.
pub fn target(config: &ChipConfig) -> Target {
    let npu = NpuShape {
        dim: config.npu.dim,
        scratchpad_rows: config.npu.scratchpad_rows,
        accumulator_rows: config.npu.accumulator_rows,
        parameter_rows: config.npu.parameter_rows,
    };
    Target { npu, ram_bytes: config.memory.ram_bytes }
}

/// A simulated chip beside its golden model.
///
/// # Errors
/// When there is no memory for one more chip.
pub fn lockstep(config: &ChipConfig, library: &Arc<Library>) -> Result<Lockstep, Error> {
    let golden = Machine::new(&golden_config(config));
    Ok(Lockstep::new(Dut::new(library)?, golden, config.memory.ram_bytes))
}
