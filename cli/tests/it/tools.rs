//! Missing and broken tools: exit code 3, and how to get them.

use std::path::{Path, PathBuf};

use crate::support::*;

/// A C++ compiler of this machine, by its full path.
fn compiler() -> PathBuf {
    let path = std::env::var_os("PATH").expect("a search path");
    std::env::split_paths(&path)
        .flat_map(|folder| ["g++", "clang++", "c++"].map(|name| folder.join(name)))
        .find(|program| program.is_file())
        .expect("a C++ compiler: the tests need one")
}

/// A short regression with an empty cache and an empty search path.
fn bare(folder: &Path) -> std::process::Command {
    let mut command = systole(folder);
    command
        .args(["cosim", "--preset", "nano", "--programs", "1"])
        .env("SYSTOLE_CACHE", folder.join("cache"))
        .env("PATH", folder.join("no-programs"))
        .env_remove("SYSTOLE_VERILATOR")
        .env_remove("CXX");
    command
}

#[test]
fn a_compiler_that_does_not_exist_is_named() {
    let folder = folder();
    outcome(bare(folder.path()).env("CXX", "/nonexistent/g++")).code(3).says(&[
        "CXX is `/nonexistent/g++`: no such program",
        "apt install g++",
        "systole doctor",
    ]);
}

#[test]
fn no_compiler_at_all_is_told_how_to_get_one() {
    let folder = folder();
    outcome(&mut bare(folder.path())).code(3).says(&["no C++ compiler", "apt install g++"]);
}

#[test]
fn a_compiler_that_fails_is_quoted() {
    let folder = folder();
    let script = file(folder.path(), "broken", "#!/bin/sh\necho 'out of ink' >&2\nexit 1\n");
    make_executable(&script);
    outcome(bare(folder.path()).env("CXX", &script)).code(3).says(&["out of ink", "broken"]);
}

#[test]
fn no_verilator_and_no_python_is_told_how_to_get_either() {
    let folder = folder();
    outcome(bare(folder.path()).env("CXX", compiler())).code(3).says(&[
        "no Verilator",
        "python3",
        "apt install python3-pip",
    ]);
}

#[test]
fn a_verilator_that_does_not_exist_is_named() {
    let folder = folder();
    let mut command = bare(folder.path());
    command.env("CXX", compiler()).env("SYSTOLE_VERILATOR", "/nonexistent/verilator");
    outcome(&mut command).code(3).says(&["SYSTOLE_VERILATOR is `/nonexistent/verilator`"]);
}

#[test]
fn a_verilator_that_is_too_old_is_refused() {
    let folder = folder();
    let script = file(folder.path(), "verilator", OLD_VERILATOR);
    make_executable(&script);
    let root = folder.path().join("root/include");
    std::fs::create_dir_all(&root).expect("a folder");
    file(&root, "verilated.h", "");
    let mut command = bare(folder.path());
    command.env("CXX", compiler()).env("SYSTOLE_VERILATOR", &script);
    command.env("OLD_ROOT", folder.path().join("root"));
    outcome(&mut command).code(3).says(&["Verilator 4.038", "5.0 or newer"]);
}

const OLD_VERILATOR: &str = "#!/bin/sh
case $1 in
    --version) echo 'Verilator 4.038 2020-07-11' ;;
    --getenv) echo \"$OLD_ROOT\" ;;
esac
";

#[test]
fn the_doctor_says_what_is_missing() {
    let folder = folder();
    let mut command = systole(folder.path());
    command.arg("doctor").env("SYSTOLE_CACHE", folder.path().join("cache"));
    command.env("PATH", folder.path().join("no-programs"));
    command.env_remove("SYSTOLE_VERILATOR").env_remove("CXX");
    outcome(&mut command).code(3).prints(&[
        "MISSING  C++ compiler",
        "apt install g++",
        "MISSING  Verilator",
        "python3-pip",
        "ok       cache",
        "MISSING  Yosys",
        "MISSING  Boolector",
        "missing  iverilog",
    ]);
}

#[test]
fn the_doctor_finds_what_the_tests_run_with() {
    let folder = folder();
    run(folder.path(), "doctor").code(0).prints(&["ok       C++ compiler", "ok       Verilator"]);
}

#[test]
fn a_cache_that_cannot_be_written_is_named() {
    let folder = folder();
    let taken = file(folder.path(), "taken", "a file");
    let mut command = systole(folder.path());
    command.args(["cosim", "--preset", "nano", "--programs", "1"]);
    command.env("SYSTOLE_CACHE", taken.join("cache"));
    outcome(&mut command).code(3).says(&["taken/cache"]);
}

#[test]
fn gen_and_the_golden_model_need_no_tools() {
    let folder = folder();
    let nothing = folder.path().join("no-programs");
    let mut command = systole(folder.path());
    outcome(command.args(["gen", "--preset", "nano"]).env("PATH", &nothing)).code(0);
    let mut command = systole(folder.path());
    outcome(command.arg("run").arg(committed("crc32.elf")).env("PATH", &nothing)).code(0);
}
