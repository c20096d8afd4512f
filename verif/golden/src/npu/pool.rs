//! Maximum pool: STORE's results are maxima over windows of a feature map in the scratchpad.

use super::descriptor::Pool;
use super::memories::{MAX_DIM, Memories, row_at};
use std::ops::Range;

/// The maxima of output pixel r; `plane` is the row of the map's pixel (0, 0).
pub(super) fn maxima(d: &Pool, memories: &Memories, plane: u32, r: u32) -> [i8; MAX_DIM] {
    let mut maxima = [i8::MIN; MAX_DIM];
    for yy in window(r / d.out_width * d.stride_y, d.pad_top, d.kernel_height, d.in_height) {
        for xx in window(r % d.out_width * d.stride_x, d.pad_left, d.kernel_width, d.in_width) {
            let pixel = memories.scratchpad(row_at(plane, &[(yy, d.row_pitch), (xx, 1)]));
            for (maximum, &value) in maxima.iter_mut().zip(pixel) {
                *maximum = value.max(*maximum);
            }
        }
    }
    maxima
}

/// The part inside the map of a window along one side, `at - pad` being its start.
pub(super) fn window(at: u32, pad: u32, kernel: u32, size: u32) -> Range<u32> {
    at.saturating_sub(pad)..(at + kernel).saturating_sub(pad).min(size)
}
