//! What the fuzz targets have in common: small machines of every kind.

use systole_golden::{Config, Isa, Machine, NpuConfig};

/// RAM in bytes.
pub const RAM_BYTES: u32 = 1 << 16;
/// Instructions that a program gets.
pub const INSTRUCTIONS: u64 = 2_000;
/// Steps that an NPU job gets: bytes moved and waves put through the array.
const JOB_STEPS: u64 = 1 << 16;

/// A machine whose switches and sizes are taken from two bytes.
pub fn machine([hart, npu]: [u8; 2]) -> Machine {
    let bit = |byte: u8, bit: u8| byte >> bit & 1 == 1;
    let isa = Isa {
        m: bit(hart, 0),
        a: bit(hart, 1),
        c: bit(hart, 2),
        zba: bit(hart, 3),
        zbb: bit(hart, 3),
        zbs: bit(hart, 3),
        zicntr: bit(hart, 4),
        hpm_counters: if bit(hart, 5) { 4 } else { 0 },
        user_mode: bit(hart, 6),
        pmp_regions: if bit(hart, 7) { 16 } else { 0 },
    };
    let npu = NpuConfig {
        dim: 2 << (npu & 7).min(4),
        bus_bytes: 4 << (npu >> 3 & 3),
        scratchpad_rows: 64,
        accumulator_rows: 32,
        parameter_rows: 32,
        double_rounding: bit(npu, 5),
        int4_weights: bit(npu, 6),
    };
    let mut machine = Machine::new(&Config { ram_bytes: RAM_BYTES, isa, npu });
    machine.limit_jobs(JOB_STEPS);
    machine
}

/// The bytes that choose the machine, and the rest. `None` when there is no rest.
pub fn split(data: &[u8]) -> Option<([u8; 2], &[u8])> {
    let (choice, rest) = data.split_first_chunk()?;
    (!rest.is_empty()).then_some((*choice, &rest[..rest.len().min(RAM_BYTES as usize)]))
}
