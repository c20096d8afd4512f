//! `systole wave`: waves from a program's run, looked into, cut, converted and compared.

use std::path::Path;

use crate::support::*;

/// A wave of a chip, or as good as: 10 ns a cycle, a clock that is 1 in every sample.
const WAVE: &str = "\
$timescale 1ns $end
$scope module TOP $end
$scope module soc $end
$var wire 1 ! clk $end
$var wire 1 \" rvfi_valid $end
$var wire 32 # rvfi_insn [31:0] $end
$var wire 8 $ regs[1] [7:0] $end
$upscope $end
$upscope $end
$enddefinitions $end
#0
1!
0\"
bx #
b0 $
#10
1\"
b10011 #
#20
b110011 #
b101 $
#30
b10011 #
#40
0\"
#60
";

fn wave() -> tempfile::TempDir {
    let folder = folder();
    file(folder.path(), "a.vcd", WAVE);
    file(folder.path(), "b.vcd", WAVE.replace("b101 $", "b111 $").replace(" clk ", " clock "));
    folder
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).expect("the file")
}

#[test]
fn signals_are_listed() {
    let folder = wave();
    let outcome = run(folder.path(), "wave list a.vcd --json r.json").code(0);
    outcome
        .prints(&["32 bits  TOP.soc.rvfi_insn[31:0]", "8 bits  TOP.soc.regs[1][7:0]"])
        .says(&["VCD: 4 signals, 0 ns to 60 ns, a tick is 1 ns"]);
    let result = json(&folder.path().join("r.json"));
    assert_documented(&result);
    assert_documented(&result["signals"][0]);
    assert_eq!(result["signals"][2]["range"], "[31:0]");
    let listed = run(folder.path(), "wave list a.vcd soc.rvfi_*").code(0);
    assert_eq!(listed.stdout.lines().count(), 2, "{}", listed.stdout);
}

#[test]
fn values_are_shown_at_a_cycle_or_a_time() {
    let folder = wave();
    let shown = "TOP.soc.rvfi_insn[31:0] = 0x00000033\nTOP.soc.regs[1][7:0] = 0x05\n";
    for at in ["2", "20ns", "20000ps", "0.029us"] {
        let arguments = format!("wave values a.vcd rvfi_insn regs* --at {at} --json r.json");
        let outcome = run(folder.path(), &arguments).code(0).says(&["cycle 2, 2"]);
        assert_eq!(outcome.stdout, shown, "{at}");
    }
    let result = json(&folder.path().join("r.json"));
    assert_documented(&result);
    assert_documented(&result["values"][0]);
    run(folder.path(), "wave values a.vcd --at 7")
        .code(2)
        .says(&["--at 7 lies outside a.vcd", "from cycle 0 (0 ns) to cycle 6 (60 ns)"]);
    run(folder.path(), "wave values a.vcd --at soon").code(2).says(&["120ns"]);
}

#[test]
fn conditions_are_found() {
    let folder = wave();
    let find = |condition: &str, more: &str| {
        let mut command = systole(folder.path());
        command.args(["wave", "find", "a.vcd", condition]).args(more.split_whitespace());
        outcome(&mut command)
    };
    let hit = find("rvfi_valid == 1 && soc.rvfi_insn == 0x13", "--count 9 --json r.json").code(0);
    assert_eq!(hit.stdout.lines().count(), 2, "{}", hit.stdout);
    hit.prints(&[
        "cycle 1, 10 ns",
        "cycle 3, 30 ns  TOP.soc.rvfi_valid = 1  TOP.soc.rvfi_insn[31:0] = 0x00000013",
    ]);
    let result = json(&folder.path().join("r.json"));
    assert_documented(&result);
    assert_documented(&result["hits"][0]);
    find("regs[1]", "").code(0).prints(&["cycle 2, 20 ns  TOP.soc.regs[1][7:0] = 0x05"]);
    find("rvfi_valid", "--from 11ns").code(0).prints(&["cycle 4, 40 ns"]);
    find("rvfi_insn == 1", "").code(1).says(&["not found up to 60 ns"]);
    find("rvfi_isn == 1", "").code(2).says(&["no signal `rvfi_isn`", "`TOP.soc.rvfi_insn`"]);
    find("rvfi_insn = 1", "").code(2).says(&["at character 11: `=` means nothing here"]);
    find("rvfi_valid", "--from 99").code(2).says(&["--from 99 lies outside"]);
}

#[test]
fn slices_and_conversions_keep_values() {
    let folder = wave();
    run(folder.path(), "wave convert a.vcd a.fst").code(0);
    run(folder.path(), "wave convert a.fst back.vcd").code(0);
    run(folder.path(), "wave diff a.vcd back.vcd").code(0).says(&["4 signals compared, 0 differ"]);
    run(folder.path(), "wave slice a.fst rvfi_* --from 2 --to 3 -o cut.vcd").code(0);
    let cut = read(folder.path(), "cut.vcd");
    let times: Vec<&str> = cut.lines().filter(|line| line.starts_with('#')).collect();
    assert_eq!(times, ["#20", "#30", "#39"]);
    assert!(!cut.contains("regs"), "{cut}");
    run(folder.path(), "wave slice a.vcd --from 3 --to 2 -o x.vcd").code(2).says(&["--to 2"]);
    run(folder.path(), "wave slice a.vcd -o x.txt").code(2).says(&["x.txt", ".vcd or .fst"]);
    run(folder.path(), "wave convert a.vcd missing/x.vcd").code(2).says(&["cannot write it"]);
    assert!(!folder.path().join("x.vcd").exists());
}

#[test]
fn differences_are_told() {
    let folder = wave();
    let outcome = run(folder.path(), "wave diff a.vcd b.vcd --json r.json").code(1);
    outcome
        .prints(&[
            "cycle 2, 20 ns  TOP.soc.regs[1][7:0]  0x05 | 0x07",
            "1 signal only in the first: TOP.soc.clk",
            "1 signal only in the second: TOP.soc.clock",
        ])
        .says(&["3 signals compared, 1 differ"]);
    let result = json(&folder.path().join("r.json"));
    assert_documented(&result);
    assert_documented(&result["differences"][0]);
    run(folder.path(), "wave diff a.vcd b.vcd rvfi_*").code(0);
    run(folder.path(), "wave diff a.vcd b.vcd nothing*").code(2).says(&["no signal `nothing*`"]);
}

#[test]
fn what_is_no_wave_is_told() {
    let folder = wave();
    file(folder.path(), "cut.vcd", &WAVE[..WAVE.len() - 40]);
    file(folder.path(), "text.vcd", "hello");
    for (name, text) in [
        ("none.vcd", "none.vcd: cannot read it"),
        (".", "it is a folder"),
        ("text.vcd", "text.vcd, byte 0: it is neither VCD nor FST"),
        ("cut.vcd", "cut.vcd, byte "),
    ] {
        run(folder.path(), &format!("wave find {name} clk")).code(2).says(&[text]);
    }
}

#[test]
fn a_run_of_a_program_can_be_looked_into() {
    let folder = folder();
    elf(folder.path(), "good.elf", &exit_with(3));
    run(folder.path(), "run good.elf --preset nano --engine rtl --vcd w.vcd --to 60").code(1);
    // The first retired instruction is that at the reset vector.
    let found = run(folder.path(), "wave find w.vcd systole_soc.rvfi_valid --count 2").code(0);
    found.prints(&["systole_soc.rvfi_valid = 1"]);
    run(folder.path(), "wave convert w.vcd w.fst").code(0);
    run(folder.path(), "wave diff w.vcd w.fst").code(0).says(&["0 differ"]);
}

#[test]
fn the_wave_of_a_run_is_annotated() {
    let folder = folder();
    let program = format!("{}/../sw/programs/traps.elf", env!("CARGO_MANIFEST_DIR"));
    let mut run = systole(folder.path());
    run.args(["run", &program, "--engine", "rtl", "--preset", "nano", "--vcd", "a.vcd"]);
    outcome(run.args(["--from", "100", "--to", "400"])).code(0);
    let mut annotate = systole(folder.path());
    annotate.args(["wave", "annotate", "a.vcd", "-o", "b.fst", "--konata", "b.kanata"]);
    outcome(&mut annotate).code(0);
    let mut list = systole(folder.path());
    outcome(list.args(["wave", "list", "b.fst", "hart.mnemonic"])).code(0).prints(&["text"]);
    let log = std::fs::read_to_string(folder.path().join("b.kanata")).expect("a log");
    assert!(log.starts_with("Kanata\t0004"), "{log}");
    // A wave without a chip is refused, and nothing is written.
    file(folder.path(), "other.vcd", WAVE);
    let mut other = systole(folder.path());
    other.args(["wave", "annotate", "other.vcd", "-o", "c.fst"]);
    outcome(&mut other).code(2).says(&["lacks `rvfi_order`"]);
    assert!(!folder.path().join("c.fst").exists());
}
