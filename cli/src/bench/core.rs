//! Cycles of C kernels on the RTL's hart, with memory that answers in the next cycle.

use std::sync::Arc;

use serde_json::{Value, json};
use systole_chip::config::{CoreConfig, Pipeline};
use systole_golden::elf::Program;
use systole_sim::Library;
use systole_verif::run::{self, End, Engine, Report, Setup};

use crate::args::Chip;
use crate::exit::{Error, Result};
use crate::interrupt;
use crate::simulation::{self, Extras, tool_error};

/// Many times what the longest kernel takes.
const MAX_INSTRUCTIONS: u64 = 2_000_000;

/// A kernel, and its program for each of [`ISAS`].
type Kernel = (&'static str, [&'static [u8]; 2]);

/// Names a kernel's programs.
macro_rules! kernels {
    ($($name:literal)*) => {
        [$(($name, [
            include_bytes!(concat!("../../../sw/bench/rv32im/", $name, ".elf")),
            include_bytes!(concat!("../../../sw/bench/rv32imc_zba_zbb_zbs/", $name, ".elf")),
        ])),*]
    };
}

/// What sw/bench holds.
const KERNELS: [Kernel; 7] =
    kernels!["list" "matrix" "state" "crc16" "quicksort" "strings" "records"];

/// An instruction set, and whether a hart has it.
type Isa = (&'static str, fn(&CoreConfig) -> bool);

/// What the kernels are built for.
const ISAS: [Isa; 2] = [
    ("rv32im", CoreConfig::has_multiply),
    ("rv32imc_zba_zbb_zbs", |core| {
        core.has_multiply() && core.compressed && core.zba && core.zbb && core.zbs
    }),
];

/// Runs every kernel on the chip, and if its pipeline is the fast one, on the compact one too.
pub fn measure(chip: &Chip, library: &Arc<Library>) -> Result<Vec<Value>> {
    say!("kernel      pipeline  isa                       cycles  instructions    IPC");
    let mut results = measure_pipeline(chip, library)?;
    if let Some(compact) = compact(chip) {
        let library = simulation::library(&compact, Extras::default())?;
        results.extend(measure_pipeline(&compact, &library)?);
    }
    Ok(results)
}

/// The same chip with the compact pipeline, unless it has that already.
fn compact(chip: &Chip) -> Option<Chip> {
    if chip.config.core.pipeline == Pipeline::Compact {
        return None;
    }
    let mut compact = chip.clone();
    compact.name = format!("{} with the compact pipeline", chip.name);
    compact.config.core.pipeline = Pipeline::Compact;
    compact.config.core.issue_width = 1;
    compact.config.core.branch_targets = 0;
    compact.config.core.return_stack = 0;
    Some(compact)
}

fn measure_pipeline(chip: &Chip, library: &Arc<Library>) -> Result<Vec<Value>> {
    let mut results = Vec::new();
    for (index, (isa, has)) in ISAS.iter().enumerate() {
        if !has(&chip.config.core) {
            continue;
        }
        for (kernel, programs) in &KERNELS {
            results.push(measure_one(chip, library, kernel, isa, programs[index])?);
        }
    }
    Ok(results)
}

fn measure_one(
    chip: &Chip,
    library: &Arc<Library>,
    kernel: &str,
    isa: &str,
    elf: &[u8],
) -> Result<Value> {
    let file = format!("sw/bench/{isa}/{kernel}.elf");
    let program = Program::parse(&file, elf, chip.config.memory.ram_bytes).map_err(Error::usage)?;
    let setup = Setup {
        config: &chip.config,
        library: Some(library),
        max_instructions: MAX_INSTRUCTIONS,
        console: &mut std::io::sink(),
        trace: None,
        window: None,
        interrupted: interrupt::flag(),
    };
    let report = run::run(&program, Engine::Rtl, setup).map_err(tool_error)?;
    let figures = match report.end {
        End::Exit(0) => Figures::read(&report),
        End::Interrupted => return Err(Error::interrupted()),
        _ => None,
    };
    let Some(Figures { cycles, instructions }) = figures else {
        return Err(Error::tool(format!("{file} on the RTL of {}: {}", chip.name, report.end)));
    };
    let ipc = instructions / cycles;
    let pipeline = pipeline(&chip.config.core);
    say!("  {kernel:<10}{pipeline:<10}{isa:<20} {cycles:>11.0} {instructions:>13.0} {ipc:>6.3}");
    Ok(json!({
        "kernel": kernel,
        "pipeline": pipeline,
        "isa": isa,
        "cycles": cycles,
        "instructions": instructions,
        "ipc": ipc,
    }))
}

/// Name of the pipeline as the configuration spells it.
fn pipeline(core: &CoreConfig) -> &'static str {
    match core.pipeline {
        Pipeline::Compact => "compact",
        Pipeline::Fast => "fast",
    }
}

/// What one iteration took.
struct Figures {
    cycles: f64,
    instructions: f64,
}

impl Figures {
    /// Reads the signature: iterations, cycles and instructions of all of them, result.
    fn read(report: &Report) -> Option<Self> {
        let bytes = report.signature.as_deref()?;
        let word = |index: usize| {
            let bytes = bytes.get(4 * index..4 * index + 4)?;
            bytes.try_into().ok().map(u32::from_le_bytes).map(f64::from)
        };
        let (iterations, cycles) = (word(0)?, word(1)?);
        (iterations > 0.0 && cycles > 0.0)
            .then_some(Self { cycles: cycles / iterations, instructions: word(2)? / iterations })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use systole_chip::config::Multiplier;

    use super::*;

    #[test]
    fn figures_are_those_of_one_iteration() {
        let words: [u32; 4] = [4, 1000, 500, 0xbb3d_0000];
        let report = |words: &[u32]| Report {
            end: End::Exit(0),
            instructions: 0,
            cycles: 0,
            signature: Some(words.iter().flat_map(|word| word.to_le_bytes()).collect()),
        };
        let figures = Figures::read(&report(&words)).unwrap();
        assert_eq!((figures.cycles, figures.instructions), (250.0, 125.0));
        assert!(Figures::read(&report(&words[..2])).is_none());
        assert!(Figures::read(&report(&[0; 4])).is_none());
    }

    #[test]
    fn every_kernel_passes_its_own_check_on_the_golden_model() {
        let mut config = systole_chip::ChipConfig::preset("nano").unwrap();
        config.core.multiplier = Multiplier::Fast;
        for switch in [
            &mut config.core.compressed,
            &mut config.core.zba,
            &mut config.core.zbb,
            &mut config.core.zbs,
        ] {
            *switch = true;
        }
        for (index, (isa, has)) in ISAS.iter().enumerate() {
            assert!(has(&config.core), "{isa}");
            for (kernel, programs) in &KERNELS {
                let file = format!("sw/bench/{isa}/{kernel}.elf");
                let ram_bytes = config.memory.ram_bytes;
                let program = Program::parse(&file, programs[index], ram_bytes).unwrap();
                let setup = Setup {
                    config: &config,
                    library: None,
                    max_instructions: MAX_INSTRUCTIONS,
                    console: &mut std::io::sink(),
                    trace: None,
                    window: None,
                    interrupted: &AtomicBool::new(false),
                };
                let report = run::run(&program, Engine::Golden, setup).unwrap();
                assert_eq!(report.end, End::Exit(0), "{file}");
                assert!(Figures::read(&report).is_some(), "{file}");
            }
        }
    }
}
