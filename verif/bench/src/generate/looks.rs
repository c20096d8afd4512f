//! Looks at the NPU: its registers, its counters, and the results of a job.

use proptest::collection::vec;
use proptest::prelude::*;

use super::instructions::register;
use crate::program::Block;
use crate::program::layout::{NPU, NPU_WINDOW};

/// Reads any register of the NPU.
pub(super) fn npu_read() -> impl Strategy<Value = Block> {
    let address = prop_oneof![
        8 => (0..24u32).prop_map(|word| NPU + 4 * word),
        1 => (0..3u32).prop_map(|word| NPU_WINDOW + 4 * word),
    ];
    (register(), register(), address).prop_map(|(base, rd, address)| Block::DeviceRead {
        base,
        rd,
        address,
    })
}

/// Reads what the NPU has counted.
pub(super) fn counter_read() -> impl Strategy<Value = Block> {
    let address = (8..21u32).prop_map(|word| NPU + 4 * word);
    (register(), register(), address).prop_map(|(base, rd, address)| Block::DeviceRead {
        base,
        rd,
        address,
    })
}

/// Waits for the end of a job, and reads some of its results.
pub(super) fn wait() -> impl Strategy<Value = Block> {
    ([register(), register()], vec(any::<u16>(), 0..6))
        .prop_map(|(scratch, reads)| Block::WaitJob { scratch, reads })
}
