//! NPU jobs: the mix of all kinds, and planned matrix products with full-range data.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use systole_compiler::{Gemm, Matrix, Output, plan};
use systole_isa::{Descriptor, Destination, Unit};

use super::Target;
use super::defects::bad;
use super::graph::graph;
use super::layers::layers;
use super::multipliers::{Multipliers, multipliers};
use super::residual::residual_ties;
use super::short::{long_job, short_jobs};
use super::special::{parallel, ties};
use super::starts::JobStarts;
use super::tokens::tokens;
use super::windows::windows;
use crate::program::Job;
use crate::program::layout::{NPU_ARENA, NPU_ARENA_BYTES, PAGE};
use crate::program::random_bytes;

/// Bytes for jobs of any size; behind them lie the short ones.
pub(super) const JOBS_BYTES: u32 = NPU_ARENA_BYTES - 0x1000;

/// The jobs that `starts` may start, each in its own part of the arena: first those of any size, then
/// one for each of `seeds`, then the long one.
///
/// A job that ends early leaves the inner memories undefined, so jobs either may do that, by a bus
/// error or an abort, or may read rows that an earlier job left behind.
pub(super) fn jobs(target: Target, starts: JobStarts, seeds: Vec<u64>) -> BoxedStrategy<Vec<Job>> {
    let JobStarts { count, end_early, long, .. } = starts;
    if count == 0 {
        return Just(Vec::new()).boxed();
    }
    let bytes = (JOBS_BYTES / count as u32) & !31;
    let all: Vec<_> =
        (0..count as u32).map(|i| job(target, NPU_ARENA + i * bytes, bytes, end_early)).collect();
    all.prop_map(move |mut jobs| {
        jobs.extend(short_jobs(target, &seeds));
        jobs.extend(long.then(|| long_job(target)));
        jobs
    })
    .boxed()
}

fn job(target: Target, arena: u32, bytes: u32, end_early: bool) -> BoxedStrategy<Job> {
    // There is no table memory beside an array of side 2.
    let adds = match target.npu.dim {
        2 => ties(target, arena, bytes),
        _ => residual_ties(target, arena, bytes),
    };
    let own_rows_only = prop_oneof![
        4 => gemm(target, arena, bytes),
        6 => layers(target, arena, bytes),
        2 => windows(target, arena, bytes),
        1 => parallel(target, arena, bytes),
        2 => ties(target, arena, bytes),
        2 => adds,
        4 => tokens(target, arena, bytes),
        2 => bad(target, arena, bytes, end_early),
    ];
    let job = if end_early {
        prop_oneof![2 => own_rows_only, 1 => apart(target, arena, bytes)].boxed()
    } else {
        prop_oneof![3 => own_rows_only, 1 => graph(target, arena, bytes)].boxed()
    };
    if !target.int4_weights {
        return job;
    }
    let int4 = prop_oneof![Just(0u32), any::<u32>(), Just(u32::MAX)];
    (job, int4).prop_map(|(job, int4)| with_int4(job, int4)).boxed()
}

/// The job with weights of 4 bits in the EXECs whose bit is set. They take half of the rows, so that
/// those are a part of what is there.
fn with_int4(mut job: Job, mask: u32) -> Job {
    for (index, descriptor) in (0..).zip(&mut job.descriptors) {
        let int4 = mask >> (index % 32) & 1 == 1;
        match descriptor {
            Descriptor::Exec(_, exec) => exec.int4 = int4,
            Descriptor::Convolution(_, convolution) => convolution.int4 = int4,
            _ => {}
        }
    }
    job
}

/// Bytes from where [`apart`]'s results would lie to where they lie.
pub(super) fn results_apart(bytes: u32) -> u32 {
    (bytes / 2) & !(PAGE - 1)
}

/// A product whose results lie in pages of their own, above all else: a bus window can refuse the
/// STOREs alone.
fn apart(target: Target, arena: u32, bytes: u32) -> BoxedStrategy<Job> {
    let distance = results_apart(bytes);
    gemm(target, arena, distance - PAGE)
        .prop_map(move |mut job| {
            for descriptor in &mut job.descriptors {
                if let Descriptor::Store(_, store) = descriptor
                    && let Destination::Memory { address, .. } = &mut store.destination
                {
                    *address += distance;
                }
            }
            job.results.0 += distance;
            job.description += ", results apart";
            job
        })
        .boxed()
}

/// Sizes around the array's side, and beyond.
pub(super) fn dimension(dim: u32) -> impl Strategy<Value = u32> + Clone {
    prop_oneof![
        3 => select(vec![1, dim.max(2) - 1, dim, dim + 1, 2 * dim]),
        2 => 1..3 * dim + 2,
        1 => 1..64u32,
    ]
}

/// Biases from ordinary ones to the extremes.
pub(super) fn bias() -> impl Strategy<Value = i32> {
    prop_oneof![4 => -20_000..20_000i32, 1 => any::<i32>(), 1 => select(&[0, 0, i32::MIN, i32::MAX][..])]
}

/// Zero point and clamp bounds: none, ReLU, the extremes.
pub(super) fn rounding() -> impl Strategy<Value = (i8, i8, i8)> {
    prop_oneof![
        2 => any::<i8>().prop_map(|zero_point| (zero_point, i8::MIN, i8::MAX)),
        2 => any::<i8>().prop_map(|zero_point| (zero_point, zero_point, i8::MAX)),
        1 => (any::<i8>(), any::<i8>(), any::<i8>())
            .prop_map(|(z, a, b)| (z, a.min(b), a.max(b))),
        1 => select(&[(-128i8, -128i8, 127i8), (127, -128, 127)][..]),
        // A clamp to one value, or with its ends exchanged.
        1 => (zero_point(), any::<i8>(), prop_oneof![Just(0u8), any::<u8>()])
            .prop_map(|(z, min, below)| (z, min, min.saturating_sub_unsigned(below))),
    ]
}

/// Any zero point, the extremes and 0 as often as all others.
fn zero_point() -> impl Strategy<Value = i8> {
    prop_oneof![any::<i8>(), select(&[-128, 0, 127][..])]
}

/// How a matrix lies in memory: extra bytes a row, and the first byte's offset.
fn slack() -> impl Strategy<Value = (u32, u32)> {
    prop_oneof![Just((0, 0)), (0..9u32, 0..16u32)]
}

/// Hands out parts of an arena.
pub(super) struct Allocator {
    /// First free byte.
    pub(super) next: u32,
    /// End of the arena.
    pub(super) end: u32,
}

impl Allocator {
    /// A part of `bytes` bytes, `offset` behind a 32-byte boundary; `None` when it is full.
    pub(super) fn take(&mut self, bytes: u32, offset: u32) -> Option<u32> {
        let start = self.next.next_multiple_of(32) + offset;
        self.next = start + bytes;
        (self.next <= self.end).then_some(start)
    }
}

pub(super) fn gemm(target: Target, arena: u32, bytes: u32) -> BoxedStrategy<Job> {
    let dim = target.npu.dim;
    let size = (dimension(dim), dimension(dim), dimension(dim));
    (
        size,
        any::<u64>(),
        [slack(), slack(), slack()],
        prop_oneof![3 => Just(true), 1 => Just(false)],
    )
        .prop_flat_map(move |((m, n, k), seed, slack, requantised)| {
            let parameters = (vec(bias(), n as usize), multipliers(target, n as usize), rounding());
            parameters.prop_map(move |parameters| {
                let size = Size { m, n, k, slack };
                gemm_job(target, arena, bytes, &size, seed, requantised.then_some(parameters))
            })
        })
        .boxed()
}

struct Size {
    m: u32,
    n: u32,
    k: u32,
    slack: [(u32, u32); 3],
}

type Parameters = (Vec<i32>, Multipliers, (i8, i8, i8));

/// The job of a product; of a smaller one if it does not fit the arena.
fn gemm_job(
    target: Target,
    arena: u32,
    bytes: u32,
    size: &Size,
    seed: u64,
    parameters: Option<Parameters>,
) -> Job {
    let fitted = (0..6).find_map(|halvings| {
        let half = |v: u32| (v >> halvings).max(1);
        let (m, n, k) = (half(size.m), half(size.n), half(size.k));
        try_gemm(target, arena, bytes, (m, n, k), size.slack, seed, parameters.clone())
    });
    fitted.expect("a product of a few elements fits")
}

fn try_gemm(
    target: Target,
    arena: u32,
    bytes: u32,
    (m, n, k): (u32, u32, u32),
    slack: [(u32, u32); 3],
    seed: u64,
    parameters: Option<Parameters>,
) -> Option<Job> {
    let mut allocator = Allocator { next: arena, end: arena + bytes };
    let element = if parameters.is_some() { 1 } else { 4 };
    let strides = [k + slack[0].0, n + slack[1].0, (n + slack[2].0) * element];
    let activations = allocator.take(m * strides[0], slack[0].1)?;
    let weights = allocator.take(k * strides[1], slack[1].1)?;
    let output_offset = if element == 4 { slack[2].1 & !3 } else { slack[2].1 };
    let output = allocator.take(m * strides[2], output_offset)?;
    let mut inputs = vec![
        (activations, random_bytes(seed | 1, (m * strides[0]) as usize)),
        (weights, random_bytes(seed.rotate_left(17) | 1, (k * strides[1]) as usize)),
    ];
    let result = match parameters {
        None => Output::Accumulators,
        Some((bias, multipliers, (zero_point, clamp_min, clamp_max))) => {
            let table = multipliers.table(target.npu.dim, &bias[..n as usize]);
            let address = allocator.take(table.len() as u32, 0)?;
            inputs.push((address, table));
            Output::Requantised {
                parameters: address,
                zero_point,
                clamp_min,
                clamp_max,
                double_rounding: multipliers.double_rounding(),
            }
        }
    };
    let matrix = |address, stride: u32| Matrix { address, stride: stride as i32 };
    let gemm = Gemm {
        m,
        n,
        k,
        activations: matrix(activations, strides[0]),
        weights: matrix(weights, strides[1]),
        int4: false,
        output: matrix(output, strides[2]),
        result,
    };
    let descriptors = plan(&target.npu, &gemm).ok()?;
    let list = allocator.take(descriptors.len() as u32 * Descriptor::BYTES, 0)?;
    let description = format!("GEMM m={m} n={n} k={k}");
    Some(Job { list, descriptors, inputs, results: (output, m * strides[2]), description })
}

/// Makes each descriptor wait for its predecessor if another unit executes that.
pub(super) fn chain(descriptors: &mut [Descriptor]) {
    for next in 1..descriptors.len() {
        let (Some(from), Some(to)) = (descriptors[next - 1].unit(), descriptors[next].unit())
        else {
            continue;
        };
        if from != to {
            signal(&mut descriptors[next - 1], to);
            wait(&mut descriptors[next], from);
        }
    }
    if let Some(header) = descriptors.last_mut().and_then(Descriptor::header_mut) {
        header.last = true;
    }
}

fn signal(descriptor: &mut Descriptor, to: Unit) {
    if let Some(header) = descriptor.header_mut() {
        *header = header.signal_to(to);
    }
}

pub(super) fn wait(descriptor: &mut Descriptor, from: Unit) {
    if let Some(header) = descriptor.header_mut() {
        *header = header.wait_for(from);
    }
}
