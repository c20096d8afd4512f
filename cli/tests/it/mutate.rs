//! `systole mutate`, on the smallest chip.

use serde_json::Value;

use crate::support::*;

/// Proofs are tested where they are made: they take minutes, and depend on time.
const SAMPLE: &str =
    "mutate --preset nano --mutants 40 --seed 3 --programs 60 --prove 0 --shrink 3";

#[test]
fn a_sample_is_judged_and_reported() {
    let folder = folder();
    run(folder.path(), &format!("{SAMPLE} --jobs 1 --json one.json")).code(0).prints(&[
        "mutate  nano  seed 3  40 mutants",
        "module ",
        "class ",
        " noticed: ",
    ]);
    let result = json(&folder.path().join("one.json"));
    assert_documented(&result);
    assert_eq!(result["mutants"], 40);
    let count = |key: &str| result[key].as_u64().expect("a count");
    let parts = count("killed") + count("survived") + count("equivalent");
    assert_eq!(parts, 40);
    assert!(count("killed") >= 20, "{result:#}");
    let survivors = result["survivors"].as_array().expect("a list");
    assert_eq!(survivors.len() as u64, count("survived"));
    survivors.iter().for_each(assert_documented);
    for survivor in survivors {
        assert!(survivor["file"].as_str().is_some_and(|file| file.starts_with("hw/chip/src")));
        assert!(survivor["diff"].as_array().is_some_and(|lines| !lines.is_empty()), "{survivor}");
    }
    let sum = |of: &str| -> u64 {
        let rows = result[of].as_array().expect("a list").iter();
        rows.filter_map(|row| row["mutants"].as_u64()).sum()
    };
    assert_eq!((sum("modules"), sum("classes")), (40, 40));

    let shrunk = result["shrunk"]["programs"].as_array().expect("a list");
    assert_eq!(shrunk.len(), 3);
    for program in shrunk {
        assert_documented(program);
        let size = |key: &str| program[key].as_u64().expect("a size");
        assert!(size("instructions") < size("original_instructions"), "{program}");
    }

    // The result does not depend on the number of threads.
    run(folder.path(), &format!("{SAMPLE} --jobs 3 --json three.json")).code(0);
    assert_eq!(json(&folder.path().join("three.json")), result);

    // A survivor alone survives again.
    if let Some(number) = survivors.first().and_then(|survivor| survivor["number"].as_u64()) {
        run(folder.path(), &format!("{SAMPLE} --only {number} --json only.json")).code(0);
        let only = json(&folder.path().join("only.json"));
        assert_eq!(only["mutants"], 1);
        assert_eq!(only["survivors"], Value::Array(vec![survivors[0].clone()]));
    }
}
