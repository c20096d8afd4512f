//! U mode and privileges.

use proptest::prelude::*;
use proptest::sample::select;
use systole_golden::Isa;
use systole_isa::{BranchOp, Csr, CsrOp, Register};

use super::instructions::register;
use crate::program::{Block, Privilege};

/// Privilege of a block's accesses.
pub(super) fn privilege(isa: Isa) -> BoxedStrategy<Privilege> {
    if !isa.user_mode {
        return Just(Privilege::Own).boxed();
    }
    prop_oneof![
        8 => Just(Privilege::Own),
        2 => Just(Privilege::User),
        1 => Just(Privilege::Machine),
    ]
    .boxed()
}

/// A piece of program in U mode.
pub(super) fn user(bodies: BoxedStrategy<Vec<Block>>) -> impl Strategy<Value = Block> {
    let leave = prop_oneof![2 => Just(0u16), 1 => any::<u16>()];
    let flags = (prop::bool::weighted(0.2), prop::bool::weighted(0.2));
    (register(), leave, flags, bodies).prop_map(|(scratch, leave, (probe, direct), body)| {
        Block::User { scratch, leave, probe, direct, body }
    })
}

/// WFI in U mode, with `mstatus.TW` as it is, set or cleared.
pub(super) fn user_wait() -> impl Strategy<Value = Block> {
    const TW: u32 = 1 << 21;
    let wait = (0..300u16, [register(), register()]).prop_map(|(delay, scratch)| {
        let (global, user, software, then) = (None, true, false, None);
        Block::WaitForInterrupt { delay, scratch, global, user, software, then }
    });
    let op = select(&[CsrOp::Set, CsrOp::Set, CsrOp::Clear][..]);
    (op, register(), register(), wait).prop_map(|(op, rd, scratch, wait)| {
        let write = Block::CsrWrite { op, rd, csr: Csr::MSTATUS, value: TW, scratch };
        together(vec![write, wait])
    })
}

/// Blocks as one.
pub(super) fn together(body: Vec<Block>) -> Block {
    Block::Skip { op: BranchOp::Bne, rs1: Register::ZERO, rs2: Register::ZERO, body }
}
