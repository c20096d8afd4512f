//! Numbers of the RISC-V manuals that more than one module needs.

/// Major opcodes, `instruction[6:0]`.
pub mod opcode {
    pub const LOAD: u64 = 0x03;
    pub const MISC_MEM: u64 = 0x0f;
    pub const OP_IMM: u64 = 0x13;
    pub const AUIPC: u64 = 0x17;
    pub const STORE: u64 = 0x23;
    pub const OP: u64 = 0x33;
    pub const LUI: u64 = 0x37;
    pub const BRANCH: u64 = 0x63;
    pub const JALR: u64 = 0x67;
    pub const JAL: u64 = 0x6f;
    pub const SYSTEM: u64 = 0x73;
    pub const AMO: u64 = 0x2f;
}

/// ALU operations: `{funct7[5], funct3}` of the OP instruction.
pub mod alu_op {
    pub const ADD: u64 = 0b0000;
    pub const SUB: u64 = 0b1000;
    pub const SLL: u64 = 0b0001;
    pub const SLT: u64 = 0b0010;
    pub const SLTU: u64 = 0b0011;
    pub const XOR: u64 = 0b0100;
    pub const SRL: u64 = 0b0101;
    pub const SRA: u64 = 0b1101;
    pub const OR: u64 = 0b0110;
    pub const AND: u64 = 0b0111;
}

/// Exception codes of `mcause`.
pub mod cause {
    pub const TARGET_MISALIGNED: u64 = 0;
    pub const INSTRUCTION_FAULT: u64 = 1;
    pub const ILLEGAL_INSTRUCTION: u64 = 2;
    pub const BREAKPOINT: u64 = 3;
    pub const LOAD_MISALIGNED: u64 = 4;
    pub const LOAD_FAULT: u64 = 5;
    pub const STORE_MISALIGNED: u64 = 6;
    pub const STORE_FAULT: u64 = 7;
    pub const ECALL_M: u64 = 11;
}

/// Interrupt codes of `mcause`; also bit numbers in `mie` and `mip`.
pub mod interrupt {
    pub const SOFTWARE: u64 = 3;
    pub const TIMER: u64 = 7;
    pub const EXTERNAL: u64 = 11;
}

/// CSR numbers.
pub mod csr {
    pub const MSTATUS: u64 = 0x300;
    pub const MISA: u64 = 0x301;
    pub const MIE: u64 = 0x304;
    pub const MTVEC: u64 = 0x305;
    pub const MSTATUSH: u64 = 0x310;
    pub const MCOUNTINHIBIT: u64 = 0x320;
    pub const MSCRATCH: u64 = 0x340;
    pub const MEPC: u64 = 0x341;
    pub const MCAUSE: u64 = 0x342;
    pub const MTVAL: u64 = 0x343;
    pub const MIP: u64 = 0x344;
    pub const MCYCLE: u64 = 0xb00;
    pub const MINSTRET: u64 = 0xb02;
    pub const MCYCLEH: u64 = 0xb80;
    pub const MINSTRETH: u64 = 0xb82;
    pub const MVENDORID: u64 = 0xf11;
    pub const MARCHID: u64 = 0xf12;
    pub const MIMPID: u64 = 0xf13;
    pub const MHARTID: u64 = 0xf14;
    pub const MCONFIGPTR: u64 = 0xf15;

    /// Every CSR that exists, with its name.
    pub const ALL: [(&str, u64); 20] = [
        ("MSTATUS", MSTATUS),
        ("MISA", MISA),
        ("MIE", MIE),
        ("MTVEC", MTVEC),
        ("MSTATUSH", MSTATUSH),
        ("MCOUNTINHIBIT", MCOUNTINHIBIT),
        ("MSCRATCH", MSCRATCH),
        ("MEPC", MEPC),
        ("MCAUSE", MCAUSE),
        ("MTVAL", MTVAL),
        ("MIP", MIP),
        ("MCYCLE", MCYCLE),
        ("MINSTRET", MINSTRET),
        ("MCYCLEH", MCYCLEH),
        ("MINSTRETH", MINSTRETH),
        ("MVENDORID", MVENDORID),
        ("MARCHID", MARCHID),
        ("MIMPID", MIMPID),
        ("MHARTID", MHARTID),
        ("MCONFIGPTR", MCONFIGPTR),
    ];
}
