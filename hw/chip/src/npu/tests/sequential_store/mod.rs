//! STORE of the sequential NPU: memories are filled by hand, results compared with the reference and
//! with float32 arithmetic.

mod arithmetic;
mod npu;

use super::lists::{ADD, DOUBLE_ROUNDING, Lists, POOL, STORE, TABLE, last};
use super::machine::{DOORBELL, Descriptor, GOOD, Outcome};
use super::memory::{BASE, FAST, Timing};
use super::random::Random;
use super::reference::Reference;
use super::stress;
use super::whole::compare;
use npu::{Npu, Rtl, row_word};

const OUT: u32 = BASE + 0x8000;

const STORE_BUSY: u32 = 0x3c;
const ABORT: u32 = 0x54;

/// A reference with something everywhere.
fn random_reference(lists: &mut Lists, memory: &[u8]) -> Reference {
    let mut reference = Reference::new(lists.config, memory);
    let (_, _, bytes) = lists.parameters(3);
    let random = &mut lists.random;
    for row in &mut reference.scratchpad {
        row.iter_mut().for_each(|byte| *byte = random.next() as i8);
    }
    for sum in reference.accumulators.iter_mut().flatten() {
        *sum = random.next() as i32 >> random.range(0, 24);
    }
    for (row, data) in reference.parameters.iter_mut().zip(bytes.chunks(4)) {
        row.copy_from_slice(data);
    }
    for (index, entry) in (0..).zip(&mut reference.table) {
        let scale = if index == 256 { 2000.0 } else { 1.0 };
        *entry = ((random.range(0, 300_000) as f32 / 1000.0 - 150.0) / scale).to_bits();
    }
    reference
}

/// Sources, destinations, alignments, strides, lines, windows and what is done to results.
#[test]
fn any_store_matches_the_reference() {
    let timings = [FAST, Timing { go: 60, latency: 3 }];
    for seed in 0..12 * stress() {
        let mut npu = Rtl::new(timings[seed as usize % 2], seed);
        let config = npu.config().clone();
        let mut lists = Lists { config: &config, random: Random::new(seed * 31 + 7) };
        let mut reference = random_reference(&mut lists, &npu.machine.memory.bytes);
        npu.fill(&reference);
        let mut list: Vec<Descriptor> = (0..16).map(|_| lists.store()).collect();
        last(&mut list);
        npu.machine.put_list(BASE, &list);
        reference.memory.clone_from(&npu.machine.memory.bytes);
        reference.run(&list);
        let context = format!("seed {seed}: {list:x?}");
        assert_eq!(npu.machine.run(BASE), GOOD, "{context}");
        compare(&npu.machine, &reference, &context);
        for (row, data) in (0..).zip(&reference.scratchpad) {
            assert_eq!(npu.inner(row), row_word(data), "row {row}, {context}");
        }
    }
}

/// A write that fails ends the job; what was written before is what the error-free job writes.
#[test]
fn a_failing_write_ends_the_job() {
    let store = [STORE | 16 | 1 << 16, OUT, 40, 3 | 6 << 16, 0, 1, 0, 0];
    let mut whole = Rtl::new(FAST, 1);
    assert_eq!(whole.machine.job(&[store]), GOOD);
    let mut npu = Rtl::new(FAST, 1);
    let bad = OUT + 40 + 8;
    npu.machine.memory.bad_writes.insert(bad);
    assert_eq!(npu.machine.job(&[store]), Outcome { cause: 9, index: 0, address: bad });
    // Row 0, and two sums of row 1.
    let written = &npu.machine.memory.written;
    assert_eq!(written.len(), 24);
    assert_eq!(written[..], whole.machine.memory.written[..24]);
}

/// The hart ends a job: what was written before is what the job writes first, in whole chunks.
#[test]
fn an_abort_leaves_whole_chunks() {
    let store = [STORE | 16 | 1 << 16, OUT, 16, 64 | 4 << 16, 0, 1, 0, 0];
    let mut whole = Rtl::new(FAST, 1);
    assert_eq!(whole.machine.job(&[store]), GOOD);
    for cycles in [1500, 2345, 9999] {
        let mut npu = Rtl::new(FAST, 1);
        npu.machine.put_list(BASE, &[store]);
        npu.machine.write(DOORBELL, BASE);
        (0..cycles).for_each(|_| npu.machine.step());
        npu.machine.write(ABORT, 1);
        let before = npu.machine.cycles;
        assert_eq!(npu.machine.wait(), Outcome { cause: 10, index: 1, address: 0 });
        assert!(npu.machine.cycles - before < 600, "the job ends soon");
        let written = &npu.machine.memory.written;
        assert_eq!(written.len() % 16, 0);
        assert!((1..64 * 16).contains(&written.len()), "{} bytes", written.len());
        assert_eq!(written[..], whole.machine.memory.written[..written.len()]);
    }
}

/// An NPU with sums, parameters of tiles and a table as a model has them.
fn with_a_layer() -> Rtl {
    let mut npu = Rtl::new(FAST, 1);
    for row in (0..64).step_by(8) {
        for n in 0..4 {
            npu.set_parameter(row + n, 1000 * n);
            npu.set_parameter(row + 4 + n, (0.0013f32 * (n + 1) as f32).to_bits());
        }
    }
    for index in 0..256u32 {
        npu.set_sum(index / 4, index % 4, (index as i32 - 128) * 313);
        npu.set_entry(index, ((index as f32 - 128.0) * 0.43 + 3.0).to_bits());
    }
    npu.set_entry(256, 0.7f32.to_bits());
    npu
}

/// Nearly the same parameters for double rounding, for one tile from row 0 on.
fn set_double_rounding(npu: &mut Rtl) {
    for n in 0..4 {
        npu.set_parameter(4 + n, 0x5500_0000);
    }
    npu.set_parameter(8, 0xf8f8_f9f7);
}

/// Cycles for an element of a map of 64 pixels with four channels, and of a row.
#[test]
fn cycles_of_an_element() {
    let mut npu = with_a_layer();
    let tell = |npu: &mut Rtl, name: &str, store: Descriptor, most: u32| {
        assert_eq!(npu.machine.job(&[store]), GOOD);
        let elements = (store[3] & 0xffff) * (store[3] >> 16);
        let cycles = npu.machine.read(STORE_BUSY) / elements;
        println!("{name}: {cycles} cycles an element");
        assert!(cycles < most, "{name}: {cycles} cycles an element");
    };
    let memory = [STORE | 16, OUT, 4, 64 | 4 << 16, 0, 1, 0x7f_8000, 0];
    let scratchpad = [memory[0] | 1 << 18, 64, 1, memory[3], 0, 1, memory[6], 0];
    let row = [memory[0], OUT, 0, 1 | 32 << 16, 1 << 16, 0, memory[6], 0];
    let residual = 64 | 128 << 16;
    let added = [scratchpad[0] | ADD, residual, 1, memory[3], 0, 1, memory[6], 0];
    let table = [memory[0] | TABLE, OUT, 4, memory[3], 0, 1, memory[6], 0];
    let sums = [memory[0] | 1 << 16, OUT, 16, memory[3], 0, 1, 0, 0];
    let copy = [memory[0] | 2 << 16, OUT, 4, memory[3], 0, 1, 0, 0];
    // 2 x 2 of 16 x 16 pixels.
    let map = 16 | 16 << 12 | 5 << 24;
    let pool = [copy[0] | POOL, OUT, 4, memory[3], 0, 16 | 2 << 16 | 2 << 19, map, 8];
    tell(&mut npu, "memory", memory, 210);
    tell(&mut npu, "scratchpad", scratchpad, 200);
    tell(&mut npu, "row", row, 500);
    tell(&mut npu, "table", table, 220);
    tell(&mut npu, "residual add", added, 600);
    tell(&mut npu, "sums", sums, 100);
    tell(&mut npu, "copy", copy, 50);
    tell(&mut npu, "pool", pool, 180);
    set_double_rounding(&mut npu);
    let doubly = [memory[0], OUT, 4, memory[3], 0, 1, memory[6] | DOUBLE_ROUNDING, 0];
    tell(&mut npu, "double rounding", doubly, 400);
}
