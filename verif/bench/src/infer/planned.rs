//! A network planned for a chip.

use systole_chip::ChipConfig;
use systole_compiler::NpuShape;
use systole_compiler::network::{Network, Program, estimate, plan_network};
use systole_golden::RAM_BASE;

use super::layers::layers;
use super::{Error, LayerInfo, driver, fit};
use crate::chip;

/// A network's job for a chip.
pub struct Planned {
    /// The NPU.
    pub shape: NpuShape,
    /// The job.
    pub program: Program,
    /// Its layers.
    pub layers: Vec<LayerInfo>,
}

impl Planned {
    /// Plans a network.
    ///
    /// # Errors
    /// When it does not fit the chip: says which preset or key would do.
    pub fn new(network: &Network, config: &ChipConfig) -> Result<Self, Error> {
        Self::try_new(network, config).map_err(|error| match fit::suggestion(network, config) {
            Some(suggestion) => error.help(suggestion),
            None => error.help("neither a preset nor more of one memory would do"),
        })
    }

    /// Plans a network, without advice if that fails.
    pub(super) fn try_new(network: &Network, config: &ChipConfig) -> Result<Self, Error> {
        let shape = chip::target(config).npu;
        let program = plan_network(&shape, network, driver::DATA)
            .map_err(|error| Error::new(format!("the network does not fit the chip: {error}")))?;
        let (needs, has) = (program.end - RAM_BASE, config.memory.ram_bytes);
        if needs > has {
            return Err(Error::new(format!(
                "the network does not fit the chip: it needs {needs} bytes of memory, there are {has}"
            )));
        }
        let layers = layers(network, &program);
        Ok(Self { shape, program, layers })
    }

    /// Cycles that the whole job is expected to take.
    pub fn predicted(&self) -> u64 {
        estimate(&self.shape, &self.program.descriptors).total
    }
}
