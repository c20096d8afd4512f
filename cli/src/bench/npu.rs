//! Cycles of matrix products on the RTL's NPU, beside the cycle law.

use std::sync::Arc;

use serde_json::{Value, json};
use systole_compiler::{Gemm, Matrix, Output, parameter_table, plan};
use systole_golden::{NPU_BASE, RAM_BASE};
use systole_isa::{BranchOp, Descriptor, ImmediateOp, Instruction, LoadOp, Register, StoreOp};
use systole_sim::{Dut, Library, StopReason};

use crate::args::Chip;
use crate::exit::{Error, Result};
use crate::simulation::tool_error;

/// Rows, columns and depth of the products.
const PRODUCTS: [(&str, u32, u32, u32); 5] = [
    ("square", 64, 64, 64),
    ("deep", 128, 32, 512),
    ("tall", 256, 16, 64),
    ("ragged", 61, 37, 53),
    ("one row", 1, 64, 256),
];

/// Where things lie in RAM.
const CYCLES: u32 = RAM_BASE + 0xff0;
const TOHOST: u32 = RAM_BASE + 0xff8;
const DATA: u32 = RAM_BASE + 0x1000;

const MAX_CYCLES: u64 = 10_000_000;

/// Runs every product on an ideal memory.
pub fn measure(chip: &Chip, library: &Arc<Library>) -> Result<Vec<Value>> {
    say!("npu job          m    n    k       cycles    predicted  utilisation");
    PRODUCTS.iter().map(|&(job, m, n, k)| measure_one(chip, library, job, [m, n, k])).collect()
}

fn measure_one(
    chip: &Chip,
    library: &Arc<Library>,
    job: &str,
    [m, n, k]: [u32; 3],
) -> Result<Value> {
    let mut dut = Dut::new(library).map_err(tool_error)?;
    let list = load(chip, &mut dut, [m, n, k])?;
    let code: Vec<u8> = program(list).iter().flat_map(|word| word.to_le_bytes()).collect();
    write(&mut dut, RAM_BASE, &code)?;
    dut.set_watch(Some(TOHOST));
    let stop = dut.run_bare(MAX_CYCLES);
    if stop != StopReason::Watch {
        return Err(Error::tool(format!("NPU job {job} did not end on {}: {stop:?}", chip.name)));
    }
    let word = |address| {
        let bytes = dut.read_memory(address, 4).unwrap_or_default();
        bytes.iter().rev().fold(0u32, |value, &byte| value << 8 | u32::from(byte))
    };
    let (cycles, status) = (u64::from(word(CYCLES)), word(CYCLES + 4));
    if status & 4 != 0 {
        let cause = status >> 8 & 0xff;
        return Err(Error::tool(format!("NPU job {job} failed on {}: cause {cause}", chip.name)));
    }
    let dim = chip.config.npu.dim;
    let (macs, predicted) = (u64::from(m) * u64::from(n) * u64::from(k), law(dim, [m, n, k]));
    let utilisation = macs as f64 / (cycles.max(1) * u64::from(dim * dim)) as f64;
    say!(
        "  {job:<10} {m:>5}{n:>5}{k:>5} {cycles:>12} {predicted:>12} {:>9.1} %",
        100.0 * utilisation
    );
    Ok(json!({
        "job": format!("{job} {m}x{n}x{k}"),
        "dim": dim,
        "bus_bits": chip.config.npu.bus_bits,
        "macs": macs,
        "cycles": cycles,
        "predicted_cycles": predicted,
        "utilisation": utilisation,
    }))
}

/// The law that the array approaches: a pass of at least D/2 rows for each tile of weights.
fn law(dim: u32, [m, n, k]: [u32; 3]) -> u64 {
    let passes = u64::from(n.div_ceil(dim)) * u64::from(k.div_ceil(dim));
    passes * u64::from(m.max(dim / 2)) + u64::from(3 * dim + 16)
}

/// Puts operands, parameters and descriptors into RAM; returns the address of the list.
fn load(chip: &Chip, dut: &mut Dut, [m, n, k]: [u32; 3]) -> Result<u32> {
    let shape = systole_verif::chip::target(&chip.config).npu;
    let mut next = DATA;
    let mut take = |bytes: u32| {
        let address = next;
        next = (next + bytes).next_multiple_of(64);
        address
    };
    let [activations, weights, output] = [m * k, k * n, m * n].map(&mut take);
    let table = parameter_table(shape.dim, &vec![3; n as usize], &[0.01]);
    let parameters = take(table.len() as u32);
    let matrix = |address, columns: u32| Matrix { address, stride: columns as i32 };
    let gemm = Gemm {
        m,
        n,
        k,
        activations: matrix(activations, k),
        weights: matrix(weights, n),
        output: matrix(output, n),
        result: Output::Requantised { parameters, zero_point: 0, clamp_min: -128, clamp_max: 127 },
    };
    let descriptors = plan(&shape, &gemm).map_err(|error| {
        Error::usage(format!("a product of {m} x {n} x {k} on {}: {error}", chip.name))
    })?;
    let list = take(descriptors.len() as u32 * Descriptor::BYTES);
    let bytes: Vec<u8> = descriptors.iter().flat_map(Descriptor::to_bytes).collect();
    write(dut, activations, &pattern(m * k))?;
    write(dut, weights, &pattern(k * n))?;
    write(dut, parameters, &table)?;
    write(dut, list, &bytes)?;
    Ok(list)
}

/// Bytes that differ from row to row.
fn pattern(length: u32) -> Vec<u8> {
    (0..length).map(|index| (index.wrapping_mul(0x9e37_79b1) >> 24) as u8).collect()
}

fn write(dut: &mut Dut, address: u32, bytes: &[u8]) -> Result<()> {
    dut.write_memory(address, bytes).map_err(|_| {
        Error::usage(format!(
            "the RAM of this chip is too small: {} bytes at {address:#010x} do not fit",
            bytes.len()
        ))
        .help("give it more with --set memory.ram_bytes=131072 or above")
    })
}

/// Rings the doorbell, waits, and stores CYCLES and STATUS where we look for them.
fn program(list: u32) -> Vec<u32> {
    let [npu, ram, value] = [5, 6, 7].map(Register::new);
    let store = |rs2, rs1, offset| Instruction::Store { op: StoreOp::Sw, rs2, rs1, offset };
    let load = |rs1, offset| Instruction::Load { op: LoadOp::Lw, rd: value, rs1, offset };
    let add = |rd, rs1, imm| Instruction::Immediate { op: ImmediateOp::Addi, rd, rs1, imm };
    let zero = Register::ZERO;
    // Lists lie on multiples of 64, so the low part is below 2048 or comes back negative.
    let low = (list << 20) as i32 >> 20;
    let high = list.wrapping_sub(low as u32);
    let data = |offset: u32| (offset.wrapping_sub(DATA)) as i32;
    [
        Instruction::Lui { rd: npu, imm: NPU_BASE },
        Instruction::Lui { rd: ram, imm: DATA },
        Instruction::Lui { rd: value, imm: high },
        add(value, value, low),
        store(value, npu, 0x10),
        // While STATUS[0] is set.
        load(npu, 0x08),
        Instruction::Immediate { op: ImmediateOp::Andi, rd: value, rs1: value, imm: 1 },
        Instruction::Branch { op: BranchOp::Bne, rs1: value, rs2: zero, offset: -8 },
        load(npu, 0x24),
        store(value, ram, data(CYCLES)),
        load(npu, 0x08),
        store(value, ram, data(CYCLES + 4)),
        add(value, zero, 1),
        store(value, ram, data(TOHOST)),
        Instruction::Jal { rd: zero, offset: 0 },
    ]
    .iter()
    .map(Instruction::encode)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_law_counts_passes() {
        // 8 x 8 passes of 64 rows.
        assert_eq!(law(8, [64, 64, 64]), 64 * 64 + 40);
        // One row still takes D/2 cycles a pass.
        assert_eq!(law(8, [1, 8, 8]), 4 + 40);
    }
}
