//! The machine as a whole: configuration, reset, memory, the lockstep step and what the bench asks
//! about plausibility.

use crate::RAM_BASE;
use crate::clint::Clint;
use crate::environment::{Environment, Lockstep};
use crate::hart::Hart;
use crate::isa::Isa;
use crate::memory::{Memory, OutOfRam};
use crate::npu::{JobRecord, Npu};
use crate::retire::{Inputs, Retire};
use crate::trap::{INTERRUPT, MEI, Trap};

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

/// Parameters of the NPU (`docs/npu.md`), all powers of two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NpuConfig {
    /// Side D of the array, 2 to 32.
    pub dim: u32,
    /// Bytes W of a bus beat.
    pub bus_bytes: u32,
    /// Rows of D int8.
    pub scratchpad_rows: u32,
    /// Rows of D int32.
    pub accumulator_rows: u32,
    /// Rows of D bytes.
    pub parameter_rows: u32,
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
    time_read: Option<u32>,
}

impl Machine {
    /// A machine at reset with a RAM of zeros.
    pub fn new(config: &Config) -> Self {
        Self {
            npu: Npu::new(&config.npu),
            hart: Hart::new(),
            memory: Memory::new(config.ram_bytes),
            clint: Clint::new(),
            now: 0,
            attention: false,
            time_read: None,
        }
    }

    /// Back to the state of [`Machine::new`], in time proportional to the RAM pages written.
    pub fn reset(&mut self) {
        self.npu.reset();
        self.hart = Hart::new();
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

    /// Starts elsewhere than at the reset vector; bits 1:0 are cleared.
    pub fn set_pc(&mut self, pc: u32) {
        self.hart.pc = pc & !3;
    }

    /// The integer registers.
    pub fn registers(&self) -> &[u32; 32] {
        self.hart.registers()
    }

    /// Value of a CSR, `None` when the number does not exist. `mip` is the model's own view.
    pub fn csr(&self, number: u16) -> Option<u32> {
        self.hart.csrs.read(number, self.interrupt_lines(), self.now)
    }

    /// Instructions retired since reset or since the program wrote `minstret`.
    pub fn minstret(&self) -> u64 {
        self.hart.csrs.minstret
    }

    /// The CLINT's `mtime`, at the cycle of the last step.
    pub fn mtime(&self) -> u64 {
        self.clint.mtime(self.now)
    }

    /// Executes one instruction in lockstep and reports it. `inputs` says what the RTL met.
    ///
    /// A doorbell store runs the whole job at once; the NPU then stays busy until the bench calls
    /// [`Npu::finish_job`] or [`Npu::end_with_bus_error`].
    pub fn step(&mut self, inputs: &Inputs) -> Retire {
        self.now = inputs.cycle;
        let mut env = Lockstep { inputs, retire: Retire::default(), own_time_read: None };
        if let Some(cause) = inputs.interrupt {
            self.take_interrupt(cause & 0x1f);
            env.retire.intr = true;
            env.retire.cause = INTERRUPT | cause & 0x1f;
        }
        let pc = self.hart.pc;
        env.retire.pc = pc;
        env.retire.mode = 3;
        let fetched = if inputs.fetch_fault.is_some() { None } else { self.memory.fetch(pc) };
        let result = match fetched {
            Some(decoded) => {
                env.retire.insn = decoded.word;
                self.execute(&mut env, decoded)
            }
            None => Err(Trap::fetch_fault(inputs.fetch_fault.unwrap_or(pc))),
        };
        if let Err(trap) = result {
            env.retire.trap = true;
            env.retire.cause = trap.cause;
            env.retire.tval = trap.tval;
        }
        self.complete(result);
        env.retire.next_pc = self.hart.pc;
        self.time_read = env.own_time_read;
        env.retire.mstatus = self.hart.csrs.mstatus;
        env.retire
    }

    /// One step with the model's own clock, interrupts and NPU: what [`Machine::run`] does, with a
    /// record.
    pub fn step_alone(&mut self) -> Retire {
        let lines = self.interrupt_lines();
        let retire = self.step(&Inputs {
            interrupt: self.pending_interrupt(lines),
            interrupt_lines: lines,
            cycle: self.now,
            ..Inputs::default()
        });
        self.npu.finish_job();
        retire
    }

    /// Moves the pc, counts, and enters the handler of an exception.
    #[inline(always)]
    pub(crate) fn complete(&mut self, result: Result<u32, Trap>) {
        match result {
            Ok(next) => {
                self.hart.pc = next;
                let csrs = &mut self.hart.csrs;
                csrs.minstret = csrs.minstret.wrapping_add(csrs.minstret_step);
            }
            Err(trap) => {
                self.hart.pc = self.hart.csrs.enter_exception(self.hart.pc, trap);
                self.attention = true;
            }
        }
        self.now = self.now.wrapping_add(1);
    }

    pub(crate) fn take_interrupt(&mut self, cause: u32) {
        self.hart.pc = self.hart.csrs.enter_interrupt(self.hart.pc, cause);
    }

    /// The model's own interrupt lines, in `mip`'s bit positions. In lockstep the timer's is only
    /// as exact as [`Inputs::cycle`].
    pub fn interrupt_lines(&self) -> u32 {
        self.clint.lines(self.now) | u32::from(self.npu.interrupt()) << MEI
    }

    /// The interrupt that has to be taken before the next instruction with these lines, if any.
    pub fn pending_interrupt(&self, lines: u32) -> Option<u32> {
        self.hart.csrs.pending_interrupt(lines)
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
                     mie {:#x}, mstatus {:#x}",
                    self.hart.pc, csrs.mie, csrs.mstatus
                ))
            }
        }
    }

    /// If the last step read something that depends on time: what the model would have read. For
    /// `mcycle(h)` and `mtime` it is exact up to the cycles between the read and
    /// [`Inputs::cycle`]; for the NPU's registers ask [`Npu::read_allowed`].
    pub fn last_time_read(&self) -> Option<u32> {
        self.time_read
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

/// The one step that both paths share, for the fast path: no record.
impl Machine {
    #[inline(always)]
    pub(crate) fn step_with<E: Environment>(&mut self, env: &mut E) {
        let pc = self.hart.pc;
        let result = match self.memory.fetch(pc) {
            Some(decoded) => self.execute(env, decoded),
            None => Err(Trap::fetch_fault(pc)),
        };
        self.complete(result);
    }
}
