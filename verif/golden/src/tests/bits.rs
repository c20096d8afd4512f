//! Zba, Zbb and Zbs against definitions bit by bit.

use super::asm::{i, r};
use super::full_with_operands;
use proptest::prelude::*;

const CORNERS: [u32; 9] = [0, 1, 31, 32, 0x80, 0x8000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

fn operand() -> impl Strategy<Value = u32> {
    prop_oneof![proptest::sample::select(&CORNERS[..]), any::<u32>(), 0u32..256]
}

/// A word from its bits.
fn from_bits(bit: impl Fn(u32) -> bool) -> u32 {
    (0..32).filter(|&n| bit(n)).map(|n| 1 << n).sum()
}

/// Register-register instructions: funct7, funct3, and what they compute.
type Register = (u32, u32, fn(u32, u32) -> u32);

const REGISTER: [Register; 16] = [
    (0x10, 2, |a, b| (u64::from(a) * 2 + u64::from(b)) as u32),
    (0x10, 4, |a, b| (u64::from(a) * 4 + u64::from(b)) as u32),
    (0x10, 6, |a, b| (u64::from(a) * 8 + u64::from(b)) as u32),
    (0x20, 7, |a, b| from_bits(|n| a >> n & 1 == 1 && b >> n & 1 == 0)),
    (0x20, 6, |a, b| from_bits(|n| a >> n & 1 == 1 || b >> n & 1 == 0)),
    (0x20, 4, |a, b| from_bits(|n| a >> n & 1 == b >> n & 1)),
    (0x05, 4, |a, b| if i64::from(a as i32) < i64::from(b as i32) { a } else { b }),
    (0x05, 5, |a, b| if a < b { a } else { b }),
    (0x05, 6, |a, b| if i64::from(a as i32) > i64::from(b as i32) { a } else { b }),
    (0x05, 7, |a, b| if a > b { a } else { b }),
    (0x30, 1, |a, b| from_bits(|n| a >> ((n + 32 - b % 32) % 32) & 1 == 1)),
    (0x30, 5, |a, b| from_bits(|n| a >> ((n + b % 32) % 32) & 1 == 1)),
    (0x24, 1, |a, b| from_bits(|n| n != b % 32 && a >> n & 1 == 1)),
    (0x24, 5, |a, b| a >> (b % 32) & 1),
    (0x34, 1, |a, b| from_bits(|n| (a >> n & 1 == 1) != (n == b % 32))),
    (0x14, 1, |a, b| from_bits(|n| a >> n & 1 == 1 || n == b % 32)),
];

/// Unary instructions: bits 31:20, funct3, and what they compute.
type Unary = (i32, u32, fn(u32) -> u32);

const UNARY: [Unary; 7] = [
    (0x600, 1, |a| (0..32).take_while(|n| a >> (31 - n) & 1 == 0).count() as u32),
    (0x601, 1, |a| (0..32).take_while(|n| a >> n & 1 == 0).count() as u32),
    (0x602, 1, |a| (0..32).filter(|n| a >> n & 1 == 1).count() as u32),
    (0x604, 1, |a| from_bits(|n| a >> n.min(7) & 1 == 1)),
    (0x605, 1, |a| from_bits(|n| a >> n.min(15) & 1 == 1)),
    (0x287, 5, |a| from_bits(|n| a >> (n / 8 * 8) & 0xff != 0)),
    (0x698, 5, |a| from_bits(|n| a >> (24 - n / 8 * 8 + n % 8) & 1 == 1)),
];

fn check(instruction: u32, a: u32, b: u32, want: u32) {
    let retire = full_with_operands(a, b, instruction);
    let got = (retire.trap, retire.rd_addr, retire.rd_wdata);
    assert_eq!(got, (false, 3, want), "{instruction:#010x} of {a:#x}, {b:#x}");
}

#[test]
fn all_on_corners() {
    for a in CORNERS {
        for b in CORNERS {
            for (funct7, funct3, define) in REGISTER {
                check(r(0x33, funct3, funct7, 3, 1, 2), a, b, define(a, b));
            }
        }
        for (imm, funct3, define) in UNARY {
            check(i(0x13, funct3, 3, 1, imm), a, 0, define(a));
        }
        // zext.h is in OP.
        check(r(0x33, 4, 0x04, 3, 1, 0), a, 0, a % 0x1_0000);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3000) })]

    #[test]
    fn two_registers((funct7, funct3, define) in proptest::sample::select(&REGISTER[..]), a in operand(), b in operand()) {
        check(r(0x33, funct3, funct7, 3, 1, 2), a, b, define(a, b));
    }

    /// `rori`, `bclri`, `bexti`, `binvi`, `bseti`: as by a register that holds the amount.
    #[test]
    fn immediates(index in proptest::sample::select(&[11usize, 12, 13, 14, 15][..]), a in operand(), amount in 0u32..32) {
        let (funct7, funct3, define) = REGISTER[index];
        check(r(0x13, funct3, funct7, 3, 1, amount), a, 0, define(a, amount));
    }

    #[test]
    fn one_register((imm, funct3, define) in proptest::sample::select(&UNARY[..]), a in operand()) {
        check(i(0x13, funct3, 3, 1, imm), a, 0, define(a));
    }
}
