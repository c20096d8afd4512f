//! Instructions that trap by themselves.

use std::sync::LazyLock;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use systole_golden::Isa;
use systole_isa::{
    AtomicOp, Compressed, ImmediateOp, Instruction, MemoryOrder, RegisterOp, UnaryOp,
};

use super::instructions::{arithmetic, beside, branch, has, register};

/// Instructions that trap by themselves.
pub(super) fn trapping(isa: Isa) -> BoxedStrategy<Instruction> {
    let reserved = select(reserved_parcels()).prop_map(Instruction::RawParcel);
    let illegal = any::<u32>().prop_filter_map("only words that are no instruction", move |word| {
        let parcel = word as u16;
        if isa.c && parcel & 3 != 3 {
            let legal = Compressed::decode(parcel).is_some();
            return (!legal).then_some(Instruction::RawParcel(parcel));
        }
        is_illegal(&isa, word).then_some(Instruction::Raw(word))
    });
    // Of opcodes that are in use, and of extensions that the hart may not have.
    const OPCODES: &[u32] = &[0x03, 0x13, 0x23, 0x2f, 0x33, 0x63, 0x67, 0x73];
    let near = (select(OPCODES), any::<u32>(), any::<bool>()).prop_filter_map(
        "only words that are no instruction",
        move |(opcode, word, few)| {
            // Few bits of funct7 set, as in what exists.
            let word = if few { word & 0x7dff_ffff } else { word } & !0x7f | opcode;
            is_illegal(&isa, word).then_some(Instruction::Raw(word))
        },
    );
    let all = prop_oneof![
        2 => Just(Instruction::Ecall),
        2 => Just(Instruction::Ebreak),
        1 => illegal,
        1 => near,
        2 => neighbour(isa),
    ];
    if isa.c {
        return prop_oneof![6 => all, 2 => reserved].boxed();
    }
    prop_oneof![6 => all, 1 => misaligned()].boxed()
}

/// Halfwords that are no instruction although others of their opcode and funct3 are.
fn reserved_parcels() -> &'static [u16] {
    static RESERVED: LazyLock<Vec<u16>> = LazyLock::new(|| {
        let row = |parcel: u16| usize::from(parcel >> 13 << 2 | parcel & 3);
        let exists = |&parcel: &u16| parcel & 3 != 3 && Compressed::decode(parcel).is_some();
        let mut used = [false; 32];
        (0..=u16::MAX).filter(exists).for_each(|parcel| used[row(parcel)] = true);
        (0..=u16::MAX).filter(|parcel| used[row(*parcel)] && !exists(parcel)).collect()
    });
    &RESERVED
}

/// Jumps and branches to a halfword, which trap without C if they are taken.
fn misaligned() -> impl Strategy<Value = Instruction> {
    let offset = (-64..64i32).prop_map(|words| 4 * words + 2);
    prop_oneof![
        1 => (register(), offset.clone()).prop_map(|(rd, offset)| Instruction::Jal { rd, offset }),
        2 => (branch(), offset).prop_map(|((op, rs1, rs2), offset)| Instruction::Branch {
            op,
            rs1,
            rs2,
            offset,
        }),
    ]
}

/// Whether `word` is no instruction of a hart with `isa`. Fences of every form are.
fn is_illegal(isa: &Isa, word: u32) -> bool {
    if word & 3 != 3 {
        return !isa.c;
    }
    match Instruction::decode(word) {
        Some(instruction) => !has(isa, instruction.extension()),
        None => word & 0x7f != 0x0f || word >> 13 & 3 != 0,
    }
}

/// Words that differ by one or two bits of what decides from an instruction that exists, on this hart
/// or another.
fn neighbour(isa: Isa) -> impl Strategy<Value = Instruction> {
    let registers = || (register(), register(), register());
    let operation = (select(RegisterOp::ALL), registers())
        .prop_map(|(op, (rd, rs1, rs2))| Instruction::Register { op, rd, rs1, rs2 });
    let shifts: Vec<ImmediateOp> =
        ImmediateOp::ALL.iter().filter(|op| op.is_shift()).copied().collect();
    let shift = (select(shifts), registers(), 0..32i32)
        .prop_map(|(op, (rd, rs1, _), imm)| Instruction::Immediate { op, rd, rs1, imm });
    let unary = (select(UnaryOp::ALL), registers())
        .prop_map(|(op, (rd, rs1, _))| Instruction::Unary { op, rd, rs1 });
    let atomic = (select(AtomicOp::ALL), registers()).prop_map(|(op, (rd, rs1, rs2))| {
        Instruction::Atomic { op, rd, rs1, rs2, order: MemoryOrder::default() }
    });
    let privileged = [Instruction::Ecall, Instruction::Ebreak, Instruction::Mret, Instruction::Wfi];
    let legal = prop_oneof![
        3 => operation,
        3 => shift,
        3 => unary,
        2 => atomic,
        1 => select(privileged.to_vec()),
    ];
    // Of opcode, funct3, funct7 and rs2.
    let bit = || prop_oneof![1 => 2..7u32, 2 => 12..15u32, 9 => 20..32u32];
    let flipped = (legal, bit(), prop_oneof![3 => Just(None), 1 => bit().prop_map(Some)]).prop_map(
        |(legal, first, second)| legal.encode() ^ 1 << first ^ second.map_or(0, |bit| 1 << bit),
    );
    prop_oneof![1 => flipped, 1 => recombined()]
        .prop_filter_map("only words that are no instruction", move |word| {
            is_illegal(&isa, word).then_some(Instruction::Raw(word))
        })
}

/// Such words behind operations that may issue together with them.
pub(super) fn neighbours(isa: Isa) -> impl Strategy<Value = Vec<Instruction>> {
    let ahead = prop_oneof![2 => arithmetic(isa), 1 => beside()];
    vec((ahead, neighbour(isa)), 2..6)
        .prop_map(|pairs| pairs.into_iter().flat_map(|(one, other)| [one, other]).collect())
}

/// funct7, funct3 and rs2 of operations, in any combination.
fn recombined() -> impl Strategy<Value = u32> {
    const FUNCT7: &[u32] = &[0x00, 0x01, 0x04, 0x05, 0x10, 0x14, 0x20, 0x24, 0x30, 0x34];
    const UNARY: &[u32] = &[0, 1, 2, 4, 5, 7, 24];
    let rs2 = prop_oneof![1 => 0..32u32, 2 => select(UNARY)];
    // Of OP-IMM only the shifts have these fields.
    let code = prop_oneof![
        1 => (Just(0x33u32), 0..8u32),
        1 => (Just(0x13u32), select(&[1u32, 5][..])),
    ];
    (code, select(FUNCT7), rs2, any::<u32>()).prop_map(|((opcode, funct3), funct7, rs2, rest)| {
        funct7 << 25 | rs2 << 20 | funct3 << 12 | rest & 0xf_8f80 | opcode
    })
}
