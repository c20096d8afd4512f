//! The `systole` command: one file a subcommand, each a thin layer over the crates below.

#[macro_use]
mod output;

mod args;
mod bench;
mod board;
mod compile;
mod cosim;
mod cover;
mod doctor;
mod exit;
mod formal;
mod fpga;
mod r#gen;
mod infer;
mod interrupt;
mod json;
mod mutate;
mod progress;
mod run;
mod simulation;
mod upload;
mod wave;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A RISC-V hart with an int8 inference unit: Verilog, and lockstep against a golden model.
#[derive(Parser)]
#[command(name = "systole", version, propagate_version = true)]
#[command(after_help = "\
Exit codes: 0 good, 1 a mismatch or failed check was found, 2 bad usage or input,
3 a missing or broken tool, 130 interrupted.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write a chip as Verilog.
    Gen(r#gen::Args),
    /// Run random programs with NPU jobs on RTL and golden model in lockstep.
    Cosim(cosim::Args),
    /// Add up and show what random programs have exercised.
    Cover(cover::Args),
    /// Run a program on the golden model, the RTL, or both in lockstep.
    Run(run::Args),
    /// Run a quantised network: outputs, and what each layer takes.
    Infer(infer::Args),
    /// Write a quantised network as C and Rust sources for your own firmware.
    Compile(compile::Args),
    /// Look into VCD and FST waves, cut, convert and compare them.
    Wave(wave::Args),
    /// Prove what modules of the chip do, with Yosys and a solver.
    Formal(formal::Args),
    /// Make a bitstream for an FPGA board, and say what it takes and how fast it is.
    Fpga(fpga::Args),
    /// Load a program into a board by its serial port, run it and print what it sends.
    Upload(upload::Args),
    /// Say what is installed, what is missing, and how to get it.
    Doctor,
    /// Measure simulation speed, NPU utilisation and the golden model.
    Bench(bench::Args),
    /// Put small mistakes into the chip, and count which of them the bench notices.
    Mutate(mutate::Args),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Gen(args) => r#gen::command(&args),
        Command::Cosim(args) => cosim::command(&args),
        Command::Cover(args) => cover::command(&args),
        Command::Run(args) => run::command(&args),
        Command::Infer(args) => infer::command(&args),
        Command::Compile(args) => compile::command(&args),
        Command::Wave(args) => wave::command(&args),
        Command::Formal(args) => formal::command(&args),
        Command::Fpga(args) => fpga::command(&args),
        Command::Upload(args) => upload::command(&args),
        Command::Doctor => doctor::command(),
        Command::Bench(args) => bench::command(&args),
        Command::Mutate(args) => mutate::command(&args),
    };
    let exit = result.unwrap_or_else(|error| {
        note!("{error}");
        error.exit
    });
    ExitCode::from(exit as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
