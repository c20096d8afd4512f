//! The design under test.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use verilator_sys::{Library, Model, OutOfRange, Pulses, Record};

use crate::stalls::Stalls;
use crate::{Error, Event};

/// Why a run ended.
pub use verilator_sys::Stop as StopReason;

/// One simulated chip with its memory. Cheap to reset: keep one for each thread.
pub struct Dut {
    model: Model,
}

impl Dut {
    /// A chip in its first cycle after reset, with zeroed memory.
    pub fn new(library: &Arc<Library>) -> Result<Dut, Error> {
        let model = Model::new(library).ok_or_else(|| Error::Missing {
            what: "not enough memory for one more simulated chip".into(),
            install: "Use fewer jobs or a smaller memory.ram_bytes.".into(),
        })?;
        Ok(Dut { model })
    }

    /// Starts anew: zeroed memory, registers and counters, cycle 0; random numbers of the ports
    /// from `seed`. Stalls, fault, watch, hang limit and whether pulses are kept stay as they are.
    /// Ends a trace.
    pub fn reset(&mut self, seed: u64) {
        self.model.reset(seed);
    }

    /// Writes RAM.
    pub fn write_memory(&mut self, address: u32, bytes: &[u8]) -> Result<(), OutOfRange> {
        self.model.write(address, bytes)
    }

    /// Reads RAM.
    pub fn read_memory(&self, address: u32, length: usize) -> Result<Vec<u8>, OutOfRange> {
        // Before the allocation: the length may come from a wrong program.
        if length > self.model.library().ram_bytes() as usize {
            return Err(OutOfRange { address, length });
        }
        let mut bytes = vec![0; length];
        self.model.read(address, &mut bytes)?;
        Ok(bytes)
    }

    /// Sets how memory misbehaves, from the next cycle on.
    pub fn set_stalls(&mut self, stalls: &Stalls) {
        self.model.set_stalls(&stalls.profiles());
    }

    /// Selects fault number `fault` of a chip built with faults; 0 is none. False if the chip was
    /// built without and `fault` is not 0.
    #[must_use]
    pub fn set_fault(&mut self, fault: u16) -> bool {
        self.model.set_fault(fault)
    }

    /// Stops a run when a store of anything but 0 to this word (`tohost`) retires.
    pub fn set_watch(&mut self, address: Option<u32>) {
        self.model.set_watch(address.unwrap_or(0));
    }

    /// Stops a run when nothing retires for this many cycles.
    pub fn set_hang_limit(&mut self, cycles: Option<u64>) {
        self.model.set_hang_limit(cycles.unwrap_or(0));
    }

    /// Runs for at most `max_cycles`, recording events. A full event buffer ends the run too: look
    /// at the [`events`](Self::events) and call again.
    pub fn run(&mut self, max_cycles: u64) -> StopReason {
        self.model.run(max_cycles, true)
    }

    /// Runs without events and protocol checks, for measuring and for firmware.
    pub fn run_bare(&mut self, max_cycles: u64) -> StopReason {
        self.model.run(max_cycles, false)
    }

    /// Records of the last run, in cycle order.
    pub fn records(&self) -> &[Record] {
        self.model.events()
    }

    /// Events of the last run, in cycle order.
    pub fn events(&self) -> impl Iterator<Item = Event> + '_ {
        self.records().iter().map(Event::decode)
    }

    /// Keeps from the next cycle on when jobs and descriptors of the NPU begin and end, whatever
    /// way the chip is run; or keeps no more of it. A job of n descriptors makes at most 2 n + 2
    /// entries of 16 bytes, which stay until the reset.
    pub fn keep_pulses(&mut self, on: bool) {
        self.model.keep_pulses(on);
    }

    /// Cycles since the reset in which jobs or descriptors of the NPU began or ended, in order, as
    /// far as they were [kept](Self::keep_pulses). Each unit completes its descriptors in the order
    /// of the list, so the n-th pulse of a unit is of its n-th descriptor.
    pub fn pulses(&self) -> &[Pulses] {
        self.model.pulses()
    }

    /// Cycles since reset.
    pub fn cycle(&self) -> u64 {
        self.model.cycle()
    }

    /// Instructions retired since reset, trapping ones included.
    pub fn retired(&self) -> u64 {
        self.model.retired()
    }

    /// Whether no data access of the hart is under way: none waits for its answer, and none was
    /// answered in the last cycle.
    pub fn data_idle(&self) -> bool {
        self.model.data_idle()
    }

    /// Why the model is [broken](StopReason::Broken); empty while it is not.
    pub fn broken(&self) -> String {
        self.model.broken()
    }

    /// Writes waves of the given cycles to a VCD file. Cycle `c` is the time from 10·c ns on; its
    /// rising clock edge is the start of it. False when the library was built without tracing.
    #[must_use]
    pub fn start_trace(&mut self, path: &Path, cycles: Range<u64>) -> bool {
        self.model.start_trace(path, cycles.start, cycles.end)
    }

    /// Ends the waves and closes their file.
    pub fn stop_trace(&mut self) {
        self.model.stop_trace();
    }
}
