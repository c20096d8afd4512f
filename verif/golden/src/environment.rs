//! Where the semantics meets the outside: what an instruction takes from the RTL in lockstep, and
//! what it reports. [`Alone`] compiles to nothing, so the fast path and the lockstep path share one
//! description of every instruction.

use crate::decode::Decoded;
use crate::retire::{Inputs, Retire};
use crate::trap::Trap;

/// One data access of an instruction: an aligned word and the bytes of it that are meant.
#[derive(Clone, Copy)]
pub(crate) struct Access {
    /// Word address.
    pub address: u32,
    /// Byte mask.
    pub mask: u8,
    /// Bytes in their lanes, 0 elsewhere.
    pub data: u32,
}

pub(crate) trait Environment {
    /// The value of a read whose result depends on time; `own` is the model's.
    fn time_read(&mut self, own: u32) -> u32;
    /// Whether the data access of this instruction got a bus error.
    fn data_fault(&self) -> bool;
    /// Whether an SC fails for a write of the NPU, where that is possible.
    fn sc_failed(&self) -> bool;
    /// The interrupt lines that a read of `mip` sees; `own` are the model's.
    fn lines(&self, own: u32) -> u32;
    /// Whether NPU jobs end at the doorbell and need no log.
    const ALONE: bool;
    fn fetched(&mut self, instruction: Decoded);
    fn trapped(&mut self, trap: Trap);
    fn wrote_register(&mut self, rd: u8, value: u32);
    fn wrote_csr(&mut self, number: u16, value: u32);
    fn loaded(&mut self, access: Access);
    fn stored(&mut self, access: Access);
}

/// Nobody looks and nobody interferes.
pub(crate) struct Alone;

impl Environment for Alone {
    const ALONE: bool = true;
    fn time_read(&mut self, own: u32) -> u32 {
        own
    }
    fn data_fault(&self) -> bool {
        false
    }
    /// Alone, a job that was started since the LR has written.
    fn sc_failed(&self) -> bool {
        true
    }
    fn lines(&self, own: u32) -> u32 {
        own
    }
    fn fetched(&mut self, _: Decoded) {}
    fn trapped(&mut self, _: Trap) {}
    fn wrote_register(&mut self, _: u8, _: u32) {}
    fn wrote_csr(&mut self, _: u16, _: u32) {}
    fn loaded(&mut self, _: Access) {}
    fn stored(&mut self, _: Access) {}
}

/// The RTL's observations go in, the retire record comes out.
pub(crate) struct Lockstep<'a> {
    pub inputs: &'a Inputs,
    pub retire: Retire,
    /// What the model would have read where time decides.
    pub own_time_read: Option<u32>,
}

impl Environment for Lockstep<'_> {
    const ALONE: bool = false;
    fn time_read(&mut self, own: u32) -> u32 {
        self.own_time_read = Some(own);
        self.inputs.device_read.unwrap_or(own)
    }
    fn data_fault(&self) -> bool {
        self.inputs.data_fault
    }
    fn sc_failed(&self) -> bool {
        self.inputs.sc_failed
    }
    fn lines(&self, _own: u32) -> u32 {
        self.inputs.interrupt_lines
    }
    fn fetched(&mut self, instruction: Decoded) {
        self.retire.insn = instruction.word;
    }
    fn trapped(&mut self, trap: Trap) {
        self.retire.trap = true;
        self.retire.cause = trap.cause;
        self.retire.tval = trap.tval;
    }
    fn wrote_register(&mut self, rd: u8, value: u32) {
        if rd != 0 {
            self.retire.rd_addr = rd;
            self.retire.rd_wdata = value;
        }
    }
    fn wrote_csr(&mut self, number: u16, value: u32) {
        self.retire.csr = Some((number, value));
    }
    fn loaded(&mut self, access: Access) {
        self.retire.mem_addr = access.address;
        self.retire.mem_rmask = access.mask;
        self.retire.mem_rdata = access.data;
    }
    fn stored(&mut self, access: Access) {
        self.retire.mem_addr = access.address;
        self.retire.mem_wmask = access.mask;
        self.retire.mem_wdata = access.data;
    }
}
