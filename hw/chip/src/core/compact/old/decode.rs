//! Instruction decoder.

use systole_hdl::prelude::*;

use super::encoding::{alu_op, csr, opcode};
use super::record::record;

record! {
    /// What an instruction asks of the pipeline; all fields are 0 for one that does nothing but
    /// trap.
    pub Operation {
        /// Destination; 0 for none.
        rd: U(5),
        /// Second operand of ALU and address.
        immediate: U(32),
        /// Operation of the ALU.
        alu_op: U(4),
        /// First ALU operand is the pc.
        operand_a_pc: Bit,
        /// Second ALU operand is the immediate.
        operand_b_immediate: Bit,
        /// Selects within a class.
        funct3: U(3),
        /// Conditional branch.
        is_branch: Bit,
        /// JAL or JALR.
        is_jump: Bit,
        /// Address is rs1 + immediate rather than pc + immediate.
        address_from_rs1: Bit,
        /// Load.
        is_load: Bit,
        /// Store.
        is_store: Bit,
        /// MUL, MULH, MULHSU, MULHU.
        is_multiply: Bit,
        /// DIV, DIVU, REM, REMU.
        is_divide: Bit,
        /// CSR instruction.
        is_csr: Bit,
        /// CSR instruction that writes.
        csr_writes: Bit,
        /// CSR number.
        csr_number: U(12),
        /// MRET.
        is_mret: Bit,
        /// FENCE.I.
        is_fence_i: Bit,
    }
}

/// Fields of an instruction word.
struct Fields {
    opcode: Signal,
    rd: Signal,
    funct3: Signal,
    rs1: Signal,
    rs2: Signal,
    funct7: Signal,
}

impl Fields {
    fn of(instruction: Signal) -> Self {
        Self {
            opcode: instruction.bits(6, 0).named("opcode"),
            rd: instruction.bits(11, 7).named("rd_field"),
            funct3: instruction.bits(14, 12).named("funct3_field"),
            rs1: instruction.bits(19, 15).named("rs1_field"),
            rs2: instruction.bits(24, 20).named("rs2_field"),
            funct7: instruction.bits(31, 25).named("funct7"),
        }
    }
}

/// Immediates of the instruction formats, sign-extended to 32 bits.
struct Immediates {
    i: Signal,
    s: Signal,
    b: Signal,
    u: Signal,
    j: Signal,
    /// `uimm` of the CSR instructions.
    z: Signal,
}

impl Immediates {
    fn of(instruction: Signal) -> Self {
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

/// Results of the opcode case, before an illegal instruction is stripped of its effects.
struct Decoded {
    legal: Signal,
    reads_rs1: Signal,
    reads_rs2: Signal,
    writes_rd: Signal,
    immediate: Signal,
    alu_op: Signal,
    operand_a_pc: Signal,
    operand_b_immediate: Signal,
    is_branch: Signal,
    is_jump: Signal,
    address_from_rs1: Signal,
    is_load: Signal,
    is_store: Signal,
    is_muldiv: Signal,
    is_csr: Signal,
    is_mret: Signal,
    is_fence_i: Signal,
    is_ecall: Signal,
    is_ebreak: Signal,
}

impl Decoded {
    fn wires(m: M) -> Self {
        let flag = |name: &str| m.wire(format!("decoded_{name}"), Bit);
        Self {
            legal: flag("legal"),
            reads_rs1: flag("reads_rs1"),
            reads_rs2: flag("reads_rs2"),
            writes_rd: flag("writes_rd"),
            immediate: m.wire("decoded_immediate", U(32)),
            alu_op: m.wire("decoded_alu_op", U(4)),
            operand_a_pc: flag("operand_a_pc"),
            operand_b_immediate: flag("operand_b_immediate"),
            is_branch: flag("is_branch"),
            is_jump: flag("is_jump"),
            address_from_rs1: flag("address_from_rs1"),
            is_load: flag("is_load"),
            is_store: flag("is_store"),
            is_muldiv: flag("is_muldiv"),
            is_csr: flag("is_csr"),
            is_mret: flag("is_mret"),
            is_fence_i: flag("is_fence_i"),
            is_ecall: flag("is_ecall"),
            is_ebreak: flag("is_ebreak"),
        }
    }

    /// The values for an instruction that does nothing.
    fn set_defaults(&self, immediate: Signal) {
        self.immediate.set(immediate);
        self.alu_op.set(alu_op::ADD);
        for flag in [
            self.legal,
            self.reads_rs1,
            self.reads_rs2,
            self.writes_rd,
            self.operand_a_pc,
            self.operand_b_immediate,
            self.is_branch,
            self.is_jump,
            self.address_from_rs1,
            self.is_load,
            self.is_store,
            self.is_muldiv,
            self.is_csr,
            self.is_mret,
            self.is_fence_i,
            self.is_ecall,
            self.is_ebreak,
        ] {
            flag.set(0);
        }
    }
}

/// The decoder: combinational, from a word to an [`Operation`], the registers read (`rs1`, `rs2`,
/// 0 for none) and the exceptions that the word itself raises. With `squash` the word has no
/// effect and raises nothing.
pub fn decode() -> Module {
    module("core_decode", |m| {
        m.doc("Instruction decoder of RV32IM_Zicsr_Zifencei, machine mode.");
        let instruction = m.input("instruction", U(32));
        let squash = m.input("squash", Bit).doc("the word is not executed");

        m.section("Fields");
        let fields = Fields::of(instruction);
        let immediates = Immediates::of(instruction);

        m.section("Legal function codes");
        let legal = Legality::of(m, instruction, &fields);

        m.section("Major opcode");
        let decoded = Decoded::wires(m);
        opcode_case(m, &fields, &immediates, &legal, &decoded);

        m.section("Effects");
        let active = (decoded.legal & !squash).named("active");
        let gate = |value: Signal| value & active.repeat(value.width());
        let reads_rs1 = (active & decoded.reads_rs1).named("reads_rs1");
        let reads_rs2 = (active & decoded.reads_rs2).named("reads_rs2");
        let writes_rd = (active & decoded.writes_rd).named("writes_rd");
        m.output("rs1", fields.rs1 & reads_rs1.repeat(5));
        m.output("rs2", fields.rs2 & reads_rs2.repeat(5));
        let is_divide_code = fields.funct3.bit(2).named("is_divide_code");
        let operation = Operation::outputs(m);
        operation.rd.drive(fields.rd & writes_rd.repeat(5));
        operation.immediate.drive(decoded.immediate);
        operation.alu_op.drive(decoded.alu_op);
        operation.operand_a_pc.drive(decoded.operand_a_pc);
        operation.operand_b_immediate.drive(decoded.operand_b_immediate);
        operation.funct3.drive(fields.funct3);
        operation.is_branch.drive(gate(decoded.is_branch));
        operation.is_jump.drive(gate(decoded.is_jump));
        operation.address_from_rs1.drive(decoded.address_from_rs1);
        operation.is_load.drive(gate(decoded.is_load));
        operation.is_store.drive(gate(decoded.is_store));
        operation.is_multiply.drive(gate(decoded.is_muldiv & !is_divide_code));
        operation.is_divide.drive(gate(decoded.is_muldiv & is_divide_code));
        operation.is_csr.drive(gate(decoded.is_csr));
        operation.csr_writes.drive(gate(decoded.is_csr & legal.csr_writes));
        operation.csr_number.drive(legal.csr_number);
        operation.is_mret.drive(gate(decoded.is_mret));
        operation.is_fence_i.drive(gate(decoded.is_fence_i));

        m.section("Exceptions of the word itself");
        m.output("illegal", !decoded.legal & !squash);
        m.output("ecall", gate(decoded.is_ecall));
        m.output("ebreak", gate(decoded.is_ebreak));
    })
}

/// Which function codes exist.
struct Legality {
    funct7_alternate: Signal,
    funct7_muldiv: Signal,
    op_imm: Signal,
    op: Signal,
    load: Signal,
    store: Signal,
    branch: Signal,
    csr: Signal,
    csr_number: Signal,
    csr_writes: Signal,
}

impl Legality {
    fn of(m: M, instruction: Signal, fields: &Fields) -> Self {
        let (funct3, funct7) = (fields.funct3, fields.funct7);
        let funct7_base = funct7.eq(0x00).named("funct7_base");
        let funct7_alternate = funct7.eq(0x20).named("funct7_alternate");
        let funct7_muldiv = funct7.eq(0x01).named("funct7_muldiv");
        let is_shift_left = funct3.eq(1).named("is_shift_left");
        let is_shift_right = funct3.eq(5).named("is_shift_right");
        let is_sub_or_sra = (funct3.eq(0) | is_shift_right).named("is_sub_or_sra");
        let base_or_alternate = (funct7_base | funct7_alternate).named("base_or_alternate");
        let op_imm = is_shift_left.mux(funct7_base, !is_shift_right | base_or_alternate);
        let op = funct7_base | funct7_muldiv | (funct7_alternate & is_sub_or_sra);

        let csr_number = instruction.bits(31, 20).named("csr_number_field");
        let csr_exists = m.wire("csr_exists", Bit);
        let numbers: Vec<Signal> =
            csr::ALL.iter().map(|&(name, number)| m.constant(name, number, U(12))).collect();
        let block = csr_number.bits(11, 5).named("csr_block");
        let hpm = (block.eq(0x58) | block.eq(0x5c) | block.eq(0x19)) & csr_number.bits(4, 0).ge(3);
        let hpm = hpm.named("csr_hpm");
        m.comb(|| {
            switch(csr_number, |s| {
                s.cases(&numbers, || csr_exists.set(1));
                s.default(|| csr_exists.set(hpm));
            });
        });
        let csr_sets_or_clears = funct3.bit(1).named("csr_sets_or_clears");
        let csr_writes = (!csr_sets_or_clears | fields.rs1.ne(0)).named("csr_writes_field");
        let csr_read_only = csr_number.bits(11, 10).eq(3).named("csr_read_only");
        let csr = csr_exists & !(csr_writes & csr_read_only) & funct3.ne(4);
        Self {
            funct7_alternate,
            funct7_muldiv,
            op_imm: op_imm.named("op_imm_legal"),
            op: op.named("op_legal"),
            load: (funct3.ne(3) & funct3.lt(6)).named("load_legal"),
            store: funct3.lt(3).named("store_legal"),
            branch: funct3.bits(2, 1).ne(1).named("branch_legal"),
            csr: csr.named("csr_legal"),
            csr_number,
            csr_writes,
        }
    }
}

/// The case over the major opcode.
fn opcode_case(m: M, fields: &Fields, imm: &Immediates, legal: &Legality, d: &Decoded) {
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

    let codes = SystemCodes {
        ecall: m.constant("ECALL", 0x000, U(12)),
        ebreak: m.constant("EBREAK", 0x001, U(12)),
        wfi: m.constant("WFI", 0x105, U(12)),
        mret: m.constant("MRET", 0x302, U(12)),
    };

    let funct3 = fields.funct3;
    let alternate_shift = (legal.funct7_alternate & funct3.eq(5)).named("alternate_shift");
    m.comb(|| {
        d.set_defaults(imm.i);
        switch(fields.opcode, |s| {
            s.case(lui, || {
                set_flags(&[d.legal, d.writes_rd, d.operand_b_immediate]);
                d.immediate.set(imm.u);
            });
            s.case(auipc, || {
                set_flags(&[d.legal, d.writes_rd, d.operand_a_pc, d.operand_b_immediate]);
                d.immediate.set(imm.u);
            });
            s.case(jal, || {
                set_flags(&[d.legal, d.writes_rd, d.is_jump]);
                d.immediate.set(imm.j);
            });
            s.case(jalr, || {
                d.legal.set(funct3.eq(0));
                set_flags(&[d.writes_rd, d.reads_rs1, d.is_jump, d.address_from_rs1]);
            });
            s.case(branch, || {
                d.legal.set(legal.branch);
                set_flags(&[d.reads_rs1, d.reads_rs2, d.is_branch]);
                d.immediate.set(imm.b);
            });
            s.case(load, || {
                d.legal.set(legal.load);
                set_flags(&[d.reads_rs1, d.writes_rd, d.is_load, d.address_from_rs1]);
            });
            s.case(store, || {
                d.legal.set(legal.store);
                set_flags(&[d.reads_rs1, d.reads_rs2, d.is_store, d.address_from_rs1]);
                d.immediate.set(imm.s);
            });
            s.case(op_imm, || {
                d.legal.set(legal.op_imm);
                set_flags(&[d.reads_rs1, d.writes_rd, d.operand_b_immediate]);
                d.alu_op.set(cat(&[alternate_shift, funct3]));
            });
            s.case(op, || {
                d.legal.set(legal.op);
                set_flags(&[d.reads_rs1, d.reads_rs2, d.writes_rd]);
                d.is_muldiv.set(legal.funct7_muldiv);
                d.alu_op.set(cat(&[legal.funct7_alternate, funct3]));
            });
            s.case(misc_mem, || {
                // Reserved fields are ignored: FENCE is a NOP with any of them.
                d.legal.set(funct3.lt(2));
                d.is_fence_i.set(funct3.bit(0));
            });
            s.case(system, || system_case(fields, &codes, imm, legal, d));
            s.default(|| d.legal.set(0));
        });
    });
}

/// `instruction[31:20]` of the privileged instructions.
struct SystemCodes {
    ecall: Signal,
    ebreak: Signal,
    wfi: Signal,
    mret: Signal,
}

/// SYSTEM: the privileged instructions and the CSR instructions.
fn system_case(
    fields: &Fields,
    codes: &SystemCodes,
    imm: &Immediates,
    legal: &Legality,
    d: &Decoded,
) {
    when(fields.funct3.ne(0), || {
        let from_immediate = fields.funct3.bit(2);
        d.legal.set(legal.csr);
        set_flags(&[d.is_csr, d.writes_rd, d.operand_b_immediate]);
        // The ALU computes rs1 + 0 or x0 + uimm.
        d.reads_rs1.set(!from_immediate);
        d.immediate.set(from_immediate.mux(imm.z, 0));
    })
    .or_when(fields.rs1.eq(0) & fields.rd.eq(0), || {
        switch(legal.csr_number, |s| {
            s.case(codes.ecall, || set_flags(&[d.legal, d.is_ecall]));
            s.case(codes.ebreak, || set_flags(&[d.legal, d.is_ebreak]));
            s.case(codes.mret, || set_flags(&[d.legal, d.is_mret]));
            s.case(codes.wfi, || d.legal.set(1));
            s.default(|| d.legal.set(0));
        });
    });
}

/// Sets one-bit wires to 1.
fn set_flags(flags: &[Signal]) {
    for flag in flags {
        flag.set(1);
    }
}
