//! Numbers of the RISC-V manuals that more than one module needs.

/// Major opcodes, `instruction[6:0]`.
pub mod opcode {
    pub const LOAD: u64 = 0x03;
    pub const MISC_MEM: u64 = 0x0f;
    pub const OP_IMM: u64 = 0x13;
    pub const AUIPC: u64 = 0x17;
    pub const STORE: u64 = 0x23;
    pub const AMO: u64 = 0x2f;
    pub const OP: u64 = 0x33;
    pub const LUI: u64 = 0x37;
    pub const BRANCH: u64 = 0x63;
    pub const JALR: u64 = 0x67;
    pub const JAL: u64 = 0x6f;
    pub const SYSTEM: u64 = 0x73;
}

/// `funct7` of OP, and of the shifts of OP-IMM.
pub mod funct7 {
    pub const BASE: u64 = 0x00;
    pub const MULDIV: u64 = 0x01;
    pub const ZEXT: u64 = 0x04;
    pub const MIN_MAX: u64 = 0x05;
    pub const SHADD: u64 = 0x10;
    pub const BSET: u64 = 0x14;
    pub const ALTERNATE: u64 = 0x20;
    pub const BCLR_BEXT: u64 = 0x24;
    pub const ROTATE: u64 = 0x30;
    pub const BINV: u64 = 0x34;
}

/// `instruction[31:20]` of the Zbb instructions with one operand.
pub mod unary {
    pub const CLZ: u64 = 0x600;
    pub const CTZ: u64 = 0x601;
    pub const CPOP: u64 = 0x602;
    pub const SEXT_B: u64 = 0x604;
    pub const SEXT_H: u64 = 0x605;
    pub const ZEXT_H: u64 = 0x080;
    pub const ORC_B: u64 = 0x287;
    pub const REV8: u64 = 0x698;
}

/// `funct5`, `instruction[31:27]`, of the A extension.
pub mod atomic {
    pub const ADD: u64 = 0b00000;
    pub const SWAP: u64 = 0b00001;
    pub const LR: u64 = 0b00010;
    pub const SC: u64 = 0b00011;
    pub const XOR: u64 = 0b00100;
    pub const OR: u64 = 0b01000;
    pub const AND: u64 = 0b01100;
    pub const MIN: u64 = 0b10000;
    pub const MAX: u64 = 0b10100;
    pub const MINU: u64 = 0b11000;
    pub const MAXU: u64 = 0b11100;
}

/// Values of the ALU's `logic`.
pub mod logic {
    pub const NONE: u64 = 0;
    pub const XOR: u64 = 1;
    pub const OR: u64 = 2;
    pub const AND: u64 = 3;
}

/// Bits of the one-hot `bit_op` of the units for bit manipulation: the first three of `count`.
pub mod bit_op {
    pub const WIDTH: u32 = 13;
    pub const CLZ: u32 = 0;
    pub const CTZ: u32 = 1;
    pub const CPOP: u32 = 2;
    pub const SEXT_B: u32 = 3;
    pub const SEXT_H: u32 = 4;
    pub const ZEXT_H: u32 = 5;
    pub const MIN: u32 = 6;
    pub const MAX: u32 = 7;
    pub const ORC_B: u32 = 8;
    pub const REV8: u32 = 9;
    pub const BSET: u32 = 10;
    pub const BCLR: u32 = 11;
    pub const BINV: u32 = 12;
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
    pub const ECALL_U: u64 = 8;
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
    pub const MSTATUS: u32 = 0x300;
    pub const MISA: u32 = 0x301;
    pub const MIE: u32 = 0x304;
    pub const MTVEC: u32 = 0x305;
    pub const MCOUNTEREN: u32 = 0x306;
    pub const MENVCFG: u32 = 0x30a;
    pub const MSTATUSH: u32 = 0x310;
    pub const MENVCFGH: u32 = 0x31a;
    pub const MCOUNTINHIBIT: u32 = 0x320;
    /// `mhpmevent3`; the others follow.
    pub const MHPMEVENT3: u32 = 0x323;
    pub const MSCRATCH: u32 = 0x340;
    pub const MEPC: u32 = 0x341;
    pub const MCAUSE: u32 = 0x342;
    pub const MTVAL: u32 = 0x343;
    pub const MIP: u32 = 0x344;
    pub const PMPCFG0: u32 = 0x3a0;
    pub const PMPADDR0: u32 = 0x3b0;
    pub const MCYCLE: u32 = 0xb00;
    pub const MINSTRET: u32 = 0xb02;
    /// From a counter to its upper half.
    pub const HIGH_HALF: u32 = 0x80;
    pub const MCYCLEH: u32 = MCYCLE + HIGH_HALF;
    pub const MINSTRETH: u32 = MINSTRET + HIGH_HALF;
    pub const MHPMCOUNTER3: u32 = 0xb03;
    pub const CYCLE: u32 = 0xc00;
    pub const TIME: u32 = 0xc01;
    pub const INSTRET: u32 = 0xc02;
    pub const HPMCOUNTER3: u32 = 0xc03;
    pub const MVENDORID: u32 = 0xf11;
    pub const MARCHID: u32 = 0xf12;
    pub const MIMPID: u32 = 0xf13;
    pub const MHARTID: u32 = 0xf14;
    pub const MCONFIGPTR: u32 = 0xf15;
}
