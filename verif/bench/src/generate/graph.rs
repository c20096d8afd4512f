//! Descriptors with free geometry, in free order.

use proptest::collection::vec;
use proptest::prelude::*;
use systole_compiler::{NpuShape, double_rounding_table, parameter_table};
use systole_isa::{
    Activations, Descriptor, Destination, Exec, Header, Load, Source, Space, Store, Then,
};

use super::Target;
use super::dice::Dice;
use super::free::{free_convolution, free_pool, free_windows};
use super::jobs::{bias, chain, rounding};
use super::multipliers::{integer_multiplier, multiplier};
use super::own_rows::reads_own_rows;
use crate::program::{Job, random_bytes};

/// Descriptors in free order and with free geometry, each waiting for the one before: what one
/// leaves in a memory the next ones read.
pub(super) fn graph(target: Target, arena: u32, bytes: u32) -> BoxedStrategy<Job> {
    let operand_bytes = bytes / 2;
    let setup = (any::<u64>(), multiplier(), integer_multiplier(), bias());
    (vec(free_descriptor(target, arena, bytes), 1..8), setup)
        .prop_map(move |(mut descriptors, (seed, multiplier, integer, bias))| {
            let list = arena + bytes - 0x400;
            let parameters = arena + operand_bytes - 0x400;
            let dim = target.npu.dim as usize;
            // A tile for float32 and one for double rounding.
            let bias = vec![bias; dim];
            let mut table = parameter_table(target.npu.dim, &bias, &[multiplier]);
            table.extend(double_rounding_table(target.npu.dim, &bias, &[integer]));
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
            let mut known = vec![
                load(Space::Parameters, 1, length, 0),
                load(Space::Scratchpad, 32, dim as u16, 0),
                load(Space::Scratchpad, 32, dim as u16, 2 * bank),
            ];
            if dim > 2 {
                known.push(load(Space::Table, 257, 4, 0));
            }
            let known = known.into_iter().map(|load| Descriptor::Load(Header::default(), load));
            descriptors.splice(0..0, known);
            let sums = Sums { next: arena + operand_bytes + 0x100, end: list, dim: target.npu.dim };
            let mut descriptors = sums.stored(descriptors, &mut Dice::new(seed));
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

/// Stores the accumulators of each EXEC as they are, or of several in a row, so that nothing in them
/// stays unseen.
struct Sums {
    next: u32,
    end: u32,
    dim: u32,
}

impl Sums {
    /// Rows stored after each EXEC.
    const ROWS: u16 = 24;

    fn stored(mut self, descriptors: Vec<Descriptor>, dice: &mut Dice) -> Vec<Descriptor> {
        let mut list = Vec::with_capacity(2 * descriptors.len());
        let mut unseen = Vec::new();
        let mut descriptors = descriptors.into_iter().peekable();
        while let Some(descriptor) = descriptors.next() {
            list.push(descriptor);
            unseen.extend(sums(&descriptor));
            let another = descriptors.peek().is_some_and(|next| sums(next).is_some());
            if !another || dice.chance(50) {
                list.extend(unseen.drain(..).filter_map(|row| self.store(row)));
            }
        }
        list
    }

    /// A STORE of accumulator rows, as they are, to the next free place, if there is one.
    fn store(&mut self, source_row: u16) -> Option<Descriptor> {
        let (address, rows) = (self.next, Self::ROWS);
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

/// The accumulator row that an EXEC begins at.
fn sums(descriptor: &Descriptor) -> Option<u16> {
    match descriptor {
        Descriptor::Exec(_, exec) => Some(exec.accumulator_row),
        Descriptor::Convolution(_, convolution) => Some(convolution.accumulator_row),
        _ => None,
    }
}

fn free_descriptor(target: Target, arena: u32, bytes: u32) -> BoxedStrategy<Descriptor> {
    prop_oneof![
        2 => free_load(target, arena, bytes / 2),
        1 => free_windows(target, arena, bytes / 2),
        2 => free_exec(target),
        2 => free_convolution(target),
        3 => free_store(target, arena + bytes / 2, bytes / 2),
    ]
    .boxed()
}

/// A row in the middle of the memory, or one from which the address wraps.
pub(super) fn row(rows: u32) -> impl Strategy<Value = u16> + Clone {
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
    let dim = target.npu.dim as u16;
    let m_rows = prop_oneof![4 => 1..2 * dim, 1 => 2 * dim..3 * dim];
    let tiles = (m_rows, 1..4u16, 1..4u16, any::<bool>());
    let accumulators = (row(target.npu.accumulator_rows), 0..12u16, 1..5u16);
    (activations, weights, accumulators, tiles)
        .prop_map(|(activations, weights, accumulators, (m_rows, k_tiles, n_tiles, accumulate))| {
            let (accumulator_row, step, overlap) = accumulators;
            let exec = Exec {
                accumulate,
                int4: false,
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
    let rows = row(target.npu.scratchpad_rows);
    // There is no table memory beside an array of side 2.
    let then = prop_oneof![
        2 => Just(Then::Keep),
        1 => Just(if dim > 2 { Then::Table } else { Then::Keep }),
        1 => rows.clone().prop_map(move |residual_row| {
            if dim > 2 { Then::Add { residual_row } } else { Then::Keep }
        }),
    ];
    let double_rounding = prop::bool::weighted(if target.double_rounding { 0.4 } else { 0.0 });
    let requantised = (rounding(), double_rounding, then).prop_map(
        |((zero_point, clamp_min, clamp_max), double_rounding, then)| Source::Requantised {
            parameter_row: if double_rounding { 8 } else { 0 },
            zero_point,
            clamp_min,
            clamp_max,
            double_rounding,
            then,
        },
    );
    let source = prop_oneof![
        4 => requantised,
        1 => Just(Source::Accumulators),
        1 => Just(Source::Scratchpad),
        2 => free_pool().prop_map(Source::MaxPool),
    ];
    let lines = (prop_oneof![Just(0u16), 1..6u16], 0..20u16);
    let scratchpad = (rows, 0..4u16, 0..20u16, lines).prop_map(
        |(row, row_step, chunk_step, (line_rows, line_step))| Destination::Scratchpad {
            row,
            row_step,
            chunk_step,
            line_rows,
            line_step,
        },
    );
    let memory = (0x800..bytes - 0x1000, -80..80i32)
        .prop_map(move |(offset, stride)| Destination::Memory { address: arena + offset, stride });
    let source_row = row(target.npu.accumulator_rows);
    let geometry = (1..10u16, 1..=dim, 1..3u16, 0..12u16, 0..4u16);
    (source, (memory, scratchpad, any::<bool>()), source_row, geometry)
        .prop_map(move |(source, (memory, scratchpad, resident), source_row, geometry)| {
            let (rows, columns, tiles, source_chunk_step, source_row_step) = geometry;
            // Requantised results read one known parameter tile of their mode.
            let requantised = matches!(source, Source::Requantised { .. });
            let store = Store {
                source,
                destination: if resident { scratchpad } else { memory },
                rows,
                columns: if requantised { columns } else { columns * tiles },
                source_row,
                source_chunk_step,
                source_row_step,
            };
            Descriptor::Store(Header::default(), allowed(store, &target.npu, memory))
        })
        .boxed()
}

/// `store` with what is bad or undefined about it replaced; `memory` is a destination in memory.
fn allowed(mut store: Store, npu: &NpuShape, memory: Destination) -> Store {
    if store.source == Source::Accumulators || reads_own_rows(&store, npu) {
        store.destination = memory;
    }
    match (&mut store.destination, &mut store.source) {
        (Destination::Memory { address, stride }, Source::Accumulators) => {
            *address &= !3;
            *stride &= !3;
        }
        (Destination::Memory { .. }, Source::Requantised { then, .. })
            if matches!(then, Then::Add { .. }) =>
        {
            *then = Then::Keep;
        }
        _ => {}
    }
    store
}
