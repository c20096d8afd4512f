//! NPU jobs: planned matrix products with full-range data, free descriptor graphs, bad lists.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use systole_compiler::{Gemm, Matrix, Output, parameter_table, plan};
use systole_isa::{
    Activations, Descriptor, Destination, Exec, Header, Load, Source, Space, Store, Then, Unit,
};

use super::Target;
use super::special::{parallel, ties};
use crate::program::Job;
use crate::program::layout::{NPU_ARENA, NPU_ARENA_BYTES};
use crate::program::random_bytes;

/// `count` jobs, each in its own part of the arena.
///
/// A bus error leaves the inner memories undefined, so jobs either may meet one, or may read rows
/// that an earlier job left behind.
pub(super) fn jobs(target: Target, count: usize, bus_errors: bool) -> BoxedStrategy<Vec<Job>> {
    if count == 0 {
        return Just(Vec::new()).boxed();
    }
    let bytes = NPU_ARENA_BYTES / count as u32;
    let all: Vec<_> =
        (0..count as u32).map(|i| job(target, NPU_ARENA + i * bytes, bytes, bus_errors)).collect();
    all.boxed()
}

fn job(target: Target, arena: u32, bytes: u32, bus_errors: bool) -> BoxedStrategy<Job> {
    let own_rows_only = prop_oneof![
        6 => gemm(target, arena, bytes),
        1 => parallel(target, arena, bytes),
        1 => ties(target, arena, bytes),
        1 => bad(target, arena, bytes, bus_errors),
    ];
    if bus_errors {
        return own_rows_only.boxed();
    }
    prop_oneof![3 => own_rows_only, 1 => graph(target, arena, bytes)].boxed()
}

/// Sizes around the array's side, and beyond.
fn dimension(dim: u32) -> impl Strategy<Value = u32> + Clone {
    prop_oneof![
        3 => select(vec![1, dim.max(2) - 1, dim, dim + 1, 2 * dim]),
        2 => 1..3 * dim + 2,
        1 => 1..64u32,
    ]
}

/// Parameters of the requantiser, from ordinary ones to the extremes.
fn multiplier() -> impl Strategy<Value = f32> {
    prop_oneof![
        6 => (0x3a00_0000..0x3d00_0000u32).prop_map(f32::from_bits),
        2 => (0x3000_0000..0x4200_0000u32).prop_map(f32::from_bits),
        1 => (-12..2i32).prop_map(|e| 2f32.powi(e)),
        1 => (0x0080_0000..0x7f80_0000u32).prop_map(f32::from_bits),
        1 => select(&[0x0000_0000u32, 0x0000_0001, 0x7f80_0000, 0xbf00_0000][..])
            .prop_map(f32::from_bits),
    ]
}

fn bias() -> impl Strategy<Value = i32> {
    prop_oneof![4 => -20_000..20_000i32, 1 => any::<i32>(), 1 => Just(0)]
}

/// Zero point and clamp bounds: none, ReLU, the extremes.
fn rounding() -> impl Strategy<Value = (i8, i8, i8)> {
    prop_oneof![
        2 => any::<i8>().prop_map(|zero_point| (zero_point, i8::MIN, i8::MAX)),
        2 => any::<i8>().prop_map(|zero_point| (zero_point, zero_point, i8::MAX)),
        1 => (any::<i8>(), any::<i8>(), any::<i8>())
            .prop_map(|(z, a, b)| (z, a.min(b), a.max(b))),
        1 => select(&[(-128i8, -128i8, 127i8), (127, -128, 127)][..]),
    ]
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

fn gemm(target: Target, arena: u32, bytes: u32) -> BoxedStrategy<Job> {
    let dim = target.npu.dim;
    let size = (dimension(dim), dimension(dim), dimension(dim));
    (
        size,
        any::<u64>(),
        [slack(), slack(), slack()],
        prop_oneof![3 => Just(true), 1 => Just(false)],
    )
        .prop_flat_map(move |((m, n, k), seed, slack, requantised)| {
            let parameters = (vec(bias(), n as usize), vec(multiplier(), n as usize), rounding());
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

type Parameters = (Vec<i32>, Vec<f32>, (i8, i8, i8));

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
            let n = n as usize;
            let table = parameter_table(target.npu.dim, &bias[..n], &multipliers[..n]);
            let address = allocator.take(table.len() as u32, 0)?;
            inputs.push((address, table));
            Output::Requantised { parameters: address, zero_point, clamp_min, clamp_max }
        }
    };
    let matrix = |address, stride: u32| Matrix { address, stride: stride as i32 };
    let gemm = Gemm {
        m,
        n,
        k,
        activations: matrix(activations, strides[0]),
        weights: matrix(weights, strides[1]),
        output: matrix(output, strides[2]),
        result,
    };
    let descriptors = plan(&target.npu, &gemm).ok()?;
    let list = allocator.take(descriptors.len() as u32 * Descriptor::BYTES, 0)?;
    let description = format!("GEMM m={m} n={n} k={k}");
    Some(Job { list, descriptors, inputs, results: (output, m * strides[2]), description })
}

/// Descriptors in free order and with free geometry, each waiting for the one before: what one
/// leaves in a memory the next ones read.
fn graph(target: Target, arena: u32, bytes: u32) -> BoxedStrategy<Job> {
    let operand_bytes = bytes / 2;
    let setup = (any::<u64>(), multiplier(), bias());
    (vec(free_descriptor(target, arena, bytes), 1..8), setup)
        .prop_map(move |(mut descriptors, (seed, multiplier, bias))| {
            let list = arena + bytes - 0x400;
            let parameters = arena + operand_bytes - 0x400;
            let dim = target.npu.dim as usize;
            let table = parameter_table(target.npu.dim, &vec![bias; dim], &[multiplier]);
            let length = table.len() as u16;
            // Known parameters, activations and weights first, then the free ones.
            let load = |space, rows: u16, row_bytes: u16, row: u16| Load {
                space,
                address: if space == Space::Parameters { parameters } else { arena },
                stride: i32::from(row_bytes),
                rows,
                row_bytes,
                row,
                row_step: 1,
                chunk_step: 1,
                windows: None,
            };
            let bank = (target.npu.scratchpad_rows / 4) as u16;
            let known = [
                load(Space::Parameters, 1, length, 0),
                load(Space::Scratchpad, 32, dim as u16, 0),
                load(Space::Scratchpad, 32, dim as u16, 2 * bank),
            ];
            let known = known.map(|load| Descriptor::Load(Header::default(), load));
            descriptors.splice(0..0, known);
            let sums = Sums { next: arena + operand_bytes + 0x100, end: list, dim: target.npu.dim };
            let mut descriptors = sums.stored_after_each(descriptors);
            chain(&mut descriptors);
            Job {
                list,
                descriptors,
                inputs: vec![
                    (arena, random_bytes(seed | 1, (operand_bytes - 0x400) as usize)),
                    (parameters, table),
                ],
                results: (arena + operand_bytes, operand_bytes - 0x400),
                description: "free descriptors in a chain".to_owned(),
            }
        })
        .boxed()
}

/// Stores the accumulators of each EXEC as they are, so that nothing in them stays unseen.
struct Sums {
    next: u32,
    end: u32,
    dim: u32,
}

impl Sums {
    /// Rows stored after each EXEC.
    const ROWS: u16 = 24;

    fn stored_after_each(mut self, descriptors: Vec<Descriptor>) -> Vec<Descriptor> {
        let mut list = Vec::with_capacity(2 * descriptors.len());
        for descriptor in descriptors {
            list.push(descriptor);
            if let Descriptor::Exec(_, exec) = descriptor {
                list.extend(self.store(exec.accumulator_row, Self::ROWS));
            }
        }
        list
    }

    /// A STORE of `rows` accumulator rows, as they are, to the next free place, if there is one.
    fn store(&mut self, source_row: u16, rows: u16) -> Option<Descriptor> {
        let address = self.next;
        self.next += 4 * self.dim * u32::from(rows);
        if self.next > self.end {
            return None;
        }
        let store = Store {
            source: Source::Accumulators,
            destination: Destination::Memory { address, stride: 4 * self.dim as i32 },
            rows,
            columns: self.dim as u16,
            source_row,
            source_chunk_step: 0,
            source_row_step: 1,
        };
        Some(Descriptor::Store(Header::default(), store))
    }
}

/// Makes each descriptor wait for its predecessor if another unit executes that.
fn chain(descriptors: &mut [Descriptor]) {
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

fn wait(descriptor: &mut Descriptor, from: Unit) {
    if let Some(header) = descriptor.header_mut() {
        *header = header.wait_for(from);
    }
}

fn free_descriptor(target: Target, arena: u32, bytes: u32) -> BoxedStrategy<Descriptor> {
    prop_oneof![
        2 => free_load(target, arena, bytes / 2),
        2 => free_exec(target),
        2 => free_store(target, arena + bytes / 2, bytes / 2),
    ]
    .boxed()
}

/// A row in the middle of the memory, or one from which the address wraps.
fn row(rows: u32) -> impl Strategy<Value = u16> + Clone {
    prop_oneof![
        3 => (0..24u32.min(rows)).prop_map(|row| row as u16),
        1 => (0..4u32, 0..8u32).prop_map(move |(bank, row)| (bank * rows / 4 + row) as u16),
        1 => any::<u16>(),
    ]
}

fn free_load(target: Target, arena: u32, bytes: u32) -> BoxedStrategy<Descriptor> {
    let geometry = (1..12u16, 1..40u16, 0..64i32, any::<bool>());
    let destination = (row(target.npu.scratchpad_rows), 0..5u16, 0..20u16);
    (geometry, destination, 0x800..bytes - 0x1000)
        .prop_map(move |((rows, row_bytes, stride, back), (row, row_step, chunk_step), offset)| {
            let load = Load {
                space: Space::Scratchpad,
                address: arena + offset,
                stride: if back { -stride } else { stride },
                rows,
                row_bytes,
                row,
                row_step,
                chunk_step,
                windows: None,
            };
            Descriptor::Load(Header::default(), load)
        })
        .boxed()
}

fn free_exec(target: Target) -> BoxedStrategy<Descriptor> {
    let rows = target.npu.scratchpad_rows;
    let activations = (row(rows), 0..4u16, 0..20u16).prop_map(|(row, step, k_step)| Activations {
        row,
        step,
        k_step,
    });
    // Weights in a bank of their own keep the array streaming from tile to tile.
    let weights = (prop_oneof![Just((rows / 2) as u16), row(rows)], 0..20u16, 0..20u16);
    let tiles = (1..2 * target.npu.dim as u16, 1..4u16, 1..4u16, any::<bool>());
    let accumulators = (row(target.npu.accumulator_rows), 0..12u16, 1..5u16);
    (activations, weights, accumulators, tiles)
        .prop_map(|(activations, weights, accumulators, (m_rows, k_tiles, n_tiles, accumulate))| {
            let (accumulator_row, step, overlap) = accumulators;
            let exec = Exec {
                accumulate,
                activations,
                weight_row: weights.0,
                weight_k_step: weights.1,
                weight_n_step: weights.2,
                accumulator_row,
                // A tile that starts on or near the last row of the one before.
                accumulator_n_step: if overlap <= 2 {
                    m_rows.saturating_sub(overlap)
                } else {
                    step
                },
                m_rows,
                k_tiles,
                n_tiles,
            };
            Descriptor::Exec(Header::default(), exec)
        })
        .boxed()
}

fn free_store(target: Target, arena: u32, bytes: u32) -> BoxedStrategy<Descriptor> {
    let dim = target.npu.dim as u16;
    let requantised = rounding().prop_map(|(zero_point, clamp_min, clamp_max)| {
        Source::Requantised { parameter_row: 0, zero_point, clamp_min, clamp_max, then: Then::Keep }
    });
    let source = prop_oneof![3 => requantised, 1 => Just(Source::Accumulators), 1 => Just(Source::Scratchpad)];
    let scratchpad = (row(target.npu.scratchpad_rows), 0..4u16, 0..20u16);
    let rows = row(target.npu.accumulator_rows);
    let memory = (0x800..bytes - 0x1000, 0..80i32, any::<bool>());
    let geometry = (1..10u16, 1..=dim, 1..3u16, 0..12u16, 0..4u16);
    (source, (memory, scratchpad, any::<bool>()), rows, geometry)
        .prop_map(move |(source, (memory, scratchpad, resident), source_row, geometry)| {
            let (rows, columns, tiles, source_chunk_step, source_row_step) = geometry;
            // Requantised results read one known parameter tile.
            let requantised = matches!(source, Source::Requantised { .. });
            let columns = if requantised { columns } else { columns * tiles };
            let word = if matches!(source, Source::Accumulators) { !3 } else { !0 };
            let stride = if memory.2 { -memory.1 } else { memory.1 };
            let destination = if requantised && resident {
                let (row, row_step, chunk_step) = scratchpad;
                Destination::Scratchpad { row, row_step, chunk_step, line_rows: 0, line_step: 0 }
            } else {
                let address = (arena + memory.0) & word as u32;
                Destination::Memory { address, stride: stride & word }
            };
            let store = Store {
                source,
                destination,
                rows,
                columns,
                source_row,
                source_chunk_step,
                source_row_step,
            };
            Descriptor::Store(Header::default(), store)
        })
        .boxed()
}

/// A good list with one thing wrong: each cause of `docs/npu.md`.
fn bad(target: Target, arena: u32, bytes: u32, bus_errors: bool) -> BoxedStrategy<Job> {
    let defect = prop_oneof![
        (0..32u32).prop_map(|bit| Defect::FlipBit { word: 0, bit }),
        (1..8usize, 0..32u32).prop_map(|(word, bit)| Defect::FlipBit { word, bit }),
        any::<bool>().prop_map(|wait| Defect::OwnToken { wait }),
        select(&[Unit::Exec, Unit::Store][..]).prop_map(|unit| Defect::EarlyWait { unit }),
        (1..32u32).prop_map(Defect::MisalignedList),
        Just(Defect::ManyTokens),
    ];
    let defect = if bus_errors {
        prop_oneof![4 => defect, 1 => (0..2u32).prop_map(Defect::OutsideMemory)].boxed()
    } else {
        defect.boxed()
    };
    (gemm(target, arena, bytes - 0x800), defect, any::<prop::sample::Index>())
        .prop_map(move |(mut job, defect, index)| {
            let index = index.index(job.descriptors.len());
            apply(defect, &mut job, index, arena + bytes - 0x700);
            job.description = format!("{} with {defect:?} at descriptor {index}", job.description);
            job
        })
        .boxed()
}

#[derive(Clone, Copy, Debug)]
enum Defect {
    /// Kept only where it makes the descriptor bad or harmless.
    FlipBit {
        word: usize,
        bit: u32,
    },
    /// A unit waits for or signals itself.
    OwnToken {
        wait: bool,
    },
    /// The first descriptor, a LOAD, waits for a token that nobody has given.
    EarlyWait {
        unit: Unit,
    },
    MisalignedList(u32),
    OutsideMemory(u32),
    ManyTokens,
}

fn apply(defect: Defect, job: &mut Job, index: usize, spare: u32) {
    match defect {
        Defect::FlipBit { word, bit } => {
            let mut words = job.descriptors[index].encode();
            // Other bits would move results or tokens elsewhere, and make a race, not an error.
            let reserved = [0xfff8_88ec, 0, 0, 0, 0, 0xffff_0000, 0xffff_0000, u32::MAX];
            let unit_reserved =
                if words[0] & 15 == 1 { reserved[word] } else { reserved[word] & 0xffff };
            if unit_reserved >> bit & 1 == 1 || word == 7 {
                words[word] ^= 1 << bit;
                job.descriptors[index] = Descriptor::Raw(words);
            }
        }
        // Other token bits would make a race, not an error.
        Defect::OwnToken { wait } => {
            let own = job.descriptors[index].unit().map_or(0, |unit| 1 << unit as u8);
            if let Some(header) = job.descriptors[index].header_mut() {
                *(if wait { &mut header.wait } else { &mut header.signal }) |= own;
            }
        }
        Defect::EarlyWait { unit } => wait(&mut job.descriptors[0], unit),
        Defect::MisalignedList(offset) => job.list += offset,
        Defect::OutsideMemory(which) => match &mut job.descriptors[index] {
            Descriptor::Load(_, load) => load.address = [0x1000_0000, 0x7fff_fff8][which as usize],
            Descriptor::Store(_, store) => {
                if let Destination::Memory { address, .. } = &mut store.destination {
                    *address = [0x1000_0000, 0xffff_f000][which as usize];
                }
            }
            _ => {}
        },
        Defect::ManyTokens => {
            // 16 tokens that nobody takes: the last one is too many.
            let give = Load { address: spare, rows: 1, row_bytes: 1, row: 0, ..Load::default() };
            let header = Header::default().signal_to(Unit::Store);
            job.descriptors = vec![Descriptor::Load(header, give); 17];
            job.list = spare + 0x40;
            if let Some(header) = job.descriptors[16].header_mut() {
                header.last = true;
            }
        }
    }
}
