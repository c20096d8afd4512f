//! `systole fpga`: from Verilog to a bitstream, with the tools of this machine or from PyPI.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::*;

/// A design with the ports of an iCEBreaker: a counter of `bits` on the LEDs, the UART back, a
/// product of two bytes from block RAM.
fn counter(bits: u32) -> String {
    let top = bits - 1;
    format!(
        "module systole_board (
    input wire clk, input wire rst, input wire uart_rx, output wire uart_tx,
    output wire [4:0] leds, input wire buttons
);
    reg [{top}:0] count;
    reg signed [7:0] memory [0:511];
    reg signed [7:0] byte, last;
    reg signed [15:0] product;
    always @(posedge clk) begin
        if (rst) count <= 0;
        else count <= count + 1;
        if (buttons) memory[count[16:8]] <= count[7:0];
        byte <= memory[count[8:0]];
        last <= byte;
        product <= byte * last;
    end
    assign leds = count[{top}:{}] ^ {{4'd0, ^product}};
    assign uart_tx = uart_rx;
endmodule
",
        bits - 5
    )
}

/// Names in a folder, those that begin with a point, too.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let name = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let mut names: Vec<String> = entries.map(|entry| name(entry.expect("an entry"))).collect();
    names.sort();
    names
}

#[test]
fn verilog_becomes_a_bitstream() {
    let folder = folder();
    file(folder.path(), "counter.v", counter(24));
    let command = "fpga --board icebreaker --verilog counter.v --seeds 2 --json result.json";
    run(folder.path(), command).code(0).prints(&[
        "fpga  icebreaker (iCE40UP5K-SG48)",
        "blocks of RAM           1 of      30",
        "multipliers             1 of       8",
        "median",
        "12 MHz wanted: met",
        "critical path",
        "bitstream         build/icebreaker/icebreaker.bin",
    ]);
    let result = json(&folder.path().join("result.json"));
    assert_documented(&result);
    for part in ["seeds", "critical_path", "utilisation", "steps", "memories", "multipliers"] {
        assert_documented(&result[part][0]);
    }
    assert_eq!(
        (&result["bram"], &result["dsp"], &result["lut_ram"]),
        (&1.into(), &1.into(), &0.into())
    );
    let memory = &result["memories"][0];
    assert_eq!((&memory["name"], &memory["storage"]), (&"board.memory".into(), &"block".into()));
    assert_eq!(result["multipliers"][0]["cells"], 1);
    let seeds: Vec<f64> =
        (0..2).map(|seed| result["seeds"][seed]["fmax_mhz"].as_f64().expect("MHz")).collect();
    let fmax = result["fmax_mhz"].as_f64().expect("MHz");
    assert_eq!(fmax, seeds[0].max(seeds[1]));
    assert!((12.0..400.0).contains(&fmax), "{fmax}");
    assert!(result["lut"].as_u64().expect("a count") >= 24, "{result}");
    // The header of an iCE40 bitstream.
    let bitstream = std::fs::read(folder.path().join("build/icebreaker/icebreaker.bin"));
    let bitstream = bitstream.expect("the bitstream");
    assert!(bitstream.windows(4).any(|word| word == [0x7e, 0xaa, 0x99, 0x7e]));
    assert_eq!(names(&folder.path().join("build")), ["icebreaker"]);
}

#[test]
fn a_clock_that_is_too_fast_is_a_failed_check() {
    let folder = folder();
    file(folder.path(), "counter.v", counter(48));
    let command = "fpga --board icebreaker --verilog counter.v --clock 270 --json result.json";
    run(folder.path(), command).code(1).prints(&["270 MHz wanted: MISSED"]);
    let result = json(&folder.path().join("result.json"));
    assert_eq!((&result["meets_timing"], &result["clock_mhz"]), (&false.into(), &270.0.into()));
    // The slowest path is the counter's carry chain.
    let steps = result["critical_path"].as_array().expect("steps");
    let sum = counter(48).lines().position(|line| line.contains("count + 1")).expect("a sum");
    let known = |step: &serde_json::Value| step["file"] == "counter.v" && step["line"] == 1 + sum;
    assert!(steps.iter().any(known), "{steps:?}");
}

#[test]
fn a_design_that_does_not_fit_leaves_nothing() {
    let folder = folder();
    // Contents at power-up keep it out of the large blocks of RAM, which have none.
    let large = "module systole_board (
    input wire clk, input wire rst, input wire uart_rx, output wire uart_tx,
    output wire [4:0] leds, input wire buttons
);
    reg [15:0] address;
    reg [4:0] memory [0:32767];
    reg [4:0] word;
    initial memory[0] = 5'd1;
    always @(posedge clk) begin
        address <= rst ? 16'd0 : address + 16'd1;
        if (uart_rx) memory[address[14:0]] <= address[4:0];
        word <= memory[address[15:1]];
    end
    assign leds = word;
    assign uart_tx = buttons;
endmodule
";
    file(folder.path(), "large.v", large);
    run(folder.path(), "fpga --board icebreaker --verilog large.v").code(2).says(&[
        "does not fit iCE40UP5K-SG48",
        "blocks of RAM             40 of 30",
        "--set npu.dim=2",
    ]);
    assert_eq!(names(folder.path()), ["build", "large.v"]);
    assert!(names(&folder.path().join("build")).is_empty());
    let count = "fpga --board icebreaker --verilog large.v --synth-only";
    run(folder.path(), count).code(0).prints(&["none, and it would not fit"]);
}

#[test]
fn a_module_of_the_chip_is_counted() {
    let folder = folder();
    let command = "fpga --board arty_a7_35 --preset nano --synth-only --module core_decode \
                   --json result.json";
    run(folder.path(), command).code(0).prints(&["nano, core_decode"]);
    let result = json(&folder.path().join("result.json"));
    assert_documented(&result);
    assert!(result["lut"].as_u64().expect("a count") > 20, "{result}");
    assert!(result["bitstream"].is_null() && result["fmax_mhz"].is_null(), "{result}");
    assert_eq!(names(folder.path()), ["result.json"]);
    let unknown = "fpga --board arty_a7_35 --preset nano --synth-only --module core_decoder";
    run(folder.path(), unknown).code(2).says(&["no module `core_decoder`", "`core_decode`"]);
}

#[test]
fn wrong_options_are_told() {
    let folder = folder();
    file(folder.path(), "wrong.v", "module systole_board (input wire clk; endmodule\n");
    let cases: [(&str, &[&str]); 7] = [
        ("fpga", &["--board is missing", "--list"]),
        ("fpga --board ulx3", &["no board `ulx3`", "`ulx3s`"]),
        ("gen --board tang", &["no board `tang`", "`tang_nano_20k`"]),
        ("fpga --board icebreaker --clock 1", &["cannot make 1 MHz of its 12 MHz"]),
        ("fpga --board icebreaker --seeds 0", &["--seeds 0"]),
        ("fpga --board icebreaker --verilog none.v", &["cannot read `none.v`"]),
        ("fpga --board icebreaker --verilog wrong.v", &["yosys refuses the design: wrong.v:1"]),
    ];
    for (command, texts) in cases {
        run(folder.path(), command).code(2).says(texts);
    }
    run(folder.path(), "fpga --list").code(0).prints(&["icebreaker", "XC7A100T-1CSG324"]);
}

#[test]
fn missing_tools_are_told() {
    let folder = folder();
    file(folder.path(), "counter.v", counter(24));
    let mut command = systole(folder.path());
    command.args(["fpga", "--board", "icebreaker", "--verilog", "counter.v"]);
    command.env("SYSTOLE_CACHE", folder.path().join("cache"));
    command.env("PATH", folder.path().join("no-programs")).env_remove("SYSTOLE_YOSYS");
    outcome(&mut command).code(3).says(&["no Yosys", "apt install python3-pip"]);
    let old =
        file(folder.path(), "old-yosys", "#!/bin/sh\necho 'Yosys 0.23 (git sha1 7ce5011c2)'\n");
    make_executable(&old);
    let needed = "Yosys 0.23: Systole needs 0.70 or newer";
    outcome(command.env("SYSTOLE_YOSYS", &old)).code(3).says(&[needed]);
}

#[test]
fn an_interrupted_run_leaves_nothing() {
    let folder = folder();
    file(folder.path(), "counter.v", counter(24));
    let script =
        "#!/bin/sh\n[ \"$1\" = -V ] && exec echo 'Yosys 0.70 (git sha1 0)'\nexec sleep 600\n";
    let slow = file(folder.path(), "slow-yosys", script);
    make_executable(&slow);
    let mut command = systole(folder.path());
    command.args("fpga --board icebreaker --verilog counter.v --synth-only -o out".split(' '));
    command.env("SYSTOLE_YOSYS", &slow).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary runs");
    let start = Instant::now();
    while names(folder.path()).len() < 3 {
        assert!(start.elapsed() < Duration::from_secs(60), "it does not begin");
        assert!(child.try_wait().expect("a child").is_none(), "it has ended already");
        std::thread::sleep(Duration::from_millis(5));
    }
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.expect("kill runs").success());
    let output = child.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{text}");
    assert_eq!(names(folder.path()), ["counter.v", "slow-yosys"]);
}
