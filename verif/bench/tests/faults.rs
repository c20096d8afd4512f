//! The bench can fail: every hand-made fault is found, and explained by a small program.

use std::sync::atomic::AtomicBool;

use systole_chip::ChipConfig;
use systole_verif::campaign::{self, Campaign};
use systole_verif::failure::{Failure, Origin};
use systole_verif::faults::{self, Part};
use systole_verif::shrink::Budget;

mod common;

/// Programs within which a fault has to be found.
const PROGRAMS: u64 = 2000;
/// Body instructions that a core fault's minimal program may have.
const MINIMAL: usize = 12;

#[test]
fn every_fault_is_found_and_shrunk() {
    let config = ChipConfig::preset("edge").expect("a preset");
    let library = common::library(&config, true);
    let mut problems = Vec::new();
    for (number, fault) in (1..).zip(faults::of(&config)) {
        let campaign = Campaign {
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
            campaign::run(&campaign, &config, &library, &stop, |_| ()).expect("enough memory");
        let Some(found) = summary.found.first() else {
            problems.push(format!("{}: not found in {PROGRAMS} programs", fault.name));
            continue;
        };
        let origin =
            Origin { preset: "edge", config: &config, seed: 1, fault: number, options: "" };
        let failure = Failure::shrink(found, &origin, &library, Budget::default(), |_, _| ())
            .expect("enough memory");
        let size = failure.program.instruction_count();
        println!(
            "{:<32} found by program {:>4} as {:<9} {:>3} -> {:>2} instructions",
            fault.name, found.index, failure.divergence.kind, failure.original_instructions, size
        );
        if faults::part(fault.name) == Part::Core && size > MINIMAL {
            problems.push(format!("{}: {size} instructions\n{}", fault.name, failure.report()));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn without_a_fault_the_same_chip_is_right() {
    let config = ChipConfig::preset("edge").expect("a preset");
    let library = common::library(&config, true);
    let campaign = Campaign {
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
        campaign::run(&campaign, &config, &library, &stop, |_| ()).expect("enough memory");
    assert!(summary.found.is_empty(), "{}", summary.found[0].divergence);
    assert_eq!(summary.totals.programs, 300);
}
