//! `systole cosim --netlist`: what Yosys makes of modules, in lockstep.

use crate::support::*;

/// Programs with jobs that use the whole array.
const PROGRAMS: &str = "--preset nano --module npu_array --programs 12 --seed 1 --no-waves";

#[test]
fn a_fault_of_synthesis_is_found() {
    let folder = folder();
    // Mapped as one flat module, Yosys loses multipliers of the array.
    let command = format!("cosim --netlist ice40-flat {PROGRAMS} --json r.json");
    run(folder.path(), &command).code(1).prints(&[
        "nano (ice40-flat netlists of npu_array)",
        "npu_write",
        "--netlist ice40-flat --module npu_array --seed 1 --first",
    ]);
    let result = json(&folder.path().join("r.json"));
    assert_documented(&result);
    assert_documented(&result["netlist"]);
    assert_eq!(result["netlist"]["cells"], "ice40-flat");
    assert_eq!(result["netlist"]["modules"], serde_json::json!(["npu_array"]));
    // A folder says what it was found on, and does so again.
    let failure = result["failures"][0]["dir"].as_str().expect("a folder");
    let replay = format!("cosim --replay {failure}");
    run(folder.path(), &replay).code(1).prints(&["FAIL  npu_write"]);
    // Module by module, as boards are synthesised, it does not lose any.
    let command = format!("cosim --netlist ice40 {PROGRAMS}");
    run(folder.path(), &command).code(0).prints(&["PASS   12 programs"]);
}

#[test]
fn a_fault_of_the_chip_is_found_on_its_netlist() {
    let folder = folder();
    let command = "cosim --netlist generic --module core_alu --inject slt-unsigned";
    run(folder.path(), &format!("{command} --preset nano --seed 1 --no-waves")).code(1).prints(&[
        "nano (generic netlists of core_alu)",
        "--inject slt-unsigned --netlist generic --module core_alu",
    ]);
}

#[test]
fn wrong_netlists_are_told() {
    let folder = folder();
    let unknown = "cosim --preset nano --netlist ecp5";
    run(folder.path(), unknown).code(2).says(&["no netlists of `ecp5`", "generic and ice40"]);
    let unknown = "cosim --preset nano --netlist ice40 --module npu_arrays";
    run(folder.path(), unknown).code(2).says(&["nano has no module `npu_arrays`", "`npu_array`"]);
    run(folder.path(), "cosim --preset nano --module core").code(2).says(&["--netlist"]);
}
