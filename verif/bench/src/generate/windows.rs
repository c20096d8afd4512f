//! Jobs of LOADs in windows: rows that are filled lane by lane, multiplied, and stored.

use proptest::collection::vec;
use proptest::prelude::*;
use systole_isa::{
    Activations, Descriptor, Destination, Exec, Header, Load, Source, Space, Store, Windows,
};

use super::Target;
use super::free::windows_of;
use super::jobs::{Allocator, chain};
use crate::program::{Job, random_bytes};

/// Source rows, bytes of each, and rows from one to the next at the destination.
type Cut = (u16, u16, u16, Windows);

/// Rows written whole, then in windows; then their products with a tile of weights.
pub(super) fn windows(target: Target, arena: u32, bytes: u32) -> BoxedStrategy<Job> {
    let row_bytes = prop_oneof![1 => Just(0u16), 5 => 1..40u16];
    let cuts = vec((1..5u16, row_bytes, 0..9u16, windows_of(target)), 1..5);
    (any::<u64>(), any::<u16>(), cuts)
        .prop_map(move |(seed, row, cuts)| {
            build(target, Allocator { next: arena, end: arena + bytes }, seed, row, &cuts)
        })
        .boxed()
}

fn build(target: Target, mut allocator: Allocator, seed: u64, row: u16, cuts: &[Cut]) -> Job {
    let dim = target.npu.dim as u16;
    let reach = |(rows, _, row_step, windows): &Cut| {
        (rows - 1) * row_step + (windows.count - 1) * windows.row_step + 1
    };
    let most = (target.npu.accumulator_rows as u16).min(target.npu.scratchpad_rows as u16 / 2);
    let rows = cuts.iter().map(reach).max().unwrap_or(1).min(most);
    let weight_row = row.wrapping_add(rows);
    let mut place = |bytes: u32| allocator.take(bytes, 0).expect("a few KiB");
    let row_bytes = u32::from(dim);
    // Rows lie closer than they are long.
    let source_bytes = 3 * u32::from(rows + dim) + row_bytes + 256;
    let source = place(source_bytes);
    let copy = place(u32::from(rows) * row_bytes);
    let sums = place(u32::from(rows) * row_bytes * 4);
    let list = place(16 * Descriptor::BYTES);
    let whole = Load {
        address: source,
        stride: 3,
        rows: rows + dim,
        row_bytes: dim,
        row,
        row_step: 1,
        ..Load::default()
    };
    let mut descriptors = vec![Descriptor::Load(Header::default(), whole)];
    for (index, cut) in (0..).zip(cuts) {
        // A cut that reaches beyond the rows written would be read by nobody.
        if reach(cut) > rows {
            continue;
        }
        let &(cut_rows, row_bytes, row_step, windows) = cut;
        let load = Load {
            space: Space::Scratchpad,
            address: source + index * 7,
            stride: 40 - 5 * index as i32,
            rows: cut_rows,
            row_bytes,
            row,
            row_step,
            chunk_step: 0,
            windows: Some(windows),
        };
        descriptors.push(Descriptor::Load(Header::default(), load));
    }
    let exec = Exec {
        activations: Activations { row, step: 1, k_step: 0 },
        weight_row,
        m_rows: rows,
        k_tiles: 1,
        n_tiles: 1,
        ..Exec::default()
    };
    descriptors.push(Descriptor::Exec(Header::default(), exec));
    let stores = [(Source::Scratchpad, copy, row, 1), (Source::Accumulators, sums, 0, 4)];
    for (source, address, source_row, element) in stores {
        let store = Store {
            source,
            destination: Destination::Memory { address, stride: i32::from(dim) * element },
            rows,
            columns: dim,
            source_row,
            source_chunk_step: 0,
            source_row_step: 1,
        };
        descriptors.push(Descriptor::Store(Header::default(), store));
    }
    chain(&mut descriptors);
    Job {
        list,
        descriptors,
        inputs: vec![(source, random_bytes(seed | 1, source_bytes as usize))],
        results: (copy, list - copy),
        description: format!("{} LOADs in windows over {rows} rows", cuts.len()),
    }
}
