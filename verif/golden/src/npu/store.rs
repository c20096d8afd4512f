//! STORE: accumulators or scratchpad out, to memory or back to the scratchpad.

use super::descriptor::{Destination, Requantised, Source, Store, Then};
use super::job::{BusError, Output};
use super::memories::{MAX_DIM, Memories, row_at};
use super::requantise::{Multiplier, Requantiser};
use super::{pool, requantise, residual_add};

/// Ends at the first write that fails.
pub(super) fn run(
    d: &Store,
    memories: &mut Memories,
    output: &mut Output<'_>,
) -> Result<(), BusError> {
    let dim = memories.dim() as u32;
    for t in 0..d.columns.div_ceil(dim) {
        let lanes = dim.min(d.columns - t * dim) as usize;
        let chunk = Chunk::new(d, memories, t);
        for r in 0..d.rows {
            match d.destination {
                Destination::Memory { address, stride } => {
                    let offset = d.element_bytes() * t * dim;
                    let to = address.wrapping_add(r.wrapping_mul(stride)).wrapping_add(offset);
                    if d.source == Source::Raw {
                        let values = &memories.accumulators(chunk.source_row(r))[..lanes];
                        write(output, to, values.iter().flat_map(|value| value.to_le_bytes()))?;
                    } else {
                        let bytes = chunk.bytes(memories, r);
                        write(output, to, bytes[..lanes].iter().map(|&byte| byte as u8))?;
                    }
                }
                Destination::Scratchpad { row, place } => {
                    let bytes = chunk.bytes(memories, r);
                    let row = memories.scratchpad_mut(row.wrapping_add(place.of(t, r)));
                    row.fill(0);
                    row[..lanes].copy_from_slice(&bytes[..lanes]);
                }
            }
        }
    }
    Ok(())
}

fn write(
    output: &mut Output<'_>,
    address: u32,
    bytes: impl Iterator<Item = u8>,
) -> Result<(), BusError> {
    (0..).zip(bytes).try_for_each(|(offset, byte)| output.write(address.wrapping_add(offset), byte))
}

/// Chunk t of all rows.
struct Chunk<'a> {
    d: &'a Store,
    t: u32,
    /// For each lane; empty for other sources.
    requantisers: Vec<Requantiser>,
}

impl<'a> Chunk<'a> {
    fn new(d: &'a Store, memories: &Memories, t: u32) -> Self {
        let lanes = match d.source {
            Source::Requantised(_) => memories.dim(),
            _ => 0,
        };
        let row = d.parameter_row.wrapping_add(d.parameter_rows() * t);
        let requantiser = |n| Requantiser {
            bias: parameter(memories, row, n) as i32,
            multiplier: multiplier(d, memories, row.wrapping_add(4), n),
            zero_point: d.zero_point,
            clamp_min: d.clamp_min,
            clamp_max: d.clamp_max,
        };
        Self { d, t, requantisers: (0..lanes).map(requantiser).collect() }
    }

    /// The row that row r comes from; for a pool that of the map's first pixel, whatever r.
    fn source_row(&self, r: u32) -> u32 {
        let d = self.d;
        row_at(d.source_row, &[(self.t, d.source_chunk_step), (r, d.source_row_step)])
    }

    /// The int8 lanes of row r.
    fn bytes(&self, memories: &Memories, r: u32) -> [i8; MAX_DIM] {
        let row = self.source_row(r);
        match &self.d.source {
            Source::Requantised(Requantised { then, .. }) => {
                self.requantised(memories, row, r, *then)
            }
            Source::Pool(d) => pool::maxima(d, memories, row, r),
            Source::Scratchpad | Source::Raw => {
                let mut bytes = [0; MAX_DIM];
                bytes[..memories.dim()].copy_from_slice(memories.scratchpad(row));
                bytes
            }
        }
    }

    fn requantised(&self, memories: &Memories, row: u32, r: u32, then: Then) -> [i8; MAX_DIM] {
        let mut bytes = [0; MAX_DIM];
        let lanes = memories.accumulators(row).iter().zip(&self.requantisers);
        for (byte, (&accumulator, requantiser)) in bytes.iter_mut().zip(lanes) {
            *byte = requantise(accumulator, requantiser);
        }
        let lanes = bytes.iter_mut();
        match (then, self.d.destination) {
            (Then::Table, _) => {
                lanes.for_each(|byte| *byte = memories.table_entry(*byte) as i8);
            }
            (Then::Add { residual_row }, Destination::Scratchpad { place, .. }) => {
                let row = residual_row.wrapping_add(place.of(self.t, r));
                let factor = memories.table_factor();
                for (a, &b) in lanes.zip(memories.scratchpad(row)) {
                    *a = residual_add(*a, factor, memories.table_entry(b));
                }
            }
            _ => {}
        }
        bytes
    }
}

/// What a lane multiplies by, from the rows behind the biases.
fn multiplier(d: &Store, memories: &Memories, row: u32, n: usize) -> Multiplier {
    let word = parameter(memories, row, n);
    match d.source {
        Source::Requantised(Requantised { double_rounding: true, .. }) => {
            let shift = memories.parameters(row.wrapping_add(4))[n] as i8;
            Multiplier::Integer { multiplier: (word & 0x7fff_ffff) as i32, shift }
        }
        _ => Multiplier::Float(word),
    }
}

/// Little-endian word n of the 4 * D bytes in the four rows from `row` on.
fn parameter(memories: &Memories, row: u32, n: usize) -> u32 {
    let dim = memories.dim();
    (4 * n..4 * n + 4).rev().fold(0, |word, j| {
        word << 8 | u32::from(memories.parameters(row + (j / dim) as u32)[j % dim])
    })
}
