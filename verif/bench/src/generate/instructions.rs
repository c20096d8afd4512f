//! Registers, values and single instructions.

use std::sync::OnceLock;

use proptest::prelude::*;
use proptest::sample::select;
use systole_golden::Isa;
use systole_isa::{
    AtomicOp, BranchOp, Compressed, Csr, CsrOp, CsrSource, Extension, Form, ImmediateOp,
    Instruction, LoadOp, MemoryOrder, Register, RegisterOp, StoreOp, UnaryOp,
};

use super::illegal::trapping;

/// Mostly a few registers, so that results meet their readers soon.
pub(super) fn register() -> impl Strategy<Value = Register> {
    // Numbers above 25 differ by one bit from those in use most.
    prop_oneof![9 => 10..15u8, 4 => 1..32u8, 1 => 26..31u8, 2 => Just(0u8)].prop_map(Register::new)
}

/// Register contents, corner cases in one of three.
pub(super) fn value() -> impl Strategy<Value = u32> {
    prop_oneof![
        2 => any::<u32>(),
        1 => (-16..16i32).prop_map(|v| v as u32),
        1 => select(&[0u32, 1, u32::MAX, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xffff, 0x8000][..]),
        1 => (0..32u32).prop_map(|bit| 1 << bit),
        // As many leading or trailing zeros as there can be.
        1 => (any::<u32>(), 0..32u32).prop_map(|(v, shift)| v >> shift),
        1 => (any::<u32>(), 0..32u32).prop_map(|(v, shift)| v << shift),
    ]
}

fn immediate() -> impl Strategy<Value = i32> {
    prop_oneof![2 => -2048..2048i32, 2 => -8..8i32, 1 => select(&[-2048, 2047, -1, 0, 1][..])]
}

/// Whether the hart has `extension`.
pub(crate) fn has(isa: &Isa, extension: Extension) -> bool {
    match extension {
        Extension::I => true,
        Extension::M => isa.m,
        Extension::A => isa.a,
        Extension::C => isa.c,
        Extension::Zba => isa.zba,
        Extension::Zbb => isa.zbb,
        Extension::Zbs => isa.zbs,
    }
}

/// Operations on registers and immediates.
pub(super) fn arithmetic(isa: Isa) -> BoxedStrategy<Instruction> {
    let of = |op: &&RegisterOp| has(&isa, op.extension());
    let register_ops: Vec<RegisterOp> = RegisterOp::ALL.iter().filter(of).copied().collect();
    let register_op = (select(register_ops), register(), register(), register())
        .prop_map(|(op, rd, rs1, rs2)| Instruction::Register { op, rd, rs1, rs2 });
    let of = |op: &&ImmediateOp| has(&isa, op.extension());
    let immediate_ops: Vec<ImmediateOp> = ImmediateOp::ALL.iter().filter(of).copied().collect();
    let immediate_op = (select(immediate_ops), register(), register(), immediate()).prop_map(
        |(op, rd, rs1, imm)| {
            let imm = if op.is_shift() { imm & 31 } else { imm };
            Instruction::Immediate { op, rd, rs1, imm }
        },
    );
    // Two-address operations, which have short forms.
    let in_place =
        (select(&[RegisterOp::Add, RegisterOp::Sub, RegisterOp::Xor][..]), 8..16u8, register())
            .prop_map(|(op, rd, rs2)| {
                let rd = Register::new(rd);
                Instruction::Register { op, rd, rs1: rd, rs2 }
            });
    let upper = (any::<bool>(), register(), any::<u32>()).prop_map(|(pc, rd, imm)| {
        let imm = imm & 0xffff_f000;
        if pc { Instruction::Auipc { rd, imm } } else { Instruction::Lui { rd, imm } }
    });
    let plain = prop_oneof![6 => register_op, 5 => immediate_op, 1 => upper];
    let plain = match isa.m {
        true => prop_oneof![9 => plain, 1 => long_operation()].boxed(),
        false => plain.boxed(),
    };
    let unary = (select(UnaryOp::ALL), register(), register())
        .prop_map(|(op, rd, rs1)| Instruction::Unary { op, rd, rs1 });
    match (isa.zbb, isa.c) {
        (false, false) => plain.boxed(),
        (true, false) => prop_oneof![10 => plain, 1 => unary].boxed(),
        (false, true) => prop_oneof![10 => plain, 1 => in_place, 2 => compressed()].boxed(),
        (true, true) => {
            prop_oneof![10 => plain, 1 => unary, 1 => in_place, 2 => compressed()].boxed()
        }
    }
}

/// Products and quotients, which take longer than others.
fn long_operation() -> impl Strategy<Value = Instruction> {
    let of = |op: &&RegisterOp| op.extension() == Extension::M;
    let ops: Vec<RegisterOp> = RegisterOp::ALL.iter().filter(of).copied().collect();
    (select(ops), register(), register(), register())
        .prop_map(|(op, rd, rs1, rs2)| Instruction::Register { op, rd, rs1, rs2 })
}

/// 16-bit operations on registers, hints included.
fn compressed() -> impl Strategy<Value = Instruction> {
    let forms = computing_parcels();
    (0..forms.len(), any::<prop::sample::Index>()).prop_map(|(form, index)| {
        let parcels = &computing_parcels()[form];
        let parcel = parcels[index.index(parcels.len())];
        Instruction::Compressed(Compressed::decode(parcel).expect("only legal ones are listed"))
    })
}

/// The legal parcels of every form that neither accesses memory nor jumps nor traps.
fn computing_parcels() -> &'static [Vec<u16>] {
    static PARCELS: OnceLock<Vec<Vec<u16>>> = OnceLock::new();
    PARCELS.get_or_init(|| {
        let computes = |form: &&Form| {
            use Form::{Beqz, Bnez, Ebreak, J, Jal, Jalr, Jr, Lw, Lwsp, Sw, Swsp};
            !matches!(form, Lw | Sw | Lwsp | Swsp | J | Jal | Jr | Jalr | Beqz | Bnez | Ebreak)
        };
        let of = |form: &Form| {
            let is = |parcel: &u16| Compressed::decode(*parcel).is_some_and(|c| c.form() == *form);
            (0..=u16::MAX).filter(is).collect()
        };
        Form::ALL.iter().filter(computes).map(of).collect()
    })
}

/// Fences of every form.
pub(super) fn fence() -> impl Strategy<Value = Instruction> {
    // Reserved fields of fence and fence.i are ignored.
    let reserved = any::<u32>().prop_map(|word| Instruction::Raw(word & 0xffff_9f80 | 0x0f));
    prop_oneof![
        any::<u16>().prop_map(|bits| Instruction::Fence { bits: bits & 0xfff }),
        Just(Instruction::FenceI),
        reserved,
    ]
}

/// A load or store near its base; one in eight misaligned.
pub(super) fn access(isa: Isa) -> BoxedStrategy<Instruction> {
    let offset = (prop_oneof![4 => -16..16i32, 1 => -128..128i32], 0..8u8, 0..4i32);
    let load = (select(LoadOp::ALL), register(), offset.clone()).prop_map(|(op, rd, offset)| {
        let offset = aligned(offset, op.bytes());
        Instruction::Load { op, rd, rs1: Register::ZERO, offset }
    });
    let store = (select(StoreOp::ALL), register(), offset).prop_map(|(op, rs2, offset)| {
        let offset = aligned(offset, op.bytes());
        Instruction::Store { op, rs2, rs1: Register::ZERO, offset }
    });
    // Words at small positive offsets have short forms.
    let short = (any::<bool>(), 8..16u8, 0..32i32).prop_map(|(is_load, register, word)| {
        let (register, offset) = (Register::new(register), 4 * word);
        if is_load {
            Instruction::Load { op: LoadOp::Lw, rd: register, rs1: Register::ZERO, offset }
        } else {
            Instruction::Store { op: StoreOp::Sw, rs2: register, rs1: Register::ZERO, offset }
        }
    });
    if isa.c {
        return prop_oneof![8 => load, 6 => store, 6 => short, 6 => arithmetic(isa), 1 => beside()]
            .boxed();
    }
    prop_oneof![8 => load, 6 => store, 6 => arithmetic(isa), 1 => beside()].boxed()
}

/// What an access may follow that neither computes nor accesses memory: reads of CSRs, fences, jumps
/// and branches to the next instruction.
pub(super) fn beside() -> BoxedStrategy<Instruction> {
    let read = (register(), select(Csr::named())).prop_map(|(rd, csr)| {
        let source = CsrSource::Register(Register::ZERO);
        Instruction::Csr { op: CsrOp::Set, rd, csr, source }
    });
    let jump = register().prop_map(|rd| Instruction::Jal { rd, offset: 4 });
    prop_oneof![2 => read, 2 => jump, 2 => next_branch(), 1 => fence()].boxed()
}

/// A branch to the next instruction.
pub(super) fn next_branch() -> impl Strategy<Value = Instruction> {
    branch().prop_map(|(op, rs1, rs2)| Instruction::Branch { op, rs1, rs2, offset: 4 })
}

fn aligned((word, misalign, byte): (i32, u8, i32), bytes: u32) -> i32 {
    let offset = word * 4 + byte;
    if misalign == 0 { offset } else { offset & !(bytes as i32 - 1) }
}

/// Atomic operations at one of two bases, with other accesses, other operations and traps between.
pub(super) fn atomics(isa: Isa) -> BoxedStrategy<Instruction> {
    let base = prop_oneof![3 => Just(Register::ZERO), 1 => Just(Register::RA)];
    let order = (any::<bool>(), any::<bool>())
        .prop_map(|(acquire, release)| MemoryOrder { acquire, release });
    let atomic = |ops: &'static [AtomicOp]| {
        (select(ops), register(), base.clone(), register(), order.clone())
            .prop_map(|(op, rd, rs1, rs2, order)| Instruction::Atomic { op, rd, rs1, rs2, order })
    };
    const PAIR: &[AtomicOp] = &[AtomicOp::LoadReserved, AtomicOp::StoreConditional];
    prop_oneof![
        6 => atomic(PAIR),
        4 => atomic(&AtomicOp::ALL[2..]),
        2 => access(isa),
        1 => arithmetic(isa),
        1 => trapping(isa),
    ]
    .boxed()
}

/// What a [`crate::program::Block::SelfModify`] may write: operations, and jumps over nothing or one
/// instruction.
pub(super) fn version(isa: Isa) -> BoxedStrategy<Instruction> {
    let offset = prop_oneof![Just(4), Just(8)];
    let jump =
        (register(), offset.clone()).prop_map(|(rd, offset)| Instruction::Jal { rd, offset });
    let branch = (branch(), offset).prop_map(|((op, rs1, rs2), offset)| Instruction::Branch {
        op,
        rs1,
        rs2,
        offset,
    });
    prop_oneof![2 => arithmetic(isa), 1 => jump, 1 => branch].boxed()
}

/// A branch condition.
pub(super) fn branch() -> impl Strategy<Value = (BranchOp, Register, Register)> {
    let rs2 = prop_oneof![2 => register(), 1 => Just(Register::ZERO)];
    (select(BranchOp::ALL), register(), rs2)
}
