//! Random programs and NPU jobs as proptest strategies, and their deterministic sampling.

mod blocks;
mod corners;
mod csrs;
mod defects;
mod dice;
mod free;
mod graph;
mod hazards;
mod illegal;
mod instructions;
mod jobs;
mod layer_builder;
mod layer_job;
mod layers;
mod legal;
mod looks;
mod modes;
mod multipliers;
mod own_rows;
mod pointers;
mod profile;
mod regions;
mod residual;
mod short;
mod special;
mod starts;
mod token_order;
mod token_work;
mod tokens;
mod windows;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use systole_golden::Isa;

pub(crate) use self::instructions::has;
pub use self::profile::Profile;
use self::profile::Weights;
use self::starts::JobStarts;
use crate::program::{Compression, Environment, Program};

/// What programs are generated for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Target {
    /// What the hart has.
    pub isa: Isa,
    /// Array side, memories.
    pub npu: systole_compiler::NpuShape,
    /// STOREs may ask for double rounding.
    pub double_rounding: bool,
    /// EXECs may ask for weights of 4 bits.
    pub int4_weights: bool,
    /// Bytes of RAM.
    pub ram_bytes: u32,
    /// What programs are mostly made of.
    pub profile: Profile,
}

/// Whole programs with their jobs and environment.
pub fn program(target: Target) -> impl Strategy<Value = Program> {
    let weights = target.profile.weights();
    let weights = weights.prop_map(move |weights| match target.npu.dim {
        0 => Weights { jobs: [1, 0, 0], ..weights },
        _ => weights,
    });
    weights.prop_flat_map(move |weights| program_of(target, weights))
}

fn program_of(target: Target, weights: Weights) -> impl Strategy<Value = Program> {
    let registers = prop_oneof![
        1 => Just([0u32; 31]),
        4 => vec(instructions::value(), 31).prop_map(|v| v.try_into().expect("31 values")),
    ];
    let data_seed = prop_oneof![1 => Just(0u64), 4 => 1..u64::MAX];
    let counts = (0..).zip(weights.jobs).filter(|(_, weight)| *weight > 0);
    let counts = counts.map(|(count, weight)| (weight, Just(count)));
    let count = proptest::strategy::Union::new_weighted(counts.collect());
    let npu = (count, prop::bool::weighted(0.25)).prop_flat_map(move |(count, end_early)| {
        let most = if count == 0 { 0 } else { short::MOST };
        let seeds = prop_oneof![5 => Just(Vec::new()), 2 => vec(any::<u64>(), 0..=most)];
        (Just(count), Just(end_early), seeds, prop::bool::weighted(0.5)).prop_flat_map(
            move |(count, end_early, seeds, long)| {
                let long = long && end_early && count > 0;
                let starts = JobStarts { count, end_early, short: seeds.len(), long };
                (jobs::jobs(target, starts, seeds), Just(starts), environment(end_early))
            },
        )
    });
    let parts = (registers, data_seed, npu);
    parts.prop_flat_map(move |(registers, data_seed, (jobs, starts, environment))| {
        let blocks = blocks::blocks(target, weights, starts);
        (blocks, compression(target.isa, weights)).prop_map(move |(blocks, compression)| Program {
            isa: target.isa,
            ram_bytes: target.ram_bytes,
            compression,
            registers,
            data_seed,
            blocks,
            jobs: jobs.clone(),
            environment,
        })
    })
}

fn compression(isa: Isa, weights: Weights) -> BoxedStrategy<Compression> {
    if !isa.c {
        return Just(Compression::Never).boxed();
    }
    if weights.always_short {
        return prop_oneof![
            2 => Just(Compression::Always),
            1 => any::<u64>().prop_map(Compression::Mixed),
        ]
        .boxed();
    }
    prop_oneof![
        1 => Just(Compression::Never),
        2 => Just(Compression::Always),
        4 => any::<u64>().prop_map(Compression::Mixed),
    ]
    .boxed()
}

/// A quarter of the programs meet ideal memory; the others stalls, some of them bus errors. The
/// NPU meets bus errors only where its jobs allow them.
fn environment(npu_bus_errors: bool) -> impl Strategy<Value = Environment> {
    let stall = prop_oneof![2 => Just(0u8), 3 => 1..64u8, 2 => 64..200u8];
    let latency = prop_oneof![3 => Just(1u8), 3 => 2..6u8, 1 => 6..40u8];
    let hart_errors = prop_oneof![5 => Just(0u16), 1 => 1..400u16];
    let npu_errors = prop_oneof![3 => Just(0u16), 3 => 1..1500u16, 1 => 1500..6000u16]
        .prop_map(move |errors| if npu_bus_errors { errors } else { 0 });
    let any = (any::<u64>(), stall, latency, hart_errors, npu_errors).prop_map(
        |(seed, stall, latency, hart_errors, npu_errors)| Environment {
            seed,
            stall,
            latency,
            hart_errors,
            npu_errors,
        },
    );
    prop_oneof![1 => Just(Environment::IDEAL), 3 => any]
}

/// The program that `seed` and `index` stand for; the same on every machine.
pub fn sample(target: Target, seed: u64, index: u64) -> Program {
    let mut bytes = [0u8; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&index.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    program(target).new_tree(&mut runner).expect("no strategy here filters values out").current()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::lower;

    fn edge() -> Target {
        let npu = systole_compiler::NpuShape {
            dim: 8,
            bus_bytes: 8,
            scratchpad_rows: 8192,
            accumulator_rows: 1024,
            parameter_rows: 1024,
            requantise_lanes: 8,
            sequential: false,
        };
        Target {
            isa: Isa::full(),
            npu,
            double_rounding: true,
            int4_weights: true,
            ram_bytes: 1 << 24,
            profile: Profile::Mixed,
        }
    }

    #[test]
    fn every_profile_gives_programs_of_its_own() {
        let samples = |profile: Profile| {
            let target = Target { profile, ..edge() };
            (0..20).map(|index| sample(target, 1, index)).collect::<Vec<_>>()
        };
        let all = Profile::ALL.map(samples);
        for (index, programs) in all.iter().enumerate() {
            assert!(all[..index].iter().all(|others| others != programs));
            assert!(programs.iter().all(|program| lower(program).is_ok()));
        }
        let jobs = |programs: &[Program]| programs.iter().map(|p| p.jobs.len()).sum::<usize>();
        assert!(jobs(&samples(Profile::Npu)) > jobs(&samples(Profile::Memory)));
    }

    #[test]
    fn a_seed_stands_for_one_program() {
        assert_eq!(sample(edge(), 7, 3), sample(edge(), 7, 3));
        assert_ne!(sample(edge(), 7, 3), sample(edge(), 7, 4));
        assert_ne!(sample(edge(), 7, 3), sample(edge(), 8, 3));
    }

    #[test]
    fn programs_of_every_array_side_fit_their_memory() {
        for dim in [2, 4, 8, 16, 32] {
            let npu = systole_compiler::NpuShape {
                dim,
                bus_bytes: dim.max(4),
                scratchpad_rows: 2048,
                accumulator_rows: 256,
                parameter_rows: 256,
                requantise_lanes: dim,
                sequential: false,
            };
            let isa = if dim > 4 { Isa::full() } else { Isa::default() };
            let target = Target {
                isa,
                npu,
                double_rounding: dim > 2,
                int4_weights: dim < 16,
                ram_bytes: 1 << 17,
                profile: Profile::Mixed,
            };
            let mut jobs = 0;
            for index in 0..100 {
                let program = sample(target, 1, index);
                jobs += program.jobs.len();
                let image = lower(&program).expect("the generator keeps to the limits");
                for (start, bytes) in image.segments {
                    let end = start - 0x8000_0000 + bytes.len() as u32;
                    assert!(end <= target.ram_bytes, "{start:x} + {:x}", bytes.len());
                }
            }
            assert!(jobs > 40, "{jobs} jobs in 100 programs");
        }
    }
}
