//! A chip without an NPU.

use crate::support::*;

#[test]
fn a_hart_without_an_npu_runs_programs_in_lockstep() {
    let folder = folder();
    let arguments = "cosim --preset nano --set npu.dim=0 --programs 60 --seed 5 --json r.json";
    run(folder.path(), &format!("{arguments} --coverage c.json"))
        .code(0)
        .prints(&["60 programs in lockstep, 0 mismatches"]);
    assert_eq!(json(&folder.path().join("r.json"))["npu_jobs"], 0);
    run(folder.path(), "cover report c.json --json points.json").code(0);
    let points = json(&folder.path().join("points.json"));
    let missed = points["missed"].as_array().expect("points that were not hit");
    assert!(!missed.is_empty(), "in 60 programs");
    let of_npu = |name: &str| name.starts_with("npu.") || name.contains("external_interrupt");
    let wanted = missed.iter().filter_map(|name| name.as_str()).filter(|name| of_npu(name));
    assert_eq!(wanted.collect::<Vec<_>>(), [""; 0], "nothing can hit them");
}

/// The other design of the NPU, behind the same specification.
#[test]
fn a_sequential_npu_runs_jobs_in_lockstep_and_a_network() {
    let folder = folder();
    let chip = "--preset nano --set npu.sequential=true";
    run(folder.path(), &format!("cosim {chip} --programs 60 --seed 5 --json r.json"))
        .code(0)
        .prints(&["60 programs in lockstep, 0 mismatches"]);
    assert!(json(&folder.path().join("r.json"))["npu_jobs"].as_u64().unwrap() > 50);
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/../sw/models/digits/cnn_qop_s8s8_pc.onnx");
    let output = |chip: &str| {
        let ran = run(folder.path(), &format!("infer {model} {chip} --json i.json")).code(0);
        ran.stdout.lines().find(|line| line.starts_with("output 0")).expect("an output").to_string()
    };
    let parallel = output("--preset nano");
    assert_eq!(output(chip), parallel);
    let report = json(&folder.path().join("i.json"));
    let [cycles, predicted] = ["cycles", "predicted_cycles"].map(|key| report[key].as_f64());
    let ratio = predicted.unwrap() / cycles.unwrap();
    assert!((0.8..1.2).contains(&ratio), "{ratio} of the cycles were predicted");
    run(folder.path(), "gen --set npu.sequential=true").code(2).says(&[
        "npu.dim = 8: must be 4 with npu.sequential",
        "npu.bus_bits = 64: must be 32 with npu.sequential",
        "npu.int4_weights = true: not with npu.sequential",
    ]);
}

#[test]
fn what_needs_an_npu_says_so() {
    let folder = folder();
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/../sw/models/digits/cnn_qop_s8s8_pc.onnx");
    for command in ["infer", "compile -o out"] {
        run(folder.path(), &format!("{command} {model} --set npu.dim=0"))
            .code(2)
            .says(&["this chip has no NPU: npu.dim is 0", "--set npu.dim=4"]);
    }
}
