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
        /// LUI, AUIPC, and OP and OP-IMM of the base.
        simple_alu: Bit;
        /// Zba, Zbb, Zbs.
        bit_manipulation: Bit;
        /// Conditional branch.
        branch: Bit;
        /// JAL or JALR.
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
/// A word of a class other than `system` may still be illegal in fields that do not matter for
/// pairing (reserved loads, stores, branches, JALR and AMOs); none of those that are illegal is
/// `simple_alu`, `bit_manipulation` or `muldiv`. Of `system` instructions and of LR it may say
/// that they read or write a register that they do not.
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
        let is_system = is("system", opcode::SYSTEM);
        let is_amo = config.atomics.then(|| is("amo", opcode::AMO));
        let or_amo = |signal: Signal| is_amo.map_or(signal, |is_amo| signal | is_amo);

        m.section("Registers");
        let is_upper = (is_lui | is_auipc).named("is_upper");
        let is_arithmetic = (is_op | is_op_imm).named("is_arithmetic");
        let csr_from_register = (is_system & !fields.funct3.bit(2)).named("csr_from_register");
        let base_rs1 = (is_jalr | is_branch | is_load | is_store).named("address_or_branch");
        predecode.reads_rs1.drive(or_amo(base_rs1 | is_arithmetic | csr_from_register));
        predecode.reads_rs2.drive(or_amo(is_branch | is_store | is_op));
        let no_rd = (is_branch | is_store).named("has_no_rd");
        predecode.writes_rd.drive(fields.rd.any() & !no_rd);

        m.section("Class");
        let simple_op = (is_op & legal.op).named("simple_op");
        let simple_op_imm = (is_op_imm & legal.op_imm).named("simple_op_imm");
        let simple = (is_upper | simple_op | simple_op_imm).named("is_simple_alu");
        let bits = bit_manipulation(&legal, is_op, is_op_imm).named("is_bit_manipulation");
        let muldiv = legal.muldiv.map_or(lit(0, Bit), |muldiv| is_op & muldiv).named("is_muldiv");
        let jump = (is_jal | is_jalr).named("is_jump");
        let memory = or_amo(is_load | is_store).named("is_memory");
        predecode.simple_alu.drive(simple);
        predecode.bit_manipulation.drive(bits);
        predecode.branch.drive(is_branch);
        predecode.jump.drive(jump);
        predecode.memory.drive(memory);
        predecode.muldiv.drive(muldiv);
        let arithmetic = (simple | bits | muldiv).named("is_legal_arithmetic");
        predecode.system.drive(!(arithmetic | is_branch | jump | memory));
    })
}

fn bit_manipulation(legal: &Legality, is_op: Signal, is_op_imm: Signal) -> Signal {
    let op = legal.bits.op().map(|codes| is_op & codes);
    let op_imm = legal.bits.op_imm().map(|codes| is_op_imm & codes);
    match (op, op_imm) {
        (Some(op), Some(op_imm)) => op | op_imm,
        (Some(only), None) | (None, Some(only)) => only,
        (None, None) => lit(0, Bit),
    }
}
