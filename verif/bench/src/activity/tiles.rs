//! Tiles of weights that EXEC streams activations through.

use std::collections::VecDeque;

use serde::Serialize;

use super::bursts::probes;
use super::commands::Descriptor;
use super::wave::Wave;

/// A tile of weights while activations stream through it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Tile {
    /// Its place among [`Activity::descriptors`](super::Activity::descriptors); `None` while it
    /// cannot be told, for a command that began before the wave.
    pub descriptor: Option<usize>,
    /// Number in its command, from 0; `None` as above.
    pub number: Option<u64>,
    /// Tiles of its command.
    pub of: Option<u64>,
    /// First accumulator row of its results.
    pub accumulator_row: u32,
    /// Cycle in which it began to stream; `None` before the wave.
    pub begin: Option<u64>,
    /// Cycle in which its last activation was on its way; `None` behind the wave.
    pub end: Option<u64>,
}

const SIGNALS: [&str; 6] = [
    "npu.compute.exec.tiles.tile_taken",
    "npu.compute.exec.tiles.tile_streamed",
    "npu.compute.exec.pixels.offered_first",
    "npu.compute.exec.pixels.offered_accumulator_row",
    "npu.exec_gate.started.level",
    "npu.compute.exec.tiles.loaded_tiles",
];

pub(super) fn signals() -> Vec<String> {
    SIGNALS.map(str::to_owned).into()
}

/// The tiles of a wave in order, and the signals that were missing.
pub(super) fn tiles(wave: &Wave, descriptors: &[Descriptor]) -> (Vec<Tile>, Vec<String>) {
    let [taken, streamed, first, row, started, loaded] = match probes(wave, SIGNALS) {
        Ok(found) => found,
        Err(missing) => return (Vec::new(), missing),
    };
    // Commands of EXEC in the order in which their first tiles come.
    let is_exec = |(at, descriptor): (usize, &Descriptor)| {
        (descriptor.unit == "exec").then_some((at, descriptor.started?))
    };
    let mut commands: VecDeque<(usize, u64)> =
        descriptors.iter().enumerate().filter_map(is_exec).collect();
    // What is under way when the wave begins hides whose tile comes first.
    let mut certain = started.value(0) == Some(0) && loaded.value(0) == Some(0);
    let mut streaming: VecDeque<Tile> = VecDeque::new();
    let mut current: Option<(usize, u64)> = None;
    let mut over = Vec::new();
    for at in 0..wave.cycles().len() {
        let cycle = wave.cycles().number(at);
        if !certain && started.value(at) == Some(0) {
            certain = true;
            commands.retain(|&(_, start)| start >= cycle);
        }
        if streamed.high(at) {
            let mut tile = streaming.pop_front().unwrap_or_else(|| Tile::before(None));
            tile.end = Some(cycle);
            over.push(tile);
        }
        if taken.high(at) {
            current = match (first.high(at), current) {
                (true, _) if certain => commands.pop_front().map(|(command, _)| (command, 0)),
                (false, Some((command, number))) => Some((command, number + 1)),
                _ => None,
            };
            let mut tile = Tile::before(Some(cycle));
            tile.accumulator_row = row.value(at).unwrap_or(0) as u32;
            tile.descriptor = current.map(|(command, _)| command);
            tile.number = current.map(|(_, number)| number);
            let words = tile.descriptor.and_then(|command| descriptors[command].words);
            tile.of = words.and_then(|words| systole_isa::Descriptor::decode(&words).tiles());
            streaming.push_back(tile);
        }
    }
    over.extend(streaming);
    (over, Vec::new())
}

impl Tile {
    fn before(begin: Option<u64>) -> Self {
        Self { descriptor: None, number: None, of: None, accumulator_row: 0, begin, end: None }
    }
}
