//! Maps that lie in memory, and how parts of them come into the scratchpad and out of it.

use std::ops::Range;

use systole_isa::{Destination, Load};

use super::layout::Map;
use crate::network::Shape;

/// Rows of the scratchpad that a LOAD of a part of a map fills at most, if it has more than one line
/// of a plane: weights that are due sooner wait behind it.
const LOAD_ROWS: u32 = 512;

/// How a map lies in memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// NHWC: all channels of a pixel, then the next pixel. So lie the network's input and output.
    Pixels,
    /// As in the scratchpad: D channels of all pixels, then the next D. Rows of the scratchpad follow
    /// each other in memory, so that bursts are long.
    Planes,
}

/// A map in memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemoryMap {
    /// Of its first byte.
    pub address: u32,
    /// How it lies there.
    pub order: Order,
    /// Its size.
    pub shape: Shape,
}

impl MemoryMap {
    /// Bytes of a map.
    pub fn bytes(dim: u32, order: Order, shape: Shape) -> u32 {
        match order {
            Order::Pixels => shape.pixels() * shape.channels,
            Order::Planes => shape.pixels() * shape.channels.next_multiple_of(dim),
        }
    }

    /// Address of a pixel's channels from plane `plane` on.
    fn pixel(&self, dim: u32, plane: u32, pixel: u32) -> u32 {
        self.address.wrapping_add(match self.order {
            Order::Pixels => pixel * self.shape.channels + plane * dim,
            Order::Planes => (plane * self.shape.pixels() + pixel) * dim,
        })
    }

    /// Where a STORE of plane `plane` and, in order of pixels, of those behind it begins with line
    /// `line`.
    pub fn destination(&self, dim: u32, plane: u32, line: u32) -> Destination {
        let stride = match self.order {
            Order::Pixels => self.shape.channels,
            Order::Planes => dim,
        };
        let address = self.pixel(dim, plane, line * self.shape.width);
        Destination::Memory { address, stride: stride as i32 }
    }

    /// LOADs of lines of planes into a map in the scratchpad.
    pub fn loads(&self, dim: u32, to: &Map, planes: Range<u32>, lines: Range<u32>) -> Vec<Load> {
        let width = self.shape.width;
        let (planes_each, lines_each) = match self.order {
            _ if !to.is_dense() => (planes.len() as u32, 1),
            Order::Pixels => (planes.len() as u32, LOAD_ROWS / (width * planes.len() as u32)),
            Order::Planes => {
                let lines = (LOAD_ROWS / width).clamp(1, lines.len().max(1) as u32);
                (LOAD_ROWS / (width * lines), lines)
            }
        };
        let (planes_each, lines_each) = (planes_each.max(1), lines_each.max(1));
        let mut loads = Vec::new();
        for plane in planes.clone().step_by(planes_each as usize) {
            let planes = plane..(plane + planes_each).min(planes.end);
            for y in lines.clone().step_by(lines_each as usize) {
                loads.push(self.load(dim, to, &planes, y..(y + lines_each).min(lines.end)));
            }
        }
        loads
    }

    fn load(&self, dim: u32, to: &Map, planes: &Range<u32>, lines: Range<u32>) -> Load {
        let pixels = lines.len() as u32 * self.shape.width;
        let load = Load {
            address: self.pixel(dim, planes.start, lines.start * self.shape.width),
            row: to.line(planes.start, lines.start) as u16,
            ..Load::default()
        };
        match self.order {
            Order::Pixels => {
                let channels = self.shape.channels - planes.start * dim;
                Load {
                    stride: self.shape.channels as i32,
                    rows: pixels as u16,
                    row_bytes: channels.min(planes.len() as u32 * dim) as u16,
                    row_step: 1,
                    chunk_step: to.plane_step as u16,
                    ..load
                }
            }
            Order::Planes => Load {
                stride: (self.shape.pixels() * dim) as i32,
                rows: planes.len() as u16,
                row_bytes: (pixels * dim) as u16,
                row_step: to.plane_step as u16,
                chunk_step: 1,
                ..load
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MemoryMap, Order};
    use crate::network::Shape;
    use crate::network::plan::layout::Map;

    /// Every row of a part of a map comes once, from where it lies in memory.
    #[test]
    fn parts_of_maps_come_whole() {
        let shape = Shape { height: 30, width: 20, channels: 37 };
        for (order, pitch) in [Order::Pixels, Order::Planes].into_iter().zip([20, 21]) {
            for pitch in [pitch, 20] {
                let map = MemoryMap { address: 0x1000, order, shape };
                let to = Map { row: 7, pitch, plane_step: 30 * pitch, lines: 30, shape };
                let mut rows = Vec::new();
                for load in map.loads(8, &to, 1..5, 3..29) {
                    let chunks = u32::from(load.row_bytes).div_ceil(8);
                    for (r, c) in
                        (0..load.rows.into()).flat_map(|r| (0..chunks).map(move |c| (r, c)))
                    {
                        let row = u32::from(load.row)
                            + r * u32::from(load.row_step)
                            + c * u32::from(load.chunk_step);
                        rows.push((row, load.address + r * load.stride as u32 + 8 * c));
                    }
                }
                let mut expected = Vec::new();
                for (plane, y, x) in (1..5)
                    .flat_map(|plane| (3..29).map(move |y| (plane, y)))
                    .flat_map(|(plane, y)| (0..20).map(move |x| (plane, y, x)))
                {
                    let pixel = 20 * y + x;
                    let offset = match order {
                        Order::Pixels => 37 * pixel + 8 * plane,
                        Order::Planes => 8 * (600 * plane + pixel),
                    };
                    expected.push((to.line(plane, y) + x, 0x1000 + offset));
                }
                rows.sort_unstable();
                expected.sort_unstable();
                assert_eq!(rows, expected);
            }
        }
    }
}
