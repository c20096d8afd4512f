//! Options and configurations that mean nothing: exit code 2, the key, its value and what it takes.

use crate::support::*;

#[track_caller]
fn refused(arguments: &str, texts: &[&str]) {
    let folder = folder();
    run(folder.path(), arguments).code(2).says(&["error: "]).says(texts);
    let left = std::fs::read_dir(folder.path()).expect("the folder is there").count();
    assert_eq!(left, 0, "`{arguments}` left files behind");
}

#[test]
fn impossible_values_are_refused() {
    refused("gen --set npu.dim=3", &["--set: npu.dim = 3: must be 0, 2, 4, 8, 16 or 32", "help:"]);
    refused("gen --set npu.bus_bits=0", &["npu.bus_bits = 0: must be"]);
    refused("gen --set npu.dim=1", &["npu.dim = 1: must be"]);
    refused("gen --set memory.ram_bytes=0", &["memory.ram_bytes = 0: must be"]);
    refused("gen --set npu.requantise_lanes=16", &["npu.requantise_lanes = 16", "npu.dim = 8"]);
    refused("cosim --set npu.dim=3", &["npu.dim = 3: must be"]);
    refused("run x.elf --set npu.dim=3", &["npu.dim = 3: must be"]);
}

#[test]
fn unknown_keys_and_presets_are_refused_with_a_suggestion() {
    refused("gen --set dim=4", &["unknown key `dim`: did you mean `npu.dim`?"]);
    refused("gen --set npu.dmi=4", &["unknown key `npu.dmi`: did you mean `npu.dim`?"]);
    refused("gen --set npu.dim", &["not of the form key=value"]);
    refused("gen --preset egde", &["no preset `egde`: did you mean `edge`?"]);
}

#[test]
fn a_configuration_file_is_named_with_all_its_mistakes() {
    let folder = folder();
    let good = systole_chip::ChipConfig::preset_text("nano").expect("a preset");
    let bad = good.replace("dim = 4", "dim = 3\nwheels = 4").replace("fetch_depth = 2", "");
    file(folder.path(), "my.toml", bad);
    file(folder.path(), "broken.toml", "[npu\ndim = 4\n");
    file(folder.path(), "bytes.toml", [0xff, 0xfe, 0x00]);
    run(folder.path(), "gen --config my.toml").code(2).says(&[
        "my.toml: unknown key `npu.wheels`",
        "my.toml: npu.dim = 3",
        "my.toml: core.fetch_depth is missing",
    ]);
    run(folder.path(), "gen --config broken.toml").code(2).says(&["broken.toml: "]);
    run(folder.path(), "gen --config bytes.toml").code(2).says(&["cannot read `bytes.toml`"]);
    run(folder.path(), "gen --config none.toml").code(2).says(&["cannot read `none.toml`"]);
    run(folder.path(), "gen --config my.toml --preset nano").code(2);
}

#[test]
fn bad_usage_is_refused() {
    refused("cosim --programs 0", &["--programs 0"]);
    refused("cosim --programs=-1", &["--programs", "`-1` is not a number"]);
    refused("cosim --jobs 0", &["--jobs 0"]);
    refused("cosim --time 30", &["`30` has no unit; write 30s or 30m"]);
    refused("cosim --time 0s", &["0s"]);
    refused("cosim --shard 0/4", &["`0/4` is not a part"]);
    refused("cosim --shard 5/4", &["`5/4` is not a part"]);
    refused("cosim --seed many", &["`many` is not a number"]);
    refused("cosim --first 18446744073709551615", &["--first"]);
    refused("cosim --inject sub-add", &["no fault `sub-add`: did you mean `sub-adds`?", "list"]);
    refused("cosim --profile trap", &["no profile `trap`: did you mean `traps`?"]);
    refused("cosim --replay none", &["none/replay.json", "systole-failures"]);
    refused("cosim --replay none --seed 1", &["--replay", "--seed"]);
    refused("mutate --mutants 0", &["--mutants"]);
    refused("mutate --mutants 70000", &["70000", "65535"]);
    refused("mutate --only 501", &["--only 501", "1 to 500"]);
    refused("run x.elf --engine verilog", &["golden", "rtl", "lockstep"]);
    refused("run x.elf --from 1", &["--vcd"]);
    refused("nothing", &["unrecognized subcommand"]);
}

#[test]
fn result_files_are_opened_before_the_work_starts() {
    refused("cosim --json missing/result.json", &["cannot write `missing/result.json`", "help:"]);
    refused("cosim --junit missing/result.xml", &["cannot write `missing/result.xml`"]);
    refused("bench --json missing/result.json", &["cannot write `missing/result.json`"]);
    let folder = folder();
    elf(folder.path(), "good.elf", &exit_with(0));
    for option in ["--json", "--trace"] {
        let arguments = format!("run good.elf {option} missing/file");
        run(folder.path(), &arguments).code(2).says(&["cannot write `missing/file`"]);
    }
}

#[test]
fn waves_and_signatures_need_something_to_show() {
    let folder = folder();
    elf(folder.path(), "good.elf", &exit_with(0));
    run(folder.path(), "run good.elf --vcd x.vcd").code(2).says(&["--vcd", "--engine rtl"]);
    run(folder.path(), "run good.elf --engine rtl --vcd x.vcd --from 9 --to 3")
        .code(2)
        .says(&["--from 9 comes after --to 3"]);
    run(folder.path(), "run good.elf --signature s").code(2).says(&["begin_signature"]);
    let symbols = [("tohost", TOHOST), ("begin_signature", RAM), ("end_signature", RAM - 4)];
    elf_with(folder.path(), "odd.elf", &exit_with(0), &[], &symbols);
    run(folder.path(), "run odd.elf --signature s").code(2).says(&["0x7ffffffc"]);
}

#[test]
fn help_names_every_key() {
    let folder = folder();
    let help = run(folder.path(), "gen --help").code(0);
    for key in systole_chip::config::keys::KEYS {
        assert!(help.stdout.contains(key.name), "{}", key.name);
    }
}
