//! The shrunk program as GNU assembly.

use std::fmt::Write;

use super::model::Report;
use crate::failure::ELF;

/// What [`ASSEMBLY`](crate::failure::ASSEMBLY) holds.
pub(super) fn assembly(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(out, "# {}", report.mismatch.message.replace('\n', "\n# "));
    let _ = writeln!(out, "# {}", report.rerun);
    let _ = writeln!(out, "    .option norvc\n    .globl _start\n_start:");
    for initial in &report.program.registers {
        let _ = writeln!(out, "    li {}, {}", initial.register, initial.value);
    }
    if let Some(first) = report.program.body.first() {
        let _ = writeln!(out, "    # body, at {} in {ELF}", first.address);
    }
    for line in &report.program.body {
        let failing = if line.failing { "    # differs" } else { "" };
        let _ = writeln!(out, "    {}{failing}", line.assembly);
    }
    out
}
