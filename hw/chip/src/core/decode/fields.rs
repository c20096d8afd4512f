//! Fields and immediates of the instruction formats.

use systole_hdl::prelude::*;

use crate::core::encoding::opcode;

/// Fields of an instruction word.
pub struct Fields {
    pub instruction: Signal,
    pub opcode: Signal,
    pub rd: Signal,
    pub funct3: Signal,
    pub rs1: Signal,
    pub rs2: Signal,
    pub funct7: Signal,
    /// `instruction[31:20]`.
    pub funct12: Signal,
}

impl Fields {
    /// Names the fields of `instruction`.
    pub fn of(instruction: Signal) -> Self {
        Self {
            instruction,
            opcode: instruction.bits(6, 0).named("opcode"),
            rd: instruction.bits(11, 7),
            funct3: instruction.bits(14, 12).named("funct3_field"),
            rs1: instruction.bits(19, 15),
            rs2: instruction.bits(24, 20),
            funct7: instruction.bits(31, 25).named("funct7"),
            funct12: instruction.bits(31, 20),
        }
    }
}

/// Immediates of the instruction formats, sign-extended to 32 bits.
pub struct Immediates {
    pub i: Signal,
    pub s: Signal,
    pub b: Signal,
    pub u: Signal,
    pub j: Signal,
    /// `uimm` of the CSR instructions.
    pub z: Signal,
}

impl Immediates {
    /// Names the immediates of `instruction`.
    pub fn of(instruction: Signal) -> Self {
        let bits = |high, low| instruction.bits(high, low);
        let sign = |count| instruction.bit(31).repeat(count);
        let zeros = |count| lit(0, U(count));
        Self {
            i: cat(&[sign(20), bits(31, 20)]).named("immediate_i"),
            s: cat(&[sign(20), bits(31, 25), bits(11, 7)]).named("immediate_s"),
            b: cat(&[sign(20), bits(7, 7), bits(30, 25), bits(11, 8), zeros(1)])
                .named("immediate_b"),
            u: cat(&[bits(31, 12), zeros(12)]).named("immediate_u"),
            j: cat(&[sign(12), bits(19, 12), bits(20, 20), bits(30, 21), zeros(1)])
                .named("immediate_j"),
            z: cat(&[zeros(27), bits(19, 15)]).named("immediate_z"),
        }
    }
}

/// What AUIPC, JAL and branches add to the pc, as early as possible: out of few bits of
/// `instruction`. 0 for SYSTEM instructions, and for what is none because its bit 0 is 0.
pub fn pc_offset(instruction: Signal) -> Signal {
    let immediates = Immediates::of(instruction);
    for other in [immediates.i, immediates.s, immediates.z] {
        other.unused();
    }
    let bit = |index| instruction.bit(index);
    let is_control = bit(6) & !bit(4) & bit(0);
    one_hot_select(&[
        ((is_control & bit(3)).named("offset_of_jal"), immediates.j),
        ((is_control & !bit(3)).named("offset_of_branch"), immediates.b),
        ((!bit(6) & bit(0)).named("offset_of_auipc"), immediates.u),
    ])
    .named("pc_offset")
}

/// What is computed with instead of rs2, as early as possible: out of few bits of `instruction`. The
/// immediate of LUI and OP-IMM, which are all that the ALU takes one of; of others 0.
pub fn alu_immediate(instruction: Signal) -> Signal {
    let bits = |high, low| instruction.bits(high, low);
    let upper = cat(&[bits(31, 12), lit(0, U(12))]);
    let short = cat(&[instruction.bit(31).repeat(20), bits(31, 20)]);
    let is = |value: u64| bits(6, 0).eq(value);
    one_hot_select(&[
        (is(opcode::LUI).named("takes_upper"), upper),
        (is(opcode::OP_IMM).named("takes_short"), short),
    ])
    .named("alu_immediate")
}

/// Whether the ALU needs the complement of its second operand, as early as possible: out of few
/// bits of `instruction`. True of branches, SUB, comparisons, ANDN, ORN, XNOR, MIN and MAX; of what
/// is illegal it means nothing.
pub fn complements_b(instruction: Signal) -> Signal {
    let class = instruction.bits(6, 2).named("opcode_class");
    let is = |value: u64| class.eq(value >> 2);
    let bit = |index| instruction.bit(index);
    let funct3 = instruction.bits(14, 12);
    let compares = funct3.bits(2, 1).eq(1).named("function_compares");
    let compares_registers = compares & !bit(29) & !bit(25);
    // Bit 30 tells also SRA and BEXT, BCLR from others.
    let with_complement = bit(30) & (funct3.eq(0) | (funct3.bit(2) & funct3.ne(5)));
    let extreme = bit(27) & bit(25);
    let by_registers = (compares_registers | with_complement | extreme).named("op_complements");
    let branch = is(opcode::BRANCH).named("is_class_branch");
    let op = (is(opcode::OP) & by_registers).named("is_class_op");
    let op_imm = (is(opcode::OP_IMM) & compares).named("is_class_op_imm");
    (branch | op | op_imm).named("complements_b")
}
