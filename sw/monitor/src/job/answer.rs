//! The right answer of the job, by plain loops and the arithmetic of `docs/npu.md`.

use super::{BIAS, CLAMP, MULTIPLIER_STEP, ROWS, SEED, SelfTestJob, ZERO_POINT};

impl SelfTestJob {
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
    use super::super::{DATA, DESCRIPTORS, PARAMETERS};
    use super::*;
    use crate::Chip;
    use crate::map::RAM_BASE;
    use systole_golden::npu::hazard;
    use systole_golden::{Config, Isa, Machine, NpuConfig};
    use systole_isa::Descriptor;

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
