//! What came out of a run through the tools.

use std::path::PathBuf;

use systole_gen::board::{Board, Capacity};

use super::cells::Cells;
use super::error::Overuse;
use super::mapping::{Memory, Multipliers};
use super::timing::Timing;

/// What is known of a design after synthesis, or after placing and routing.
#[derive(Clone, PartialEq, Debug)]
pub struct Report {
    /// The board.
    pub board: &'static Board,
    /// The module that was synthesised.
    pub top: String,
    /// Frequency of the chip's clock in Hz.
    pub clock_hz: u64,
    /// The netlist.
    pub cells: Cells,
    /// Where its memories went, by name.
    pub memories: Vec<Memory>,
    /// Where its multiplications went, by module.
    pub multipliers: Vec<Multipliers>,
    /// What nextpnr made of it; `None` after synthesis alone.
    pub placed: Option<Placed>,
    /// Each tool that ran, with its version.
    pub tools: Vec<String>,
    /// Each step and its seconds.
    pub steps: Vec<(String, f64)>,
}

/// A design that was placed and routed.
#[derive(Clone, PartialEq, Debug)]
pub struct Placed {
    /// Every seed that was tried, in order.
    pub runs: Vec<SeedRun>,
    /// Index of the fastest, whose bitstream and timing these are.
    pub best: usize,
    /// Its timing and utilisation.
    pub timing: Timing,
    /// The bitstream.
    pub bitstream: PathBuf,
}

/// What a seed gave.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SeedRun {
    /// The seed.
    pub seed: u32,
    /// Highest frequency of the slowest clock in MHz.
    pub fmax_mhz: Option<f64>,
    /// Time that nextpnr took.
    pub seconds: f64,
}

/// What a netlist takes more of than there is.
pub(super) fn overused(cells: &Cells, capacity: &Capacity) -> Vec<Overuse> {
    let needs = [
        ("look-up tables", cells.lut, capacity.lut),
        ("flip-flops", cells.ff, capacity.ff),
        ("blocks of RAM", cells.bram, capacity.bram),
        ("multipliers", cells.dsp, capacity.dsp),
    ];
    let over = |&(name, used, available): &(&str, u64, u32)| {
        let available = u64::from(available);
        (used > available).then(|| Overuse { name: name.to_owned(), used, available })
    };
    needs.iter().filter_map(over).collect()
}

impl Placed {
    /// The median of the seeds' frequencies in MHz: of an even number the mean of the middle two.
    pub fn median_mhz(&self) -> Option<f64> {
        let mut all: Vec<f64> = self.runs.iter().filter_map(|run| run.fmax_mhz).collect();
        all.sort_unstable_by(f64::total_cmp);
        let middle = all.len() / 2;
        match all.len() {
            0 => None,
            odd if odd % 2 == 1 => Some(all[middle]),
            _ => Some((all[middle - 1] + all[middle]) / 2.0),
        }
    }
}

impl Report {
    /// The highest frequency of the chip's clock in MHz that the bitstream is good for.
    pub fn fmax_mhz(&self) -> Option<f64> {
        self.placed.as_ref()?.timing.fmax_mhz
    }

    /// Whether the device has as much of everything as the netlist takes.
    pub fn fits(&self) -> bool {
        overused(&self.cells, &self.board.device.capacity).is_empty()
    }

    /// Whether the design is as fast as its clock; true where nothing is known.
    pub fn meets_timing(&self) -> bool {
        self.fmax_mhz().is_none_or(|mhz| mhz * 1e6 >= self.clock_hz as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_that_of_the_middle() {
        let median = |all: &[f64]| {
            let run = |&mhz: &f64| SeedRun { seed: 1, fmax_mhz: Some(mhz), seconds: 0.0 };
            let timing = Timing { fmax_mhz: None, utilisation: vec![], critical_path: vec![] };
            let runs = all.iter().map(run).collect();
            Placed { runs, best: 0, timing, bitstream: PathBuf::new() }.median_mhz()
        };
        assert_eq!(median(&[30.0, 10.0, 20.0]), Some(20.0));
        assert_eq!(median(&[40.0, 10.0, 20.0, 30.0]), Some(25.0));
        assert_eq!(median(&[]), None);
    }
}
