//! Instruction decoder.

mod arithmetic;
mod fields;
mod legal;
mod predecode;
mod system;

use systole_hdl::prelude::*;

use super::encoding::{bit_op, opcode};
use super::record::record;
use crate::config::CoreConfig;
use arithmetic::{Functions, op_case, op_imm_case};
use fields::{Fields, Immediates, complements_b};
pub use fields::{alu_immediate, pc_offset};
use legal::{Legality, atomic_exists};
pub use predecode::{Predecode, predecode, register_reads};
use system::{SystemCodes, system_case};

record! {
    /// What an instruction asks of the pipeline. Of an illegal one the fields mean nothing: who
    /// executes it must look at `illegal`.
    pub Operation(config) {
        /// Destination; 0 for none.
        rd: U(5);
        /// Second operand of ALU and address; 0 where an instruction has none.
        immediate: U(32);
        /// First ALU operand is the pc: AUIPC.
        operand_a_pc: Bit;
        /// Second ALU operand is the immediate, also where the sum is an address.
        operand_b_immediate: Bit;
        /// Complement the second operand and carry in: SUB, comparisons, ANDN, ORN, XNOR.
        alu_invert_b: Bit;
        /// Result is the sum.
        alu_sum: Bit;
        /// Result is the comparison.
        alu_less: Bit;
        /// Comparison is unsigned.
        alu_unsigned: Bit;
        /// Result is a logic operation: one of `encoding::logic`, 0 for none.
        alu_logic: U(2);
        /// Result is shifted.
        alu_shift: Bit;
        /// Shift or rotate left.
        alu_shift_left: Bit;
        /// Shift in the sign.
        alu_shift_sign: Bit;
        /// Rotate instead of shifting.
        alu_rotate: Bit, if config.zbb;
        /// Keep only bit 0 of what is shifted: BEXT.
        alu_extract: Bit, if config.zbs;
        /// Result is the sum with the first operand scaled: SH1ADD, SH2ADD, SH3ADD.
        alu_scaled: Bit, if config.zba;
        /// By how much: 1, 2 or 3 bits.
        alu_scale: U(2), if config.zba;
        /// Result is that of the bit manipulation unit: one-hot, `encoding::bit_op`.
        bit_op: U(bit_op::WIDTH), if config.zbb | config.zbs;
        /// Selects within a class.
        funct3: U(3);
        /// Conditional branch.
        is_branch: Bit;
        /// JAL or JALR.
        is_jump: Bit;
        /// Address is rs1 + immediate rather than pc + immediate.
        address_from_rs1: Bit;
        /// Load, and LR.
        is_load: Bit;
        /// Store, and SC.
        is_store: Bit;
        /// LR.
        is_lr: Bit, if config.atomics;
        /// SC.
        is_sc: Bit, if config.atomics;
        /// AMO; neither load nor store.
        is_amo: Bit, if config.atomics;
        /// Which AMO.
        funct5: U(5), if config.atomics;
        /// MUL, MULH, MULHSU, MULHU.
        is_multiply: Bit, if config.has_multiply();
        /// DIV, DIVU, REM, REMU.
        is_divide: Bit, if config.has_multiply();
        /// CSR instruction.
        is_csr: Bit;
        /// CSR instruction that writes.
        csr_writes: Bit;
        /// CSR number.
        csr_number: U(12);
        /// MRET.
        is_mret: Bit;
        /// WFI.
        is_wfi: Bit;
        /// FENCE.I.
        is_fence_i: Bit;
    }
}

record! {
    /// Controls of an [`alu`](super::alu::alu): those fields of an [`Operation`].
    pub AluControl(config) {
        /// Complement the second operand and carry in.
        alu_invert_b: Bit;
        /// Result is the sum.
        alu_sum: Bit;
        /// Result is the comparison.
        alu_less: Bit;
        /// Comparison is unsigned.
        alu_unsigned: Bit;
        /// Result is a logic operation.
        alu_logic: U(2);
        /// Result is shifted.
        alu_shift: Bit;
        /// Shift or rotate left.
        alu_shift_left: Bit;
        /// Shift in the sign.
        alu_shift_sign: Bit;
        /// Rotate instead of shifting.
        alu_rotate: Bit, if config.zbb;
        /// Keep only bit 0 of what is shifted.
        alu_extract: Bit, if config.zbs;
        /// Result is the sum with the first operand scaled.
        alu_scaled: Bit, if config.zba;
        /// By how much.
        alu_scale: U(2), if config.zba;
    }
}

impl AluControl {
    /// Connects the controls of an instance of [`alu`](super::alu::alu).
    pub fn pin(&self, alu: Instance) -> Instance {
        alu.pin("invert_b", self.alu_invert_b)
            .pin("select_sum", self.alu_sum)
            .pin("select_less", self.alu_less)
            .pin("compare_unsigned", self.alu_unsigned)
            .pin("logic_function", self.alu_logic)
            .pin("select_shift", self.alu_shift)
            .pin("shift_left", self.alu_shift_left)
            .pin("shift_sign", self.alu_shift_sign);
        let optional = [
            ("rotate", self.alu_rotate),
            ("extract", self.alu_extract),
            ("select_scaled", self.alu_scaled),
            ("scale", self.alu_scale),
        ];
        for (port, control) in optional {
            if let Some(control) = control {
                alu.pin(port, control);
            }
        }
        alu
    }
}

impl Operation {
    /// Connects the controls of an instance of [`alu`](super::alu::alu).
    pub fn pin_alu(&self, alu: Instance) -> Instance {
        let control = AluControl {
            alu_invert_b: self.alu_invert_b,
            alu_sum: self.alu_sum,
            alu_less: self.alu_less,
            alu_unsigned: self.alu_unsigned,
            alu_logic: self.alu_logic,
            alu_shift: self.alu_shift,
            alu_shift_left: self.alu_shift_left,
            alu_shift_sign: self.alu_shift_sign,
            alu_rotate: self.alu_rotate,
            alu_extract: self.alu_extract,
            alu_scaled: self.alu_scaled,
            alu_scale: self.alu_scale,
        };
        control.pin(alu)
    }
}

/// What the pipeline must know beside the operation.
struct Effects {
    legal: Signal,
    reads_rs1: Signal,
    reads_rs2: Signal,
    writes_rd: Signal,
    is_muldiv: Option<Signal>,
    is_ecall: Signal,
    is_ebreak: Signal,
}

/// What decides whether an instruction is legal beside its word.
struct Privilege {
    csr_legal: Signal,
    /// In U mode, and in U mode with `mstatus.TW`; only where there is U mode.
    user: Option<(Signal, Signal)>,
}

/// The word, taken apart.
struct Word<'a> {
    fields: &'a Fields,
    immediates: &'a Immediates,
    legal: &'a Legality,
    /// It is an instruction of the A extension, if its opcode is AMO.
    atomic: Option<Signal>,
}

/// The decoder: combinational, from an (expanded) instruction to its [`Operation`], whether it
/// reads `rs1` and `rs2`, and the exceptions that it raises itself.
///
/// Inputs: `instruction`; `csr_legal`, whether the CSR access that the operation shows
/// (`csr_number`, `csr_writes`) is legal, see [`csr_access`](super::csr::csr_access); with
/// U mode `user`, the mode, and `wait_illegal`, `mstatus.TW` in U mode.
pub fn decode(config: &CoreConfig) -> Module {
    module("core_decode", |m| {
        m.doc(format!("Instruction decoder of {}.", config.isa()));
        let instruction = m.input("instruction", U(32));
        let privilege = Privilege {
            csr_legal: m.input("csr_legal", Bit).doc("if it is a CSR instruction"),
            user: config.user_mode.then(|| {
                let user = m.input("user", Bit).doc("U mode");
                (user, m.input("wait_illegal", Bit).doc("U mode, and TW set"))
            }),
        };

        m.section("Fields");
        let fields = Fields::of(instruction);
        let immediates = Immediates::of(instruction);

        m.section("Function codes");
        let legal = Legality::of(config, &fields);

        let atomic = config.atomics.then(|| atomic_exists(m, &fields));

        m.section("Major opcode");
        let operation = Operation::outputs(m, config);
        let effects = Effects {
            legal: m.wire("legal", Bit),
            reads_rs1: m.output_wire("reads_rs1", Bit),
            reads_rs2: m.output_wire("reads_rs2", Bit),
            writes_rd: m.wire("writes_rd", Bit),
            is_muldiv: config.has_multiply().then(|| m.wire("is_muldiv", Bit)),
            is_ecall: m.output_wire("ecall", Bit),
            is_ebreak: m.output_wire("ebreak", Bit),
        };
        let word = Word { fields: &fields, immediates: &immediates, legal: &legal, atomic };
        opcode_case(m, &word, &privilege, &operation, &effects);
        m.output("illegal", !effects.legal);

        m.section("Fields of the operation");
        operation.rd.drive(fields.rd & effects.writes_rd.repeat(5));
        operation.funct3.drive(fields.funct3);
        operation.alu_invert_b.drive(complements_b(instruction));
        operation.csr_number.drive(fields.funct12);
        operation.csr_writes.drive(operation.is_csr & csr_writes(&fields));
        if let Some(funct5) = operation.funct5 {
            funct5.drive(instruction.bits(31, 27));
        }
        if let (Some(muldiv), Some(multiply), Some(divide)) =
            (effects.is_muldiv, operation.is_multiply, operation.is_divide)
        {
            multiply.drive(muldiv & !fields.funct3.bit(2));
            divide.drive(muldiv & fields.funct3.bit(2));
        }
    })
}

/// A CSR instruction writes, unless it sets or clears the bits of x0 or of a zero immediate.
fn csr_writes(fields: &Fields) -> Signal {
    let sets_or_clears = fields.funct3.bit(1).named("csr_sets_or_clears");
    !sets_or_clears | fields.rs1.any()
}

/// The values for an instruction that does nothing.
fn set_defaults(o: &Operation, e: &Effects) {
    let flags = [
        Some(e.legal),
        Some(e.reads_rs1),
        Some(e.reads_rs2),
        Some(e.writes_rd),
        e.is_muldiv,
        Some(e.is_ecall),
        Some(e.is_ebreak),
        Some(o.immediate),
        Some(o.operand_a_pc),
        Some(o.operand_b_immediate),
        Some(o.alu_sum),
        Some(o.alu_less),
        Some(o.alu_unsigned),
        Some(o.alu_logic),
        Some(o.alu_shift),
        Some(o.alu_shift_left),
        Some(o.alu_shift_sign),
        o.alu_rotate,
        o.alu_extract,
        o.alu_scaled,
        o.alu_scale,
        o.bit_op,
        Some(o.is_branch),
        Some(o.is_jump),
        Some(o.address_from_rs1),
        Some(o.is_load),
        Some(o.is_store),
        o.is_lr,
        o.is_sc,
        o.is_amo,
        Some(o.is_csr),
        Some(o.is_mret),
        Some(o.is_wfi),
        Some(o.is_fence_i),
    ];
    for flag in flags.into_iter().flatten() {
        flag.set(0);
    }
}

/// Sets one-bit wires to 1.
fn set_flags(flags: &[Signal]) {
    for flag in flags {
        flag.set(1);
    }
}

/// The case over the major opcode.
fn opcode_case(m: M, word: &Word, privilege: &Privilege, o: &Operation, e: &Effects) {
    let (fields, imm, legal) = (word.fields, word.immediates, word.legal);
    let major = |name: &str, value: u64| m.constant(name, value, U(7));
    let lui = major("LUI", opcode::LUI);
    let auipc = major("AUIPC", opcode::AUIPC);
    let jal = major("JAL", opcode::JAL);
    let jalr = major("JALR", opcode::JALR);
    let branch = major("BRANCH", opcode::BRANCH);
    let load = major("LOAD", opcode::LOAD);
    let store = major("STORE", opcode::STORE);
    let op_imm = major("OP_IMM", opcode::OP_IMM);
    let op = major("OP", opcode::OP);
    let misc_mem = major("MISC_MEM", opcode::MISC_MEM);
    let system = major("SYSTEM", opcode::SYSTEM);
    let amo = word.atomic.map(|_| major("AMO", opcode::AMO));
    let codes = SystemCodes::constants(m);
    let functions = Functions::of(fields, &legal.bits);

    let funct3 = fields.funct3;
    m.comb(|| {
        set_defaults(o, e);
        switch(fields.opcode, |s| {
            s.case(lui, || {
                set_flags(&[e.legal, e.writes_rd, o.operand_b_immediate, o.alu_sum]);
                o.immediate.set(imm.u);
            });
            s.case(auipc, || {
                set_flags(&[e.legal, e.writes_rd, o.operand_a_pc, o.operand_b_immediate]);
                o.alu_sum.set(1);
                o.immediate.set(imm.u);
            });
            s.case(jal, || {
                set_flags(&[e.legal, e.writes_rd, o.is_jump]);
                o.immediate.set(imm.j);
            });
            s.case(jalr, || {
                e.legal.set(funct3.eq(0));
                set_flags(&[e.writes_rd, e.reads_rs1, o.is_jump, o.address_from_rs1]);
                o.operand_b_immediate.set(1);
                o.immediate.set(imm.i);
            });
            s.case(branch, || {
                e.legal.set(funct3.bits(2, 1).ne(1));
                set_flags(&[e.reads_rs1, e.reads_rs2, o.is_branch]);
                o.alu_unsigned.set(funct3.bit(1));
                o.immediate.set(imm.b);
            });
            s.case(load, || {
                e.legal.set(funct3.ne(3) & funct3.lt(6));
                set_flags(&[e.reads_rs1, e.writes_rd, o.is_load, o.address_from_rs1]);
                o.operand_b_immediate.set(1);
                o.immediate.set(imm.i);
            });
            s.case(store, || {
                e.legal.set(funct3.lt(3));
                set_flags(&[e.reads_rs1, e.reads_rs2, o.is_store, o.address_from_rs1]);
                o.operand_b_immediate.set(1);
                o.immediate.set(imm.s);
            });
            s.case(op_imm, || {
                set_flags(&[e.reads_rs1, e.writes_rd, o.operand_b_immediate]);
                o.immediate.set(imm.i);
                op_imm_case(legal, &functions, o, e);
            });
            s.case(op, || {
                set_flags(&[e.reads_rs1, e.reads_rs2, e.writes_rd]);
                op_case(legal, &functions, o, e);
            });
            s.case(misc_mem, || {
                // Reserved fields are ignored: FENCE is a NOP with any of them.
                e.legal.set(funct3.lt(2));
                o.is_fence_i.set(funct3.bit(0));
            });
            s.case(system, || system_case(fields, &codes, imm, privilege, o, e));
            if let (Some(amo), Some(exists)) = (amo, word.atomic) {
                s.case(amo, || system::atomic_case(fields, exists, o, e));
            }
            s.default(|| e.legal.set(0));
        });
    });
}
