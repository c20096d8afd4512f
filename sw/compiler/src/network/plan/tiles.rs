//! How the tiles of a convolution's output channels are shared out: over LOADs of weights, LOADs of
//! parameters, and EXECs.

use std::ops::Range;

use super::convolution::{Lowering, Part};

/// Cycles that an EXEC is to take at least, if it can have more than one tile of channels: every
/// descriptor has to be fetched.
const EXEC_CYCLES: u32 = 64;

/// Tiles of the last group where the end of the job waits for the bus.
const DRAIN_TILES: u32 = 4;

/// Part of the ring of weights that a group of a vector's tiles takes: such a layer needs each
/// weight once, so that the bus is busy all the time, and every descriptor costs it some cycles.
pub(super) const VECTOR_SHARE: u32 = 3;

/// Tiles whose weights come with a LOAD.
pub struct Tiles {
    /// These.
    pub range: Range<u32>,
    /// Those whose parameters come with a LOAD.
    pub section: Range<u32>,
    /// The last of all, while the end of the job waits for the bus: each EXEC's weights come with a
    /// LOAD of their own, and the parameters behind them.
    pub drains: bool,
    /// Tiles of each block.
    bundles: Vec<Range<u32>>,
}

impl Tiles {
    /// The tiles of each block.
    pub fn bundles(&self) -> impl Iterator<Item = Range<u32>> + use<> {
        self.bundles.clone().into_iter()
    }
}

/// Cuts a range into pieces of `size`.
fn cut(range: &Range<u32>, size: u32) -> Vec<Range<u32>> {
    let starts = range.clone().step_by(size as usize);
    starts.map(|start| start..(start + size).min(range.end)).collect()
}

impl Lowering<'_> {
    /// Groups that take part `share` of the ring each, with blocks of `rows` pixels.
    pub(super) fn groups(&self, share: u32, rows: u32) -> Vec<Tiles> {
        let tiles = self.output.channels.div_ceil(self.limits.dim());
        let most = self.limits.group_tiles(tiles, self.tile_rows(), share);
        let drains = self.drains();
        let ranges = if drains { draining(tiles, most) } else { self.ranges(tiles, most) };
        let mut groups: Vec<Tiles> = Vec::new();
        let mut section = 0..0;
        for (i, range) in ranges.iter().enumerate() {
            if range.start == section.end {
                // The parameters of the last group are to come last.
                let of_many = &ranges[i..ranges.len() - usize::from(drains)];
                let fits = |r: &&Range<u32>| r.end - range.start <= self.limits.section_tiles();
                let last = of_many.iter().take_while(fits).last().unwrap_or(range);
                section = range.start..last.end;
            }
            let drains = drains && range.end == tiles;
            let bundles = match drains {
                true => vec![range.start..tiles - 2, tiles - 2..tiles - 1, tiles - 1..tiles],
                false => cut(range, self.bundle(rows).min(range.len() as u32)),
            };
            groups.push(Tiles { range: range.clone(), section: section.clone(), drains, bundles });
        }
        groups
    }

    fn ranges(&self, tiles: u32, most: u32) -> Vec<Range<u32>> {
        let most = match self.output.pixels() {
            // Of about the same size.
            1 if !self.last => tiles.div_ceil(tiles.div_ceil(most)),
            _ => most,
        };
        let mut ranges = Vec::new();
        let mut at = 0;
        while at < tiles {
            // What comes behind the last LOAD is to be short.
            let left = if self.last { (tiles - at).div_ceil(2) } else { tiles - at };
            ranges.push(at..at + most.min(left));
            at += most.min(left);
        }
        ranges
    }

    /// Whether the end of the job waits for weights: of a vector that is the last output, and whose
    /// weights are more than a group takes.
    pub(super) fn drains(&self) -> bool {
        let dim = self.limits.dim();
        let tiles = self.output.channels.div_ceil(dim);
        let rows = self.weight_sets * self.view.map.planes(dim) * dim;
        let plain = !self.depthwise() && self.view.kernel == [1, 1];
        let most = self.limits.group_tiles(tiles, rows, VECTOR_SHARE);
        self.last && plain && self.output.pixels() == 1 && tiles > most && most >= DRAIN_TILES
    }

    /// Tiles of channels in an EXEC.
    fn bundle(&self, rows: u32) -> u32 {
        let dim = self.limits.dim();
        if self.depthwise() && !self.has_mode() || self.target.takes_single_tiles() {
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

/// The groups of a layer that [drains](Lowering::drains). EXEC needs little more than half
/// of the time that a LOAD takes, so no group has more than twice the tiles of the next: then EXEC
/// has caught up with LOAD at the end.
fn draining(tiles: u32, most: u32) -> Vec<Range<u32>> {
    let (mut ranges, mut end, mut size) = (Vec::new(), tiles, DRAIN_TILES);
    while end > 0 {
        // Of about the same size when they cannot grow any more.
        let left = if size < most { end } else { end.div_ceil(end.div_ceil(most)) };
        let start = end - left.min(size).min(most);
        ranges.push(start..end);
        // The last group comes in pieces, the first of which has half of its tiles.
        size = if ranges.len() == 1 { DRAIN_TILES - 1 } else { 2 * size };
        end = start;
    }
    ranges.reverse();
    ranges
}

#[cfg(test)]
mod tests {
    use super::draining;

    #[test]
    fn groups_get_shorter_slowly() {
        for (tiles, most) in [(40, 21), (80, 21), (80, 10), (22, 21), (1000, 64)] {
            let ranges = draining(tiles, most);
            assert_eq!(ranges.first().map(|r| r.start), Some(0));
            assert_eq!(ranges.last().map(|r| r.end), Some(tiles));
            assert_eq!(ranges.last().map(|r| r.len()), Some(4));
            for pair in ranges.windows(2) {
                assert_eq!(pair[0].end, pair[1].start, "{ranges:?}");
                assert!(pair[0].len() <= 2 * pair[1].len(), "{ranges:?}");
                assert!(pair[0].len() <= most as usize, "{ranges:?}");
            }
        }
    }
}
