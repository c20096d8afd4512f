//! Instructions with registers replaced.

use systole_isa::{Compressed, Instruction, Register};

/// The instruction with its destination register replaced. A 16-bit one becomes a 32-bit one when
/// its form has no room for that.
pub(super) fn with_rd(
    mut instruction: Instruction,
    replace: impl Fn(Register) -> Register,
) -> Instruction {
    match &mut instruction {
        Instruction::Register { rd, .. }
        | Instruction::Immediate { rd, .. }
        | Instruction::Unary { rd, .. }
        | Instruction::Lui { rd, .. }
        | Instruction::Auipc { rd, .. }
        | Instruction::Load { rd, .. }
        | Instruction::Atomic { rd, .. }
        | Instruction::Jal { rd, .. }
        | Instruction::Jalr { rd, .. }
        | Instruction::Csr { rd, .. } => *rd = replace(*rd),
        Instruction::Compressed(compressed) => {
            let replaced = with_rd(compressed.expand(), replace);
            let same = Compressed::new(compressed.form(), &replaced);
            instruction = same.map_or(replaced, Instruction::Compressed);
        }
        _ => {}
    }
    instruction
}

/// A load, store or atomic operation with its base register replaced: by the second one if it is
/// atomic and its base is not x0.
pub(super) fn with_bases(mut instruction: Instruction, bases: [Register; 2]) -> Instruction {
    match &mut instruction {
        Instruction::Load { rs1, .. } | Instruction::Store { rs1, .. } => *rs1 = bases[0],
        Instruction::Atomic { rs1, .. } => *rs1 = bases[usize::from(*rs1 != Register::ZERO)],
        _ => {}
    }
    instruction
}

#[cfg(test)]
mod tests {
    use super::*;
    use systole_isa::RegisterOp;

    #[test]
    fn a_form_without_room_becomes_long() {
        let op = RegisterOp::Add;
        let [a, b, c] = [10, 11, 12].map(Register::new);
        let add = Instruction::Register { op, rd: a, rs1: a, rs2: b };
        let short = Instruction::Compressed(Compressed::shorten(&add).expect("c.add"));
        assert_eq!(with_rd(short, |rd| rd), short);
        assert_eq!(with_rd(short, |_| c), Instruction::Register { op, rd: c, rs1: a, rs2: b });
    }
}
