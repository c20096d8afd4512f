//! Every computing instruction against plain arithmetic on wide integers.

use super::asm::{self, auipc, b, i, jal, jalr, lui, r};
use super::{HANDLER, RAM_BASE, machine, nth, step, with_operands};
use proptest::prelude::*;

const CORNERS: [u32; 10] =
    [0, 1, 2, 31, 32, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xffff_fffe, 0xffff_ffff];

fn operand() -> impl Strategy<Value = u32> {
    prop_oneof![proptest::sample::select(&CORNERS[..]), any::<u32>()]
}

/// What the manual says, in arithmetic that cannot overflow.
fn expected(funct7: u32, funct3: u32, a: u32, b: u32) -> u32 {
    let (ua, ub) = (i128::from(a), i128::from(b));
    let (sa, sb) = (i128::from(a as i32), i128::from(b as i32));
    let shift = 1i128 << (b % 32);
    let value = match (funct7, funct3) {
        (0x00, 0) => ua + ub,
        (0x20, 0) => ua - ub,
        (0x00, 1) => ua * shift,
        (0x00, 2) => i128::from(sa < sb),
        (0x00, 3) => i128::from(ua < ub),
        (0x00, 4) => (ua | ub) - (ua & ub),
        (0x00, 5) => ua.div_euclid(shift),
        (0x20, 5) => sa.div_euclid(shift),
        (0x00, 6) => ua | ub,
        (0x00, 7) => ua & ub,
        (0x01, 0) => sa * sb,
        (0x01, 1) => (sa * sb).div_euclid(1 << 32),
        (0x01, 2) => (sa * ub).div_euclid(1 << 32),
        (0x01, 3) => (ua * ub).div_euclid(1 << 32),
        (0x01, 4) if b == 0 => -1,
        (0x01, 4) => sa / sb,
        (0x01, 5) if b == 0 => -1,
        (0x01, 5) => ua / ub,
        (0x01, 6) if b == 0 => sa,
        (0x01, 6) => sa % sb,
        (0x01, 7) if b == 0 => ua,
        (0x01, 7) => ua % ub,
        _ => unreachable!("not an instruction"),
    };
    value.rem_euclid(1 << 32) as u32
}

const REGISTER_OPS: [(u32, u32); 18] = [
    (0x00, 0),
    (0x20, 0),
    (0x00, 1),
    (0x00, 2),
    (0x00, 3),
    (0x00, 4),
    (0x00, 5),
    (0x20, 5),
    (0x00, 6),
    (0x00, 7),
    (0x01, 0),
    (0x01, 1),
    (0x01, 2),
    (0x01, 3),
    (0x01, 4),
    (0x01, 5),
    (0x01, 6),
    (0x01, 7),
];

fn check_register_op((funct7, funct3): (u32, u32), x1: u32, x2: u32) {
    let retire = with_operands(x1, x2, r(0x33, funct3, funct7, 3, 1, 2));
    let want = expected(funct7, funct3, x1, x2);
    assert_eq!(
        (retire.trap, retire.rd_addr, retire.rd_wdata),
        (false, 3, want),
        "funct7 {funct7:#x} funct3 {funct3} of {x1:#x}, {x2:#x}"
    );
}

#[test]
fn register_operations_on_all_pairs_of_corners() {
    for op in REGISTER_OPS {
        for x1 in CORNERS {
            for x2 in CORNERS {
                check_register_op(op, x1, x2);
            }
        }
    }
}

/// Manual 13.2: the results that do not trap.
#[test]
fn division_by_zero_and_overflow() {
    let value = |funct3, x1, x2| with_operands(x1, x2, r(0x33, funct3, 1, 3, 1, 2)).rd_wdata;
    assert_eq!(value(4, 7, 0), 0xffff_ffff);
    assert_eq!(value(5, 7, 0), 0xffff_ffff);
    assert_eq!(value(6, 7, 0), 7);
    assert_eq!(value(7, 7, 0), 7);
    assert_eq!(value(4, 0x8000_0000, 0xffff_ffff), 0x8000_0000);
    assert_eq!(value(6, 0x8000_0000, 0xffff_ffff), 0);
    assert_eq!(value(4, -7i32 as u32, 2), -3i32 as u32);
    assert_eq!(value(6, -7i32 as u32, 2), -1i32 as u32);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn register_operations(op in proptest::sample::select(&REGISTER_OPS[..]), x1 in operand(), x2 in operand()) {
        check_register_op(op, x1, x2);
    }

    /// An immediate operation is the register operation on the extended immediate.
    #[test]
    fn immediate_operations(funct3 in proptest::sample::select(&[0u32, 2, 3, 4, 6, 7][..]), x1 in operand(), imm in -2048i32..2048) {
        let retire = with_operands(x1, 0, i(0x13, funct3, 3, 1, imm));
        prop_assert_eq!(retire.rd_wdata, expected(0, funct3, x1, imm as u32));
    }

    #[test]
    fn immediate_shifts((funct7, funct3) in proptest::sample::select(&[(0u32, 1u32), (0, 5), (0x20, 5)][..]), x1 in operand(), amount in 0u32..32) {
        let retire = with_operands(x1, 0, r(0x13, funct3, funct7, 3, 1, amount));
        prop_assert_eq!(retire.rd_wdata, expected(funct7, funct3, x1, amount));
    }

    #[test]
    fn branches(funct3 in proptest::sample::select(&[0u32, 1, 4, 5, 6, 7][..]), x1 in operand(), x2 in operand(), same: bool, offset in -1024i32..1024) {
        let x2 = if same { x1 } else { x2 };
        let (sa, sb) = (i64::from(x1 as i32), i64::from(x2 as i32));
        let taken = match funct3 {
            0 => x1 == x2,
            1 => x1 != x2,
            4 => sa - sb < 0,
            5 => sa - sb >= 0,
            6 => i64::from(x1) - i64::from(x2) < 0,
            _ => i64::from(x1) - i64::from(x2) >= 0,
        };
        let retire = with_operands(x1, x2, b(funct3, 1, 2, 4 * offset));
        let want = if taken { retire.pc.wrapping_add((4 * offset) as u32) } else { retire.pc + 4 };
        prop_assert_eq!((retire.next_pc, retire.rd_addr, retire.trap), (want, 0, false));
    }
}

#[test]
fn upper_immediates() {
    let mut m = machine(&[lui(1, 0xdead_b000), auipc(2, 0xffff_f000)]);
    assert_eq!(step(&mut m).rd_wdata, 0xdead_b000);
    assert_eq!(step(&mut m).rd_wdata, RAM_BASE + 4 - 0x1000);
}

#[test]
fn jumps_link_and_jalr_clears_bit_0() {
    let mut m = machine(&[jal(1, 0x100)]);
    let retire = step(&mut m);
    assert_eq!((retire.rd_addr, retire.rd_wdata), (1, RAM_BASE + 4));
    assert_eq!(retire.next_pc, RAM_BASE + 0x100);
    // An odd target, and rd == rs1.
    let retire = with_operands(HANDLER + 8, 0, jalr(1, 1, -7));
    assert_eq!((retire.next_pc, retire.rd_wdata), (HANDLER, RAM_BASE + 20));
}

#[test]
fn register_zero_is_never_written() {
    let writers = [
        lui(0, 0xdead_b000),
        auipc(0, 0x1000),
        asm::addi(0, 1, 5),
        asm::add(0, 1, 1),
        r(0x33, 4, 1, 0, 1, 2),
        asm::lw(0, 1, 0),
        asm::csrr(0, 0x301),
        jal(0, 8),
        jalr(0, 1, 0),
    ];
    for writer in writers {
        let mut m = machine(&[&asm::li(1, HANDLER)[..], &[writer]].concat());
        let retire = nth(&mut m, 3);
        assert_eq!((retire.rd_addr, retire.rd_wdata, retire.trap), (0, 0, false), "{writer:#x}");
        assert_eq!(m.registers()[0], 0);
    }
}

#[test]
fn fences_and_wfi_do_nothing() {
    for word in [0x0ff0_000f, 0xf123_8f8f, asm::FENCE_I, 0xfff8_9f8f, asm::WFI] {
        let retire = with_operands(1, 2, word);
        assert_eq!((retire.trap, retire.rd_addr, retire.next_pc), (false, 0, RAM_BASE + 20));
    }
}
