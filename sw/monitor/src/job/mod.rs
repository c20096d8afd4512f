//! The NPU's job at power-up: a matrix product, requantised, with its right answer.
//!
//! Its data come from a generator that the hart runs, too, so that the boot ROM has room for the
//! answer. Products of numbers that use all 8 bits meet in every cell of the array; results leave
//! both requantised and as they are in the accumulators, so that no bit of them goes unseen.

mod answer;

use systole_isa::{
    Activations, Descriptor, Destination, Exec, Header, Load, Source, Space, Store, Then, Unit,
};

use crate::Chip;
use crate::map::{RAM_BASE, ROM_BYTES};

/// Rows of activations.
pub const ROWS: u32 = 4;
/// Start of the generator of data, xorshift32.
pub const SEED: u32 = 0x5359_4e50;
/// Bias of the first channel, and from one channel to the next.
pub const BIAS: (u32, u32) = (-3000i32 as u32, 411);
/// What is added to a multiplier's bits from one channel to the next: 1/64 of its power of two.
pub const MULTIPLIER_STEP: u32 = 1 << 17;

const ZERO_POINT: i8 = 5;
const CLAMP: (i8, i8) = (-100, 110);

/// Where the job lies: above the boot ROM, which the NPU does not see.
const DESCRIPTORS: u32 = RAM_BASE + ROM_BYTES;
const PARAMETERS: u32 = DESCRIPTORS + 0x100;
const DATA: u32 = PARAMETERS + 0x100;

/// The job for an array.
#[derive(Clone, Copy, Debug)]
pub struct SelfTestJob {
    dim: u32,
    k_tiles: u32,
}

impl SelfTestJob {
    /// The job for `chip`: two tiles deep if the scratchpad holds them, else one.
    pub fn new(chip: &Chip) -> Self {
        let deep = 2 * (ROWS + chip.dim) <= chip.scratchpad_rows;
        Self { dim: chip.dim, k_tiles: if deep { 2 } else { 1 } }
    }

    /// Address of the descriptors.
    pub fn descriptors_at(&self) -> u32 {
        DESCRIPTORS
    }

    /// Address of the biases, a word for each channel; the multipliers follow.
    pub fn parameters_at(&self) -> u32 {
        PARAMETERS
    }

    /// Address of the words that the generator makes: activations, then weights.
    pub fn data_at(&self) -> u32 {
        DATA
    }

    /// How many words the generator makes.
    pub fn data_words(&self) -> u32 {
        (ROWS + self.dim) * self.depth() / 4
    }

    /// Address of the results: bytes, and behind them words.
    pub fn results_at(&self) -> u32 {
        (DATA + 4 * self.data_words()).next_multiple_of(64)
    }

    /// Channels, which is the side of the array.
    pub fn channels(&self) -> u32 {
        self.dim
    }

    /// Bits of the first channel's multiplier, a power of two that keeps most results within int8.
    pub fn first_multiplier(&self) -> u32 {
        (127 - 7 - self.depth().ilog2() / 2) << 23
    }

    /// Products in a sum.
    fn depth(&self) -> u32 {
        self.k_tiles * self.dim
    }

    /// The list.
    pub fn descriptors(&self) -> [Descriptor; 6] {
        let (dim, rows, depth) = (self.dim as u16, ROWS as u16, self.depth() as u16);
        let weight_row = rows * self.k_tiles as u16;
        let activations = Load {
            address: DATA,
            stride: i32::from(depth),
            rows,
            row_bytes: depth,
            row_step: 1,
            chunk_step: rows,
            ..Load::default()
        };
        let weights = Load {
            address: DATA + ROWS * self.depth(),
            stride: i32::from(dim),
            rows: depth,
            row_bytes: dim,
            row: weight_row,
            row_step: 1,
            ..Load::default()
        };
        let parameters = Load {
            space: Space::Parameters,
            address: PARAMETERS,
            stride: i32::from(dim),
            rows: 8,
            row_bytes: dim,
            row_step: 1,
            ..Load::default()
        };
        let product = Exec {
            activations: Activations { row: 0, step: 1, k_step: rows },
            weight_row,
            weight_k_step: dim,
            m_rows: rows,
            k_tiles: self.k_tiles as u16,
            n_tiles: 1,
            ..Exec::default()
        };
        let store = |source, address, stride| Store {
            source,
            destination: Destination::Memory { address, stride },
            rows,
            columns: dim,
            source_row: 0,
            source_chunk_step: 0,
            source_row_step: 1,
        };
        let requantised = Source::Requantised {
            parameter_row: 0,
            zero_point: ZERO_POINT,
            clamp_min: CLAMP.0,
            clamp_max: CLAMP.1,
            double_rounding: false,
            then: Then::Keep,
        };
        let results = self.results_at();
        let sums = results + ROWS * self.dim;
        let to = |unit| Header::default().signal_to(unit);
        let both = Header::default().wait_for(Unit::Load).wait_for(Unit::Exec);
        [
            Descriptor::Load(Header::default(), activations),
            Descriptor::Load(to(Unit::Exec), weights),
            Descriptor::Load(to(Unit::Store), parameters),
            Descriptor::Exec(to(Unit::Store).wait_for(Unit::Load), product),
            Descriptor::Store(both, store(requantised, results, i32::from(dim))),
            Descriptor::Store(
                Header { last: true, ..Header::default() },
                store(Source::Accumulators, sums, 4 * i32::from(dim)),
            ),
        ]
    }
}
