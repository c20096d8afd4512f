//! The little assembler of this crate's tests.

pub fn r(opcode: u32, funct3: u32, funct7: u32, rd: u32, rs1: u32, rs2: u32) -> u32 {
    funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode
}
pub fn i(opcode: u32, funct3: u32, rd: u32, rs1: u32, imm: i32) -> u32 {
    (imm as u32) << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode
}
pub fn s(funct3: u32, rs1: u32, rs2: u32, imm: i32) -> u32 {
    let imm = imm as u32;
    (imm >> 5 & 0x7f) << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | (imm & 31) << 7 | 0x23
}
pub fn b(funct3: u32, rs1: u32, rs2: u32, offset: i32) -> u32 {
    let o = offset as u32;
    (o >> 12 & 1) << 31
        | (o >> 5 & 0x3f) << 25
        | rs2 << 20
        | rs1 << 15
        | funct3 << 12
        | (o >> 1 & 0xf) << 8
        | (o >> 11 & 1) << 7
        | 0x63
}
pub fn lui(rd: u32, value: u32) -> u32 {
    value & 0xffff_f000 | rd << 7 | 0x37
}
pub fn auipc(rd: u32, value: u32) -> u32 {
    value & 0xffff_f000 | rd << 7 | 0x17
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
pub fn jalr(rd: u32, rs1: u32, imm: i32) -> u32 {
    i(0x67, 0, rd, rs1, imm)
}
pub fn beq(rs1: u32, rs2: u32, offset: i32) -> u32 {
    b(0, rs1, rs2, offset)
}
pub fn bne(rs1: u32, rs2: u32, offset: i32) -> u32 {
    b(1, rs1, rs2, offset)
}
pub fn addi(rd: u32, rs1: u32, imm: i32) -> u32 {
    i(0x13, 0, rd, rs1, imm)
}
pub fn add(rd: u32, rs1: u32, rs2: u32) -> u32 {
    r(0x33, 0, 0, rd, rs1, rs2)
}
pub fn load(funct3: u32, rd: u32, rs1: u32, imm: i32) -> u32 {
    i(0x03, funct3, rd, rs1, imm)
}
pub fn lw(rd: u32, rs1: u32, imm: i32) -> u32 {
    load(2, rd, rs1, imm)
}
pub fn sw(rs1: u32, rs2: u32, imm: i32) -> u32 {
    s(2, rs1, rs2, imm)
}
pub fn csr(funct3: u32, rd: u32, rs1: u32, number: u32) -> u32 {
    number << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | 0x73
}
pub fn csrrw(rd: u32, number: u32, rs1: u32) -> u32 {
    csr(1, rd, rs1, number)
}
pub fn csrr(rd: u32, number: u32) -> u32 {
    csr(2, rd, 0, number)
}
/// `li rd, value` as `lui` and `addi`.
pub fn li(rd: u32, value: u32) -> [u32; 2] {
    let upper = value.wrapping_add(0x800) & 0xffff_f000;
    [lui(rd, upper), addi(rd, rd, value.wrapping_sub(upper) as i32)]
}
pub const NOP: u32 = 0x13;
pub const ECALL: u32 = 0x73;
pub const EBREAK: u32 = 0x0010_0073;
pub const MRET: u32 = 0x3020_0073;
pub const WFI: u32 = 0x1050_0073;
pub const FENCE_I: u32 = 0x100f;
/// `lr.w`, `sc.w` and `amo*.w`: `funct5` is bits 31:27.
pub fn amo(funct5: u32, rd: u32, rs1: u32, rs2: u32) -> u32 {
    r(0x2f, 2, funct5 << 2, rd, rs1, rs2)
}
pub fn lr(rd: u32, rs1: u32) -> u32 {
    amo(2, rd, rs1, 0)
}
pub fn sc(rd: u32, rs1: u32, rs2: u32) -> u32 {
    amo(3, rd, rs1, rs2)
}
