//! A list of instructions with symbolic labels, and its layout into words.

use systole_isa::{BranchOp, ImmediateOp, Instruction, LoadOp, Register, StoreOp};

/// A place in the code, bound once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label(usize);

#[derive(Clone, Copy, Debug)]
enum Item {
    Plain(Instruction),
    Branch(BranchOp, Register, Register, Label),
    Jump(Register, Label),
    /// First or second half of `la`.
    AddressUpper(Register, Label),
    AddressLower(Register, Label),
}

/// Collects code from `base` upwards.
pub struct Assembler {
    base: u32,
    items: Vec<Item>,
    labels: Vec<Option<usize>>,
}

impl Assembler {
    /// Starts at byte address `base`.
    pub fn new(base: u32) -> Self {
        Self { base, items: Vec::new(), labels: Vec::new() }
    }

    /// Address of the next instruction.
    pub fn here(&self) -> u32 {
        self.base + 4 * self.items.len() as u32
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

    /// Appends an instruction.
    pub fn push(&mut self, instruction: Instruction) {
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
            return self.add_immediate(rd, Register::ZERO, low);
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

    /// The instructions with labels resolved, in address order from the base.
    ///
    /// # Panics
    /// When a label was never bound.
    pub fn finish(self) -> Vec<Instruction> {
        let address = |label: Label| {
            let index = self.labels[label.0].expect("every label is bound before the layout");
            self.base + 4 * index as u32
        };
        let offset =
            |at: usize, label| address(label).wrapping_sub(self.base + 4 * at as u32) as i32;
        let low = |label| (address(label) as i32) << 20 >> 20;
        self.items
            .iter()
            .enumerate()
            .map(|(at, item)| match *item {
                Item::Plain(instruction) => instruction,
                Item::Branch(op, rs1, rs2, label) => {
                    Instruction::Branch { op, rs1, rs2, offset: offset(at, label) }
                }
                Item::Jump(rd, label) => Instruction::Jal { rd, offset: offset(at, label) },
                Item::AddressUpper(rd, label) => {
                    Instruction::Lui { rd, imm: address(label).wrapping_sub(low(label) as u32) }
                }
                Item::AddressLower(rd, label) => {
                    Instruction::Immediate { op: ImmediateOp::Addi, rd, rs1: rd, imm: low(label) }
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_resolve_forwards_and_backwards() {
        let mut code = Assembler::new(0x8000_0000);
        let (a0, end) = (Register::new(10), code.label());
        let top = code.label_here();
        code.branch(BranchOp::Beq, a0, Register::ZERO, end);
        code.jump(Register::RA, top);
        code.bind(end);
        code.load_address(a0, top);
        let text: Vec<String> = code.finish().iter().map(ToString::to_string).collect();
        let expected = ["beq a0, zero, .+8", "jal ra, .-4", "lui a0, 0x80000", "addi a0, a0, 0"];
        assert_eq!(text, expected);
    }

    #[test]
    fn constants_take_the_carry_of_the_low_part_into_account() {
        for value in [0, 1, 0x7ff, 0x800, 0xfff, 0x8000_0000, 0xffff_ffff, 0x7fff_ffff] {
            let mut code = Assembler::new(0);
            code.load_immediate(Register::RA, value);
            let result = code.finish().iter().fold(0u32, |x, instruction| match *instruction {
                Instruction::Lui { imm, .. } => imm,
                Instruction::Immediate { imm, .. } => x.wrapping_add(imm as u32),
                other => panic!("unexpected {other}"),
            });
            assert_eq!(result, value);
        }
    }
}
