//! Entries of physical memory protection, and what they allow and deny.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use systole_golden::Isa;
use systole_isa::{AtomicOp, Csr, CsrOp, Instruction, LoadOp, MemoryOrder, Register, StoreOp};

use super::instructions::{register, value};
use super::modes::together;
use crate::program::layout::{
    BODY, DATA, DATA_BYTES, HOLLOW, HOLLOW_BYTES, SACRIFICE, SACRIFICE_BYTES,
};
use crate::program::{Block, Privilege};

/// L of a byte of `pmpcfg`.
const LOCKED: u8 = 1 << 7;
/// A = TOR of a byte of `pmpcfg`.
const TOR: u8 = 1;

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
    prop_oneof![3 => open(entry), 2 => locked_guarded(isa), 5 => probed(isa)]
}

/// All entries of one `pmpcfg` anew, next to what is accessed and fetched with the rights of U mode.
fn probed(isa: Isa) -> BoxedStrategy<Block> {
    let groups = isa.pmp_regions.clamp(1, 16).div_ceil(4) as u8;
    let count = move |group: u8| (isa.pmp_regions as usize - 4 * usize::from(group)).min(4);
    let place = prop_oneof![
        1 => (0..16u32).prop_map(|word| (true, DATA + 0x400 + 4 * word)),
        1 => (0..HOLLOW_BYTES / 4 - 64).prop_map(|word| (false, HOLLOW + 128 + 4 * word)),
        1 => Just((false, HOLLOW + HOLLOW_BYTES / 2)),
    ];
    (0..groups, place)
        .prop_flat_map(move |(group, (data, address))| {
            let entries = vec(near(address), count(group));
            let body = vec(probe(isa, data, address, Privilege::User), 1..4);
            (Just(group), entries, register(), body)
        })
        .prop_map(|(group, entries, scratch, body)| Block::Regions {
            group,
            entries,
            scratch,
            body,
        })
        .boxed()
}

/// An entry of any kind, with an edge next to `address` or with an address that differs by one high
/// bit.
fn near(address: u32) -> impl Strategy<Value = (u8, u32)> {
    let modes = select(&[0u8, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3][..]);
    let far = prop_oneof![
        6 => Just(None),
        2 => (0..32u32).prop_map(Some),
        2 => (30..32u32).prop_map(Some),
    ];
    let size = prop_oneof![4 => 1..5u32, 1 => 5..33u32];
    (modes, 0..8u8, -2..3i32, far, size).prop_map(move |(mode, rights, words, far, size)| {
        let start = boundary(address, words) ^ far.map_or(0, |bit| 1 << bit);
        let pmpaddr = match (mode, size) {
            (3, 32) => u32::MAX,
            (3, size) => aligned(start, size),
            _ => start,
        };
        (mode << 3 | rights, pmpaddr)
    })
}

/// Accesses or fetches next to `address`; stores only to `data`.
fn probe(isa: Isa, data: bool, address: u32, privilege: Privilege) -> BoxedStrategy<Block> {
    let load =
        (select(LoadOp::ALL), register(), -3..4i32, 0..4i32).prop_map(|(op, rd, word, byte)| {
            let offset = 4 * word + (byte & (4 - op.bytes() as i32));
            Instruction::Load { op, rd, rs1: Register::ZERO, offset }
        });
    let store =
        (select(StoreOp::ALL), register(), -3..4i32, 0..4i32).prop_map(|(op, rs2, word, byte)| {
            let offset = 4 * word + (byte & (4 - op.bytes() as i32));
            Instruction::Store { op, rs2, rs1: Register::ZERO, offset }
        });
    let atomic = (select(AtomicOp::ALL), register(), register()).prop_map(|(op, rd, rs2)| {
        let (rs1, order) = (Register::ZERO, MemoryOrder::default());
        Instruction::Atomic { op, rd, rs1, rs2, order }
    });
    let one = match (data, isa.a) {
        (false, _) => load.boxed(),
        (true, false) => prop_oneof![load, store].boxed(),
        (true, true) => prop_oneof![3 => load, 3 => store, 1 => atomic].boxed(),
    };
    let accesses = (register(), vec(one, 2..6)).prop_map(move |(base, accesses)| Block::Access {
        base,
        address,
        accesses,
        distance: 0,
        privilege,
    });
    if data {
        return accesses.boxed();
    }
    let halves = if isa.c { 1 } else { 2 };
    let user = privilege != Privilege::Own && isa.user_mode;
    let target =
        (-6..8i32).prop_map(move |half| address.wrapping_add(((half & !(halves - 1)) * 2) as u32));
    let visits = (register(), vec(target, 1..5)).prop_map(move |(scratch, targets)| Block::Visit {
        scratch,
        user,
        targets,
    });
    prop_oneof![1 => accesses, 2 => visits].boxed()
}

/// A locked entry, what it allows and denies both modes, and writes of the registers that it locks.
fn locked_guarded(isa: Isa) -> BoxedStrategy<Block> {
    let entry = (0..isa.pmp_regions.clamp(1, 16) as u8).boxed();
    let word = 0..SACRIFICE_BYTES as i32 / 4;
    (locked(entry), word, register())
        .prop_flat_map(move |(protect, word, scratch)| {
            let address = match protect {
                Block::Protect { address, .. } => (address << 2) & !63 | (word as u32 & 15) << 2,
                _ => SACRIFICE,
            };
            let privilege = prop_oneof![Just(Privilege::Own), Just(Privilege::User)];
            let data = address < HOLLOW;
            let probes =
                privilege.prop_flat_map(move |privilege| probe(isa, data, address, privilege));
            (Just(protect), Just((word, scratch)), vec(probes, 1..4))
        })
        .prop_map(|(protect, (word, scratch), probes)| {
            let Block::Protect { entry, .. } = protect else { return protect };
            let write = |entry: u8| Block::CsrWrite {
                op: CsrOp::Write,
                rd: scratch,
                csr: Csr::pmpaddr(entry.into()),
                value: boundary(SACRIFICE, word),
                scratch,
            };
            let below = entry.checked_sub(1).map(write);
            let blocks = [protect, write(entry)].into_iter().chain(below);
            together(blocks.chain(probes).collect())
        })
        .boxed()
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

/// A locked entry stays within the sacrificed region or the hollow one, whatever its neighbours'
/// addresses become: those are there, too, once they count.
fn locked(entry: BoxedStrategy<u8>) -> BoxedStrategy<Block> {
    let word = || 16..SACRIFICE_BYTES as i32 / 4 - 16;
    let modes = select(&[0u8, 1, 2, 3, 2, 3][..]);
    let place = select(&[SACRIFICE, HOLLOW, HOLLOW][..]);
    let bottom = prop_oneof![1 => word().prop_map(Err), 2 => (-2..12i32).prop_map(Ok)];
    (entry, 0..8u8, modes, (place, word()), bottom, 1..6u32, register())
        .prop_map(|(entry, rights, mode, (place, word), bottom, size, scratch)| {
            // Below the first entry's TOR are the code and everything else.
            let mode = if entry == 0 && mode == TOR { 2 } else { mode };
            let address = boundary(place, word);
            let address = if mode == 3 { aligned(address, size) } else { address };
            let config = LOCKED | mode << 3 | rights;
            let bottom = match bottom {
                Ok(words) => address.wrapping_sub(words as u32),
                Err(word) => boundary(SACRIFICE, word),
            };
            let bottom = (mode == TOR).then_some(bottom);
            Block::Protect { entry, config, address, bottom, scratch }
        })
        .boxed()
}
