//! Starts of NPU jobs, and the bus windows that they run in.

use proptest::prelude::*;
use proptest::sample::select;

use super::instructions::register;
use super::jobs::results_apart;
use crate::program::Block;
use crate::program::layout::{CODE, NPU_ARENA, NPU_ARENA_BYTES, PAGE};

/// Which jobs may be started.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct JobStarts {
    /// Jobs of the program; with 0 nothing is started.
    pub(super) count: usize,
    /// They may end early: meet bus errors, and so the edges of a window, and be aborted.
    pub(super) end_early: bool,
}

impl JobStarts {
    pub(super) const NONE: Self = Self { count: 0, end_early: false };

    /// The start of one of the jobs, of which there is at least one.
    pub(super) fn start(self) -> BoxedStrategy<Block> {
        let part = NPU_ARENA_BYTES / self.count as u32;
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
