//! A list of instructions with symbolic labels, and its layout into memory.
//!
//! An instruction that has a 16-bit form gets it as the program's [`Compression`] says. What refers
//! to a label starts out as short as it may be and grows until it reaches.

use crate::{
    BranchOp, Compressed, Compression, ImmediateOp, Instruction, LoadOp, Register, StoreOp,
};

const ZERO: Register = Register::ZERO;

/// A place in the code, bound once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label(usize);

#[derive(Clone, Copy, Debug)]
enum Item {
    Plain(Instruction),
    Branch(BranchOp, Register, Register, Label),
    Jump(Register, Label),
    /// The same in four bytes, whatever the distance.
    LongJump(Register, Label),
    /// A jump to an address outside.
    JumpTo(Register, u32),
    /// First or second half of `la`.
    AddressUpper(Register, Label),
    AddressLower(Register, Label),
    /// `c.nop` when the address is not a multiple of 4.
    Align,
    /// Zeros, which no instruction is.
    Space(u32),
}

/// Collects code from `base` upwards.
pub struct Assembler {
    base: u32,
    compression: Compression,
    items: Vec<Item>,
    labels: Vec<Option<usize>>,
}

/// Code with its place in memory.
pub struct Code {
    /// Address and instruction, in address order; empty space is left out.
    pub instructions: Vec<(u32, Instruction)>,
    /// The first address behind.
    pub end: u32,
    base: u32,
    labels: Vec<u32>,
}

impl Code {
    /// Address of a bound label.
    pub fn address(&self, label: Label) -> u32 {
        self.labels[label.0]
    }

    /// The bytes from the base to the end.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; (self.end - self.base) as usize];
        for (address, instruction) in &self.instructions {
            let at = (address - self.base) as usize;
            let word = instruction.encode().to_le_bytes();
            let length = instruction.bytes() as usize;
            bytes[at..at + length].copy_from_slice(&word[..length]);
        }
        bytes
    }
}

impl Assembler {
    /// Starts at byte address `base`, a multiple of 4.
    pub fn new(base: u32, compression: Compression) -> Self {
        Self { base, compression, items: Vec::new(), labels: Vec::new() }
    }

    /// A label to be bound later.
    pub fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    /// Binds `label` here.
    pub fn bind(&mut self, label: Label) {
        self.labels[label.0] = Some(self.items.len());
    }

    /// A label bound here.
    pub fn label_here(&mut self) -> Label {
        let label = self.label();
        self.bind(label);
        label
    }

    /// Appends an instruction, in its 16-bit form if compression says so.
    pub fn push(&mut self, instruction: Instruction) {
        self.items.push(Item::Plain(self.compression.apply(instruction)));
    }

    /// Appends an instruction as it is.
    pub fn push_exactly(&mut self, instruction: Instruction) {
        self.items.push(Item::Plain(instruction));
    }

    /// Appends a branch to `label`.
    pub fn branch(&mut self, op: BranchOp, rs1: Register, rs2: Register, label: Label) {
        self.items.push(Item::Branch(op, rs1, rs2, label));
    }

    /// Appends `jal rd, label`.
    pub fn jump(&mut self, rd: Register, label: Label) {
        self.items.push(Item::Jump(rd, label));
    }

    /// Appends `jal rd, label` in four bytes.
    pub fn jump_exactly(&mut self, rd: Register, label: Label) {
        self.items.push(Item::LongJump(rd, label));
    }

    /// Appends `jal rd` to a fixed address.
    pub fn jump_to(&mut self, rd: Register, address: u32) {
        self.items.push(Item::JumpTo(rd, address));
    }

    /// Makes the address of what follows a multiple of 4.
    pub fn align(&mut self) {
        self.items.push(Item::Align);
    }

    /// Appends `bytes` zeros, an even number.
    pub fn space(&mut self, bytes: u32) {
        self.items.push(Item::Space(bytes & !1));
    }

    /// `rd = address of label`, two instructions.
    pub fn load_address(&mut self, rd: Register, label: Label) {
        self.items.push(Item::AddressUpper(rd, label));
        self.items.push(Item::AddressLower(rd, label));
    }

    /// `rd = value`, one or two instructions.
    pub fn load_immediate(&mut self, rd: Register, value: u32) {
        let low = (value as i32) << 20 >> 20;
        let upper = value.wrapping_sub(low as u32);
        if upper == 0 {
            return self.add_immediate(rd, ZERO, low);
        }
        self.push(Instruction::Lui { rd, imm: upper });
        if low != 0 {
            self.add_immediate(rd, rd, low);
        }
    }

    /// `addi`.
    pub fn add_immediate(&mut self, rd: Register, rs1: Register, imm: i32) {
        self.push(Instruction::Immediate { op: ImmediateOp::Addi, rd, rs1, imm });
    }

    /// `lw`.
    pub fn load_word(&mut self, rd: Register, offset: i32, rs1: Register) {
        self.push(Instruction::Load { op: LoadOp::Lw, rd, rs1, offset });
    }

    /// `sw`.
    pub fn store_word(&mut self, rs2: Register, offset: i32, rs1: Register) {
        self.push(Instruction::Store { op: StoreOp::Sw, rs2, rs1, offset });
    }

    /// Upper part of `address` in `rd`; returns the offset for a load or store.
    pub fn upper(&mut self, rd: Register, address: u32) -> i32 {
        let low = (address as i32) << 20 >> 20;
        self.push(Instruction::Lui { rd, imm: address.wrapping_sub(low as u32) });
        low
    }

    /// The code with labels resolved.
    ///
    /// # Panics
    /// When a label was never bound.
    pub fn finish(self) -> Code {
        let layout = Layout::new(&self);
        let mut instructions = Vec::with_capacity(self.items.len());
        for (index, item) in self.items.iter().enumerate() {
            let mut at = layout.addresses[index];
            for instruction in layout.instructions(item, index) {
                instructions.push((at, instruction));
                at += instruction.bytes();
            }
        }
        let labels = (0..self.labels.len()).map(|label| layout.address(Label(label))).collect();
        let end = layout.addresses[self.items.len()];
        Code { instructions, end, base: self.base, labels }
    }
}

/// The size of every item and what follows from it.
struct Layout<'a> {
    code: &'a Assembler,
    sizes: Vec<u32>,
    /// Address of every item, and of the end.
    addresses: Vec<u32>,
}

impl<'a> Layout<'a> {
    fn new(code: &'a Assembler) -> Self {
        let sizes = code.items.iter().map(|item| least_size(item, code.compression)).collect();
        let mut layout = Self { code, sizes, addresses: Vec::new() };
        loop {
            layout.place();
            // Sizes only grow, so this ends.
            let grown = (0..code.items.len()).filter(|&index| layout.grow(index)).count();
            if grown == 0 {
                return layout;
            }
        }
    }

    fn place(&mut self) {
        self.addresses.clear();
        let mut at = self.code.base;
        for (item, size) in self.code.items.iter().zip(&self.sizes) {
            self.addresses.push(at);
            at += if matches!(item, Item::Align) { at & 2 } else { *size };
        }
        self.addresses.push(at);
    }

    /// Makes the item longer if it does not reach its label.
    fn grow(&mut self, index: usize) -> bool {
        let item = &self.code.items[index];
        let size = self.sizes[index];
        let fits = match *item {
            Item::Branch(op, rs1, rs2, label) => {
                let offset = self.offset(index, label);
                let branch = Instruction::Branch { op, rs1, rs2, offset };
                match size {
                    2 => Compressed::shorten(&branch).is_some(),
                    4 => (-4096..4096).contains(&offset),
                    _ => true,
                }
            }
            Item::Jump(rd, label) if size == 2 => {
                let offset = self.offset(index, label);
                Compressed::shorten(&Instruction::Jal { rd, offset }).is_some()
            }
            _ => true,
        };
        if !fits {
            self.sizes[index] = if size == 2 { 4 } else { 8 };
        }
        !fits
    }

    fn address(&self, label: Label) -> u32 {
        let index = self.code.labels[label.0].expect("every label is bound before the layout");
        self.addresses[index]
    }

    fn offset(&self, index: usize, label: Label) -> i32 {
        self.address(label).wrapping_sub(self.addresses[index]) as i32
    }

    /// What an item is in memory: nothing, one instruction or two.
    fn instructions(&self, item: &Item, index: usize) -> Vec<Instruction> {
        let low = |label| (self.address(label) as i32) << 20 >> 20;
        let short = |instruction: Instruction| match Compressed::shorten(&instruction) {
            Some(compressed) if self.sizes[index] == 2 => Instruction::Compressed(compressed),
            _ => instruction,
        };
        let one = match *item {
            Item::Plain(instruction) => instruction,
            Item::Branch(op, rs1, rs2, label) => {
                let offset = self.offset(index, label);
                if self.sizes[index] == 8 {
                    // The opposite branch over a jump.
                    let skip = Instruction::Branch { op: op.inverse(), rs1, rs2, offset: 8 };
                    return vec![skip, Instruction::Jal { rd: ZERO, offset: offset - 4 }];
                }
                short(Instruction::Branch { op, rs1, rs2, offset })
            }
            Item::Jump(rd, label) | Item::LongJump(rd, label) => {
                short(Instruction::Jal { rd, offset: self.offset(index, label) })
            }
            Item::JumpTo(rd, address) => {
                let offset = address.wrapping_sub(self.addresses[index]) as i32;
                Instruction::Jal { rd, offset }
            }
            Item::AddressUpper(rd, label) => {
                Instruction::Lui { rd, imm: self.address(label).wrapping_sub(low(label) as u32) }
            }
            Item::AddressLower(rd, label) => {
                Instruction::Immediate { op: ImmediateOp::Addi, rd, rs1: rd, imm: low(label) }
            }
            Item::Align if self.addresses[index] & 2 == 0 => return Vec::new(),
            Item::Align => Compression::Always.apply(Instruction::NOP),
            Item::Space(_) => return Vec::new(),
        };
        vec![one]
    }
}

/// Bytes of an item whose label is near.
fn least_size(item: &Item, compression: Compression) -> u32 {
    match *item {
        Item::Plain(instruction) => instruction.bytes(),
        Item::Branch(op, rs1, rs2, _) => {
            compression.apply(Instruction::Branch { op, rs1, rs2, offset: 0 }).bytes()
        }
        Item::Jump(rd, _) => compression.apply(Instruction::Jal { rd, offset: 0 }).bytes(),
        Item::JumpTo(..) | Item::LongJump(..) | Item::AddressUpper(..) | Item::AddressLower(..) => {
            4
        }
        Item::Align => 0,
        Item::Space(bytes) => bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(code: &Code) -> Vec<String> {
        code.instructions.iter().map(|(at, one)| format!("{:x} {one}", at & 0xffff)).collect()
    }

    #[test]
    fn labels_resolve_forwards_and_backwards() {
        let mut code = Assembler::new(0x8000_0000, Compression::Never);
        let (a0, end) = (Register::new(10), code.label());
        let top = code.label_here();
        code.branch(BranchOp::Beq, a0, ZERO, end);
        code.jump(Register::RA, top);
        code.bind(end);
        code.load_address(a0, top);
        let expected =
            ["0 beq a0, zero, .+8", "4 jal ra, .-4", "8 lui a0, 0x80000", "c addi a0, a0, 0"];
        assert_eq!(text(&code.finish()), expected);
    }

    #[test]
    fn short_forms_are_taken_while_they_reach() {
        let mut code = Assembler::new(0, Compression::Always);
        let (a0, end) = (Register::new(10), code.label());
        let top = code.label_here();
        code.branch(BranchOp::Bne, a0, ZERO, end);
        code.branch(BranchOp::Bne, a0, ZERO, top);
        code.add_immediate(a0, a0, 1);
        code.space(300);
        code.bind(end);
        code.jump(ZERO, top);
        let expected =
            ["0 bne a0, zero, .+308", "4 c.bnez a0, .-4", "6 c.addi a0, 1", "134 c.j .-308"];
        let code = code.finish();
        assert_eq!(text(&code), expected);
        assert_eq!((code.end, code.bytes().len()), (0x136, 0x136));
    }

    #[test]
    fn a_branch_that_does_not_reach_goes_round_a_jump() {
        let mut code = Assembler::new(0, Compression::Never);
        let end = code.label();
        code.branch(BranchOp::Bltu, ZERO, Register::RA, end);
        code.space(5000);
        code.bind(end);
        code.push(Instruction::Ecall);
        let expected = ["0 bgeu zero, ra, .+8", "4 jal zero, .+5004", "1390 ecall"];
        assert_eq!(text(&code.finish()), expected);
    }

    #[test]
    fn alignment_takes_a_nop_where_it_is_needed() {
        let mut code = Assembler::new(0, Compression::Always);
        code.push(Instruction::NOP);
        code.align();
        let label = code.label_here();
        code.push_exactly(Instruction::NOP);
        code.align();
        let code = code.finish();
        assert_eq!(text(&code), ["0 c.nop", "2 c.nop", "4 addi zero, zero, 0"]);
        assert_eq!(code.address(label), 4);
    }

    #[test]
    fn constants_take_the_carry_of_the_low_part_into_account() {
        for value in [0, 1, 0x7ff, 0x800, 0xfff, 0x8000_0000, 0xffff_ffff, 0x7fff_ffff] {
            let mut code = Assembler::new(0, Compression::Never);
            code.load_immediate(Register::RA, value);
            let instructions = code.finish().instructions;
            let result = instructions.iter().fold(0u32, |x, (_, instruction)| match *instruction {
                Instruction::Lui { imm, .. } => imm,
                Instruction::Immediate { imm, .. } => x.wrapping_add(imm as u32),
                other => panic!("unexpected {other}"),
            });
            assert_eq!(result, value);
        }
    }
}
