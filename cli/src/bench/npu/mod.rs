//! Cycles of jobs on the RTL's NPU, behind a memory with latency, beside what a model predicts.

mod networks;
mod products;

use std::sync::Arc;

use serde_json::{Value, json};
use systole_golden::{NPU_BASE, RAM_BASE};
use systole_isa::{BranchOp, Descriptor, ImmediateOp, Instruction, LoadOp, Register, StoreOp};
use systole_sim::{Dut, Library, PortStalls, Stalls, StopReason};

use crate::args::Chip;
use crate::exit::{Error, Result};
use crate::simulation::tool_error;

/// Cycles from an address on the NPU's bus to its first data or answer, beyond those of an ideal
/// memory.
const LATENCY: u16 = 30;

/// Where things lie in RAM.
const RESULTS: u32 = RAM_BASE + 0xff0;
const TOHOST: u32 = RAM_BASE + 0xff8;
const DATA: u32 = RAM_BASE + 0x1000;

const MAX_CYCLES: u64 = 20_000_000;

/// A job to measure.
struct Job {
    name: String,
    /// Multiply-accumulates that the result needs.
    macs: u64,
    /// Bytes that have to come from memory: of a product activations, weights and parameters; of a
    /// network its input, weights, biases and multipliers.
    bytes: u64,
    /// Cycles that the model predicts.
    predicted: u64,
    /// Runs before it, unmeasured: brings operands into the scratchpad.
    before: Vec<Descriptor>,
    list: Vec<Descriptor>,
    /// What the memory holds.
    segments: Vec<(u32, Vec<u8>)>,
    /// First address that nothing uses.
    end: u32,
}

/// Runs every job that the chip's RAM can hold.
pub fn measure(chip: &Chip, library: &Arc<Library>) -> Result<Vec<Value>> {
    say!(
        "npu job                                   cycles    predicted  utilisation  of the roofline"
    );
    let mut rows = Vec::new();
    let mut jobs = products::jobs(&chip.config)?;
    for (name, planned) in networks::jobs(&chip.config) {
        match planned {
            Ok(job) => jobs.push(job),
            Err(reason) => say!("  {name:<34} {reason}"),
        }
    }
    for job in jobs {
        let lists = (job.before.len() + job.list.len()) as u32 * Descriptor::BYTES + 128;
        let room = chip.config.memory.ram_bytes.saturating_sub(job.end - RAM_BASE);
        if lists > room {
            say!("  {:<34} needs more RAM than this chip has", job.name);
            continue;
        }
        rows.push(measure_one(chip, library, &job)?);
    }
    Ok(rows)
}

fn measure_one(chip: &Chip, library: &Arc<Library>, job: &Job) -> Result<Value> {
    let mut dut = Dut::new(library).map_err(tool_error)?;
    let port = PortStalls { min_latency: LATENCY, max_latency: LATENCY, ..PortStalls::default() };
    dut.set_stalls(&Stalls { axi_read: port, axi_write: port, ..Stalls::default() });
    for (address, bytes) in &job.segments {
        write(&mut dut, *address, bytes)?;
    }
    let mut next = job.end;
    let mut lists = Vec::new();
    for list in [&job.before, &job.list].into_iter().filter(|list| !list.is_empty()) {
        let address = next.next_multiple_of(64);
        let bytes: Vec<u8> = list.iter().flat_map(Descriptor::to_bytes).collect();
        write(&mut dut, address, &bytes)?;
        next = address + bytes.len() as u32;
        lists.push(address);
    }
    let code: Vec<u8> = program(&lists).iter().flat_map(|word| word.to_le_bytes()).collect();
    write(&mut dut, RAM_BASE, &code)?;
    dut.set_watch(Some(TOHOST));
    let stop = dut.run_bare(MAX_CYCLES);
    if stop != StopReason::Watch {
        let what = format!("NPU job {} did not end on {}: {stop:?}", job.name, chip.name);
        return Err(Error::tool(what));
    }
    let word = |address| {
        let bytes = dut.read_memory(address, 4).unwrap_or_default();
        bytes.iter().rev().fold(0u32, |value, &byte| value << 8 | u32::from(byte))
    };
    let (cycles, status) = (u64::from(word(RESULTS)), word(RESULTS + 4));
    if status & 4 != 0 {
        let cause = status >> 8 & 0xff;
        let what = format!("NPU job {} failed on {}: cause {cause}", job.name, chip.name);
        return Err(Error::tool(what));
    }
    let dim = chip.config.npu.dim;
    let utilisation = job.macs as f64 / (cycles.max(1) * u64::from(dim * dim)) as f64;
    let roofline = roofline(job, dim, chip.config.npu.bus_bits);
    let (percent, reached) = (100.0 * utilisation, 100.0 * roofline as f64 / cycles.max(1) as f64);
    say!(
        "  {:<34} {cycles:>12} {:>12} {percent:>9.1} % {reached:>14.1} %",
        job.name,
        job.predicted
    );
    Ok(json!({
        "job": job.name,
        "dim": dim,
        "bus_bits": chip.config.npu.bus_bits,
        "macs": job.macs,
        "cycles": cycles,
        "predicted_cycles": job.predicted,
        "roofline_cycles": roofline,
        "utilisation": utilisation,
    }))
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

/// Cycles that the job takes at least: a multiply-accumulate for each cell a cycle, a bus word a cycle.
fn roofline(job: &Job, dim: u32, bus_bits: u32) -> u64 {
    let array = job.macs.div_ceil((dim * dim).into());
    array.max(job.bytes.div_ceil((bus_bits / 8).into()))
}

/// Bytes that differ from each other.
fn pattern(length: usize) -> Vec<u8> {
    (0..length as u32).map(|index| (index.wrapping_mul(0x9e37_79b1) >> 24) as u8).collect()
}

/// Rings the doorbell for each list and waits, then stores CYCLES and STATUS of the last one.
fn program(lists: &[u32]) -> Vec<u32> {
    let [npu, ram, value] = [5, 6, 7].map(Register::new);
    let store = |rs2, rs1, offset| Instruction::Store { op: StoreOp::Sw, rs2, rs1, offset };
    let load = |rs1, offset| Instruction::Load { op: LoadOp::Lw, rd: value, rs1, offset };
    let add = |rd, rs1, imm| Instruction::Immediate { op: ImmediateOp::Addi, rd, rs1, imm };
    let zero = Register::ZERO;
    let mut code =
        vec![Instruction::Lui { rd: npu, imm: NPU_BASE }, Instruction::Lui { rd: ram, imm: DATA }];
    for list in lists {
        // Lists lie on multiples of 64, so the low part is below 2048 or comes back negative.
        let low = (list << 20) as i32 >> 20;
        code.extend([
            Instruction::Lui { rd: value, imm: list.wrapping_sub(low as u32) },
            add(value, value, low),
            store(value, npu, 0x10),
            // While STATUS[0] is set.
            load(npu, 0x08),
            Instruction::Immediate { op: ImmediateOp::Andi, rd: value, rs1: value, imm: 1 },
            Instruction::Branch { op: BranchOp::Bne, rs1: value, rs2: zero, offset: -8 },
        ]);
    }
    let data = |address: u32| address.wrapping_sub(DATA) as i32;
    code.extend([
        load(npu, 0x24),
        store(value, ram, data(RESULTS)),
        load(npu, 0x08),
        store(value, ram, data(RESULTS + 4)),
        add(value, zero, 1),
        store(value, ram, data(TOHOST)),
        Instruction::Jal { rd: zero, offset: 0 },
    ]);
    code.iter().map(Instruction::encode).collect()
}

#[cfg(test)]
mod tests {
    use systole_chip::ChipConfig;

    use super::{measure_one, networks, products};
    use crate::args::Chip;
    use crate::simulation::{self, Extras};

    /// What the model predicts is within 2 % of the RTL's cycles, and a job that is bound by the bus
    /// reaches `share` per cent of what the bus allows.
    fn cycles(preset: &str, share: f64) {
        let config = ChipConfig::preset(preset).expect("a preset");
        let chip = Chip { name: preset.to_owned(), config, options: String::new() };
        let library = simulation::library(&chip, Extras::default()).expect("a model");
        let mut jobs = products::jobs(&chip.config).expect("products fit");
        jobs.retain(|job| job.name.contains("128x128") || job.name.contains("hot"));
        let planned = networks::jobs(&chip.config).into_iter();
        jobs.extend(planned.map(|(name, job)| job.unwrap_or_else(|e| panic!("{name}: {e}"))));
        for job in jobs {
            let row = measure_one(&chip, &library, &job).expect("it runs");
            let number = |name: &str| row[name].as_f64().expect("a number");
            let (cycles, predicted) = (number("cycles"), number("predicted_cycles"));
            let context = format!("{} on {preset}: {predicted} for {cycles}", job.name);
            assert!((cycles - predicted).abs() <= 0.02 * cycles, "{context}");
            if job.name == "FC autoencoder" {
                let reached = 100.0 * number("roofline_cycles") / cycles;
                assert!(reached >= share, "{context}: {reached:.1} %");
            }
        }
    }

    #[test]
    fn cycles_are_predicted_on_edge() {
        cycles("edge", 98.0);
    }

    #[test]
    fn cycles_are_predicted_on_apex() {
        cycles("apex", 98.0);
    }
}
