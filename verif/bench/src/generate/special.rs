//! NPU jobs made for one purpose each: units that meet in one scratchpad bank, results next to a
//! rounding tie.

use proptest::collection::vec;
use proptest::prelude::*;
use systole_compiler::{Gemm, Matrix, Output, plan};
use systole_isa::{
    Activations, Descriptor, Destination, Exec, Header, Load, Source, Space, Store, Unit,
};

use super::Target;
use super::jobs::{Allocator, rounding};
use super::multipliers::{Multipliers, doubly_rounds, integer_tie, tie};
use crate::program::{Job, random_bytes};

/// EXEC and a STORE of scratchpad rows at the same time, in one bank or in two.
pub(super) fn parallel(target: Target, arena: u32, bytes: u32) -> BoxedStrategy<Job> {
    let dim = target.npu.dim as u16;
    let bank = (target.npu.scratchpad_rows / 4) as u16;
    let rows = (dim + 1..4 * dim, dim..3 * dim, 0..4u16, 0..4u16, 1..3u16);
    (any::<u64>(), rows)
        .prop_map(move |(seed, (m_rows, copied, first_bank, weight_bank, k_tiles))| {
            let mut allocator = Allocator { next: arena, end: arena + bytes };
            let mut place = |bytes: u32| allocator.take(bytes, 0).expect("a few KiB");
            let loaded = m_rows.max(copied);
            let row_bytes = u32::from(dim);
            let operands = place(u32::from(loaded) * row_bytes);
            let weights = place(u32::from(dim) * row_bytes);
            let copy = place(u32::from(copied) * row_bytes);
            let sums = place(u32::from(m_rows) * row_bytes * 4);
            let list = place(8 * Descriptor::BYTES);
            let (row, weight_row) = (first_bank * bank, weight_bank * bank + bank / 2);
            let load = |address: u32, rows: u16, row: u16| Load {
                space: Space::Scratchpad,
                address,
                stride: i32::from(dim),
                rows,
                row_bytes: dim,
                row,
                row_step: 1,
                chunk_step: 0,
                windows: None,
            };
            let store =
                |source: Source, address: u32, rows: u16, source_row: u16, bytes: u16| Store {
                    source,
                    destination: Destination::Memory { address, stride: i32::from(dim * bytes) },
                    rows,
                    columns: dim,
                    source_row,
                    source_chunk_step: 0,
                    source_row_step: 1,
                };
            let header = Header::default();
            let both = header.signal_to(Unit::Exec).signal_to(Unit::Store);
            let exec = Exec {
                activations: Activations { row, step: 1, k_step: 0 },
                weight_row,
                m_rows,
                k_tiles,
                n_tiles: 1,
                ..Exec::default()
            };
            let last = Header { last: true, ..header.wait_for(Unit::Exec) };
            let descriptors = vec![
                Descriptor::Load(header, load(weights, dim, weight_row)),
                Descriptor::Load(both, load(operands, loaded, row)),
                Descriptor::Exec(header.wait_for(Unit::Load).signal_to(Unit::Store), exec),
                Descriptor::Store(
                    header.wait_for(Unit::Load),
                    store(Source::Scratchpad, copy, copied, row, 1),
                ),
                Descriptor::Store(last, store(Source::Accumulators, sums, m_rows, 0, 4)),
            ];
            Job {
                list,
                descriptors,
                inputs: vec![
                    (operands, random_bytes(seed | 1, usize::from(loaded) * usize::from(dim))),
                    (weights, random_bytes(!seed | 1, usize::from(dim) * usize::from(dim))),
                ],
                results: (copy, list - copy),
                description: "EXEC beside a STORE from the scratchpad".to_owned(),
            }
        })
        .boxed()
}

/// Products of small numbers, so that the results are the biases, or next to them, rounded.
pub(super) fn ties(target: Target, arena: u32, bytes: u32) -> BoxedStrategy<Job> {
    let dim = target.npu.dim;
    let float = vec(tie(), 1..3 * dim as usize).prop_map(|parameters| {
        let (bias, multipliers): (Vec<i32>, _) = parameters.into_iter().unzip();
        (bias, Multipliers::Float(multipliers))
    });
    let integer = vec(integer_tie(), 1..3 * dim as usize).prop_map(|parameters| {
        let (bias, multipliers): (Vec<i32>, _) = parameters.into_iter().unzip();
        (bias, Multipliers::Integer(multipliers))
    });
    let parameters =
        if doubly_rounds(target) { prop_oneof![float, integer].boxed() } else { float.boxed() };
    let rounding = prop_oneof![2 => Just((0, i8::MIN, i8::MAX)), 1 => rounding()];
    (parameters, rounding, 1..6u32, any::<u64>())
        .prop_map(move |((bias, multipliers), (zero_point, clamp_min, clamp_max), m, seed)| {
            let n = bias.len() as u32;
            let table = multipliers.table(dim, &bias);
            let mut allocator = Allocator { next: arena, end: arena + bytes };
            let mut place = |bytes: u32| allocator.take(bytes, 0).expect("a few KiB");
            let (activations, weights) = (place(m), place(n));
            let (output, parameters) = (place(m * n), place(table.len() as u32));
            let matrix = |address| Matrix { address, stride: n as i32 };
            let gemm = Gemm {
                m,
                n,
                k: 1,
                activations: Matrix { address: activations, stride: 1 },
                weights: matrix(weights),
                int4: false,
                output: matrix(output),
                result: Output::Requantised {
                    parameters,
                    zero_point,
                    clamp_min,
                    clamp_max,
                    double_rounding: multipliers.double_rounding(),
                },
            };
            let descriptors = plan(&target.npu, &gemm).expect("three tiles fit every NPU");
            let list = place(descriptors.len() as u32 * Descriptor::BYTES);
            // The first row meets zeros, the others the nearest numbers to them.
            let rows = (0..m as i8).map(|row| if row % 2 == 0 { row / 2 } else { -row / 2 - 1 });
            let signs = random_bytes(seed | 1, n as usize).into_iter().map(|byte| byte % 3);
            Job {
                list,
                descriptors,
                inputs: vec![
                    (parameters, table),
                    (activations, rows.map(|row| row as u8).collect()),
                    (weights, signs.map(|sign| sign.wrapping_sub(1)).collect()),
                ],
                results: (output, m * n),
                description: format!("{m} times {n} results next to a rounding tie"),
            }
        })
        .boxed()
}
