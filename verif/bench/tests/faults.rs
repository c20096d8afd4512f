//! The bench can fail: every hand-made fault is found, and explained by a small program.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use systole_chip::ChipConfig;
use systole_sim::Library;
use systole_verif::campaign::{self, Campaign};
use systole_verif::failure::{Failure, Origin, Style};
use systole_verif::faults::{self, Part};
use systole_verif::generate::Profile;
use systole_verif::shrink::Budget;

mod common;

/// Programs within which a fault has to be found.
const PROGRAMS: u64 = 2000;
/// Body instructions that the minimal program of a fault of the hart may have: a visit to U mode, an
/// entry of PMP or a job for its interrupt takes a dozen by itself. One that needs random bus errors
/// may have more, for these move when an instruction is dropped.
const MINIMAL: usize = 30;

/// Looks for the faults that `wanted` accepts on one of [`faults::CHIPS`].
fn find(chip: usize, wanted: impl Fn(&str) -> bool) {
    let (preset, settings) = faults::CHIPS[chip];
    let config = ChipConfig::preset(preset).and_then(|chip| chip.with_settings(settings));
    let config = config.expect("a chip");
    let library = common::library(&config, true);
    let mut problems = Vec::new();
    for (number, fault) in (1..).zip(faults::of(&config)) {
        if wanted(fault.name) {
            problems.extend(problem(preset, &config, &library, number, fault.name));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Looks for one fault; says what is wrong when it is not found, or explained by a large program.
fn problem(
    preset: &str,
    config: &ChipConfig,
    library: &Arc<Library>,
    number: u16,
    name: &str,
) -> Option<String> {
    let campaign = Campaign {
        profile: Profile::Mixed,
        seed: 1,
        first: 0,
        programs: Some(PROGRAMS),
        time: None,
        jobs: 2,
        shard: (0, 1),
        fail_fast: true,
        fault: number,
    };
    let stop = AtomicBool::new(false);
    let summary =
        campaign::run(&campaign, config, library, &stop, |_, _| ()).expect("enough memory");
    let Some(found) = summary.found.first() else {
        return Some(format!("{name}: not found in {PROGRAMS} programs"));
    };
    let options = format!("--preset {preset} --inject {name}");
    let origin = Origin {
        preset,
        config,
        seed: 1,
        fault: number,
        netlists: None,
        options: &options,
        verilator: None,
    };
    let failure = Failure::shrink(found, &origin, library, Budget::default(), |_, _| ())
        .expect("enough memory");
    let (kind, size) = (failure.divergence.kind, failure.program.instruction_count());
    let original = failure.original_instructions;
    let index = found.index;
    println!("{name:<32} found by program {index:>4} as {kind:<9} {original:>3} -> {size:>2}");
    if failure.divergence.is_race() && !found.divergence.is_race() {
        return Some(format!("{name}: the small program has a race of its own"));
    }
    let needs_errors = failure.program.environment.hart_errors > 0;
    let large = faults::part(name) == Part::Core && size > MINIMAL && !needs_errors;
    large.then(|| format!("{name}: {size} instructions\n{}", failure.report().text(Style::Plain)))
}

#[test]
fn every_fault_of_the_npu_is_found_and_shrunk() {
    find(0, |name| faults::part(name) == Part::Npu);
}

#[test]
fn every_fault_of_the_hart_is_found_and_shrunk() {
    find(1, |name| faults::part(name) == Part::Core);
}

#[test]
fn faults_that_compressed_instructions_hide_are_found_and_shrunk() {
    let (preset, settings) = faults::CHIPS[1];
    let config = ChipConfig::preset(preset).and_then(|chip| chip.with_settings(settings));
    let elsewhere = faults::of(&config.expect("a chip"));
    find(2, |name| {
        let is_core = faults::part(name) == Part::Core;
        is_core && elsewhere.iter().all(|fault| fault.name != name)
    });
}

#[test]
fn without_a_fault_the_same_chip_is_right() {
    let config = ChipConfig::preset("edge").expect("a preset");
    let library = common::library(&config, true);
    let campaign = Campaign {
        profile: Profile::Mixed,
        seed: 1,
        first: 0,
        programs: Some(300),
        time: None,
        jobs: 2,
        shard: (0, 1),
        fail_fast: true,
        fault: 0,
    };
    let stop = AtomicBool::new(false);
    let summary =
        campaign::run(&campaign, &config, &library, &stop, |_, _| ()).expect("enough memory");
    assert!(summary.found.is_empty(), "{}", summary.found[0].divergence);
    assert_eq!(summary.totals.programs, 300);
}
