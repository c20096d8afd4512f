//! Tests of the machine as a programmer sees it.

pub mod asm;
mod atomics;
mod bits;
mod clint;
mod compressed;
mod counters;
mod csrs;
mod decode;
mod elf;
mod fetch;
mod instructions;
mod lockstep;
mod memory;
mod modes;
mod pmp;
mod run;
mod traps;

use crate::{Config, Inputs, Isa, Machine, NpuConfig, RAM_BASE, Retire};

/// D = 4, a bus of 8 bytes, small memories.
pub const NPU: NpuConfig = NpuConfig {
    dim: 4,
    bus_bytes: 8,
    scratchpad_rows: 64,
    accumulator_rows: 32,
    parameter_rows: 32,
    double_rounding: true,
    int4_weights: true,
};
/// RAM of the test machine.
pub const RAM_BYTES: u32 = 1 << 16;
/// Where traps go.
pub const HANDLER: u32 = RAM_BASE + 0x1000;

/// An RV32IM machine with a program at the reset vector.
pub fn machine(program: &[u32]) -> Machine {
    machine_with(Isa { m: true, ..Isa::default() }, program)
}

/// A machine that has everything, with a program at the reset vector.
pub fn full(program: &[u32]) -> Machine {
    machine_with(Isa::full(), program)
}

pub fn machine_with(isa: Isa, program: &[u32]) -> Machine {
    let mut machine = Machine::new(&Config { ram_bytes: RAM_BYTES, isa, npu: NPU });
    place(&mut machine, RAM_BASE, program);
    machine
}

pub fn place(machine: &mut Machine, address: u32, words: &[u32]) {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    machine.write_memory(address, &bytes).unwrap();
}

pub fn word(machine: &Machine, address: u32) -> u32 {
    u32::from_le_bytes(machine.read_memory(address, 4).unwrap().try_into().unwrap())
}

pub fn step(machine: &mut Machine) -> Retire {
    machine.step(&Inputs::default())
}

/// The record of the last of `steps` steps.
pub fn nth(machine: &mut Machine, steps: usize) -> Retire {
    (0..steps).map(|_| step(machine)).last().unwrap()
}

/// Steps with the model's own clock and interrupts.
pub fn alone(machine: &mut Machine, steps: u64) {
    for _ in 0..steps {
        machine.step_alone();
    }
}

/// `li` of two registers, then the instruction: its record.
pub fn with_operands(x1: u32, x2: u32, instruction: u32) -> Retire {
    let program = [&asm::li(1, x1)[..], &asm::li(2, x2)[..], &[instruction]].concat();
    nth(&mut machine(&program), 5)
}

/// `li` of two registers, then the instruction, on a machine that has everything: its record.
pub fn full_with_operands(x1: u32, x2: u32, instruction: u32) -> Retire {
    let program = [&asm::li(1, x1)[..], &asm::li(2, x2)[..], &[instruction]].concat();
    nth(&mut full(&program), 5)
}

/// Packs 16-bit parcels into words.
pub fn parcels(parcels: &[u16]) -> Vec<u32> {
    let pair =
        |pair: &[u16]| u32::from(pair[0]) | pair.get(1).map_or(0, |&high| u32::from(high) << 16);
    parcels.chunks(2).map(pair).collect()
}
