//! Proofs can fail: each does for every fault that is planted in the module under proof.

use std::sync::atomic::AtomicBool;

use systole_chip::proofs;
use systole_sim::{Settings, silent};
use systole_verif::formal::{Task, Tools, Verdict, prove_all};

#[test]
fn every_proof_fails_for_each_of_its_faults() {
    let settings = Settings::from_env().expect("a home folder");
    let tools = Tools::provide(settings, &silent).unwrap_or_else(|error| panic!("{error}"));
    let tasks: Vec<Task> = proofs::all()
        .into_iter()
        .flat_map(|proof| proof.faults.iter().map(move |fault| Task { proof, fault: Some(fault) }))
        .collect();
    let waves = tempfile::tempdir().expect("a folder");
    let stop = AtomicBool::new(false);
    let outcomes = prove_all(&tools, &tasks, 2, waves.path(), &stop, |_, _| ())
        .unwrap_or_else(|error| panic!("{error}"));
    for (task, outcome) in tasks.iter().zip(outcomes) {
        let name = task.name();
        let Some(Verdict::Fails(example)) = outcome.map(|outcome| outcome.verdict) else {
            panic!("{name}: no counter-example");
        };
        let found = example.assertions.iter().all(|assertion| assertion.location.is_some());
        assert!(found && !example.assertions.is_empty(), "{name}: {:?}", example.assertions);
        assert!(example.waves.is_some_and(|waves| waves.is_file()), "{name}: no waves");
    }
}
