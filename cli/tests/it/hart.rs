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
