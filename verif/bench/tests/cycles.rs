//! The cycles that programs take, as reviewed: `verif/bench/tests/cycles.txt`. A change of the chip
//! that makes it slower without a fault shows here and nowhere else. Behind each number stands one
//! for when everything happened and what clocks and counters read.
//! `UPDATE_CYCLES=1 cargo test -p systole-verif --release --test cycles` rewrites the file, also
//! after a change of the generators.

mod common;

use std::path::PathBuf;

use systole_chip::ChipConfig;
use systole_verif::{chip, mutation};

/// Seed of the programs.
const SEED: u64 = 1;

#[test]
fn programs_take_the_cycles_that_were_reviewed() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cycles.txt");
    let presets = ChipConfig::presets();
    let mut now = format!(
        "# cycles and timing of the programs 0 to {} of seed {SEED}\n",
        mutation::PINNED - 1
    );
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            presets.into_iter().map(|preset| scope.spawn(move || pinned(preset))).collect();
        now.extend(threads.into_iter().map(|thread| thread.join().expect("no panic")));
    });
    if std::env::var_os("UPDATE_CYCLES").is_some() {
        std::fs::write(&path, &now).expect("written");
    }
    let reviewed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(reviewed == now, "{} differs from the cycles now:\n{now}", path.display());
}

/// The part of the file that is of one preset.
fn pinned(preset: &str) -> String {
    let config = ChipConfig::preset(preset).expect("a preset");
    let library = common::library(&config, false);
    let mut pair = chip::lockstep(&config, &library).expect("enough memory");
    let cycles = mutation::cycles(&config, &mut pair, SEED, mutation::PINNED);
    let rows = cycles
        .chunks(10)
        .map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
    format!("{preset}\n{}\n", rows.collect::<Vec<_>>().join("\n"))
}
