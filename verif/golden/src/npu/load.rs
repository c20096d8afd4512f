//! LOAD: memory to scratchpad or parameter memory.

use super::descriptor::Load;
use super::job::BusError;
use super::memories::{Memories, row_at};
use crate::memory::Memory;

pub(super) fn run(d: &Load, memories: &mut Memories, memory: &Memory) -> Result<(), BusError> {
    let dim = memories.dim() as u32;
    for r in 0..d.rows {
        let source = d.address.wrapping_add(r.wrapping_mul(d.stride));
        for c in 0..d.row_bytes.div_ceil(dim) {
            let row = row_at(d.row, &[(r, d.row_step), (c, d.chunk_step)]);
            for n in 0..dim {
                let offset = c * dim + n;
                let byte = if offset < d.row_bytes {
                    let address = source.wrapping_add(offset);
                    memory.load::<1>(address).ok_or(BusError(address))? as u8
                } else {
                    0
                };
                if d.parameters {
                    memories.parameters_mut(row)[n as usize] = byte;
                } else {
                    memories.scratchpad_mut(row)[n as usize] = byte as i8;
                }
            }
        }
    }
    Ok(())
}
