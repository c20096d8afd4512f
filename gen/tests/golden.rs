//! Generated text, as reviewed: `gen/tests/golden`. `UPDATE_GOLDEN=1 cargo test -p systole-gen
//! --test golden` rewrites it.

mod common;

use std::path::PathBuf;

use common::{examples, tools};
use systole_gen::{FILE_LIST, SOURCE_MAP, verilog, verilog_with_lines, write_files};
use systole_hdl::check;

fn golden(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(path)
}

#[test]
fn examples_print_as_reviewed() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    for module in examples::all() {
        let design = check(&module).unwrap_or_else(|errors| panic!("{errors}"));
        for file in verilog(&design) {
            let is_top = file.path == format!("{}.v", design.top.name);
            let lists = design.top.name == "sequencer"
                && (file.path == FILE_LIST || file.path == SOURCE_MAP);
            if !is_top && !lists {
                continue;
            }
            let path = golden(&file.path);
            if update {
                std::fs::write(&path, &file.text).unwrap();
            }
            let reviewed = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(
                reviewed == file.text,
                "{} differs from what is printed now:\n{}",
                path.display(),
                file.text
            );
        }
    }
}

#[test]
fn the_same_design_gives_the_same_bytes() {
    let print = || verilog(&check(&examples::sequencer()).unwrap());
    assert_eq!(print(), print());
}

#[test]
fn every_line_of_the_source_map_exists() {
    let files = verilog(&check(&examples::sequencer()).unwrap());
    let map = files.iter().find(|file| file.path == SOURCE_MAP).unwrap();
    let text = tools::all_text(&files);
    let entries = map.text.lines().filter(|line| line.contains(".rs\"")).count();
    assert!(entries > 40, "{}", map.text);
    let lines = files.iter().map(|file| file.text.lines().count()).max().unwrap();
    for entry in map.text.lines().filter(|line| line.contains(".rs\"")) {
        let line = entry.trim().trim_start_matches('[').split(',').next().unwrap();
        assert!(line.parse::<usize>().unwrap() <= lines, "{entry}\n{text}");
    }
}

#[test]
fn line_directives_reach_the_tools() {
    let files = verilog_with_lines(&check(&examples::pe()).unwrap());
    assert!(files[0].text.contains("`line "), "{}", files[0].text);
    if !tools::available("yosys", "places in the Rust source as Yosys sees them") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path(), &files).unwrap();
    let script = "read_verilog pe.v; write_rtlil";
    let netlist = tools::run(folder.path(), "yosys", &["-q", "-p", script]);
    let source = include_str!("common/examples.rs");
    let line = 1 + source.lines().position(|line| line.contains(r#"m.reg("weight""#)).unwrap();
    let attribute = format!(r#"attribute \src "gen/tests/common/examples.rs:{line}."#);
    assert!(netlist.contains(&attribute), "no `{attribute}` in\n{netlist}");
}

#[test]
fn linters_have_nothing_to_say() {
    let icarus = tools::available("iverilog", "lint by Icarus Verilog");
    let yosys = tools::available("yosys", "check by Yosys");
    let verilator = tools::available("verilator", "lint by Verilator (see scripts/lint)");
    for module in examples::all() {
        let design = check(&module).unwrap();
        let files = verilog(&design);
        let folder = tempfile::tempdir().unwrap();
        write_files(folder.path(), &files).unwrap();
        std::fs::write(folder.path().join("ram.hex"), "00000000\n").unwrap();
        let top = design.top.name.as_str();
        let names: Vec<_> = tools::verilog_names(&files).collect();
        for define in ["-DPLAIN", "-DCHECKS"] {
            if icarus {
                let mut arguments = vec!["-g2005", "-Wall", "-t", "null", define, "-s", top];
                arguments.extend(&names);
                assert_eq!(tools::run(folder.path(), "iverilog", &arguments), "");
            }
            if verilator {
                let options = ["--lint-only", "-Wall", "--quiet", define, "--top-module", top];
                let arguments = [&options[..], &["-F", FILE_LIST]].concat();
                tools::run(folder.path(), "verilator", &arguments);
            }
        }
        if yosys {
            let read = format!("read_verilog {}", names.join(" "));
            let script = format!("{read}; hierarchy -check -top {top}; proc; check -assert");
            assert_eq!(tools::run(folder.path(), "yosys", &["-q", "-p", &script]), "");
        }
    }
}
