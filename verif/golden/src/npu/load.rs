//! LOAD: memory to scratchpad, parameter memory or table memory.

use super::bus::Bus;
use super::descriptor::{Load, Space};
use super::job::BusError;
use super::memories::{MAX_DIM, Memories, row_at};
use super::windows;

pub(super) fn run(d: &Load, memories: &mut Memories, bus: &Bus<'_>) -> Result<(), BusError> {
    let dim = memories.dim();
    let mut bytes = Vec::with_capacity(d.row_bytes as usize);
    for r in 0..d.rows {
        read(bus, d.address.wrapping_add(r.wrapping_mul(d.stride)), d.row_bytes, &mut bytes)?;
        let row = row_at(d.row, &[(r, d.row_step)]);
        if let Some(windows) = &d.windows {
            windows::fill(windows, memories, row, &bytes);
            continue;
        }
        for (c, bytes) in (0..).zip(bytes.chunks(dim)) {
            let mut chunk = [0; MAX_DIM];
            chunk[..bytes.len()].copy_from_slice(bytes);
            write(d.space, memories, row_at(row, &[(c, d.chunk_step)]), &chunk[..dim]);
        }
    }
    Ok(())
}

/// The `count` bytes from `address` on; ends at the first that is outside the RAM or the bus window.
fn read(bus: &Bus<'_>, address: u32, count: u32, to: &mut Vec<u8>) -> Result<(), BusError> {
    to.clear();
    for offset in 0..count {
        let address = address.wrapping_add(offset);
        to.push(bus.load::<1>(address).ok_or(BusError(address))? as u8);
    }
    Ok(())
}

/// One chunk of D bytes.
fn write(space: Space, memories: &mut Memories, row: u32, chunk: &[u8]) {
    match space {
        Space::Scratchpad => {
            for (to, &byte) in memories.scratchpad_mut(row).iter_mut().zip(chunk) {
                *to = byte as i8;
            }
        }
        Space::Parameters => memories.parameters_mut(row).copy_from_slice(chunk),
        Space::Table => {
            let word =
                chunk.iter().take(4).rev().fold(0, |word, &byte| word << 8 | u32::from(byte));
            memories.set_table(row, word);
        }
    }
}
