//! What would let a network fit that does not.

use systole_chip::ChipConfig;
use systole_compiler::network::Network;

use super::Planned;

/// Keys that may be too small, with their values.
fn keys(config: &ChipConfig) -> [(&'static str, u32); 5] {
    [
        ("npu.scratchpad_rows", config.npu.scratchpad_rows),
        ("npu.accumulator_rows", config.npu.accumulator_rows),
        ("npu.parameter_rows", config.npu.parameter_rows),
        ("memory.ram_bytes", config.memory.ram_bytes),
        ("npu.dim", config.npu.dim),
    ]
}

/// A key is doubled so often at most.
const DOUBLINGS: u32 = 9;

/// The smallest value of one key, and the presets, with which a network fits; `None` if there is
/// none.
pub(super) fn suggestion(network: &Network, config: &ChipConfig) -> Option<String> {
    let fits = |config: &ChipConfig| Planned::try_new(network, config).is_ok();
    let larger = |(key, value): (&str, u32)| {
        let values = (1..=DOUBLINGS).map_while(|i| value.checked_mul(1 << i));
        let setting = |value: u32| format!("{key}={value}");
        let config = |value| config.clone().with_settings(&[setting(value)]).ok();
        let found = values.map_while(|v| Some((v, config(v)?))).find(|(_, config)| fits(config));
        found.map(|(value, _)| format!("--set {}", setting(value)))
    };
    let presets = ["nano", "edge", "apex"].into_iter().filter(|preset| {
        ChipConfig::preset(preset).is_ok_and(|preset| preset != *config && fits(&preset))
    });
    let presets = presets.map(|preset| format!("--preset {preset}"));
    let options: Vec<String> = keys(config).into_iter().filter_map(larger).chain(presets).collect();
    (!options.is_empty()).then(|| format!("it fits with {}", options.join(", or with ")))
}
