//! The RTL decodes as Spike does: every row of the truth table is executed on it, in lockstep.
//!
//! A loop patches one word into memory, executes it with every register holding an aligned address,
//! and resets what it may have changed. A trap leads to the same place as the next instruction; the
//! retire port tells which it was.

#[path = "../../golden/tests/decode/table.rs"]
mod table;

mod common;

use systole_chip::ChipConfig;
use systole_golden::{Machine, Retire};
use systole_isa::{
    Assembler, BranchOp, Code, Compression, Csr, CsrOp, CsrSource, Instruction, Register,
};
use systole_sim::{Dut, Stalls};
use systole_verif::chip;
use systole_verif::lockstep::{Case, Host};
use table::{HARTS, Row, rows};

/// Sets all registers; the loop follows.
const START: u32 = 0x8000_0000;
/// The loop, behind a `lui` of each register.
const AGAIN: u32 = START + 4 * 31;
/// Address of the next row's word.
const POINTER: u32 = 0x8000_0800;
const TOHOST: u32 = 0x8000_0f80;
/// The word that is executed; nothing else is within the reach of a jump but the loop.
const SLOT: u32 = 0x8008_0000;
/// What every register holds.
const MIDDLE: u32 = 0x8009_0000;
/// The words, beyond the reach of a jump.
const TABLE: u32 = 0x8018_0000;
const MSIP: u32 = 0x0200_0000;

/// Rows about these CSRs are not compared with Spike: the debug triggers, which are its own.
const TRIGGERS: [u32; 6] = [0x7a0, 0x7a1, 0x7a2, 0x7a3, 0x7a4, 0x7a8];

const ZERO: Register = Register::ZERO;
const T0: Register = Register::new(5);
const T1: Register = Register::new(6);
const T2: Register = Register::new(7);

/// The switches of each of [`HARTS`].
fn config(hart: usize) -> ChipConfig {
    let base = ["core.multiplier=fast", "core.atomics=true", "core.compressed=true"];
    let own: &[&str] = match HARTS[hart] {
        "rv32imac" => &["core.zicntr=false", "core.user_mode=false"],
        "rv32imac_zb" => &[
            "core.zba=true",
            "core.zbb=true",
            "core.zbs=true",
            "core.zicntr=false",
            "core.user_mode=false",
        ],
        _ => &["core.zicntr=true", "core.user_mode=true"],
    };
    let small = ["npu.dim=2", "npu.requantise_lanes=1", "memory.ram_bytes=4194304"];
    let settings = [&base[..], own, &small[..]].concat();
    ChipConfig::preset("nano").and_then(|nano| nano.with_settings(&settings)).expect("a chip")
}

fn csr(op: CsrOp, csr: Csr, rs1: Register) -> Instruction {
    Instruction::Csr { op, rd: ZERO, csr, source: CsrSource::Register(rs1) }
}

/// The program. A row changes x5 only, unless it is a 16-bit one.
fn program(count: u32, every_register: bool) -> Code {
    let mut code = Assembler::new(START, Compression::Never);
    let done = code.label();
    for number in 1..32 {
        code.push(Instruction::Lui { rd: Register::new(number), imm: MIDDLE });
    }
    // A trap leads here and to M mode, and a wfi finds an interrupt pending that is never taken.
    let again = code.label_here();
    code.load_address(T0, again);
    code.push(csr(CsrOp::Write, Csr::MTVEC, T0));
    code.push(csr(CsrOp::Write, Csr::MEPC, T0));
    for (number, value) in [(Csr::MSTATUS, 3 << 11), (Csr::MIE, 1 << 3)] {
        code.load_immediate(T0, value);
        code.push(csr(CsrOp::Write, number, T0));
    }
    let offset = code.upper(T0, MSIP);
    code.add_immediate(T1, ZERO, 1);
    code.store_word(T1, offset, T0);
    let offset = code.upper(T0, POINTER);
    code.load_word(T1, offset, T0);
    code.add_immediate(T2, T1, 4);
    code.store_word(T2, offset, T0);
    code.load_immediate(T2, TABLE + 4 * count);
    code.branch(BranchOp::Beq, T1, T2, done);
    code.load_word(T2, 0, T1);
    code.load_immediate(T0, SLOT);
    code.store_word(T2, 0, T0);
    code.push(Instruction::FenceI);
    let registers: Vec<u8> = if every_register { (1..32).collect() } else { vec![5, 6, 7] };
    for register in registers {
        code.push(Instruction::Lui { rd: Register::new(register), imm: MIDDLE });
    }
    code.jump_to(ZERO, SLOT);
    code.bind(done);
    let offset = code.upper(T0, TOHOST);
    code.add_immediate(T1, ZERO, 1);
    code.store_word(T1, offset, T0);
    code.jump(ZERO, done);
    code.finish()
}

/// Compares what retires from the slot with the rows.
struct Compare<'a> {
    rows: &'a [&'a Row],
    hart: usize,
    next: usize,
    wrong: Vec<String>,
    ended: bool,
}

impl Host for Compare<'_> {
    fn retired(&mut self, _: u64, retire: &Retire) {
        if retire.pc != SLOT || self.next >= self.rows.len() {
            return;
        }
        let row = self.rows[self.next];
        self.next += 1;
        let (got, want) = (retire.trap.then_some(retire.cause), row.cause[self.hart]);
        let spike_alone = row.csr().is_some_and(|csr| TRIGGERS.contains(&csr));
        if retire.insn != row.word || got != want && !spike_alone {
            let (word, kind, insn) = (row.word, &row.kind, retire.insn);
            let text = format!("{word:08x} {kind}: {insn:08x} cause {got:?}, Spike says {want:?}");
            self.wrong.push(text);
        }
    }

    fn tohost(&mut self, _: &mut Machine, _: &mut Dut) -> Option<u32> {
        self.ended = true;
        Some(0)
    }
}

/// A 16-bit instruction is followed by a `c.nop`.
fn in_memory(row: &Row) -> u32 {
    if row.word & 3 == 3 { row.word } else { row.word | 1 << 16 }
}

fn check(hart: usize, rows: &[&Row], every_register: bool) -> Vec<String> {
    let config = config(hart);
    let library = common::library(&config, false);
    let mut pair = chip::lockstep(&config, &library).expect("enough memory");
    let mut slot = Assembler::new(SLOT, Compression::Never);
    slot.push(Instruction::NOP);
    slot.jump_to(ZERO, AGAIN);
    let words = rows.iter().flat_map(|row| in_memory(row).to_le_bytes()).collect();
    let segments = [
        (START, program(rows.len() as u32, every_register).bytes()),
        (SLOT, slot.finish().bytes()),
        (POINTER, TABLE.to_le_bytes().into()),
        (TABLE, words),
    ];
    let case = Case {
        segments: &segments,
        seed: 0,
        stalls: Stalls::default(),
        tohost: TOHOST,
        max_cycles: 300 * rows.len() as u64,
    };
    let mut compare = Compare { rows, hart, next: 0, wrong: Vec::new(), ended: false };
    let outcome = pair.run_with(&case, &mut compare);
    if let Some(divergence) = outcome.divergence {
        compare.wrong.push(format!("after {} rows: {divergence}", compare.next));
    } else if compare.next != rows.len() {
        compare.wrong.push(format!("only {} of {} rows", compare.next, rows.len()));
    }
    compare.wrong
}

fn check_all(hart: usize) {
    let rows = rows();
    assert_eq!(rows.len(), 156_036);
    let (short, long): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.word & 3 != 3);
    let mut wrong = check(hart, &short, true);
    wrong.extend(check(hart, &long, false));
    let shown = wrong.iter().take(20).fold(String::new(), |all, one| all + one + "\n");
    assert!(wrong.is_empty(), "{}: {} rows:\n{shown}", HARTS[hart], wrong.len());
}

#[test]
fn rv32imac_does_what_spike_does() {
    check_all(0);
}

#[test]
fn bit_manipulation_does_what_spike_does() {
    check_all(1);
}

#[test]
fn user_mode_and_counters_do_what_spike_does() {
    check_all(2);
}
