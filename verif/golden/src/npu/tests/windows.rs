//! LOAD in windows, and LOAD into the table memory.

use super::{Bench, LOAD, RAM, STORE, head, load_rows, pair};
use crate::npu::cause;
use proptest::prelude::*;

#[derive(Clone, Debug)]
struct Case {
    dim: u32,
    rows: u32,
    row_bytes: u32,
    stride: i32,
    row: u32,
    row_step: u32,
    windows: u32,
    window_row_step: u32,
    window_step: u32,
    window_bytes: u32,
    lane: u32,
    pad_value: i8,
    lead: i32,
}

fn case() -> impl Strategy<Value = Case> {
    let source = (1u32..5, 0u32..40, -50i32..50);
    let place = (any::<u16>(), 0u32..20, 0u32..4);
    let windows = (1u32..12, prop_oneof![1u32..6, 1u32..256], -128i32..1, any::<i8>());
    let lanes = proptest::sample::select(&[2u32, 4, 8, 16][..]).prop_flat_map(|dim| {
        (Just(dim), 1..=dim.min(8))
            .prop_flat_map(|(dim, bytes)| (Just(dim), Just(bytes), 0..=dim - bytes))
    });
    (source, place, windows, lanes).prop_map(|(source, place, windows, lanes)| Case {
        dim: lanes.0,
        rows: source.0,
        row_bytes: source.1,
        stride: source.2,
        row: place.0.into(),
        row_step: place.1,
        windows: windows.0,
        window_row_step: place.2,
        window_step: windows.1,
        window_bytes: lanes.1,
        lane: lanes.2,
        pad_value: windows.3,
        // Small leads are met more often than large ones.
        lead: if windows.2 & 1 == 0 { windows.2 } else { windows.2 / 16 },
    })
}

const SOURCE: u32 = RAM + 0x103;

impl Case {
    fn descriptor(&self) -> [u32; 8] {
        let lanes = [self.window_step, self.window_bytes, self.lane, self.pad_value as u8 as u32];
        [
            head(LOAD, &[], &[]) | 1 << 18,
            SOURCE,
            self.stride as u32,
            pair(self.rows, self.row_bytes),
            pair(self.row, self.row_step),
            pair(self.window_row_step, self.windows),
            u32::from_le_bytes(lanes.map(|lane| lane as u8)),
            self.lead as u8 as u32,
        ]
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn windows_overlap_and_keep_other_lanes(case in case()) {
        let mut bench = Bench::new(case.dim);
        let size = bench.config.scratchpad_rows;
        let memory: Vec<u8> = (0..0x400u32).map(|i| ((i * 37) >> 2) as u8).collect();
        bench.fill(RAM, &memory);
        let mut expected = vec![vec![55i8; case.dim as usize]; size as usize];
        for row in 0..size {
            bench.memories.scratchpad_mut(row).fill(55);
        }
        for r in 0..case.rows {
            for (x, j) in (0..case.windows).flat_map(|x| (0..case.window_bytes).map(move |j| (x, j))) {
                let p = case.lead + (x * case.window_step + j) as i32;
                let at = 0x103 + r as i32 * case.stride + p;
                let inside = p >= 0 && p < case.row_bytes as i32;
                let row = (case.row + r * case.row_step + x * case.window_row_step) % size;
                expected[row as usize][(case.lane + j) as usize] =
                    if inside { memory[at as usize] as i8 } else { case.pad_value };
            }
        }
        prop_assert_eq!(bench.run(&[case.descriptor()]).end.cause, cause::NONE);
        for row in 0..size {
            prop_assert_eq!(&bench.scratchpad(row), &expected[row as usize]);
        }
    }
}

/// All bytes of a row are read, in a window or not; none of a row of 0 bytes.
#[test]
fn rows_are_read_whole_or_not_at_all() {
    let mut bench = Bench::new(4);
    let outside = |row_bytes| {
        let head = head(LOAD, &[], &[]) | 1 << 18;
        [head, RAM - 1, 4, pair(1, row_bytes), 0, pair(0, 1), 0x0902_0201, 0xf0]
    };
    assert_eq!(bench.run(&[outside(1)]).end.cause, cause::LOAD_ERROR);
    assert_eq!(bench.run(&[outside(0)]).end.cause, cause::NONE);
    assert_eq!(bench.scratchpad(0), [0, 0, 9, 9]);
}

/// Rows are 4 bytes of a chunk, wrap modulo 512, and are lost behind row 256.
#[test]
fn the_table_memory_has_257_rows() {
    let mut bench = Bench::new(8);
    let bytes: Vec<u8> = (0..=255).collect();
    bench.fill(RAM, &bytes);
    let mut load = load_rows(RAM, 6, 6, 510);
    load[0] |= 2 << 16;
    assert_eq!(bench.run(&[load]).end.cause, cause::NONE);
    // Rows 510 and 511 are not there; row 512 is row 0.
    let entry = |value| bench.memories.table_entry(value);
    assert_eq!(
        [-128, -127, -126, -125].map(entry),
        [0x0f0e_0d0c, 0x1514_1312, 0x1b1a_1918, 0x2120_1f1e]
    );
    assert_eq!(entry(-124), 0);
    assert_eq!(bench.memories.table_factor(), 0);
    // Row 65,280 is row 256; a chunk of fewer than 4 bytes is filled with zeros.
    let mut load = load_rows(RAM + 1, 3, 2, 65_280);
    load[0] |= 2 << 16;
    bench.run(&[load]);
    assert_eq!(bench.memories.table_factor(), 0x0003_0201);
    assert_eq!(bench.memories.table_entry(127), 0);
    load[4] = pair(255, 1);
    bench.run(&[load]);
    assert_eq!(bench.memories.table_factor(), 0x0006_0504);
    assert_eq!(bench.memories.table_entry(127), 0x0003_0201);
}

/// Requantised results select entries; only bits 7:0 count.
#[test]
fn results_are_replaced_by_entries_of_the_table() {
    let mut bench = Bench::new(4);
    for value in -128..=127i8 {
        let entry = 0x5555_5500 | u32::from((value as u8).wrapping_mul(3) ^ 0x5a);
        bench.memories.set_table((i32::from(value) + 128) as u32, entry);
    }
    bench.memories.accumulators_mut(0).copy_from_slice(&[-1000, -7, 100, 1000]);
    for row in 4..8 {
        bench.memories.parameters_mut(row).copy_from_slice(&1f32.to_le_bytes());
    }
    let entry = |value: i8| (value as u8).wrapping_mul(3) ^ 0x5a;
    let head = head(STORE, &[], &[]) | 1 << 20;
    bench.run(&[[head, RAM, 0, pair(1, 3), 0, 0, 0x7f_8001, 0]]);
    assert_eq!(bench.bytes(RAM, 4), [entry(-128), entry(-6), entry(101), 0]);
    bench.run(&[[head | 1 << 18, 9, 0, pair(1, 4), 0, 0, 0x7f_8001, 0]]);
    assert_eq!(bench.scratchpad(9), [-128, -6, 101, 127].map(|value| entry(value) as i8));
}
