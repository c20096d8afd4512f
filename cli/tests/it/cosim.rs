//! `systole cosim`, on the smallest chip.

use std::path::Path;

use serde_json::Value;

use crate::support::*;
use crate::xml::well_formed;

/// Runs a regression on `nano` and returns its JSON.
#[track_caller]
fn cosim(folder: &Path, arguments: &str) -> Value {
    run(folder, &format!("cosim --preset nano {arguments} --json r.json")).code(0);
    json(&folder.join("r.json"))
}

const SUMS: [&str; 5] = ["programs", "instructions", "npu_jobs", "cycles", "mismatches"];

#[test]
fn a_small_regression_agrees_and_is_reported() {
    let folder = folder();
    let arguments = "cosim --preset nano --programs 24 --seed 0x2a --json r.json --junit r.xml";
    run(folder.path(), arguments).code(0).prints(&[
        "seed 42",
        "PASS   24 programs in lockstep, 0 mismatches",
        "% of the bare RTL's",
    ]);
    let result = json(&folder.path().join("r.json"));
    assert_documented(&result);
    assert_eq!(result["preset"], "nano");
    assert_eq!(result["seed"], 42);
    assert_eq!(result["programs"], 24);
    assert_eq!(result["mismatches"], 0);
    assert_eq!(result["failures"], Value::Array(Vec::new()));
    assert!(result["coverage"]["percent"].as_f64() > Some(10.0), "{}", result["coverage"]);
    for key in ["instructions", "npu_jobs", "cycles"] {
        assert!(result[key].as_u64() > Some(0), "{key}: {}", result[key]);
    }
    for key in ["seconds", "cycles_per_second", "bare_cycles_per_second"] {
        assert!(result[key].as_f64() > Some(0.0), "{key}: {}", result[key]);
    }
    let xml = std::fs::read_to_string(folder.path().join("r.xml")).expect("JUnit");
    let names = well_formed(&xml);
    assert_eq!(names.iter().filter(|name| *name == "testcase").count(), 1);
    assert!(!names.contains(&"failure".to_owned()), "{xml}");
    assert!(!folder.path().join("systole-failures").exists());
}

#[test]
fn the_result_does_not_depend_on_jobs_or_shards() {
    let folder = folder();
    let whole = cosim(folder.path(), "--programs 20 --seed 3 --jobs 1");
    let threads = cosim(folder.path(), "--programs 20 --seed 3 --jobs 3");
    let shards = [1, 2, 3]
        .map(|part| cosim(folder.path(), &format!("--programs 20 --seed 3 --shard {part}/3")));
    for key in SUMS {
        assert_eq!(whole[key], threads[key], "{key}");
        let sum: u64 = shards.iter().filter_map(|shard| shard[key].as_u64()).sum();
        assert_eq!(whole[key].as_u64(), Some(sum), "{key} over shards");
    }
}

#[test]
fn a_new_seed_is_chosen_and_repeats_the_run() {
    let folder = folder();
    let first = cosim(folder.path(), "--programs 3");
    let other = cosim(folder.path(), "--programs 3");
    assert_ne!(first["seed"], other["seed"]);
    let again = cosim(folder.path(), &format!("--programs 3 --seed {}", first["seed"]));
    for key in SUMS {
        assert_eq!(first[key], again[key], "{key}");
    }
}

#[test]
fn random_configurations_are_reported_one_by_one_and_in_sum() {
    let folder = folder();
    let arguments = "cosim --configs 2 --programs 6 --seed 1 --json r.json --junit r.xml";
    run(folder.path(), arguments).code(0).prints(&[
        "pass   sampled-0: rv32i",
        "pass   sampled-1: rv32i",
        "PASS   12 programs",
    ]);
    let result = json(&folder.path().join("r.json"));
    assert_documented(&result);
    let configs = result["configs"].as_array().expect("a list");
    assert_eq!(configs.len(), 2);
    for key in SUMS {
        let sum: u64 = configs.iter().filter_map(|config| config[key].as_u64()).sum();
        assert_eq!(result[key].as_u64(), Some(sum), "{key}");
    }
    assert!(result["coverage"].is_null(), "points of different chips do not add up");
    // The options of one lead to the same chip and programs.
    let options = configs[1]["options"].as_str().expect("a string").replace("--preset nano", "");
    let alone = cosim(folder.path(), &format!("{options} --programs 6 --first 6 --seed 1"));
    for key in SUMS {
        assert_eq!(alone[key], configs[1][key], "{key}");
    }
    let refused = "cosim --configs 2 --preset nano";
    run(folder.path(), refused).code(2);
}

#[test]
fn a_time_limit_ends_the_run() {
    let folder = folder();
    let result = cosim(folder.path(), "--time 2s --seed 1");
    let seconds = result["seconds"].as_f64().expect("a number");
    assert!((1.9..20.0).contains(&seconds), "{seconds}");
    assert!(result["programs"].as_u64() > Some(1));
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_with_a_summary() {
    use std::io::{BufRead, BufReader, Read};
    use std::process::{Command, Stdio};

    let folder = folder();
    cosim(folder.path(), "--programs 1");
    let mut command = systole(folder.path());
    command.args(["cosim", "--preset", "nano", "--time", "10m", "--seed", "1"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary runs");
    // The model is ready: from here on programs run.
    let stderr = BufReader::new(child.stderr.take().expect("piped"));
    let mut lines = stderr.lines().map_while(Result::ok);
    assert!(lines.any(|line| line.starts_with("model")), "no model");
    std::thread::sleep(std::time::Duration::from_millis(300));
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.expect("kill runs").success());
    let mut stdout = String::new();
    child.stdout.take().expect("piped").read_to_string(&mut stdout).expect("text");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    assert!(stdout.contains("STOP ") && stdout.contains("0 mismatches"), "{stdout}");
}

#[test]
fn faults_are_listed() {
    let folder = folder();
    let list = run(folder.path(), "cosim --inject list").code(0).stdout;
    assert!(list.lines().count() >= 20, "{list}");
    assert!(list.contains("sub-adds"), "{list}");
    let help = run(folder.path(), "cosim --help").code(0).stdout;
    assert!(!help.contains("--inject"), "for testing the bench only");
}

#[test]
fn a_fault_is_found_shrunk_and_explained() {
    let folder = folder();
    let mut command = systole(folder.path());
    command.args(["cosim", "--preset", "nano", "--inject", "sub-adds", "--seed", "1"]);
    command.args(["--json", "r.json", "--junit", "r.xml"]).env("GITHUB_ACTIONS", "true");
    outcome(&mut command).code(1).prints(&[
        "FAIL  nano",
        "shrunk",
        "\n::error file=hw/chip/src/core/alu.rs,line=",
        "FAIL   ",
    ]);

    let result = json(&folder.path().join("r.json"));
    assert_eq!(result["mismatches"], 1);
    assert_eq!(result["fault"], "sub-adds");
    let failure = &result["failures"][0];
    assert_documented(failure);
    assert_eq!(failure["seed"], 1);
    assert_eq!(failure["kind"], "retire");
    let small = failure["shrunk_instructions"].as_u64().expect("a number");
    assert!(small <= 12, "{small} instructions");

    let dir = folder.path().join(failure["dir"].as_str().expect("a folder"));
    let read = |name: &str| std::fs::read_to_string(dir.join(name)).expect(name);
    assert!(read("report.txt").contains("rerun     systole cosim --preset nano"));
    assert!(read("minimal.S").contains("sub "), "{}", read("minimal.S"));
    assert!(read("fail.vcd").contains("$enddefinitions"));
    assert!(read("fail.gtkw").contains("fail.fst") && read("fail.sucl").contains("golden"));
    assert!(read("fail.kanata").starts_with("Kanata\t0004\n"));
    let mismatch = "golden.mismatch == 1 && golden.valid == 1";
    let found = systole(&dir).args(["wave", "find", "fail.fst", mismatch]).output().expect("runs");
    assert_eq!(found.status.code(), Some(0), "the golden model's values are in the waves");
    // The way back ends in the adder.
    let report = json(&dir.join("report.json"));
    let steps = report["source"]["steps"].as_array().expect("a way back");
    assert_eq!(steps.last().expect("a step")["file"], "hw/chip/src/core/alu.rs");
    // The minimal program itself is right: the golden model runs it to its end.
    run(&dir, "run minimal.elf --preset nano").code(0);

    let xml = std::fs::read_to_string(folder.path().join("r.xml")).expect("JUnit");
    assert!(well_formed(&xml).contains(&"failure".to_owned()), "{xml}");

    // The folder shows it again, and agrees once the fault is gone.
    let replay = format!("cosim --replay {} --json replay.json", dir.display());
    run(folder.path(), &replay).code(1).prints(&["FAIL  retire", "sub "]);
    let replayed = json(&folder.path().join("replay.json"));
    assert_eq!(replayed["message"], failure["message"]);
    assert_eq!(replayed["was"]["kind"], "retire");
    let good = read("replay.json").replace("\"sub-adds\"", "null");
    std::fs::write(dir.join("replay.json"), good).expect("written");
    run(folder.path(), &replay).code(0).prints(&["PASS  "]);

    // The line of the report shows the same failure again.
    let rerun = failure["rerun"].as_str().expect("a command").strip_prefix("systole ");
    let rerun = format!("{} --no-waves --json again.json", rerun.expect("ours"));
    run(folder.path(), &rerun).code(1);
    let again = json(&folder.path().join("again.json"));
    assert_eq!(again["failures"][0]["shrunk_instructions"], small);
    assert_eq!(again["failures"][0]["index"], failure["index"]);
}
