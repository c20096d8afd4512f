//! What differs, in words: names of fields, and which parts of the state agree.

use std::collections::BTreeSet;

use systole_golden::Retire;
use systole_isa::{Csr, Register};

use super::model::{Difference, State};
use crate::lockstep::{self, Divergence, Kind, Pair};

/// A register under both of its names.
fn register(number: u8) -> String {
    format!("x{number} ({})", Register::new(number))
}

/// The differing fields, with what they are in this instruction.
pub(super) fn differences(divergence: &Divergence) -> Vec<Difference> {
    let Some(pair) = divergence.history.last() else { return Vec::new() };
    let hex = |value: u32| format!("{value:#010x}");
    let describe = |difference: &lockstep::Difference| Difference {
        field: difference.field.to_owned(),
        name: name(difference.field, pair),
        rtl: hex(difference.rtl),
        golden: hex(difference.golden),
        xor: hex(difference.rtl ^ difference.golden),
    };
    divergence.differences.iter().map(describe).collect()
}

/// What a field of the retire port is in this instruction.
fn name(field: &str, pair: &Pair) -> String {
    let (rtl, golden) = (&pair.rtl, &pair.golden);
    match field {
        "mode" => "privilege mode".into(),
        "insn" => "instruction word".into(),
        "intr" => "interrupt".into(),
        "cause" => "mcause".into(),
        "tval" => "mtval".into(),
        "rd_addr" => "destination register".into(),
        "rd_wdata" if rtl.rd_addr == golden.rd_addr => register(golden.rd_addr),
        "rd_wdata" => "destination's value".into(),
        "mem_addr" => "address of the access".into(),
        "mem_rmask" => "bytes read".into(),
        "mem_wmask" => "bytes written".into(),
        "mem_rdata" => format!("load from {:#010x}", golden.mem_addr),
        "mem_wdata" => format!("store to {:#010x}", golden.mem_addr),
        "pc_wdata" => "next pc".into(),
        "csr_addr" => "number of the CSR".into(),
        "csr_wdata" => golden.csr.or(rtl.csr).map_or("CSR".into(), |csr| Csr(csr.0).to_string()),
        _ => field.to_owned(),
    }
}

/// The difference in one sentence.
pub(super) fn summary(divergence: &Divergence, differences: &[Difference]) -> String {
    let Some(pair) = divergence.history.last().filter(|_| !differences.is_empty()) else {
        return divergence.message.clone();
    };
    let names: Vec<&str> = differences.iter().map(|difference| difference.name.as_str()).collect();
    let verb = if names.len() == 1 { "differs" } else { "differ" };
    let text = systole_isa::disassemble(pair.golden.insn);
    format!("{} {verb} after {:#010x} `{text}`", names.join(", "), pair.golden.pc)
}

/// Which parts of the state agree.
pub(super) fn state(divergence: &Divergence, differences: &[Difference]) -> State {
    let says = |fields: &[&str]| {
        let names: Vec<&str> = differences
            .iter()
            .filter(|difference| fields.contains(&difference.field.as_str()))
            .map(|difference| difference.name.as_str())
            .collect();
        differ(&names)
    };
    let ok = || "ok".to_owned();
    let mut state = State {
        pc: says(&["pc", "insn", "pc_wdata"]),
        registers: divergence.history.last().map_or_else(ok, |pair| {
            if says(&["rd_addr", "rd_wdata"]) == "ok" { ok() } else { registers(pair) }
        }),
        csr: says(&["mode", "trap", "intr", "cause", "tval", "mstatus", "csr_addr", "csr_wdata"]),
        mem: says(&["mem_addr", "mem_rmask", "mem_wmask", "mem_rdata", "mem_wdata"]),
        npu: ok(),
    };
    match divergence.kind {
        Kind::Retire | Kind::Protocol | Kind::Hang | Kind::Broken => {}
        Kind::Interrupt => state.csr = differ(&["taking of interrupts"]),
        Kind::Timing => state.registers = differ(&["value that depends on time"]),
        Kind::NpuWrite => state.npu = differ(&["bytes written"]),
        Kind::NpuEnd => state.npu = differ(&["end of a job"]),
        Kind::Memory => state.mem = differ(&["memory at the end"]),
    }
    state
}

/// Registers that one of both wrote, and the other did not or with another value.
fn registers(pair: &Pair) -> String {
    let written = |retire: &Retire| (retire.rd_addr != 0).then_some(retire.rd_addr);
    let numbers: BTreeSet<u8> = [&pair.rtl, &pair.golden].into_iter().filter_map(written).collect();
    let names: Vec<String> = numbers.into_iter().map(register).collect();
    differ(&names.iter().map(String::as_str).collect::<Vec<_>>())
}

fn differ(names: &[&str]) -> String {
    match names {
        [] => "ok".to_owned(),
        [name] => format!("{name} differs"),
        names => format!("{} differ", names.join(", ")),
    }
}
