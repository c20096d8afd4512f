//! Many operations on chosen operands: where bits are counted, and where the corner values meet.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use systole_golden::Isa;
use systole_isa::{
    AtomicOp, ImmediateOp, Instruction, MemoryOrder, Register, RegisterOp, StoreOp, UnaryOp,
};

use super::instructions::{has, next_branch, register};

/// Operations that count bits, with the first or last set bit at any place, alone or beside others.
pub(super) fn counting() -> impl Strategy<Value = Vec<Instruction>> {
    let ops = select(&[UnaryOp::Clz, UnaryOp::Ctz, UnaryOp::Cpop][..]);
    let op = prop_oneof![6 => ops, 1 => select(UnaryOp::ALL)];
    let one = (0..6u8, 0..32i32, op, [register(), register(), register()]).prop_map(
        |(how, bit, op, [from, operand, rd])| {
            let operand = if operand == Register::ZERO { Register::new(10) } else { operand };
            let immediate = |op, rs1, imm| Instruction::Immediate { op, rd: operand, rs1, imm };
            let constant = |imm| immediate(ImmediateOp::Addi, Register::ZERO, imm);
            let mut code = match how {
                0 => vec![constant(1), immediate(ImmediateOp::Slli, operand, bit)],
                1 => vec![
                    immediate(ImmediateOp::Ori, from, 1),
                    immediate(ImmediateOp::Slli, operand, bit),
                ],
                2 => vec![
                    immediate(ImmediateOp::Ori, from, -1024),
                    immediate(ImmediateOp::Srli, operand, bit),
                ],
                3 => vec![constant(-2), immediate(ImmediateOp::Rori, operand, bit)],
                4 => vec![immediate(ImmediateOp::Slli, from, bit)],
                _ => vec![immediate(ImmediateOp::Srli, from, bit)],
            };
            code.push(Instruction::Unary { op, rd, rs1: operand });
            code
        },
    );
    vec(one, 2..7).prop_map(|all| all.concat())
}

/// 0, 1, -1 and the two ends of the signed numbers.
fn corner(rd: Register, which: u8) -> Vec<Instruction> {
    let constant =
        |imm| Instruction::Immediate { op: ImmediateOp::Addi, rd, rs1: Register::ZERO, imm };
    match which {
        0..=2 => vec![constant(i32::from(which) - 1)],
        3 => vec![Instruction::Lui { rd, imm: 1 << 31 }],
        _ => vec![
            constant(-1),
            Instruction::Immediate { op: ImmediateOp::Srli, rd, rs1: rd, imm: 1 },
        ],
    }
}

/// Registers with corner values: two of them, or one and what it was.
fn corners() -> impl Strategy<Value = (Vec<Instruction>, [Register; 3])> {
    let registers = [10..13u8, 13..16u8, 26..31u8].map(|range| range.prop_map(Register::new));
    (registers, [0..5u8, 0..5u8, 0..5u8]).prop_map(|(registers, values)| {
        let code = registers.iter().zip(values).flat_map(|(rd, value)| corner(*rd, value));
        (code.collect(), registers)
    })
}

/// Operations and branches on corner values.
pub(super) fn corner_operations(isa: Isa) -> impl Strategy<Value = Vec<Instruction>> {
    let of = |op: &&RegisterOp| has(&isa, op.extension());
    let ops: Vec<RegisterOp> = RegisterOp::ALL.iter().filter(of).copied().collect();
    let operation =
        (select(ops), 1..10u8, register(), register()).prop_map(|(op, rd, rs1, rs2)| {
            Instruction::Register { op, rd: Register::new(rd), rs1, rs2 }
        });
    let either = prop_oneof![5 => operation, 1 => next_branch()];
    let pairs = vec((either, 0..3usize, 0..3usize), 4..10);
    (corners(), pairs).prop_map(|((mut code, registers), pairs)| {
        code.extend(pairs.into_iter().map(|(mut instruction, first, second)| {
            if let Instruction::Register { rs1, rs2, .. } | Instruction::Branch { rs1, rs2, .. } =
                &mut instruction
            {
                (*rs1, *rs2) = (registers[first], registers[second]);
            }
            instruction
        }));
        code
    })
}

/// AMOs with corner values in memory and register.
pub(super) fn corner_amos() -> impl Strategy<Value = Vec<Instruction>> {
    let one = (select(&AtomicOp::ALL[2..]), 0..3usize, 0..3usize, 1..8u8);
    (corners(), vec(one, 2..5)).prop_map(|((mut code, registers), amos)| {
        for (op, stored, operand, rd) in amos {
            let (rs1, order) = (Register::ZERO, MemoryOrder::default());
            let (rs2, offset) = (registers[stored], 0);
            code.push(Instruction::Store { op: StoreOp::Sw, rs2, rs1, offset });
            let (rd, rs2) = (Register::new(rd), registers[operand]);
            code.push(Instruction::Atomic { op, rd, rs1, rs2, order });
        }
        code
    })
}
