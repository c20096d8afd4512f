//! Loops, calls, jumps, and code that changes.

use systole_isa::{AtomicOp, BranchOp, Compressed, Instruction, MemoryOrder, Register, StoreOp};

use super::super::{Block, Patcher, Reach};
use super::npu::contains_job;
use super::rewrite::with_rd;
use super::{Function, Lowering, T0, Work, ZERO};

/// The register that [`Reach::ShortBranch`] compares with 0.
const S0: Register = Register::new(8);
/// `c.nop`, the upper half of a word that holds a 16-bit instruction.
const SHORT_NOP: u32 = 0x0001;

impl<'a> Lowering<'a> {
    pub(super) fn repeat(&mut self, counter: Register, count: u8, op: BranchOp, body: &'a [Block]) {
        let counter = self.scratch(counter, &[]);
        let count = i32::from(count.max(1));
        // What the counter is compared with to go on.
        let (start, rs1, rs2) = match op {
            BranchOp::Bne => (count, counter, ZERO),
            BranchOp::Blt | BranchOp::Bltu => (count, ZERO, counter),
            BranchOp::Bge => (count - 1, counter, ZERO),
            BranchOp::Beq => (1.min(count - 1), counter, ZERO),
            BranchOp::Bgeu => (1.min(count - 1), ZERO, counter),
        };
        self.code.add_immediate(counter, ZERO, start);
        let top = self.code.label_here();
        self.reserved.push(counter);
        let outer = std::mem::replace(&mut self.repeated, true);
        self.blocks(body);
        self.repeated = outer;
        self.reserved.pop();
        self.code.add_immediate(counter, counter, -1);
        self.code.branch(op, rs1, rs2, top);
    }

    pub(super) fn call(&mut self, link: Register, indirect: bool, body: &'a [Block]) {
        let link = self.scratch(link, &[]);
        let mut reserved = self.reserved.clone();
        reserved.push(link);
        let entry = self.function(link, Work::Blocks(body), reserved);
        if indirect {
            self.code.load_address(link, entry);
            self.code.push(Instruction::Jalr { rd: link, rs1: link, offset: 0 });
        } else {
            self.code.jump(link, entry);
        }
        // A job may be started in the function, which is placed later.
        self.job_started |= contains_job(body);
    }

    /// Every function returns through a constant, as its call has but one place.
    pub(super) fn nest(&mut self, depth: u8, link: Register) {
        let link = self.scratch(link, &[]);
        let [mut entry, mut back] = [(); 2].map(|()| self.code.label());
        self.code.jump(link, entry);
        self.code.bind(back);
        for level in (0..depth.max(1)).rev() {
            let inner = (level > 0).then(|| [(); 2].map(|()| self.code.label()));
            let work = Work::Nested { inner, back };
            self.functions.push(Function {
                entry,
                link,
                work,
                reserved: Vec::new(),
                user: self.user,
            });
            let Some(next) = inner else { break };
            [entry, back] = next;
        }
    }

    pub(super) fn dispatch(
        &mut self,
        [register, link]: [Register; 2],
        visits: u8,
        rounds: u8,
        counter: Register,
    ) {
        let counter = self.scratch(counter, &[]);
        let register = self.scratch(register, &[counter]);
        let link = Some(self.free(link)).filter(|&link| link != counter).unwrap_or(ZERO);
        let jump = self.function(link, Work::Jump(register), Vec::new());
        if rounds > 1 {
            self.code.add_immediate(counter, ZERO, i32::from(rounds));
        }
        let top = self.code.label_here();
        for _ in 0..visits {
            let next = self.code.label();
            self.code.load_address(register, next);
            self.code.jump(ZERO, jump);
            self.code.bind(next);
        }
        if rounds > 1 {
            self.code.add_immediate(counter, counter, -1);
            self.code.branch(BranchOp::Bne, counter, ZERO, top);
        }
    }

    pub(super) fn far(&mut self, reach: Reach, backward: bool, short_of: u16) {
        let compressed = self.program.isa.c;
        let most: i32 = match reach {
            Reach::Branch => 4096,
            Reach::ShortJump if compressed => 2048,
            Reach::ShortBranch if compressed => 256,
            _ => return,
        };
        let step = if compressed { 2 } else { 4 };
        let forth = if backward { most } else { most - step };
        let distance = (forth - step * i32::from(short_of)).max(16);
        let space = distance as u32 - 4;
        let register = self.scratch(S0, &[]);
        if self.far_bytes < space || reach == Reach::ShortBranch && register != S0 {
            return;
        }
        self.far_bytes -= space;
        let offset = if backward { -distance } else { distance };
        let jump = match reach {
            Reach::Branch => {
                Instruction::Branch { op: BranchOp::Bgeu, rs1: register, rs2: register, offset }
            }
            Reach::ShortJump => short(Instruction::Jal { rd: ZERO, offset }),
            Reach::ShortBranch => {
                self.code.add_immediate(S0, ZERO, 0);
                short(Instruction::Branch { op: BranchOp::Beq, rs1: S0, rs2: ZERO, offset })
            }
        };
        if backward {
            let [site, after] = [(); 2].map(|()| self.code.label());
            self.code.jump(ZERO, site);
            // Where the jump goes: four bytes, whatever the compression.
            self.code.jump_exactly(ZERO, after);
            self.code.space(space);
            self.code.bind(site);
            self.code.push_exactly(jump);
            self.code.bind(after);
        } else {
            self.code.push_exactly(jump);
            self.code.space(distance as u32 - jump.bytes());
        }
    }

    /// In U mode the handler already knows where to go on.
    pub(super) fn jump_to_void(&mut self, register: Register, target: u32) {
        let [register, slot] = self.scratch_pair([register, T0]);
        let recover = self.code.label();
        if !self.user {
            self.recover_at(recover, [slot, register]);
        }
        self.code.load_immediate(register, target);
        self.code.push(Instruction::Jalr { rd: ZERO, rs1: register, offset: 0 });
        self.code.bind(recover);
    }

    pub(super) fn astray(&mut self, link: Register, returns: u8, bit: u8) {
        let [link, turned] = self.scratch_pair([link, T0]);
        let entry = self.function(link, Work::Astray(turned), Vec::new());
        let behind = self.code.label();
        if !self.user {
            self.recover_at(behind, [turned, link]);
        }
        self.code.add_immediate(turned, ZERO, 0);
        for _ in 0..returns {
            self.code.jump(link, entry);
        }
        self.code.load_immediate(turned, 1 << bit);
        self.code.jump(link, entry);
        self.code.bind(behind);
    }

    pub(super) fn odd_jump(&mut self, register: Register, link: Register, misalignment: u8) {
        let register = self.scratch(register, &[]);
        let link = self.free(link);
        let next = self.code.label();
        self.code.load_address(register, next);
        let offset = i32::from(misalignment & 3);
        self.code.push(Instruction::Jalr { rd: link, rs1: register, offset });
        self.code.bind(next);
        if self.program.isa.c {
            // With C the jump may lead two bytes further.
            self.code.push_exactly(short(Instruction::NOP));
        }
    }

    pub(super) fn self_modify(
        &mut self,
        [address, word, link]: [Register; 3],
        versions: &[Instruction],
        by: Patcher,
    ) {
        let by = match by {
            Patcher::Conditional | Patcher::Swap if !self.program.isa.a => Patcher::Words,
            by => by,
        };
        let [address, word] = self.scratch_pair([address, word]);
        let link = self.scratch(link, &[address, word]);
        self.reserved.push(link);
        let versions: Vec<Instruction> =
            versions.iter().map(|version| with_rd(*version, |rd| self.free(rd))).collect();
        match versions[..] {
            [only] if !is_jump(&only) => {
                // Ahead, and aligned.
                let slot = self.code.label();
                self.code.load_address(address, slot);
                self.store_patch([address, word], patch(only), by, true);
                self.code.push(Instruction::FenceI);
                self.code.align();
                self.code.bind(slot);
                self.code.push_exactly(Instruction::NOP);
            }
            _ => {
                let slot = self.code.label();
                let counted = self.free(word);
                let aligned = matches!(by, Patcher::Conditional | Patcher::Swap);
                let entry = self.function(link, Work::Patch(slot, counted, aligned), Vec::new());
                for version in versions {
                    self.code.load_address(address, slot);
                    self.store_patch([address, word], patch(version), by, aligned);
                    self.code.push(Instruction::FenceI);
                    self.code.jump(link, entry);
                }
            }
        }
        self.reserved.pop();
    }

    /// Stores `value` to where `address` points: a multiple of 4 if it is `aligned` or the hart has no
    /// C, else of 2.
    fn store_patch(
        &mut self,
        [address, word]: [Register; 2],
        value: u32,
        by: Patcher,
        aligned: bool,
    ) {
        let atomic = |op| {
            let order = MemoryOrder::default();
            Instruction::Atomic { op, rd: word, rs1: address, rs2: word, order }
        };
        let (op, bytes) = match by {
            Patcher::Words if aligned || !self.program.isa.c => (StoreOp::Sw, 4),
            Patcher::Words => (StoreOp::Sh, 2),
            Patcher::Bytes => (StoreOp::Sb, 1),
            Patcher::Conditional => {
                self.code.push(atomic(AtomicOp::LoadReserved));
                self.code.load_immediate(word, value);
                return self.code.push(atomic(AtomicOp::StoreConditional));
            }
            Patcher::Swap => {
                self.code.load_immediate(word, value);
                return self.code.push(atomic(AtomicOp::Swap));
            }
        };
        for offset in (0..4).step_by(bytes) {
            let mask = u32::MAX >> (32 - 8 * bytes);
            self.code.load_immediate(word, value >> (8 * offset) & mask);
            self.code.push(Instruction::Store { op, rs2: word, rs1: address, offset });
        }
    }
}

/// The four bytes that an instruction is put in place with.
fn patch(instruction: Instruction) -> u32 {
    match instruction.bytes() {
        2 => instruction.encode() | SHORT_NOP << 16,
        _ => instruction.encode(),
    }
}

fn is_jump(instruction: &Instruction) -> bool {
    match instruction {
        Instruction::Compressed(compressed) => is_jump(&compressed.expand()),
        other => matches!(other, Instruction::Jal { .. } | Instruction::Branch { .. }),
    }
}

/// The 16-bit form of an instruction that has one.
fn short(instruction: Instruction) -> Instruction {
    Compressed::shorten(&instruction).map_or(instruction, Instruction::Compressed)
}
