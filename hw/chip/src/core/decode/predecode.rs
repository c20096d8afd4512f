//! The little that a front end for two instructions must know of each, ahead of decode.

use systole_hdl::prelude::*;

use super::fields::Fields;
use super::legal::Legality;
use crate::config::CoreConfig;
use crate::core::encoding::opcode;
use crate::core::record::record;

record! {
    /// Registers and class of an instruction. Exactly one of the classes is set.
    pub Predecode {
        /// Reads rs1.
        reads_rs1: Bit;
        /// Reads rs2.
        reads_rs2: Bit;
        /// Writes a register other than x0.
        writes_rd: Bit;
        /// LUI, OP and OP-IMM, as far as the ALU computes them alone: the base, Zba, and of Zbb
        /// and Zbs logic with a complement, rotations and BEXT.
        simple_alu: Bit;
        /// AUIPC.
        upper_pc: Bit;
        /// What the bit manipulation unit computes.
        bit_manipulation: Bit;
        /// Conditional branch, a legal one.
        branch: Bit;
        /// JAL or JALR, a legal one.
        jump: Bit;
        /// Load, store, LR, SC or AMO.
        memory: Bit;
        /// Multiplication or division.
        muldiv: Bit;
        /// Everything else, also what is illegal.
        system: Bit;
    }
}

/// Module `core_predecode`: from an (expanded) `instruction` to [`Predecode`]. Combinational.
///
/// Of what is illegal only reserved loads, stores and AMOs have another class than `system`:
/// `memory`. Of `system` instructions and of LR it may say that they read or write a register
/// that they do not.
pub fn predecode(config: &CoreConfig) -> Module {
    module("core_predecode", |m| {
        m.doc("Registers read and written, and the class of an instruction.");
        let instruction = m.input("instruction", U(32));
        let fields = Fields::of(instruction);
        let legal = Legality::of(config, &fields);
        let predecode = Predecode::outputs(m);

        m.section("Major opcode");
        let is = |name: &str, value: u64| fields.opcode.eq(value).named(format!("is_{name}"));
        let is_lui = is("lui", opcode::LUI);
        let is_auipc = is("auipc", opcode::AUIPC);
        let is_jal = is("jal", opcode::JAL);
        let is_jalr = is("jalr", opcode::JALR);
        let is_branch = is("branch", opcode::BRANCH);
        let is_load = is("load", opcode::LOAD);
        let is_store = is("store", opcode::STORE);
        let is_op_imm = is("op_imm", opcode::OP_IMM);
        let is_op = is("op", opcode::OP);
        let is_amo = config.atomics.then(|| is("amo", opcode::AMO));
        let or_amo = |signal: Signal| is_amo.map_or(signal, |is_amo| signal | is_amo);

        m.section("Registers");
        let (reads_rs1, reads_rs2) = register_reads(config, instruction);
        predecode.reads_rs1.drive(reads_rs1);
        predecode.reads_rs2.drive(reads_rs2);
        let no_rd = (is_branch | is_store).named("has_no_rd");
        predecode.writes_rd.drive(fields.rd.any() & !no_rd);

        m.section("Class");
        let simple_op = (is_op & legal.op).named("simple_op");
        let simple_op_imm = (is_op_imm & legal.op_imm).named("simple_op_imm");
        let base = is_lui | simple_op | simple_op_imm;
        let in_alu = either(is_op, legal.bits.alu_op(), is_op_imm, legal.bits.alu_op_imm())
            .named("bits_in_alu");
        let simple = (base | in_alu).named("is_simple_alu");
        let bits = either(is_op, legal.bits.op(), is_op_imm, legal.bits.op_imm());
        let bits = (bits & !in_alu).named("is_bit_manipulation");
        let muldiv = legal.muldiv.map_or(lit(0, Bit), |muldiv| is_op & muldiv).named("is_muldiv");
        let branch = (is_branch & fields.funct3.bits(2, 1).ne(1)).named("is_legal_branch");
        let jump = (is_jal | (is_jalr & fields.funct3.eq(0))).named("is_jump");
        let memory = or_amo(is_load | is_store).named("is_memory");
        predecode.simple_alu.drive(simple);
        predecode.upper_pc.drive(is_auipc);
        predecode.bit_manipulation.drive(bits);
        predecode.branch.drive(branch);
        predecode.jump.drive(jump);
        predecode.memory.drive(memory);
        predecode.muldiv.drive(muldiv);
        let arithmetic = (simple | is_auipc | bits | muldiv).named("is_legal_arithmetic");
        predecode.system.drive(!(arithmetic | branch | jump | memory));
    })
}

/// Whether an (expanded) `instruction` reads rs1, and rs2, as early as possible: out of few bits.
///
/// It may say so of what is illegal, of `SYSTEM` instructions that are about no CSR, and of the rs2
/// of LR, which is 0.
pub fn register_reads(config: &CoreConfig, instruction: Signal) -> (Signal, Signal) {
    let class = instruction.bits(6, 2).named("opcode_class");
    let is = |name: &str, value: u64| class.eq(value >> 2).named(format!("is_class_{name}"));
    let is_jalr = is("jalr", opcode::JALR);
    let is_branch = is("branch", opcode::BRANCH);
    let is_load = is("load", opcode::LOAD);
    let is_store = is("store", opcode::STORE);
    let is_op = is("op", opcode::OP);
    let is_arithmetic = (is_op | is("op_imm", opcode::OP_IMM)).named("is_arithmetic");
    let is_system = is("system", opcode::SYSTEM);
    let csr_from_register = (is_system & !instruction.bit(14)).named("csr_from_register");
    let is_amo = config.atomics.then(|| is("amo", opcode::AMO));
    let or_amo = |signal: Signal| is_amo.map_or(signal, |is_amo| signal | is_amo);
    let addresses = (is_jalr | is_branch | is_load | is_store).named("address_or_branch");
    let reads_rs1 = or_amo(addresses | is_arithmetic | csr_from_register);
    let reads_rs2 = or_amo(is_branch | is_store | is_op);
    (reads_rs1.named("may_read_rs1"), reads_rs2.named("may_read_rs2"))
}

/// OP with one of `op`, or OP-IMM with one of `op_imm`.
fn either(is_op: Signal, op: Option<Signal>, is_op_imm: Signal, op_imm: Option<Signal>) -> Signal {
    let found = [op.map(|codes| is_op & codes), op_imm.map(|codes| is_op_imm & codes)];
    found.into_iter().flatten().reduce(|a, b| a | b).unwrap_or_else(|| lit(0, Bit))
}
