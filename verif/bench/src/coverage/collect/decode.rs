//! What a retired word is, in the bins of the model. Programs repeat their words, so each is looked
//! at once and then remembered.

use systole_isa::{
    AtomicOp, CsrOp, CsrSource, Form, Instruction, LoadOp, Register, RegisterOp, StoreOp,
};

use super::super::bins::{Access, Class, Consumer, Jump, Producer, operation};

/// Words that are remembered: a power of two.
const SLOTS: usize = 4096;

/// A decoded word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decoded {
    /// Number of the operation among [`super::super::bins::operations`].
    pub(super) operation: Option<u8>,
    /// Number of the 16-bit form.
    pub(super) form: Option<u8>,
    pub(super) class: Class,
    /// Destination and sources that the instruction has, x0 included.
    pub(super) rd: Option<u8>,
    pub(super) rs1: Option<u8>,
    pub(super) rs2: Option<u8>,
    pub(super) producer: Producer,
    /// What the sources are for.
    pub(super) uses: [Option<Consumer>; 2],
    pub(super) jump: Option<Jump>,
    pub(super) access: Option<Access>,
    /// Immediate of jumps, branches and accesses.
    pub(super) offset: i32,
    /// A fence with something in its reserved fields.
    pub(super) reserved: bool,
}

/// What no instruction is.
pub(super) const UNKNOWN: Decoded = Decoded {
    operation: None,
    form: None,
    class: Class::Trap,
    rd: None,
    rs1: None,
    rs2: None,
    producer: Producer::Alu,
    uses: [None; 2],
    jump: None,
    access: None,
    offset: 0,
    reserved: false,
};

/// A direct-mapped memory of decoded words.
pub(super) struct Decoder(Box<[(u32, Decoded)]>);

impl Decoder {
    pub(super) fn new() -> Self {
        Self(vec![(0, UNKNOWN); SLOTS].into_boxed_slice())
    }

    #[inline(always)]
    pub(super) fn decode(&mut self, word: u32) -> Decoded {
        let slot = word.wrapping_mul(0x9e37_79b1) >> (32 - SLOTS.ilog2());
        let slot = &mut self.0[slot as usize];
        if slot.0 != word {
            *slot = (word, decode(word));
        }
        slot.1
    }
}

#[inline(never)]
fn decode(word: u32) -> Decoded {
    if word & 0x7f == 0x0f && word >> 12 & 7 < 2 {
        return fence(word);
    }
    match Instruction::decode(word) {
        Some(Instruction::Compressed(compressed)) => {
            let form = compressed.form();
            let jump = compressed_jump(form);
            let base = plain(&compressed.expand());
            Decoded { form: Some(form as u8), jump: jump.or(base.jump), ..base }
        }
        Some(instruction) => plain(&instruction),
        None => UNKNOWN,
    }
}

/// Whatever is in the reserved fields.
fn fence(word: u32) -> Decoded {
    let is_fence = word >> 12 & 7 == 0;
    let operation = if is_fence { operation::FENCE } else { operation::FENCE_I };
    // rd and rs1 of both; fm other than 0 of FENCE, the immediate of FENCE.I.
    let fields = if is_fence { 0xf00f_8f80 } else { 0xffff_8f80 };
    let reserved = word & fields != 0;
    Decoded { operation: Some(operation as u8), class: Class::Fence, reserved, ..UNKNOWN }
}

fn compressed_jump(form: Form) -> Option<Jump> {
    Some(match form {
        Form::Beqz => Jump::CBeqz,
        Form::Bnez => Jump::CBnez,
        Form::J => Jump::CJ,
        Form::Jal => Jump::CJal,
        Form::Jr => Jump::CJr,
        Form::Jalr => Jump::CJalr,
        _ => return None,
    })
}

fn plain(instruction: &Instruction) -> Decoded {
    let number = |register: &Register| Some(register.number());
    let known =
        |operation: usize, class| Decoded { operation: Some(operation as u8), class, ..UNKNOWN };
    match instruction {
        Instruction::Register { op, rd, rs1, rs2 } => {
            let (class, producer, uses) = arithmetic(*op);
            Decoded {
                rd: number(rd),
                rs1: number(rs1),
                rs2: number(rs2),
                producer,
                uses: uses.map(Some),
                ..known(operation::REGISTER + *op as usize, class)
            }
        }
        Instruction::Immediate { op, rd, rs1, .. } => Decoded {
            rd: number(rd),
            rs1: number(rs1),
            uses: [Some(Consumer::AluRs1), None],
            ..known(operation::IMMEDIATE + *op as usize, Class::Alu)
        },
        Instruction::Unary { op, rd, rs1 } => Decoded {
            rd: number(rd),
            rs1: number(rs1),
            uses: [Some(Consumer::AluRs1), None],
            ..known(operation::UNARY + *op as usize, Class::Alu)
        },
        Instruction::Lui { rd, .. } => {
            Decoded { rd: number(rd), ..known(operation::LUI, Class::Alu) }
        }
        Instruction::Auipc { rd, .. } => {
            Decoded { rd: number(rd), ..known(operation::AUIPC, Class::Alu) }
        }
        Instruction::Load { op, rd, rs1, offset } => Decoded {
            rd: number(rd),
            rs1: number(rs1),
            producer: Producer::Load,
            uses: [Some(Consumer::LoadAddress), None],
            access: Some(load(*op)),
            offset: *offset,
            ..known(operation::LOAD + *op as usize, Class::Load)
        },
        Instruction::Store { op, rs2, rs1, offset } => Decoded {
            rs1: number(rs1),
            rs2: number(rs2),
            uses: [Some(Consumer::StoreAddress), Some(Consumer::StoreData)],
            access: Some(store(*op)),
            offset: *offset,
            ..known(operation::STORE + *op as usize, Class::Store)
        },
        Instruction::Atomic { op, rd, rs1, rs2, .. } => {
            let (access, producer) = atomic(*op);
            let reads_rs2 = *op != AtomicOp::LoadReserved;
            Decoded {
                rd: number(rd),
                rs1: number(rs1),
                rs2: number(rs2).filter(|_| reads_rs2),
                producer,
                uses: [
                    Some(Consumer::AtomicAddress),
                    Some(Consumer::AtomicData).filter(|_| reads_rs2),
                ],
                access: Some(access),
                ..known(operation::ATOMIC + *op as usize, Class::Atomic)
            }
        }
        Instruction::Branch { op, rs1, rs2, offset } => Decoded {
            rs1: number(rs1),
            rs2: number(rs2),
            uses: [Some(Consumer::BranchRs1), Some(Consumer::BranchRs2)],
            jump: Some(BRANCHES[*op as usize]),
            offset: *offset,
            ..known(operation::BRANCH + *op as usize, Class::Branch)
        },
        Instruction::Jal { rd, offset } => Decoded {
            rd: number(rd),
            producer: Producer::Link,
            jump: Some(Jump::Jal),
            offset: *offset,
            ..known(operation::JAL, Class::Jump)
        },
        Instruction::Jalr { rd, rs1, offset } => Decoded {
            rd: number(rd),
            rs1: number(rs1),
            producer: Producer::Link,
            uses: [Some(Consumer::Jalr), None],
            jump: Some(Jump::Jalr),
            offset: *offset,
            ..known(operation::JALR, Class::Jump)
        },
        Instruction::Csr { op, rd, source, .. } => csr(*op, rd.number(), *source),
        Instruction::Ecall => known(operation::ECALL, Class::Trap),
        Instruction::Ebreak => known(operation::EBREAK, Class::Trap),
        Instruction::Mret => known(operation::MRET, Class::Mret),
        Instruction::Wfi => known(operation::WFI, Class::Wfi),
        Instruction::Fence { .. } | Instruction::FenceI => fence(instruction.encode()),
        Instruction::Compressed(_) | Instruction::Raw(_) | Instruction::RawParcel(_) => UNKNOWN,
    }
}

const BRANCHES: [Jump; 6] = [Jump::Beq, Jump::Bne, Jump::Blt, Jump::Bge, Jump::Bltu, Jump::Bgeu];

fn csr(op: CsrOp, rd: u8, source: CsrSource) -> Decoded {
    let of = operation::CSR + op as usize;
    let base = Decoded { class: Class::Csr, rd: Some(rd), producer: Producer::Csr, ..UNKNOWN };
    match source {
        CsrSource::Register(rs1) => Decoded {
            operation: Some(of as u8),
            rs1: Some(rs1.number()),
            uses: [Some(Consumer::Csr), None],
            ..base
        },
        CsrSource::Immediate(_) => {
            Decoded { operation: Some((of + CsrOp::ALL.len()) as u8), ..base }
        }
    }
}

fn arithmetic(op: RegisterOp) -> (Class, Producer, [Consumer; 2]) {
    match op {
        RegisterOp::Mul | RegisterOp::Mulh | RegisterOp::Mulhsu | RegisterOp::Mulhu => {
            (Class::Mul, Producer::Mul, [Consumer::MulRs1, Consumer::MulRs2])
        }
        RegisterOp::Div | RegisterOp::Divu | RegisterOp::Rem | RegisterOp::Remu => {
            (Class::Div, Producer::Div, [Consumer::DivRs1, Consumer::DivRs2])
        }
        _ => (Class::Alu, Producer::Alu, [Consumer::AluRs1, Consumer::AluRs2]),
    }
}

fn load(op: LoadOp) -> Access {
    match op {
        LoadOp::Lb => Access::Lb,
        LoadOp::Lh => Access::Lh,
        LoadOp::Lw => Access::Lw,
        LoadOp::Lbu => Access::Lbu,
        LoadOp::Lhu => Access::Lhu,
    }
}

fn store(op: StoreOp) -> Access {
    match op {
        StoreOp::Sb => Access::Sb,
        StoreOp::Sh => Access::Sh,
        StoreOp::Sw => Access::Sw,
    }
}

fn atomic(op: AtomicOp) -> (Access, Producer) {
    match op {
        AtomicOp::LoadReserved => (Access::LoadReserved, Producer::LoadReserved),
        AtomicOp::StoreConditional => (Access::StoreConditional, Producer::StoreConditional),
        _ => (Access::Amo, Producer::Amo),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use systole_isa::BranchOp;

    #[test]
    fn words_are_what_the_manual_says() {
        let mut decoder = Decoder::new();
        // c.jr ra
        let jump = decoder.decode(0x8082);
        assert_eq!((jump.jump, jump.rs1, jump.rd), (Some(Jump::CJr), Some(1), Some(0)));
        // amoadd.w a0, a1, (a2), and lr.w, which has no rs2
        let add = decoder.decode(0x00b6_252f);
        assert_eq!((add.access, add.rs2), (Some(Access::Amo), Some(11)));
        assert_eq!(decoder.decode(0x1006_252f).rs2, None);
        // fence.i, and one with rd set
        assert!(!decoder.decode(0x0000_100f).reserved);
        assert!(decoder.decode(0x0000_108f).reserved);
        assert_eq!(decoder.decode(0xffff_ffff).operation, None);
    }

    #[test]
    fn branches_are_numbered_as_their_operations() {
        for (jump, op) in BRANCHES.iter().zip(BranchOp::ALL) {
            assert_eq!(Jump::NAMES[*jump as usize], op.mnemonic());
        }
    }
}
