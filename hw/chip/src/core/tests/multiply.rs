//! Both multipliers against Rust's arithmetic.

use proptest::prelude::*;
use systole_hdl::prelude::{Interpreter, Module, check};

use crate::core::multiply::{multiply_iterative, multiply_pipelined};

fn start(module: &Module) -> Interpreter {
    Interpreter::new(&check(module).unwrap_or_else(|errors| panic!("{errors}")))
}

/// Numbers around which signs and pieces of 16 bits go wrong.
const CORNERS: [u32; 14] = [
    0,
    1,
    2,
    0x7fff,
    0x8000,
    0xffff,
    0x1_0000,
    0x7fff_0000,
    0x7fff_ffff,
    0x8000_0000,
    0x8000_0001,
    0xffff_0000,
    0xffff_8000,
    u32::MAX,
];

fn operand() -> impl Strategy<Value = u32> {
    prop_oneof![any::<u32>(), prop::sample::select(CORNERS.to_vec()), 0..64u32]
}

/// MUL, MULH, MULHSU, MULHU.
fn model(operation: u32, a: u32, b: u32) -> u32 {
    let (sa, sb) = (i64::from(a as i32), i64::from(b as i32));
    match operation {
        0 => a.wrapping_mul(b),
        1 => ((sa * sb) >> 32) as u32,
        2 => ((sa * i64::from(b)) >> 32) as u32,
        _ => ((u64::from(a) * u64::from(b)) >> 32) as u32,
    }
}

fn set_operands(sim: &mut Interpreter, operation: u32, a: u32, b: u32) {
    sim.set("operation", u64::from(operation));
    sim.set("a", u64::from(a));
    sim.set("b", u64::from(b));
}

#[test]
fn pipelined_multiplier_is_right_at_every_pair_of_corners() {
    let mut sim = start(&multiply_pipelined());
    sim.set("start", 1);
    for operation in 0..4 {
        for a in CORNERS {
            for b in CORNERS {
                set_operands(&mut sim, operation, a, b);
                sim.step();
                let result = sim.get("result") as u32;
                assert_eq!(result, model(operation, a, b), "{operation} {a:#x} {b:#x}");
            }
        }
    }
}

proptest! {
    #[test]
    fn pipelined_multiplier_gives_one_product_a_cycle(
        cases in prop::collection::vec((0..4u32, operand(), operand(), any::<bool>()), 1..40),
    ) {
        let mut sim = start(&multiply_pipelined());
        let mut held = None;
        for (operation, a, b, started) in cases {
            set_operands(&mut sim, operation, a, b);
            sim.set("start", u64::from(started));
            sim.step();
            // Without a start the result stays.
            held = if started { Some(model(operation, a, b)) } else { held };
            if let Some(held) = held {
                prop_assert_eq!(sim.get("result") as u32, held);
            }
        }
    }

    #[test]
    fn iterative_multiplier_computes_what_rust_does(
        cases in prop::collection::vec((0..4u32, operand(), operand(), 0..40u32), 1..8),
    ) {
        let mut sim = start(&multiply_iterative());
        sim.reset();
        for (operation, a, b, aborted_after) in cases {
            // Something else is cancelled under way: nothing of it may be left.
            set_operands(&mut sim, operation, !a, b);
            sim.set("request", 1);
            (0..aborted_after).for_each(|_| sim.step());
            sim.set("cancel", 1);
            sim.step();
            sim.set("cancel", 0);

            set_operands(&mut sim, operation, a, b);
            for _ in 0..=32 {
                prop_assert_eq!(sim.get("done"), 0);
                sim.step();
            }
            prop_assert_eq!(sim.get("done"), 1);
            prop_assert_eq!(sim.get("result") as u32, model(operation, a, b));
            sim.set("take", 1);
            sim.step();
            sim.set("take", 0);
            sim.set("request", 0);
            prop_assert_eq!(sim.get("done"), 0);
        }
    }
}
