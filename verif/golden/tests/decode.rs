//! The golden model decodes as Spike does: every row of the truth table is executed.

#[path = "decode/table.rs"]
mod table;

use systole_golden::{Config, Inputs, Isa, Machine, NpuConfig, RAM_BASE, Retire};
use table::{HARTS, Row, rows};

/// What every register holds, an aligned address far from both ends of the RAM.
const MIDDLE: u32 = RAM_BASE + 0x8000;
const RAM_BYTES: u32 = 0x1_0000;

/// Rows about these CSRs are not compared: the manuals leave the debug triggers (Sdtrig) to the
/// platform, Spike has them, `docs/core.md` has not. Every other number is: the manuals say of each
/// whether it exists on these harts.
const TRIGGERS: [u32; 6] = [0x7a0, 0x7a1, 0x7a2, 0x7a3, 0x7a4, 0x7a8];

/// The switches of each of [`HARTS`].
fn isa(hart: usize) -> Isa {
    let base = Isa { m: true, a: true, c: true, ..Isa::default() };
    match HARTS[hart] {
        "rv32imac" => base,
        "rv32imac_zb" => Isa { zba: true, zbb: true, zbs: true, ..base },
        _ => Isa { zicntr: true, user_mode: true, ..base },
    }
}

/// `lui` of every register.
fn prelude() -> Vec<u8> {
    (1..32u32).flat_map(|rd| (MIDDLE | rd << 7 | 0x37).to_le_bytes()).collect()
}

fn execute(machine: &mut Machine, prelude: &[u8], word: u32) -> Retire {
    machine.reset();
    machine.write_memory(RAM_BASE, prelude).expect("in the RAM");
    let end = RAM_BASE + prelude.len() as u32;
    machine.write_memory(end, &word.to_le_bytes()).expect("in the RAM");
    for _ in 0..prelude.len() / 4 {
        machine.step(&Inputs::default());
    }
    let retire = machine.step(&Inputs::default());
    assert_eq!(retire.pc, end);
    retire
}

#[test]
fn every_encoding_does_what_spike_does() {
    let rows = rows();
    assert_eq!(rows.len(), 156_036);
    let prelude = prelude();
    let npu = NpuConfig {
        dim: 2,
        bus_bytes: 4,
        scratchpad_rows: 64,
        accumulator_rows: 16,
        parameter_rows: 16,
        double_rounding: false,
        int4_weights: false,
    };
    for (hart, name) in HARTS.iter().enumerate() {
        let config = Config { ram_bytes: RAM_BYTES, isa: isa(hart), npu };
        let mut machine = Machine::new(&config);
        let mut wrong = Vec::new();
        for row in &rows {
            if row.csr().is_some_and(|csr| TRIGGERS.contains(&csr)) {
                continue;
            }
            let retire = execute(&mut machine, &prelude, row.word);
            if let Some(difference) = difference(row, hart, &retire) {
                wrong.push(difference);
            }
        }
        let shown = wrong.iter().take(20).fold(String::new(), |all, one| all + one + "\n");
        assert!(wrong.is_empty(), "{name}: {} of {} rows:\n{shown}", wrong.len(), rows.len());
    }
}

fn difference(row: &Row, hart: usize, retire: &Retire) -> Option<String> {
    let (word, kind, want) = (row.word, &row.kind, row.cause[hart]);
    let got = retire.trap.then_some(retire.cause);
    if got != want {
        return Some(format!("{word:08x} {kind}: cause {got:?}, Spike says {want:?}"));
    }
    if retire.insn != word || (want == Some(2) && retire.tval != word) {
        return Some(format!("{word:08x} {kind}: insn {:x}, mtval {:x}", retire.insn, retire.tval));
    }
    None
}
