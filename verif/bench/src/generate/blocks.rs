//! Blocks of programs.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::instructions::{access, arithmetic, branch, csr, fence, register, trapping, value};
use crate::program::Block;
use crate::program::layout::{DATA, DATA_BYTES, MSIP, MTIME, MTIMECMP, NPU};

/// The blocks of a program that may start `jobs` jobs.
pub(super) fn blocks(jobs: usize) -> impl Strategy<Value = Vec<Block>> {
    let before = vec(block(jobs, 2), 1..12);
    if jobs == 0 {
        return before.boxed();
    }
    // Some work first, a job, work while it runs, and a look at its results.
    (before, start(jobs), vec(block(jobs, 2), 1..10), wait())
        .prop_map(|(mut blocks, start, rest, wait)| {
            blocks.push(start);
            blocks.extend(rest);
            blocks.push(wait);
            blocks
        })
        .boxed()
}

fn block(jobs: usize, depth: u32) -> BoxedStrategy<Block> {
    let simple = prop_oneof![
        8 => vec(arithmetic(), 1..10).prop_map(Block::Straight),
        6 => memory(),
        3 => vec(csr(), 1..5).prop_map(Block::Straight),
        2 => vec(prop_oneof![1 => trapping(), 2 => arithmetic()], 1..5).prop_map(Block::Straight),
        1 => vec(prop_oneof![1 => fence(), 2 => arithmetic()], 1..4).prop_map(Block::Straight),
        2 => jump(),
        1 => (register(), register(), arithmetic()).prop_map(|(address, word, instruction)| {
            Block::SelfModify { address, word, instruction }
        }),
        2 => interrupt(),
        1 => device_read(),
    ];
    if depth == 0 {
        return simple.boxed();
    }
    let inner = vec(block(0, depth - 1), 1..4);
    let nested = prop_oneof![
        3 => (branch(), inner.clone())
            .prop_map(|((op, rs1, rs2), body)| Block::Skip { op, rs1, rs2, body }),
        2 => (register(), 1..6u8, inner.clone())
            .prop_map(|(counter, count, body)| Block::Loop { counter, count, body }),
        2 => (register(), any::<bool>(), inner)
            .prop_map(|(link, indirect, body)| Block::Call { link, indirect, body }),
    ];
    if jobs == 0 {
        return prop_oneof![5 => simple, 2 => nested].boxed();
    }
    prop_oneof![20 => simple, 8 => nested, 1 => start(jobs), 1 => wait()].boxed()
}

fn memory() -> impl Strategy<Value = Block> {
    let address = prop_oneof![
        // A few hot words, so that stores meet loads, and the whole region.
        3 => (0..4u32).prop_map(|word| DATA + 0x400 + 4 * word),
        3 => (0x200..DATA_BYTES - 0x200).prop_map(|offset| DATA + (offset & !3)),
        1 => (0x200..DATA_BYTES - 0x200).prop_map(|offset| DATA + offset),
    ];
    // Unmapped addresses: an access fault each.
    let unmapped = select(&[0u32, 0x1000, 0x1000_0000, 0x0201_0000, 0x4000_1000, 0xffff_fffc][..]);
    prop_oneof![
        9 => (register(), address, vec(access(), 1..10)),
        1 => (register(), unmapped.prop_map(|address| address & !3 | 0x400), vec(access(), 1..3)),
    ]
    .prop_map(|(base, address, accesses)| Block::Access { base, address, accesses })
}

fn jump() -> impl Strategy<Value = Block> {
    let target = prop_oneof![
        select(&[0u32, 0x0200_0000, 0x4000_0000, 0x7fff_fffc, 0xffff_fffc][..]),
        value().prop_map(|v| (v & !3) & 0x7fff_ffff),
    ];
    prop_oneof![
        1 => (register(), target).prop_map(|(register, target)| {
            Block::JumpToVoid { register, target }
        }),
        2 => (register(), register(), 1..4u8).prop_map(|(register, link, misalignment)| {
            Block::OddJump { register, link, misalignment }
        }),
    ]
}

fn interrupt() -> impl Strategy<Value = Block> {
    prop_oneof![
        3 => (0..400u16, [register(), register()])
            .prop_map(|(delay, scratch)| Block::Timer { delay, scratch }),
        1 => (register(), any::<bool>())
            .prop_map(|(scratch, enable)| Block::SoftwareInterrupt { scratch, enable }),
        1 => (register(), any::<bool>())
            .prop_map(|(scratch, vectored)| Block::TrapVector { scratch, vectored }),
    ]
}

fn device_read() -> impl Strategy<Value = Block> {
    let npu = (0..12u32).prop_map(|word| NPU + 4 * word);
    let clint = select(&[MSIP, MTIMECMP, MTIMECMP + 4, MTIME, MTIME + 4][..]);
    (register(), register(), prop_oneof![npu, clint])
        .prop_map(|(base, rd, address)| Block::DeviceRead { base, rd, address })
}

fn start(jobs: usize) -> impl Strategy<Value = Block> {
    (0..jobs, any::<bool>(), [register(), register()])
        .prop_map(|(job, interrupt, scratch)| Block::StartJob { job, interrupt, scratch })
}

fn wait() -> impl Strategy<Value = Block> {
    ([register(), register()], vec(any::<u16>(), 0..6))
        .prop_map(|(scratch, reads)| Block::WaitJob { scratch, reads })
}
