//! The replay of one run: every event of the RTL in order, and what is wrong with it.

use std::collections::VecDeque;

use systole_golden::{Inputs, Machine, Retire};
use systole_sim::{Dut, Event, Port, StopReason};

use super::counters::Read;
use super::divergence::{self, Clue, Divergence, Kind, Mismatch, Pair};
use super::npu::NpuChecker;
use super::rules::{self, Rules};
use super::timing::Timing;
use super::{Host, Widths};
use crate::coverage::Collector;

/// Retirements kept for the report and its waves: two in each cycle that a failure's waves show.
const HISTORY: usize = 640;
/// Retirements within which a bus error of a data access has to be reported.
const FAULT_SLACK: u32 = 4;

/// A data access that was answered with an error.
struct DataError {
    address: u32,
    /// Of the answer.
    cycle: u64,
    /// Retirements since.
    age: u32,
}

/// Ends a run: boxed, because it is rare and large.
type Failure = Box<Divergence>;

/// What the program has written to `tohost`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Request {
    None,
    /// To be served now.
    Due,
    /// A call, whose answer the program polls for. A load that is already under way would see memory
    /// as it was before the answer, and the model's as it is after; so the answer waits for a cycle
    /// without one.
    WhenIdle,
}

/// State of one run.
pub(super) struct Run<'a> {
    golden: &'a mut Machine,
    tohost: u32,
    widths: Widths,
    coverage: Option<&'a mut Collector>,
    pub(super) order: u64,
    cycle: u64,
    pub(super) timing: Timing,
    pub(super) exit_code: Option<u32>,
    request: Request,
    history: VecDeque<Pair>,
    /// The golden model's registers before the last retirement.
    registers: [u32; 32],
    pub(super) npu: NpuChecker,
    rules: Rules,
    /// Addresses of fetches that were answered with an error and have not trapped.
    fetch_errors: Vec<u32>,
    /// Data accesses that were answered with an error and have not trapped, oldest first.
    data_errors: VecDeque<DataError>,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        golden: &'a mut Machine,
        tohost: u32,
        widths: Widths,
        mut coverage: Option<&'a mut Collector>,
    ) -> Self {
        if let Some(coverage) = &mut coverage {
            coverage.start();
        }
        Self {
            golden,
            tohost,
            widths,
            coverage,
            order: 0,
            cycle: 0,
            timing: Timing::default(),
            exit_code: None,
            request: Request::None,
            history: VecDeque::with_capacity(HISTORY),
            registers: [0; 32],
            npu: NpuChecker::default(),
            rules: Rules::new(widths.fetch_bytes),
            fetch_errors: Vec::new(),
            data_errors: VecDeque::new(),
        }
    }

    pub(super) fn drive(
        &mut self,
        dut: &mut Dut,
        (max_cycles, hang_cycles): (u64, u64),
        host: &mut impl Host,
    ) -> Result<(), Failure> {
        loop {
            let left = max_cycles.saturating_sub(dut.cycle());
            let stop = dut.run(if self.request == Request::WhenIdle { left.min(1) } else { left });
            for event in dut.events() {
                self.event(event, host)?;
            }
            if self.request == Request::WhenIdle && dut.data_idle() {
                self.request = Request::Due;
            }
            if self.request == Request::Due {
                self.request = Request::None;
                self.exit_code = host.tohost(self.golden, dut);
            }
            if self.exit_code.is_some() {
                return self.finish();
            }
            if host.interrupted() {
                return Ok(());
            }
            match stop {
                StopReason::BufferFull | StopReason::Watch => {}
                StopReason::Limit if dut.cycle() < max_cycles => {}
                StopReason::Hang => {
                    return self.hang(format!("nothing retired for {hang_cycles} cycles"));
                }
                StopReason::Limit => {
                    return self.hang(format!("the program did not end in {max_cycles} cycles"));
                }
                StopReason::Broken => return self.fail(Kind::Broken, dut.broken()),
            }
        }
    }

    /// Nothing more comes: the cycle of that is the last one in which something did.
    fn hang(&mut self, message: String) -> Result<(), Failure> {
        let retired = self.history.back().map_or(0, |pair| pair.cycle);
        if !self.golden.npu.busy() {
            self.cycle = retired;
            return self.check(Err(Mismatch::new(Kind::Hang, message, Clue::HartStandsStill)));
        }
        self.cycle = self.npu.active;
        let since = self.cycle;
        let message = format!("{message}; the NPU is busy, and wrote nothing since cycle {since}");
        self.check(Err(Mismatch::new(Kind::Hang, message, Clue::NpuStandsStill)))
    }

    fn finish(&mut self) -> Result<(), Failure> {
        match self.npu.unfinished() {
            Some(message) => self.fail(Kind::NpuEnd, message),
            None => Ok(()),
        }
    }

    fn event(&mut self, event: Event, host: &mut impl Host) -> Result<(), Failure> {
        self.cycle = self.extend_cycle(event.cycle());
        match event {
            Event::Retire(retire) => {
                let lines = retire.mip;
                // What depends on time is in the one or the other; all else is equal anyway.
                self.timing.add(retire.cycle, retire.rd_wdata ^ retire.mem_rdata.rotate_left(16));
                let retire = retire_record(&retire);
                self.retire(&retire, lines)?;
                host.retired(self.order - 1, &retire);
                Ok(())
            }
            Event::NpuWrite(write) => {
                self.timing.add(write.cycle, write.address);
                self.npu.active = self.cycle;
                let result = self.npu.write(self.golden, write);
                self.check(result)
            }
            Event::NpuJobEnd(end) => {
                self.timing.add(end.cycle, end.cause.into());
                let coverage = self.coverage.as_deref_mut();
                let result = self.npu.end(self.golden, end, self.cycle, coverage);
                self.check(result)
            }
            Event::BusError(error) => {
                match error.port {
                    Port::Ibus => self.fetch_errors.push(error.address),
                    Port::Dbus => {
                        let (address, cycle) = (error.address, self.cycle);
                        self.data_errors.push_back(DataError { address, cycle, age: 0 });
                    }
                    Port::AxiRead | Port::AxiWrite => {
                        self.npu.bus_error(error.port, error.address);
                    }
                    Port::Rvfi => {}
                }
                Ok(())
            }
            Event::Protocol(protocol) => {
                let (port, what) = (protocol.port.name(), protocol.violation.description());
                let message = format!("{port}: {what} ({:#x})", protocol.detail);
                let clue = Clue::Bus(protocol.port, protocol.violation);
                self.check(Err(Mismatch::new(Kind::Protocol, message, clue)))
            }
        }
    }

    /// The full cycle number from its low half.
    fn extend_cycle(&self, low: u32) -> u64 {
        let ahead = low.wrapping_sub(self.cycle as u32);
        self.cycle + u64::from(ahead)
    }

    fn retire(&mut self, rtl: &Retire, lines: u32) -> Result<(), Failure> {
        let allowed = self.rules.before(self.golden, rtl, lines, self.cycle);
        self.check(allowed)?;
        let just_ended = self.npu.just_ended(self.cycle);
        let elapsed = self.cycle - self.history.back().map_or(0, |pair| pair.cycle);
        let timed = rules::device_read(self.golden, rtl, just_ended, elapsed);
        self.check(timed.map_err(timed_read))?;
        if let Some(offset) = rules::npu_counter(rtl) {
            let (value, cycle) = (rtl.mem_rdata, self.cycle);
            let read = Read { offset, value, cycle, elapsed, just_ended };
            let counted = self.npu.counter_read(self.golden, read);
            self.check(counted.map_err(timed_read))?;
        }
        let inputs = self.inputs(rtl, lines);
        let busy = self.golden.npu.busy();
        self.registers = *self.golden.registers();
        let golden = self.golden.step(&inputs);
        let order = self.order;
        self.order += 1;
        let pair = Pair { order, cycle: self.cycle, rtl: *rtl, golden };
        if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        self.history.push_back(pair);
        if *rtl != golden {
            return self.differ(pair);
        }
        if let Some(coverage) = &mut self.coverage {
            coverage.retire(rtl, busy);
        }
        if rtl.mem_wmask & 1 != 0 && rtl.mem_addr == self.tohost && rtl.mem_wdata != 0 {
            self.request = if rtl.mem_wdata & 1 == 1 { Request::Due } else { Request::WhenIdle };
        }
        let coverage = self.coverage.as_deref_mut();
        let result = self.npu.after_step(self.golden, self.cycle, coverage);
        self.check(result)
    }

    /// What the model has to be told for this step.
    fn inputs(&mut self, rtl: &Retire, lines: u32) -> Inputs {
        let interrupt = rtl.intr.then(|| {
            let own = self.golden.pending_interrupt(lines);
            if rtl.trap { own.unwrap_or_default() } else { rtl.cause & 0x1f }
        });
        let device_read = match rtl.csr {
            // A CSR instruction that shows no old value shows the new one.
            Some((_, written)) if rtl.rd_addr == 0 => written,
            _ if rtl.mem_rmask != 0 => rtl.mem_rdata,
            _ => rtl.rd_wdata,
        };
        Inputs {
            interrupt,
            fetch_fault: self.fetch_fault(rtl),
            data_fault: self.data_fault(rtl),
            sc_failed: rules::is_store_conditional(rtl.insn) && !rtl.trap && rtl.mem_wmask == 0,
            device_read: Some(device_read),
            interrupt_lines: lines,
            cycle: self.cycle,
        }
    }

    /// The `mtval` of a fetch fault, if the memory answered that fetch with an error. An answer
    /// concerns all of its bytes, so the second half of an instruction fails alone only when it comes
    /// with another answer than the first.
    fn fetch_fault(&mut self, rtl: &Retire) -> Option<u32> {
        if !rtl.trap || rtl.cause != rules::FETCH_FAULT {
            return None;
        }
        let group = |address: u32| address & !(self.widths.fetch_bytes - 1);
        let failed = group(rtl.tval);
        let seen = self.fetch_errors.iter().position(|&address| address == failed)?;
        let tval = if group(rtl.pc) == failed { rtl.pc } else { rtl.tval };
        self.fetch_errors.swap_remove(seen);
        Some(tval)
    }

    /// Whether this instruction's access is the one that was answered with an error. An access
    /// retires after its answer, so an answer of the same cycle is that of the next access.
    fn data_fault(&mut self, rtl: &Retire) -> bool {
        let cycle = self.cycle;
        let Some(error) = self.data_errors.front_mut().filter(|error| error.cycle < cycle) else {
            return false;
        };
        let accessed = if rtl.trap && rules::is_access_fault(rtl.cause) {
            Some(rtl.tval & !3)
        } else if rtl.mem_rmask | rtl.mem_wmask != 0 {
            Some(rtl.mem_addr)
        } else {
            None
        };
        if accessed == Some(error.address) {
            self.data_errors.pop_front();
            return true;
        }
        // When the instruction that should have trapped is past, the model traps in its stead.
        error.age += 1;
        error.age > FAULT_SLACK
    }

    fn check(&self, result: Result<(), Mismatch>) -> Result<(), Failure> {
        result.map_err(|Mismatch { kind, message, clue }| {
            Box::new(Divergence { clue, ..self.divergence(kind, message) })
        })
    }

    fn fail(&self, kind: Kind, message: String) -> Result<(), Failure> {
        Err(Box::new(self.divergence(kind, message)))
    }

    fn divergence(&self, kind: Kind, message: String) -> Divergence {
        Divergence {
            kind,
            cycle: self.cycle,
            order: self.order,
            message,
            differences: Vec::new(),
            history: self.history.iter().copied().collect(),
            registers: self.registers,
            clue: None,
        }
    }

    fn differ(&self, pair: Pair) -> Result<(), Failure> {
        let differences = divergence::differences(&pair.rtl, &pair.golden);
        let names: Vec<&str> = differences.iter().map(|d| d.field).collect();
        let text = systole_isa::disassemble(pair.golden.insn);
        let message = format!("{} at {:#010x} `{text}`", names.join(", "), pair.golden.pc);
        let (cycle, order) = (pair.cycle, pair.order);
        let divergence = self.divergence(Kind::Retire, message);
        Err(Box::new(Divergence { cycle, order, differences, ..divergence }))
    }
}

fn timed_read(message: String) -> Mismatch {
    Mismatch::new(Kind::Timing, message, Clue::TimedRead)
}

/// The RTL's record in the golden model's form: fields without meaning are 0.
pub(crate) fn retire_record(rtl: &systole_sim::Retire) -> Retire {
    let accesses = rtl.mem_rmask | rtl.mem_wmask != 0;
    let meaningful = |condition: bool, value: u32| if condition { value } else { 0 };
    Retire {
        pc: rtl.pc,
        mode: rtl.mode,
        insn: rtl.insn,
        next_pc: rtl.next_pc,
        trap: rtl.trap,
        intr: rtl.intr,
        cause: meaningful(rtl.trap || rtl.intr, rtl.cause),
        tval: meaningful(rtl.trap, rtl.tval),
        rd_addr: rtl.rd_addr,
        rd_wdata: rtl.rd_wdata,
        mem_addr: meaningful(accesses, rtl.mem_addr),
        mem_rmask: rtl.mem_rmask,
        mem_wmask: rtl.mem_wmask,
        mem_rdata: rtl.mem_rdata & lanes(rtl.mem_rmask),
        mem_wdata: rtl.mem_wdata & lanes(rtl.mem_wmask),
        csr: rtl.csr_valid.then_some((rtl.csr_addr, rtl.csr_wdata)),
        mstatus: rtl.mstatus,
    }
}

/// The bits of the byte lanes in `mask`.
fn lanes(mask: u8) -> u32 {
    (0..4).filter(|lane| mask >> lane & 1 == 1).map(|lane| 0xff << (8 * lane)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field that is made up here instead of read would agree with the model for ever.
    #[test]
    fn every_field_comes_from_the_rtl() {
        let other = |record: &Retire, rtl: systole_sim::Retire| {
            assert_ne!(retire_record(&rtl), *record, "{rtl:?}");
        };
        let rtl = systole_sim::Retire {
            trap: true,
            csr_valid: true,
            mem_rmask: 0b1111,
            mem_wmask: 0b1111,
            ..Default::default()
        };
        let record = retire_record(&rtl);
        other(&record, systole_sim::Retire { mode: 3, ..rtl });
        other(&record, systole_sim::Retire { pc: 1, ..rtl });
        other(&record, systole_sim::Retire { insn: 1, ..rtl });
        other(&record, systole_sim::Retire { next_pc: 1, ..rtl });
        other(&record, systole_sim::Retire { trap: false, ..rtl });
        other(&record, systole_sim::Retire { intr: true, ..rtl });
        other(&record, systole_sim::Retire { cause: 1, ..rtl });
        other(&record, systole_sim::Retire { tval: 1, ..rtl });
        other(&record, systole_sim::Retire { rd_addr: 1, ..rtl });
        other(&record, systole_sim::Retire { rd_wdata: 1, ..rtl });
        other(&record, systole_sim::Retire { mem_addr: 1, ..rtl });
        other(&record, systole_sim::Retire { mem_rmask: 0b0111, ..rtl });
        other(&record, systole_sim::Retire { mem_wmask: 0b0111, ..rtl });
        other(&record, systole_sim::Retire { mem_rdata: 1, ..rtl });
        other(&record, systole_sim::Retire { mem_wdata: 1, ..rtl });
        other(&record, systole_sim::Retire { csr_valid: false, ..rtl });
        other(&record, systole_sim::Retire { csr_addr: 1, ..rtl });
        other(&record, systole_sim::Retire { csr_wdata: 1, ..rtl });
        other(&record, systole_sim::Retire { mstatus: 1, ..rtl });
    }
}
