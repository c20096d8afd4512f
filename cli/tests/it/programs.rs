//! The committed C programs on every engine.

use crate::support::*;

/// What each prints.
const PROGRAMS: [(&str, &str); 6] = [
    ("sort", "sort: 600 numbers in order\n"),
    ("crc32", "crc32: b2aa37e0\n"),
    ("matmul", "matmul: (A B) v == A (B v)\n"),
    ("strings", "strings: a systolic array pumps data like a heart pumps blood\n"),
    ("traps", "traps: every cause seen\n"),
    // Finds no jobs, for nobody put any into memory.
    ("npu_jobs", ""),
];

#[track_caller]
fn all_end_well_on(engine: &str) {
    let folder = folder();
    for (name, console) in PROGRAMS {
        let path = committed(&format!("{name}.elf"));
        let result = folder.path().join("result.json");
        let mut command = systole(folder.path());
        command.args(["run", "--preset", "nano", "--engine", engine]).arg(path);
        let outcome = outcome(command.arg("--json").arg(&result)).code(0);
        assert_eq!(outcome.stdout, console, "{name}");
        let result = json(&result);
        assert_eq!(result["engine"], engine);
        assert_eq!(result["exit_code"], 0);
        let (instructions, cycles) = (&result["instructions"], &result["cycles"]);
        assert!(instructions.as_u64() > Some(100), "{name}: {instructions}");
        assert!(cycles.as_u64() >= instructions.as_u64(), "{name}: {cycles}");
    }
}

#[test]
fn c_programs_end_well_on_the_golden_model() {
    all_end_well_on("golden");
}

#[test]
fn c_programs_end_well_on_the_rtl() {
    all_end_well_on("rtl");
}

#[test]
fn c_programs_end_well_in_lockstep() {
    all_end_well_on("lockstep");
}
