//! What differs, in words: names of fields, and which parts of the state agree.

use std::collections::BTreeSet;

use systole_golden::Retire;
use systole_isa::{Csr, Register};
use systole_sim::Port;

use super::model::{Difference, State};
use crate::lockstep::{self, Clue, Divergence, Kind, Pair};

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
        Kind::Retire | Kind::Broken => {}
        Kind::Hang if divergence.clue == Some(Clue::NpuStandsStill) => {
            state.npu = "a job does not end".into();
        }
        Kind::Hang => state.pc = "nothing retires, or the program runs in a circle".into(),
        Kind::Protocol => match divergence.clue {
            Some(Clue::Bus(Port::AxiRead | Port::AxiWrite, _)) => {
                state.npu = "its bus breaks a rule".into();
            }
            Some(Clue::Bus(Port::Dbus, _)) => state.mem = "the data bus breaks a rule".into(),
            _ => state.pc = "the fetch bus breaks a rule".into(),
        },
        Kind::Interrupt => state.csr = "the taking of interrupts differs".into(),
        Kind::Timing => state.registers = "a value that depends on time is impossible".into(),
        Kind::NpuWrite => state.npu = "bytes written differ".into(),
        Kind::NpuEnd => state.npu = "the end of a job differs".into(),
        Kind::Memory => state.mem = "memory at the end differs".into(),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn divergence(
        kind: Kind,
        rtl: Retire,
        golden: Retire,
        fields: &[(&'static str, u32, u32)],
    ) -> Divergence {
        let differences = fields
            .iter()
            .map(|&(field, rtl, golden)| lockstep::Difference { field, rtl, golden })
            .collect();
        let history = vec![Pair { order: 3, cycle: 9, rtl, golden }];
        let message = "as told".to_owned();
        let (registers, clue) = ([0; 32], None);
        Divergence { kind, cycle: 9, order: 3, message, differences, history, registers, clue }
    }

    fn told(divergence: &Divergence) -> (String, State) {
        let differences = differences(divergence);
        (summary(divergence, &differences), state(divergence, &differences))
    }

    #[test]
    fn a_differing_register_is_named() {
        let golden =
            Retire { pc: 0x8000_000c, insn: 0x02b5_0633, rd_addr: 12, ..Retire::default() };
        let rtl = Retire { rd_wdata: 5, ..golden };
        let found = divergence(Kind::Retire, rtl, golden, &[("rd_wdata", 5, 0)]);
        let (summary, state) = told(&found);
        assert_eq!(summary, "x12 (a2) differs after 0x8000000c `mul a2, a0, a1`");
        assert_eq!(state.registers, "x12 (a2) differs");
        assert_eq!([state.pc, state.csr, state.mem, state.npu], ["ok"; 4]);
        assert_eq!(differences(&found)[0].xor, "0x00000005");
    }

    #[test]
    fn a_trap_that_only_one_side_takes_touches_many_parts() {
        let golden = Retire { rd_addr: 1, rd_wdata: 7, insn: 0x13, ..Retire::default() };
        let rtl = Retire { trap: true, cause: 2, insn: 0x13, ..Retire::default() };
        let fields = [("trap", 1, 0), ("cause", 2, 0), ("rd_addr", 0, 1), ("rd_wdata", 0, 7)];
        let (_, state) = told(&divergence(Kind::Retire, rtl, golden, &fields));
        assert_eq!(state.registers, "x1 (ra) differs");
        assert_eq!(state.csr, "trap, mcause differ");
        assert_eq!([state.pc, state.mem, state.npu], ["ok"; 3]);
    }

    #[test]
    fn what_is_no_retirement_is_told_as_it_came() {
        let same = Retire::default();
        let (summary, state) = told(&divergence(Kind::NpuWrite, same, same, &[]));
        assert_eq!(summary, "as told");
        assert_eq!(state.npu, "bytes written differ");
        assert_eq!([state.pc, state.registers, state.csr, state.mem], ["ok"; 4]);
        let (_, state) = told(&divergence(Kind::Hang, same, same, &[]));
        assert_eq!(state.npu, "ok");
    }
}
