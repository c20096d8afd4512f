//! `systole gen`.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::*;

fn contents(folder: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder).expect("an output folder");
    entries
        .map(|entry| {
            let entry = entry.expect("an entry");
            let text = std::fs::read_to_string(entry.path()).expect("a text file");
            (entry.file_name().to_string_lossy().into_owned(), text)
        })
        .collect()
}

#[test]
fn every_preset_is_written_where_it_is_asked_for() {
    let folder = folder();
    for preset in ["nano", "edge", "apex"] {
        run(folder.path(), &format!("gen --preset {preset}")).code(0).prints(&[preset, "files.f"]);
        let files = contents(&folder.path().join("build").join(preset));
        assert!(files["systole_soc.v"].contains("module systole_soc"));
        let listed: Vec<&str> =
            files["files.f"].lines().filter(|line| line.ends_with(".v")).collect();
        let verilog = files.keys().filter(|name| name.ends_with(".v") && *name != "testbench.v");
        assert_eq!(listed.len(), verilog.count(), "the list names every file once");
        assert!(files["systole_soc.core"].starts_with("CAPI=2:\n"));
        for (name, text) in files.iter().filter(|(name, _)| name.ends_with(".v")) {
            assert!(text.contains("`default_nettype none"), "{preset}: {name}");
            assert!(!text.contains("rvfi_"), "{preset}: {name} has a retire port");
        }
    }
}

#[test]
fn the_same_configuration_gives_the_same_bytes() {
    let folder = folder();
    run(folder.path(), "gen --preset nano -o first").code(0);
    run(folder.path(), "gen --preset nano -o second").code(0);
    // The same configuration by another way.
    let text = systole_chip::ChipConfig::preset_text("nano").expect("a preset");
    file(folder.path(), "mine.toml", text);
    run(folder.path(), "gen --config mine.toml -o third").code(0);
    run(folder.path(), "gen --config mine.toml --set npu.dim=4 -o fourth").code(0);
    let first = contents(&folder.path().join("first"));
    assert!(first.len() > 20);
    for other in ["second", "third", "fourth"] {
        assert!(first == contents(&folder.path().join(other)), "{other} differs");
    }
}

#[test]
fn settings_change_the_chip() {
    let folder = folder();
    run(folder.path(), "gen --preset nano -o four").code(0);
    run(folder.path(), "gen --preset nano --set npu.dim=8 -o eight --rvfi").code(0);
    let eight = contents(&folder.path().join("eight"));
    assert!(eight["systole_soc.v"].contains("rvfi_valid"));
    assert!(eight != contents(&folder.path().join("four")));
}

#[test]
fn standard_buses_are_around_the_chip() {
    let folder = folder();
    run(folder.path(), "gen --preset nano --bus axi").code(0).prints(&["systole_axi.core"]);
    let files = contents(&folder.path().join("build/nano-axi"));
    assert!(files["systole_axi.v"].contains("X_INTERFACE_INFO"));
    assert!(files["testbench.v"].contains("systole_axi chip ("));
    run(folder.path(), "gen --preset nano --bus wishbone").code(0).prints(&["LiteX"]);
    let cpu = contents(&folder.path().join("build/nano-wishbone/systole"));
    let names: Vec<&str> = cpu.keys().map(String::as_str).collect();
    let expected = ["__init__.py", "boot-helper.S", "core.py", "crt0.S", "irq.h", "system.h"];
    assert_eq!(names, expected);
    assert!(cpu["core.py"].contains("-march=rv32imc_zicsr_zifencei_zicntr "));
    for other in ["--board icebreaker", "--rvfi"] {
        run(folder.path(), &format!("gen --bus axi {other}")).code(2).says(&["--bus"]);
    }
}

#[test]
fn a_board_gets_all_that_its_tools_take() {
    let folder = folder();
    for (board, preset, constraints) in [
        ("icebreaker", "nano", "pcf"),
        ("ulx3s", "edge", "lpf"),
        ("tang_nano_20k", "nano", "cst"),
        ("arty_a7_100", "edge", "xdc"),
    ] {
        run(folder.path(), &format!("gen --board {board}")).code(0).prints(&[preset, constraints]);
        let files = contents(&folder.path().join("build").join(board));
        let listed: Vec<&str> =
            files["files.f"].lines().filter(|line| line.ends_with(".v")).collect();
        assert_eq!(listed[listed.len() - 2..], ["systole_board.v", &format!("{board}.v")]);
        assert!(files[&format!("{board}.v")].contains("systole_board board ("));
        assert_eq!(files["boot.hex"].lines().count(), if preset == "edge" { 512 } else { 1024 });
        assert!(files.contains_key(&format!("{board}.{constraints}")));
        assert!(files.contains_key("synthesise.ys"));
        assert_eq!(files.contains_key("vivado.tcl"), constraints == "xdc");
    }
    run(folder.path(), "gen --board ulx3s --preset nano --clock 50 -o fast").code(0);
    let files = contents(&folder.path().join("fast"));
    assert!(files["ulx3s.v"].contains("EHXPLLL"));
    let monitor = systole_monitor::boot_hex(&systole_monitor::Chip {
        name: "nano".to_owned(),
        clock_hz: 50_000_000,
        ram_bytes: 128 << 10,
        fetch_bits: 32,
        dim: 4,
        scratchpad_rows: 2048,
    });
    assert!(files["boot.hex"] == monitor, "the boot ROM holds the monitor for this chip");
}

#[test]
fn a_folder_below_a_file_cannot_be_written() {
    let folder = folder();
    file(folder.path(), "taken", "a file");
    run(folder.path(), "gen -o taken/out").code(2).says(&["cannot write `taken", "-o DIR"]);
    run(folder.path(), "gen -o taken").code(2).says(&["cannot write `taken", "-o DIR"]);
    assert_eq!(contents(folder.path())["taken"], "a file");
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_cannot_be_written() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let locked = folder.path().join("locked");
    std::fs::create_dir(&locked).expect("a folder");
    let mode = |mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&locked, permissions).expect("our own folder");
    };
    mode(0o555);
    let outcome = run(folder.path(), "gen -o locked");
    mode(0o755);
    // Root may write everywhere, and then nothing is wrong.
    if outcome.code != Some(0) {
        outcome.code(2).says(&["locked", "read-only", "-o DIR"]);
    }
}
