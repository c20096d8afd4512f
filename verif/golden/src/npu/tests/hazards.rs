//! The hazard checker.

use super::{
    Bench, EXEC, LIST, LOAD, RAM, STORE, exec_tile, head, load_rows, pair, store_rows, sync,
};
use crate::npu::hazard::check;

fn hazards(list: &[[u32; 8]]) -> Vec<String> {
    let mut bench = Bench::new(4);
    let job = bench.run(list);
    assert_eq!(job.end.cause, 0);
    check(&bench.config, &job.list).iter().map(ToString::to_string).collect()
}

/// STORE of accumulators, raw.
fn drain(accumulator: u32, address: u32) -> [u32; 8] {
    let head = head(STORE, &[], &[]) | 1 << 16;
    [head, address, 16, pair(1, 4), pair(accumulator, 0), pair(1, 0), 0, 0]
}

#[test]
fn a_missing_token_is_named() {
    let load = load_rows(RAM, 4, 8, 0);
    let exec = exec_tile(0, 4, 0, 1);
    assert_eq!(
        hazards(&[load, exec]),
        ["descriptor 1 (EXEC) reads scratchpad rows 0..1 that descriptor 0 (LOAD) writes, \
          and no token orders them"]
    );
    assert_eq!(hazards(&[sync(load, &[], &[EXEC]), sync(exec, &[LOAD], &[])]).len(), 0);
    assert_eq!(hazards(&[load_rows(RAM, 4, 4, 8), exec]).len(), 0);
}

#[test]
fn every_shared_memory() {
    let exec = exec_tile(0, 4, 5, 2);
    let parameters = |mut load: [u32; 8]| {
        load[0] |= 1 << 16;
        load
    };
    let requantise = [head(STORE, &[], &[]), RAM, 0, pair(1, 6), 0x40, 4 << 16, 0x7f_8000, 0];
    let back = [head(STORE, &[], &[]) | 1 << 18, 6, 1, pair(3, 1), 0x40, 0, 0x7f_8000, 0];
    let cases: [(&[[u32; 8]], &str); 6] = [
        (&[exec, drain(6, RAM)], "reads accumulator rows 6..7 that descriptor 0 (EXEC) writes"),
        (&[drain(6, RAM), exec], "writes accumulator rows 6..7 that descriptor 0 (STORE) reads"),
        (
            &[parameters(load_rows(RAM + 64, 4, 4, 16)), requantise],
            "reads parameter rows 16..20 that descriptor 0 (LOAD) writes",
        ),
        (
            &[load_rows(RAM + 64, 4, 2, 8), back],
            "writes scratchpad rows 8..9 that descriptor 0 (LOAD) writes",
        ),
        (
            &[store_rows(RAM + 2, 4, 1, 0), load_rows(RAM, 4, 1, 9)],
            "reads memory 0x80000002..0x80000004 that descriptor 0 (STORE) writes",
        ),
        (
            &[load_rows(RAM, 4, 1, 9), store_rows(RAM + 2, 4, 1, 0)],
            "writes memory 0x80000002..0x80000004 that descriptor 0 (LOAD) reads",
        ),
    ];
    for (list, expected) in cases {
        let found = hazards(list);
        assert_eq!(found.len(), 1, "{expected}: {found:?}");
        assert!(found[0].contains(expected), "{expected}: {found:?}");
    }
}

#[test]
fn order_is_transitive_and_follows_unit_order() {
    // LOAD 0 before LOAD 1 (same unit) -> EXEC 2 -> STORE 3, which reads what LOAD 0 wrote.
    let list = [
        load_rows(RAM, 4, 4, 0),
        sync(load_rows(RAM, 4, 4, 8), &[], &[EXEC]),
        sync(exec_tile(8, 8, 0, 1), &[LOAD], &[STORE]),
        sync(store_rows(RAM + 0x100, 4, 1, 0), &[EXEC], &[]),
    ];
    assert_eq!(hazards(&list).len(), 0);
    // The signal on the first LOAD does not cover the second.
    let list = [
        sync(load_rows(RAM, 4, 4, 8), &[], &[EXEC]),
        load_rows(RAM, 4, 4, 0),
        sync(exec_tile(0, 8, 0, 1), &[LOAD], &[]),
    ];
    assert_eq!(hazards(&list).len(), 1);
}

/// Double buffering: the first reuse of a buffer must wait for its reader.
#[test]
fn tokens_are_taken_in_the_order_given() {
    let load = |row, wait: &[u32]| sync(load_rows(RAM, 4, 8, row), wait, &[EXEC]);
    let exec = |row| sync(exec_tile(row, row + 4, 0, 1), &[LOAD], &[LOAD]);
    let good = [
        load(0, &[]),
        load(8, &[]),
        exec(0),
        exec(8),
        load(0, &[EXEC]),
        load(8, &[EXEC]),
        exec(0),
        exec(8),
    ];
    assert_eq!(hazards(&good).len(), 0);
    let mut bad = good;
    bad[4] = load(8, &[EXEC]);
    bad[5] = load(0, &[EXEC]);
    let found = hazards(&bad);
    // Buffer 8 is overwritten when only the reader of buffer 0 is known to be over. The new data
    // come in the wrong order too.
    assert!(found.iter().any(|h| h.starts_with("descriptor 4 (LOAD) writes scratchpad rows 8..9")));
    assert!(found.iter().any(|h| h.starts_with("descriptor 6 (EXEC) reads scratchpad rows 0..1")));
}

#[test]
fn accumulators_reused_too_early() {
    let exec = |wait: &[u32]| sync(exec_tile(0, 4, 5, 1), wait, &[STORE]);
    let store = |signal: &[u32]| sync(drain(5, RAM), &[EXEC], signal);
    assert_eq!(hazards(&[exec(&[]), store(&[EXEC]), exec(&[STORE]), store(&[])]).len(), 0);
    assert_eq!(
        hazards(&[exec(&[]), store(&[]), exec(&[]), store(&[])]),
        ["descriptor 2 (EXEC) writes accumulator rows 5..6 that descriptor 1 (STORE) reads, \
          and no token orders them"]
    );
}

#[test]
fn strided_rows_that_interleave_do_not_conflict() {
    // LOAD writes even rows, STORE reads odd ones.
    let mut load = load_rows(RAM, 4, 8, 0);
    load[4] = pair(0, 2);
    let mut store = store_rows(RAM + 0x100, 4, 8, 1);
    store[5] = pair(2, 0);
    assert_eq!(hazards(&[load, store]).len(), 0);
    store[4] = pair(0, 0);
    assert_eq!(hazards(&[load, store]).len(), 1);
    // Rows wrap: 511, 1 (of 512).
    let mut load = load_rows(RAM, 4, 2, 511);
    load[4] = pair(511, 2);
    assert_eq!(hazards(&[load, store_rows(RAM + 0x100, 4, 1, 1)]).len(), 1);
    assert_eq!(hazards(&[load, store_rows(RAM + 0x100, 4, 1, 0)]).len(), 0);
}

#[test]
fn a_store_into_the_rest_of_its_list_is_a_hazard() {
    let list = [store_rows(LIST + 36, 4, 1, 0), load_rows(RAM, 4, 1, 9)];
    let found = hazards(&list);
    assert_eq!(
        found,
        ["descriptor 0 (STORE) writes memory 0x80010024..0x80010028 that holds descriptor 1 \
          (LOAD) of its own list, which may have been read before"]
    );
    // Its own descriptor and earlier ones were read.
    assert_eq!(hazards(&[store_rows(LIST, 4, 1, 0), load_rows(RAM, 4, 1, 9)]).len(), 0);
}

/// A convolution reads the pixels that its taps reach inside the map and no others, its weights,
/// and writes one accumulator row for each output.
#[test]
fn convolutions_touch_pixels_inside_the_map() {
    // A map of 3 lines of 4 pixels from row 20, 6 rows apart; 3 x 3 taps, stride 2, padded by 1.
    let convolution = |mode: u32, pitch: u32, kernel: u32| {
        [
            head(EXEC, &[], &[]) | mode << 17,
            pair(20 - pitch - 1, pitch),
            pair(100, 0),
            pair(7, 0),
            2 | 2 << 12,
            4 | 3 << 12 | 5 << 24,
            1 | 1 << 12 | kernel,
            0xffff_ffff,
        ]
    };
    let reads =
        |descriptor: [u32; 8], row| hazards(&[load_rows(RAM, 4, 1, row), descriptor]).len() == 1;
    let full = convolution(1, 6, 3 << 24 | 3 << 27);
    let pixels: Vec<u32> = (0..100).filter(|&row| reads(full, row)).collect();
    assert_eq!(pixels, [20, 21, 22, 23, 26, 27, 28, 29, 32, 33, 34, 35]);
    let weights: Vec<u32> = (90..512).filter(|&row| reads(full, row)).collect();
    assert_eq!(weights, (100..136).collect::<Vec<_>>());
    // One line of four taps: pixel 3 of lines -1 and 1.
    let depthwise = convolution(2, 7, 0);
    let pixels: Vec<u32> = (0..100).filter(|&row| reads(depthwise, row)).collect();
    assert_eq!(pixels, [27, 28, 29, 30]);
    let weights: Vec<u32> = (90..512).filter(|&row| reads(depthwise, row)).collect();
    assert_eq!(weights, [100, 101, 102, 103]);
    let written =
        (0..128).filter(|&row| hazards(&[full, drain(row, RAM)]).len() == 1).collect::<Vec<_>>();
    assert_eq!(written, [7, 8, 9, 10]);
}

/// Of weights of 4 bits a tile takes half of the rows, of taps as well.
#[test]
fn packed_weights_touch_half_of_the_rows() {
    let int4 = |mut descriptor: [u32; 8]| {
        descriptor[0] |= 1 << 19;
        descriptor
    };
    let map = 1 | 1 << 12;
    let taps = [head(EXEC, &[], &[]) | 2 << 17, 1 << 16, 100, 0, map, map, 2 | 1 << 12, 0];
    let mut tiles = exec_tile(0, 100, 0, 1);
    (tiles[2], tiles[4]) = (pair(100, 10), pair(2, 0));
    for (descriptor, rows) in [(tiles, [100, 101, 110, 111]), (taps, [100, 101, 102, 103])] {
        let reads = |&row: &u32| hazards(&[load_rows(RAM, 4, 1, row), int4(descriptor)]).len() == 1;
        assert_eq!((90..130).filter(reads).collect::<Vec<_>>(), rows);
    }
}

/// A pool whose last line is shorter reads less of the map; windows write all their rows.
#[test]
fn pools_windows_and_residuals() {
    // 2 x 2 windows of a map of 4 x 4 from row 40, outputs of 2 a line, 3 of them.
    let pool = [
        head(STORE, &[], &[]) | 2 << 16 | 1 << 21,
        RAM,
        4,
        pair(3, 4),
        pair(40, 0),
        4 | 2 << 16 | 2 << 19,
        4 | 4 << 12 | 1 << 24 | 1 << 26,
        2,
    ];
    let load = |row| load_rows(RAM + 64, 4, 1, row);
    let touched = |descriptor: [u32; 8], before: fn(u32) -> [u32; 8]| -> Vec<u32> {
        (0..512).filter(|&row| !hazards(&[before(row), descriptor]).is_empty()).collect()
    };
    assert_eq!(touched(pool, load), [40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 52, 53]);
    // Two rows of three windows: rows 9, 11, 13 and 14, 16, 18. Nothing is read.
    let windows =
        [head(LOAD, &[], &[]) | 1 << 18, 0, 0, pair(2, 0), pair(9, 5), pair(2, 3), 0x101, 0];
    let store = |row| store_rows(RAM, 4, 1, row);
    assert_eq!(touched(windows, store), [9, 11, 13, 14, 16, 18]);
    // Lines of two, 10 apart: the destination from row 200, the residual from row 300.
    let mut add =
        [head(STORE, &[], &[]) | 3 << 18, pair(200, 300), pair(1, 0), pair(3, 4), 0, 0, 0, 0];
    (add[5], add[7]) = (1, pair(2, 10));
    assert_eq!(touched(add, load), [200, 201, 210, 300, 301, 310]);
}

/// `add` reads all of the table, `table` its entries; rows that are not there are no hazard.
#[test]
fn tables() {
    let load = |row| {
        let mut load = load_rows(RAM + 64, 4, 1, row);
        load[0] |= 2 << 16;
        load
    };
    let table = [head(STORE, &[], &[]) | 1 << 20, RAM, 4, pair(1, 4), 0, 0, 0, 0];
    let add = [head(STORE, &[], &[]) | 3 << 18, 0, 0, pair(1, 4), 0, 0, 0, 0];
    for (row, by_table, by_add) in
        [(0, true, true), (255, true, true), (256, false, true), (257, false, false)]
    {
        assert_eq!(hazards(&[load(row), table]).len(), usize::from(by_table), "row {row}");
        assert_eq!(hazards(&[load(row), add]).len(), usize::from(by_add), "row {row}");
        assert_eq!(hazards(&[add, load(row + 512)]).len(), usize::from(by_add), "row {row}");
    }
    let found = hazards(&[load(256), add]);
    assert!(found[0].contains("reads table rows 256..257 that"), "{found:?}");
}
