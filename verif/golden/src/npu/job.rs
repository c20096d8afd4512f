//! A job: the descriptors of a list, executed one after the other in list order.

use super::cause;
use super::descriptor::{Descriptor, Operation};
use super::list::List;
use super::memories::Memories;
use super::{convolution, exec, load, store};
use crate::machine::NpuConfig;
use crate::memory::Memory;

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
    /// Every byte written, in the order of `docs/npu.md`. After a bus error of a descriptor outside
    /// the RAM the record goes on with what later descriptors would write, because the RTL's
    /// units may be ahead of list order.
    pub writes: Vec<ByteWrite>,
    /// How many of `writes` the model's memory holds: all of them, or those before the bus error.
    pub done: usize,
    /// How the job ends.
    pub end: JobEnd,
    /// The list as handed out; for [`super::hazard::check`].
    pub list: List,
}

impl JobRecord {
    /// Descriptors handed out.
    pub fn descriptors(&self) -> &[Descriptor] {
        &self.list.descriptors
    }
}

/// A bus error: byte address of the first access outside the RAM.
pub(super) struct BusError(pub u32);

/// The memory as STOREs see it: writes are logged if asked for.
pub(super) struct Output<'a> {
    pub memory: &'a mut Memory,
    writes: Vec<ByteWrite>,
    log: bool,
    descriptor: u32,
}

impl Output<'_> {
    /// Writes one byte.
    pub fn write(&mut self, address: u32, new: u8) -> Result<(), BusError> {
        let old = self.memory.load::<1>(address).ok_or(BusError(address))? as u8;
        self.memory.store::<1>(address, u32::from(new));
        if self.log {
            self.writes.push(ByteWrite { address, old, new, descriptor: self.descriptor });
        }
        Ok(())
    }
}

/// Runs the job whose list is at `address`. Without `log`, `writes` stays empty.
pub(super) fn run(
    config: &NpuConfig,
    memories: &mut Memories,
    memory: &mut Memory,
    address: u32,
    log: bool,
) -> JobRecord {
    let list = List::read(memory, config, address);
    memories.used = true;
    let mut output = Output { memory, writes: Vec::new(), log, descriptor: 0 };
    // The first error in list order and the number of writes before it.
    let mut failed: Option<(JobEnd, usize)> = None;
    for (index, descriptor) in (0..).zip(&list.descriptors) {
        output.descriptor = index;
        let (result, cause) = match &descriptor.operation {
            Operation::Load(d) => (load::run(d, memories, output.memory), cause::LOAD_ERROR),
            Operation::Exec(d) => {
                exec::run(d, memories);
                (Ok(()), cause::NONE)
            }
            Operation::Convolution(d) => {
                convolution::run(d, memories);
                (Ok(()), cause::NONE)
            }
            Operation::Store(d) => (store::run(d, memories, &mut output), cause::STORE_ERROR),
        };
        if let Err((BusError(address), writes)) = result.map_err(|e| (e, output.writes.len())) {
            let fault_address = address & !(config.bus_bytes - 1);
            failed.get_or_insert((JobEnd { cause, fault_index: index, fault_address }, writes));
            if !log {
                break;
            }
        }
    }
    let Output { memory, writes, .. } = output;
    let (end, done) = failed.unwrap_or((list.end, writes.len()));
    for write in writes[done..].iter().rev() {
        memory.store::<1>(write.address, u32::from(write.old));
    }
    JobRecord { writes, done, end, list }
}
