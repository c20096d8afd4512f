//! `systole wave show` and `open`, and failure folders in place of files.

use std::path::Path;

use crate::support::*;

/// A fault of the smallest chip and its folder.
fn failure(folder: &Path, options: &str) -> String {
    let arguments = "cosim --preset nano --inject sub-adds --seed 1 --json r.json --failures f";
    run(folder, &format!("{arguments} {options}")).code(1);
    let result = json(&folder.join("r.json"));
    result["failures"][0]["dir"].as_str().expect("a folder").to_owned()
}

#[test]
fn a_failure_is_shown_with_both_values() {
    let folder = folder();
    let dir = failure(folder.path(), "");
    let report = json(&folder.path().join(&dir).join("report.json"));
    let shown = run(folder.path(), &format!("wave show {dir} --json s.json")).code(0);
    let table = json(&folder.path().join("s.json"));
    assert_documented(&table);
    assert_eq!(table["cycle"], report["cycle"]);
    let rows = table["rows"].as_array().expect("rows");
    rows.iter().for_each(|row| assert_documented(row));

    // The instruction that differs is the last of the report's.
    let last = report["retired"].as_array().and_then(|all| all.last()).expect("a retirement");
    let differs =
        |row: &&serde_json::Value| row["golden"] != row["rtl"] && !row["golden"].is_null();
    let wrong: Vec<_> = rows.iter().filter(differs).collect();
    let [wrong] = wrong[..] else { panic!("{wrong:?}") };
    for key in ["retire", "cycle", "pc", "assembly"] {
        assert_eq!(wrong[key], last[key], "{key}");
    }
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let value = |side: &str| text(&wrong[side]).split_once('=').expect("a register").1.to_owned();
    for side in ["rtl", "golden"] {
        assert!(text(&last[side]).ends_with(&value(side)), "{wrong} {last}");
    }
    // Before it both sides agree.
    let agree = |row: &&serde_json::Value| row["golden"] == row["rtl"];
    assert!(rows.iter().filter(agree).count() >= 3, "{rows:?}");
    let line = shown.stdout.lines().find(|line| line.starts_with('>')).expect("a marked line");
    assert!(line.contains(&value("rtl")) && line.contains(&value("golden")), "{line}");
    let replay = format!("systole cosim --replay {dir}");
    shown.prints(&["FAIL  nano program", &text(&report["summary"]), "source", &replay]);

    // Another place, fewer rows, and no report for a file.
    let cycle = rows[0]["cycle"].as_u64().expect("a cycle");
    let file = format!("wave show {dir}/fail.fst --at {cycle} --rows 1");
    let shown = run(folder.path(), &file).code(0).stdout;
    assert_eq!(shown.lines().count(), 5, "a heading, a row, three more:\n{shown}");
    assert!(shown.lines().nth(1).is_some_and(|line| line.starts_with('>')), "{shown}");
}

#[test]
fn a_failure_folder_stands_for_its_wave() {
    let folder = folder();
    let dir = failure(folder.path(), "");
    for arguments in [
        format!("list {dir} golden.*"),
        format!("values {dir} golden.mismatch --at 10"),
        format!("find {dir} golden.mismatch==1"),
        format!("slice {dir} golden.* -o a.fst"),
        format!("convert {dir} a.vcd"),
        format!("annotate {dir} -o b.fst"),
        format!("diff {dir} {dir}/fail.vcd"),
    ] {
        run(folder.path(), &format!("wave {arguments}")).code(0);
    }
    // Its parent is none, but holds one.
    let named = format!("such as {dir}");
    run(folder.path(), "wave list f golden.*").code(2).says(&["not of a failure", &named]);
    file(&folder.path().join(&dir), "report.json", "{}");
    run(folder.path(), &format!("wave show {dir}")).code(2).says(&["report.json", "missing field"]);
}

#[test]
fn a_failure_without_waves_is_shown_as_its_report() {
    let folder = folder();
    let dir = failure(folder.path(), "--no-waves");
    let shown = run(folder.path(), &format!("wave show {dir}")).code(0);
    shown
        .prints(&["FAIL  nano program", "last retired"])
        .says(&["without waves", "--inject sub-adds"]);
    for arguments in [format!("list {dir}"), format!("show {dir} --at 7"), format!("open {dir}")] {
        run(folder.path(), &format!("wave {arguments}")).code(2).says(&["has no waves"]);
    }
}

#[test]
fn a_failure_of_the_npu_is_shown_with_what_it_does() {
    let folder = folder();
    let arguments = "cosim --preset nano --inject pe-weights-swapped --seed 1 --json r.json";
    run(folder.path(), arguments).code(1);
    let failure = &json(&folder.path().join("r.json"))["failures"][0];
    assert_eq!(failure["kind"], "npu_write");
    let dir = failure["dir"].as_str().expect("a folder");
    let shown = run(folder.path(), &format!("wave show {dir} --json s.json")).code(0);
    let table = json(&folder.path().join("s.json"));
    let cycle = &table["cycle"];
    shown.prints(&["write burst: ", &format!("in cycle {cycle}  npu: job 0 @")]);
    let rows = table["rows"].as_array().expect("rows");
    let here = rows.iter().find(|row| row["cycle"] == *cycle).expect("a row");
    assert!(here["events"].to_string().contains("write burst"), "{here}");
}

#[test]
fn a_run_is_shown_around_a_cycle() {
    let folder = folder();
    elf(folder.path(), "good.elf", &exit_with(3));
    run(folder.path(), "run good.elf --preset nano --engine rtl --vcd w.vcd --to 90").code(1);
    let shown = run(folder.path(), "wave show w.vcd --at 9").code(0);
    assert!(!shown.stdout.contains("golden"), "{}", shown.stdout);
    shown.prints(&["80000000  lui t0, 0x80000", "t0=80000000"]);
    run(folder.path(), "wave show w.vcd").code(2).says(&["at which cycle", "--at CYCLE"]);
    run(folder.path(), "wave show w.vcd --at 900").code(2).says(&["outside", "cycle 0"]);
}

/// A viewer that tells how it was called.
const VIEWER: &str = "#!/bin/sh
echo \"$0 $*\"
test -f \"$1\" || exit 9
exit ${STATUS:-0}
";

/// `wave open` with viewers of our own on the search path, and a display.
fn open(folder: &Path, arguments: &str) -> std::process::Command {
    let programs = folder.join("programs");
    std::fs::create_dir_all(&programs).expect("a folder");
    for name in ["gtkwave", "surfer"] {
        make_executable(&file(&programs, name, VIEWER));
    }
    let mut command = systole(folder);
    command.args(["wave", "open"]).args(arguments.split_whitespace());
    command.env("PATH", &programs).env("DISPLAY", ":0").env_remove("WAYLAND_DISPLAY");
    command
}

#[test]
fn viewers_get_the_save_file_or_the_wave() {
    let folder = folder();
    let dir = failure(folder.path(), "");
    outcome(&mut open(folder.path(), &dir)).code(0).prints(&["programs/gtkwave fail.gtkw\n"]);
    let surfer = outcome(&mut open(folder.path(), &format!("{dir}/fail.vcd --viewer surfer")));
    surfer.code(0).prints(&["programs/surfer fail.vcd --command-file fail.sucl\n"]);
    let slice = format!("wave slice {dir} golden.* -o only.vcd");
    run(folder.path(), &slice).code(0);
    outcome(&mut open(folder.path(), "only.vcd")).code(0).prints(&["gtkwave only.vcd\n"]);
    outcome(open(folder.path(), &dir).env("STATUS", "4")).code(3).says(&["gtkwave failed", "4"]);
    outcome(open(folder.path(), &dir).env_remove("DISPLAY"))
        .code(3)
        .says(&["gtkwave needs a display", &format!("systole wave show {dir}")]);
    outcome(open(folder.path(), &dir).env("PATH", folder.path()))
        .code(3)
        .says(&["no gtkwave on PATH", "apt install gtkwave"]);
    // What is no wave is told before a viewer starts.
    file(folder.path(), "text.vcd", "hello");
    outcome(&mut open(folder.path(), "text.vcd")).code(2).says(&["neither VCD nor FST"]);
}
