//! From a difference to the line of the source that the wrong value comes from.
//!
//! Lockstep says what differs at the edge of the chip. Often something differs before that: an operand
//! of the instruction, the address of an access. What comes first is followed back through the wave of
//! the failing run ([`systole_hdl::origin`]).

use systole_hdl::origin::{Action, Expected, History, Question, Step, origin};
use systole_hdl::{Bits, Design};

use super::recorded::Recorded;
use crate::lockstep::{Divergence, Kind, NpuDifference, Pair};

/// Cycles from an address of a burst to its last data, at most.
const BURST: u64 = 2000;

/// The way back from the difference: the nearest signal first, the last one is where the wrong value
/// comes from. Empty when the wave does not tell.
pub fn suspect(design: &Design, wave: &Recorded, divergence: &Divergence) -> Vec<Step> {
    let mut search = Search { design, wave, divergence, right: Vec::new() };
    search.right = search.right();
    let steps = match divergence.kind {
        Kind::Retire => search.retire(),
        Kind::NpuWrite | Kind::NpuEnd => search.npu(),
        _ => Vec::new(),
    };
    search.beyond_memory(steps)
}

struct Search<'a> {
    design: &'a Design,
    wave: &'a Recorded,
    divergence: &'a Divergence,
    /// What the instruction that differs is given: its operands and its address.
    right: Vec<Bits>,
}

/// A signal that may be wrong, and what it should be.
struct Wrong {
    signal: &'static str,
    low: u32,
    cycle: u64,
    expected: Bits,
}

impl Search<'_> {
    fn follow(&self, signal: &str, low: u32, cycle: u64, expected: Expected) -> Vec<Step> {
        let right = &self.right;
        origin(self.design, self.wave, &Question { signal, low, cycle, expected, right })
    }

    fn follow_wrong(&self, wrong: &Wrong) -> Vec<Step> {
        let expected = Expected::Value(wrong.expected.clone());
        self.follow(wrong.signal, wrong.low, wrong.cycle, expected)
    }

    /// Whether it is wrong in the wave.
    fn is_wrong(&self, wrong: &Wrong) -> bool {
        let high = wrong.low + wrong.expected.width() - 1;
        let value = self.wave.value(wrong.signal, wrong.cycle);
        value.is_some_and(|value| value.slice(high, wrong.low) != wrong.expected)
    }

    /// The first field of the retire port that is wrong, in the order in which an instruction comes
    /// about.
    fn retire(&self) -> Vec<Step> {
        let Some(pair) = self.divergence.history.last() else { return Vec::new() };
        let Some(channel) = self.channel(pair) else { return Vec::new() };
        let fields = self.fields(pair);
        let fields = fields.into_iter().map(|(signal, width, value)| Wrong {
            signal,
            low: channel * width,
            cycle: pair.cycle,
            expected: Bits::new(width, value.into()),
        });
        let first = fields.into_iter().find(|wrong| self.is_wrong(wrong));
        first.map_or_else(Vec::new, |wrong| self.follow_wrong(&wrong))
    }

    /// Which of the retirements of a cycle it is.
    fn channel(&self, pair: &Pair) -> Option<u32> {
        let (valid, order) = ("rvfi_valid", "rvfi_order");
        let channels = self.wave.width(valid)?;
        let valid = self.wave.value(valid, pair.cycle)?;
        let order = self.wave.value(order, pair.cycle)?;
        let is_it = |&channel: &u32| {
            let low = 64 * channel;
            valid.bit(channel) && order.slice(low + 63, low).to_u64() == pair.order
        };
        (0..channels).find(is_it)
    }

    /// Signals of the retire port, their width in one channel, and the right value.
    fn fields(&self, pair: &Pair) -> Vec<(&'static str, u32, u32)> {
        let golden = &pair.golden;
        let mut fields = vec![("rvfi_pc_rdata", 32, golden.pc), ("rvfi_insn", 32, golden.insn)];
        fields.extend(self.operands(pair));
        fields.extend([("rvfi_trap", 1, golden.trap.into()), ("rvfi_intr", 1, golden.intr.into())]);
        if golden.trap || golden.intr {
            fields.push(("rvfi_cause", 32, golden.cause));
        }
        if golden.trap {
            fields.push(("rvfi_tval", 32, golden.tval));
        }
        let reads = u32::from(golden.mem_rmask);
        let writes = u32::from(golden.mem_wmask);
        if reads | writes != 0 {
            fields.push(("rvfi_mem_addr", 32, golden.mem_addr));
        }
        fields.extend([("rvfi_mem_rmask", 4, reads), ("rvfi_mem_wmask", 4, writes)]);
        let differs = |field| self.divergence.differences.iter().any(|d| d.field == field);
        // Lanes that are not accessed may hold anything.
        if differs("mem_wdata") {
            fields.push(("rvfi_mem_wdata", 32, golden.mem_wdata));
        }
        if differs("mem_rdata") {
            fields.push(("rvfi_mem_rdata", 32, golden.mem_rdata));
        }
        fields.extend([
            ("rvfi_rd_addr", 5, golden.rd_addr.into()),
            ("rvfi_rd_wdata", 32, golden.rd_wdata),
        ]);
        if let Some((address, value)) = golden.csr {
            fields.extend([("rvfi_csr_addr", 12, address.into()), ("rvfi_csr_wdata", 32, value)]);
        }
        fields
            .extend([("rvfi_pc_wdata", 32, golden.next_pc), ("rvfi_mstatus", 32, golden.mstatus)]);
        fields
    }

    /// What the instruction read from registers; the registers that it names are compared elsewhere.
    fn operands(&self, pair: &Pair) -> Vec<(&'static str, u32, u32)> {
        let Some(channel) = self.channel(pair) else { return Vec::new() };
        let both = [("rvfi_rs1_addr", "rvfi_rs1_rdata"), ("rvfi_rs2_addr", "rvfi_rs2_rdata")];
        let operand = |(address, data): (&str, &'static str)| {
            let named = self.wave.value(address, pair.cycle)?;
            let number = named.slice(5 * channel + 4, 5 * channel).to_u64() as usize;
            (number != 0).then(|| (data, 32, self.divergence.registers[number]))
        };
        both.into_iter().filter_map(operand).collect()
    }

    fn right(&self) -> Vec<Bits> {
        let Some(pair) = self.divergence.history.last() else { return Vec::new() };
        let operands = self.operands(pair).into_iter().map(|(_, _, value)| value);
        operands.chain([pair.golden.pc]).map(|value| Bits::new(32, value.into())).collect()
    }

    fn npu(&self) -> Vec<Step> {
        match self.divergence.npu {
            Some(NpuDifference::Byte { cycle, rtl, golden }) => {
                self.npu_byte(u64::from(cycle), rtl, golden)
            }
            Some(NpuDifference::End { rtl, golden }) => {
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
            None => Vec::new(),
        }
    }

    /// A byte that the NPU wrote: its value, or where it was written.
    fn npu_byte(&self, cycle: u64, rtl: (u32, u8), golden: Option<(u32, u8)>) -> Vec<Step> {
        let bus_bytes = self.wave.width("m_axi_wstrb").unwrap_or(8);
        if let Some((address, value)) = golden.filter(|(address, _)| *address == rtl.0) {
            let (low, expected) = (8 * (address % bus_bytes), Bits::new(8, value.into()));
            return self.follow("m_axi_wdata", low, cycle, Expected::Value(expected));
        }
        let number = |name, cycle| self.wave.number(name, cycle).unwrap_or_default();
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

    /// What came from memory was stored there before: on to the hart's last store to that word.
    fn beyond_memory(&self, mut steps: Vec<Step>) -> Vec<Step> {
        let from_memory =
            |step: &Step| step.action == Action::Input && step.signal == "dbus_rsp_rdata";
        let Some(last) = steps.last().filter(|step| from_memory(step)) else { return steps };
        let Some(pair) = self.divergence.history.last() else { return steps };
        let number = |name, cycle| self.wave.number(name, cycle).unwrap_or_default();
        let stores = |&at: &u64| {
            number("dbus_req_valid", at) & number("dbus_req_ready", at) == 1
                && number("dbus_req_write", at) == 1
                && number("dbus_req_address", at) as u32 & !3 == pair.golden.mem_addr
        };
        let Some(at) = (0..last.cycle).rev().find(stores) else { return steps };
        let read = pair.golden.mem_rdata;
        let lanes = (0..4).filter(|lane| pair.golden.mem_rmask >> lane & 1 == 1);
        let wrong = |lane: &u32| {
            let byte = |word: u64| word >> (8 * lane) & 0xff;
            byte(number("dbus_req_wdata", at)) != byte(read.into())
        };
        if let Some(lane) = lanes.clone().find(wrong) {
            let expected = Bits::new(8, u64::from(read >> (8 * lane) & 0xff));
            steps.extend(self.follow("dbus_req_wdata", 8 * lane, at, Expected::Value(expected)));
        } else if lanes.clone().any(|lane| number("dbus_req_wstrb", at) >> lane & 1 == 0) {
            let expected = Bits::new(4, pair.golden.mem_rmask.into());
            steps.extend(self.follow("dbus_req_wstrb", 0, at, Expected::Value(expected)));
        }
        steps
    }
}
