//! The machine as a whole: configuration, reset, memory, and what the bench asks about interrupts.

use crate::RAM_BASE;
use crate::clint::Clint;
use crate::csr::Surroundings;
use crate::hart::Hart;
use crate::isa::Isa;
use crate::memory::{Memory, OutOfRam};
use crate::mode::Mode;
use crate::npu::{JobRecord, Npu, register};
use crate::trap::{INTERRUPT, MEI};

/// Sizes of the machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Config {
    /// RAM in bytes; a multiple of 4096, at most 2 GiB.
    pub ram_bytes: u32,
    /// What the hart has.
    pub isa: Isa,
    /// The NPU's parameters.
    pub npu: NpuConfig,
}

/// Parameters of the NPU (`docs/npu.md`), all numbers powers of two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NpuConfig {
    /// Side D of the array, 2 to 32; 0: there is no NPU, and nothing answers at its addresses.
    pub dim: u32,
    /// Bytes W of a bus beat.
    pub bus_bytes: u32,
    /// Rows of D int8.
    pub scratchpad_rows: u32,
    /// Rows of D int32.
    pub accumulator_rows: u32,
    /// Rows of D bytes.
    pub parameter_rows: u32,
    /// STOREs may ask for double rounding.
    pub double_rounding: bool,
    /// EXECs may ask for weights of 4 bits.
    pub int4_weights: bool,
}

/// Hart, RAM, CLINT and NPU.
pub struct Machine {
    /// The NPU: job records, and how the RTL's jobs ended.
    pub npu: Npu,
    pub(crate) hart: Hart,
    pub(crate) memory: Memory,
    pub(crate) clint: Clint,
    /// Cycles since reset: the RTL's in lockstep, the count of steps when alone.
    pub(crate) now: u64,
    /// Something happened after which interrupts and stop conditions have to be looked at.
    pub(crate) attention: bool,
    /// The model's own value of the last step's time-dependent read.
    pub(crate) time_read: Option<u32>,
}

impl Machine {
    /// A machine at reset with a RAM of zeros.
    pub fn new(config: &Config) -> Self {
        Self {
            npu: Npu::new(&config.npu),
            hart: Hart::new(&config.isa),
            memory: Memory::new(config.ram_bytes, &config.isa),
            clint: Clint::new(),
            now: 0,
            attention: false,
            time_read: None,
        }
    }

    /// Back to the state of [`Machine::new`], in time proportional to the RAM pages written.
    pub fn reset(&mut self) {
        self.npu.reset();
        self.hart = Hart::new(&self.hart.isa);
        self.memory.reset();
        self.clint = Clint::new();
        self.now = 0;
        self.attention = false;
        self.time_read = None;
    }

    /// Writes to the RAM, as a loader would.
    pub fn write_memory(&mut self, address: u32, data: &[u8]) -> Result<(), OutOfRam> {
        self.memory.write(address, data)
    }

    /// Reads from the RAM.
    pub fn read_memory(&self, address: u32, bytes: usize) -> Result<&[u8], OutOfRam> {
        self.memory.read(address, bytes)
    }

    /// Address of the next instruction.
    pub fn pc(&self) -> u32 {
        self.hart.pc
    }

    /// Starts elsewhere than at the reset vector; the bits that an instruction's
    /// address has not are cleared.
    pub fn set_pc(&mut self, pc: u32) {
        self.hart.pc = pc & self.hart.csrs.pc_mask();
    }

    /// The integer registers.
    pub fn registers(&self) -> &[u32; 32] {
        self.hart.registers()
    }

    /// Value of a CSR as M mode sees it, `None` when the number does not exist. `mip` is the model's
    /// own view.
    pub fn csr(&self, number: u16) -> Option<u32> {
        let outside = self.surroundings(self.interrupt_lines());
        self.hart.csrs.read(number, Mode::Machine, outside)
    }

    /// The present mode: 3 for M, 0 for U.
    pub fn mode(&self) -> u8 {
        self.hart.mode as u8
    }

    /// What CSRs show of the world outside the hart.
    pub(crate) fn surroundings(&self, lines: u32) -> Surroundings {
        Surroundings { lines, now: self.now, mtime: self.mtime() }
    }

    /// Instructions retired since reset or since the program wrote `minstret`.
    pub fn minstret(&self) -> u64 {
        self.hart.csrs.counters.instret
    }

    /// The CLINT's `mtime`, at the cycle of the last step.
    pub fn mtime(&self) -> u64 {
        self.clint.mtime(self.now)
    }

    /// The model's own interrupt lines, in `mip`'s bit positions. In lockstep the timer's is only
    /// as exact as `Inputs::cycle`.
    pub fn interrupt_lines(&self) -> u32 {
        self.clint.lines(self.now) | u32::from(self.npu.interrupt()) << MEI
    }

    /// The interrupt that has to be taken before the next instruction with these lines, if any.
    pub fn pending_interrupt(&self, lines: u32) -> Option<u32> {
        self.hart.pending_interrupt(lines)
    }

    /// Checks that the RTL could take this interrupt before the next instruction: enabled,
    /// pending in `lines`, and none of higher priority.
    pub fn interrupt_allowed(&self, cause: u32, lines: u32) -> Result<(), String> {
        let cause = cause & !INTERRUPT;
        match self.pending_interrupt(lines) {
            Some(due) if due == cause => Ok(()),
            due => {
                let due = match due {
                    Some(due) => format!("interrupt {due} has to be taken"),
                    None => "none may be taken".to_string(),
                };
                let csrs = &self.hart.csrs;
                Err(format!(
                    "interrupt {cause} was taken before pc {:#010x}, but {due}: lines {lines:#x}, \
                     mie {:#x}, mstatus {:#x}, mode {:?}",
                    self.hart.pc, csrs.mie, csrs.mstatus, self.hart.mode
                ))
            }
        }
    }

    /// Jobs of more than `steps` steps (bytes moved and waves put through the array) are not run, and
    /// end [`Machine::run`]. A list of a few bytes can ask for more than any simulation has time for.
    pub fn limit_jobs(&mut self, steps: u64) {
        self.npu.limit_jobs(steps);
    }

    /// Whether a job was not run for its length, since the last call.
    pub fn take_long_job(&mut self) -> bool {
        self.npu.take_long_job()
    }

    /// Rings the NPU's doorbell with the list at `list`, as a store of the hart would, and lets the
    /// job end. `None` while an earlier job runs.
    pub fn run_job(&mut self, list: u32) -> Option<JobRecord> {
        self.npu.write(register::DOORBELL, list, &mut self.memory, true)?;
        let record = self.npu.take_job();
        self.npu.finish_job();
        record
    }

    /// Makes the memory hold exactly the first `writes` byte writes of a job: undoes those that the
    /// RTL did not do after a bus error, and does those that it still did.
    pub fn roll_back(&mut self, job: &JobRecord, writes: usize) {
        let writes = writes.min(job.writes.len());
        for write in job.writes.iter().skip(writes).rev() {
            self.memory.store::<1>(write.address, u32::from(write.old));
        }
        for write in job.writes.iter().take(writes).skip(job.done) {
            self.memory.store::<1>(write.address, u32::from(write.new));
        }
    }

    /// Loads the segments of a program and starts at its entry.
    pub fn load_program(&mut self, program: &crate::elf::Program) -> Result<(), OutOfRam> {
        for segment in &program.segments {
            self.write_memory(segment.address, &segment.bytes)?;
        }
        self.set_pc(program.entry);
        Ok(())
    }

    /// Whether an address is in the RAM.
    pub fn in_ram(&self, address: u32) -> bool {
        address >= RAM_BASE && self.memory.contains(address)
    }
}
