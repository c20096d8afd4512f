//! Maps, operands and results of a job of layers: where they lie, and how they get there.

use systole_isa::{Convolution, Descriptor, Destination, Header, Load, Source, Space, Store};

use super::Target;
use super::dice::Dice;
use super::jobs::Allocator;
use super::layers::Table;
use crate::program::random_bytes;

/// Rows of the table memory.
const TABLE_ROWS: u16 = 257;

/// A feature map in the scratchpad.
#[derive(Clone, Copy)]
pub(super) struct Map {
    pub(super) row: u16,
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) channels: u16,
    /// Rows from one pixel of a line to the next.
    pub(super) step: u16,
    pub(super) pitch: u16,
    pub(super) plane_step: u16,
}

/// What a job consists of so far.
pub(super) struct Builder {
    pub(super) target: Target,
    pub(super) memory: Allocator,
    pub(super) next_row: u16,
    pub(super) rows_left: u32,
    pub(super) seed: u64,
    pub(super) descriptors: Vec<Descriptor>,
    pub(super) inputs: Vec<(u32, Vec<u8>)>,
    pub(super) has_table: bool,
}

impl Builder {
    pub(super) fn dim(&self) -> u16 {
        self.target.npu.dim as u16
    }

    pub(super) fn tiles(&self, channels: u16) -> u16 {
        channels.div_ceil(self.dim())
    }

    /// Scratchpad rows that nothing else uses; they may wrap.
    pub(super) fn rows(&mut self, count: u32) -> Option<u16> {
        self.rows_left = self.rows_left.checked_sub(count)?;
        let row = self.next_row;
        self.next_row = row.wrapping_add(count as u16);
        Some(row)
    }

    /// Memory that holds random bytes, at an odd address as often as not.
    pub(super) fn random(&mut self, bytes: u32) -> Option<u32> {
        self.seed = self.seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        let address = self.memory.take(bytes, (self.seed >> 60) as u32)?;
        self.inputs.push((address, random_bytes(self.seed | 1, bytes as usize)));
        Some(address)
    }

    pub(super) fn load(&mut self, load: Load) {
        self.descriptors.push(Descriptor::Load(Header::default(), load));
    }

    /// Loads random bytes, in rows of any shape, over some rows from `row` on.
    pub(super) fn load_over(&mut self, space: Space, row: u16, rows: u16) -> Option<()> {
        let dim = self.target.npu.dim;
        let mut dice = Dice::new(self.seed);
        let any = dice.between(1, 3 * dim) as u16;
        let row_bytes = dice.pick(&[dim as u16, 2 * dim as u16, any, any]);
        let stride = match dice.below(4) {
            0 => 0,
            1 => i32::from(row_bytes),
            2 => -(dice.between(1, 2 * dim) as i32),
            _ => dice.between(1, 4) as i32 * self.target.npu.bus_bytes as i32,
        };
        let several = dice.between(1, 3) as u16;
        let reach = stride.unsigned_abs() * u32::from(several) + u32::from(row_bytes);
        let mut address = self.random(reach + 64)?;
        if dice.chance(50) {
            address = address.next_multiple_of(32);
        }
        if stride < 0 {
            address += stride.unsigned_abs() * u32::from(several - 1);
        }
        self.load(Load {
            space,
            address,
            stride,
            rows: several,
            row_bytes,
            row: row.wrapping_add(dice.below(rows.into()) as u16),
            row_step: dice.below(3) as u16,
            chunk_step: dice.below(3) as u16,
            windows: None,
        });
        Some(())
    }

    pub(super) fn store(&mut self, store: Store) {
        self.descriptors.push(Descriptor::Store(Header::default(), store));
    }

    /// A map of that size with nothing in it yet.
    pub(super) fn map(
        &mut self,
        (width, height): (u16, u16),
        channels: u16,
        step: u16,
        gap: u16,
    ) -> Option<Map> {
        // An odd pitch, for depthwise convolutions.
        let pitch = (width * step + gap) | 1;
        let plane_step = pitch * height + gap;
        let row = self.rows(u32::from(plane_step) * u32::from(self.tiles(channels)))?;
        Some(Map { row, width, height, channels, step, pitch, plane_step })
    }

    /// Loads random bytes into the pixels of `map`.
    pub(super) fn fill(&mut self, map: &Map) -> Option<()> {
        let line_bytes = u32::from(map.width) * u32::from(map.channels);
        let address = self.random(line_bytes * u32::from(map.height))?;
        for line in 0..map.height {
            self.load(Load {
                space: Space::Scratchpad,
                address: address + u32::from(line) * line_bytes,
                stride: map.channels.into(),
                rows: map.width,
                row_bytes: map.channels,
                row: map.row.wrapping_add(line * map.pitch),
                row_step: map.step,
                chunk_step: map.plane_step,
                windows: None,
            });
        }
        Some(())
    }

    /// The table memory's contents, once.
    pub(super) fn table(&mut self, table: Table) -> Option<()> {
        if self.has_table {
            return Some(());
        }
        let row_bytes = 4;
        let address = match table {
            Table::Random => self.random(u32::from(TABLE_ROWS) * 4)?,
            Table::Linear(..) | Table::Ties(_) => {
                let entry = |b: i16| match table {
                    Table::Linear(_, scale, offset) => f32::from(b) * scale + offset,
                    _ => f32::from(b) + 0.5,
                };
                let factor = match table {
                    Table::Linear(factor, ..) | Table::Ties(factor) => factor,
                    Table::Random => 0.0,
                };
                let floats = (-128..128).map(entry).chain([factor]);
                let bytes: Vec<u8> = floats.flat_map(f32::to_le_bytes).collect();
                let address = self.memory.take(bytes.len() as u32, 0)?;
                self.inputs.push((address, bytes));
                address
            }
        };
        self.load(Load {
            space: Space::Table,
            address,
            stride: 4,
            rows: TABLE_ROWS,
            row_bytes,
            row: 0xfe00,
            row_step: 1,
            ..Load::default()
        });
        match self.seed >> 33 & 3 {
            0 => self.load_over(Space::Table, 0xfe00, TABLE_ROWS)?,
            // What lies behind the table, up to where row addresses wrap.
            1 => self.load_over(Space::Table, 0xfe00 + TABLE_ROWS, 512 - TABLE_ROWS)?,
            _ => {}
        }
        self.has_table = true;
        Some(())
    }

    /// Random weights; tiles share most of their bytes in memory.
    pub(super) fn weights(&mut self, tiles: u16) -> Option<u16> {
        let dim = self.dim();
        let (rows, stride) = (tiles * dim, 3);
        let row = self.rows(rows.into())?;
        let address = self.random(u32::from(rows) * stride + u32::from(dim))?;
        self.load(Load {
            address,
            stride: stride as i32,
            rows,
            row_bytes: dim,
            row,
            row_step: 1,
            ..Load::default()
        });
        Some(row)
    }

    /// Stores the accumulators as they are.
    pub(super) fn sums(&mut self, convolution: &Convolution, channels: u16) -> Option<()> {
        let rows = convolution.out_width * convolution.out_height;
        let row_bytes = 4 * u32::from(channels);
        let address = self.memory.take(row_bytes * u32::from(rows), 4)?;
        self.store(Store {
            source: Source::Accumulators,
            destination: Destination::Memory { address, stride: row_bytes as i32 },
            rows,
            columns: channels,
            source_row: convolution.accumulator_row,
            source_chunk_step: convolution.accumulator_n_step,
            source_row_step: 1,
        });
        Some(())
    }

    /// Stores a map's pixels line by line.
    pub(super) fn store_map(&mut self, map: &Map) -> Option<()> {
        let line_bytes = u32::from(map.width) * u32::from(map.channels);
        let offset = (self.seed >> 40) as u32 & 7;
        let address = self.memory.take(line_bytes * u32::from(map.height), offset)?;
        for line in 0..map.height {
            self.store(Store {
                source: Source::Scratchpad,
                destination: Destination::Memory {
                    address: address + u32::from(line) * line_bytes,
                    stride: map.channels.into(),
                },
                rows: map.width,
                columns: map.channels,
                source_row: map.row.wrapping_add(line * map.pitch),
                source_chunk_step: map.plane_step,
                source_row_step: map.step,
            });
        }
        Some(())
    }
}
