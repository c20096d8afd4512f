//! Operations, operands and hazards.

use super::super::bins::{Class, Value, operation};
use super::super::model::core::Groups;
use super::{Counts, ILLEGAL, Step};
use systole_isa::{BranchOp, RegisterOp};

/// Retirements within which a second write of a register makes it overwritten.
const OVERWRITE: u32 = 3;
/// Retirements behind it within which a read counts.
const READ: u32 = 2;
const NEVER: u8 = u8::MAX;

/// Who wrote the registers last.
#[derive(Default)]
pub(super) struct Data {
    writers: [Writer; 32],
}

#[derive(Clone, Copy)]
struct Writer {
    order: u32,
    producer: u8,
    /// Producer of a value that this one replaced shortly after it was made.
    replaced: u8,
}

impl Default for Writer {
    fn default() -> Self {
        Self { order: 0, producer: NEVER, replaced: NEVER }
    }
}

impl Data {
    #[inline]
    pub(super) fn retire(&mut self, step: &Step, groups: &Groups, counts: &mut Counts) {
        let Step { retire, decoded, .. } = step;
        if retire.trap {
            trapped(step, groups, counts);
            return;
        }
        let Some(operation) = decoded.operation.map(usize::from) else { return };
        counts.hit(groups.instruction.at([operation, step.user()]));
        if let Some(form) = decoded.form {
            counts.hit(groups.compressed.at([form.into(), half(retire.pc)]));
        }
        operands(step, operation, groups, counts);
        self.hazards(step, groups, counts);
        registers(step, operation, groups, counts);
        zero_register(step, groups, counts);
        self.write(step);
    }

    fn hazards(&self, step: &Step, groups: &Groups, counts: &mut Counts) {
        let decoded = &step.decoded;
        for (register, usage) in [decoded.rs1, decoded.rs2].into_iter().zip(decoded.uses) {
            let (Some(register), Some(usage)) = (register, usage) else { continue };
            let writer = &self.writers[usize::from(register & 31)];
            let distance = step.order - writer.order;
            if register == 0 || distance > 3 || writer.producer == NEVER {
                continue;
            }
            let producer = usize::from(writer.producer);
            counts.hit(groups.hazard.at([producer, usage as usize, distance as usize - 1]));
            if distance <= READ && writer.replaced != NEVER {
                counts.hit(groups.overwritten.at([writer.replaced.into(), producer]));
            }
        }
    }

    fn write(&mut self, step: &Step) {
        let Some(rd) = step.decoded.rd.filter(|&rd| rd != 0) else { return };
        let writer = &mut self.writers[usize::from(rd & 31)];
        let again = step.order - writer.order <= OVERWRITE;
        *writer = Writer {
            order: step.order,
            producer: step.decoded.producer as u8,
            replaced: if again { writer.producer } else { NEVER },
        };
    }
}

fn half(address: u32) -> usize {
    (address >> 1 & 1) as usize
}

fn trapped(step: &Step, groups: &Groups, counts: &mut Counts) {
    let retire = step.retire;
    if retire.cause == ILLEGAL {
        let word = retire.insn;
        let major = match word & 3 {
            3 => word >> 2 & 31,
            // With C a 16-bit instruction is reported alone, without C as its whole word.
            quadrant if word >> 16 == 0 => 32 + quadrant,
            _ => 35,
        };
        counts.hit(groups.illegal.at([major as usize]));
    }
    // The only two that end no other way.
    let Some(operation @ (operation::ECALL | operation::EBREAK)) =
        step.decoded.operation.map(usize::from)
    else {
        return;
    };
    if matches!(retire.cause, 3 | 8 | 11) {
        counts.hit(groups.instruction.at([operation, step.user()]));
        if let Some(form) = step.decoded.form {
            counts.hit(groups.compressed.at([form.into(), half(retire.pc)]));
        }
    }
}

fn operands(step: &Step, operation: usize, groups: &Groups, counts: &mut Counts) {
    let [a, b] = step.operands;
    let amos = RegisterOp::ALL.len() + BranchOp::ALL.len();
    let two = |number: usize, a: u32| groups.two_operands.at([number, Value::of(a), Value::of(b)]);
    match step.class {
        Class::Alu | Class::Mul | Class::Div if operation < operation::IMMEDIATE => {
            counts.hit(two(operation, a));
        }
        Class::Alu if operation < operation::LUI => {
            let number = operation - operation::IMMEDIATE;
            counts.hit(groups.one_operand.at([number, Value::of(a)]));
        }
        Class::Branch => {
            counts.hit(two(RegisterOp::ALL.len() + operation - operation::BRANCH, a));
        }
        // Behind LR and SC.
        Class::Atomic if operation >= operation::ATOMIC + 2 => {
            counts.hit(two(amos + operation - operation::ATOMIC - 2, step.retire.mem_rdata));
        }
        _ => {}
    }
}

fn registers(step: &Step, operation: usize, groups: &Groups, counts: &mut Counts) {
    let decoded = &step.decoded;
    let pairs = [(decoded.rd, decoded.rs1), (decoded.rd, decoded.rs2), (decoded.rs1, decoded.rs2)];
    for (number, (one, other)) in pairs.into_iter().enumerate() {
        if one == other && one.is_some_and(|register| register != 0) {
            counts.hit(groups.same_register.at([operation, number]));
        }
    }
}

/// Of the instruction before, now that it is known what comes behind it.
fn zero_register(step: &Step, groups: &Groups, counts: &mut Counts) {
    let previous = step.previous;
    let (Some(0), Some(operation)) = (previous.decoded.rd, previous.decoded.operation) else {
        return;
    };
    if previous.class == Class::Trap || step.retire.intr {
        return;
    }
    let reads = step.decoded.rs1 == Some(0) || step.decoded.rs2 == Some(0);
    counts.hit(groups.x0.at([operation.into(), usize::from(!reads)]));
}
