//! Whether a STORE reads scratchpad rows that it has itself written, which is undefined.

use systole_compiler::NpuShape;
use systole_isa::{Destination, Pool, Source, Store, Then};

/// Whether some step of `store` reads a scratchpad row that an earlier step of it writes.
pub(super) fn reads_own_rows(store: &Store, npu: &NpuShape) -> bool {
    let Destination::Scratchpad { row, row_step, chunk_step, line_rows, line_step } =
        store.destination
    else {
        return false;
    };
    let line_rows = match store.source {
        Source::MaxPool(pool) => pool.out_width,
        _ => line_rows,
    };
    let product = |count: u16, step: u16| count.wrapping_mul(step);
    let place = |t: u16, r: u16| {
        let (line, in_line) = match line_rows {
            0 => (0, r),
            _ => (r / line_rows, r % line_rows),
        };
        let in_chunk = product(line, line_step).wrapping_add(product(in_line, row_step));
        product(t, chunk_step).wrapping_add(in_chunk)
    };
    let wrapped = |row: u16| usize::from(row) % npu.scratchpad_rows as usize;
    let mut written = vec![false; npu.scratchpad_rows as usize];
    for t in 0..store.columns.div_ceil(npu.dim as u16) {
        for r in 0..store.rows {
            let steps = product(t, store.source_chunk_step);
            let source = store.source_row.wrapping_add(steps);
            let reads = match store.source {
                Source::Requantised { then: Then::Add { residual_row }, .. } => {
                    vec![residual_row.wrapping_add(place(t, r))]
                }
                Source::Requantised { .. } | Source::Accumulators => Vec::new(),
                Source::Scratchpad => {
                    vec![source.wrapping_add(product(r, store.source_row_step))]
                }
                Source::MaxPool(pool) => pixels(&pool, source, r),
            };
            if reads.into_iter().any(|row| written[wrapped(row)]) {
                return true;
            }
            written[wrapped(row.wrapping_add(place(t, r)))] = true;
        }
    }
    false
}

/// The rows of the pixels that output r of a pool reads.
fn pixels(pool: &Pool, plane: u16, r: u16) -> Vec<u16> {
    let inside = |output: u16, stride: u8, pad: u8, kernel: u8, size: u16| {
        let start = i32::from(output) * i32::from(stride) - i32::from(pad);
        start.max(0)..(start + i32::from(kernel)).min(size.into())
    };
    let (oy, ox) = (r / pool.out_width, r % pool.out_width);
    let lines = inside(oy, pool.stride_y, pool.pad_top, pool.kernel_height, pool.in_height);
    let columns = inside(ox, pool.stride_x, pool.pad_left, pool.kernel_width, pool.in_width);
    let row = |y: i32, x: i32| plane.wrapping_add((y * i32::from(pool.row_pitch) + x) as u16);
    lines.flat_map(|y| columns.clone().map(move |x| row(y, x))).collect()
}
