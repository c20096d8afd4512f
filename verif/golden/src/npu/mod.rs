//! The NPU of `docs/npu.md`: registers and job control. A job runs as a whole when its doorbell
//! rings; what time decides (when it is over) is told by the bench.

mod bus;
mod convolution;
pub mod descriptor;
mod double_rounding;
mod exec;
mod footprint;
pub mod hazard;
mod job;
mod length;
mod list;
mod load;
mod memories;
mod pool;
mod requantise;
mod residual;
mod rows;
mod store;
mod windows;
mod work;

#[cfg(test)]
mod tests;

use crate::machine::NpuConfig;
use crate::memory::Memory;
use bus::Bus;
pub use bus::BusWindow;
pub use job::{ByteWrite, JobEnd, JobRecord};
pub use list::List;
pub use requantise::{Multiplier, Requantiser, requantise};
pub use residual::residual_add;
pub use work::Work;

/// Causes of the error table.
pub mod cause {
    /// No error.
    pub const NONE: u32 = 0;
    /// Opcode is not 1, 2 or 3.
    pub const BAD_OPCODE: u32 = 1;
    /// A reserved bit, a zero count or a bad value.
    pub const BAD_FIELD: u32 = 2;
    /// Waits for a token that no earlier descriptor gave.
    pub const TOKEN_UNDERFLOW: u32 = 3;
    /// Would leave more than 15 tokens.
    pub const TOKEN_OVERFLOW: u32 = 4;
    /// The doorbell address is not a multiple of 32.
    pub const MISALIGNED_LIST: u32 = 5;
    /// Descriptor 65,535 is not `last`.
    pub const LIST_TOO_LONG: u32 = 6;
    /// Bus error while reading a descriptor.
    pub const FETCH_ERROR: u32 = 7;
    /// Bus error on a LOAD's read.
    pub const LOAD_ERROR: u32 = 8;
    /// Bus error on a STORE's write.
    pub const STORE_ERROR: u32 = 9;
    /// The hart ended the job.
    pub const ABORTED: u32 = 10;

    /// The name in the error table.
    pub fn name(cause: u32) -> &'static str {
        match cause {
            NONE => "none",
            BAD_OPCODE => "BAD_OPCODE",
            BAD_FIELD => "BAD_FIELD",
            TOKEN_UNDERFLOW => "TOKEN_UNDERFLOW",
            TOKEN_OVERFLOW => "TOKEN_OVERFLOW",
            MISALIGNED_LIST => "MISALIGNED_LIST",
            LIST_TOO_LONG => "LIST_TOO_LONG",
            FETCH_ERROR => "FETCH_ERROR",
            LOAD_ERROR => "LOAD_ERROR",
            STORE_ERROR => "STORE_ERROR",
            ABORTED => "ABORTED",
            _ => "unknown",
        }
    }
}

/// Register offsets from the NPU's base.
pub mod register {
    #![allow(missing_docs, reason = "the names of the register table")]
    pub const ID: u32 = 0x00;
    pub const CONFIG: u32 = 0x04;
    pub const STATUS: u32 = 0x08;
    pub const INTERRUPT_ENABLE: u32 = 0x0c;
    pub const DOORBELL: u32 = 0x10;
    pub const CLEAR: u32 = 0x14;
    pub const FAULT_INDEX: u32 = 0x18;
    pub const FAULT_ADDRESS: u32 = 0x1c;
    pub const JOBS: u32 = 0x20;
    pub const CYCLES: u32 = 0x24;
    pub const EXEC_BUSY: u32 = 0x28;
    pub const EXEC_WAIT_TOKEN: u32 = 0x2c;
    pub const EXEC_WAIT_WEIGHTS: u32 = 0x30;
    pub const LOAD_BUSY: u32 = 0x34;
    pub const LOAD_WAIT_TOKEN: u32 = 0x38;
    pub const STORE_BUSY: u32 = 0x3c;
    pub const STORE_WAIT_TOKEN: u32 = 0x40;
    pub const STORE_WAIT_REQUANTISE: u32 = 0x44;
    pub const READ_BYTES: u32 = 0x48;
    pub const WRITE_BYTES: u32 = 0x4c;
    /// The last of the counters, which begin with `CYCLES`.
    pub const MACS: u32 = 0x50;
    pub const ABORT: u32 = 0x54;
    pub const WINDOW_BASE: u32 = 0x1000;
    pub const WINDOW_LIMIT: u32 = 0x1004;
}

/// `ID` reads this.
const ID: u32 = 0x5359_4e50;
const BUSY: u32 = 1;
const DONE: u32 = 2;
const ERROR: u32 = 4;

/// The NPU.
pub struct Npu {
    config: NpuConfig,
    memories: memories::Memories,
    interrupt_enable: bool,
    doorbell: u32,
    /// A job whose end has not been reported yet.
    running: Option<JobEnd>,
    /// `ABORT` was written while it runs.
    aborting: bool,
    /// `STATUS[1]` and the end of the last job; `error` is `cause != 0`.
    done: bool,
    ended: JobEnd,
    jobs: u32,
    /// Of the last job; unknown if it ended with an error.
    work: Option<Work>,
    window: BusWindow,
    record: Option<JobRecord>,
    /// Longest job that is run, in steps of [`length`].
    longest: u64,
    /// A job was longer than that.
    too_long: bool,
}

impl Npu {
    pub(crate) fn new(config: &NpuConfig) -> Self {
        Self {
            config: *config,
            memories: memories::Memories::new(config),
            interrupt_enable: false,
            doorbell: 0,
            running: None,
            aborting: false,
            done: false,
            ended: JobEnd::default(),
            jobs: 0,
            work: Some(Work::default()),
            window: BusWindow::default(),
            record: None,
            longest: u64::MAX,
            too_long: false,
        }
    }

    pub(crate) fn reset(&mut self) {
        self.memories.reset();
        self.interrupt_enable = false;
        self.doorbell = 0;
        self.running = None;
        self.aborting = false;
        self.done = false;
        self.ended = JobEnd::default();
        self.jobs = 0;
        self.work = Some(Work::default());
        self.window = BusWindow::default();
        self.record = None;
        self.too_long = false;
    }

    /// Jobs of more steps (bytes moved and waves put through the array) are not run.
    pub(crate) fn limit_jobs(&mut self, steps: u64) {
        self.longest = steps;
    }

    /// Whether a job was not run for its length, since the last call.
    pub(crate) fn take_long_job(&mut self) -> bool {
        std::mem::take(&mut self.too_long)
    }

    /// The parameters that this NPU was made with.
    pub fn config(&self) -> &NpuConfig {
        &self.config
    }

    /// Whether a job was started and its end has not been reported.
    pub fn busy(&self) -> bool {
        self.running.is_some()
    }

    /// Whether `ABORT` was written while the present job ran: then it may end early.
    pub fn aborting(&self) -> bool {
        self.aborting
    }

    /// How the running job ends without injected bus errors or an abort; `None` when not busy.
    pub fn expected_end(&self) -> Option<JobEnd> {
        self.running
    }

    /// The record of the last doorbell's job, once.
    pub fn take_job(&mut self) -> Option<JobRecord> {
        self.record.take()
    }

    /// The running job ended as the model expects. Does nothing when not busy.
    pub fn finish_job(&mut self) {
        if let Some(end) = self.running.take() {
            self.end(end);
        }
    }

    /// The running job ended early: with a bus error that the bench injected (cause 7, 8 or 9), or
    /// aborted (10). Does nothing when not busy. What the RTL did not write is undone by
    /// [`crate::Machine::roll_back`].
    pub fn end_early(&mut self, end: JobEnd) {
        if self.running.take().is_some() {
            self.end(end);
        }
    }

    fn end(&mut self, end: JobEnd) {
        self.done = end.cause == cause::NONE;
        self.aborting = false;
        self.work.take_if(|_| end.cause != cause::NONE);
        self.ended = end;
        self.jobs = self.jobs.wrapping_add(1);
    }

    /// The external interrupt line.
    pub(crate) fn interrupt(&self) -> bool {
        self.interrupt_enable && self.running.is_none() && self.status() != 0
    }

    /// `STATUS` as the model sees it.
    pub fn status(&self) -> u32 {
        if self.running.is_some() { BUSY } else { settled_status(self.done, self.ended.cause) }
    }

    /// A word read at an aligned offset: the value, and whether it depends on time. `None` is a bus
    /// error.
    pub(crate) fn read(&self, offset: u32) -> Option<(u32, bool)> {
        use register::*;
        if self.config.dim == 0 {
            return None;
        }
        Some(match offset {
            register::ID => (self::ID, false),
            CONFIG => (self.config_register(), false),
            STATUS => (self.status(), true),
            INTERRUPT_ENABLE => (u32::from(self.interrupt_enable), false),
            DOORBELL => (self.doorbell, false),
            CLEAR | ABORT => (0, false),
            FAULT_INDEX => (self.ended.fault_index, true),
            FAULT_ADDRESS => (self.ended.fault_address, true),
            JOBS => (self.jobs, true),
            CYCLES..=MACS => (0, true),
            WINDOW_BASE => (self.window.base, false),
            WINDOW_LIMIT => (self.window.limit, false),
            _ => return None,
        })
    }

    /// Checks a value that the RTL read from the register at `offset`. While a job runs, both its
    /// end and its running are plausible; `just_ended` also allows "still running" for a read that
    /// may have been made shortly before the reported end. Of the counters, `EXEC_BUSY` and `MACS` are
    /// known of a job without an error; the others may read anything.
    pub fn read_allowed(&self, offset: u32, value: u32, just_ended: bool) -> Result<(), String> {
        let now = self.read(offset).map(|(value, _)| value).unwrap_or(0);
        let end = self.running.unwrap_or_default();
        let other = match offset {
            register::EXEC_BUSY | register::MACS => {
                let settled = !self.busy() && !just_ended;
                return self.work_allowed(offset, value, settled);
            }
            register::CYCLES..=register::MACS => return Ok(()),
            register::STATUS if self.busy() => settled_status(end.cause == 0, end.cause),
            register::STATUS if just_ended => BUSY,
            register::FAULT_INDEX if self.busy() => end.fault_index,
            register::FAULT_ADDRESS if self.busy() => end.fault_address,
            register::FAULT_INDEX | register::FAULT_ADDRESS if just_ended => 0,
            register::JOBS if self.busy() => now.wrapping_add(1),
            register::JOBS if just_ended => now.wrapping_sub(1),
            _ => now,
        };
        if value == now || value == other {
            return Ok(());
        }
        let or = if other == now { String::new() } else { format!(" or {other:#x}") };
        Err(format!("NPU register {offset:#04x} read {value:#x}, the model allows {now:#x}{or}"))
    }

    /// Checks a value that was read from `EXEC_BUSY` or `MACS`: what the job's EXECs put through the
    /// array, or less while they still do.
    fn work_allowed(&self, offset: u32, value: u32, settled: bool) -> Result<(), String> {
        let Some(work) = self.work else { return Ok(()) };
        let all = if offset == register::MACS { work.products } else { work.waves };
        if value == all || (!settled && value < all) {
            return Ok(());
        }
        let most = if settled { "" } else { "up to " };
        Err(format!("NPU register {offset:#04x} read {value}, the job's list gives {most}{all}"))
    }

    /// A word written at an aligned offset; a doorbell runs the job. `log` asks for a record. Tells
    /// whether a job was started; `None` is a bus error.
    pub(crate) fn write(
        &mut self,
        offset: u32,
        value: u32,
        memory: &mut Memory,
        log: bool,
    ) -> Option<bool> {
        self.read(offset)?;
        let rings = offset == register::DOORBELL && !self.busy();
        match offset {
            register::INTERRUPT_ENABLE => self.interrupt_enable = value & 1 == 1,
            register::DOORBELL if rings => self.ring(value, memory, log),
            register::ABORT => self.aborting = self.busy(),
            register::WINDOW_BASE if !self.busy() => self.window.base = BusWindow::edge(value),
            register::WINDOW_LIMIT if !self.busy() => self.window.limit = BusWindow::edge(value),
            register::CLEAR if !self.busy() => {
                self.done = false;
                self.ended.cause = cause::NONE;
            }
            _ => {}
        }
        Some(rings)
    }

    fn ring(&mut self, address: u32, memory: &mut Memory, log: bool) {
        self.doorbell = address;
        self.done = false;
        self.ended = JobEnd::default();
        let bus = Bus::new(memory, self.window);
        let list = List::read(&bus, &self.config, address);
        if length::steps(&list.descriptors) > self.longest {
            self.too_long = true;
            return;
        }
        let record = job::run(&self.config, &mut self.memories, bus, list, log);
        self.running = Some(record.end);
        self.work = Some(record.work);
        self.record = log.then_some(record);
    }

    fn config_register(&self) -> u32 {
        let c = &self.config;
        [c.dim, c.bus_bytes, c.scratchpad_rows, c.accumulator_rows]
            .iter()
            .rev()
            .fold(0, |word, size| word << 8 | size.trailing_zeros())
    }
}

fn settled_status(done: bool, cause: u32) -> u32 {
    if cause != cause::NONE {
        ERROR | cause << 8
    } else if done {
        DONE
    } else {
        0
    }
}
