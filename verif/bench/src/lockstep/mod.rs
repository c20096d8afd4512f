//! Lockstep: every event of the RTL is replayed on the golden model and compared.
//!
//! Time belongs to the RTL: when interrupts come, what a clock reads and which accesses meet a bus
//! error are told to the model, which checks that they were possible. All else must be equal.

mod divergence;
mod npu;
mod rules;

use std::collections::VecDeque;
use std::time::Instant;

use systole_golden::{Inputs, Machine, Retire};
use systole_sim::{Dut, Event, Port, Stalls, StopReason};

pub use divergence::{Difference, Divergence, Kind, Pair};

use crate::exercise::Exercise;
use npu::NpuChecker;
use rules::Rules;

/// Retirements kept for the report.
const HISTORY: usize = 16;
/// Cycles without a retirement after which the hart hangs.
const HANG_CYCLES: u64 = 20_000;
/// Retirements within which a bus error of a data access has to be reported.
const FAULT_SLACK: u32 = 4;

/// A program in memory with the behaviour of that memory.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// Address and bytes.
    pub segments: &'a [(u32, Vec<u8>)],
    /// Seed of stalls and errors.
    pub seed: u64,
    /// Stalls and errors of the memory.
    pub stalls: Stalls,
    /// HTIF: the program ends when the word here becomes odd.
    pub tohost: u32,
    /// Cycles after which a program that has not ended is given up.
    pub max_cycles: u64,
}

/// What a lockstep run found.
#[derive(Clone, PartialEq, Debug)]
pub struct Outcome {
    /// Instructions retired and compared, trapped ones included.
    pub instructions: u64,
    /// Clock cycles.
    pub cycles: u64,
    /// NPU jobs compared.
    pub npu_jobs: u64,
    /// HTIF exit code, when the program ended.
    pub exit_code: Option<u32>,
    /// First difference.
    pub divergence: Option<Divergence>,
}

/// The host side of a run: serves what the program asks for through `tohost`.
pub trait Host {
    /// Called for each retirement that agreed.
    fn retired(&mut self, _order: u64, _retire: &Retire) {}

    /// `tohost` was written; returns the exit code when the program is over. Both memories have to
    /// be left equal.
    fn tohost(&mut self, golden: &mut Machine, dut: &mut Dut) -> Option<u32>;

    /// Whether to give up.
    fn interrupted(&self) -> bool {
        false
    }
}

/// The host of random programs, which only ever end.
struct Exit {
    tohost: u32,
}

impl Host for Exit {
    fn tohost(&mut self, golden: &mut Machine, _: &mut Dut) -> Option<u32> {
        let bytes = golden.read_memory(self.tohost, 4).ok()?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?) >> 1)
    }
}

/// What lockstep has to know about the chip.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Widths {
    /// Bytes of RAM.
    pub ram_bytes: u32,
    /// Bytes of a response on `ibus`.
    pub fetch_bytes: u32,
}

/// One simulated chip beside one golden model.
pub struct Lockstep {
    dut: Dut,
    golden: Machine,
    widths: Widths,
    exercise: Exercise,
    /// Window of the next run to dump: file, first and last cycle.
    trace: Option<(std::path::PathBuf, u64, u64)>,
    /// Wall time spent in runs.
    busy: std::time::Duration,
}

impl Lockstep {
    /// A pair with the same RAM each.
    pub fn new(dut: Dut, golden: Machine, widths: Widths) -> Self {
        let (exercise, busy) = (Exercise::default(), std::time::Duration::ZERO);
        Self { dut, golden, widths, exercise, trace: None, busy }
    }

    /// What all runs since the last call of this have exercised.
    pub fn take_exercise(&mut self) -> Exercise {
        std::mem::take(&mut self.exercise)
    }

    /// The simulated chip.
    pub fn dut(&mut self) -> &mut Dut {
        &mut self.dut
    }

    /// Selects an injected fault, 0 for none. It stays selected over resets.
    ///
    /// # Panics
    /// When the chip was built without faults and `fault` is not 0.
    pub fn select_fault(&mut self, fault: u16) {
        assert!(self.dut.set_fault(fault), "the chip was built without faults");
    }

    /// The golden model.
    pub fn golden(&mut self) -> &mut Machine {
        &mut self.golden
    }

    /// Dumps the RTL's waves of the cycles `from..=to` of the next run to `path`.
    pub fn trace(&mut self, path: &std::path::Path, from: u64, to: u64) {
        self.trace = Some((path.to_owned(), from, to));
    }

    /// Wall time spent in [`Self::run`] and [`Self::run_bare`] since the last call of this.
    pub fn take_busy_time(&mut self) -> std::time::Duration {
        std::mem::take(&mut self.busy)
    }

    /// Resets both and loads the program into the RTL's memory only.
    fn load_dut(&mut self, case: &Case) {
        self.dut.reset(case.seed);
        self.dut.set_stalls(&case.stalls);
        self.dut.set_hang_limit(Some(HANG_CYCLES));
        self.dut.set_watch(Some(case.tohost));
        if let Some((path, from, to)) = self.trace.take() {
            // A library that cannot trace leaves no file, which the caller sees.
            let _ = self.dut.start_trace(&path, from..to + 1);
        }
        for (address, bytes) in case.segments {
            self.dut.write_memory(*address, bytes).expect("programs fit the RAM");
        }
    }

    /// Runs the RTL alone, without events or comparison. Returns the cycles.
    pub fn run_bare(&mut self, case: &Case) -> u64 {
        let start = Instant::now();
        self.load_dut(case);
        self.dut.run_bare(case.max_cycles);
        self.busy += start.elapsed();
        self.dut.cycle()
    }

    /// Runs a program in lockstep until it ends, diverges or is given up.
    pub fn run(&mut self, case: &Case) -> Outcome {
        self.run_with(case, &mut Exit { tohost: case.tohost })
    }

    /// Like [`Self::run`], with a host of the caller's.
    pub fn run_with(&mut self, case: &Case, host: &mut impl Host) -> Outcome {
        let start = Instant::now();
        self.load_dut(case);
        self.golden.reset();
        for (address, bytes) in case.segments {
            self.golden.write_memory(*address, bytes).expect("programs fit the RAM");
        }
        let mut run = Run::new(&mut self.golden, case.tohost, self.widths, &mut self.exercise);
        let result = run.drive(&mut self.dut, case.max_cycles, host);
        let divergence = result.err().map(|divergence| *divergence);
        let mut outcome = Outcome {
            instructions: run.order,
            cycles: self.dut.cycle(),
            npu_jobs: run.npu.jobs,
            exit_code: run.exit_code,
            divergence,
        };
        if outcome.divergence.is_none() {
            outcome.divergence = self.compare_memory(&outcome);
        }
        self.busy += start.elapsed();
        outcome
    }

    /// Compares the RAM from its start to the end of what programs use.
    fn compare_memory(&self, outcome: &Outcome) -> Option<Divergence> {
        let length = self.widths.ram_bytes.min(1 << 17) as usize;
        let base = systole_golden::RAM_BASE;
        let golden = self.golden.read_memory(base, length).expect("within the RAM");
        let rtl = self.dut.read_memory(base, length).expect("within the RAM");
        let at = golden.iter().zip(&rtl).position(|(golden, rtl)| golden != rtl)?;
        Some(Divergence {
            kind: Kind::Memory,
            cycle: outcome.cycles,
            order: outcome.instructions,
            message: format!(
                "memory at {:#010x} is {:#04x} in the RTL and {:#04x} in the golden model at the end",
                base + at as u32,
                rtl[at],
                golden[at]
            ),
            differences: Vec::new(),
            history: Vec::new(),
        })
    }
}

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
    /// as it was before the answer, and the model's as it is after. When a jump has just retired, no
    /// load is under way: data accesses are in order and not speculative.
    AtJump,
}

/// State of one run.
struct Run<'a> {
    golden: &'a mut Machine,
    tohost: u32,
    widths: Widths,
    exercise: &'a mut Exercise,
    order: u64,
    cycle: u64,
    exit_code: Option<u32>,
    request: Request,
    history: VecDeque<Pair>,
    npu: NpuChecker,
    rules: Rules,
    /// Addresses of fetches that were answered with an error and have not trapped.
    fetch_errors: Vec<u32>,
    /// Data accesses that were answered with an error and have not trapped, oldest first.
    data_errors: VecDeque<DataError>,
}

impl<'a> Run<'a> {
    fn new(
        golden: &'a mut Machine,
        tohost: u32,
        widths: Widths,
        exercise: &'a mut Exercise,
    ) -> Self {
        Self {
            golden,
            tohost,
            widths,
            exercise,
            order: 0,
            cycle: 0,
            exit_code: None,
            request: Request::None,
            history: VecDeque::with_capacity(HISTORY),
            npu: NpuChecker::default(),
            rules: Rules::new(widths.fetch_bytes),
            fetch_errors: Vec::new(),
            data_errors: VecDeque::new(),
        }
    }

    fn drive(
        &mut self,
        dut: &mut Dut,
        max_cycles: u64,
        host: &mut impl Host,
    ) -> Result<(), Failure> {
        loop {
            let left = max_cycles.saturating_sub(dut.cycle());
            let stop = dut.run(if self.request == Request::AtJump { left.min(1) } else { left });
            for event in dut.events() {
                self.event(event, host)?;
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
                    self.cycle = dut.cycle();
                    let message = format!("nothing retired for {HANG_CYCLES} cycles");
                    return self.fail(Kind::Hang, message);
                }
                StopReason::Limit => {
                    self.cycle = dut.cycle();
                    let npu = if self.golden.npu.busy() { ", the NPU is busy" } else { "" };
                    let message = format!("the program did not end in {max_cycles} cycles{npu}");
                    return self.fail(Kind::Hang, message);
                }
                StopReason::Broken => return self.fail(Kind::Broken, dut.broken()),
            }
        }
    }

    fn finish(&mut self) -> Result<(), Failure> {
        match self.npu.unfinished() {
            Some(message) => self.fail(Kind::NpuEnd, message),
            None => Ok(()),
        }
    }

    fn event(&mut self, event: Event, host: &mut impl Host) -> Result<(), Failure> {
        match event {
            Event::Retire(retire) => {
                self.cycle = self.extend_cycle(retire.cycle);
                let lines = retire.mip;
                let retire = retire_record(&retire);
                self.retire(&retire, lines)?;
                host.retired(self.order - 1, &retire);
                Ok(())
            }
            Event::NpuWrite(write) => {
                let result = self.npu.write(self.golden, write);
                self.npu_result(result)
            }
            Event::NpuJobEnd(end) => {
                let cycle = self.extend_cycle(end.cycle);
                let result = self.npu.end(self.golden, end, cycle);
                self.npu_result(result)
            }
            Event::BusError(error) => {
                match error.port {
                    Port::Ibus => self.fetch_errors.push(error.address),
                    Port::Dbus => {
                        let cycle = self.extend_cycle(error.cycle);
                        let address = error.address;
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
                self.fail(Kind::Protocol, format!("{port}: {what} ({:#x})", protocol.detail))
            }
        }
    }

    /// The full cycle number from its low half.
    fn extend_cycle(&self, low: u32) -> u64 {
        let ahead = low.wrapping_sub(self.cycle as u32);
        self.cycle + u64::from(ahead)
    }

    fn retire(&mut self, rtl: &Retire, lines: u32) -> Result<(), Failure> {
        if let Err((kind, message)) = self.rules.before(self.golden, rtl, lines, self.cycle) {
            return self.fail(kind, message);
        }
        let just_ended = self.npu.just_ended(self.cycle);
        let elapsed = self.cycle - self.history.back().map_or(0, |pair| pair.cycle);
        if let Err(message) = rules::device_read(self.golden, rtl, just_ended, elapsed) {
            return self.fail(Kind::Timing, message);
        }
        let inputs = self.inputs(rtl, lines);
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
        self.exercise.record(rtl);
        if rtl.mem_wmask & 1 != 0 && rtl.mem_addr == self.tohost && rtl.mem_wdata != 0 {
            self.request = if rtl.mem_wdata & 1 == 1 { Request::Due } else { Request::AtJump };
        } else if self.request == Request::AtJump && rtl.next_pc != follower(rtl) {
            self.request = Request::Due;
        }
        let result = self.npu.after_step(self.golden);
        self.npu_result(result)
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

    fn npu_result(&mut self, result: Result<(), (Kind, String)>) -> Result<(), Failure> {
        result.or_else(|(kind, message)| self.fail(kind, message))
    }

    fn fail(&self, kind: Kind, message: String) -> Result<(), Failure> {
        Err(Box::new(Divergence {
            kind,
            cycle: self.cycle,
            order: self.order,
            message,
            differences: Vec::new(),
            history: self.history.iter().copied().collect(),
        }))
    }

    fn differ(&self, pair: Pair) -> Result<(), Failure> {
        let differences = divergence::differences(&pair.rtl, &pair.golden);
        let names: Vec<&str> = differences.iter().map(|d| d.field).collect();
        let text = systole_isa::disassemble(pair.golden.insn);
        Err(Box::new(Divergence {
            kind: Kind::Retire,
            cycle: pair.cycle,
            order: pair.order,
            message: format!("{} at {:#010x} `{text}`", names.join(", "), pair.golden.pc),
            differences,
            history: self.history.iter().copied().collect(),
        }))
    }
}

/// The address behind an instruction.
fn follower(retire: &Retire) -> u32 {
    retire.pc.wrapping_add(if retire.insn & 3 == 3 { 4 } else { 2 })
}

/// The RTL's record in the golden model's form: fields without meaning are 0.
pub(crate) fn retire_record(rtl: &systole_sim::Retire) -> Retire {
    let accesses = rtl.mem_rmask | rtl.mem_wmask != 0;
    let meaningful = |condition: bool, value: u32| if condition { value } else { 0 };
    Retire {
        pc: rtl.pc,
        mode: 3,
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
