//! NPU jobs.

use systole_isa::{BranchOp, Csr, ImmediateOp, Instruction, Register};

use super::super::Block;
use super::super::layout::{
    NPU, NPU_ABORT, NPU_CLEAR, NPU_DOORBELL, NPU_EXEC_BUSY, NPU_INTERRUPT_ENABLE, NPU_STATUS,
    NPU_WINDOW,
};
use super::{Lowering, ZERO, set_csr};

/// `mie.MEIE`.
const EXTERNAL_ENABLE: u32 = 1 << 11;

impl Lowering<'_> {
    pub(super) fn start_job(
        &mut self,
        job: usize,
        interrupt: bool,
        window: Option<[u32; 2]>,
        scratch: [Register; 2],
    ) {
        let Some(job) = self.program.jobs.get(job) else { return };
        let [base, value] = self.idle_npu(window.unwrap_or_default(), scratch);
        self.code.load_immediate(base, NPU);
        self.code.add_immediate(value, ZERO, i32::from(interrupt));
        self.code.store_word(value, NPU_INTERRUPT_ENABLE, base);
        if interrupt {
            // Whether it is taken in M mode is left to mstatus.MIE as it is.
            self.code.load_immediate(value, EXTERNAL_ENABLE);
            self.code.push(set_csr(Csr::MIE, value));
        }
        self.code.load_immediate(value, job.list);
        self.code.store_word(value, NPU_DOORBELL, base);
    }

    /// Waits until a job can be started, and sets the window where one is used; returns the scratch
    /// registers.
    fn idle_npu(&mut self, window: [u32; 2], scratch: [Register; 2]) -> [Register; 2] {
        let scratch = self.scratch_pair(scratch);
        if self.job_started || self.repeated {
            self.wait_idle(scratch);
        }
        self.job_started = true;
        if sets_window(&self.program.blocks) {
            self.set_window(window, scratch);
        }
        scratch
    }

    /// While no job runs: a write that one may ignore would be a race with its end.
    fn set_window(&mut self, edges: [u32; 2], [base, value]: [Register; 2]) {
        self.code.load_immediate(base, NPU_WINDOW);
        for (offset, edge) in [0, 4].into_iter().zip(edges) {
            self.code.load_immediate(value, edge);
            self.code.store_word(value, offset, base);
        }
    }

    pub(super) fn disturb_job(
        &mut self,
        job: usize,
        writes: &[(u32, u32)],
        scratch: [Register; 2],
    ) {
        let Some(job) = self.program.jobs.get(job) else { return };
        let [base, value] = self.idle_npu([0, 0], scratch);
        self.code.load_immediate(base, NPU);
        self.code.store_word(base, NPU_CLEAR, base);
        self.code.load_word(value, NPU_STATUS, base);
        self.code.load_immediate(value, job.list);
        self.code.store_word(value, NPU_DOORBELL, base);
        // It may not get as far: its list may meet a bus error.
        let [poll, ended] = [self.code.label_here(), self.code.label()];
        self.code.load_word(value, NPU_STATUS, base);
        self.is_busy(value);
        self.code.branch(BranchOp::Beq, value, ZERO, ended);
        self.code.load_word(value, NPU_EXEC_BUSY, base);
        self.code.branch(BranchOp::Beq, value, ZERO, poll);
        for &(address, written) in writes {
            let offset = self.code.upper(base, address);
            self.code.load_immediate(value, written);
            self.code.store_word(value, offset, base);
            self.code.load_word(value, offset, base);
        }
        self.code.load_immediate(base, NPU);
        self.code.store_word(base, NPU_ABORT, base);
        self.code.bind(ended);
    }

    /// Bit 0 of what was read from `STATUS`.
    fn is_busy(&mut self, status: Register) {
        self.code.push(Instruction::Immediate {
            op: ImmediateOp::Andi,
            rd: status,
            rs1: status,
            imm: 1,
        });
    }

    pub(super) fn abort_job(&mut self, scratch: Register) {
        let base = self.scratch(scratch, &[]);
        self.code.load_immediate(base, NPU);
        self.code.store_word(base, NPU_ABORT, base);
    }

    pub(super) fn wait_idle(&mut self, [base, value]: [Register; 2]) {
        self.code.load_immediate(base, NPU);
        let poll = self.code.label_here();
        self.code.load_word(value, NPU_STATUS, base);
        self.is_busy(value);
        self.code.branch(BranchOp::Bne, value, ZERO, poll);
    }

    pub(super) fn wait_job(&mut self, scratch: [Register; 2], reads: &[u16]) {
        let [base, value] = self.scratch_pair(scratch);
        self.wait_idle([base, value]);
        let Some(job) = self.program.jobs.first() else { return };
        let (start, length) = job.results;
        for read in reads {
            let offset = u32::from(*read) * 4 % length.max(4);
            let offset = self.code.upper(base, (start & !3) + (offset & !3));
            self.code.load_word(value, offset, base);
        }
    }
}

pub(super) fn contains_job(blocks: &[Block]) -> bool {
    contains(blocks, |block| matches!(block, Block::StartJob { .. } | Block::DisturbJob { .. }))
}

/// Whether any job starts with a window, so that the others have to put it back.
fn sets_window(blocks: &[Block]) -> bool {
    contains(blocks, |block| matches!(block, Block::StartJob { window: Some(_), .. }))
}

fn contains(blocks: &[Block], wanted: fn(&Block) -> bool) -> bool {
    blocks.iter().any(|block| {
        let inside = block.body().is_some_and(|body| contains(body, wanted));
        inside || wanted(block)
    })
}
