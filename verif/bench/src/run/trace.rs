//! One line for each retired instruction.

use std::io::Write;

use systole_golden::Retire;
use systole_isa::{Csr, Register, disassemble};

/// Writes the line of `retire`. Errors of the writer end up nowhere: a trace is a by-product.
pub(super) fn line(out: &mut dyn Write, order: u64, retire: &Retire) {
    let mut text = format!(
        "{order:>8} {:08x} {:08x}  {:<28}",
        retire.pc,
        retire.insn,
        disassemble(retire.insn)
    );
    if retire.intr {
        text += " interrupt";
    }
    if retire.trap {
        text += &format!(" trap {} tval {:08x}", retire.cause, retire.tval);
    }
    if retire.rd_addr != 0 {
        text += &format!(" {}={:08x}", Register::new(retire.rd_addr), retire.rd_wdata);
    }
    if retire.mem_wmask != 0 {
        text += &format!(" [{:08x}]={:08x}", retire.mem_addr, retire.mem_wdata);
    }
    if let Some((number, value)) = retire.csr {
        text += &format!(" {}={value:08x}", Csr(number));
    }
    let _ = writeln!(out, "{}", text.trim_end());
}
