//! What is written for other people's flows: it fits the chip, and the testbench runs.

mod common;

use std::collections::BTreeSet;
use std::process::Command;

use common::tools;
use systole_chip::ChipConfig;
use systole_chip::soc::{soc, systole_axi, systole_wishbone};
use systole_gen::package::{Bus, Package};
use systole_gen::{GeneratedFile, verilog};
use systole_hdl::{Design, check};

const BUSES: [Bus; 3] = [Bus::Native, Bus::Axi, Bus::Wishbone];

/// The presets, and `hart`: `nano` without its NPU.
fn chips() -> impl Iterator<Item = &'static str> {
    ChipConfig::presets().chain(["hart"])
}

fn design(chip: &str, bus: Bus) -> Design {
    let config = match chip {
        "hart" => ChipConfig::preset("nano").and_then(|nano| nano.with_settings(&["npu.dim=0"])),
        preset => ChipConfig::preset(preset),
    };
    let config = config.unwrap();
    let module = match bus {
        Bus::Native => soc(&config, false),
        Bus::Axi => systole_axi(&config),
        Bus::Wishbone => systole_wishbone(&config),
    };
    check(&module).unwrap_or_else(|errors| panic!("{errors}"))
}

fn package(design: &Design, bus: Bus) -> Vec<GeneratedFile> {
    Package { design, bus, isa: "rv32imc_zicsr" }.files()
}

fn text<'a>(files: &'a [GeneratedFile], path: &str) -> &'a str {
    let file = files.iter().find(|file| file.path == path);
    &file.unwrap_or_else(|| panic!("no {path}")).text
}

#[test]
fn the_core_file_names_every_module_and_its_targets() {
    for bus in BUSES {
        let design = design("nano", bus);
        let top = &design.top.name;
        let files = package(&design, bus);
        let core = text(&files, &format!("{top}.core"));
        let mut lines = core.lines();
        assert_eq!(lines.next(), Some("CAPI=2:"));
        let listed: Vec<&str> =
            core.lines().filter_map(|line| line.strip_prefix("      - ")).collect();
        let mut expected: Vec<String> =
            design.modules().iter().map(|module| format!("{}.v", module.name)).collect();
        expected.push("testbench.v".into());
        assert_eq!(listed, expected);
        for line in [
            format!("name: systole:chip:{top}:{}", env!("CARGO_PKG_VERSION")),
            format!("    toplevel: {top}"),
            "  default: &default".into(),
            "  lint:".into(),
            "  sim:".into(),
            "  synth:".into(),
        ] {
            assert!(core.lines().any(|found| found == line), "no `{line}` in\n{core}");
        }
    }
}

#[test]
fn the_testbench_runs_its_program_on_every_preset_and_bus() {
    if !tools::available("iverilog", "the generated testbench in Icarus Verilog") {
        return;
    }
    for chip in chips() {
        for bus in BUSES {
            let design = design(chip, bus);
            let testbench = package(&design, bus);
            let mut printed = tools::simulate(&verilog(&design), text(&testbench, "testbench.v"));
            printed.retain(|line| !line.contains("$finish"));
            assert_eq!(printed, ["PASS: the sum is 55"], "{chip} {bus:?}");
        }
    }
}

/// Names behind `i_` and `o_` in the parameters of the instance.
fn pins(core: &str) -> BTreeSet<(bool, String)> {
    let pin = |line: &str| {
        let (name, _) = line.trim().split_once('=')?;
        let name = name.trim_end();
        let input = name.strip_prefix("i_").map(|name| (false, name.to_owned()));
        input.or_else(|| name.strip_prefix("o_").map(|name| (true, name.to_owned())))
    };
    core.lines().filter_map(pin).collect()
}

#[test]
fn the_cpu_of_litex_has_the_ports_of_the_chip() {
    for chip in chips() {
        let design = design(chip, Bus::Wishbone);
        let files = package(&design, Bus::Wishbone);
        let core = text(&files, "systole/core.py");
        let output = Some(systole_hdl::ir::Direction::Output);
        let mut expected: BTreeSet<(bool, String)> =
            design.top.ports().map(|port| (port.port == output, port.name.clone())).collect();
        expected.extend(["clk", "rst"].map(|name| (false, name.to_owned())));
        assert_eq!(pins(core), expected, "{chip}");
        for (bus, port) in [("ibus", "wbm_ibus_dat_i"), ("npu", "wbm_npu_dat_i")] {
            let Some(port) = design.top.ports().find(|found| found.name == port) else {
                assert_eq!((chip, bus), ("hart", "npu"));
                continue;
            };
            let bits = port.ty.width();
            let line = format!("wishbone.Interface(data_width={bits}, address_width=32)");
            let there = core.lines().any(|text| {
                text.trim().starts_with(&format!("self.{bus}")) && text.ends_with(&line)
            });
            assert!(there, "{chip}: {bus} has not {bits} bits");
        }
    }
}

#[test]
fn the_cpu_of_litex_is_good_python() {
    let chips = ["edge", "hart"].map(|chip| package(&design(chip, Bus::Wishbone), Bus::Wishbone));
    for (files, name) in chips
        .iter()
        .flat_map(|files| ["systole/core.py", "systole/__init__.py"].map(|name| (files, name)))
    {
        let program = "import sys; compile(sys.argv[1], sys.argv[2], 'exec')";
        let run = Command::new("python3").args(["-c", program, text(files, name), name]).output();
        // Without Python there is nothing that could read it.
        let Ok(run) = run else { return };
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    }
}
