//! RV32I by its mnemonics, over the assembler.

use systole_isa::{
    Assembler, BranchOp, Compression, Csr, CsrOp, CsrSource, ImmediateOp, Instruction, Label,
    LoadOp, Register, RegisterOp, StoreOp,
};

use super::registers::ZERO;

/// Collects the ROM's code. Without compressed instructions: not every hart has them.
pub struct Code(pub Assembler);

impl Code {
    pub fn new(base: u32) -> Self {
        Self(Assembler::new(base, Compression::Never))
    }

    fn immediate(&mut self, op: ImmediateOp, rd: Register, rs1: Register, imm: i32) {
        self.0.push(Instruction::Immediate { op, rd, rs1, imm });
    }

    fn register(&mut self, op: RegisterOp, rd: Register, rs1: Register, rs2: Register) {
        self.0.push(Instruction::Register { op, rd, rs1, rs2 });
    }

    pub fn addi(&mut self, rd: Register, rs1: Register, imm: i32) {
        self.immediate(ImmediateOp::Addi, rd, rs1, imm);
    }

    pub fn andi(&mut self, rd: Register, rs1: Register, imm: i32) {
        self.immediate(ImmediateOp::Andi, rd, rs1, imm);
    }

    pub fn not(&mut self, rd: Register, rs1: Register) {
        self.immediate(ImmediateOp::Xori, rd, rs1, -1);
    }

    pub fn slli(&mut self, rd: Register, rs1: Register, amount: u8) {
        self.immediate(ImmediateOp::Slli, rd, rs1, amount.into());
    }

    pub fn srli(&mut self, rd: Register, rs1: Register, amount: u8) {
        self.immediate(ImmediateOp::Srli, rd, rs1, amount.into());
    }

    pub fn add(&mut self, rd: Register, rs1: Register, rs2: Register) {
        self.register(RegisterOp::Add, rd, rs1, rs2);
    }

    pub fn sub(&mut self, rd: Register, rs1: Register, rs2: Register) {
        self.register(RegisterOp::Sub, rd, rs1, rs2);
    }

    pub fn xor(&mut self, rd: Register, rs1: Register, rs2: Register) {
        self.register(RegisterOp::Xor, rd, rs1, rs2);
    }

    pub fn or(&mut self, rd: Register, rs1: Register, rs2: Register) {
        self.register(RegisterOp::Or, rd, rs1, rs2);
    }

    fn load(&mut self, op: LoadOp, rd: Register, offset: i32, rs1: Register) {
        self.0.push(Instruction::Load { op, rd, rs1, offset });
    }

    pub fn lw(&mut self, rd: Register, offset: i32, rs1: Register) {
        self.load(LoadOp::Lw, rd, offset, rs1);
    }

    pub fn lhu(&mut self, rd: Register, offset: i32, rs1: Register) {
        self.load(LoadOp::Lhu, rd, offset, rs1);
    }

    pub fn lbu(&mut self, rd: Register, offset: i32, rs1: Register) {
        self.load(LoadOp::Lbu, rd, offset, rs1);
    }

    pub fn sw(&mut self, rs2: Register, offset: i32, rs1: Register) {
        self.0.push(Instruction::Store { op: StoreOp::Sw, rs2, rs1, offset });
    }

    pub fn beq(&mut self, rs1: Register, rs2: Register, label: Label) {
        self.0.branch(BranchOp::Beq, rs1, rs2, label);
    }

    pub fn bne(&mut self, rs1: Register, rs2: Register, label: Label) {
        self.0.branch(BranchOp::Bne, rs1, rs2, label);
    }

    pub fn bltu(&mut self, rs1: Register, rs2: Register, label: Label) {
        self.0.branch(BranchOp::Bltu, rs1, rs2, label);
    }

    pub fn j(&mut self, label: Label) {
        self.0.jump(ZERO, label);
    }

    /// Jumps to a routine that comes back by `link`.
    pub fn call(&mut self, link: Register, label: Label) {
        self.0.jump(link, label);
    }

    pub fn jr(&mut self, rs1: Register) {
        self.0.push(Instruction::Jalr { rd: ZERO, rs1, offset: 0 });
    }

    pub fn li(&mut self, rd: Register, value: u32) {
        self.0.load_immediate(rd, value);
    }

    pub fn la(&mut self, rd: Register, label: Label) {
        self.0.load_address(rd, label);
    }

    pub fn mv(&mut self, rd: Register, rs1: Register) {
        self.addi(rd, rs1, 0);
    }

    pub fn csrr(&mut self, rd: Register, csr: Csr) {
        let source = CsrSource::Register(ZERO);
        self.0.push(Instruction::Csr { op: CsrOp::Set, rd, csr, source });
    }

    pub fn csrw(&mut self, csr: Csr, rs1: Register) {
        let source = CsrSource::Register(rs1);
        self.0.push(Instruction::Csr { op: CsrOp::Write, rd: ZERO, csr, source });
    }

    pub fn label(&mut self) -> Label {
        self.0.label()
    }

    pub fn bind(&mut self, label: Label) {
        self.0.bind(label);
    }

    pub fn here(&mut self) -> Label {
        self.0.label_here()
    }

    /// Words of data.
    pub fn words(&mut self, words: &[u32]) {
        words.iter().for_each(|word| self.0.push(Instruction::Raw(*word)));
    }

    /// Text with a 0 behind it, in whole words.
    pub fn text(&mut self, text: &str) {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize((bytes.len() + 1).next_multiple_of(4), 0);
        let word = |four: &[u8]| u32::from_le_bytes(four.try_into().expect("chunks of four"));
        let words: Vec<u32> = bytes.chunks_exact(4).map(word).collect();
        self.words(&words);
    }
}
