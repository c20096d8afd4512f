//! LOAD and STORE: chunks, strides, wrapping, zero fill, the order of writes.

use super::{Bench, LOAD, RAM, STORE, head, load_rows, pair, store_rows};

fn counting(count: u8) -> Vec<u8> {
    (1..=count).collect()
}

#[test]
fn rows_are_cut_into_chunks_and_filled_with_zeros() {
    let mut bench = Bench::new(4);
    bench.fill(RAM + 5, &counting(40));
    // Two rows of 6 bytes, 10 apart, at an odd address; rows 3 apart, chunks 16 apart.
    bench.memories.scratchpad_mut(26).fill(99);
    let load = [head(LOAD, &[], &[]), RAM + 5, 10, pair(2, 6), pair(10, 3), 16, 0, 0];
    bench.run(&[load]);
    assert_eq!(bench.scratchpad(10), [1, 2, 3, 4]);
    assert_eq!(bench.scratchpad(26), [5, 6, 0, 0]);
    assert_eq!(bench.scratchpad(13), [11, 12, 13, 14]);
    assert_eq!(bench.scratchpad(29), [15, 16, 0, 0]);
}

#[test]
fn strides_are_signed_and_rows_wrap() {
    let mut bench = Bench::new(2);
    bench.fill(RAM, &counting(8));
    let load =
        [head(LOAD, &[], &[]), RAM + 6, -2i32 as u32, pair(4, 2), pair(510, 65_535), 0, 0, 0];
    bench.run(&[load]);
    let rows: Vec<_> = (507..511).map(|row| bench.scratchpad(row)).collect();
    assert_eq!(rows, [[1, 2], [3, 4], [5, 6], [7, 8]]);
    // Row 0xffff + 2 is row 1, in the parameter memory too.
    let mut load = load_rows(RAM, 2, 4, 65_535);
    load[0] |= 1 << 16;
    bench.run(&[load]);
    assert_eq!(bench.memories.parameters(63), [1, 2]);
    assert_eq!(bench.memories.parameters(2), [7, 8]);
}

/// Chunks of one row that land on one row: the last one stays.
#[test]
fn loads_write_in_order() {
    let mut bench = Bench::new(2);
    bench.fill(RAM, &counting(8));
    let load = [head(LOAD, &[], &[]), RAM, 4, pair(2, 4), pair(0, 0), 0, 0, 0];
    bench.run(&[load]);
    assert_eq!(bench.scratchpad(0), [7, 8]);
}

#[test]
fn stores_go_chunk_by_chunk_then_row_by_row() {
    let mut bench = Bench::new(2);
    bench.fill(RAM, &counting(12));
    // Source row: 10 for t = 0, 14 for t = 1; +1 a row. Three columns, two rows.
    bench.run(&[load_rows(RAM, 2, 6, 10)]);
    let mut store = store_rows(RAM + 0x101, 3, 2, 10);
    store[2] = 8;
    store[4] = pair(10, 4);
    let job = bench.run(&[store]);
    let writes: Vec<_> = job.writes.iter().map(|w| (w.address - RAM - 0x101, w.new)).collect();
    assert_eq!(writes, [(0, 1), (1, 2), (8, 3), (9, 4), (2, 9), (10, 11)]);
    assert_eq!((job.done, job.end.cause), (6, 0));
}

#[test]
fn raw_words_are_little_endian() {
    let mut bench = Bench::new(2);
    bench.memories.accumulators_mut(3).copy_from_slice(&[0x0403_0201, -2]);
    let head = head(STORE, &[], &[]) | 1 << 16;
    bench.run(&[[head, RAM + 4, 0, pair(1, 2), pair(3, 0), 0, 0, 0]]);
    assert_eq!(bench.bytes(RAM, 13), [0, 0, 0, 0, 1, 2, 3, 4, 0xfe, 0xff, 0xff, 0xff, 0]);
}

#[test]
fn results_can_go_back_to_the_scratchpad() {
    let mut bench = Bench::new(4);
    bench.memories.accumulators_mut(0).copy_from_slice(&[1, 2, 3, 4]);
    bench.memories.accumulators_mut(1).copy_from_slice(&[5, 6, 7, 8]);
    for row in 0..16 {
        bench.memories.scratchpad_mut(row).fill(99);
        // Eight parameter rows a chunk: four of bias 0, four of multiplier 1.
        let one = 1f32.to_le_bytes();
        bench.memories.parameters_mut(row).copy_from_slice(if row & 4 == 0 {
            &[0; 4]
        } else {
            &one
        });
    }
    // Six columns: chunk 0 from row 0, chunk 1 from row 1, to rows 5 and 7.
    let head = head(STORE, &[], &[]) | 1 << 18;
    let job = bench.run(&[[head, 5, pair(0, 2), pair(1, 6), pair(0, 1), 0, 0x7f_8001, 0]]);
    assert_eq!((job.end.cause, job.writes.len()), (0, 0));
    assert_eq!(bench.scratchpad(5), [2, 3, 4, 5]);
    assert_eq!(bench.scratchpad(7), [6, 7, 0, 0]);
    assert_eq!(bench.scratchpad(6), [99; 4]);
}

/// Each chunk t has its own eight parameter rows, and rows wrap.
#[test]
fn parameters_of_a_chunk() {
    let mut bench = Bench::new(2);
    let row = |row: u32, bytes: [u8; 2], bench: &mut Bench| {
        bench.memories.parameters_mut(row).copy_from_slice(&bytes);
    };
    // parameter_row 60, t = 1: rows 68..76 are rows 4..12. bias [0x0201, 0x0403], D = 2.
    row(4, [1, 2], &mut bench);
    row(6, [3, 4], &mut bench);
    for r in [9, 11] {
        row(r, [0x80, 0x3f], &mut bench);
    }
    let head = head(STORE, &[], &[]);
    // Accumulators -0x200 and -0x400 leave 1 and 3.
    bench.memories.accumulators_mut(1).copy_from_slice(&[-0x200, -0x400]);
    bench.run(&[[head, RAM, 0, pair(1, 4), pair(0, 1), pair(0, 60), 0x7f_8000, 0]]);
    assert_eq!(bench.bytes(RAM + 2, 2), [1, 3]);
}
