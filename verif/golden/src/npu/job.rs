//! A job: the descriptors of a list, executed one after the other in list order.

use super::bus::{Bus, BusWindow};
use super::cause;
use super::descriptor::{Descriptor, Operation};
use super::list::List;
use super::memories::Memories;
use super::work::{self, Work};
use super::{convolution, exec, load, store};
use crate::machine::NpuConfig;

/// One byte that a job writes to memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ByteWrite {
    /// Byte address.
    pub address: u32,
    /// What was there.
    pub old: u8,
    /// What is there now.
    pub new: u8,
    /// Index in the list of the STORE.
    pub descriptor: u32,
}

/// How a job ends: what `STATUS`, `FAULT_INDEX` and `FAULT_ADDRESS` then say.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct JobEnd {
    /// Cause of the error table, 0 for none.
    pub cause: u32,
    /// Index of the descriptor that caused the error.
    pub fault_index: u32,
    /// Address of the failing access, rounded down to a bus word.
    pub fault_address: u32,
}

/// What a job did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JobRecord {
    /// Every byte written, in the order of `docs/npu.md`. After an access outside the RAM or the
    /// bus window the record goes on with what later descriptors would write, because the RTL's
    /// units may be ahead of list order.
    pub writes: Vec<ByteWrite>,
    /// How many of `writes` the model's memory holds: all of them, or those before the bus error.
    pub done: usize,
    /// How the job ends.
    pub end: JobEnd,
    /// What its EXECs put through the array, if it ends without an error.
    pub work: Work,
    /// The bus window that the job had.
    pub window: BusWindow,
    /// The first LOAD and the first STORE that reach outside the RAM or the window. A unit may be ahead
    /// of list order, so that the job ends with the second of them when that keeps the first from
    /// starting. Without `log` the first of them only.
    pub faults: Vec<JobEnd>,
    /// The list as handed out; for [`super::hazard::check`].
    pub list: List,
}

impl JobRecord {
    /// Descriptors handed out.
    pub fn descriptors(&self) -> &[Descriptor] {
        &self.list.descriptors
    }
}

/// A bus error: byte address of the first access outside the RAM or the bus window.
pub(super) struct BusError(pub u32);

/// The memory as STOREs see it: writes are logged if asked for.
pub(super) struct Output<'a> {
    pub bus: Bus<'a>,
    writes: Vec<ByteWrite>,
    log: bool,
    descriptor: u32,
}

impl Output<'_> {
    /// Writes one byte.
    pub fn write(&mut self, address: u32, new: u8) -> Result<(), BusError> {
        let old = self.bus.replace(address, new).ok_or(BusError(address))?;
        if self.log {
            self.writes.push(ByteWrite { address, old, new, descriptor: self.descriptor });
        }
        Ok(())
    }
}

/// Runs the job of `list`. Without `log`, `writes` stays empty.
pub(super) fn run(
    config: &NpuConfig,
    memories: &mut Memories,
    bus: Bus<'_>,
    list: List,
    log: bool,
) -> JobRecord {
    memories.used = true;
    let mut output = Output { bus, writes: Vec::new(), log, descriptor: 0 };
    // The first error in list order and the number of writes before it.
    let mut failed: Option<(JobEnd, usize)> = None;
    let mut faults: Vec<JobEnd> = Vec::new();
    let mut work = Work::default();
    for (index, descriptor) in (0..).zip(&list.descriptors) {
        output.descriptor = index;
        let (result, cause) = match &descriptor.operation {
            Operation::Load(d) => (load::run(d, memories, &output.bus), cause::LOAD_ERROR),
            Operation::Exec(d) => {
                exec::run(d, memories);
                work += work::of_product(d);
                (Ok(()), cause::NONE)
            }
            Operation::Convolution(d) => {
                convolution::run(d, memories);
                work += work::of_convolution(d);
                (Ok(()), cause::NONE)
            }
            Operation::Store(d) => (store::run(d, memories, &mut output), cause::STORE_ERROR),
        };
        if let Err((BusError(address), writes)) = result.map_err(|e| (e, output.writes.len())) {
            let fault_address = address & !(config.bus_bytes - 1);
            let end = JobEnd { cause, fault_index: index, fault_address };
            failed.get_or_insert((end, writes));
            if faults.iter().all(|fault| fault.cause != cause) {
                faults.push(end);
            }
            if !log {
                break;
            }
        }
    }
    let Output { mut bus, writes, .. } = output;
    let (end, done) = failed.unwrap_or((list.end, writes.len()));
    for write in writes[done..].iter().rev() {
        bus.replace(write.address, write.old);
    }
    JobRecord { writes, done, end, work, window: bus.window, faults, list }
}
