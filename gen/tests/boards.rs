//! What is generated from the boards. `UPDATE_CONSTRAINTS=1 cargo test -p systole-gen --test boards`
//! rewrites `constraints/`.

mod common;

use std::path::{Path, PathBuf};

use common::tools;
use systole_gen::board::{Board, FPGA_MODULE, Family, Project, SYNTHESIS_SCRIPT, VIVADO_SCRIPT};
use systole_gen::{FILE_LIST, GeneratedFile, verilog, write_files};
use systole_hdl::prelude::*;

/// A module with the ports of a board: a counter on the LEDs, the UART back to where it came from.
fn stand_in(board: &Board) -> Vec<GeneratedFile> {
    let (leds, buttons) = (board.leds.len() as u32, board.buttons.len() as u32);
    let module = module(FPGA_MODULE, |m| {
        let uart_rx = m.input("uart_rx", Bit);
        let pressed = m.input("buttons", U(buttons));
        let count = m.reg("count", U(24)).reset(0);
        m.clocked(|| {
            when(pressed.eq(0), || count.set(count + 1));
        });
        m.output("uart_tx", uart_rx);
        m.output("leds", count.bits(23, 24 - leds));
    });
    verilog(&systole_hdl::check(&module).unwrap_or_else(|errors| panic!("{errors}")))
}

fn project(board: &'static Board, mhz: Option<u64>) -> Vec<GeneratedFile> {
    let project = Project::new(board, mhz.map(|mhz| mhz * 1_000_000)).unwrap();
    project.files(stand_in(board), FPGA_MODULE, &[])
}

fn text<'a>(files: &'a [GeneratedFile], path: &str) -> &'a str {
    let file = files.iter().find(|file| file.path == path);
    &file.unwrap_or_else(|| panic!("no {path}")).text
}

#[test]
fn committed_constraints_are_those_of_the_boards() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../constraints");
    for board in Board::all() {
        let file = Project::new(board, None).unwrap().constraints();
        let path: PathBuf = root.join(board.name).join(&file.path);
        if std::env::var_os("UPDATE_CONSTRAINTS").is_some() {
            write_files(&root.join(board.name), std::slice::from_ref(&file)).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == file.text, "{} should be:\n{}", path.display(), file.text);
    }
}

#[test]
fn a_project_lists_every_file_with_the_top_last() {
    for board in Board::all() {
        let files = project(board, None);
        let listed: Vec<&str> =
            text(&files, FILE_LIST).lines().filter(|line| line.ends_with(".v")).collect();
        assert_eq!(listed, ["systole_board.v".to_owned(), format!("{}.v", board.name)]);
        let script = text(&files, SYNTHESIS_SCRIPT);
        assert!(listed.iter().all(|name| script.contains(&format!("read_verilog {name}\n"))));
        let core = text(&files, &format!("{}.core", board.name));
        assert!(core.starts_with("CAPI=2:\n"), "{core}");
        let constraints = Project::new(board, None).unwrap().constraints().path;
        for name in listed.iter().copied().chain([constraints.as_str()]) {
            assert!(core.contains(&format!("      - {name}\n")), "no {name} in\n{core}");
        }
        let xilinx = matches!(board.device.family, Family::Xilinx7 { .. });
        assert_eq!(files.iter().any(|file| file.path == VIVADO_SCRIPT), xilinx);
        assert_eq!(script.contains("write_json"), !xilinx, "{script}");
    }
}

#[test]
fn a_pll_makes_another_clock() {
    for (board, cell) in [
        ("icebreaker", "SB_PLL40_PAD"),
        ("ulx3s", "EHXPLLL"),
        ("tang_nano_20k", "rPLL"),
        ("arty_a7_35", "MMCME2_BASE"),
    ] {
        let board = Board::find(board).unwrap();
        let top = format!("{}.v", board.name);
        assert!(text(&project(board, Some(30)), &top).contains(cell), "{}", board.name);
        let same = project(board, Some(board.oscillator_hz / 1_000_000));
        assert!(!text(&same, &top).contains(cell), "{}", board.name);
    }
    let icebreaker = Board::find("icebreaker").unwrap();
    let error = Project::new(icebreaker, Some(1_000_000)).unwrap_err().to_string();
    assert_eq!(error, "the PLL of icebreaker cannot make 1 MHz of its 12 MHz");
}

#[test]
fn linters_have_nothing_to_say_about_the_top_modules() {
    if !tools::available("iverilog", "lint of board tops by Icarus Verilog") {
        return;
    }
    for board in Board::all() {
        let files = project(board, Some(board.oscillator_hz / 1_000_000));
        let folder = tempfile::tempdir().unwrap();
        write_files(folder.path(), &files).unwrap();
        let mut arguments = vec!["-g2005", "-Wall", "-t", "null", "-s", board.name];
        arguments.extend(tools::verilog_names(&files));
        assert_eq!(tools::run(folder.path(), "iverilog", &arguments), "");
    }
}

#[test]
fn reset_ends_and_levels_are_those_of_the_board() {
    if !tools::available("iverilog", "a board top under Icarus Verilog") {
        return;
    }
    let board = Board::find("icebreaker").unwrap();
    let mut files = project(board, None);
    files.retain(|file| file.path.ends_with(".v"));
    let testbench = r#"
module testbench;
    reg clock = 0, uart_rx = 0;
    reg button = 1;
    wire uart_tx;
    wire [4:0] led;
    icebreaker top (.clock(clock), .uart_rx(uart_rx), .uart_tx(uart_tx), .led(led), .button(button));
    always #5 clock = !clock;
    initial begin
        #1200 $display("%b %b", top.rst, top.board.count == 0);
        #200 $display("%b %b", top.rst, top.board.count > 0);
        $display("%b %b", led, top.buttons);
        button = 0;
        uart_rx = 1;
        #10 $display("%b %b", uart_tx, top.buttons);
        $finish;
    end
endmodule
"#;
    assert_eq!(tools::simulate(&files, testbench), ["1 1", "0 1", "11111 0", "1 1"]);
}
