//! How the tiles of a convolution's output channels are shared out: over LOADs of weights, LOADs of
//! parameters, and EXECs.

use std::ops::Range;

use super::convolution::{Lowering, Part};

/// Cycles that an EXEC is to take at least, if it can have more than one tile of channels: every
/// descriptor has to be fetched.
const EXEC_CYCLES: u32 = 64;

/// Tiles whose weights come with a LOAD.
pub struct Tiles {
    /// These.
    pub range: Range<u32>,
    /// Those whose parameters come with a LOAD.
    pub section: Range<u32>,
    /// Tiles of an EXEC.
    bundle: u32,
}

impl Tiles {
    /// The tiles of each block.
    pub fn bundles(&self) -> impl Iterator<Item = Range<u32>> + use<> {
        let (end, bundle) = (self.range.end, self.bundle);
        self.range
            .clone()
            .step_by(bundle as usize)
            .map(move |start| start..(start + bundle).min(end))
    }
}

impl Lowering<'_> {
    /// Groups that take part `share` of the ring each, with blocks of `rows` pixels.
    pub(super) fn groups(&self, share: u32, rows: u32) -> Vec<Tiles> {
        let tiles = self.output.channels.div_ceil(self.limits.dim());
        let most = self.limits.group_tiles(tiles, self.tile_rows(), share);
        let mut ranges = Vec::new();
        let mut at = 0;
        while at < tiles {
            // What comes behind the last LOAD is to be short.
            let left = if self.last { (tiles - at).div_ceil(2) } else { tiles - at };
            ranges.push(at..at + most.min(left));
            at += most.min(left);
        }
        let mut groups: Vec<Tiles> = Vec::new();
        let mut section = 0..0;
        for (i, range) in ranges.iter().enumerate() {
            if range.start == section.end {
                let fits = |r: &&Range<u32>| r.end - range.start <= self.limits.section_tiles();
                let last = ranges[i..].iter().take_while(fits).last().unwrap_or(range);
                section = range.start..last.end;
            }
            let bundle = self.bundle(rows).min(range.len() as u32);
            groups.push(Tiles { range: range.clone(), section: section.clone(), bundle });
        }
        groups
    }

    /// Tiles of channels in an EXEC.
    fn bundle(&self, rows: u32) -> u32 {
        let dim = self.limits.dim();
        if self.depthwise() && !self.has_mode() {
            return 1;
        }
        let products = match self.depthwise() {
            true => self.weight_sets * self.passes(),
            false => self.parts(1).iter().map(Part::tiles).sum(),
        };
        let most = (self.limits.shape.accumulator_rows / 4 / rows).max(1);
        // Of a vector all tiles are needed before the next layer can do much.
        let wanted = if self.output.pixels() == 1 {
            most
        } else {
            EXEC_CYCLES / (products * rows.max(dim / 2))
        };
        wanted.clamp(1, most)
    }
}
