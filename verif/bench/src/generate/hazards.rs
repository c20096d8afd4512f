//! Instructions of all kinds on very few registers, so that nearly every one needs what those right
//! before it make.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use systole_golden::Isa;
use systole_isa::{
    AtomicOp, Csr, CsrOp, CsrSource, Extension, ImmediateOp, Instruction, LoadOp, MemoryOrder,
    Register, RegisterOp, StoreOp,
};

use super::blocks::data_address;
use super::instructions::{branch, has};
use crate::program::{Block, Privilege};

/// The registers; two differ by one bit.
const FEW: [u8; 3] = [10, 11, 26];

fn few() -> impl Strategy<Value = Register> {
    select(&FEW[..]).prop_map(Register::new)
}

/// Accesses of a few words and all that can come between.
pub(super) fn tight(isa: Isa) -> BoxedStrategy<Block> {
    let base = (8..10u8).prop_map(Register::new);
    let address = data_address().prop_map(|address| address & !3);
    (base, address, vec(one(isa), 5..14))
        .prop_map(|(base, address, accesses)| {
            let (distance, privilege) = (0, Privilege::Own);
            Block::Access { base, address, accesses, distance, privilege }
        })
        .boxed()
}

fn one(isa: Isa) -> BoxedStrategy<Instruction> {
    let only = |condition: bool, weight: u32| if condition { weight } else { 0 };
    let choices = vec![
        (8, operation(isa, |_| true)),
        (3, immediate()),
        (only(isa.m, 3), operation(isa, |op| op.extension() == Extension::M)),
        (6, access()),
        (only(isa.a, 2), atomic()),
        (2, next()),
        (1, read()),
    ];
    let choices = choices.into_iter().filter(|(weight, _)| *weight > 0).collect();
    proptest::strategy::Union::new_weighted(choices).boxed()
}

fn operation(isa: Isa, wanted: fn(&RegisterOp) -> bool) -> BoxedStrategy<Instruction> {
    let of = |op: &RegisterOp| has(&isa, op.extension()) && wanted(op);
    // Without M there is nothing to choose its operations from.
    let ops: Vec<RegisterOp> = RegisterOp::ALL.iter().copied().filter(of).collect();
    let ops = if ops.is_empty() { vec![RegisterOp::Add] } else { ops };
    (select(ops), few(), few(), few())
        .prop_map(|(op, rd, rs1, rs2)| Instruction::Register { op, rd, rs1, rs2 })
        .boxed()
}

fn immediate() -> BoxedStrategy<Instruction> {
    let ops = [ImmediateOp::Addi, ImmediateOp::Xori, ImmediateOp::Slti, ImmediateOp::Andi];
    let one = (select(ops.to_vec()), few(), few(), -32..32i32)
        .prop_map(|(op, rd, rs1, imm)| Instruction::Immediate { op, rd, rs1, imm });
    let upper = (few(), any::<bool>(), any::<u32>()).prop_map(|(rd, pc, imm)| {
        let imm = imm & 0xffff_f000;
        if pc { Instruction::Auipc { rd, imm } } else { Instruction::Lui { rd, imm } }
    });
    prop_oneof![3 => one, 1 => upper].boxed()
}

/// A few words; one load or store in twelve is misaligned.
fn access() -> BoxedStrategy<Instruction> {
    let place = |bytes: u32, word: i32, byte: i32, aligned: bool| {
        4 * word + if aligned { byte & -(bytes as i32) } else { byte }
    };
    let offset = || (-2..3i32, 0..4i32, prop::bool::weighted(0.85));
    let rs1 = Register::ZERO;
    let load =
        (select(LoadOp::ALL), few(), offset()).prop_map(move |(op, rd, (word, byte, aligned))| {
            let offset = place(op.bytes(), word, byte, aligned);
            Instruction::Load { op, rd, rs1, offset }
        });
    let store = (select(StoreOp::ALL), few(), offset()).prop_map(
        move |(op, rs2, (word, byte, aligned))| {
            let offset = place(op.bytes(), word, byte, aligned);
            Instruction::Store { op, rs2, rs1, offset }
        },
    );
    prop_oneof![2 => load, 1 => store].boxed()
}

fn atomic() -> BoxedStrategy<Instruction> {
    let (rs1, order) = (Register::ZERO, MemoryOrder::default());
    (select(AtomicOp::ALL), few(), few())
        .prop_map(move |(op, rd, rs2)| Instruction::Atomic { op, rd, rs1, rs2, order })
        .boxed()
}

/// A jump or branch to the next instruction.
fn next() -> BoxedStrategy<Instruction> {
    let jump = few().prop_map(|rd| Instruction::Jal { rd, offset: 4 });
    let branch = (branch(), few(), few()).prop_map(|((op, ..), rs1, rs2)| Instruction::Branch {
        op,
        rs1,
        rs2,
        offset: 4,
    });
    prop_oneof![1 => jump, 2 => branch].boxed()
}

fn read() -> BoxedStrategy<Instruction> {
    let csrs = [Csr::MSCRATCH, Csr::MCAUSE, Csr::MINSTRET];
    (few(), few(), select(csrs.to_vec()), any::<bool>())
        .prop_map(|(rd, rs1, csr, write)| {
            let write = write && csr == Csr::MSCRATCH;
            let rs1 = if write { rs1 } else { Register::ZERO };
            let source = CsrSource::Register(rs1);
            Instruction::Csr { op: CsrOp::Set, rd, csr, source }
        })
        .boxed()
}
