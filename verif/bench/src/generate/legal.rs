//! Single descriptors that keep to every rule, whatever their fields hold otherwise.

use systole_isa::{
    Activations, Convolution, Descriptor, Destination, Exec, Header, Kernel, Load, Pool, Source,
    Space, Store, Then, Windows,
};

use super::Target;
use super::dice::Dice;

/// Descriptors of every kind for one NPU.
pub(super) struct Legal<'a> {
    pub(super) target: Target,
    pub(super) dice: &'a mut Dice,
    /// Meant to be executed: few rows, LOADs from the bytes that follow `source`.
    pub(super) short: bool,
    /// Counts of a single bit each.
    pub(super) sparse: bool,
    pub(super) source: u32,
}

/// Bytes that a short LOAD may read behind its source.
pub(super) const SOURCE_BYTES: u32 = 0x200;

impl Legal<'_> {
    /// One of any kind.
    pub(super) fn any(&mut self) -> Descriptor {
        match self.dice.below(14) {
            0..3 => self.load(),
            3..5 => self.product(),
            5..8 => self.convolution(),
            8..10 => self.depthwise(),
            _ => self.store(),
        }
    }

    /// One that writes no memory.
    pub(super) fn inside(&mut self) -> Descriptor {
        match self.dice.below(8) {
            0..4 => self.load(),
            4 | 5 => self.product(),
            6 => self.convolution(),
            _ => self.depthwise(),
        }
    }

    /// Any 16 bits, or few of them.
    fn word(&mut self) -> u16 {
        match self.dice.below(3) {
            0 => self.dice.bits() as u16,
            1 => 1 << self.dice.below(16),
            _ => self.dice.below(8) as u16,
        }
    }

    /// A count of `bits` bits other than 0: as often as not a single bit.
    fn count(&mut self, bits: u32, short: u32) -> u16 {
        if self.short {
            return self.dice.between(1, short) as u16;
        }
        match self.dice.below(if self.sparse { 1 } else { 2 }) {
            0 => 1 << self.dice.below(bits),
            _ => self.dice.between(1, (1 << bits) - 1) as u16,
        }
    }

    /// The same where it costs no time.
    fn size(&mut self) -> u16 {
        match self.dice.below(3) {
            0 => self.dice.between(1, 9) as u16,
            1 => 1 << self.dice.below(12),
            _ => self.dice.between(1, 0xfff) as u16,
        }
    }

    fn load(&mut self) -> Descriptor {
        let dim = self.target.npu.dim;
        let spaces = [Space::Scratchpad, Space::Scratchpad, Space::Parameters, Space::Table];
        let space = self.dice.pick(if dim > 2 { &spaces } else { &spaces[..3] });
        let windows = (space == Space::Scratchpad && self.dice.chance(50)).then(|| self.windows());
        let mut row_bytes = match self.dice.below(4) {
            0 => dim as u16,
            1 => 2 * dim as u16,
            _ => self.count(16, 3 * dim),
        };
        if windows.is_some() && self.dice.chance(20) {
            row_bytes = 0;
        }
        let stride = match self.dice.below(4) {
            0 => 0,
            1 => i32::from(row_bytes),
            2 => -(self.dice.below(20) as i32),
            _ if self.short => self.dice.below(20) as i32,
            _ => self.dice.bits() as i32,
        };
        let start = if self.dice.chance(50) { 0x80 } else { 0x80 + self.dice.below(32) };
        let load = Load {
            space,
            address: if self.short { self.source + start } else { self.dice.bits() },
            stride,
            rows: self.count(16, 3),
            row_bytes,
            row: self.word(),
            row_step: self.word(),
            chunk_step: if windows.is_none() { self.word() } else { 0 },
            windows,
        };
        Descriptor::Load(Header::default(), load)
    }

    fn windows(&mut self) -> Windows {
        let npu = self.target.npu;
        let bytes = self.dice.between(1, npu.dim.min(npu.bus_bytes));
        Windows {
            // Several for each bus word keep the words waiting.
            count: self.count(16, 12),
            row_step: self.word(),
            step: if self.dice.chance(50) {
                self.dice.between(1, 4)
            } else {
                self.dice.between(1, 255)
            } as u8,
            bytes: bytes as u8,
            lane: self.dice.between(0, npu.dim - bytes) as u8,
            pad_value: self.dice.bits() as i8,
            lead: -(self.dice.pick(&[0, 1, 2, 64, 127, 128]) as i16) as i8,
        }
    }

    fn product(&mut self) -> Descriptor {
        let exec = Exec {
            accumulate: self.dice.chance(50),
            int4: self.int4(),
            activations: Activations { row: self.word(), step: self.word(), k_step: self.word() },
            weight_row: self.word(),
            weight_k_step: self.word(),
            weight_n_step: self.word(),
            accumulator_row: self.word(),
            accumulator_n_step: self.word(),
            m_rows: self.count(16, 4),
            k_tiles: self.count(16, 2),
            n_tiles: self.count(16, 2),
        };
        Descriptor::Exec(Header::default(), exec)
    }

    fn convolution(&mut self) -> Descriptor {
        let (height, width) = match self.short {
            true => self.dice.pick(&[(1, 1), (2, 1), (1, 2), (4, 1), (1, 4)]),
            false => (self.dice.between(1, 7) as u8, self.dice.between(1, 7) as u8),
        };
        let first_x = self.first();
        let pitch = self.word();
        self.over_a_map(Kernel::Full { height, width }, pitch, first_x)
    }

    fn depthwise(&mut self) -> Descriptor {
        let first_x = -(self.dice.below(4) as i16);
        let pitch = self.word() | u16::from(self.target.npu.dim >= 8);
        self.over_a_map(Kernel::Depthwise, pitch, first_x)
    }

    fn over_a_map(&mut self, kernel: Kernel, row_pitch: u16, first_x: i16) -> Descriptor {
        let convolution = Convolution {
            kernel,
            accumulate: self.dice.chance(50),
            int4: self.int4(),
            activation_row: self.word(),
            row_pitch,
            plane_step: self.word(),
            weight_row: self.word(),
            accumulator_row: self.word(),
            accumulator_n_step: self.word(),
            out_width: self.count(12, 3),
            out_height: self.count(12, 2),
            in_width: self.size(),
            in_height: self.size(),
            stride_x: self.dice.between(1, 4) as u8,
            stride_y: self.dice.between(1, 4) as u8,
            pad_value: self.dice.bits() as i8,
            k_tiles: self.count(12, 3),
            n_tiles: self.count(12, 2),
            first_y: self.first(),
            first_x,
        };
        Descriptor::Convolution(Header::default(), convolution)
    }

    /// The line or pixel that comes first: next to the map's edge, or far from it.
    fn first(&mut self) -> i16 {
        if self.dice.chance(50) { self.dice.between(0, 5) as i16 - 4 } else { self.word() as i16 }
    }

    fn int4(&mut self) -> bool {
        self.target.int4_weights && self.dice.chance(50)
    }

    /// A STORE that is not meant to be executed.
    fn store(&mut self) -> Descriptor {
        let mut source = match self.dice.below(5) {
            0 => Source::Accumulators,
            1 => Source::Scratchpad,
            2 | 3 => self.pool(),
            _ => self.requantised(),
        };
        let to_memory = source == Source::Accumulators || self.dice.chance(50);
        let destination = if to_memory {
            let aligned = if source == Source::Accumulators { !3 } else { !0 };
            let [address, stride] = [self.dice.bits(), self.dice.bits()];
            Destination::Memory { address: address & aligned, stride: (stride & aligned) as i32 }
        } else {
            Destination::Scratchpad {
                row: self.word(),
                row_step: self.word(),
                chunk_step: self.word(),
                line_rows: self.word(),
                line_step: self.word(),
            }
        };
        if let (Source::Requantised { then, .. }, true) = (&mut source, to_memory)
            && matches!(then, Then::Add { .. })
        {
            *then = Then::Table;
        }
        let store = Store {
            source,
            destination,
            rows: self.count(16, 4),
            columns: self.count(16, 4),
            source_row: self.word(),
            source_chunk_step: self.word(),
            source_row_step: if matches!(source, Source::MaxPool(_)) { 0 } else { self.word() },
        };
        Descriptor::Store(Header::default(), store)
    }

    fn requantised(&mut self) -> Source {
        let residual_row = self.word();
        Source::Requantised {
            parameter_row: self.word(),
            zero_point: self.dice.bits() as i8,
            clamp_min: self.dice.bits() as i8,
            clamp_max: self.dice.bits() as i8,
            double_rounding: self.target.double_rounding && self.dice.chance(50),
            then: self.dice.pick(&[Then::Keep, Then::Table, Then::Add { residual_row }]),
        }
    }

    fn pool(&mut self) -> Source {
        Source::MaxPool(Pool {
            row_pitch: self.word(),
            kernel_width: self.dice.between(1, 7) as u8,
            kernel_height: self.dice.between(1, 7) as u8,
            pad_left: self.dice.below(8) as u8,
            pad_top: self.dice.below(8) as u8,
            in_width: self.size(),
            in_height: self.size(),
            stride_x: self.dice.between(1, 4) as u8,
            stride_y: self.dice.between(1, 4) as u8,
            out_width: self.size(),
        })
    }
}
