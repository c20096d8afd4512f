//! Events that `mhpmevent` can select (table in `docs/core.md`), as sets: bit `n` is event `n`.

use crate::decode::{Decoded, Op};
use crate::execute::taken;

const LOAD: u32 = 1 << 1;
const STORE: u32 = 1 << 2;
const BRANCH: u32 = 1 << 3;
const TAKEN_BRANCH: u32 = 1 << 4;
const JUMP: u32 = 1 << 5;
const MULTIPLY_DIVIDE: u32 = 1 << 6;
const COMPRESSED: u32 = 1 << 7;
/// An exception was taken.
pub(crate) const EXCEPTION: u32 = 1 << 8;
/// An interrupt was taken.
pub(crate) const INTERRUPT: u32 = 1 << 9;
/// All that the model counts.
pub(crate) const ALL: u32 = 0x3fe;

/// Whether only the RTL knows when this event happens.
pub(crate) fn is_timing(event: u8) -> bool {
    (16..=19).contains(&event)
}

/// The events of an instruction that retires; `a` and `b` are its source registers.
pub(crate) fn of_instruction(d: Decoded, a: u32, b: u32) -> u32 {
    let kind = match d.op {
        Op::Lb | Op::Lh | Op::Lw | Op::Lbu | Op::Lhu | Op::Lr => LOAD,
        Op::Sb | Op::Sh | Op::Sw | Op::Sc => STORE,
        Op::Amoswap | Op::Amoadd | Op::Amoxor | Op::Amoand | Op::Amoor => LOAD | STORE,
        Op::Amomin | Op::Amomax | Op::Amominu | Op::Amomaxu => LOAD | STORE,
        Op::Beq | Op::Bne | Op::Blt | Op::Bge | Op::Bltu | Op::Bgeu => {
            BRANCH | if taken(d.op, a, b) { TAKEN_BRANCH } else { 0 }
        }
        Op::Jal | Op::Jalr => JUMP,
        Op::Mul | Op::Mulh | Op::Mulhsu | Op::Mulhu => MULTIPLY_DIVIDE,
        Op::Div | Op::Divu | Op::Rem | Op::Remu => MULTIPLY_DIVIDE,
        _ => 0,
    };
    kind | if d.length == 2 { COMPRESSED } else { 0 }
}
