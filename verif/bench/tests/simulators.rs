//! The same programs on models that are built in other ways.
//!
//! Verilator's splitting of always blocks has been seen to miscompile a core: programs must take
//! the same course with and without it, cycle by cycle.

use std::sync::Arc;

use systole_chip::ChipConfig;
use systole_chip::soc::soc;
use systole_hdl::{check, scramble_collisions};
use systole_sim::{Library, Settings, Variant, build_design, silent};
use systole_verif::chip;
use systole_verif::generate::sample;
use systole_verif::lockstep::Outcome;
use systole_verif::trial::Trial;

mod common;

const PROGRAMS: u64 = 150;

fn outcomes(config: &ChipConfig, library: &Arc<Library>) -> Vec<Outcome> {
    let mut pair = chip::lockstep(config, library).expect("enough memory");
    let run = |index| {
        let program = sample(chip::target(config), 21, index);
        Trial::new(&program).expect("fits").run(&mut pair)
    };
    (0..PROGRAMS).map(run).collect()
}

#[test]
fn programs_take_the_same_course_with_and_without_splitting() {
    let config = ChipConfig::preset("nano").expect("a preset");
    let plain = outcomes(&config, &common::variant(&config, Variant::default()));
    let split = Variant { split: true, ..Variant::default() };
    let split = outcomes(&config, &common::variant(&config, split));
    for (index, (plain, split)) in plain.iter().zip(&split).enumerate() {
        assert_eq!(plain, split, "program {index}");
        assert_eq!(plain.divergence, None, "program {index}");
    }
}

/// Memories say of themselves that nobody uses what they read while it is written; here they read
/// nonsense then.
#[test]
fn nobody_uses_what_is_read_while_it_is_written() {
    let config = ChipConfig::preset("nano").expect("a preset");
    let plain = outcomes(&config, &common::variant(&config, Variant::default()));
    let design = scramble_collisions(&check(&soc(&config, true)).expect("no mistakes"));
    let settings = Settings::from_env().expect("a home folder");
    let library = build_design(&settings, &config, &design, Variant::default(), &silent)
        .unwrap_or_else(|error| panic!("{error}"));
    for (index, (plain, wrong)) in plain.iter().zip(&outcomes(&config, &library)).enumerate() {
        assert_eq!(plain, wrong, "program {index}");
    }
}
