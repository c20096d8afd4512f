//! What the descriptors of a list of random tokens do: short LOADs, EXECs and STOREs over the rows that
//! the tokens allow.

use systole_isa::{
    Activations, Convolution, Descriptor, Destination, Exec, Header, Kernel, Load, Source, Store,
};

use super::tokens::{OWN_SLOTS, OWN_SUMS, SHARED, SLOT, SUMS, TokenList};

impl TokenList {
    /// The next descriptor of `unit`.
    pub(super) fn descriptor(&mut self, unit: usize, header: Header) -> Descriptor {
        match unit {
            0 => Descriptor::Load(header, self.load()),
            1 => self.exec(header),
            _ => Descriptor::Store(header, self.store()),
        }
    }

    /// First row of a scratchpad slot that `unit` reads.
    fn read(&mut self, unit: usize) -> (usize, u16) {
        let user = (unit, false);
        let slot = self.scratchpad.choose(&mut self.dice, &self.order, user, &SHARED).unwrap_or(0);
        self.scratchpad.note(&self.order, slot, user, self.descriptors.len());
        (slot, self.slot_row(slot))
    }

    /// First row of a scratchpad slot other than `read` that `unit` writes.
    fn write(&mut self, unit: usize, read: usize, own: usize) -> u16 {
        let user = (unit, true);
        let others: Vec<usize> = SHARED.into_iter().filter(|&slot| slot != read).collect();
        let slot = self.scratchpad.choose(&mut self.dice, &self.order, user, &others);
        let slot = slot.unwrap_or(own);
        self.scratchpad.note(&self.order, slot, user, self.descriptors.len());
        self.slot_row(slot)
    }

    fn slot_row(&self, slot: usize) -> u16 {
        self.row.wrapping_add(self.weights + SLOT * slot as u16)
    }

    fn load(&mut self) -> Load {
        let row = self.write(0, 0, OWN_SLOTS[0]);
        let dim = u32::from(self.dim);
        Load {
            address: self.source + self.dice.below(3 * dim),
            stride: if self.slow { 1 } else { self.dice.below(dim) as i32 },
            rows: if self.slow { 40 } else { self.dice.between(1, SLOT.into()) as u16 },
            row_bytes: if self.dice.chance(70) {
                self.dim
            } else {
                self.dice.between(1, dim) as u16
            },
            row,
            row_step: u16::from(!self.slow),
            ..Load::default()
        }
    }

    fn exec(&mut self, header: Header) -> Descriptor {
        let (_, row) = self.read(1);
        let user = (1, true);
        let slot = self.accumulators.choose(&mut self.dice, &self.order, user, &SUMS);
        let slot = slot.unwrap_or(OWN_SUMS);
        self.accumulators.note(&self.order, slot, user, self.descriptors.len());
        let outputs = self.dice.between(1, SLOT.into()) as u16;
        let rows = &mut self.accumulators.0[slot].rows;
        let accumulate = *rows >= outputs && self.dice.chance(30);
        *rows = outputs.max(*rows);
        let accumulator_row = self.accumulator_row.wrapping_add(SLOT * slot as u16);
        if self.slow || self.dice.chance(60) {
            // Some take so long that the other units wait for most of the job.
            let long = self.slow || self.dice.chance(4);
            let exec = Exec {
                accumulate,
                activations: Activations { row, step: 1, k_step: 0 },
                weight_row: self.row,
                accumulator_row,
                m_rows: outputs,
                k_tiles: if long { self.dice.between(10, 40) } else { self.dice.between(1, 2) }
                    as u16,
                n_tiles: 1,
                ..Exec::default()
            };
            return Descriptor::Exec(header, exec);
        }
        let depthwise = self.dice.chance(50);
        let before = if depthwise { self.dice.below(4) as u16 } else { 0 };
        let convolution = Convolution {
            kernel: if depthwise {
                Kernel::Depthwise
            } else {
                Kernel::Full { height: 1, width: 1 }
            },
            accumulate,
            int4: false,
            activation_row: row.wrapping_sub(before),
            row_pitch: 1,
            plane_step: 0,
            weight_row: self.row,
            accumulator_row,
            accumulator_n_step: 0,
            out_width: outputs,
            out_height: 1,
            in_width: SLOT,
            in_height: 1,
            stride_x: 1,
            stride_y: 1,
            pad_value: self.dice.bits() as i8,
            k_tiles: 1,
            n_tiles: 1,
            first_y: 0,
            first_x: -(before as i16),
        };
        Descriptor::Convolution(header, convolution)
    }

    fn store(&mut self) -> Store {
        let user = (2, false);
        let sums = self.accumulators.choose(&mut self.dice, &self.order, user, &SUMS);
        let slow = self.slow;
        if let Some(slot) = sums.filter(|_| !slow && self.dice.chance(70)) {
            self.accumulators.note(&self.order, slot, user, self.descriptors.len());
            let rows = self.dice.between(1, self.accumulators.0[slot].rows.into()) as u16;
            let row = self.accumulator_row.wrapping_add(SLOT * slot as u16);
            return self.store_rows(Source::Accumulators, row, rows);
        }
        let (slot, row) = self.read(2);
        if slow {
            let store = self.store_rows(Source::Scratchpad, row, SLOT);
            let columns = 4 * u32::from(self.dim);
            // Its bytes lie over each other.
            let Destination::Memory { address, .. } = store.destination else { return store };
            let destination = Destination::Memory { address, stride: 1 };
            let columns = columns.min(self.result + self.result_bytes - address - SLOT as u32);
            return Store { destination, columns: columns as u16, ..store };
        }
        let rows = self.dice.between(1, SLOT.into()) as u16;
        let mut store = self.store_rows(Source::Scratchpad, row, rows);
        if self.dice.chance(50) {
            let row = self.write(2, slot, OWN_SLOTS[1]);
            store.destination = Destination::Scratchpad {
                row,
                row_step: 1,
                chunk_step: 0,
                line_rows: 0,
                line_step: 0,
            };
        }
        store
    }

    fn store_rows(&mut self, source: Source, source_row: u16, rows: u16) -> Store {
        let columns = self.dice.between(1, self.dim.into()) as u16;
        let stride = 4 * u32::from(columns);
        let bytes = stride * u32::from(rows);
        if self.next_result + bytes > self.result_bytes {
            self.next_result = 0;
        }
        let address = self.result + self.next_result;
        self.next_result += bytes;
        Store {
            source,
            destination: Destination::Memory { address, stride: stride as i32 },
            rows,
            columns,
            source_row,
            source_chunk_step: 0,
            source_row_step: 1,
        }
    }
}
