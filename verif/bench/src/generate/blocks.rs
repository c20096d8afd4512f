//! Blocks of programs.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use systole_golden::Isa;
use systole_isa::{BranchOp, CsrOp, Instruction, LoadOp, Register, StoreOp};

use super::Target;
use super::corners::{corner_amos, corner_operations, counting};
use super::csrs::{chosen_write, counted, counters, csr, delicate_write, user_reads};
use super::hazards::tight;
use super::illegal::{neighbours, trapping};
use super::instructions::{
    access, arithmetic, atomics, beside, branch, fence, register, value, version,
};
use super::looks::{counter_read, npu_read, wait};
use super::modes::{privilege, user, user_wait};
use super::pointers::pointer;
use super::profile::Weights;
use super::regions::protect;
use super::starts::{JobStarts, abort};
use crate::program::layout::{
    CODE, DATA, DATA_BYTES, HOLLOW, HOLLOW_BYTES, MSIP, MTIME, MTIMECMP, NPU, NPU_WINDOW,
    SACRIFICE, SACRIFICE_BYTES,
};
use crate::program::{Block, Operand, Patcher, Privilege, Reach};

/// The blocks of a program that may start `jobs`.
pub(super) fn blocks(
    target: Target,
    weights: Weights,
    jobs: JobStarts,
) -> BoxedStrategy<Vec<Block>> {
    let mix = Mix { target, weights };
    let inner = mix.nested(mix.simple(), JobStarts::NONE);
    let before = vec(mix.nested(inner.clone(), JobStarts::NONE), 1..12);
    if jobs.count == 0 {
        return before.boxed();
    }
    // Some work first, a look at the reset NPU, a job, work while it runs, and a look at its results.
    let body = mix.nested(inner, jobs);
    let looks = (vec(npu_read(), 0..3), wait(), vec(counter_read(), 0..8));
    (before, jobs.start(), vec(body, 1..10), looks, jobs.others())
        .prop_map(|(mut blocks, start, rest, (reset, wait, counters), others)| {
            blocks.extend(reset);
            blocks.push(start);
            blocks.extend(rest);
            blocks.push(wait);
            blocks.extend(counters);
            blocks.extend(others);
            blocks
        })
        .boxed()
}

/// What blocks are made for, and of what.
#[derive(Clone, Copy)]
struct Mix {
    target: Target,
    weights: Weights,
}

impl Mix {
    /// A simple block, or one around `inner` ones.
    fn nested(self, inner: BoxedStrategy<Block>, jobs: JobStarts) -> BoxedStrategy<Block> {
        let (Target { isa, .. }, weights) = (self.target, self.weights);
        let bodies = vec(inner, 1..4).boxed();
        let around = prop_oneof![
            3 => (branch(), bodies.clone())
                .prop_map(|((op, rs1, rs2), body)| Block::Skip { op, rs1, rs2, body }),
            2 => (loop_counter(), 1..6u8, select(BranchOp::ALL), bodies.clone()).prop_map(
                |(counter, count, op, body)| Block::Loop { counter, count, op, body }
            ),
            2 => (link(), any::<bool>(), bodies.clone())
                .prop_map(|(link, indirect, body)| Block::Call { link, indirect, body }),
        ];
        let around = match isa.user_mode {
            true => prop_oneof![3 => around, weights.user => user(bodies.clone())].boxed(),
            false => around.boxed(),
        };
        let around = match isa.hpm_counters {
            0 => around,
            _ => prop_oneof![6 => around, 1 => counted(isa, bodies)].boxed(),
        };
        let any = prop_oneof![25 => self.simple(), weights.around => around].boxed();
        if jobs.count == 0 {
            return any;
        }
        let any = prop_oneof![28 => any, weights.start => jobs.start(), 1 => wait()];
        match jobs.end_early {
            true => prop_oneof![7 => any, 1 => jobs.start(), 1 => abort()].boxed(),
            false => any.boxed(),
        }
    }

    /// A block without others in it.
    fn simple(self) -> BoxedStrategy<Block> {
        let (Target { isa, .. }, weights) = (self.target, self.weights);
        let straight = |instructions: BoxedStrategy<Vec<Instruction>>| {
            instructions.prop_map(Block::Straight).boxed()
        };
        let trapping = prop_oneof![1 => trapping(isa), 2 => arithmetic(isa)];
        let fences = prop_oneof![1 => fence(), 2 => arithmetic(isa)];
        let protect_weight = match (isa.pmp_regions > 0, isa.user_mode) {
            (true, true) => weights.protect,
            (true, false) => weights.protect.div_ceil(2),
            (false, _) => 0,
        };
        let only = |condition: bool, weight: u32| if condition { weight } else { 0 };
        let choices = vec![
            (weights.straight, straight(vec(arithmetic(isa), 1..10).boxed())),
            (only(isa.zbb, weights.counting), straight(counting().boxed())),
            (weights.corners, straight(corner_operations(isa).boxed())),
            (only(isa.a, weights.corners), amo_corners().boxed()),
            (weights.pointer, pointer(isa)),
            (weights.hazards, tight(isa)),
            (weights.memory, memory(isa).boxed()),
            (only(isa.a, weights.atomic), atomic_access(isa)),
            (weights.csr, straight(vec(csr(isa), 1..5).boxed())),
            (weights.counters, straight(counters(isa).boxed())),
            (weights.delicate, delicate_write(isa).boxed()),
            (weights.chosen, chosen_write(isa).boxed()),
            (weights.trapping, straight(vec(trapping, 1..5).boxed())),
            (weights.illegal, straight(neighbours(isa).boxed())),
            (weights.fence, straight(vec(fences, 1..4).boxed())),
            (weights.jump, jump(self.target).boxed()),
            (weights.self_modify, self_modify(isa).boxed()),
            (weights.interrupt, interrupt(isa).boxed()),
            (only(isa.user_mode, weights.user.div_ceil(4)), user_wait().boxed()),
            (only(isa.user_mode, weights.user.div_ceil(4)), user_reads(isa).boxed()),
            (weights.device, device_read().boxed()),
            (protect_weight, protect(isa).boxed()),
        ];
        let choices = choices.into_iter().filter(|(weight, _)| *weight > 0).collect();
        proptest::strategy::Union::new_weighted(choices).boxed()
    }
}

/// Often a register that short branches can compare with 0.
fn loop_counter() -> impl Strategy<Value = Register> {
    prop_oneof![1 => register(), 1 => (8..16u8).prop_map(Register::new)]
}

/// A few hot words, so that stores meet loads, and the whole region.
pub(super) fn data_address() -> impl Strategy<Value = u32> {
    prop_oneof![
        3 => (0..4u32).prop_map(|word| DATA + 0x400 + 4 * word),
        3 => (0x200..DATA_BYTES - 0x200).prop_map(|offset| DATA + (offset & !3)),
        1 => (0x200..DATA_BYTES - 0x200).prop_map(|offset| DATA + offset),
        // Where PMP entries are locked.
        1 => (0..SACRIFICE_BYTES / 4).prop_map(|word| SACRIFICE + 4 * word),
    ]
}

/// An address where no memory is: an access fault each.
fn unmapped() -> impl Strategy<Value = u32> {
    select(&[0u32, 0x1000, 0x1000_0000, 0x0201_0000, 0x4000_1000, 0xffff_fffc][..])
        .prop_map(|address| address & !3 | 0x400)
}

/// Where a device would be if one bit of the address did not count: no memory is there.
fn alias() -> impl Strategy<Value = u32> {
    let devices = [MSIP, MTIMECMP, MTIMECMP + 4, MTIME, NPU, NPU_WINDOW, NPU_WINDOW + 4];
    let bit = prop_oneof![3 => 16..31u32, 1 => Just(31)];
    (select(devices.to_vec()), bit).prop_map(|(device, bit)| device ^ 1 << bit)
}

/// A load or store of the word that the base points at.
fn word_access() -> impl Strategy<Value = Instruction> {
    let (rs1, offset) = (Register::ZERO, 0);
    prop_oneof![
        register().prop_map(move |rd| Instruction::Load { op: LoadOp::Lw, rd, rs1, offset }),
        register().prop_map(move |rs2| Instruction::Store { op: StoreOp::Sw, rs2, rs1, offset }),
    ]
}

/// Holds addresses: often one that short forms can have as base.
fn base() -> impl Strategy<Value = Register> {
    prop_oneof![4 => register(), 2 => (8..16u8).prop_map(Register::new), 1 => Just(Register::new(2))]
}

fn memory(isa: Isa) -> impl Strategy<Value = Block> {
    let place = prop_oneof![
        18 => (data_address(), vec(access(isa), 1..10)),
        1 => (unmapped(), vec(access(isa), 1..3)),
        1 => (alias(), vec(word_access(), 1..4)),
    ];
    (base(), place, privilege(isa)).prop_map(|(base, (address, accesses), privilege)| {
        Block::Access { base, address, accesses, distance: 0, privilege }
    })
}

/// AMOs with corner values on one word.
fn amo_corners() -> impl Strategy<Value = Block> {
    let base = (8..10u8).prop_map(Register::new);
    (base, data_address(), corner_amos()).prop_map(|(base, address, accesses)| Block::Access {
        base,
        address: address & !3,
        accesses,
        distance: 0,
        privilege: Privilege::Own,
    })
}

/// Atomic operations on words that are the same, neighbours or far apart.
fn atomic_access(isa: Isa) -> BoxedStrategy<Block> {
    let device = select(&[MSIP, MTIMECMP, MTIME, NPU, NPU + 0x10, NPU_WINDOW][..]);
    let place = prop_oneof![
        10 => (data_address(), vec(atomics(isa), 1..8)),
        1 => (unmapped(), vec(atomics(isa), 1..3)),
        1 => (device, vec(atomics(isa), 1..3)),
    ];
    let distance = select(&[0, 0, 4, -4, 8, 64, 128, 1024, 1, 2, 3][..]);
    (base(), place, distance, privilege(isa))
        .prop_map(|(base, (address, accesses), distance, privilege)| {
            // Stores to devices by other means have their own blocks.
            let device = address < CODE;
            let accesses = accesses
                .into_iter()
                .filter(|access| !device || !matches!(access, Instruction::Store { .. }))
                .collect();
            Block::Access { base, address, accesses, distance, privilege }
        })
        .boxed()
}

fn jump(target: Target) -> impl Strategy<Value = Block> {
    let end = CODE + target.ram_bytes - 2;
    let grain = if target.isa.c { 1 } else { 3 };
    let void = prop_oneof![
        2 => select(&[0u32, 0x0200_0000, 0x4000_0000, 0x7fff_fffc, 0xffff_fffc][..]),
        1 => value().prop_map(|v| v & 0x7fff_ffff),
        1 => Just(end),
        1 => Just(CODE - 2),
        2 => (0..HOLLOW_BYTES).prop_map(|offset| HOLLOW + offset),
    ];
    let reach = select(&[Reach::Branch, Reach::ShortJump, Reach::ShortBranch][..]);
    let counts = (2..5u8, 1..4u8);
    prop_oneof![
        2 => (register(), void).prop_map(move |(register, target)| {
            Block::JumpToVoid { register, target: target & !grain }
        }),
        4 => (register(), register(), 1..4u8).prop_map(|(register, link, misalignment)| {
            Block::OddJump { register, link, misalignment }
        }),
        1 => (link(), 1..4u8, prop_oneof![1 => Just(31u8), 2 => 24..32u8])
            .prop_map(|(link, returns, bit)| Block::Astray { link, returns, bit }),
        2 => (1..20u8, link()).prop_map(|(depth, link)| Block::Nest { depth, link }),
        2 => (link(), link(), counts, register()).prop_map(
            |(register, link, (visits, rounds), counter)| {
                Block::Dispatch { register, link, visits, rounds, counter }
            }
        ),
        1 => (reach, any::<bool>(), prop_oneof![Just(0u16), 0..8u16]).prop_map(
            |(reach, backward, short_of)| Block::Far { reach, backward, short_of }
        ),
    ]
}

/// Often one of the two that calls and returns are known by.
pub(super) fn link() -> impl Strategy<Value = Register> {
    prop_oneof![4 => Just(Register::RA), 2 => Just(Register::new(5)), 2 => register()]
}

fn self_modify(isa: Isa) -> impl Strategy<Value = Block> {
    let versions = prop_oneof![1 => vec(arithmetic(isa), 1), 2 => vec(version(isa), 1..5)];
    let by = match isa.a {
        true => &[Patcher::Words, Patcher::Bytes, Patcher::Conditional, Patcher::Swap][..],
        false => &[Patcher::Words, Patcher::Bytes][..],
    };
    (register(), register(), link(), versions, select(by)).prop_map(
        |(address, word, link, versions, by)| Block::SelfModify {
            address,
            word,
            link,
            versions,
            by,
        },
    )
}

fn interrupt(isa: Isa) -> impl Strategy<Value = Block> {
    let global = prop_oneof![2 => Just(None), 1 => any::<bool>().prop_map(Some)];
    let user = prop::bool::weighted(if isa.user_mode { 0.3 } else { 0.0 });
    let operand = prop_oneof![
        1 => value().prop_map(Operand::Value),
        1 => (0..32u8).prop_map(Operand::Immediate),
    ];
    let first = prop_oneof![
        1 => Just(None),
        1 => (select(CsrOp::ALL), operand).prop_map(Some),
    ];
    let behind = prop_oneof![1 => beside(), 1 => fence().boxed(), 1 => arithmetic(isa)];
    prop_oneof![
        5 => (0..400u16, [register(), register()])
            .prop_map(|(delay, scratch)| Block::Timer { delay, scratch }),
        1 => ([register(), register()], vec(clock_write(), 1..4))
            .prop_map(|(scratch, writes)| Block::SetClock { scratch, writes }),
        2 => (register(), any::<bool>(), vec(behind, 0..4)).prop_map(
            |(scratch, enable, behind)| Block::SoftwareInterrupt { scratch, enable, behind }
        ),
        2 => (register(), any::<bool>(), first).prop_map(|(scratch, vectored, first)| {
            Block::TrapVector { scratch, vectored, first }
        }),
        2 => (0..300u16, [register(), register()], global, user, prop::bool::weighted(0.3), then())
            .prop_map(|(delay, scratch, global, user, software, then)| {
                Block::WaitForInterrupt { delay, scratch, global, user, software, then }
            }),
    ]
}

/// A write of one half of the clock: often right before the low one overflows.
fn clock_write() -> impl Strategy<Value = (bool, u32)> {
    let low = prop_oneof![2 => value(), 1 => (1..80u32).prop_map(|before| before.wrapping_neg())];
    prop_oneof![
        low.prop_map(|value| (false, value)),
        value().prop_map(|value| (true, value & 0x7fff_ffff)),
    ]
}

/// A load or store where no memory is, or none.
fn then() -> impl Strategy<Value = Option<Instruction>> {
    let rs1 = Register::ZERO;
    prop_oneof![
        2 => Just(None),
        1 => (select(LoadOp::ALL), register(), -8..8i32)
            .prop_map(move |(op, rd, offset)| Some(Instruction::Load { op, rd, rs1, offset })),
        1 => (select(StoreOp::ALL), register(), -8..8i32)
            .prop_map(move |(op, rs2, offset)| Some(Instruction::Store { op, rs2, rs1, offset })),
    ]
}

fn device_read() -> impl Strategy<Value = Block> {
    let clint = select(&[MSIP, MTIMECMP, MTIMECMP + 4, MTIME, MTIME + 4][..]);
    let clint = (register(), register(), clint).prop_map(|(base, rd, address)| Block::DeviceRead {
        base,
        rd,
        address,
    });
    prop_oneof![npu_read(), clint]
}
