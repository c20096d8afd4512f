//! The report of a failure: in its folder as text, JSON and a page, and in what CI reads.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::*;
use crate::xml::{page_is_well_formed, well_formed};

/// Files of the report.
const FILES: [&str; 4] = ["report.txt", "report.json", "report.html", "minimal.S"];

/// Finds a fault, and returns the failure's folder and what was printed.
fn failing(folder: &Path, parent: &str) -> (PathBuf, String) {
    let arguments = "cosim --preset nano --inject sub-adds --seed 1 --no-waves";
    let arguments = format!("{arguments} --json r.json --junit r.xml --failures {parent}");
    let printed = run(folder, &arguments).code(1).stdout;
    let result = json(&folder.join("r.json"));
    let dir = result["failures"][0]["dir"].as_str().expect("a folder");
    (folder.join(dir), printed)
}

fn read(dir: &Path, name: &str) -> String {
    std::fs::read_to_string(dir.join(name)).expect(name)
}

#[test]
fn text_json_page_and_junit_tell_the_same() {
    let folder = folder();
    let (dir, printed) = failing(folder.path(), "failures");
    let report = json(&dir.join("report.json"));
    assert_documented(&report);
    let [text, page] = ["report.txt", "report.html"].map(|name| read(&dir, name));

    let failure = &json(&folder.path().join("r.json"))["failures"][0];
    for key in ["seed", "index", "kind", "message", "cycle", "rerun"] {
        assert_eq!(report[key], failure[key], "{key}");
    }
    assert_eq!(report["program"]["instructions"], failure["shrunk_instructions"]);
    assert_eq!(report["fault"], "sub-adds");
    assert!(report["verilator"].as_str().is_some_and(|name| name.starts_with("Verilator")));

    let difference = &report["differences"][0];
    let last = report["retired"].as_array().and_then(|all| all.last()).expect("a retirement");
    assert!(last["assembly"].as_str().is_some_and(|text| text.starts_with("sub ")), "{last}");
    let hex = |side: &str| {
        let digits = difference[side].as_str().and_then(|text| text.strip_prefix("0x"));
        u32::from_str_radix(digits.expect("hex"), 16).expect("hex")
    };
    assert_eq!(hex("rtl") ^ hex("golden"), hex("xor"));
    let facts: [&Value; 8] = [
        &difference["rtl"],
        &difference["golden"],
        &difference["xor"],
        &last["assembly"],
        &last["rtl"],
        &last["golden"],
        &report["state"]["registers"],
        &report["rerun"],
    ];
    for fact in facts {
        let fact = fact.as_str().expect("a text");
        assert!(text.contains(fact), "report.txt lacks {fact}:\n{text}");
        assert!(page.contains(fact), "report.html lacks {fact}");
    }
    let failing: Vec<&Value> = report["program"]["body"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|line| line["failing"] == true)
        .collect();
    assert_eq!(failing.len(), 1, "{}", report["program"]);
    assert_eq!(failing[0]["address"], last["pc"]);

    // On the terminal the folder can be replayed from where the user is.
    assert!(text.contains("\n  replay    systole cosim --replay .\n"), "{text}");
    assert!(printed.contains("\n  replay    systole cosim --replay failures/nano-1-"), "{printed}");
    assert!(!printed.contains('\x1b'), "no colours in a pipe");

    let xml = read(folder.path(), "r.xml");
    well_formed(&xml);
    for property in ["seed", "config", "verilator", "index", "rerun", "replay"] {
        assert!(xml.contains(&format!("<property name=\"{property}\" value=\"")), "{xml}");
    }
    let summary = report["summary"].as_str().expect("a text");
    assert!(xml.contains(&format!(": {summary}\">FAIL  nano")), "{xml}");
}

#[test]
fn the_page_is_well_formed_and_needs_nothing_else() {
    let folder = folder();
    let (dir, _) = failing(folder.path(), "failures");
    let page = read(&dir, "report.html");
    let names = page_is_well_formed(&page);
    for name in ["title", "table", "section", "script", "style"] {
        assert!(names.contains(&name.to_owned()), "no {name}");
    }
    for outside in ["http:", "https:", "src=", "href=", "url(", "@import", "<link"] {
        assert!(!page.contains(outside), "the page needs {outside}");
    }
}

#[test]
fn the_same_failure_gives_the_same_bytes_wherever_it_is() {
    let (here, there) = (folder(), folder());
    let (one, _) = failing(here.path(), "failures");
    let parent = there.path().join("other").display().to_string();
    let (other, _) = failing(there.path(), &parent);
    for name in FILES {
        let text = read(&one, name);
        assert_eq!(text, read(&other, name), "{name}");
        assert!(!text.contains(&parent), "{name} names a folder of this machine");
    }
}
