//! Verilator's splitting of always blocks has been seen to miscompile a core: programs must take
//! the same course with and without it, cycle by cycle.

use systole_chip::ChipConfig;
use systole_sim::Variant;
use systole_verif::chip;
use systole_verif::generate::sample;
use systole_verif::lockstep::Outcome;
use systole_verif::trial::{Setup, Trial};

mod common;

const PROGRAMS: u64 = 150;

fn outcomes(config: &ChipConfig, variant: Variant) -> Vec<Outcome> {
    let library = common::variant(config, variant);
    let mut pair = chip::lockstep(config, &library).expect("enough memory");
    let run = |index| {
        let program = sample(chip::target(config), 21, index);
        Trial::new(&program, Setup::RANDOM).expect("fits").run(&mut pair)
    };
    (0..PROGRAMS).map(run).collect()
}

#[test]
fn programs_take_the_same_course_with_and_without_splitting() {
    let config = ChipConfig::preset("nano").expect("a preset");
    let plain = outcomes(&config, Variant::default());
    let split = outcomes(&config, Variant { split: true, ..Variant::default() });
    for (index, (plain, split)) in plain.iter().zip(&split).enumerate() {
        assert_eq!(plain, split, "program {index}");
        assert_eq!(plain.divergence, None, "program {index}");
    }
}
