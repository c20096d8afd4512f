//! Bad fields: every bit of a good descriptor of each kind, and what is bad by its value.

use super::super::cause;
use super::{Bench, EXEC, LOAD, RAM, STORE, exec_tile, head, load_rows, pair, store_rows, sync};

/// The end of a job with this one descriptor, marked last, on an array of side `dim`.
fn end_on(dim: u32, descriptor: [u32; 8]) -> u32 {
    Bench::new(dim).run(&[descriptor]).end.cause
}

fn end_of(descriptor: [u32; 8]) -> u32 {
    end_on(4, descriptor)
}

fn store_raw() -> [u32; 8] {
    [head(STORE, &[], &[]) | 1 << 16, RAM, 0, pair(1, 1), 0, 0, 0, 0]
}

fn store_requantised() -> [u32; 8] {
    [head(STORE, &[], &[]), RAM, 0, pair(1, 1), 0, 0, 0x7f_8000, 0]
}

fn store_to_scratchpad() -> [u32; 8] {
    [head(STORE, &[], &[]) | 1 << 18, 0, 0, pair(1, 1), 0, 0, 0x7f_8000, 0]
}

/// To the scratchpad, with a residual.
fn store_sum() -> [u32; 8] {
    [head(STORE, &[], &[]) | 3 << 18, pair(0, 9), 0, pair(1, 1), 0, 0, 0x7f_8000, 0]
}

/// Windows of two bytes, one of them.
fn load_windows() -> [u32; 8] {
    let head = head(LOAD, &[], &[]) | 1 << 18;
    [head, RAM, 4, pair(1, 4), pair(0, 1), pair(1, 1), 0x0201, 0x80]
}

/// One pixel of a map of 4 x 4, one tap.
fn convolution() -> [u32; 8] {
    let head = head(EXEC, &[], &[]) | 1 << 17;
    [head, pair(0, 4), 0, 0, 0x1001, 0x4004, 0x0900_1001, 0]
}

fn depthwise() -> [u32; 8] {
    let head = head(EXEC, &[], &[]) | 2 << 17;
    [head, pair(0, 5), 0, 0, 0x1001, 0x4004, 0x1001, 0]
}

fn pool() -> [u32; 8] {
    let head = head(STORE, &[], &[]) | 2 << 16 | 1 << 21;
    [head, RAM, 4, pair(1, 4), 0, 0x0009_0004, 0x4004, 1]
}

fn pool_to_scratchpad() -> [u32; 8] {
    let mut pool = pool();
    pool[0] |= 1 << 18;
    pool[1] = 20;
    pool
}

/// Flips every bit of good descriptors: `good` has the bits, word by word, that leave it good.
/// Word 3 holds counts only.
#[test]
fn reserved_bits() {
    let all = u32::MAX;
    let map = 0x0fff_bffb;
    let forms: [([u32; 8], [u32; 8]); 12] = [
        (load_rows(RAM, 4, 1, 0), [0x3_6010, all, all, all, all, 0xffff, 0, 0]),
        (load_windows(), [0x6010, all, all, all, all, !0x1_0000, 0xff03_01fe, 0xff]),
        (exec_tile(0, 0, 0, 1), [0x9_5010, all, all, all, !1, !1, 0xffff, 0]),
        (convolution(), [0x9_5010, all, all, all, !0x1001, map, !0xc900_1001, all]),
        (depthwise(), [0x9_5010, all, all, all, !0x1001, map, 0x00ff_effe, 0xffff]),
        (store_rows(RAM, 4, 1, 0), [0x3010, all, all, all, all, 0xffff, 0, 0]),
        (store_raw(), [0x3010, !3, !3, all, all, 0xffff, 0, 0]),
        (store_requantised(), [0x10_3010, all, all, all, all, all, 0x1ff_ffff, 0]),
        (store_to_scratchpad(), [0x18_3010, 0xffff, all, all, all, all, 0x1ff_ffff, all]),
        (store_sum(), [0x3010, all, all, all, all, all, 0x1ff_ffff, all]),
        (pool(), [0x3010, all, all, all, all, 0x0ff6_ffff, map, 0xffe]),
        (pool_to_scratchpad(), [0x3010, 0xffff, all, all, all, 0x0ff6_ffff, map, 0xffff_0ffe]),
    ];
    for (form, good) in forms {
        assert_eq!(end_of(form), 0, "{form:x?}");
        for word in (0..8).filter(|&word| word != 3) {
            for bit in 0..32 {
                let mut descriptor = form;
                descriptor[word] ^= 1 << bit;
                // Another opcode, another source, a missing token: other tests.
                let skipped = if form[0] & 15 == STORE { 0x7_070f } else { 0x70f };
                if word == 0 && skipped >> bit & 1 == 1 {
                    continue;
                }
                let bad = end_of(descriptor) == cause::BAD_FIELD;
                assert_eq!(bad, good[word] >> bit & 1 == 0, "{form:x?} word {word} bit {bit}");
            }
        }
    }
}

#[test]
fn double_rounding_is_bad_without_the_switch() {
    for double_rounding in [false, true] {
        let mut bench = Bench::new(4);
        bench.config.double_rounding = double_rounding;
        let mut store = store_requantised();
        store[6] |= 1 << 24;
        let expected = if double_rounding { 0 } else { cause::BAD_FIELD };
        assert_eq!(bench.run(&[store]).end.cause, expected);
    }
}

#[test]
fn int4_is_bad_without_the_switch() {
    for int4_weights in [false, true] {
        for mut exec in [exec_tile(0, 0, 0, 1), convolution(), depthwise()] {
            let mut bench = Bench::new(4);
            bench.config.int4_weights = int4_weights;
            exec[0] |= 1 << 19;
            let expected = if int4_weights { 0 } else { cause::BAD_FIELD };
            assert_eq!(bench.run(&[exec]).end.cause, expected);
        }
    }
}

#[test]
fn counts_of_zero_are_bad() {
    let bad = |mut descriptor: [u32; 8], word: usize, value: u32| {
        descriptor[word] = value;
        assert_eq!(end_of(descriptor), cause::BAD_FIELD, "word {word} = {value:#x}");
    };
    for value in [0, 1, 1 << 16] {
        bad(load_rows(RAM, 4, 1, 0), 3, value);
        bad(store_rows(RAM, 4, 1, 0), 3, value);
    }
    bad(exec_tile(0, 0, 0, 1), 3, 0xffff);
    bad(exec_tile(0, 0, 0, 1), 4, 0xffff_0000);
    bad(exec_tile(0, 0, 0, 1), 5, 0xffff_0000);
}

#[test]
fn sources_destinations_and_alignment() {
    let with = |mut descriptor: [u32; 8], word: usize, bits: u32| {
        descriptor[word] |= bits;
        end_of(descriptor)
    };
    assert_eq!(with(store_raw(), 0, 3 << 16), cause::BAD_FIELD);
    assert_eq!(with(store_raw(), 0, 1 << 18), cause::BAD_FIELD);
    assert_eq!(with(store_rows(RAM, 4, 1, 0), 0, 1 << 18), cause::BAD_FIELD);
    for bits in 1..4 {
        assert_eq!(with(store_raw(), 1, bits), cause::BAD_FIELD);
        assert_eq!(with(store_raw(), 2, bits), cause::BAD_FIELD);
        assert_eq!(with(store_requantised(), 1, bits), 0);
    }
    for opcode in [LOAD, EXEC, STORE] {
        let own = |descriptor| {
            [sync(descriptor, &[opcode], &[]), sync(descriptor, &[], &[opcode])].map(end_of)
        };
        let descriptor = match opcode {
            LOAD => load_rows(RAM, 4, 1, 0),
            EXEC => exec_tile(0, 0, 0, 1),
            _ => store_raw(),
        };
        assert_eq!(own(descriptor), [cause::BAD_FIELD; 2]);
    }
}

/// Whether word `word` may be `value`, on an array of side `dim`.
fn good(dim: u32, mut descriptor: [u32; 8], word: usize, value: u32) -> bool {
    descriptor[word] = value;
    match end_on(dim, descriptor) {
        0 => true,
        end => {
            assert_eq!(end, cause::BAD_FIELD);
            false
        }
    }
}

#[test]
fn modes_spaces_and_flags_are_checked() {
    let (load, exec) = (head(LOAD, &[], &[]), head(EXEC, &[], &[]));
    for dim in [2, 4, 32] {
        let rows = |space: u32| good(dim, load_rows(RAM, 4, 1, 0), 0, load | space << 16);
        assert_eq!([0, 1, 2, 3].map(rows), [true, true, dim > 2, false], "side {dim}");
    }
    // Windows go to the scratchpad only.
    let windows = |space: u32| good(4, load_windows(), 0, load | 1 << 18 | space << 16);
    assert_eq!([0, 1, 2, 3].map(windows), [true, false, false, false]);
    assert!(!good(4, convolution(), 0, exec | 3 << 17));
    // add, table, pool with each source and destination.
    for flags in 0..64 {
        let (source, memory, extra) = (flags & 3, flags >> 2 & 1 == 0, flags >> 3);
        let mut store = if source == 2 { store_rows(RAM, 4, 1, 0) } else { store_requantised() };
        if source == 1 {
            store = store_raw();
        }
        if extra == 4 && source == 2 {
            store = pool();
        }
        if !memory {
            (store[1], store[2]) = (0, 0);
        }
        let expected = match (source, extra) {
            (0, 0 | 2) | (2, 0 | 4) => true,
            (0, 1) => !memory,
            (1, 0) => memory,
            _ => false,
        };
        assert_eq!(good(4, store, 0, head(STORE, &[], &[]) | flags << 16), expected, "{flags:#x}");
    }
}

#[test]
fn windows_stay_in_a_row_and_in_a_bus_word() {
    let word = |bytes: u32, lane: u32| bytes << 8 | lane << 16 | 1;
    // The bus has 8 bytes.
    for dim in [2, 4, 8, 16, 32] {
        for (bytes, lane) in [(1, 0), (1, dim - 1), (2, dim - 2), (dim.min(8), 0), (1, 0)] {
            assert!(good(dim, load_windows(), 6, word(bytes, lane)), "{dim} {bytes} {lane}");
            assert!(!good(dim, load_windows(), 6, word(bytes, dim - bytes + 1)));
        }
        assert!(!good(dim, load_windows(), 6, word(dim.min(8) + 1, 0)));
        assert!(!good(dim, load_windows(), 6, word(255, 255)));
    }
    assert!(!good(4, load_windows(), 6, 0x0200), "a step of 0");
    for (lead, expected) in [(0x7f, false), (1, false), (0, true), (0x80, true), (0xff, true)] {
        assert_eq!(good(4, load_windows(), 7, lead), expected, "lead {lead:#x}");
    }
    assert!(good(4, load_windows(), 3, pair(1, 0)));
    assert!(!good(4, load_windows(), 3, pair(0, 4)));
}

#[test]
fn depthwise_lines_lie_in_different_banks() {
    for dim in [2, 4, 8, 16, 32] {
        assert_eq!(good(dim, depthwise(), 1, pair(0, 6)), dim < 8, "side {dim}");
        assert!(good(dim, depthwise(), 1, pair(0, 7)));
        for first_x in -5i32..3 {
            let word = (first_x as u32) << 16;
            assert_eq!(good(dim, depthwise(), 7, word), (-3..=0).contains(&first_x), "{first_x}");
            assert!(good(dim, convolution(), 7, word));
        }
        assert!(good(dim, convolution(), 1, pair(0, 6)));
    }
}
