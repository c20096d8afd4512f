//! `systole run`: an ELF program on one of the three engines.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;
use systole_golden::RAM_BASE;
use systole_golden::elf::Program;
use systole_sim::Library;
use systole_verif::run::{self, End, Engine, Report, Setup, Window};

use crate::args::{Chip, ChipArgs, EngineName, number};
use crate::exit::{Error, Exit, Result};
use crate::json::Target;
use crate::simulation::{self, Extras};
use crate::{interrupt, output};

/// Instructions that a program gets on the golden model if nothing else is said.
const GOLDEN_INSTRUCTIONS: u64 = 100_000_000;
/// Instructions that a program gets on the RTL.
const RTL_INSTRUCTIONS: u64 = 10_000_000;

/// Arguments of `systole run`.
#[derive(clap::Args)]
pub struct Args {
    /// Program: a 32-bit little-endian RISC-V ELF file that ends by HTIF's `tohost`.
    #[arg(value_name = "PROG.elf")]
    program: PathBuf,
    /// What executes it.
    #[arg(long, value_enum, default_value = "golden")]
    engine: EngineName,
    #[command(flatten)]
    chip: ChipArgs,
    /// Stop after so many instructions [default: 100 million on the golden model, else 10 million].
    #[arg(long, value_name = "N", value_parser = number)]
    max_instructions: Option<u64>,
    /// Write the memory from `begin_signature` to `end_signature`, a 32-bit word a line.
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// Write waves of the RTL.
    #[arg(long, value_name = "FILE")]
    vcd: Option<PathBuf>,
    /// First cycle of the waves.
    #[arg(long, value_name = "CYCLE", value_parser = number, requires = "vcd")]
    from: Option<u64>,
    /// Last cycle of the waves.
    #[arg(long, value_name = "CYCLE", value_parser = number, requires = "vcd")]
    to: Option<u64>,
    /// Write a line for each instruction.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Write the result as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Runs the program; its exit code decides how this ends.
pub fn command(args: &Args) -> Result {
    let chip = args.chip.chip()?;
    let engine = Engine::from(args.engine);
    let program = read_program(&args.program, &chip, engine)?;
    let window = window(args, engine)?;
    if args.signature.is_some() {
        require_signature(&program, &chip)?;
    }
    let signature = Target::open(args.signature.as_deref())?;
    let json = Target::open(args.json.as_deref())?;
    let mut trace = Target::open(args.trace.as_deref())?.into_file().map(BufWriter::new);
    let library = library(&chip, engine, window.is_some())?;

    let start = Instant::now();
    let report = run::run(
        &program,
        engine,
        Setup {
            config: &chip.config,
            library: library.as_ref(),
            max_instructions: args.max_instructions.unwrap_or(match engine {
                Engine::Golden => GOLDEN_INSTRUCTIONS,
                Engine::Rtl | Engine::Lockstep => RTL_INSTRUCTIONS,
            }),
            console: &mut std::io::stdout(),
            trace: trace.as_mut().map(|file: &mut BufWriter<File>| file as &mut dyn Write),
            window,
            interrupted: interrupt::flag(),
        },
    )
    .map_err(simulation::tool_error)?;
    let seconds = start.elapsed().as_secs_f64();
    if let (Some(mut file), Some(path)) = (trace, &args.trace) {
        file.flush().map_err(|error| Error::file("write", path, &error))?;
    }
    if let Some(bytes) = &report.signature {
        signature.text(&run::signature_text(bytes))?;
    }
    json.json(&result(args, &chip, engine, &report, seconds))?;
    Ok(tell(&report, engine, seconds))
}

fn read_program(path: &Path, chip: &Chip, engine: Engine) -> Result<Program> {
    let data = std::fs::read(path).map_err(|error| Error::file("read", path, &error))?;
    let ram_bytes = chip.config.memory.ram_bytes;
    let name = path.display().to_string();
    let program = Program::parse(&name, &data, ram_bytes).map_err(|error| {
        Error::usage(error).help(format!(
            "link a static 32-bit little-endian RISC-V executable into the RAM of {}, from \
             0x80000000, as sw/programs/link.ld does",
            chip.name
        ))
    })?;
    if engine != Engine::Golden {
        program.require_reset_entry().map_err(Error::usage)?;
    }
    Ok(program)
}

fn require_signature(program: &Program, chip: &Chip) -> Result<()> {
    let file = &program.file;
    let Some((begin, end)) = program.signature() else {
        let message = format!("{file}: no symbols begin_signature and end_signature");
        let help = "leave out --signature, or define both symbols in the program";
        return Err(Error::usage(message).help(help));
    };
    let ram_end = u64::from(RAM_BASE) + u64::from(chip.config.memory.ram_bytes);
    if begin < RAM_BASE || begin > end || u64::from(end) > ram_end {
        let message = format!(
            "{file}: the signature from {begin:#010x} to {end:#010x} is not a part of the RAM, \
             {RAM_BASE:#010x}..{ram_end:#010x}"
        );
        return Err(Error::usage(message).help("correct begin_signature and end_signature"));
    }
    Ok(())
}

/// The window of waves that was asked for.
fn window(args: &Args, engine: Engine) -> Result<Option<Window>> {
    let Some(path) = &args.vcd else { return Ok(None) };
    if engine == Engine::Golden {
        let message = "--vcd: the golden model has no signals to write waves of";
        return Err(Error::usage(message).help("add --engine rtl or --engine lockstep"));
    }
    let (from, to) = (args.from.unwrap_or(0), args.to.unwrap_or(u64::MAX).min(u64::MAX - 1));
    if from > to {
        return Err(Error::usage(format!("--from {from} comes after --to {to}"))
            .help("give the first and the last cycle of the window"));
    }
    // The simulated model opens the file itself; whether that is possible is said now.
    Target::open(Some(path))?;
    Ok(Some(Window { path: path.clone(), from, to }))
}

fn library(chip: &Chip, engine: Engine, trace: bool) -> Result<Option<Arc<Library>>> {
    if engine == Engine::Golden {
        return Ok(None);
    }
    simulation::library(chip, Extras { trace, ..Extras::default() }).map(Some)
}

/// Prints how the program ended.
fn tell(report: &Report, engine: Engine, seconds: f64) -> Exit {
    let instructions = output::count(report.instructions, "instruction");
    let cycles = match engine {
        Engine::Golden => String::new(),
        Engine::Rtl | Engine::Lockstep => {
            format!(", {}", output::count(report.cycles, "cycle"))
        }
    };
    let rate = output::short(report.instructions as f64 / seconds.max(1e-9));
    note!(
        "{}: {instructions}{cycles} in {} ({rate} instructions/s)",
        engine.name(),
        output::time(seconds)
    );
    match &report.end {
        End::Exit(0) => note!("the program ended with exit code 0"),
        End::Interrupted => note!("interrupted"),
        End::Diverged(divergence) => {
            note!("FAIL  {}", report.end);
            for difference in &divergence.differences {
                let (rtl, golden) = (difference.rtl, difference.golden);
                note!("  {:<10} rtl {rtl:#010x}   golden {golden:#010x}", difference.field);
            }
            let from = divergence.cycle.saturating_sub(100);
            note!("help:  waves: add --vcd FILE --from {from} --to {}", divergence.cycle + 20);
        }
        end => note!("FAIL  {end}"),
    }
    match report.end {
        End::Exit(0) => Exit::Good,
        End::Interrupted => Exit::Interrupted,
        End::Broken(_) => Exit::Tool,
        End::Exit(_)
        | End::Limit
        | End::LongJob { .. }
        | End::Void { .. }
        | End::Diverged(_)
        | End::Hang { .. } => Exit::Failed,
    }
}

fn result(
    args: &Args,
    chip: &Chip,
    engine: Engine,
    report: &Report,
    seconds: f64,
) -> serde_json::Value {
    let code = match report.end {
        End::Exit(code) => Some(code),
        _ => None,
    };
    json!({
        "program": args.program.display().to_string(),
        "engine": engine.name(),
        "preset": chip.name,
        "exit_code": code,
        "end": report.end.to_string(),
        "instructions": report.instructions,
        "cycles": report.cycles,
        "seconds": seconds,
    })
}
