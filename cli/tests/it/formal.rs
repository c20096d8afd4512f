//! `systole formal`.

use crate::support::*;

#[test]
fn a_proof_holds_and_fails_for_its_fault() {
    let folder = folder();
    run(folder.path(), "formal --check fifo --json result.json").code(0).prints(&[
        "ok      fifo",
        "PASS",
        "1 of 1 proof holds",
    ]);
    let json = std::fs::read_to_string(folder.path().join("result.json")).expect("the result");
    let json: serde_json::Value = serde_json::from_str(&json).expect("an object");
    assert_eq!((&json["passed"], &json["failed"]), (&1.into(), &0.into()));
    assert_eq!(json["proofs"][0]["verdict"], "holds");

    let fault = "formal --check fifo --inject push-when-full --json result.json --failures waves";
    run(folder.path(), fault).code(1).prints(&[
        "FAILED  fifo",
        "`has_room` (hw/chip/src/proofs/fifo.rs:",
        "waves waves/fifo-push-when-full.vcd",
    ]);
    let json = std::fs::read_to_string(folder.path().join("result.json")).expect("the result");
    let json: serde_json::Value = serde_json::from_str(&json).expect("an object");
    assert_eq!(json["proofs"][0]["verdict"], "fails");
    let waves = std::fs::read_to_string(folder.path().join("waves/fifo-push-when-full.vcd"));
    assert!(waves.expect("the waves").contains("$enddefinitions"));
}

#[test]
fn proofs_and_faults_are_listed() {
    let folder = folder();
    run(folder.path(), "formal --list").code(0).prints(&["fifo", "every run, by induction"]);
    run(folder.path(), "formal --inject list").code(0).prints(&["push-when-full"]);
}

#[test]
fn unknown_names_are_refused_with_those_near() {
    let folder = folder();
    run(folder.path(), "formal --check fifi").code(2).says(&["no proof `fifi`", "`fifo`"]);
    run(folder.path(), "formal --inject push-when-ful").code(2).says(&["`push-when-full`"]);
    run(folder.path(), "formal --jobs 0").code(2).says(&["--jobs 0"]);
}

#[test]
fn missing_and_old_tools_are_told() {
    let folder = folder();
    let bare = || {
        let mut command = systole(folder.path());
        command.args(["formal", "--check", "fifo"]);
        command.env("SYSTOLE_CACHE", folder.path().join("cache"));
        command.env("PATH", folder.path().join("no-programs"));
        command.env_remove("SYSTOLE_YOSYS").env_remove("SYSTOLE_BOOLECTOR");
        command
    };
    outcome(&mut bare()).code(3).says(&["no Yosys", "apt install python3-pip", "SYSTOLE_YOSYS"]);
    let missing = "SYSTOLE_YOSYS is `/nonexistent/yosys`";
    outcome(bare().env("SYSTOLE_YOSYS", "/nonexistent/yosys")).code(3).says(&[missing]);
    let old = file(folder.path(), "yosys", "#!/bin/sh\necho 'Yosys 0.9 (git sha1 1979e0b)'\n");
    make_executable(&old);
    let message = "Yosys 0.9: Systole needs 0.23 or newer";
    outcome(bare().env("SYSTOLE_YOSYS", &old)).code(3).says(&[message]);
}
