//! Both dividers against Rust's arithmetic.

use proptest::prelude::*;
use systole_hdl::prelude::{Interpreter, check};

use crate::core::divide::divide;

fn start(fast: bool) -> Interpreter {
    let module = divide(fast);
    let mut sim = Interpreter::new(&check(&module).unwrap_or_else(|errors| panic!("{errors}")));
    sim.reset();
    sim
}

const CORNERS: [u32; 12] = [
    0,
    1,
    2,
    3,
    10,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0x8000_0000,
    0x8000_0001,
    0xffff_fffe,
    u32::MAX,
];

/// Operands of every length.
fn operand() -> impl Strategy<Value = u32> {
    prop_oneof![
        prop::sample::select(CORNERS.to_vec()),
        (any::<u32>(), 0..32u32).prop_map(|(word, shift)| word >> shift),
        (any::<u32>(), 0..32u32).prop_map(|(word, shift)| (word as i32 >> shift) as u32),
    ]
}

/// DIV, DIVU, REM, REMU.
fn model(operation: u32, a: u32, b: u32) -> u32 {
    let (sa, sb) = (a as i32, b as i32);
    match (operation, b) {
        (0 | 1, 0) => u32::MAX,
        (_, 0) => a,
        (0, _) => sa.wrapping_div(sb) as u32,
        (1, _) => a / b,
        (2, _) => sa.wrapping_rem(sb) as u32,
        _ => a % b,
    }
}

/// Cycles that a divider should take from the request to `done`.
fn expected_cycles(fast: bool, operation: u32, a: u32, b: u32) -> u32 {
    let magnitude = |x: u32| match operation & 1 {
        0 => (x as i32).unsigned_abs(),
        _ => x,
    };
    match fast {
        false => 1 + 32,
        true if magnitude(a) < magnitude(b) => 1 + 1,
        true if b == 0 => 1 + 16,
        true => {
            let bytes_skipped = magnitude(a).leading_zeros() / 8;
            1 + bytes_skipped + 4 * (4 - bytes_skipped)
        }
    }
}

/// One division; the result, and the cycles from the request to `done`.
fn run(sim: &mut Interpreter, operation: u32, a: u32, b: u32) -> (u32, u32) {
    for (port, value) in [("operation", operation), ("a", a), ("b", b), ("request", 1)] {
        sim.set(port, u64::from(value));
    }
    let mut cycles = 0;
    while sim.get("done") == 0 {
        sim.step();
        cycles += 1;
        assert!(cycles < 40, "never done");
    }
    // The result stays until it is taken.
    sim.step();
    assert_eq!(sim.get("done"), 1);
    sim.set("take", 1);
    let result = sim.get("result") as u32;
    sim.step();
    sim.set("take", 0);
    sim.set("request", 0);
    (result, cycles)
}

/// Starts something else and cancels it under way: nothing of it may be left.
fn abort(sim: &mut Interpreter, a: u32, b: u32, after: u32) {
    sim.set("a", u64::from(a));
    sim.set("b", u64::from(b));
    sim.set("request", 1);
    (0..after).for_each(|_| sim.step());
    sim.set("cancel", 1);
    sim.step();
    sim.set("cancel", 0);
    sim.set("request", 0);
    assert_eq!(sim.get("done"), 0);
}

fn divides(sim: &mut Interpreter, fast: bool, operation: u32, a: u32, b: u32) {
    let (result, cycles) = run(sim, operation, a, b);
    let what = format!("fast: {fast}, operation {operation}, {a:#x}, {b:#x}");
    assert_eq!(result, model(operation, a, b), "{what}");
    assert_eq!(cycles, expected_cycles(fast, operation, a, b), "{what}");
}

#[test]
fn every_pair_of_corners_is_divided_as_rust_does() {
    for fast in [false, true] {
        let mut sim = start(fast);
        for operation in 0..4 {
            for a in CORNERS {
                for b in CORNERS {
                    divides(&mut sim, fast, operation, a, b);
                }
            }
        }
    }
}

/// The quotient and the remainder at both ends of what every pair of lengths allows.
#[test]
fn every_pair_of_lengths_is_divided_as_rust_does() {
    let mut sim = start(true);
    for dividend_length in 1..=32 {
        for divisor_length in 1..=32 {
            let ends = |length: u32| [1 << (length - 1), u32::MAX >> (32 - length)];
            for a in ends(dividend_length) {
                for b in ends(divisor_length) {
                    divides(&mut sim, true, 1, a, b);
                    divides(&mut sim, true, 2, a, b);
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn dividers_compute_what_rust_does(
        cases in prop::collection::vec((0..4u32, operand(), operand(), any::<bool>()), 1..12),
        after in 0..40u32,
    ) {
        for fast in [false, true] {
            let mut sim = start(fast);
            for &(operation, a, b, abort_before) in &cases {
                if abort_before {
                    abort(&mut sim, !a, b, after);
                }
                divides(&mut sim, fast, operation, a, b);
            }
        }
    }
}
