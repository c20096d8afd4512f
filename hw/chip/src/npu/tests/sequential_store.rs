//! STORE of the sequential NPU: memories are filled by hand, results compared with the reference and
//! with float32 arithmetic.

use systole_hdl::prelude::*;

use super::lists::{ADD, DOUBLE_ROUNDING, Lists, STORE, last};
use super::machine::{Descriptor, GOOD, Machine, Outcome};
use super::memory::{BASE, FAST, Timing};
use super::random::Random;
use super::reference::{Reference, residual_add};
use super::units::lane::Case;
use super::units::residual_lane;
use super::whole::compare;
use super::{sequential_config, stress};
use crate::config::NpuConfig;

const OUT: u32 = BASE + 0x8000;

/// The NPU with memories that a test can write.
struct Filled {
    config: NpuConfig,
    machine: Machine,
}

impl Filled {
    fn new(timing: Timing, seed: u64) -> Self {
        let config = sequential_config();
        let machine = Machine::new(&config, timing, seed);
        Self { config, machine }
    }

    fn poke(&mut self, path: &str, index: u32, word: u32) {
        let word = Bits::from_words(32, &[u64::from(word)]);
        self.machine.sim.poke_memory(path, u64::from(index), word);
    }

    fn set_sum(&mut self, row: u32, column: u32, sum: i32) {
        self.poke("sums.accumulators", 4 * row + column, sum as u32);
    }

    fn set_row(&mut self, row: u32, word: u32) {
        self.poke("inner_memory.words", row, word);
    }

    fn set_parameter(&mut self, row: u32, word: u32) {
        self.set_row(self.config.scratchpad_rows + row, word);
    }

    fn set_entry(&mut self, index: u32, word: u32) {
        self.set_row(self.config.scratchpad_rows + self.config.parameter_rows + index, word);
    }

    fn scratchpad_row(&self, row: u32) -> u32 {
        self.machine.sim.peek_memory("inner_memory.words", u64::from(row)).to_u64() as u32
    }

    /// Takes over all that the reference's memories hold.
    fn fill(&mut self, reference: &Reference) {
        for (row, data) in (0..).zip(&reference.scratchpad) {
            self.set_row(row, word(&data.iter().map(|&byte| byte as u8).collect::<Vec<u8>>()));
        }
        for (row, data) in (0..).zip(&reference.parameters) {
            self.set_parameter(row, word(data));
        }
        for (index, &entry) in (0..).zip(&reference.table) {
            self.set_entry(index, entry);
        }
        for (row, sums) in (0..).zip(&reference.accumulators) {
            for (column, &sum) in (0..).zip(sums) {
                self.set_sum(row, column, sum);
            }
        }
    }
}

fn word(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(bytes.try_into().expect("a row has four bytes"))
}

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
        let mut filled = Filled::new(timings[seed as usize % 2], seed);
        let config = filled.config.clone();
        let mut lists = Lists { config: &config, random: Random::new(seed * 31 + 7) };
        let mut reference = random_reference(&mut lists, &filled.machine.memory.bytes);
        filled.fill(&reference);
        let mut list: Vec<Descriptor> = (0..16).map(|_| lists.store()).collect();
        last(&mut list);
        filled.machine.put_list(BASE, &list);
        reference.memory.clone_from(&filled.machine.memory.bytes);
        reference.run(&list);
        let context = format!("seed {seed}: {list:x?}");
        assert_eq!(filled.machine.run(BASE), GOOD, "{context}");
        compare(&filled.machine, &reference, &context);
        for (row, data) in (0..).zip(&reference.scratchpad) {
            let data: Vec<u8> = data.iter().map(|&byte| byte as u8).collect();
            assert_eq!(filled.scratchpad_row(row), word(&data), "row {row}, {context}");
        }
    }
}

/// Requantises one element for each of the cases, which have their zero point and clamps of the
/// first, and checks the results. Each has its own parameters: a tile for four of them.
fn requantise(filled: &mut Filled, cases: &[Case]) {
    let doubly = cases[0].shift.is_some();
    let tile_rows = if doubly { 9 } else { 8 };
    let bounds = cases[0];
    for (tile, of_tile) in (0..).zip(cases.chunks(4)) {
        let mut shifts = [0; 4];
        for (n, case) in (0..).zip(of_tile) {
            filled.set_sum(tile, n, case.accumulator);
            filled.set_parameter(tile_rows * tile + n, case.bias as u32);
            filled.set_parameter(tile_rows * tile + 4 + n, case.multiplier);
            shifts[n as usize] = case.shift.unwrap_or(0) as u8;
        }
        if doubly {
            filled.set_parameter(tile_rows * tile + 8, u32::from_le_bytes(shifts));
        }
    }
    let mode = [bounds.zero_point, bounds.clamp_min, bounds.clamp_max, i8::from(doubly)];
    let mode = u32::from_le_bytes(mode.map(|byte| byte as u8));
    let columns = cases.len() as u32;
    let store = [STORE | 16, OUT, 0, 1 | columns << 16, 1 << 16, 0, mode, 0];
    assert_eq!(filled.machine.job(&[store]), GOOD);
    let results = &filled.machine.memory.bytes[(OUT - BASE) as usize..];
    for (case, &result) in cases.iter().zip(results) {
        let Case { zero_point, clamp_min, clamp_max, .. } = bounds;
        let case = Case { zero_point, clamp_min, clamp_max, ..*case };
        assert_eq!(result as i8, case.expected(), "{case:x?}");
    }
}

#[test]
fn requantiser_equals_float32_arithmetic() {
    let mut filled = Filled::new(FAST, 1);
    let mut random = Random::new(11);
    for _ in 0..300 * stress() {
        requantise(&mut filled, &[(); 32].map(|()| Case::random(&mut random)));
    }
}

#[test]
fn double_rounding_equals_the_formulas() {
    let mut filled = Filled::new(FAST, 1);
    let mut random = Random::new(12);
    assert_eq!(DOUBLE_ROUNDING, 1 << 24);
    for _ in 0..200 * stress() {
        requantise(&mut filled, &[(); 28].map(|()| Case::random_double(&mut random)));
    }
}

/// Every exponent of the multiplier with sums of every length, both signs.
#[test]
fn every_exponent_and_length() {
    let mut filled = Filled::new(FAST, 1);
    let mut random = Random::new(13);
    for exponent in 0..256 {
        let cases: Vec<Case> = (0..32)
            .map(|length| {
                let any = random.next() as u32;
                let magnitude = (any | 1 << 31).checked_shr(32 - length).unwrap_or(0) as i32;
                let fraction = random.pick(&[0, 1, 0x7f_ffff, any & 0x7f_ffff]);
                Case {
                    accumulator: if random.chance(50) { -magnitude } else { magnitude },
                    bias: 0,
                    multiplier: random.below(2) << 31 | exponent << 23 | fraction,
                    shift: None,
                    zero_point: 3,
                    clamp_min: -128,
                    clamp_max: 127,
                }
            })
            .collect();
        requantise(&mut filled, &cases);
    }
}

/// Residual adds of one scale: element i is the value of a case, and its addend entry i.
fn add(
    filled: &mut Filled,
    cases: &[residual_lane::Case],
    expected: impl Fn(residual_lane::Case) -> i8,
) {
    const RESIDUAL: u32 = 64;
    const TARGET: u32 = 128;
    for n in 0..4 {
        filled.set_parameter(n, 0);
        filled.set_parameter(4 + n, 1f32.to_bits());
    }
    filled.set_entry(256, cases[0].1);
    for (index, &(value, _, addend)) in (0..).zip(cases) {
        filled.set_sum(index / 4, index % 4, value.into());
        filled.set_entry(index, addend);
    }
    for row in 0..64 {
        // Element i is i - 128.
        let bytes = [0, 1, 2, 3].map(|n| (4 * row + n) as u8 ^ 0x80);
        filled.set_row(RESIDUAL + row, word(&bytes));
    }
    let rows = cases.len() as u32 / 4;
    let word_0 = STORE | 16 | 1 << 18 | ADD;
    let places = TARGET | RESIDUAL << 16;
    let store = [word_0, places, 1, rows | 4 << 16, 0, 1, 0x7f_8000, 0];
    assert_eq!(filled.machine.job(&[store]), GOOD);
    for (index, &case) in (0..).zip(cases) {
        let result = filled.scratchpad_row(TARGET + index / 4) >> (8 * (index % 4));
        let (value, scale, addend) = case;
        assert_eq!(result as i8, expected(case), "{value} * {scale:#x} + {addend:#x}");
    }
}

#[test]
fn residual_add_equals_the_fused_multiply_add() {
    let mut filled = Filled::new(FAST, 1);
    let mut random = Random::new(14);
    for job in 0..60 * stress() {
        let exponent = if job % 3 == 0 { random.range(1, 254) } else { random.range(112, 134) };
        let scale = residual_lane::float(&mut random, exponent as i32);
        let cases = residual_lane::cases(&mut random, scale, 256);
        add(&mut filled, &cases, |(value, scale, addend)| residual_add(value, scale, addend));
    }
}

/// Exponent 0 is zero, exponent 255 a binade above the normal ones.
#[test]
fn residual_add_of_what_is_not_normal() {
    let mut filled = Filled::new(FAST, 1);
    let words = [0, 0x7f_ffff, 0x8000_0001, 1f32.to_bits(), 0xbf80_0000, 0x7f80_0000, 0xffff_ffff];
    for scale in words {
        let cases: Vec<residual_lane::Case> = words
            .iter()
            .flat_map(|&addend| [-128, -3, 0, 127].map(|value| (value, scale, addend)))
            .collect();
        add(&mut filled, &cases, |(value, scale, addend)| {
            let sum =
                f64::from(value) * residual_lane::number(scale) + residual_lane::number(addend);
            sum.round_ties_even().clamp(-128.0, 127.0) as i8
        });
    }
}

/// A write that fails ends the job; what was written before is what the error-free job writes.
#[test]
fn a_failing_write_ends_the_job() {
    let store = [STORE | 16 | 1 << 16, OUT, 40, 3 | 6 << 16, 0, 1, 0, 0];
    let mut whole = Filled::new(FAST, 1);
    assert_eq!(whole.machine.job(&[store]), GOOD);
    let mut filled = Filled::new(FAST, 1);
    let bad = OUT + 40 + 8;
    filled.machine.memory.bad_writes.insert(bad);
    assert_eq!(filled.machine.job(&[store]), Outcome { cause: 9, index: 0, address: bad });
    // Row 0, and two sums of row 1.
    let written = &filled.machine.memory.written;
    assert_eq!(written.len(), 24);
    assert_eq!(written[..], whole.machine.memory.written[..24]);
}

/// Cycles for an element of a map of 64 pixels, when columns have their parameters.
#[test]
fn cycles_of_an_element() {
    let mut filled = Filled::new(FAST, 1);
    for n in 0..4 {
        filled.set_parameter(n, 1000 * n);
        filled.set_parameter(4 + n, (0.0013f32 * (n + 1) as f32).to_bits());
    }
    for index in 0..256u32 {
        filled.set_sum(index / 4, index % 4, (index as i32 - 128) * 313);
    }
    for index in 0..257 {
        filled.set_entry(index, (index as f32 * 0.43).to_bits());
    }
    let memory = [STORE | 16, OUT, 4, 64 | 4 << 16, 0, 1, 0x7f_8000, 0];
    let scratchpad = [STORE | 16 | 1 << 18, 64, 1, 64 | 4 << 16, 0, 1, 0x7f_8000, 0];
    let added = [scratchpad[0] | ADD, 64 | 128 << 16, 1, 64 | 4 << 16, 0, 1, 0x7f_8000, 0];
    let raw = [STORE | 16 | 1 << 16, OUT, 16, 64 | 4 << 16, 0, 1, 0, 0];
    let copy = [STORE | 16 | 2 << 16, OUT, 4, 64 | 4 << 16, 0, 1, 0, 0];
    let kinds = [
        ("memory", memory, 320),
        ("scratchpad", scratchpad, 320),
        ("add", added, 900),
        ("raw", raw, 120),
        ("copy", copy, 60),
    ];
    for (name, store, most) in kinds {
        assert_eq!(filled.machine.job(&[store]), GOOD);
        let cycles = filled.machine.read(0x24) / 256;
        println!("{name}: {cycles} cycles an element");
        assert!(cycles < most, "{name}: {cycles} cycles an element");
    }
}
