//! Units of the core against Rust's arithmetic.

use proptest::prelude::*;
use systole_hdl::prelude::{Interpreter, Module, check};

use super::assembler::{i, op};
use super::machine::full;
use crate::config::CoreConfig;
use crate::core::alu::alu;
use crate::core::bitmanip::bitmanip;
use crate::core::branch::branch;
use crate::core::compact::registers;
use crate::core::count::count;
use crate::core::decode::decode;

pub fn start(module: &Module) -> Interpreter {
    Interpreter::new(&check(module).unwrap_or_else(|errors| panic!("{errors}")))
}

/// Operands with the corner values often.
pub fn operand() -> impl Strategy<Value = u32> {
    prop_oneof![
        any::<u32>(),
        prop::sample::select(vec![0, 1, 2, u32::MAX, 0x7fff_ffff, 0x8000_0000, 0xffff_0000]),
        0..64u32,
        (0..32u32).prop_map(|bit| 1 << bit),
    ]
}

/// OP and OP-IMM as the manual defines them; `b` is rs2 or the immediate.
type Model = fn(u32, u32) -> u32;

/// Register instructions: `funct7`, `funct3`, meaning.
const REGISTER: [(u32, u32, Model); 29] = [
    (0x00, 0, u32::wrapping_add),
    (0x20, 0, u32::wrapping_sub),
    (0x00, 1, |a, b| a << (b & 31)),
    (0x00, 2, |a, b| u32::from((a as i32) < b as i32)),
    (0x00, 3, |a, b| u32::from(a < b)),
    (0x00, 4, |a, b| a ^ b),
    (0x00, 5, |a, b| a >> (b & 31)),
    (0x20, 5, |a, b| (a as i32 >> (b & 31)) as u32),
    (0x00, 6, |a, b| a | b),
    (0x00, 7, |a, b| a & b),
    (0x10, 2, |a, b| (a << 1).wrapping_add(b)),
    (0x10, 4, |a, b| (a << 2).wrapping_add(b)),
    (0x10, 6, |a, b| (a << 3).wrapping_add(b)),
    (0x20, 4, |a, b| !(a ^ b)),
    (0x20, 6, |a, b| a | !b),
    (0x20, 7, |a, b| a & !b),
    (0x05, 4, |a, b| (a as i32).min(b as i32) as u32),
    (0x05, 5, u32::min),
    (0x05, 6, |a, b| (a as i32).max(b as i32) as u32),
    (0x05, 7, u32::max),
    (0x30, 1, |a, b| a.rotate_left(b & 31)),
    (0x30, 5, |a, b| a.rotate_right(b & 31)),
    (0x14, 1, |a, b| a | 1 << (b & 31)),
    (0x24, 1, |a, b| a & !(1 << (b & 31))),
    (0x34, 1, |a, b| a ^ 1 << (b & 31)),
    (0x24, 5, |a, b| a >> (b & 31) & 1),
    (0x04, 4, |a, _| a & 0xffff), // ZEXT.H, with rs2 = x0.
    (0x00, 1, |a, b| a.wrapping_shl(b)),
    (0x00, 5, |a, b| a.wrapping_shr(b)),
];

/// Instructions with one operand: `instruction[31:20]`, `funct3`, meaning.
type Unary = fn(u32) -> u32;
const UNARY: [(u32, u32, Unary); 7] = [
    (0x600, 1, u32::leading_zeros),
    (0x601, 1, u32::trailing_zeros),
    (0x602, 1, u32::count_ones),
    (0x604, 1, |a| a as i8 as u32),
    (0x605, 1, |a| a as i16 as u32),
    (0x287, 5, |a| {
        let byte = |i: u32| if a >> (8 * i) & 0xff != 0 { 0xff << (8 * i) } else { 0 };
        byte(0) | byte(1) | byte(2) | byte(3)
    }),
    (0x698, 5, u32::swap_bytes),
];

/// Decoder, ALU and bit manipulation unit, wired up by hand.
struct Arithmetic {
    decode: Interpreter,
    alu: Interpreter,
    bits: Option<Interpreter>,
    count: Option<Interpreter>,
    config: CoreConfig,
}

impl Arithmetic {
    fn new(config: CoreConfig) -> Self {
        let mut decode = start(&decode(&config));
        decode.set("csr_legal", 0);
        if config.user_mode {
            decode.set("user", 0);
            decode.set("wait_illegal", 0);
        }
        let unit = config.zbb || config.zbs;
        let bits = unit.then(|| start(&bitmanip(&config, false)));
        let count = config.zbb.then(|| start(&count()));
        Self { decode, alu: start(&alu(&config, false)), bits, count, config }
    }

    /// The result of `word` with these operands, or none when it is illegal.
    fn run(&mut self, word: u32, a: u32, b: u32) -> Option<u32> {
        self.decode.set("instruction", u64::from(word));
        if self.decode.get("illegal") == 1 {
            return None;
        }
        self.alu.set("a", u64::from(a));
        self.alu.set("b", u64::from(b));
        let mut controls = vec![
            ("invert_b", "alu_invert_b"),
            ("select_sum", "alu_sum"),
            ("select_less", "alu_less"),
            ("compare_unsigned", "alu_unsigned"),
            ("logic_function", "alu_logic"),
            ("select_shift", "alu_shift"),
            ("shift_left", "alu_shift_left"),
            ("shift_sign", "alu_shift_sign"),
        ];
        if self.config.zba {
            controls.extend([("select_scaled", "alu_scaled"), ("scale", "alu_scale")]);
        }
        if self.config.zbb {
            controls.push(("rotate", "alu_rotate"));
        }
        if self.config.zbs {
            controls.push(("extract", "alu_extract"));
        }
        for (port, field) in controls {
            let value = self.decode.get(field);
            self.alu.set(port, value);
        }
        let mut result = self.alu.get("result");
        if let Some(unit) = &mut self.bits {
            for (port, value) in [("op", self.decode.get("bit_op")), ("a", a.into())] {
                unit.set(port, value);
            }
            unit.set("b", u64::from(b));
            if self.config.zbb {
                unit.set("is_less", self.alu.get("is_less"));
            }
            result |= unit.get("result");
            if self.config.zbb {
                result |= unit.get("extreme");
            }
        }
        if let Some(unit) = &mut self.count
            && self.decode.get("bit_op") & 7 != 0
        {
            unit.set("op", self.decode.get("bit_op") & 7);
            unit.set("a", a.into());
            unit.set("start", 1);
            unit.step();
            unit.set("start", 0);
            unit.set("a", (!a).into());
            unit.step();
            result |= unit.get("result");
        }
        Some(result as u32)
    }
}

/// Each extension by itself, none and all.
fn configurations() -> Vec<CoreConfig> {
    let none = CoreConfig { zba: false, zbb: false, zbs: false, ..full() };
    vec![
        full(),
        none.clone(),
        CoreConfig { zba: true, ..none.clone() },
        CoreConfig { zbb: true, ..none.clone() },
        CoreConfig { zbs: true, ..none },
    ]
}

proptest! {
    #[test]
    fn arithmetic_computes_what_the_manual_says(a in operand(), b in operand()) {
        for config in configurations() {
            let mut unit = Arithmetic::new(config);
            let mut found = 0;
            for (funct7, funct3, model) in REGISTER {
                let rs2 = if funct7 == 0x04 { 0 } else { 3 };
                if let Some(result) = unit.run(op(funct7, funct3, 1, 2, rs2), a, b) {
                    prop_assert_eq!(result, model(a, b), "{:#x} {}: {:x} {:x}", funct7, funct3, a, b);
                    found += 1;
                }
            }
            for (funct12, funct3, model) in UNARY {
                if let Some(result) = unit.run(i(funct12 as i32, 2, funct3, 1, 0x13), a, funct12) {
                    prop_assert_eq!(result, model(a), "{:#x}: {:x}", funct12, a);
                    found += 1;
                }
            }
            prop_assert!(found >= 12);
        }
    }

    #[test]
    fn branches_compare_what_rust_does(a in operand(), b in operand(), same in any::<bool>()) {
        let b = if same { a } else { b };
        let mut sim = start(&branch());
        sim.set("rs1_value", u64::from(a));
        sim.set("rs2_value", u64::from(b));
        let (sa, sb) = (a as i32, b as i32);
        let expected = [a == b, a != b, false, false, sa < sb, sa >= sb, a < b, a >= b];
        for funct3 in [0, 1, 4, 5, 6, 7] {
            sim.set("funct3", funct3);
            prop_assert_eq!(sim.get("taken") == 1, expected[funct3 as usize], "{}", funct3);
        }
    }
}

#[test]
fn registers_give_what_they_held_at_the_edge() {
    let value = |register: u64| 0x1111 * (register + 1);
    let mut sim = start(&registers());
    sim.set("rd_write", 1);
    for register in 1..32 {
        sim.set("rd", register);
        sim.set("rd_value", value(register));
        sim.step();
    }
    sim.set("rd_write", 0);
    for register in 1..32 {
        sim.set("rs1", register);
        sim.set("rs2", 32 - register);
        sim.step();
        assert_eq!(sim.get("rs1_value"), value(register));
        assert_eq!(sim.get("rs2_value"), value(32 - register));
    }
    // Read and written at the same edge: the old value, then the new one.
    sim.set("rd_write", 1);
    sim.set("rd", 7);
    sim.set("rd_value", 5);
    sim.set("rs1", 7);
    sim.step();
    assert_eq!(sim.get("rs1_value"), value(7));
    sim.step();
    assert_eq!(sim.get("rs1_value"), 5);
}
