//! An NPU, its memory and the register accesses of a hart.

use systole_hdl::prelude::*;

use super::memory::{AxiMemory, BASE, Timing};
use crate::config::NpuConfig;

pub const DOORBELL: u32 = 0x10;
pub const STATUS: u32 = 0x08;

/// One descriptor.
pub type Descriptor = [u32; 8];

/// What a job ended with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outcome {
    pub cause: u8,
    pub index: u32,
    pub address: u32,
}

/// A job without error.
pub const GOOD: Outcome = Outcome { cause: 0, index: 0, address: 0 };

pub struct Machine {
    pub sim: Interpreter,
    pub memory: AxiMemory,
    pub cycles: u64,
    /// Cycles after which a job is said to hang.
    patience: u64,
}

impl Machine {
    pub fn new(config: &NpuConfig, timing: Timing, seed: u64) -> Self {
        let design =
            check(&crate::npu::npu(config, true)).unwrap_or_else(|errors| panic!("{errors}"));
        let mut sim = Interpreter::new(&design);
        sim.reset();
        let memory = AxiMemory::new(config.bus_bits / 8, timing, seed);
        let patience = if config.sequential { 10_000_000 } else { 200_000 };
        Self { sim, memory, cycles: 0, patience }
    }

    pub fn step(&mut self) {
        self.memory.cycle(&mut self.sim);
        self.sim.step();
        self.cycles += 1;
        assert!(self.sim.failed().is_empty(), "{:?}", self.sim.failed());
    }

    /// A register access: data and error of the answer.
    pub fn access(&mut self, address: u32, write: Option<(u32, u32)>) -> (u32, bool) {
        self.sim.set("reg_req_valid", 1);
        self.sim.set("reg_req_address", u64::from(address));
        self.sim.set("reg_req_write", u64::from(write.is_some()));
        let (data, strobe) = write.unwrap_or((0, 0));
        self.sim.set("reg_req_wdata", u64::from(data));
        self.sim.set("reg_req_wstrb", u64::from(strobe));
        while self.sim.get("reg_req_ready") == 0 {
            self.step();
        }
        self.step();
        self.sim.set("reg_req_valid", 0);
        assert_eq!(self.sim.get("reg_rsp_valid"), 1, "answer in the next cycle");
        (self.sim.get("reg_rsp_rdata") as u32, self.sim.get("reg_rsp_error") == 1)
    }

    pub fn read(&mut self, address: u32) -> u32 {
        let (data, error) = self.access(address, None);
        assert!(!error, "read of {address:#x}");
        data
    }

    pub fn write(&mut self, address: u32, data: u32) {
        let (_, error) = self.access(address, Some((data, 15)));
        assert!(!error, "write of {address:#x}");
    }

    /// Puts the list at `address`.
    pub fn put_list(&mut self, address: u32, list: &[Descriptor]) {
        let bytes: Vec<u8> = list.iter().flatten().flat_map(|word| word.to_le_bytes()).collect();
        self.memory.write(address, &bytes);
    }

    /// Rings the doorbell and waits for the end of the job.
    pub fn run(&mut self, address: u32) -> Outcome {
        self.write(DOORBELL, address);
        let outcome = self.wait();
        assert!(self.memory.quiet(), "the job ended with traffic on the bus");
        outcome
    }

    /// Waits for the end of the job and checks that STATUS agrees with the job port.
    pub fn wait(&mut self) -> Outcome {
        let start = self.cycles;
        while self.sim.get("npu_job_end") == 0 {
            assert!(self.cycles - start < self.patience, "the job hangs");
            self.step();
        }
        let outcome = Outcome {
            cause: self.sim.get("npu_job_cause") as u8,
            index: self.sim.get("npu_job_fault_index") as u32,
            address: self.sim.get("npu_job_fault_address") as u32,
        };
        let flags = if outcome.cause == 0 { 2 } else { 4 };
        assert_eq!(self.read(STATUS), flags | u32::from(outcome.cause) << 8);
        assert_eq!(self.read(0x18), outcome.index);
        assert_eq!(self.read(0x1c), outcome.address);
        outcome
    }

    /// Runs `list` from the first address of the memory.
    pub fn job(&mut self, list: &[Descriptor]) -> Outcome {
        self.put_list(BASE, list);
        self.run(BASE)
    }
}
