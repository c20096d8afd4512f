//! What is wrong with an NPU job.

use systole_golden::npu::JobEnd;
use systole_hdl::Bits;
use systole_hdl::origin::{Expected, Step};

use super::{Search, Wrong};

/// Cycles from an address of a burst to its last data, at most.
const BURST: u64 = 2000;

impl Search<'_> {
    /// The first part of how a job ended that is wrong.
    pub(super) fn npu_end(&self, rtl: JobEnd, golden: JobEnd) -> Vec<Step> {
        let wrong = |signal, width, value: u32| Wrong {
            signal,
            low: 0,
            cycle: self.divergence.cycle,
            expected: Bits::new(width, value.into()),
        };
        let fields = [
            (rtl.cause != golden.cause, wrong("npu_job_cause", 8, golden.cause)),
            (true, wrong("npu_job_fault_index", 16, golden.fault_index)),
            (true, wrong("npu_job_fault_address", 32, golden.fault_address)),
        ];
        let first = fields.iter().find(|(ask, wrong)| *ask && self.is_wrong(wrong));
        first.map_or_else(Vec::new, |(_, wrong)| self.follow_wrong(wrong))
    }

    /// A byte that the NPU wrote: its value, or where it was written.
    pub(super) fn npu_byte(
        &self,
        cycle: u64,
        rtl: (u32, u8),
        golden: Option<(u32, u8)>,
    ) -> Vec<Step> {
        let bus_bytes = self.wave.width("m_axi_wstrb").unwrap_or(8);
        if let Some((address, value)) = golden.filter(|(address, _)| *address == rtl.0) {
            let (low, expected) = (8 * (address % bus_bytes), Bits::new(8, value.into()));
            return self.follow("m_axi_wdata", low, cycle, Expected::Value(expected));
        }
        let number = |name, cycle| self.number(name, cycle);
        let reaches = |&at: &u64| {
            let (first, beats) = (number("m_axi_awaddr", at), number("m_axi_awlen", at) + 1);
            number("m_axi_awvalid", at) == 1
                && number("m_axi_awready", at) == 1
                && (first..first + beats * u64::from(bus_bytes)).contains(&u64::from(rtl.0))
        };
        let Some(at) = (cycle.saturating_sub(BURST)..=cycle).rev().find(reaches) else {
            return Vec::new();
        };
        let expected = golden.map(|(address, _)| {
            let first = number("m_axi_awaddr", at) as u32;
            Bits::new(32, first.wrapping_add(address).wrapping_sub(rtl.0).into())
        });
        let expected = expected.map_or(Expected::Unknown(32), Expected::Value);
        self.follow("m_axi_awaddr", 0, at, expected)
    }
}
