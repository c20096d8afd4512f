//! Instruction words, by the formats of the unprivileged manual.

/// R format.
pub fn r(funct7: u32, rs2: u32, rs1: u32, funct3: u32, rd: u32, opcode: u32) -> u32 {
    funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode
}

/// I format.
pub fn i(immediate: i32, rs1: u32, funct3: u32, rd: u32, opcode: u32) -> u32 {
    (immediate as u32) << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode
}

/// OP with any function code.
pub fn op(funct7: u32, funct3: u32, rd: u32, rs1: u32, rs2: u32) -> u32 {
    r(funct7, rs2, rs1, funct3, rd, 0x33)
}

pub fn add(rd: u32, rs1: u32, rs2: u32) -> u32 {
    op(0, 0, rd, rs1, rs2)
}

pub fn mul(rd: u32, rs1: u32, rs2: u32) -> u32 {
    op(1, 0, rd, rs1, rs2)
}

pub fn div(rd: u32, rs1: u32, rs2: u32) -> u32 {
    op(1, 4, rd, rs1, rs2)
}

pub fn rem(rd: u32, rs1: u32, rs2: u32) -> u32 {
    op(1, 6, rd, rs1, rs2)
}

pub fn addi(rd: u32, rs1: u32, immediate: i32) -> u32 {
    i(immediate, rs1, 0, rd, 0x13)
}

pub fn lui(rd: u32, value: u32) -> u32 {
    value & 0xffff_f000 | rd << 7 | 0x37
}

pub fn auipc(rd: u32, value: u32) -> u32 {
    value & 0xffff_f000 | rd << 7 | 0x17
}

/// Load with `funct3` 0 LB, 1 LH, 2 LW, 4 LBU, 5 LHU.
pub fn load(funct3: u32, rd: u32, rs1: u32, offset: i32) -> u32 {
    i(offset, rs1, funct3, rd, 0x03)
}

pub fn lw(rd: u32, rs1: u32, offset: i32) -> u32 {
    load(2, rd, rs1, offset)
}

/// Store with `funct3` 0 SB, 1 SH, 2 SW.
pub fn store(funct3: u32, rs2: u32, rs1: u32, offset: i32) -> u32 {
    let offset = offset as u32;
    r(offset >> 5 & 0x7f, rs2, rs1, funct3, offset & 0x1f, 0x23)
}

pub fn sw(rs2: u32, rs1: u32, offset: i32) -> u32 {
    store(2, rs2, rs1, offset)
}

/// Branch with `funct3` 0 BEQ, 1 BNE, 4 BLT, 5 BGE, 6 BLTU, 7 BGEU.
pub fn branch(funct3: u32, rs1: u32, rs2: u32, offset: i32) -> u32 {
    let o = offset as u32;
    let high = (o >> 12 & 1) << 6 | o >> 5 & 0x3f;
    let low = o & 0x1e | o >> 11 & 1;
    r(high, rs2, rs1, funct3, low, 0x63)
}

pub fn beq(rs1: u32, rs2: u32, offset: i32) -> u32 {
    branch(0, rs1, rs2, offset)
}

pub fn bne(rs1: u32, rs2: u32, offset: i32) -> u32 {
    branch(1, rs1, rs2, offset)
}

pub fn jal(rd: u32, offset: i32) -> u32 {
    let o = offset as u32;
    (o >> 20 & 1) << 31
        | (o >> 1 & 0x3ff) << 21
        | (o >> 11 & 1) << 20
        | (o >> 12 & 0xff) << 12
        | rd << 7
        | 0x6f
}

pub fn jalr(rd: u32, rs1: u32, offset: i32) -> u32 {
    i(offset, rs1, 0, rd, 0x67)
}

pub fn csrrw(rd: u32, csr: u32, rs1: u32) -> u32 {
    i(csr as i32, rs1, 1, rd, 0x73)
}

pub fn csrrs(rd: u32, csr: u32, rs1: u32) -> u32 {
    i(csr as i32, rs1, 2, rd, 0x73)
}

pub fn csrrc(rd: u32, csr: u32, rs1: u32) -> u32 {
    i(csr as i32, rs1, 3, rd, 0x73)
}

pub fn csrrwi(rd: u32, csr: u32, immediate: u32) -> u32 {
    i(csr as i32, immediate, 5, rd, 0x73)
}

pub fn csrrsi(rd: u32, csr: u32, immediate: u32) -> u32 {
    i(csr as i32, immediate, 6, rd, 0x73)
}

pub fn csrrci(rd: u32, csr: u32, immediate: u32) -> u32 {
    i(csr as i32, immediate, 7, rd, 0x73)
}

pub const NOP: u32 = 0x0000_0013;
pub const ECALL: u32 = 0x0000_0073;
pub const EBREAK: u32 = 0x0010_0073;
pub const MRET: u32 = 0x3020_0073;
pub const WFI: u32 = 0x1050_0073;
pub const FENCE_I: u32 = 0x0000_100f;
/// Jump to itself.
pub const STOP: u32 = 0x0000_006f;

/// Loads a 32-bit constant: two instructions.
pub fn li(rd: u32, value: u32) -> [u32; 2] {
    let low = (value << 20) as i32 >> 20;
    [lui(rd, value.wrapping_sub(low as u32)), addi(rd, rd, low)]
}
