//! The C interface: types and functions as the shim declares them.

use std::ffi::{c_char, c_void};

/// One event: 64 bytes, laid out as `systole::Record` in the shim.
#[repr(C, align(64))]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record {
    /// Word 0: kind in bits 7:0; the rest depends on the kind.
    pub word: [u32; 16],
}

/// How the memory behind one port misbehaves; all zero is an ideal memory, which answers in the
/// next cycle. Laid out as `systole::Stalls` in the shim.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct PortStalls {
    /// Chance out of 65536 that a request (AXI: an address) is not accepted in a cycle.
    pub request: u16,
    /// AXI only: chance out of 65536 that a data beat is held back in a cycle.
    pub data: u16,
    /// Chance out of 65536 that a response (AXI: a read beat, a write burst) is an error.
    pub error: u16,
    /// Least latency in cycles, beyond that of an ideal memory.
    pub min_latency: u16,
    /// Greatest latency; drawn uniformly from `min_latency..=max_latency`.
    pub max_latency: u16,
    /// First address that never fails by chance.
    pub safe_from: u32,
    /// First address behind those; equal to `safe_from` for none.
    pub safe_to: u32,
}

/// A cycle in which something of the NPU began or ended. Laid out as `systole::Pulses` in the shim.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Pulses {
    /// The cycle, counted from the reset.
    pub cycle: u64,
    /// Units that began a descriptor, a bit each: 0 LOAD, 1 EXEC, 2 STORE.
    pub started: u8,
    /// Units of which a descriptor is complete, likewise.
    pub completed: u8,
    /// 1 in the first cycle of a job, else 0.
    pub job_start: u8,
    /// 1 in the first cycle after a job, else 0.
    pub job_end: u8,
}

/// Why a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// After the cycles that were asked for.
    Limit,
    /// The event buffer is full: look at the events and go on.
    BufferFull,
    /// A store of anything but 0 to the watched address retired; it is among the retires of the last
    /// cycle.
    Watch,
    /// Nothing retired for as many cycles as the hang limit.
    Hang,
    /// The model cannot go on ([`Model::broken`](crate::Model::broken) says why).
    Broken,
}

/// The shim's `systole::Chip`, known by pointer only.
pub(crate) type Chip = c_void;

macro_rules! interface {
    ($($field:ident = $name:literal: fn($($arg:ty),*) $(-> $ret:ty)?;)*) => {
        /// Functions of a loaded library.
        pub(crate) struct Interface {
            $(pub(crate) $field: unsafe extern "C" fn($($arg),*) $(-> $ret)?,)*
        }

        impl Interface {
            /// Finds every function, or names one that is missing.
            pub(crate) fn resolve(library: &libloading::Library) -> Result<Self, &'static str> {
                Ok(Interface {
                    $($field: {
                        // SAFETY: the shim defines each of these names with exactly this
                        // signature; `Library::open` checks the version of the interface before
                        // any but `systole_abi`, which never changes, is called.
                        let symbol = unsafe { library.get(concat!($name, "\0").as_bytes()) };
                        *symbol.map_err(|_| $name)?
                    },)*
                })
            }
        }
    };
}

interface! {
    abi = "systole_abi": fn() -> u32;
    ram_bytes = "systole_ram_bytes": fn() -> u32;
    new = "systole_new": fn() -> *mut Chip;
    free = "systole_free": fn(*mut Chip);
    reset = "systole_reset": fn(*mut Chip, u64);
    write = "systole_write": fn(*mut Chip, u32, *const u8, usize) -> bool;
    read = "systole_read": fn(*mut Chip, u32, *mut u8, usize) -> bool;
    set_stalls = "systole_set_stalls": fn(*mut Chip, *const PortStalls);
    set_fault = "systole_set_fault": fn(*mut Chip, u16) -> bool;
    set_watch = "systole_set_watch": fn(*mut Chip, u32);
    set_hang_limit = "systole_set_hang_limit": fn(*mut Chip, u64);
    run = "systole_run": fn(*mut Chip, u64, bool) -> u32;
    events = "systole_events": fn(*const Chip, *mut usize) -> *const Record;
    keep_pulses = "systole_keep_pulses": fn(*mut Chip, bool);
    pulses = "systole_pulses": fn(*const Chip, *mut usize) -> *const Pulses;
    cycle = "systole_cycle": fn(*const Chip) -> u64;
    retired = "systole_retired": fn(*const Chip) -> u64;
    data_idle = "systole_data_idle": fn(*const Chip) -> bool;
    broken = "systole_broken": fn(*const Chip) -> *const c_char;
    start_trace = "systole_start_trace": fn(*mut Chip, *const c_char, u64, u64) -> bool;
    stop_trace = "systole_stop_trace": fn(*mut Chip);
}

impl Interface {
    pub(crate) fn abi(&self) -> u32 {
        // SAFETY: returns a constant.
        unsafe { (self.abi)() }
    }

    pub(crate) fn ram_bytes(&self) -> u32 {
        // SAFETY: returns a constant.
        unsafe { (self.ram_bytes)() }
    }
}
