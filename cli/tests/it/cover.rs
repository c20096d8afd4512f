//! `systole cover`, with coverage of the smallest chip.

use std::collections::BTreeSet;

use crate::support::*;

#[test]
fn shards_add_up_to_the_whole_and_are_reported() {
    let folder = folder();
    let cosim = |options: &str| {
        let command = format!("cosim --preset nano --programs 24 --seed 9 {options}");
        run(folder.path(), &command).code(0).prints(&["% of ", " cover points"]);
    };
    cosim("--jobs 2 --coverage whole.json --json r.json");
    cosim("--shard 1/2 --coverage a.json");
    cosim("--shard 2/2 --coverage b.json");
    run(folder.path(), "cover merge a.json b.json -o all.json")
        .code(0)
        .prints(&["24 programs from 2 files: ", " points hit, "]);
    let [whole, all] = ["whole.json", "all.json"].map(|name| json(&folder.path().join(name)));
    assert_eq!(whole, all, "the hits do not depend on jobs and shards");
    assert!(whole["points"]["instruction/add/M"].as_u64() > Some(0));

    let report = "cover report a.json b.json --html c.html --json c.json";
    let printed = run(folder.path(), report).code(0).stdout;
    let report = json(&folder.path().join("c.json"));
    assert_documented(&report);
    let [points, hit] = ["points", "hit"].map(|key| report[key].as_u64().expect("a number"));
    assert_eq!(points, report["missed"].as_array().expect("a list").len() as u64 + hit);
    assert!(hit > 500 && hit < points, "{hit} of {points}");
    let percent = report["percent"].as_f64().expect("a number");
    assert!((percent - 100.0 * hit as f64 / points as f64).abs() < 1e-6);
    for missed in report["missed"].as_array().expect("a list") {
        assert!(printed.contains(missed.as_str().expect("a name")), "{missed} is not listed");
    }
    let cosim = json(&folder.path().join("r.json"));
    assert_eq!(cosim["coverage"]["hit"], hit);

    let page = std::fs::read_to_string(folder.path().join("c.html")).expect("a page");
    for group in report["groups"].as_array().expect("a list") {
        let name = group["name"].as_str().expect("a name");
        let shown = page.contains(&format!("<details id=\"{name}\">"));
        assert_eq!(shown, group["points"].as_u64() > Some(0), "{name}");
    }
    for outside in ["http:", "https:", "src=", "url(", "@import", "<link"] {
        assert!(!page.contains(outside), "the page needs {outside}");
    }
}

#[test]
fn a_sum_may_replace_one_of_its_parts() {
    let folder = folder();
    run(folder.path(), "cosim --preset nano --programs 3 --seed 1 --coverage sum.json").code(0);
    run(folder.path(), "cover merge sum.json sum.json -o sum.json").code(0);
    assert_eq!(json(&folder.path().join("sum.json"))["programs"], 6);
    let names = std::fs::read_dir(folder.path())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"));
    assert_eq!(names.collect::<BTreeSet<_>>(), BTreeSet::from(["sum.json".to_owned()]));
}

#[test]
fn what_cannot_be_merged_is_refused() {
    let folder = folder();
    run(folder.path(), "cosim --preset nano --programs 2 --seed 1 --coverage a.json").code(0);
    let text = std::fs::read_to_string(folder.path().join("a.json")).expect("a file");
    let other = text.replace("\"npu.outstanding_bursts\": ", "\"npu.outstanding_bursts\": 1");
    file(folder.path(), "b.json", other);
    run(folder.path(), "cover merge a.json b.json -o c.json").code(2).says(&[
        "b.json: it is of another chip: npu.outstanding_bursts",
        "only coverage of one configuration",
    ]);
    assert!(!folder.path().join("c.json").exists());
    file(folder.path(), "d.json", "{}");
    run(folder.path(), "cover report d.json")
        .code(2)
        .says(&["d.json: not a coverage file", "--coverage"]);
    run(folder.path(), "cover report gone.json").code(2).says(&["cannot read `gone.json`"]);
    run(folder.path(), "cover report").code(2);
    run(folder.path(), "cosim --configs 2 --coverage a.json").code(2);
}
