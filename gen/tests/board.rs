//! The board as Verilog, with a boot ROM that Icarus Verilog reads from its file.

mod common;

#[allow(dead_code, reason = "what the tests of the chip need of it")]
#[path = "../../hw/chip/src/core/tests/assembler.rs"]
mod assembler;
#[path = "../../hw/chip/src/board/tests/program.rs"]
mod program;

use common::tools;
use systole_chip::ChipConfig;
use systole_chip::board::memory::boot_rom::BOOT_FILE;
use systole_chip::board::memory::shape::Shape;
use systole_chip::board::{Peripherals, board};
use systole_gen::{GeneratedFile, verilog, write_files};
use systole_hdl::check;

const TOP: &str = "systole_board";

/// A bit lasts 8 cycles.
const PERIPHERALS: Peripherals = Peripherals { clock_hz: 800, baud: 100, leds: 8, buttons: 3 };

/// A preset with a RAM as boards have it.
fn config(preset: &str) -> ChipConfig {
    ChipConfig::preset(preset).unwrap().with_settings(&["memory.ram_bytes=65536"]).unwrap()
}

/// The board around a chip, and the boot ROM of the chip's tests.
fn files(config: &ChipConfig) -> Vec<GeneratedFile> {
    let mut files = verilog(&check(&board(config, &PERIPHERALS)).unwrap());
    let rom = program::rom(true);
    let lines = rom.chunks(config.core.fetch_bits() as usize / 32).map(|words| {
        let digits: String = words.iter().rev().map(|word| format!("{word:08x}")).collect();
        format!("{digits}\n")
    });
    files.push(GeneratedFile { path: BOOT_FILE.to_owned(), text: lines.collect() });
    files
}

/// Prints what the board sends, and what the LEDs show in the end; sends it a `w` after the third
/// byte.
const TESTBENCH: &str = r#"
`default_nettype none

module testbench;
    localparam BIT = 80;
    localparam WORDS = RAM_WORDS;

    reg clk = 1'b0;
    reg rst = 1'b1;
    reg rx = 1'b1;
    wire tx;
    wire [7:0] leds;

    always #5 clk = !clk;

    systole_board board (
        .clk(clk), .rst(rst), .uart_rx(rx), .uart_tx(tx), .leds(leds), .buttons(3'd5)
    );

    // The hart fetches ahead; unknown instructions would spread where real ones are known.
    integer word;
    initial begin
        for (word = 0; word < WORDS; word = word + 1) begin
            board.memory.ram.words[word] = 0;
        end
    end

    integer heard;
    integer n;
    reg [7:0] received;
    initial begin
        #42 rst = 1'b0;
        for (heard = 1; heard <= 4; heard = heard + 1) begin
            @(negedge tx);
            #(BIT / 2);
            for (n = 0; n < 8; n = n + 1) begin
                #BIT received[n] = tx;
            end
            #BIT $display("%0d", received);
        end
        #10000 $display("leds %0d", leds);
        $finish;
    end

    integer m;
    reg [9:0] frame = {1'b1, 8'h77, 1'b0};
    initial begin
        wait (heard == 4);
        for (m = 0; m < 10; m = m + 1) begin
            rx = frame[m];
            #BIT;
        end
    end

    initial #1000000 begin
        $display("nothing more comes");
        $finish;
    end
endmodule
"#;

/// `scripts/lint` asks Verilator, too.
#[test]
fn linters_have_nothing_to_say_about_the_board() {
    let icarus = tools::available("iverilog", "lint of the board by Icarus Verilog");
    let yosys = tools::available("yosys", "check of the board by Yosys");
    for preset in ChipConfig::presets() {
        let files = files(&config(preset));
        let folder = tempfile::tempdir().unwrap();
        write_files(folder.path(), &files).unwrap();
        let names: Vec<&str> = tools::verilog_names(&files).collect();
        if icarus {
            let options = ["-g2005", "-Wall", "-t", "null", "-s", TOP];
            let arguments = [&options[..], &names].concat();
            assert_eq!(tools::run(folder.path(), "iverilog", &arguments), "");
        }
        if yosys {
            let read = format!("read_verilog {}", names.join(" "));
            let script = format!("{read}; hierarchy -check -top {TOP}; proc; check -assert");
            assert_eq!(tools::run(folder.path(), "yosys", &["-q", "-p", &script]), "");
        }
    }
}

/// 64 KiB of RAM and 4 KiB of ROM, in blocks of 16 Kbit.
#[test]
fn the_memories_of_the_board_become_block_ram_of_an_ecp5() {
    if !tools::available("yosys", "memories of the board as Yosys maps them") {
        return;
    }
    for preset in ChipConfig::presets() {
        let files = files(&config(preset));
        let folder = tempfile::tempdir().unwrap();
        write_files(folder.path(), &files).unwrap();
        let script = format!(
            "read_verilog {}; synth_ecp5 -top board_memory -run begin:map_ffram; \
             select -assert-count 34 t:DP16KD; select -assert-none t:$mem*",
            tools::verilog_names(&files).collect::<Vec<_>>().join(" ")
        );
        tools::run(folder.path(), "yosys", &["-q", "-p", &script]);
    }
}

#[test]
fn the_boot_rom_is_read_from_its_file_and_runs() {
    if !tools::available("iverilog", "the board in Icarus Verilog") {
        return;
    }
    for preset in ["nano", "edge"] {
        let mut expected: Vec<String> =
            program::says(b'w', true).iter().map(|byte| byte.to_string()).collect();
        expected.push(format!("leds {}", program::LAST_LEDS));
        let config = config(preset);
        let words = Shape::of(&config).words().to_string();
        let testbench = TESTBENCH.replace("RAM_WORDS", &words);
        let mut printed = tools::simulate(&files(&config), &testbench);
        // Icarus says where it is.
        printed.retain(|line| !line.contains("$finish"));
        assert_eq!(printed, expected, "{preset}");
    }
}
