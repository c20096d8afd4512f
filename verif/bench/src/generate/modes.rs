//! U mode and physical memory protection.

use proptest::prelude::*;
use proptest::sample::select;
use systole_golden::Isa;
use systole_isa::{BranchOp, Csr, CsrOp, Register};

use super::instructions::{access, register, value};
use crate::program::layout::{BODY, DATA, DATA_BYTES, SACRIFICE, SACRIFICE_BYTES};
use crate::program::{Block, Privilege};

/// L of a byte of `pmpcfg`.
const LOCKED: u8 = 1 << 7;
/// A = TOR of a byte of `pmpcfg`.
const TOR: u8 = 1;

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
        Block::WaitForInterrupt { delay, scratch, global: None, user: true }
    });
    let op = select(&[CsrOp::Set, CsrOp::Set, CsrOp::Clear][..]);
    (op, register(), register(), wait).prop_map(|(op, rd, scratch, wait)| {
        let write = Block::CsrWrite { op, rd, csr: Csr::MSTATUS, value: TW, scratch };
        together(vec![write, wait])
    })
}

/// `pmpaddr` for a boundary near `address`.
fn boundary(address: u32, words: i32) -> u32 {
    (address >> 2).wrapping_add(words as u32)
}

/// `pmpaddr` of a naturally aligned region of 2^`size` words around `pmpaddr`.
fn aligned(pmpaddr: u32, size: u32) -> u32 {
    let ones = (1u32 << size >> 1).wrapping_sub(1);
    pmpaddr & !(ones << 1 | 1) | ones
}

/// An entry of any kind that is not locked, around what the program uses or anywhere; or a locked one
/// where nothing needs it.
pub(super) fn protect(isa: Isa) -> impl Strategy<Value = Block> {
    let regions = isa.pmp_regions.min(16) as u8;
    let entry = prop_oneof![6 => 0..regions.max(1), 1 => 0..16u8].boxed();
    let guarded = prop_oneof![2 => open_guarded(isa), 1 => locked_guarded(isa)];
    prop_oneof![4 => open(entry.clone()), 1 => locked(entry), 5 => guarded]
}

/// One or two entries of a few words and accesses around them, with the rights of U mode.
fn open_guarded(isa: Isa) -> BoxedStrategy<Block> {
    // The last one lets U mode run.
    let last = isa.pmp_regions.saturating_sub(1).clamp(1, 4) as u8;
    let word = || 0..16i32;
    let entry = move || {
        (0..last, 0..LOCKED, word(), 1..4u32, word(), register()).prop_map(
            |(entry, config, word, size, bottom, scratch)| {
                let start = boundary(DATA + 0x400, word);
                let address = if config >> 3 & 3 == 3 { aligned(start, size) } else { start };
                let bottom = Some(boundary(DATA + 0x400, bottom));
                Block::Protect { entry, config, address, bottom, scratch }
            },
        )
    };
    let accesses = (word(), proptest::collection::vec(access(isa), 3..10), register());
    (proptest::collection::vec(entry(), 1..3), accesses)
        .prop_map(|(mut blocks, (word, accesses, base))| {
            let address = DATA + 0x400 + 4 * word as u32;
            let privilege = Privilege::User;
            blocks.push(Block::Access { base, address, accesses, distance: 0, privilege });
            together(blocks)
        })
        .boxed()
}

/// A locked entry, accesses to it in M mode, and writes of the registers that it locks.
fn locked_guarded(isa: Isa) -> BoxedStrategy<Block> {
    let entry = (0..isa.pmp_regions.clamp(1, 16) as u8).boxed();
    let word = 0..SACRIFICE_BYTES as i32 / 4;
    let accesses = proptest::collection::vec(access(isa), 1..6);
    (locked(entry), accesses, word, register())
        .prop_map(|(protect, accesses, word, scratch)| {
            let Block::Protect { entry, address, .. } = protect else { return protect };
            let write = |entry: u8| Block::CsrWrite {
                op: CsrOp::Write,
                rd: scratch,
                csr: Csr::pmpaddr(entry.into()),
                value: boundary(SACRIFICE, word),
                scratch,
            };
            let access = Block::Access {
                base: scratch,
                address: address << 2,
                accesses,
                distance: 0,
                privilege: Privilege::Own,
            };
            let below = entry.checked_sub(1).map(write);
            together([protect, access, write(entry)].into_iter().chain(below).collect())
        })
        .boxed()
}

/// Blocks as one.
fn together(body: Vec<Block>) -> Block {
    Block::Skip { op: BranchOp::Bne, rs1: Register::ZERO, rs2: Register::ZERO, body }
}

fn open(entry: BoxedStrategy<u8>) -> BoxedStrategy<Block> {
    let place = prop_oneof![
        3 => (0..6u32).prop_map(|word| DATA + 0x400 + 4 * word),
        2 => (0..DATA_BYTES).prop_map(|offset| DATA + offset),
        2 => (0..0x400u32).prop_map(|offset| BODY + offset),
        1 => (0..SACRIFICE_BYTES).prop_map(|offset| SACRIFICE + offset),
        2 => value(),
        1 => Just(u32::MAX),
    ];
    let size = prop_oneof![3 => 1..6u32, 1 => 6..30u32];
    let bottom = prop_oneof![1 => Just(None), 2 => (0..64i32).prop_map(Some)];
    (entry, 0..LOCKED, place, size, bottom, register())
        .prop_map(|(entry, config, place, size, bottom, scratch)| {
            let napot = config >> 3 & 3 == 3;
            let address = match place {
                u32::MAX => u32::MAX,
                _ if napot => aligned(boundary(place, 0), size),
                _ => boundary(place, 0),
            };
            let bottom = bottom.map(|words| address.wrapping_sub(words as u32));
            Block::Protect { entry, config, address, bottom, scratch }
        })
        .boxed()
}

/// A locked entry stays within the sacrificed region, whatever its neighbours' addresses become:
/// those are in it, too, once they count.
fn locked(entry: BoxedStrategy<u8>) -> BoxedStrategy<Block> {
    let word = || 0..SACRIFICE_BYTES as i32 / 4;
    let modes = select(&[0u8, 1, 2, 3, 2, 3][..]);
    (entry, 0..8u8, modes, word(), word(), 1..6u32, register())
        .prop_map(|(entry, rights, mode, word, bottom, size, scratch)| {
            // Below the first entry's TOR are the code and everything else.
            let mode = if entry == 0 && mode == TOR { 2 } else { mode };
            let address = boundary(SACRIFICE, word);
            let address = if mode == 3 { aligned(address, size) } else { address };
            let config = LOCKED | mode << 3 | rights;
            let bottom = (mode == TOR).then(|| boundary(SACRIFICE, bottom));
            Block::Protect { entry, config, address, bottom, scratch }
        })
        .boxed()
}
