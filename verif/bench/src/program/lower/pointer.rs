//! Addresses that are used right after they were made.

use systole_isa::{AtomicOp, Csr, Instruction, LoadOp, MemoryOrder, Register, RegisterOp};

use super::super::layout::{POINTER_SLOT, RECOVER_SLOT};
use super::super::{Maker, Usage};
use super::{Lowering, ZERO, read_csr, write_csr};

impl Lowering<'_> {
    pub(super) fn pointer(
        &mut self,
        maker: Maker,
        register: Register,
        between: &[Instruction],
        usage: &Usage,
    ) {
        let pointer = self.scratch(register, &[]);
        match (maker, usage) {
            (Maker::Link, Usage::Access { accesses, .. }) => {
                self.linked_access(pointer, between, accesses);
            }
            (Maker::Link, Usage::Jump { link, .. }) => self.linked_jump(pointer, between, *link),
            (Maker::StoreConditional, _) => self.jump_by_condition(pointer, between),
            (_, Usage::Access { address, accesses }) => {
                self.code.load_immediate(pointer, *address);
                self.make(maker, pointer);
                self.between(pointer, between);
                self.accesses(accesses, [pointer; 2]);
            }
            (_, Usage::Jump { link, odd }) => {
                let next = self.code.label();
                self.code.load_address(pointer, next);
                if *odd {
                    self.code.add_immediate(pointer, pointer, 1);
                }
                self.make(maker, pointer);
                self.between(pointer, between);
                self.jump(pointer, *link);
                self.code.bind(next);
            }
        }
    }

    /// Makes `pointer` anew, which holds the address.
    fn make(&mut self, maker: Maker, pointer: Register) {
        let other = self.scratch(pointer, &[pointer]);
        let isa = self.program.isa;
        let maker = match maker {
            // What U mode may not write, it must not read: an older address.
            Maker::Load | Maker::LoadReserved | Maker::Amo(_) | Maker::Csr if self.user => {
                Maker::Add
            }
            Maker::LoadReserved | Maker::Amo(_) if !isa.a => Maker::Load,
            Maker::Multiply | Maker::Divide if !isa.m => Maker::Add,
            maker => maker,
        };
        if matches!(maker, Maker::Load | Maker::LoadReserved | Maker::Amo(_)) {
            let offset = self.code.upper(other, POINTER_SLOT);
            self.code.add_immediate(other, other, offset);
            self.code.store_word(pointer, 0, other);
        }
        let (rd, order) = (pointer, MemoryOrder::default());
        let by_one = |op| Instruction::Register { op, rd, rs1: rd, rs2: other };
        let one = match maker {
            Maker::Load => Instruction::Load { op: LoadOp::Lw, rd, rs1: other, offset: 0 },
            Maker::LoadReserved | Maker::Amo(_) => {
                let op = if let Maker::Amo(op) = maker { op } else { AtomicOp::LoadReserved };
                Instruction::Atomic { op, rd, rs1: other, rs2: other, order }
            }
            Maker::Multiply | Maker::Divide => {
                self.code.add_immediate(other, ZERO, 1);
                by_one(if maker == Maker::Divide { RegisterOp::Div } else { RegisterOp::Mul })
            }
            Maker::Csr => {
                // The handler leaves it as it is.
                self.code.push(write_csr(Csr::MCYCLEH, pointer));
                read_csr(rd, Csr::MCYCLEH)
            }
            Maker::Add | Maker::Link | Maker::StoreConditional => by_nothing(rd),
        };
        self.code.push(one);
    }

    /// The word behind the jump is what the accesses are for.
    fn linked_access(
        &mut self,
        pointer: Register,
        between: &[Instruction],
        accesses: &[Instruction],
    ) {
        let over = self.code.label();
        self.code.align();
        self.code.jump_exactly(pointer, over);
        self.code.push_exactly(Instruction::NOP);
        self.code.bind(over);
        self.between(pointer, between);
        let accesses: Vec<_> = accesses.iter().map(|access| without_offset(*access)).collect();
        self.accesses(&accesses, [pointer; 2]);
    }

    /// The jump leads to behind another one, which leads on.
    fn linked_jump(&mut self, pointer: Register, between: &[Instruction], link: Register) {
        let [over, out] = [(); 2].map(|()| self.code.label());
        self.code.jump(pointer, over);
        self.code.jump(ZERO, out);
        self.code.bind(over);
        self.between(pointer, between);
        self.jump(pointer, link);
        self.code.bind(out);
    }

    /// Whether SC stores or not, the jump leads to where nothing is.
    fn jump_by_condition(&mut self, pointer: Register, between: &[Instruction]) {
        if !self.program.isa.a {
            return;
        }
        let other = self.scratch(pointer, &[pointer]);
        let next = self.code.label();
        self.code.load_address(pointer, next);
        let offset = self.code.upper(other, RECOVER_SLOT);
        if !self.user {
            self.code.store_word(pointer, offset, other);
        }
        self.code.add_immediate(other, other, offset + (POINTER_SLOT - RECOVER_SLOT) as i32);
        let (op, order) = (AtomicOp::StoreConditional, MemoryOrder::default());
        self.code.push(Instruction::Atomic { op, rd: pointer, rs1: other, rs2: ZERO, order });
        self.between(pointer, between);
        self.jump(pointer, ZERO);
        self.code.bind(next);
    }

    fn between(&mut self, pointer: Register, between: &[Instruction]) {
        self.reserved.push(pointer);
        self.straight(between);
        self.reserved.pop();
    }

    /// Through `pointer`, which may be the link as well.
    fn jump(&mut self, pointer: Register, link: Register) {
        let rd = self.free(link);
        self.code.push(Instruction::Jalr { rd, rs1: pointer, offset: 0 });
    }
}

fn by_nothing(rd: Register) -> Instruction {
    Instruction::Register { op: RegisterOp::Add, rd, rs1: rd, rs2: ZERO }
}

fn without_offset(mut access: Instruction) -> Instruction {
    if let Instruction::Load { offset, .. } | Instruction::Store { offset, .. } = &mut access {
        *offset = 0;
    }
    access
}
