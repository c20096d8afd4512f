//! Tests of jobs: descriptor lists in memory, run without a hart.

mod bus_window;
mod convolution;
mod errors;
mod fields;
mod gemm;
mod hazards;
mod movement;
mod pool;
mod requantise;
mod residual;
mod windows;

use super::bus::{Bus, BusWindow};
use super::job::{self, JobRecord};
use super::list::List;
use super::memories::Memories;
use crate::machine::NpuConfig;
use crate::memory::Memory;

pub const RAM: u32 = crate::RAM_BASE;
pub const RAM_BYTES: u32 = 1 << 17;
/// Where the lists are.
pub const LIST: u32 = RAM + 0x1_0000;

/// Opcodes and unit numbers.
pub const LOAD: u32 = 1;
pub const EXEC: u32 = 2;
pub const STORE: u32 = 3;

/// An NPU with its memory.
pub struct Bench {
    pub config: NpuConfig,
    pub memories: Memories,
    pub memory: Memory,
    pub window: BusWindow,
}

impl Bench {
    pub fn new(dim: u32) -> Self {
        let config = NpuConfig {
            dim,
            bus_bytes: 8,
            scratchpad_rows: 512,
            accumulator_rows: 128,
            parameter_rows: 64,
            double_rounding: true,
            int4_weights: true,
        };
        Self {
            config,
            memories: Memories::new(&config),
            memory: Memory::new(RAM_BYTES, &crate::Isa::default()),
            window: BusWindow::default(),
        }
    }

    /// Runs a list that ends with its last descriptor.
    pub fn run(&mut self, list: &[[u32; 8]]) -> JobRecord {
        let mut list = list.to_vec();
        if let Some(descriptor) = list.last_mut() {
            descriptor[0] |= 0x10;
        }
        self.run_raw(&list)
    }

    /// Runs a list as it is.
    pub fn run_raw(&mut self, list: &[[u32; 8]]) -> JobRecord {
        for (address, word) in (LIST..).step_by(4).zip(list.concat()) {
            self.memory.store::<4>(address, word);
        }
        self.run_at(LIST, true)
    }

    /// Runs the list at `address`.
    pub fn run_at(&mut self, address: u32, log: bool) -> JobRecord {
        let bus = Bus::new(&mut self.memory, self.window);
        let list = List::read(&bus, &self.config, address);
        job::run(&self.config, &mut self.memories, bus, list, log)
    }

    pub fn fill(&mut self, address: u32, bytes: &[u8]) {
        self.memory.write(address, bytes).unwrap();
    }

    pub fn bytes(&self, address: u32, count: usize) -> &[u8] {
        self.memory.read(address, count).unwrap()
    }

    /// Rows of the scratchpad as plain bytes.
    pub fn scratchpad(&self, row: u32) -> Vec<i8> {
        self.memories.scratchpad(row).to_vec()
    }
}

/// Word 0: opcode, units waited for, units signalled.
pub fn head(opcode: u32, wait: &[u32], signal: &[u32]) -> u32 {
    let bit = |opcode: &u32| 1 << (opcode - 1);
    let bits = |units: &[u32]| units.iter().map(bit).sum::<u32>();
    opcode | bits(wait) << 8 | bits(signal) << 12
}

/// Two 16-bit fields.
pub fn pair(low: u32, high: u32) -> u32 {
    assert!(low < 1 << 16 && high < 1 << 16);
    low | high << 16
}

/// LOAD of `rows` rows of `bytes` bytes into consecutive rows.
pub fn load_rows(address: u32, bytes: u32, rows: u32, row: u32) -> [u32; 8] {
    [head(LOAD, &[], &[]), address, bytes, pair(rows, bytes), pair(row, 1), 0, 0, 0]
}

/// STORE of `rows` scratchpad rows of `columns` bytes, from consecutive rows.
pub fn store_rows(address: u32, columns: u32, rows: u32, row: u32) -> [u32; 8] {
    let head = head(STORE, &[], &[]) | 2 << 16;
    [head, address, columns, pair(rows, columns), pair(row, 0), pair(1, 0), 0, 0]
}

/// EXEC of one tile.
pub fn exec_tile(activation: u32, weight: u32, accumulator: u32, m_rows: u32) -> [u32; 8] {
    let head = head(EXEC, &[], &[]);
    let (first, tiles) = (pair(activation, 1), pair(1, 0));
    [head, first, pair(weight, 0), pair(accumulator, m_rows), tiles, tiles, 0, 0]
}

/// The descriptor with these waits and signals.
pub fn sync(mut descriptor: [u32; 8], wait: &[u32], signal: &[u32]) -> [u32; 8] {
    descriptor[0] |= head(0, wait, signal);
    descriptor
}
