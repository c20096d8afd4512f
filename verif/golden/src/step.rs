//! One step: fetch, execute, count, trap. Lockstep and the fast path share it.

use crate::decode::Decoded;
use crate::environment::{Environment, Lockstep};
use crate::events;
use crate::machine::Machine;
use crate::pmp::Need;
use crate::retire::{Inputs, Retire};
use crate::trap::Trap;

impl Machine {
    /// Executes one instruction in lockstep and reports it. `inputs` says what the RTL met.
    ///
    /// A doorbell store runs the whole job at once; the NPU then stays busy until the bench calls
    /// [`crate::npu::Npu::finish_job`] or [`crate::npu::Npu::end_early`].
    pub fn step(&mut self, inputs: &Inputs) -> Retire {
        self.now = inputs.cycle;
        self.hart.reservation.observe_npu(self.npu.busy());
        let mut env = Lockstep { inputs, retire: Retire::default(), own_time_read: None };
        if let Some(cause) = inputs.interrupt {
            self.hart.enter_interrupt(cause & 0x1f);
            env.retire.intr = true;
            env.retire.cause = self.hart.csrs.mcause;
        }
        env.retire.pc = self.hart.pc;
        env.retire.mode = self.mode();
        self.advance::<_, true>(&mut env, inputs.fetch_fault);
        env.retire.next_pc = self.hart.pc;
        env.retire.mstatus = self.hart.csrs.mstatus;
        self.time_read = env.own_time_read;
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
            sc_failed: true,
            ..Inputs::default()
        });
        self.npu.finish_job();
        retire
    }

    /// If the last step read something that depends on time: what the model would have read. For
    /// `mcycle(h)`, `cycle(h)`, `time(h)` and `mtime` it is exact up to the cycles between the read
    /// and [`Inputs::cycle`]; of event counters it lacks the timing events; for the NPU's registers
    /// ask [`crate::npu::Npu::read_allowed`].
    pub fn last_time_read(&self) -> Option<u32> {
        self.time_read
    }

    /// Whether steps have to be supervised: PMP may deny a fetch, or events are counted.
    pub(crate) fn is_supervised(&self) -> bool {
        self.hart.fetch_restricted || self.hart.csrs.counters.counts_events
    }

    /// One instruction. `SUPERVISED` may only be false when it makes no difference; `bus_fault` is
    /// the address of a half that the instruction memory refused.
    #[inline(always)]
    pub(crate) fn advance<E: Environment, const SUPERVISED: bool>(
        &mut self,
        env: &mut E,
        bus_fault: Option<u32>,
    ) {
        let fetched = if SUPERVISED {
            self.fetch_supervised(bus_fault)
        } else {
            self.memory.fetch(self.hart.pc).map_err(Trap::fetch_fault)
        };
        let result = match fetched {
            Ok(d) if SUPERVISED => self.execute_counted(env, d),
            Ok(d) => self.execute(env, d),
            Err(trap) => Err(trap),
        };
        match result {
            Ok(next) => {
                self.hart.pc = next;
                let counters = &mut self.hart.csrs.counters;
                counters.instret = counters.instret.wrapping_add(counters.instret_step);
            }
            Err(trap) => {
                env.trapped(trap);
                self.hart.enter_exception(trap);
                self.attention = true;
            }
        }
        self.now = self.now.wrapping_add(1);
    }

    /// Every aligned word that holds a part of the instruction is checked, PMP before the bus; the
    /// second only when the first says that the instruction goes on there.
    fn fetch_supervised(&mut self, bus_fault: Option<u32>) -> Result<Decoded, Trap> {
        let pc = self.hart.pc;
        self.check_fetch(pc, bus_fault)?;
        let decoded = self.memory.fetch(pc).map_err(Trap::fetch_fault)?;
        let second = pc.wrapping_add(2);
        if decoded.length == 4 && second & 2 == 0 {
            self.check_fetch(second, bus_fault)?;
        }
        Ok(decoded)
    }

    fn check_fetch(&self, address: u32, bus_fault: Option<u32>) -> Result<(), Trap> {
        let hart = &self.hart;
        let denied =
            hart.fetch_restricted && !hart.csrs.pmp.allows(address, Need::Execute, hart.mode);
        if denied || bus_fault == Some(address) {
            return Err(Trap::fetch_fault(address));
        }
        Ok(())
    }

    #[inline(always)]
    fn execute_counted<E: Environment>(&mut self, env: &mut E, d: Decoded) -> Result<u32, Trap> {
        env.fetched(d);
        let counts = self.hart.csrs.counters.counts_events;
        let operands = (self.hart.x(d.rs1), self.hart.x(d.rs2));
        let next = self.execute(env, d)?;
        if counts {
            self.hart.csrs.counters.count(events::of_instruction(d, operands.0, operands.1));
        }
        Ok(next)
    }
}
