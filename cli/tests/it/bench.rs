//! `systole bench`, on the smallest chip.

use std::path::Path;

use serde_json::Value;

use crate::support::*;

#[test]
fn every_figure_is_measured() {
    let folder = folder();
    run(folder.path(), "bench --preset nano --json b.json")
        .code(0)
        .prints(&["golden model", "nano"]);
    let result = json(&folder.path().join("b.json"));
    assert_documented(&result);
    assert!(result["golden_instructions_per_second"].as_f64() > Some(1e6));
    let simulation = &result["simulation"][0];
    assert_documented(simulation);
    assert!(simulation["ratio"].as_f64() > Some(0.0));
    let jobs = result["npu"].as_array().expect("jobs");
    assert!(jobs.len() >= 4);
    for job in jobs {
        assert_documented(job);
        let (cycles, predicted) = (job["cycles"].as_u64(), job["predicted_cycles"].as_u64());
        let utilisation = job["utilisation"].as_f64().expect("a number");
        assert!(utilisation > 0.0 && utilisation <= 1.0, "{job}");
        // A law that the array beats counts something wrong.
        assert!(cycles >= predicted.map(|cycles| cycles * 9 / 10), "{job}");
    }
    let kernels = result["core"].as_array().expect("kernels");
    assert!(kernels.iter().filter(|kernel| kernel["isa"] == "rv32im").count() >= 7);
    for kernel in kernels {
        assert_documented(kernel);
        assert_eq!(kernel["pipeline"], "compact");
        let ipc = kernel["ipc"].as_f64().expect("a number");
        assert!(ipc > 0.0 && ipc <= 1.0, "{kernel}");
        repeats(folder.path(), kernel);
    }
}

/// `systole run` counts the same cycles and instructions as `systole bench` did.
#[track_caller]
fn repeats(folder: &Path, kernel: &Value) {
    let text = |key: &str| kernel[key].as_str().expect("a text");
    let elf = format!("../bench/{}/{}.elf", text("isa"), text("kernel"));
    let mut command = systole(folder);
    command.args(["run", "--preset", "nano", "--engine", "rtl", "--signature", "s.txt"]);
    outcome(command.arg(committed(&elf))).code(0);
    let signature = std::fs::read_to_string(folder.join("s.txt")).expect("a signature");
    let words: Vec<u32> =
        signature.lines().map(|line| u32::from_str_radix(line, 16).expect("a word")).collect();
    for (key, sum) in [("cycles", words[1]), ("instructions", words[2])] {
        assert_eq!(kernel[key].as_f64(), Some(f64::from(sum) / f64::from(words[0])), "{elf}");
    }
}
