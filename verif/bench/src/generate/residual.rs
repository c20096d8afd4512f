//! Jobs of residual adds whose sums lie next to a tie, so that the rounding decides.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use systole_compiler::parameter_table;
use systole_isa::{
    Activations, Descriptor, Destination, Exec, Header, Load, Source, Space, Store, Then,
};

use super::Target;
use super::dice::Dice;
use super::jobs::{Allocator, chain};
use crate::program::{Job, random_bytes};

/// Scratchpad rows of the results and of the residuals, at most.
const MOST_ROWS: u16 = 16;

/// Entries that a residual chooses from; the factor lies behind them.
const ENTRIES: u16 = 256;

/// Known values, one a lane, times one factor after the other, plus what the table makes of residuals.
/// The NPU has a table memory.
pub(super) fn residual_ties(target: Target, arena: u32, bytes: u32) -> BoxedStrategy<Job> {
    let value = prop_oneof![
        3 => select(&[-128i8, 127, 1, -1, 64, -64, 2, 3][..]),
        1 => Just(0),
        3 => any::<i8>(),
    ];
    let lanes = vec(value, 1..=target.npu.dim.min(6) as usize);
    let rows = (any::<u16>(), 1..=MOST_ROWS);
    (any::<u64>(), lanes, 1..=8u32, rows)
        .prop_map(move |(seed, values, factors, (row, rows))| {
            let mut dice = Dice::new(!seed);
            let factors = (0..factors).map(|_| factor(&mut dice, &values)).collect();
            let memory = Allocator { next: arena, end: arena + bytes };
            let adds = Adds { target, seed, values, factors, row, rows };
            adds.job(memory)
        })
        .boxed()
}

/// From what no sum shows to what hides every addend. Products of one of the `values` often weigh as
/// much as the half unit that the first of the two roundings goes by, and may have bits far below.
fn factor(dice: &mut Dice, values: &[i8]) -> f32 {
    let value = f32::from(dice.pick(values).unsigned_abs().max(1));
    let mut power = |first: i32, last: i32| {
        let exponent = first + dice.below((last - first + 1) as u32) as i32;
        (exponent as f32).exp2()
    };
    let [half_unit, small, ordinary, large] =
        [power(-26, -15), power(-34, -17), power(-10, 7), power(8, 63)];
    let any_mantissa = 1.0 + (dice.below(1 << 23) as f32) * f32::EPSILON;
    let nothing = dice.pick(&[0.0, f32::from_bits(1), f32::from_bits(0x7f80_0000)]);
    let product = half_unit / value;
    let magnitude = dice.pick(&[
        product,
        product,
        product,
        product,
        small,
        small,
        ordinary * any_mantissa,
        ordinary * any_mantissa,
        large,
        nothing,
    ]);
    let near = magnitude.to_bits().saturating_add_signed(dice.pick(&[0, 0, 0, 0, 1, 1, -1, 2]));
    f32::from_bits(near | (dice.bits() & 1) << 31)
}

struct Adds {
    target: Target,
    seed: u64,
    values: Vec<i8>,
    factors: Vec<f32>,
    /// First scratchpad row of the weights, which are zeros.
    row: u16,
    rows: u16,
}

impl Adds {
    fn job(&self, mut memory: Allocator) -> Job {
        let dim = self.target.npu.dim as u16;
        let row_bytes = u32::from(dim);
        let mut place = |bytes: u32| memory.take(bytes, 0).expect("a few KiB");
        let biases: Vec<i32> =
            self.values.iter().copied().cycle().take(dim.into()).map(i32::from).collect();
        let parameters = parameter_table(row_bytes, &biases, &[1.0]);
        let table = self.table();
        let zeros = vec![0; dim.into()];
        let residuals = random_bytes(self.seed | 1, usize::from(self.rows * dim));
        let inputs: Vec<(u32, Vec<u8>)> = [parameters, table, zeros, residuals]
            .into_iter()
            .map(|bytes| (place(bytes.len() as u32), bytes))
            .collect();
        let [at_parameters, at_table, at_zeros, at_residuals] = [0, 1, 2, 3].map(|i| inputs[i].0);
        let map_bytes = u32::from(self.rows) * row_bytes;
        let results_bytes = map_bytes * self.factors.len() as u32;
        let results = (place(results_bytes), results_bytes);
        let list = place((5 + 3 * self.factors.len() as u32) * Descriptor::BYTES);

        let residual_row = self.row.wrapping_add(dim);
        let sum_row = residual_row.wrapping_add(self.rows);
        let load = |space, address, rows, row_bytes: u16, stride: u16, row| {
            let stride = i32::from(stride);
            let load = Load {
                space,
                address,
                stride,
                rows,
                row_bytes,
                row,
                row_step: 1,
                ..Load::default()
            };
            Descriptor::Load(Header::default(), load)
        };
        let exec = Exec {
            activations: Activations { row: residual_row, step: 1, k_step: 0 },
            weight_row: self.row,
            m_rows: self.rows,
            k_tiles: 1,
            n_tiles: 1,
            ..Exec::default()
        };
        let added = Source::Requantised {
            parameter_row: 0,
            zero_point: 0,
            clamp_min: i8::MIN,
            clamp_max: i8::MAX,
            double_rounding: false,
            then: Then::Add { residual_row },
        };
        let inside = Destination::Scratchpad {
            row: sum_row,
            row_step: 1,
            chunk_step: 0,
            line_rows: self.rows,
            line_step: 0,
        };
        let mut descriptors = vec![
            load(Space::Parameters, at_parameters, 8, dim, dim, 0),
            load(Space::Table, at_table, ENTRIES, 4, 4, 0),
            load(Space::Scratchpad, at_zeros, dim, dim, 0, self.row),
            load(Space::Scratchpad, at_residuals, self.rows, dim, dim, residual_row),
            Descriptor::Exec(Header::default(), exec),
        ];
        let at_factors = at_table + 4 * u32::from(ENTRIES);
        for round in 0..self.factors.len() as u32 {
            let address = results.0 + round * map_bytes;
            let outside = Destination::Memory { address, stride: dim.into() };
            descriptors.extend([
                load(Space::Table, at_factors + 4 * round, 1, 4, 4, ENTRIES),
                self.store(added, inside, 0),
                self.store(Source::Scratchpad, outside, sum_row),
            ]);
        }
        chain(&mut descriptors);
        let factors = &self.factors;
        let description =
            format!("residual adds next to a tie, {:?} times {factors:?}", self.values);
        Job { list, descriptors, inputs, results, description }
    }

    fn store(&self, source: Source, destination: Destination, source_row: u16) -> Descriptor {
        let store = Store {
            source,
            destination,
            rows: self.rows,
            columns: self.target.npu.dim as u16,
            source_row,
            source_chunk_step: 0,
            source_row_step: 1,
        };
        Descriptor::Store(Header::default(), store)
    }

    /// What each residual adds: with one of the values and one of the factors it makes an integer and
    /// a half, give or take half a unit of a 24-bit mantissa or the units of the addend's last place.
    fn table(&self) -> Vec<u8> {
        let mut dice = Dice::new(self.seed);
        let mut entry = || {
            let product = f64::from(dice.pick(&self.values)) * f64::from(dice.pick(&self.factors));
            let integer = dice.between(0, 260) as i32 - 130;
            let half = f64::from(integer) + dice.pick(&[0.5, 0.5, 0.5, 0.0]);
            // 2^k is above the integer; the mantissa's last bit weighs 2^(k - 24).
            let bits = integer.unsigned_abs().checked_ilog2().map_or(0, |log| log as i32 + 1);
            let unit = f64::from(bits - 25).exp2() * f64::from(dice.pick(&[0, 1, 1, -1]));
            let addend = (half + unit - product) as f32;
            let offset = dice.pick(&[0, 0, 0, 1, -1, 2, -2]);
            f32::from_bits(addend.to_bits().wrapping_add_signed(offset))
        };
        let entries: Vec<f32> = (0..ENTRIES).map(|_| entry()).collect();
        entries.iter().chain(&self.factors).flat_map(|number| number.to_le_bytes()).collect()
    }
}
