//! What is wrong with an instruction that retired.

use systole_hdl::Bits;
use systole_hdl::origin::{Expected, History, Step};

use super::{Search, Wrong};
use crate::failure::recorded::Recorded;
use crate::lockstep::{Divergence, Kind, Pair, is_access_fault};

/// Cycles from a bus error to the retirement of its instruction, at most.
const ERROR_CYCLES: u64 = 8;

/// The signal of the hart that says that there is a trap of this cause.
fn found_by(cause: u32, bus_error: bool) -> &'static str {
    match cause {
        0 => "target_misaligned",
        1 => "instruction_fault",
        2 => "illegal",
        3 => "ebreak",
        4 | 6 => "access_misaligned",
        5 | 7 if bus_error => "access_fault",
        5 | 7 => "access_denied",
        _ => "ecall",
    }
}

/// What the instruction that differs is given: its operands and its address.
pub(super) fn right(wave: &Recorded, divergence: &Divergence) -> Vec<Bits> {
    let differs = divergence.kind == Kind::Retire;
    let Some(pair) = divergence.history.last().filter(|_| differs) else { return Vec::new() };
    let operands = operands(wave, divergence).into_iter().map(|(_, _, value)| value);
    operands.chain([pair.golden.pc]).map(|value| Bits::new(32, value.into())).collect()
}

/// Which of the retirements of its cycle the instruction is.
pub(super) fn channel(wave: &Recorded, divergence: &Divergence) -> Option<u32> {
    channel_of(wave, divergence.cycle, divergence.order)
}

/// In which channel the retirement of this number, in this cycle, is.
fn channel_of(wave: &Recorded, cycle: u64, number: u64) -> Option<u32> {
    let (valid, order) = ("rvfi_valid", "rvfi_order");
    let channels = wave.width(valid)?;
    let valid = wave.value(valid, cycle)?;
    let order = wave.value(order, cycle)?;
    let is_it = |&channel: &u32| {
        let low = 64 * channel;
        valid.bit(channel) && order.slice(low + 63, low).to_u64() == number
    };
    (0..channels).find(is_it)
}

/// What it read from registers; the registers that it names are compared elsewhere.
fn operands(wave: &Recorded, divergence: &Divergence) -> Vec<(&'static str, u32, u32)> {
    let Some(channel) = channel(wave, divergence) else { return Vec::new() };
    let both = [("rvfi_rs1_addr", "rvfi_rs1_rdata"), ("rvfi_rs2_addr", "rvfi_rs2_rdata")];
    let operand = |(address, data): (&str, &'static str)| {
        let named = wave.value(address, divergence.cycle)?;
        let number = named.slice(5 * channel + 4, 5 * channel).to_u64() as usize;
        (number != 0).then(|| (data, 32, divergence.registers[number]))
    };
    both.into_iter().filter_map(operand).collect()
}

impl Search<'_> {
    /// The first field of the retire port that is wrong, in the order in which an instruction comes
    /// about.
    pub(super) fn retire(&self) -> Vec<Step> {
        let Some(pair) = self.divergence.history.last() else { return Vec::new() };
        let Some(channel) = channel(self.wave, self.divergence) else { return Vec::new() };
        let fields = self.fields(pair);
        let fields = fields.into_iter().map(|(signal, width, value)| Wrong {
            signal,
            low: channel * width,
            cycle: pair.cycle,
            expected: Bits::new(width, value.into()),
        });
        let first = fields.into_iter().find(|wrong| self.is_wrong(wrong));
        let Some(wrong) = first else { return Vec::new() };
        match wrong.signal {
            "rvfi_trap" => self.trap(&wrong, pair),
            _ => self.follow_wrong(&wrong),
        }
    }

    /// Why an instruction trapped, or did not: the cause says what that has to do with.
    fn trap(&self, wrong: &Wrong, pair: &Pair) -> Vec<Step> {
        let cause = if pair.golden.trap { pair.golden.cause } else { pair.rtl.cause };
        let wrong = &self.missed_error(pair).unwrap_or_else(|| wrong.clone());
        let recent = wrong.cycle.saturating_sub(ERROR_CYCLES)..wrong.cycle;
        let failed = |at| {
            self.number("hart.dbus_rsp_valid", at) & self.number("hart.dbus_rsp_error", at) == 1
        };
        let prefer = found_by(cause, recent.into_iter().any(failed));
        let prefer = [prefer, "data_protection_denied", "carried_valid", "exception"];
        self.preferring(&prefer).follow_wrong(wrong)
    }

    /// A bus error that the hart missed shows when the model traps in the stead of the access, which
    /// is past: that should have trapped.
    fn missed_error(&self, pair: &Pair) -> Option<Wrong> {
        let is_fault = pair.golden.trap && is_access_fault(pair.golden.cause);
        let word = pair.golden.tval & !3;
        let accesses =
            |pair: &Pair| pair.rtl.mem_rmask | pair.rtl.mem_wmask != 0 && pair.rtl.mem_addr == word;
        if !is_fault || pair.rtl.trap || accesses(pair) {
            return None;
        }
        let earlier = self.divergence.history.iter().rev().skip(1);
        let access = earlier.into_iter().find(|earlier| accesses(earlier))?;
        let (cycle, low) = (access.cycle, channel_of(self.wave, access.cycle, access.order)?);
        Some(Wrong { signal: "rvfi_trap", low, cycle, expected: Bits::new(1, 1) })
    }

    /// Signals of the retire port, their width in one channel, and the right value.
    fn fields(&self, pair: &Pair) -> Vec<(&'static str, u32, u32)> {
        let golden = &pair.golden;
        let mut fields = vec![("rvfi_pc_rdata", 32, golden.pc), ("rvfi_insn", 32, golden.insn)];
        fields.extend(operands(self.wave, self.divergence));
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

    /// What a load from a device or a read of a clock returned.
    pub(super) fn timed_read(&self) -> Vec<Step> {
        let Some(channel) = channel(self.wave, self.divergence) else { return Vec::new() };
        let cycle = self.divergence.cycle;
        let reads = self.wave.value("rvfi_mem_rmask", cycle);
        let loads = reads.is_some_and(|mask| !mask.slice(4 * channel + 3, 4 * channel).is_zero());
        let signal = if loads { "rvfi_mem_rdata" } else { "rvfi_rd_wdata" };
        self.follow(signal, 32 * channel, cycle, Expected::Unknown(32))
    }
}
