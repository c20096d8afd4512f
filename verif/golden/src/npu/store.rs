//! STORE: accumulators or scratchpad out, to memory or back to the scratchpad.

use super::descriptor::{Destination, Source, Store};
use super::job::{BusError, Output};
use super::memories::{MAX_DIM, Memories, row_at};
use super::requantise::Requantiser;

/// Ends at the first write that fails.
pub(super) fn run(
    d: &Store,
    memories: &mut Memories,
    output: &mut Output<'_>,
) -> Result<(), BusError> {
    let dim = memories.dim() as u32;
    for t in 0..d.columns.div_ceil(dim) {
        let lanes = dim.min(d.columns - t * dim) as usize;
        for r in 0..d.rows {
            let steps = [(t, d.source_chunk_step), (r, d.source_row_step)];
            let source = row_at(d.source_row, &steps);
            match d.destination {
                Destination::Memory { address, stride } => {
                    let offset = d.element_bytes() * t * dim;
                    let to = address.wrapping_add(r.wrapping_mul(stride)).wrapping_add(offset);
                    to_memory(d, memories, output, (t, source, lanes), to)?;
                }
                Destination::Scratchpad { row, row_step, chunk_step } => {
                    let bytes = bytes(d, memories, t, source);
                    let to = row_at(row, &[(r, row_step), (t, chunk_step)]);
                    let row = memories.scratchpad_mut(to);
                    row.fill(0);
                    row[..lanes].copy_from_slice(&bytes[..lanes]);
                }
            }
        }
    }
    Ok(())
}

/// One chunk of a row, `(t, source row, lanes)`, to the bytes from `address` on.
fn to_memory(
    d: &Store,
    memories: &Memories,
    output: &mut Output<'_>,
    (t, source, lanes): (u32, u32, usize),
    address: u32,
) -> Result<(), BusError> {
    let mut address = address;
    let mut write = |byte| {
        let result = output.write(address, byte);
        address = address.wrapping_add(1);
        result
    };
    if d.source == Source::Raw {
        for value in &memories.accumulators(source)[..lanes] {
            value.to_le_bytes().into_iter().try_for_each(&mut write)?;
        }
        return Ok(());
    }
    bytes(d, memories, t, source)[..lanes].iter().try_for_each(|&byte| write(byte as u8))
}

/// The int8 lanes of one source row.
fn bytes(d: &Store, memories: &Memories, t: u32, source: u32) -> [i8; MAX_DIM] {
    let mut bytes = [0; MAX_DIM];
    if d.source == Source::Scratchpad {
        bytes[..memories.dim()].copy_from_slice(memories.scratchpad(source));
        return bytes;
    }
    for (n, &accumulator) in memories.accumulators(source).iter().enumerate() {
        let requantiser = Requantiser {
            bias: parameter(memories, d.parameter_row + 8 * t, n) as i32,
            multiplier: parameter(memories, d.parameter_row + 8 * t + 4, n),
            zero_point: d.zero_point,
            clamp_min: d.clamp_min,
            clamp_max: d.clamp_max,
        };
        bytes[n] = super::requantise(accumulator, &requantiser);
    }
    bytes
}

/// Little-endian word n of the 4 * D bytes in the four rows from `row` on.
fn parameter(memories: &Memories, row: u32, n: usize) -> u32 {
    let dim = memories.dim();
    (4 * n..4 * n + 4).rev().fold(0, |word, j| {
        word << 8 | u32::from(memories.parameters(row + (j / dim) as u32)[j % dim])
    })
}
