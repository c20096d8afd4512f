//! Random configurations: every switch of the hart, on a small chip.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use systole_chip::ChipConfig;
use systole_chip::config::keys::{KEYS, Key};
use systole_chip::config::{CoreConfig, Multiplier, Pipeline};

/// The preset that random configurations start from.
pub const BASE: &str = "nano";

/// The configuration that `seed` and `index` stand for; the same on every machine.
///
/// # Panics
/// When hardly any combination of switches is valid, which is a mistake of the chip's validation.
pub fn sample(seed: u64, index: u64) -> ChipConfig {
    let mut bytes = [0u8; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&index.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let npu_dim = prop_oneof![5 => Just(2), 1 => Just(0)];
    let valid =
        (core(), npu_dim).prop_map(chip).prop_filter("a valid one", |chip| chip.validate().is_ok());
    valid.new_tree(&mut runner).expect("many combinations are valid").current()
}

/// What distinguishes `config` from [`BASE`], as settings of the command line.
pub fn settings(config: &ChipConfig) -> Vec<String> {
    let base = base();
    let differs = KEYS.iter().filter(|key| key.get(config) != key.get(&base));
    let text = |key: &Key| key.get(config).to_string().trim_matches('"').to_owned();
    differs.map(|key| format!("{}={}", key.name, text(key))).collect()
}

fn base() -> ChipConfig {
    ChipConfig::preset(BASE).expect("a preset")
}

fn chip((core, npu_dim): (CoreConfig, u32)) -> ChipConfig {
    let mut config = base();
    config.core = core;
    config.npu.dim = npu_dim;
    config.npu.requantise_lanes = 1;
    config
}

fn core() -> impl Strategy<Value = CoreConfig> {
    let multiplier = select(&[Multiplier::None, Multiplier::Iterative, Multiplier::Fast][..]);
    let depth = select(&[2u32, 4, 8][..]);
    let switches = any::<[bool; 7]>();
    let hpm_counters = select(&[0u32, 0, 1, 2, 5, 29][..]);
    let pmp_regions = select(&[0u32, 0, 1, 3, 8, 16][..]);
    let compact_targets = select(&[0u32, 16, 64][..]);
    let speculation = (select(&[16u32, 64, 512][..]), select(&[0u32, 2, 4, 16][..]));
    let prediction = (any::<bool>(), speculation, compact_targets);
    (multiplier, depth, switches, hpm_counters, pmp_regions, prediction).prop_map(
        |(multiplier, fetch_depth, switches, hpm_counters, pmp_regions, prediction)| {
            let (fast, speculation, compact_targets) = prediction;
            let [atomics, compressed, zba, zbb, zbs, zicntr, user_mode] = switches;
            let pipeline = if fast { Pipeline::Fast } else { Pipeline::Compact };
            let (issue_width, (branch_targets, return_stack)) = match (fast, compressed) {
                (true, _) => (2, speculation),
                (false, true) => (1, (0, 0)),
                (false, false) => (1, (compact_targets, 0)),
            };
            let multiplier = match multiplier {
                Multiplier::Iterative if fast => Multiplier::Fast,
                other => other,
            };
            CoreConfig {
                pipeline,
                issue_width,
                fetch_depth,
                multiplier,
                atomics,
                compressed,
                zba,
                zbb,
                zbs,
                zicntr,
                hpm_counters,
                user_mode,
                pmp_regions,
                branch_targets,
                return_stack,
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_stands_for_one_configuration() {
        assert_eq!(sample(1, 2), sample(1, 2));
        assert_ne!(sample(1, 2), sample(1, 3));
    }

    #[test]
    fn settings_lead_to_the_same_configuration() {
        for index in 0..50 {
            let config = sample(9, index);
            let again = base().with_settings(&settings(&config)).expect("valid settings");
            assert_eq!(again, config);
        }
    }

    #[test]
    fn every_switch_takes_every_position() {
        let all: Vec<ChipConfig> = (0..200).map(|index| sample(4, index)).collect();
        for key in KEYS.iter().filter(|key| key.name.starts_with("core.")) {
            let mut values: Vec<String> = all.iter().map(|c| key.get(c).to_string()).collect();
            values.sort_unstable();
            values.dedup();
            assert!(values.len() > 1, "{}: {values:?}", key.name);
        }
    }
}
