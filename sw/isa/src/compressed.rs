//! 16-bit instructions (unprivileged manual, chapter "C" for RV32 without F and D).

use std::fmt;

use crate::instruction::{BranchOp, ImmediateOp, Instruction, LoadOp, RegisterOp, StoreOp};
use crate::{Extension, Register};

const SP: Register = Register::new(2);
const ZERO: Register = Register::ZERO;

/// A 16-bit instruction: a legal parcel, and with it the 32-bit instruction that it stands for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Compressed(u16);

macro_rules! forms {
    ($($variant:ident = $text:literal, $base:literal;)*) => {
        /// The forms of 16-bit instructions.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Form { $(#[doc = concat!("`", $text, "`.")] $variant,)* }

        impl Form {
            /// Every form.
            pub const ALL: &[Form] = &[$(Form::$variant),*];

            /// Mnemonic.
            pub const fn mnemonic(self) -> &'static str {
                match self { $(Form::$variant => $text,)* }
            }

            /// The parcel with every operand 0.
            const fn base(self) -> u16 {
                match self { $(Form::$variant => $base,)* }
            }
        }
    };
}

forms! {
    Addi4spn = "c.addi4spn", 0x0000;
    Lw = "c.lw", 0x4000;
    Sw = "c.sw", 0xc000;
    Nop = "c.nop", 0x0001;
    Addi = "c.addi", 0x0001;
    Jal = "c.jal", 0x2001;
    Li = "c.li", 0x4001;
    Addi16sp = "c.addi16sp", 0x6101;
    Lui = "c.lui", 0x6001;
    Srli = "c.srli", 0x8001;
    Srai = "c.srai", 0x8401;
    Andi = "c.andi", 0x8801;
    Sub = "c.sub", 0x8c01;
    Xor = "c.xor", 0x8c21;
    Or = "c.or", 0x8c41;
    And = "c.and", 0x8c61;
    J = "c.j", 0xa001;
    Beqz = "c.beqz", 0xc001;
    Bnez = "c.bnez", 0xe001;
    Slli = "c.slli", 0x0002;
    Lwsp = "c.lwsp", 0x4002;
    Jr = "c.jr", 0x8002;
    Mv = "c.mv", 0x8002;
    Ebreak = "c.ebreak", 0x9002;
    Jalr = "c.jalr", 0x9002;
    Add = "c.add", 0x9002;
    Swsp = "c.swsp", 0xc002;
}

/// A run of immediate bits: lowest bit in the parcel, width, lowest bit of the immediate.
type Field = (u32, u32, u32);

impl Form {
    /// Where the bits of the immediate are, and the immediate's width if it is signed.
    const fn immediate(self) -> (&'static [Field], Option<u32>) {
        match self {
            Self::Addi4spn => (&[(11, 2, 4), (7, 4, 6), (6, 1, 2), (5, 1, 3)], None),
            Self::Lw | Self::Sw => (&[(10, 3, 3), (6, 1, 2), (5, 1, 6)], None),
            Self::Lwsp => (&[(12, 1, 5), (4, 3, 2), (2, 2, 6)], None),
            Self::Swsp => (&[(9, 4, 2), (7, 2, 6)], None),
            Self::Nop | Self::Addi | Self::Li | Self::Andi => (&[(12, 1, 5), (2, 5, 0)], Some(6)),
            Self::Lui => (&[(12, 1, 17), (2, 5, 12)], Some(18)),
            Self::Addi16sp => (&[(12, 1, 9), (6, 1, 4), (5, 1, 6), (3, 2, 7), (2, 1, 5)], Some(10)),
            // On RV32 bit 5 of a shift amount, in bit 12, has to be 0.
            Self::Slli | Self::Srli | Self::Srai => (&[(2, 5, 0)], None),
            Self::J | Self::Jal => (
                &[
                    (12, 1, 11),
                    (11, 1, 4),
                    (9, 2, 8),
                    (8, 1, 10),
                    (7, 1, 6),
                    (6, 1, 7),
                    (3, 3, 1),
                    (2, 1, 5),
                ],
                Some(12),
            ),
            Self::Beqz | Self::Bnez => {
                (&[(12, 1, 8), (10, 2, 3), (5, 2, 6), (3, 2, 1), (2, 1, 5)], Some(9))
            }
            _ => (&[], None),
        }
    }

    fn decode_immediate(self, parcel: u16) -> i32 {
        let (fields, signed) = self.immediate();
        let bits = fields.iter().fold(0, |sum, &(at, width, low)| {
            sum | (u32::from(parcel) >> at & ((1 << width) - 1)) << low
        });
        signed.map_or(bits as i32, |width| (bits << (32 - width)) as i32 >> (32 - width))
    }

    /// The immediate's bits in the parcel; bits that it has no room for are lost.
    fn encode_immediate(self, value: i32) -> u16 {
        let (fields, _) = self.immediate();
        fields.iter().fold(0, |sum, &(at, width, low)| {
            sum | ((value as u32 >> low & ((1 << width) - 1)) << at) as u16
        })
    }
}

impl Compressed {
    /// The instruction in the 16 bits, unless they are reserved, belong to another extension, or are
    /// the first half of a 32-bit instruction. Hints are legal.
    pub fn decode(parcel: u16) -> Option<Self> {
        form(parcel).map(|_| Self(parcel))
    }

    /// `instruction` in this form, if it has it.
    pub fn new(form: Form, instruction: &Instruction) -> Option<Self> {
        let parcel = form.base() | form.operands(instruction)?;
        let compressed = Self::decode(parcel)?;
        // What did not fit has changed form or operands.
        let same = compressed.form() == form && compressed.expand() == *instruction;
        same.then_some(compressed)
    }

    /// `instruction` in 16 bits, if there is a form for it.
    pub fn shorten(instruction: &Instruction) -> Option<Self> {
        if instruction.extension() != Extension::I {
            return None;
        }
        Form::ALL.iter().find_map(|&form| Self::new(form, instruction))
    }

    /// The 16 bits.
    pub const fn parcel(self) -> u16 {
        self.0
    }

    /// Its form.
    pub fn form(self) -> Form {
        form(self.0).expect("a parcel is checked when it becomes an instruction")
    }

    /// The 32-bit instruction that does the same.
    pub fn expand(self) -> Instruction {
        let (form, parcel) = (self.form(), self.0);
        let imm = form.decode_immediate(parcel);
        let (rd, rs2) = (register(parcel, 7), register(parcel, 2));
        let (low, high) = (short_register(parcel, 2), short_register(parcel, 7));
        let immediate = |op, rd, rs1| Instruction::Immediate { op, rd, rs1, imm };
        let operation = |op, rd, rs1, rs2| Instruction::Register { op, rd, rs1, rs2 };
        let offset = imm;
        match form {
            Form::Addi4spn => immediate(ImmediateOp::Addi, low, SP),
            Form::Lw => Instruction::Load { op: LoadOp::Lw, rd: low, rs1: high, offset },
            Form::Sw => Instruction::Store { op: StoreOp::Sw, rs2: low, rs1: high, offset },
            Form::Nop => immediate(ImmediateOp::Addi, ZERO, ZERO),
            Form::Addi => immediate(ImmediateOp::Addi, rd, rd),
            Form::Jal => Instruction::Jal { rd: Register::RA, offset },
            Form::Li => immediate(ImmediateOp::Addi, rd, ZERO),
            Form::Addi16sp => immediate(ImmediateOp::Addi, SP, SP),
            Form::Lui => Instruction::Lui { rd, imm: imm as u32 },
            Form::Srli => immediate(ImmediateOp::Srli, high, high),
            Form::Srai => immediate(ImmediateOp::Srai, high, high),
            Form::Andi => immediate(ImmediateOp::Andi, high, high),
            Form::Sub => operation(RegisterOp::Sub, high, high, low),
            Form::Xor => operation(RegisterOp::Xor, high, high, low),
            Form::Or => operation(RegisterOp::Or, high, high, low),
            Form::And => operation(RegisterOp::And, high, high, low),
            Form::J => Instruction::Jal { rd: ZERO, offset },
            Form::Beqz => Instruction::Branch { op: BranchOp::Beq, rs1: high, rs2: ZERO, offset },
            Form::Bnez => Instruction::Branch { op: BranchOp::Bne, rs1: high, rs2: ZERO, offset },
            Form::Slli => immediate(ImmediateOp::Slli, rd, rd),
            Form::Lwsp => Instruction::Load { op: LoadOp::Lw, rd, rs1: SP, offset },
            Form::Jr => Instruction::Jalr { rd: ZERO, rs1: rd, offset: 0 },
            Form::Mv => operation(RegisterOp::Add, rd, ZERO, rs2),
            Form::Ebreak => Instruction::Ebreak,
            Form::Jalr => Instruction::Jalr { rd: Register::RA, rs1: rd, offset: 0 },
            Form::Add => operation(RegisterOp::Add, rd, rd, rs2),
            Form::Swsp => Instruction::Store { op: StoreOp::Sw, rs2, rs1: SP, offset },
        }
    }
}

impl Form {
    /// The operand bits of `instruction`, as far as they have room; `None` when this form is not one
    /// of such an instruction. Whether the operands fit shows when they are decoded again.
    fn operands(self, instruction: &Instruction) -> Option<u16> {
        let full = |register: Register, at: u32| (register.bits() << at) as u16;
        let short = |register: Register, at: u32| ((register.bits() & 7) << at) as u16;
        Some(match *instruction {
            Instruction::Immediate { rd, imm, .. } => {
                let rd = match self {
                    Self::Addi4spn => short(rd, 2),
                    Self::Srli | Self::Srai | Self::Andi => short(rd, 7),
                    Self::Nop | Self::Addi | Self::Li | Self::Slli => full(rd, 7),
                    Self::Addi16sp => 0,
                    _ => return None,
                };
                rd | self.encode_immediate(imm)
            }
            Instruction::Lui { rd, imm } => full(rd, 7) | self.encode_immediate(imm as i32),
            Instruction::Load { rd, rs1, offset, .. } => {
                let registers =
                    if self == Self::Lw { short(rd, 2) | short(rs1, 7) } else { full(rd, 7) };
                registers | self.encode_immediate(offset)
            }
            Instruction::Store { rs2, rs1, offset, .. } => {
                let registers =
                    if self == Self::Sw { short(rs2, 2) | short(rs1, 7) } else { full(rs2, 2) };
                registers | self.encode_immediate(offset)
            }
            Instruction::Jal { offset, .. } => self.encode_immediate(offset),
            Instruction::Branch { rs1, offset, .. } => {
                short(rs1, 7) | self.encode_immediate(offset)
            }
            Instruction::Jalr { rs1, .. } => full(rs1, 7),
            Instruction::Register { rd, rs2, .. } => match self {
                Self::Mv | Self::Add => full(rd, 7) | full(rs2, 2),
                _ => short(rd, 7) | short(rs2, 2),
            },
            Instruction::Ebreak => 0,
            _ => return None,
        })
    }
}

/// The register in five bits from bit `at` on.
fn register(parcel: u16, at: u32) -> Register {
    Register::new((parcel >> at & 31) as u8)
}

/// The register in three bits from bit `at` on: x8 to x15.
fn short_register(parcel: u16, at: u32) -> Register {
    Register::new((parcel >> at & 7) as u8 + 8)
}

/// The form of a legal parcel.
fn form(parcel: u16) -> Option<Form> {
    let (rd, rs2, bit12) = (parcel >> 7 & 31, parcel >> 2 & 31, parcel >> 12 & 1);
    let immediate_is_zero = bit12 == 0 && rs2 == 0;
    Some(match (parcel & 3, parcel >> 13) {
        (0, 0) if parcel >> 5 & 0xff != 0 => Form::Addi4spn,
        (0, 2) => Form::Lw,
        (0, 6) => Form::Sw,
        (1, 0) if rd == 0 => Form::Nop,
        (1, 0) => Form::Addi,
        (1, 1) => Form::Jal,
        (1, 2) => Form::Li,
        (1, 3) if immediate_is_zero => return None,
        (1, 3) if rd == 2 => Form::Addi16sp,
        (1, 3) => Form::Lui,
        (1, 4) => return arithmetic_form(parcel),
        (1, 5) => Form::J,
        (1, 6) => Form::Beqz,
        (1, 7) => Form::Bnez,
        (2, 0) if bit12 == 0 => Form::Slli,
        (2, 2) if rd != 0 => Form::Lwsp,
        (2, 4) => match (bit12, rd, rs2) {
            (0, 0, 0) => return None,
            (0, _, 0) => Form::Jr,
            (0, ..) => Form::Mv,
            (_, 0, 0) => Form::Ebreak,
            (_, _, 0) => Form::Jalr,
            _ => Form::Add,
        },
        (2, 6) => Form::Swsp,
        _ => return None,
    })
}

/// The form in quadrant 1 with funct3 = 4. Bit 12 is set in instructions of RV64 only, and in ANDI's
/// immediate.
fn arithmetic_form(parcel: u16) -> Option<Form> {
    let bit12 = parcel >> 12 & 1 == 1;
    Some(match (parcel >> 10 & 3, parcel >> 5 & 3) {
        (2, _) => Form::Andi,
        _ if bit12 => return None,
        (0, _) => Form::Srli,
        (1, _) => Form::Srai,
        (_, 0) => Form::Sub,
        (_, 1) => Form::Xor,
        (_, 2) => Form::Or,
        _ => Form::And,
    })
}

impl fmt::Display for Compressed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.form().mnemonic();
        match (self.form(), self.expand()) {
            (Form::Nop, Instruction::Immediate { imm: 0, .. }) | (_, Instruction::Ebreak) => {
                f.write_str(name)
            }
            (Form::Nop, Instruction::Immediate { imm, .. }) => write!(f, "{name} {imm}"),
            (Form::Addi4spn, Instruction::Immediate { rd, rs1, imm, .. }) => {
                write!(f, "{name} {rd}, {rs1}, {imm}")
            }
            (_, Instruction::Immediate { rd, imm, .. }) => write!(f, "{name} {rd}, {imm}"),
            (_, Instruction::Lui { rd, imm }) => write!(f, "{name} {rd}, 0x{:x}", imm >> 12),
            (_, Instruction::Load { rd, rs1, offset, .. }) => {
                write!(f, "{name} {rd}, {offset}({rs1})")
            }
            (_, Instruction::Store { rs2, rs1, offset, .. }) => {
                write!(f, "{name} {rs2}, {offset}({rs1})")
            }
            (_, Instruction::Jal { offset, .. }) => write!(f, "{name} .{offset:+}"),
            (_, Instruction::Branch { rs1, offset, .. }) => write!(f, "{name} {rs1}, .{offset:+}"),
            (_, Instruction::Jalr { rs1, .. }) => write!(f, "{name} {rs1}"),
            (_, Instruction::Register { rd, rs2, .. }) => write!(f, "{name} {rd}, {rs2}"),
            (_, other) => write!(f, "{name} {other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disassemble;

    #[test]
    fn every_parcel_is_what_it_expands_to_in_its_form() {
        let mut legal = 0;
        for parcel in 0..=u16::MAX {
            let Some(compressed) = Compressed::decode(parcel) else { continue };
            let (form, instruction) = (compressed.form(), compressed.expand());
            assert_eq!(Compressed::new(form, &instruction), Some(compressed), "{parcel:04x}");
            // The long form says the same through its own encoding.
            assert_eq!(Instruction::decode(instruction.encode()), Some(instruction));
            let shortest = Compressed::shorten(&instruction).expect("there is this one at least");
            assert_eq!(shortest.expand(), instruction);
            legal += 1;
        }
        // As many as Spike executes.
        assert_eq!(legal, 28_823);
    }

    #[test]
    fn text_is_that_of_the_gnu_assembler() {
        for (parcel, text) in [
            (0x0001, "c.nop"),
            (0x1141, "c.addi sp, -16"),
            (0xc606, "c.swsp ra, 12(sp)"),
            (0x40b2, "c.lwsp ra, 12(sp)"),
            (0x8082, "c.jr ra"),
            (0x852e, "c.mv a0, a1"),
            (0x6509, "c.lui a0, 0x2"),
            (0x717d, "c.addi16sp sp, -16"),
            (0x0808, "c.addi4spn a0, sp, 16"),
            (0x9002, "c.ebreak"),
            (0xbff5, "c.j .-4"),
            (0x0000, ".half 0x0000"),
        ] {
            assert_eq!(disassemble(parcel), text, "{parcel:04x}");
        }
    }

    #[test]
    fn only_what_has_a_form_gets_short() {
        let add = |rd, rs1, rs2| Instruction::Register {
            op: RegisterOp::Add,
            rd: Register::new(rd),
            rs1: Register::new(rs1),
            rs2: Register::new(rs2),
        };
        assert!(Compressed::shorten(&add(5, 5, 6)).is_some());
        assert!(Compressed::shorten(&add(5, 0, 6)).is_some());
        assert!(Compressed::shorten(&add(5, 7, 6)).is_none());
        let far = Instruction::Jal { rd: ZERO, offset: 2048 };
        assert!(Compressed::shorten(&far).is_none());
        assert!(Compressed::shorten(&Instruction::Jal { rd: ZERO, offset: -2048 }).is_some());
        assert!(Compressed::shorten(&Instruction::Jal { rd: SP, offset: 0 }).is_none());
    }
}
