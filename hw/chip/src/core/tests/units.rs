//! Units of the core against Rust's arithmetic.

use proptest::prelude::*;
use systole_hdl::prelude::{Interpreter, Module, check};

use crate::core::alu::alu;
use crate::core::divide::divide;
use crate::core::multiply::{multiply_iterative, multiply_pipelined};
use crate::core::register_file::register_file;

fn start(module: &Module) -> Interpreter {
    Interpreter::new(&check(module).unwrap_or_else(|errors| panic!("{errors}")))
}

/// Operands with the corner values often.
fn operand() -> impl Strategy<Value = u32> {
    prop_oneof![
        any::<u32>(),
        prop::sample::select(vec![0, 1, 2, u32::MAX, 0x7fff_ffff, 0x8000_0000, 0xffff_0000]),
        0..64u32,
    ]
}

fn alu_model(op: u32, a: u32, b: u32) -> u32 {
    match op {
        0b0000 => a.wrapping_add(b),
        0b1000 => a.wrapping_sub(b),
        0b0001 => a << (b & 31),
        0b0010 => u32::from((a as i32) < b as i32),
        0b0011 => u32::from(a < b),
        0b0100 => a ^ b,
        0b0101 => a >> (b & 31),
        0b1101 => (a as i32 >> (b & 31)) as u32,
        0b0110 => a | b,
        _ => a & b,
    }
}

fn multiply_model(operation: u32, a: u32, b: u32) -> u32 {
    let (sa, sb) = (i64::from(a as i32), i64::from(b as i32));
    match operation {
        0 => a.wrapping_mul(b),
        1 => ((sa * sb) >> 32) as u32,
        2 => ((sa * i64::from(b)) >> 32) as u32,
        _ => ((u64::from(a) * u64::from(b)) >> 32) as u32,
    }
}

fn divide_model(operation: u32, a: u32, b: u32) -> u32 {
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

/// Drives an iterative unit until it is done; returns the result.
fn iterate(sim: &mut Interpreter, operation: u32, a: u32, b: u32) -> u32 {
    for (port, value) in [("operation", operation), ("a", a), ("b", b), ("request", 1)] {
        sim.set(port, u64::from(value));
    }
    let mut cycles = 0;
    while sim.get("done") == 0 {
        sim.step();
        cycles += 1;
        assert!(cycles < 40, "never done");
    }
    sim.set("take", 1);
    let result = sim.get("result") as u32;
    sim.step();
    sim.set("take", 0);
    sim.set("request", 0);
    result
}

proptest! {
    #[test]
    fn alu_computes_what_rust_does(a in operand(), b in operand()) {
        let mut sim = start(&alu());
        for op in [0b0000, 0b1000, 0b0001, 0b0010, 0b0011, 0b0100, 0b0101, 0b1101, 0b0110, 0b0111] {
            sim.set("op", u64::from(op));
            sim.set("a", u64::from(a));
            sim.set("b", u64::from(b));
            prop_assert_eq!(sim.get("result") as u32, alu_model(op, a, b), "op {:04b}", op);
        }
    }

    #[test]
    fn pipelined_multiplier_gives_one_product_a_cycle(
        cases in prop::collection::vec((0..4u32, operand(), operand()), 1..20),
    ) {
        let mut sim = start(&multiply_pipelined());
        sim.set("start", 1);
        for (operation, a, b) in cases {
            sim.set("operation", u64::from(operation));
            sim.set("a", u64::from(a));
            sim.set("b", u64::from(b));
            sim.step();
            prop_assert_eq!(sim.get("result") as u32, multiply_model(operation, a, b));
        }
        // Without a start the result stays.
        let last = sim.get("result");
        sim.set("start", 0);
        sim.set("a", 12345);
        sim.step();
        prop_assert_eq!(sim.get("result"), last);
    }

    #[test]
    fn iterative_units_compute_what_rust_does(
        cases in prop::collection::vec((0..4u32, operand(), operand(), any::<bool>()), 1..8),
    ) {
        let mut multiplier = start(&multiply_iterative());
        let mut divider = start(&divide());
        for sim in [&mut multiplier, &mut divider] {
            sim.reset();
        }
        for (operation, a, b, abort_before) in cases {
            if abort_before {
                abort(&mut divider, a as u64, b as u64);
            }
            let product = iterate(&mut multiplier, operation, a, b);
            prop_assert_eq!(product, multiply_model(operation, a, b));
            let quotient = iterate(&mut divider, operation, a, b);
            prop_assert_eq!(quotient, divide_model(operation, a, b), "{} {:x} {:x}", operation, a, b);
        }
    }
}

/// Starts something else and cancels it under way: nothing of it may be left.
fn abort(sim: &mut Interpreter, a: u64, b: u64) {
    sim.set("a", !a & 0xffff_ffff);
    sim.set("b", b);
    sim.set("request", 1);
    for _ in 0..(a % 40) {
        sim.step();
    }
    sim.set("cancel", 1);
    sim.step();
    sim.set("cancel", 0);
    sim.set("request", 0);
    assert_eq!(sim.get("done"), 0);
}

#[test]
fn registers_hold_their_values_and_x0_is_zero() {
    let mut sim = start(&register_file());
    sim.set("rd_write", 1);
    for register in 0..32 {
        sim.set("rd", register);
        sim.set("rd_value", 0x1111 * (register + 1));
        sim.step();
    }
    sim.set("rd_write", 0);
    sim.set("rd", 5);
    sim.set("rd_value", 0);
    sim.step();
    for register in 0..32 {
        let value = if register == 0 { 0 } else { 0x1111 * (register + 1) };
        sim.set("rs1", register);
        sim.set("rs2", 31 - register);
        assert_eq!(sim.get("rs1_value"), value);
        assert_eq!(sim.get("rs2_value"), if register == 31 { 0 } else { 0x1111 * (32 - register) });
    }
}
