//! The weights of a convolution in pieces of which the ring takes several, however many channels the
//! input has.

use std::rc::Rc;

use super::blocks::parameters;
use super::convolution::{Lowering, Part};
use super::step::Group;

/// The ring of weights takes so many groups at least: while the array works with one, the next is
/// there, and further ones come.
const GROUPS: u32 = 3;

/// Products of a tile of channels with weights of one group.
pub struct Piece {
    /// Index of the group.
    pub group: usize,
    /// First row of the weights in the group.
    pub row: u32,
    /// Which products; `None` for those of the array's depthwise mode.
    pub part: Option<Part>,
}

/// The weights of a tile of channels.
pub struct TileWeights {
    /// In order.
    pub pieces: Vec<Piece>,
    /// First tile of those whose parameters come together.
    pub section: u32,
}

impl Lowering<'_> {
    /// Groups, and where each tile of channels has its weights in them.
    pub(super) fn streamed_weights(&self) -> (Vec<Rc<Group>>, Vec<TileWeights>) {
        let dim = self.limits.dim();
        let most = self.limits.ring_rows / GROUPS;
        let tiles = self.output.channels.div_ceil(dim);
        let tile_rows = self.pieces(0, most).iter().map(|piece| piece.0).sum::<u32>();
        let together = (most / tile_rows).min(self.limits.section_tiles()).max(1);
        let (mut groups, mut by_tile) = (Vec::<Group>::new(), Vec::new());
        for tile in 0..tiles {
            let section = tile / together * together;
            let mut pieces = Vec::new();
            for (i, (rows, part)) in self.pieces(tile, most).into_iter().enumerate() {
                let begins = tile == section && i == 0;
                if begins || tile_rows > most {
                    groups.push(Group::default());
                }
                let index = groups.len() - 1;
                let group = &mut groups[index];
                if begins {
                    let channels = section * dim..((section + together) * dim);
                    let channels = channels.start..channels.end.min(self.output.channels);
                    group.parameters = parameters(dim, &self.convolution.requantise, channels);
                }
                let row = group.weights.len() as u32 / dim;
                self.piece(tile, (i as u32, &part), &mut group.weights);
                debug_assert_eq!(group.weights.len() as u32 / dim, row + rows);
                pieces.push(Piece { group: index, row, part });
            }
            by_tile.push(TileWeights { pieces, section });
        }
        let whole = |group: Group| {
            let bytes = group.weights.len();
            Rc::new(Group { first: bytes, pieces: vec![bytes], ..group })
        };
        (groups.into_iter().map(whole).collect(), by_tile)
    }

    /// Rows of weights and products of each piece of a tile, of about `most` rows at most.
    fn pieces(&self, tile: u32, most: u32) -> Vec<(u32, Option<Part>)> {
        let dim = self.limits.dim();
        if self.depthwise() && self.has_mode() {
            return (0..self.weight_sets).map(|_| (self.passes() * dim, None)).collect();
        }
        let planes = match self.depthwise() {
            true => tile..tile + 1,
            false => 0..self.view.map.planes(dim),
        };
        let mut pieces = Vec::new();
        let sets = 0..self.weight_sets;
        let lines = |part: Part| {
            // Where a plane's weights are too many, those of a line of the kernel come alone.
            let each = match part.lines.len() * part.taps.len() * dim as usize > most as usize {
                true => 1,
                false => part.lines.len(),
            };
            let starts = part.lines.clone().step_by(each);
            let end = part.lines.end;
            let cut = move |start: u32| start..(start + each as u32).min(end);
            starts.map(move |start| Part { lines: cut(start), ..part.clone() }).collect::<Vec<_>>()
        };
        let parts = sets.flat_map(|set| self.parts_of(set, &planes)).flat_map(lines);
        for whole in parts.collect::<Vec<_>>() {
            let plane_rows = (whole.lines.len() * whole.taps.len()) as u32 * dim;
            let count = planes.len() as u32;
            let each = count.div_ceil((count * plane_rows).div_ceil(most.max(plane_rows)));
            for start in planes.clone().step_by(each as usize) {
                let planes = start..(start + each).min(planes.end);
                let part = Part { planes, ..whole.clone() };
                pieces.push((part.tiles() * dim, Some(part)));
            }
        }
        pieces
    }

    fn piece(&self, tile: u32, (set, part): (u32, &Option<Part>), weights: &mut Vec<u8>) {
        match part {
            Some(part) => self.part(tile, part, weights),
            None => self.depthwise_tiles(set, tile, weights),
        }
    }
}
