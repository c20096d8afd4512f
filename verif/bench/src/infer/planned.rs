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
    /// Lowest address where a network may begin: the program that starts its job lies below.
    pub const LOWEST_BASE: u32 = driver::DATA;

    /// Bytes of which every piece of a network's memory begins at a multiple.
    pub fn alignment(config: &ChipConfig) -> u32 {
        chip::target(config).npu.bus_bytes.max(32)
    }

    /// Plans a network.
    ///
    /// # Errors
    /// When it does not fit the chip: says which preset or key would do.
    pub fn new(network: &Network, config: &ChipConfig) -> Result<Self, Error> {
        Self::at(network, config, driver::DATA)
    }

    /// Plans a network with everything in memory from `base` on.
    ///
    /// # Errors
    /// When it does not fit the chip, as [`Planned::new`], or `base` is not an address from
    /// [`Planned::LOWEST_BASE`] on within the RAM, or no multiple of [`Planned::alignment`].
    pub fn at(network: &Network, config: &ChipConfig, base: u32) -> Result<Self, Error> {
        let align = Self::alignment(config);
        let ram = Self::LOWEST_BASE..RAM_BASE + config.memory.ram_bytes;
        if !ram.contains(&base) || !base.is_multiple_of(align) {
            let (start, end) = (ram.start, ram.end);
            return Err(Error::new(format!(
                "base {base:#010x} is no address within {start:#010x}..{end:#010x} that is a \
                 multiple of {align}"
            ))
            .help("the program begins at the start of the RAM, and the network behind it"));
        }
        Self::try_at(network, config, base).map_err(|error| {
            match fit::suggestion(network, config) {
                Some(suggestion) => error.help(suggestion),
                None => error.help("neither a preset nor more of one memory would do"),
            }
        })
    }

    /// Plans a network, without advice if that fails.
    pub(super) fn try_new(network: &Network, config: &ChipConfig) -> Result<Self, Error> {
        Self::try_at(network, config, driver::DATA)
    }

    fn try_at(network: &Network, config: &ChipConfig, base: u32) -> Result<Self, Error> {
        let shape = chip::target(config).npu;
        let program = plan_network(&shape, network, base)
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
