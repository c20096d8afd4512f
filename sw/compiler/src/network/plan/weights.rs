//! The tiles of weights of a convolution.

use systole_isa::Convolution as Geometry;

use super::blocks::parameters;
use super::convolution::{Lowering, Part};
use super::step::Group;
use super::tiles::Tiles;
use crate::network::graph::weight_part;

impl Lowering<'_> {
    /// Weights of a group in the order of its EXECs, and the parameters of a section with its first
    /// group.
    pub(super) fn group(&self, group: &Tiles) -> Group {
        let dim = self.limits.dim();
        let (tiles, section) = (&group.range, &group.section);
        let channels = section.start * dim..(section.end * dim).min(self.output.channels);
        let parameters = match tiles.start == section.start {
            true => parameters(dim, &self.convolution.requantise, channels),
            false => Vec::new(),
        };
        let mut weights = Vec::new();
        let mut unused = 0;
        let mut first = None;
        let mut pieces = Vec::new();
        for bundle in group.bundles() {
            if self.depthwise() && self.has_mode() {
                for set in 0..self.weight_sets {
                    bundle.clone().for_each(|tile| self.depthwise_tiles(set, tile, &mut weights));
                }
            } else {
                for part in self.parts(bundle.start) {
                    let before = weights.len();
                    let step = (self.part_step(&part) * dim) as usize;
                    for (i, tile) in bundle.clone().enumerate() {
                        weights.truncate(before + i * step);
                        self.part(tile, &part, &mut weights);
                    }
                    unused = (self.unused_rows(&part) * dim) as usize;
                    pieces.push(weights.len() - before);
                }
            }
            first.get_or_insert(weights.len());
        }
        let mut parameters_last = 0;
        if group.drains {
            parameters_last = parameters.len() / 2;
        } else {
            pieces = vec![weights.len()];
        }
        let streamed = self.output.pixels() == 1;
        Group {
            first: first.unwrap_or(0),
            weights,
            unused,
            pieces,
            parameters,
            parameters_last,
            streamed,
        }
    }

    pub(super) fn part(&self, tile: u32, part: &Part, weights: &mut Vec<u8>) {
        for y in part.lines.clone() {
            for x in part.taps.clone() {
                for plane in part.planes.clone() {
                    self.tile((part.set, tile), (y, x, plane), weights);
                }
            }
        }
    }

    /// What a set holds of the weight of a tap between an input channel of the view and an output
    /// channel; 0 where there is none.
    fn weight(&self, set: u32, n: u32, (y, x): (u32, u32), k: u32) -> i8 {
        let [height, width] = self.view.kernel;
        let channels = self.view.map.shape.channels;
        if n >= self.output.channels || k >= channels || y >= height || x >= width {
            return 0;
        }
        let tap = y * width + x;
        let index = match self.depthwise() {
            true if n != k => return 0,
            true => n * height * width + tap,
            false => (n * height * width + tap) * channels + k,
        };
        weight_part(self.convolution.weights[index as usize], set)
    }

    fn tile(&self, (set, tile): (u32, u32), (y, x, plane): (u32, u32, u32), weights: &mut Vec<u8>) {
        let dim = self.limits.dim();
        for k in plane * dim..(plane + 1) * dim {
            for n in tile * dim..(tile + 1) * dim {
                weights.push(self.weight(set, n, (y, x), k) as u8);
            }
        }
    }

    /// Row T * g + x of a pass holds tap x of its line g.
    pub(super) fn depthwise_tiles(&self, set: u32, tile: u32, weights: &mut Vec<u8>) {
        let dim = self.limits.dim();
        let (lines, taps) = (Geometry::lines_per_pass(dim), Geometry::taps_per_line(dim));
        for pass in 0..self.passes() {
            for row in 0..dim {
                let (g, x) = (row / taps, row % taps);
                for n in tile * dim..(tile + 1) * dim {
                    let tap = (pass * lines + g, x);
                    let w = if g < lines { self.weight(set, n, tap, n) } else { 0 };
                    weights.push(w as u8);
                }
            }
        }
    }
}
