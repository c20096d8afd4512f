//! The NPU's job at power-up: a matrix product, requantised, with its right answer.
//!
//! Its data come from a generator that the hart runs, too, so that the boot ROM has room for the
//! answer. Products of numbers that use all 8 bits meet in every cell of the array; results leave
//! both requantised and as they are in the accumulators, so that no bit of them goes unseen.

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

    /// The words that must be in memory from [`results_at`](Self::results_at) on.
    pub fn expected(&self) -> Vec<u32> {
        let sums = self.sums();
        let channel = |index: usize| index as u32 % self.dim;
        let bytes: Vec<u8> = sums
            .iter()
            .enumerate()
            .map(|(index, sum)| self.requantised(*sum, channel(index)) as u8)
            .collect();
        let word = |four: &[u8]| u32::from_le_bytes(four.try_into().expect("chunks of four"));
        let requantised = bytes.chunks_exact(4).map(word);
        requantised.chain(sums.iter().map(|sum| *sum as u32)).collect()
    }

    /// The accumulators: sums of products, row by row.
    fn sums(&self) -> Vec<i32> {
        let data: Vec<i8> = words(self.data_words())
            .flat_map(|word| word.to_le_bytes().map(|byte| byte as i8))
            .collect();
        let (dim, depth) = (self.dim as usize, self.depth() as usize);
        let (activations, weights) = data.split_at(ROWS as usize * depth);
        let sum = |row: usize, n: usize| {
            let product = |k: usize| {
                i32::from(activations[row * depth + k]) * i32::from(weights[k * dim + n])
            };
            (0..depth).map(product).sum::<i32>()
        };
        (0..ROWS as usize)
            .flat_map(|row| (0..dim).map(move |n| (row, n)))
            .map(|(row, n)| sum(row, n))
            .collect()
    }

    /// `docs/npu.md`, `requantise`.
    fn requantised(&self, sum: i32, channel: u32) -> i8 {
        let bias = BIAS.0.wrapping_add(channel * BIAS.1) as i32;
        let multiplier = f32::from_bits(self.first_multiplier() + channel * MULTIPLIER_STEP);
        let scaled = sum.wrapping_add(bias) as f32 * multiplier;
        let result = scaled.round_ties_even() as i32 + i32::from(ZERO_POINT);
        result.clamp(CLAMP.0.into(), CLAMP.1.into()) as i8
    }
}

/// The first words of the generator.
fn words(count: u32) -> impl Iterator<Item = u32> {
    let next = |state: &u32| {
        let mut x = *state;
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        Some(x)
    };
    std::iter::successors(next(&SEED), next).take(count as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use systole_golden::npu::hazard;
    use systole_golden::{Config, Isa, Machine, NpuConfig};

    /// Every size of the array, in the smallest memories.
    fn jobs() -> impl Iterator<Item = SelfTestJob> {
        [2, 4, 8, 16, 32]
            .into_iter()
            .map(|dim| SelfTestJob::new(&Chip { dim, scratchpad_rows: 64, ..Chip::example() }))
    }

    /// The golden model has its own arithmetic, and knows which tokens a job needs.
    #[test]
    fn the_golden_model_has_the_same_answer() {
        for job in jobs() {
            for bus_bytes in [4, 8, 16, 32] {
                let mut machine = Machine::new(&Config {
                    ram_bytes: 1 << 16,
                    isa: Isa::full(),
                    npu: NpuConfig {
                        dim: job.dim,
                        bus_bytes,
                        scratchpad_rows: 64,
                        accumulator_rows: 16,
                        parameter_rows: 16,
                        double_rounding: false,
                        int4_weights: false,
                    },
                });
                let steps = |(first, step): (u32, u32)| {
                    (0..job.dim).map(move |n| first.wrapping_add(n * step))
                };
                let multipliers = steps((job.first_multiplier(), MULTIPLIER_STEP));
                let list = job.descriptors();
                let parts: [(u32, Vec<u32>); 3] = [
                    (DESCRIPTORS, list.iter().flat_map(Descriptor::encode).collect()),
                    (PARAMETERS, steps(BIAS).chain(multipliers).collect()),
                    (DATA, words(job.data_words()).collect()),
                ];
                for (address, words) in parts {
                    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
                    machine.write_memory(address, &bytes).unwrap();
                }
                let record = machine.run_job(DESCRIPTORS).unwrap();
                assert_eq!(record.end.cause, 0, "{job:?}");
                assert!(hazard::check(machine.npu.config(), &record.list).is_empty(), "{job:?}");
                let expected: Vec<u8> =
                    job.expected().iter().flat_map(|word| word.to_le_bytes()).collect();
                let found = machine.read_memory(job.results_at(), expected.len()).unwrap();
                assert_eq!(found, expected, "{job:?}");
            }
        }
    }

    #[test]
    fn the_job_lies_in_the_smallest_ram() {
        for job in jobs() {
            let end = job.results_at() + 5 * ROWS * job.dim;
            assert!(end <= RAM_BASE + 0x1_0000 - 64, "{job:?}");
            assert!(32 * job.descriptors().len() as u32 <= PARAMETERS - DESCRIPTORS);
            assert!(8 * job.dim <= DATA - PARAMETERS);
        }
    }

    #[test]
    fn results_use_their_range() {
        for job in jobs() {
            let sums = job.sums();
            let bytes: Vec<i8> = (0u32..)
                .zip(&sums)
                .map(|(index, sum)| job.requantised(*sum, index % job.dim))
                .collect();
            let inside = bytes.iter().filter(|&&byte| CLAMP.0 < byte && byte < CLAMP.1).count();
            assert!(2 * inside > bytes.len(), "{job:?}: {bytes:?}");
            let range = |byte: Option<&i8>| i32::from(*byte.unwrap());
            assert!(range(bytes.iter().max()) - range(bytes.iter().min()) > 60, "{bytes:?}");
        }
    }
}
