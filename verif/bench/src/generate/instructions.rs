//! Registers, values and single instructions.

use proptest::prelude::*;
use proptest::sample::select;
use systole_isa::{
    BranchOp, Csr, CsrOp, CsrSource, ImmediateOp, Instruction, LoadOp, Register, RegisterOp,
    StoreOp,
};

/// Mostly a few registers, so that results meet their readers soon.
pub(super) fn register() -> impl Strategy<Value = Register> {
    prop_oneof![6 => 10..15u8, 3 => 1..32u8, 1 => Just(0u8)].prop_map(Register::new)
}

/// Register contents, corner cases in one of three.
pub(super) fn value() -> impl Strategy<Value = u32> {
    prop_oneof![
        2 => any::<u32>(),
        1 => (-16..16i32).prop_map(|v| v as u32),
        1 => select(&[0u32, 1, u32::MAX, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xffff, 0x8000][..]),
        1 => (0..32u32).prop_map(|bit| 1 << bit),
    ]
}

fn immediate() -> impl Strategy<Value = i32> {
    prop_oneof![2 => -2048..2048i32, 2 => -8..8i32, 1 => select(&[-2048, 2047, -1, 0, 1][..])]
}

/// Register-register and register-immediate operations.
pub(super) fn arithmetic() -> impl Strategy<Value = Instruction> {
    let register_op = (select(RegisterOp::ALL), register(), register(), register())
        .prop_map(|(op, rd, rs1, rs2)| Instruction::Register { op, rd, rs1, rs2 });
    let immediate_op = (select(ImmediateOp::ALL), register(), register(), immediate()).prop_map(
        |(op, rd, rs1, imm)| {
            let imm = if op.is_shift() { imm & 31 } else { imm };
            Instruction::Immediate { op, rd, rs1, imm }
        },
    );
    let upper = (any::<bool>(), register(), any::<u32>()).prop_map(|(pc, rd, imm)| {
        let imm = imm & 0xffff_f000;
        if pc { Instruction::Auipc { rd, imm } } else { Instruction::Lui { rd, imm } }
    });
    prop_oneof![6 => register_op, 5 => immediate_op, 1 => upper]
}

/// CSRs that any value may be written to at any time without derailing the program.
const WRITABLE: &[Csr] = &[
    Csr::MSCRATCH,
    Csr::MEPC,
    Csr::MCAUSE,
    Csr::MTVAL,
    Csr::MIE,
    Csr::MSTATUS,
    Csr::MSTATUSH,
    Csr::MISA,
    Csr::MIP,
    Csr::MINSTRET,
    Csr::MINSTRETH,
    Csr::MCOUNTINHIBIT,
];

/// CSR accesses: all of the hart's registers, read-only ones and numbers that do not exist.
pub(super) fn csr() -> impl Strategy<Value = Instruction> {
    let source = prop_oneof![
        register().prop_map(CsrSource::Register),
        (0..32u8).prop_map(CsrSource::Immediate),
    ];
    let access = |csr: BoxedStrategy<Csr>, source: BoxedStrategy<CsrSource>| {
        (select(CsrOp::ALL), register(), csr, source)
            .prop_map(|(op, rd, csr, source)| Instruction::Csr { op, rd, csr, source })
    };
    let read = (select(Csr::named()), register()).prop_map(|(csr, rd)| Instruction::Csr {
        op: CsrOp::Set,
        rd,
        csr,
        source: CsrSource::Register(Register::ZERO),
    });
    // Setting or clearing bits of the cycle counter would depend on its value.
    let cycle = (select(&[Csr::MCYCLE, Csr::MCYCLEH][..]), register(), register()).prop_map(
        |(csr, rd, rs1)| Instruction::Csr {
            op: CsrOp::Write,
            rd,
            csr,
            source: CsrSource::Register(rs1),
        },
    );
    let unknown = (0..4096u16).prop_filter_map("mtvec leads to the handler", |number| {
        let named = Csr::named().contains(&Csr(number)) && number & 0xc00 != 0xc00;
        (!named).then_some(Csr(number))
    });
    prop_oneof![
        6 => access(select(WRITABLE).boxed(), source.clone().boxed()),
        4 => read,
        1 => cycle,
        2 => access(unknown.boxed(), source.boxed()),
    ]
}

/// Instructions that trap by themselves.
pub(super) fn trapping() -> impl Strategy<Value = Instruction> {
    let illegal = any::<u32>().prop_filter_map("only words that are no instruction", |word| {
        // Both quadrants of 32-bit words, and parcels of the absent C extension.
        let raw = if word & 4 == 0 { word } else { word | 3 };
        let misc_mem = raw & 0x7f == 0x0f;
        (Instruction::decode(raw).is_none() && !misc_mem).then_some(Instruction::Raw(raw))
    });
    prop_oneof![Just(Instruction::Ecall), Just(Instruction::Ebreak), illegal]
}

/// Fences of every form, and `wfi`, which is a NOP here.
pub(super) fn fence() -> impl Strategy<Value = Instruction> {
    // Reserved fields of fence and fence.i are ignored.
    let reserved = any::<u32>().prop_map(|word| Instruction::Raw(word & 0xffff_9f80 | 0x0f));
    prop_oneof![
        any::<u16>().prop_map(|bits| Instruction::Fence { bits: bits & 0xfff }),
        Just(Instruction::FenceI),
        Just(Instruction::Wfi),
        reserved,
    ]
}

/// A load or store near its base; one in eight misaligned.
pub(super) fn access() -> impl Strategy<Value = Instruction> {
    let offset = (prop_oneof![4 => -16..16i32, 1 => -128..128i32], 0..8u8, 0..4i32);
    let load = (select(LoadOp::ALL), register(), offset.clone()).prop_map(|(op, rd, offset)| {
        let offset = aligned(offset, op.bytes());
        Instruction::Load { op, rd, rs1: Register::ZERO, offset }
    });
    let store = (select(StoreOp::ALL), register(), offset).prop_map(|(op, rs2, offset)| {
        let offset = aligned(offset, op.bytes());
        Instruction::Store { op, rs2, rs1: Register::ZERO, offset }
    });
    prop_oneof![4 => load, 3 => store, 3 => arithmetic()]
}

fn aligned((word, misalign, byte): (i32, u8, i32), bytes: u32) -> i32 {
    let offset = word * 4 + byte;
    if misalign == 0 { offset } else { offset & !(bytes as i32 - 1) }
}

/// A branch condition.
pub(super) fn branch() -> impl Strategy<Value = (BranchOp, Register, Register)> {
    (select(BranchOp::ALL), register(), register())
}
