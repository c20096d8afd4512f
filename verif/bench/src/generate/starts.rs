//! Starts of NPU jobs, and the bus windows that they run in.

use proptest::prelude::*;
use proptest::sample::select;

use super::instructions::register;
use super::jobs::{JOBS_BYTES, results_apart};
use crate::program::Block;
use crate::program::layout::{
    CODE, NPU, NPU_ARENA, NPU_ARENA_BYTES, NPU_CLEAR, NPU_DOORBELL, NPU_INTERRUPT_ENABLE,
    NPU_WINDOW, PAGE,
};

/// Which jobs may be started.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct JobStarts {
    /// Jobs of the program; with 0 nothing is started.
    pub(super) count: usize,
    /// They may end early: meet bus errors, and so the edges of a window, and be aborted.
    pub(super) end_early: bool,
    /// Short jobs behind those.
    pub(super) short: usize,
    /// A job behind those that does not end by itself in a good while.
    pub(super) long: bool,
}

impl JobStarts {
    pub(super) const NONE: Self = Self { count: 0, end_early: false, short: 0, long: false };

    /// The start of one of the jobs, of which there is at least one.
    pub(super) fn start(self) -> BoxedStrategy<Block> {
        let part = (JOBS_BYTES / self.count as u32) & !31;
        (0..self.count)
            .prop_flat_map(move |job| {
                let arena = NPU_ARENA + part * job as u32;
                let harmless = prop_oneof![5 => Just(None), 1 => around().prop_map(Some)];
                let window = if self.end_early {
                    prop_oneof![1 => harmless, 1 => across(arena, part).prop_map(Some)].boxed()
                } else {
                    harmless.boxed()
                };
                (any::<bool>(), window, [register(), register()]).prop_map(
                    move |(interrupt, window, scratch)| Block::StartJob {
                        job,
                        interrupt,
                        window,
                        scratch,
                    },
                )
            })
            .boxed()
    }
}

impl JobStarts {
    /// Short jobs one after the other, and writes that the long one protects itself from.
    pub(super) fn others(self) -> BoxedStrategy<Vec<Block>> {
        let short: Vec<_> = (0..self.short).map(|index| short(self.count + index)).collect();
        let long: Vec<_> =
            self.long.then(|| disturb(self.count + self.short)).into_iter().collect();
        (long, short)
            .prop_map(|(mut blocks, short)| {
                blocks.extend(short.into_iter().flatten());
                blocks
            })
            .boxed()
    }
}

/// A start of a short job, and a look at its end.
fn short(job: usize) -> impl Strategy<Value = Vec<Block>> {
    let look =
        prop::option::weighted(0.3, (select(&[2u32, 4, 6, 7, 8][..]), register(), register()));
    (prop::bool::weighted(0.1), [register(), register()], look).prop_map(
        move |(interrupt, scratch, look)| {
            let mut blocks = vec![Block::StartJob { job, interrupt, window: None, scratch }];
            if let Some((word, base, rd)) = look {
                blocks.push(Block::WaitJob { scratch, reads: Vec::new() });
                blocks.push(Block::DeviceRead { base, rd, address: NPU + 4 * word });
            }
            blocks
        },
    )
}

fn disturb(job: usize) -> impl Strategy<Value = Block> {
    let write = prop_oneof![
        (Just(NPU + NPU_DOORBELL as u32), any::<u32>().prop_map(|at| NPU_ARENA + (at & 0xffe0))),
        (Just(NPU + NPU_CLEAR as u32), any::<u32>()),
        (Just(NPU + NPU_INTERRUPT_ENABLE as u32), any::<u32>()),
        (select(&[NPU_WINDOW, NPU_WINDOW + 4][..]), any::<u32>()),
    ];
    (prop::collection::vec(write, 1..6), [register(), register()])
        .prop_map(move |(writes, scratch)| Block::DisturbJob { job, writes, scratch })
}

/// The end of a job that may run.
pub(super) fn abort() -> impl Strategy<Value = Block> {
    register().prop_map(|scratch| Block::AbortJob { scratch })
}

/// Bits of a written edge that are not kept.
fn lost() -> impl Strategy<Value = u32> {
    prop_oneof![2 => Just(0u32), 1 => 0..PAGE]
}

/// Windows that hold the whole arena.
fn around() -> impl Strategy<Value = [u32; 2]> {
    let bases = [0, CODE, NPU_ARENA - PAGE, NPU_ARENA];
    let limits = [0, NPU_ARENA + NPU_ARENA_BYTES.next_multiple_of(PAGE), 0xffff_f000];
    (select(bases.to_vec()), select(limits.to_vec()), lost(), lost())
        .prop_map(|(base, limit, low, high)| [base | low, limit | high])
}

/// Windows with an edge among the first pages of a job or among its results apart, or that hold nothing.
fn across(arena: u32, bytes: u32) -> impl Strategy<Value = [u32; 2]> {
    let page = arena & !(PAGE - 1);
    let above = (0..6u32).prop_map(move |pages| [0, page + pages * PAGE]);
    let apart = page + results_apart(bytes);
    let below_results = (0..3u32).prop_map(move |pages| [page, apart + pages * PAGE]);
    let below = (0..4u32).prop_map(move |pages| [page + pages * PAGE, 0]);
    let between =
        (0..3u32, 0..6u32).prop_map(move |(base, pages)| [page + base * PAGE, page + pages * PAGE]);
    (prop_oneof![2 => above, 2 => below, 2 => between, 4 => below_results], lost(), lost())
        .prop_map(|([base, limit], low, high)| [base | low, limit | high])
}
