//! The failure report as text: the first divergence only, both columns, what differs, and how to
//! see it again.

use std::fmt::Write;

use systole_isa::{Register, disassemble};

use super::Failure;
use crate::lockstep::{Divergence, Pair};
use crate::program::{Environment, Program};

/// Retirements shown.
const SHOWN: usize = 8;

/// The report of `failure`.
pub fn text(failure: &Failure) -> String {
    let mut out = String::new();
    let divergence = &failure.divergence;
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "FAIL  {} program {} of seed {:#x}: {} at cycle {}, retire #{}",
        failure.preset,
        failure.index,
        failure.seed,
        divergence.kind,
        divergence.cycle,
        divergence.order
    );
    out += &divergence_text(divergence);
    let count = failure.program.instruction_count();
    let _ = writeln!(
        out,
        "  shrunk    {} -> {count} instructions ({})",
        failure.original_instructions,
        super::ASSEMBLY
    );
    jobs(&mut out, &failure.program);
    let _ = writeln!(out, "  memory    {}", environment(&failure.program.environment));
    if let Some(wave) = failure.wave {
        let _ = writeln!(
            out,
            "  wave      {wave}, golden values beside RTL values in {}",
            super::LOCKSTEP_WAVE
        );
    }
    let _ = writeln!(out, "  rerun     {}", failure.rerun);
    out
}

/// What differs and what led to it.
pub fn divergence_text(divergence: &Divergence) -> String {
    let mut out = format!("  {}\n", divergence.message);
    for difference in &divergence.differences {
        let _ = writeln!(
            out,
            "        {:<10} rtl {:#010x}   golden {:#010x}   (^ {:#010x})",
            difference.field,
            difference.rtl,
            difference.golden,
            difference.rtl ^ difference.golden
        );
    }
    history(&mut out, divergence);
    out
}

fn history(out: &mut String, divergence: &Divergence) {
    if divergence.history.is_empty() {
        return;
    }
    let _ = writeln!(out, "  last retired{:42}rtl                  golden", "");
    let skip = divergence.history.len().saturating_sub(SHOWN);
    for pair in divergence.history.iter().skip(skip) {
        let mark = if pair.rtl == pair.golden { ' ' } else { '>' };
        let golden = if pair.rtl == pair.golden { "=".to_owned() } else { effect(pair, false) };
        let text = disassemble(pair.golden.insn);
        let (order, pc, insn) = (pair.order, pair.golden.pc, pair.golden.insn);
        let line = format!(
            "  {mark} #{order:<5} {pc:08x} {insn:08x} {text:<26} {:<20} {golden}",
            effect(pair, true)
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

/// What a retirement changed, in short.
fn effect(pair: &Pair, rtl: bool) -> String {
    let retire = if rtl { &pair.rtl } else { &pair.golden };
    if retire.trap {
        return format!("trap {} {:08x}", retire.cause, retire.tval);
    }
    if retire.mem_wmask != 0 {
        return format!("[{:08x}]={:08x}", retire.mem_addr, retire.mem_wdata);
    }
    if retire.rd_addr != 0 {
        return format!("{}={:08x}", Register::new(retire.rd_addr), retire.rd_wdata);
    }
    format!("-> {:08x}", retire.next_pc)
}

fn jobs(out: &mut String, program: &Program) {
    for (number, job) in program.jobs.iter().enumerate() {
        if job.descriptors.is_empty() {
            continue;
        }
        let _ = writeln!(out, "  job {number}     {} at {:#010x}", job.description, job.list);
        for (index, descriptor) in job.descriptors.iter().enumerate().take(24) {
            let _ = writeln!(out, "    {index:>3}  {descriptor}");
        }
    }
}

fn environment(environment: &Environment) -> String {
    if *environment == Environment::IDEAL {
        return "answers in the next cycle, no stalls, no errors".to_owned();
    }
    format!(
        "seed {:#x}, stalls {}/256, latency 1 to {}, errors hart {}/65536, NPU {}/65536",
        environment.seed,
        environment.stall,
        environment.latency,
        environment.hart_errors,
        environment.npu_errors
    )
}

/// The shrunk program as GNU assembly.
pub fn assembly(failure: &Failure) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "# {}", failure.divergence.message);
    let _ = writeln!(out, "# {}", failure.rerun);
    let _ = writeln!(out, "    .option norvc\n    .globl _start\n_start:");
    for (index, &value) in failure.program.registers.iter().enumerate() {
        if value != 0 {
            let _ = writeln!(out, "    li {}, 0x{value:08x}", Register::new(index as u8 + 1));
        }
    }
    let _ = writeln!(out, "    # body, at {:#010x} in {}", failure.body_address(), super::ELF);
    for (_, instruction) in &failure.image.body {
        let _ = writeln!(out, "    {instruction}");
    }
    out
}
