//! One simulated chip.

use std::ffi::{CStr, CString};
use std::fmt;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::Arc;

use crate::Library;
use crate::interface::{Chip, PortStalls, Pulses, Record, Stop};

/// A simulated chip with the memory behind its ports.
pub struct Model {
    chip: NonNull<Chip>,
    library: Arc<Library>,
}

// SAFETY: a chip owns its VerilatedContext, model and memory, and the shim keeps nothing that
// belongs to a thread between two calls (Verilator sets its thread-local context anew in each
// `eval`). So it may move to another thread. It is not Sync: `&Model` calls read what `&mut Model`
// calls write, which the borrow checker serialises on one thread.
unsafe impl Send for Model {}

/// An access that is not wholly inside RAM.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutOfRange {
    /// First byte address.
    pub address: u32,
    /// Bytes.
    pub length: usize,
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} bytes at {:#010x} are not in RAM", self.length, self.address)
    }
}

impl std::error::Error for OutOfRange {}

// In every method below `self.chip` is a live chip of `self.library` (made in `new`, freed in
// `drop`), and the library stays loaded because `self` holds it; the arguments speak of the rest.
impl Model {
    /// A chip out of reset with zeroed memory, or nothing when memory runs out.
    pub fn new(library: &Arc<Library>) -> Option<Model> {
        // SAFETY: takes nothing; null means failure.
        let chip = NonNull::new(unsafe { (library.interface.new)() })?;
        Some(Model { chip, library: library.clone() })
    }

    /// Starts anew: zeroed memory and chip, cycle 0, random numbers of the ports from `seed`, no
    /// pulses. Stall profiles, fault, watch, hang limit and whether pulses are kept stay.
    pub fn reset(&mut self, seed: u64) {
        // SAFETY: a live chip, exclusively borrowed.
        unsafe { (self.library.interface.reset)(self.chip.as_ptr(), seed) }
    }

    /// Writes RAM.
    pub fn write(&mut self, address: u32, bytes: &[u8]) -> Result<(), OutOfRange> {
        let length = bytes.len();
        // SAFETY: `bytes` is readable for `length` bytes; the shim checks the range in RAM.
        let done = unsafe {
            (self.library.interface.write)(self.chip.as_ptr(), address, bytes.as_ptr(), length)
        };
        done.then_some(()).ok_or(OutOfRange { address, length })
    }

    /// Reads RAM.
    pub fn read(&self, address: u32, bytes: &mut [u8]) -> Result<(), OutOfRange> {
        let length = bytes.len();
        // SAFETY: `bytes` is writable for `length` bytes; the shim checks the range in RAM.
        let done = unsafe {
            (self.library.interface.read)(self.chip.as_ptr(), address, bytes.as_mut_ptr(), length)
        };
        done.then_some(()).ok_or(OutOfRange { address, length })
    }

    /// Sets the stall profiles: instruction port, data port, AXI reads, AXI writes.
    pub fn set_stalls(&mut self, profiles: &[PortStalls; 4]) {
        // SAFETY: the shim reads four profiles, of the same layout.
        unsafe { (self.library.interface.set_stalls)(self.chip.as_ptr(), profiles.as_ptr()) }
    }

    /// Selects a fault; 0 is none. False when the chip has no port for it and `fault` is not 0.
    pub fn set_fault(&mut self, fault: u16) -> bool {
        // SAFETY: a live chip, exclusively borrowed.
        unsafe { (self.library.interface.set_fault)(self.chip.as_ptr(), fault) }
    }

    /// Sets the watched address; 0 is none.
    pub fn set_watch(&mut self, address: u32) {
        // SAFETY: a live chip, exclusively borrowed.
        unsafe { (self.library.interface.set_watch)(self.chip.as_ptr(), address) }
    }

    /// Sets after how many cycles without a retire a run stops; 0 is never.
    pub fn set_hang_limit(&mut self, cycles: u64) {
        // SAFETY: a live chip, exclusively borrowed.
        unsafe { (self.library.interface.set_hang_limit)(self.chip.as_ptr(), cycles) }
    }

    /// Runs for at most `max_cycles`. Without `record` there are no events and no protocol checks.
    pub fn run(&mut self, max_cycles: u64, record: bool) -> Stop {
        // SAFETY: a live chip, exclusively borrowed: no slice of `events` is alive. The shim lets
        // no C++ exception out.
        match unsafe { (self.library.interface.run)(self.chip.as_ptr(), max_cycles, record) } {
            0 => Stop::Limit,
            1 => Stop::BufferFull,
            2 => Stop::Watch,
            3 => Stop::Hang,
            _ => Stop::Broken,
        }
    }

    /// Events of the last run, in cycle order.
    pub fn events(&self) -> &[Record] {
        let mut count = 0;
        // SAFETY: the shim returns the start of its buffer, which lives as long as the chip, and
        // the number of records that it has filled. They change only in `run` and `reset`, which
        // need `&mut self` and so end the borrow. Layout and alignment of `Record` are the same on
        // both sides, and any bit pattern is valid.
        unsafe {
            let first = (self.library.interface.events)(self.chip.as_ptr(), &mut count);
            std::slice::from_raw_parts(first, count)
        }
    }

    /// Keeps the [`pulses`](Self::pulses) of all cycles from the next one on, or no more of them.
    pub fn keep_pulses(&mut self, on: bool) {
        // SAFETY: a live chip, exclusively borrowed.
        unsafe { (self.library.interface.keep_pulses)(self.chip.as_ptr(), on) }
    }

    /// Pulses kept since the reset, in cycle order.
    pub fn pulses(&self) -> &[Pulses] {
        let mut count = 0;
        // SAFETY: the shim returns the start of its buffer and the number of entries, which change
        // only in `run` and `reset`; these need `&mut self` and so end the borrow. The pointer of
        // an empty buffer may be null and is not looked at. Layout and alignment of `Pulses` are
        // the same on both sides: C++ writes 0 or 1 for a bool, in one byte.
        unsafe {
            let first = (self.library.interface.pulses)(self.chip.as_ptr(), &mut count);
            if count == 0 { &[] } else { std::slice::from_raw_parts(first, count) }
        }
    }

    /// Cycles since reset.
    pub fn cycle(&self) -> u64 {
        // SAFETY: a live chip.
        unsafe { (self.library.interface.cycle)(self.chip.as_ptr()) }
    }

    /// Instructions retired since reset, trapping ones included.
    pub fn retired(&self) -> u64 {
        // SAFETY: a live chip.
        unsafe { (self.library.interface.retired)(self.chip.as_ptr()) }
    }

    /// Whether no data access of the hart waits for its answer at the end of the last cycle, nor was
    /// one answered in it.
    pub fn data_idle(&self) -> bool {
        // SAFETY: a live chip.
        unsafe { (self.library.interface.data_idle)(self.chip.as_ptr()) }
    }

    /// Why the model cannot go on; empty while it can.
    pub fn broken(&self) -> String {
        // SAFETY: the shim returns a C string that it keeps until the next call that changes the
        // chip; it is copied before any can be made.
        let reason = unsafe { CStr::from_ptr((self.library.interface.broken)(self.chip.as_ptr())) };
        reason.to_string_lossy().into_owned()
    }

    /// Dumps cycles `from..to` as VCD. False when the model was built without tracing or the path
    /// has a NUL in it.
    pub fn start_trace(&mut self, path: &Path, from: u64, to: u64) -> bool {
        let Ok(path) = CString::new(path.as_os_str().as_encoded_bytes()) else { return false };
        // SAFETY: the shim copies the C string.
        unsafe { (self.library.interface.start_trace)(self.chip.as_ptr(), path.as_ptr(), from, to) }
    }

    /// Ends the dump and closes its file.
    pub fn stop_trace(&mut self) {
        // SAFETY: a live chip, exclusively borrowed.
        unsafe { (self.library.interface.stop_trace)(self.chip.as_ptr()) }
    }

    /// The library that the chip is of.
    pub fn library(&self) -> &Arc<Library> {
        &self.library
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        // SAFETY: made by the same library's `new`, and freed only here.
        unsafe { (self.library.interface.free)(self.chip.as_ptr()) }
    }
}
