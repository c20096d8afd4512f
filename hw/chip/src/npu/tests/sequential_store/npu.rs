//! Two sequential NPUs whose memories a test can write: the RTL, and its program alone.

use systole_hdl::prelude::*;

use super::super::machine::{Descriptor, GOOD, Machine};
use super::super::memory::{BASE, SIZE, Timing};
use super::super::reference::Reference;
use super::super::sequential_config;
use crate::config::NpuConfig;
use crate::npu::sequential::emulator::Emulator;

/// An NPU with four columns, its memory, and what is inside.
pub trait Npu {
    /// Its configuration.
    fn config(&self) -> &NpuConfig;
    /// Sum at a row and a column.
    fn set_sum(&mut self, row: u32, column: u32, sum: i32);
    /// Word of the inner memory.
    fn set_inner(&mut self, index: u32, word: u32);
    fn inner(&self, index: u32) -> u32;
    /// Byte of the memory on the bus.
    fn byte(&self, address: u32) -> u8;
    /// Runs a job of one descriptor, which must be good.
    fn run(&mut self, descriptor: Descriptor);

    fn set_parameter(&mut self, row: u32, word: u32) {
        self.set_inner(self.config().scratchpad_rows + row, word);
    }

    fn set_entry(&mut self, index: u32, word: u32) {
        let config = self.config();
        self.set_inner(config.scratchpad_rows + config.parameter_rows + index, word);
    }
}

/// The RTL.
pub struct Rtl {
    config: NpuConfig,
    pub machine: Machine,
}

impl Rtl {
    pub fn new(timing: Timing, seed: u64) -> Self {
        let config = sequential_config();
        let machine = Machine::new(&config, timing, seed);
        Self { config, machine }
    }

    fn poke(&mut self, path: &str, index: u32, word: u32) {
        let word = Bits::from_words(32, &[u64::from(word)]);
        self.machine.sim.poke_memory(path, u64::from(index), word);
    }

    /// Takes over what the reference's memories hold.
    pub fn fill(&mut self, reference: &Reference) {
        for (row, data) in (0..).zip(&reference.scratchpad) {
            self.set_inner(row, row_word(data));
        }
        for (row, data) in (0..).zip(&reference.parameters) {
            self.set_parameter(row, word(data));
        }
        for (index, &entry) in (0..).zip(&reference.table) {
            self.set_entry(index, entry);
        }
        for (row, sums) in (0..).zip(&reference.accumulators) {
            for (column, &sum) in (0..).zip(sums) {
                self.set_sum(row, column, sum);
            }
        }
    }
}

impl Npu for Rtl {
    fn config(&self) -> &NpuConfig {
        &self.config
    }

    fn set_sum(&mut self, row: u32, column: u32, sum: i32) {
        self.poke("sums.accumulators", 4 * row + column, sum as u32);
    }

    fn set_inner(&mut self, index: u32, word: u32) {
        self.poke("inner_memory.words", index, word);
    }

    fn inner(&self, index: u32) -> u32 {
        self.machine.sim.peek_memory("inner_memory.words", u64::from(index)).to_u64() as u32
    }

    fn byte(&self, address: u32) -> u8 {
        self.machine.memory.bytes[(address - BASE) as usize]
    }

    fn run(&mut self, descriptor: Descriptor) {
        assert_eq!(self.machine.job(&[descriptor]), GOOD, "{descriptor:x?}");
    }
}

/// The program alone: a thousand times as fast.
pub struct Program {
    config: NpuConfig,
    pub emulator: Emulator,
}

impl Program {
    pub fn new() -> Self {
        Self::with(sequential_config())
    }

    pub fn with(config: NpuConfig) -> Self {
        let emulator = Emulator::new(&config, BASE, SIZE as usize / 4);
        Self { config, emulator }
    }
}

impl Npu for Program {
    fn config(&self) -> &NpuConfig {
        &self.config
    }

    fn set_sum(&mut self, row: u32, column: u32, sum: i32) {
        self.emulator.sums[(4 * row + column) as usize] = sum as u32;
    }

    fn set_inner(&mut self, index: u32, word: u32) {
        self.emulator.inner[index as usize] = word;
    }

    fn inner(&self, index: u32) -> u32 {
        self.emulator.inner[index as usize]
    }

    fn byte(&self, address: u32) -> u8 {
        let offset = address - BASE;
        self.emulator.memory[offset as usize / 4].to_le_bytes()[offset as usize % 4]
    }

    fn run(&mut self, descriptor: Descriptor) {
        self.emulator.memory[..8].copy_from_slice(&descriptor);
        assert_eq!(self.emulator.job(BASE), 2, "{descriptor:x?}");
    }
}

/// The word of a row of the scratchpad.
pub fn row_word(row: &[i8]) -> u32 {
    word(&row.iter().map(|&byte| byte as u8).collect::<Vec<u8>>())
}

/// The word of four bytes.
pub fn word(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(bytes.try_into().expect("a row has four bytes"))
}
