//! EXEC of a convolution: the activations are pixels of a feature map, with a value of their own
//! outside it.

use super::descriptor::{Convolution, Kernel, depthwise_lines, depthwise_taps};
use super::exec::{Weights, add, products, tile_rows, weights};
use super::memories::{MAX_DIM, Memories, row_at};

pub(super) fn run(d: &Convolution, memories: &mut Memories) {
    match d.kernel {
        Kernel::Full { height, width } => full(d, height, width, memories),
        Kernel::Depthwise => depthwise(d, memories),
    }
}

fn full(d: &Convolution, height: u32, width: u32, memories: &mut Memories) {
    let tile_rows = tile_rows(memories.dim() as u32, d.int4);
    let mut tile_row = d.weight_row;
    for nt in 0..d.n_tiles {
        let mut overwrite = !d.accumulate;
        for (ky, kx) in (0..height).flat_map(|ky| (0..width).map(move |kx| (ky, kx))) {
            for kt in 0..d.k_tiles {
                let weights = weights(memories, tile_row, d.int4);
                let plane = Plane::new(d, kt);
                each_output(d, nt, |x, y, accumulator_row| {
                    let pixel = plane.pixel(memories, x + kx as i32, y + ky as i32);
                    let sums = products(pixel, &weights);
                    add(memories, accumulator_row, &sums, overwrite);
                });
                overwrite = false;
                tile_row = tile_row.wrapping_add(tile_rows);
            }
        }
    }
}

fn depthwise(d: &Convolution, memories: &mut Memories) {
    let dim = memories.dim() as u32;
    let lines = depthwise_lines(dim);
    let tile_rows = tile_rows(dim, d.int4);
    let mut tile_row = d.weight_row;
    for nt in 0..d.n_tiles {
        let plane = Plane::new(d, nt);
        for pass in 0..d.k_tiles {
            let weights = weights(memories, tile_row, d.int4);
            let overwrite = pass == 0 && !d.accumulate;
            each_output(d, nt, |x, y, accumulator_row| {
                let sums = taps(&plane, memories, &weights, (x, y + (pass * lines) as i32));
                add(memories, accumulator_row, &sums, overwrite);
            });
            tile_row = tile_row.wrapping_add(tile_rows);
        }
    }
}

/// One depthwise pass for one output pixel, its first tap at pixel `(x, y)`.
fn taps(
    plane: &Plane<'_>,
    memories: &Memories,
    weights: &Weights,
    (x, y): (i32, i32),
) -> [i32; MAX_DIM] {
    let dim = memories.dim() as u32;
    let taps = depthwise_taps(dim);
    let mut sums = [0; MAX_DIM];
    for tap in 0..taps * depthwise_lines(dim) {
        let pixel = plane.pixel(memories, x + (tap % taps) as i32, y + (tap / taps) as i32);
        for ((sum, &value), weight) in sums.iter_mut().zip(pixel).zip(&weights[tap as usize]) {
            *sum += i32::from(value) * weight;
        }
    }
    sums
}

/// Calls `visit` for the outputs of n tile `nt` in order: the pixel that the first tap meets, and
/// the accumulator row.
fn each_output(d: &Convolution, nt: u32, mut visit: impl FnMut(i32, i32, u32)) {
    let mut row = row_at(d.accumulator_row, &[(nt, d.accumulator_n_step)]);
    for oy in 0..d.out_height {
        let y = d.first_y + (oy * d.stride_y) as i32;
        for ox in 0..d.out_width {
            visit(d.first_x + (ox * d.stride_x) as i32, y, row);
            row = row.wrapping_add(1);
        }
    }
}

/// D channels of the feature map.
struct Plane<'a> {
    d: &'a Convolution,
    /// Scratchpad row of pixel (0, 0).
    origin: u32,
    /// Stands for pixels outside the map.
    padding: [i8; MAX_DIM],
}

impl<'a> Plane<'a> {
    fn new(d: &'a Convolution, plane: u32) -> Self {
        let first = row_at(d.activation_row, &[(plane, d.plane_step)]);
        let above = (d.first_y as u32).wrapping_mul(d.row_pitch);
        let origin = first.wrapping_sub(above).wrapping_sub(d.first_x as u32);
        Self { d, origin, padding: [d.pad_value; MAX_DIM] }
    }

    /// The D channels of pixel `(x, y)`.
    fn pixel<'m>(&'m self, memories: &'m Memories, x: i32, y: i32) -> &'m [i8] {
        // Negative numbers are beyond every size, too.
        let (x, y) = (x as u32, y as u32);
        if x < self.d.in_width && y < self.d.in_height {
            memories.scratchpad(row_at(self.origin, &[(y, self.d.row_pitch), (x, 1)]))
        } else {
            &self.padding[..memories.dim()]
        }
    }
}
