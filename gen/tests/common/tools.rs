//! Tools that read Verilog. Where one is missing, its test says so and passes; with
//! `SYSTOLE_REQUIRE_TOOLS` set it fails instead.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use systole_gen::{GeneratedFile, write_files};

/// Whether a tool can be run; says what was skipped if not.
pub fn available(tool: &str, test: &str) -> bool {
    let version = if tool == "verilator" { "--version" } else { "-V" };
    let found = Command::new(tool).arg(version).output().is_ok_and(|run| run.status.success());
    if !found {
        let required = std::env::var_os("SYSTOLE_REQUIRE_TOOLS").is_some();
        assert!(!required, "`{tool}` is not installed, and SYSTOLE_REQUIRE_TOOLS is set");
        // Not `eprintln!`: the test harness keeps that to itself when a test passes.
        let _ = writeln!(std::io::stderr(), "SKIPPED: {test}: `{tool}` is not installed");
    }
    found
}

/// Runs a tool in a folder that holds the files; gives what it printed, and fails if it did.
pub fn run(folder: &Path, tool: &str, arguments: &[&str]) -> String {
    let output = Command::new(tool).args(arguments).current_dir(folder).output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{tool} {arguments:?}\n{stdout}{stderr}");
    format!("{stdout}{stderr}")
}

/// Simulates a testbench with Icarus Verilog and gives the lines that it printed.
pub fn simulate(files: &[GeneratedFile], testbench: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path(), files).unwrap();
    std::fs::write(folder.path().join("testbench.v"), testbench).unwrap();
    let mut arguments = vec!["-g2005", "-s", "testbench", "-o", "simulation", "testbench.v"];
    arguments.extend(verilog_names(files));
    let warnings = run(folder.path(), "iverilog", &arguments);
    assert_eq!(warnings, "", "{}", all_text(files));
    let printed = run(folder.path(), "vvp", &["-n", "simulation"]);
    printed.lines().map(str::to_string).collect()
}

/// The names of the Verilog files.
pub fn verilog_names(files: &[GeneratedFile]) -> impl Iterator<Item = &str> {
    files.iter().map(|file| file.path.as_str()).filter(|path| path.ends_with(".v"))
}

/// All Verilog, for messages.
pub fn all_text(files: &[GeneratedFile]) -> String {
    let modules = files.iter().filter(|file| file.path.ends_with(".v"));
    modules.map(|file| file.text.as_str()).collect::<Vec<_>>().join("\n")
}
