//! Looks at the NPU: its registers, its counters, and the results of a job.

use proptest::collection::vec;
use proptest::prelude::*;
use systole_isa::{BranchOp, ImmediateOp, Instruction, Register};

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

/// Reads what the NPU has counted, and lets the time that the program takes depend on a bit of that:
/// the model does not know the counters of waits, but a run can be compared with others.
pub(super) fn counter_look() -> impl Strategy<Value = Vec<Block>> {
    let address = (8..21u32).prop_map(|word| NPU + 4 * word);
    (register(), register(), address, 0..4u32).prop_map(|(base, rd, address, bit)| {
        let (op, imm) = (ImmediateOp::Andi, 1 << bit);
        vec![
            Block::DeviceRead { base, rd, address },
            Block::Straight(vec![Instruction::Immediate { op, rd, rs1: rd, imm }]),
            Block::Skip {
                op: BranchOp::Beq,
                rs1: rd,
                rs2: Register::ZERO,
                body: vec![Block::DeviceRead { base: rd, rd, address: NPU }],
            },
        ]
    })
}

/// Waits for the end of a job, and reads some of its results.
pub(super) fn wait() -> impl Strategy<Value = Block> {
    ([register(), register()], vec(any::<u16>(), 0..6))
        .prop_map(|(scratch, reads)| Block::WaitJob { scratch, reads })
}
