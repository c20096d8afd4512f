//! Jumps, branches, and where instructions lie.

use super::super::bins::{Class, Jump};
use super::super::model::core::Groups;
use super::{Counts, Step};

/// Counts where an instruction lies and where it leads.
#[inline]
pub(super) fn retire(step: &Step, groups: &Groups, counts: &mut Counts) {
    let pc = step.retire.pc;
    if step.class == Class::Trap {
        return;
    }
    if pc & 2 != 0 && step.length() == 4 {
        let pair = usize::from(pc & 4 != 0);
        let jumped = usize::from(step.previous.jumped || step.retire.intr);
        counts.hit(groups.split.at([step.class as usize, pair, jumped]));
    }
    if let Some(jump) = step.decoded.jump {
        jumps(step, jump, groups, counts);
    }
    if step.class == Class::Fence {
        fence(step, groups, counts);
    }
}

fn jumps(step: &Step, jump: Jump, groups: &Groups, counts: &mut Counts) {
    let (retire, decoded) = (step.retire, &step.decoded);
    let taken = is_taken(jump, step.operands);
    let target = match step.class {
        Class::Branch => retire.pc.wrapping_add(decoded.offset as u32),
        _ => retire.next_pc,
    };
    let backward = usize::from(target <= retire.pc);
    let half = (target >> 1 & 1) as usize;
    counts.hit(groups.control.at([jump as usize, usize::from(!taken), backward, half]));
    if let Some(reach) = reach(jump, decoded.offset).filter(|_| taken) {
        counts.hit(groups.reach.at([reach, usize::from(decoded.offset > 0)]));
    }
    let indirect = match jump {
        Jump::Jalr => 0,
        Jump::CJr => 1,
        Jump::CJalr => 2,
        _ => return,
    };
    let same = decoded.rd == decoded.rs1 && decoded.rd != Some(0);
    if step.operands[0].wrapping_add(decoded.offset as u32) & 1 == 1 {
        counts.hit(groups.odd_target.at([indirect, usize::from(!same)]));
    }
    let link = |register: Option<u8>| matches!(register, Some(1 | 5));
    let hint = match (link(decoded.rd), link(decoded.rs1)) {
        (false, false) => 0,
        (true, false) => 1,
        (false, true) => 2,
        (true, true) if !same => 3,
        (true, true) => 4,
    };
    counts.hit(groups.link.at([hint]));
}

fn is_taken(jump: Jump, [a, b]: [u32; 2]) -> bool {
    match jump {
        Jump::Beq | Jump::CBeqz => a == b,
        Jump::Bne | Jump::CBnez => a != b,
        Jump::Blt => (a as i32) < b as i32,
        Jump::Bge => a as i32 >= b as i32,
        Jump::Bltu => a < b,
        Jump::Bgeu => a >= b,
        _ => true,
    }
}

/// Which of [`super::super::model::core::REACHES`] an offset is at the end of.
fn reach(jump: Jump, offset: i32) -> Option<usize> {
    let (kind, most) = match jump {
        Jump::Beq | Jump::Bne | Jump::Blt | Jump::Bge | Jump::Bltu | Jump::Bgeu => (0, 4096),
        Jump::CBeqz | Jump::CBnez => (1, 256),
        Jump::CJ | Jump::CJal => (2, 2048),
        Jump::Jal => (3, 1 << 20),
        _ => return None,
    };
    // The last word or, with C, halfword ahead.
    let ahead = offset == most - 2 || offset == most - 4;
    (offset == -most || ahead).then_some(kind)
}

fn fence(step: &Step, groups: &Groups, counts: &mut Counts) {
    let after = match step.previous.class {
        Class::Load => 0,
        Class::Store => 1,
        _ => 2,
    };
    let instruction = usize::from(step.retire.insn >> 12 & 7 == 1);
    counts.hit(groups.fence.at([instruction, usize::from(step.decoded.reserved), after]));
}
