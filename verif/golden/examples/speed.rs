//! Measures the golden model: instructions a second of `run` and of lockstep steps; with names of ELF
//! files also of `run` on them.
#![allow(clippy::print_stdout)]

use std::time::Instant;
use systole_golden::elf::Program;
use systole_golden::{Config, Inputs, Isa, Machine, NpuConfig, RAM_BASE, Stop};

const RAM_BYTES: u32 = 1 << 20;

/// A loop of loads, stores, ALU operations, a multiplication and branches over 4 KiB of data.
const PROGRAM: [u32; 16] = [
    0x8001_0437, // lui  s0, 0x80010
    0x0000_0293, // li   t0, 0
    0x0000_0313, // li   t1, 0
    // loop:
    0x00f2_f393, // andi t2, t0, 15
    0x0023_9393, // slli t2, t2, 2
    0x0074_03b3, // add  t2, s0, t2
    0x0003_ae03, // lw   t3, 0(t2)
    0x01c3_0333, // add  t1, t1, t3
    0x0265_0eb3, // mul  t4, a0, t1
    0x01d3_4333, // xor  t1, t1, t4
    0x0063_a023, // sw   t1, 0(t2)
    0x0012_8293, // addi t0, t0, 1
    0x0062_8463, // beq  t0, t1, +8
    0xfd9f_f0ef, // jal  ra, loop
    0x0000_0013, // nop
    0xfd1f_f0ef, // jal  ra, loop
];

fn machine() -> Machine {
    let npu = NpuConfig {
        dim: 8,
        bus_bytes: 8,
        scratchpad_rows: 2048,
        accumulator_rows: 512,
        parameter_rows: 256,
        double_rounding: true,
        int4_weights: true,
    };
    let mut machine = Machine::new(&Config { ram_bytes: RAM_BYTES, isa: Isa::full(), npu });
    let bytes: Vec<u8> = PROGRAM.iter().flat_map(|word| word.to_le_bytes()).collect();
    machine.write_memory(RAM_BASE, &bytes).expect("the program fits");
    machine
}

fn main() {
    let count = 200_000_000;
    let mut alone = machine();
    let start = Instant::now();
    let end = alone.run(count, Stop::default());
    let seconds = start.elapsed().as_secs_f64();
    let rate = end.instructions as f64 / seconds / 1e6;
    println!("run:  {rate:.0} M instructions/s");

    let count = count / 10;
    let mut lockstep = machine();
    let mut sum = 0u32;
    let start = Instant::now();
    for cycle in 0..count {
        sum ^= lockstep.step(&Inputs { cycle, ..Inputs::default() }).rd_wdata;
    }
    let nanoseconds = start.elapsed().as_secs_f64() * 1e9 / count as f64;
    println!("step: {nanoseconds:.1} ns ({sum:08x})");

    product();
    for file in std::env::args().skip(1) {
        program(&file);
    }

    let start = Instant::now();
    for _ in 0..1000 {
        lockstep.write_memory(RAM_BASE, &[0x13; 8192]).expect("fits");
        lockstep.reset();
    }
    println!("reset of 2 dirty pages: {:.1} us", start.elapsed().as_secs_f64() * 1e3);
}

/// A program, run again and again from reset.
fn program(file: &str) {
    let bytes = std::fs::read(file).expect("the file can be read");
    let program = Program::parse(file, &bytes, RAM_BYTES).expect("an executable");
    let stop = Stop { tohost: program.tohost() };
    let mut machine = machine();
    let (mut instructions, mut seconds) = (0, 0.0);
    while seconds < 1.0 {
        machine.reset();
        machine.load_program(&program).expect("fits");
        let start = Instant::now();
        instructions += machine.run(1_000_000, stop).instructions;
        seconds += start.elapsed().as_secs_f64();
    }
    println!("{file}: {:.0} M instructions/s", instructions as f64 / seconds / 1e6);
}

/// A matrix product of 512 x 128 x 64 by one EXEC descriptor, rung by the hart.
fn product() {
    let (m_rows, k_tiles, n_tiles) = (512, 16, 8);
    let list = RAM_BASE + 0x1000;
    let ring = [0x4000_00b7, 0x8000_1137, 0x0020_a823, 0xff5f_f06f];
    let exec = [0x12, 1 << 16, 8 << 16, m_rows << 16, k_tiles, n_tiles, 0, 0];
    let mut machine = machine();
    for (address, words) in [(RAM_BASE, &ring[..]), (list, &exec[..])] {
        let bytes: Vec<u8> = words.iter().flat_map(|word: &u32| word.to_le_bytes()).collect();
        machine.write_memory(address, &bytes).expect("fits");
    }
    let jobs = 100;
    let start = Instant::now();
    machine.run(4 * jobs, Stop::default());
    let macs = jobs * u64::from(m_rows * k_tiles * n_tiles * 64);
    println!("exec: {:.0} M MAC/s", macs as f64 / start.elapsed().as_secs_f64() / 1e6);
}
