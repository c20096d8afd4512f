//! What Yosys makes of the memories and multiplications of our chips, family by family: only of the
//! modules that have some, side by side.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use systole_chip::ChipConfig;
use systole_chip::board::Peripherals;
use systole_chip::board::map::BOOT_ADDRESS_BITS;
use systole_chip::board::memory::boot_rom::BOOT_FILE;
use systole_gen::GeneratedFile;
use systole_gen::board::{Board, Family, Project};
use systole_hdl::ir::{self, Direction, ExprKind};
use systole_hdl::prelude::*;
use systole_sim::fpga::{self, Job, Memory, Observer, Origins, Report, Storage, Tools};
use systole_sim::{Settings, silent};

/// Bits from which on a memory is not to be made of flip-flops, nor, if it can be in a block of RAM,
/// of look-up tables.
const LARGE: u64 = 1024;

fn bits(memory: &ir::Memory) -> u64 {
    u64::from(memory.depth) * u64::from(memory.ty.width())
}

/// Whether a block of RAM can be the memory: it is only read at a clock edge.
fn fits_blocks(module: &ir::Module, memory: usize) -> bool {
    let at_once = |expr: &ir::Expr| matches!(expr.kind, ExprKind::MemoryRead(id, _) if id.0 as usize == memory);
    !module.exprs.iter().any(at_once)
}

/// The modules of a chip that have large memories, or multiplications, themselves.
fn modules(design: &Design) -> Vec<Arc<ir::Module>> {
    let product = |expr: &ir::Expr| matches!(expr.kind, ExprKind::Binary(ir::BinaryOp::Mul, ..));
    let wanted = |module: &&Arc<ir::Module>| {
        module.memories.iter().any(|memory| bits(memory) >= LARGE)
            || module.exprs.iter().any(product)
    };
    design.modules().iter().filter(wanted).cloned().collect()
}

/// A module with one instance of each, all ports led out.
fn side_by_side(modules: &[Arc<ir::Module>]) -> Design {
    let top = module("side_by_side", |m| {
        for child in modules {
            let name = &child.name;
            let instance = m.instance(name, &Module(child.clone()));
            for port in child.ports() {
                let outside = format!("{name}_{}", port.name);
                if port.port == Some(Direction::Input) {
                    instance.pin(&port.name, m.input(outside, port.ty));
                } else {
                    m.output(&outside, instance.out_as(&port.name, format!("from_{outside}")));
                }
            }
        }
    });
    check(&top).unwrap_or_else(|errors| panic!("{errors}"))
}

/// Contents of the boot ROM, in words of `bits`: all differ, so that it is no constant.
fn boot_rom(bits: u32) -> GeneratedFile {
    let digits = bits as usize / 4;
    let words = (0..(1u64 << BOOT_ADDRESS_BITS) * 8 / u64::from(bits)).map(|word| {
        let word = word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - bits);
        format!("{word:0digits$x}\n")
    });
    GeneratedFile { path: BOOT_FILE.into(), text: words.collect() }
}

fn synthesised(design: &Design, project: &Project, data: GeneratedFile) -> Report {
    let mut files = systole_gen::verilog(design);
    files.push(data);
    let settings = Settings::from_env().unwrap();
    let family = &project.board().device.family;
    let tools = Tools::provide(&settings, family, false, &silent).unwrap_or_else(|e| panic!("{e}"));
    let origins = Origins::new(design, "", "");
    let job =
        Job { project, files: &files, count: Some(&design.top.name), seeds: 1, origins: &origins };
    let quiet = |_: &str, _: f64| ();
    let observer = Observer { stop: &AtomicBool::new(false), working: &quiet, done: &quiet };
    fpga::run(&settings, &tools, &job, None, observer).unwrap_or_else(|e| panic!("{e}"))
}

/// Checks the memories and multiplications of a board's chip.
fn check_board(name: &str) {
    let board = Board::find(name).unwrap();
    check_chip(board, board.settings);
}

/// Checks those of the board's preset with these settings.
fn check_chip(board: &'static Board, settings: &[&str]) {
    let name = board.name;
    let config = ChipConfig::preset(board.preset).unwrap().with_settings(settings).unwrap();
    let project = Project::new(board, None).unwrap();
    let peripherals =
        Peripherals { clock_hz: project.chip_hz() as u32, baud: 115_200, leds: 3, buttons: 2 };
    let chip = check(&systole_chip::board::board(&config, &peripherals)).unwrap();
    let modules = modules(&chip);
    let data = boot_rom(config.core.fetch_bits());
    let report = synthesised(&side_by_side(&modules), &project, data);

    for module in &modules {
        for (index, memory) in module.memories.iter().enumerate() {
            let (path, bits) = (format!("{}.{}", module.name, memory.name), bits(memory));
            let found: Option<&Memory> = report.memories.iter().find(|found| found.name == path);
            let found = found.unwrap_or_else(|| panic!("{name}: nothing is said of {path}"));
            assert_eq!(found.bits, Some(bits), "{path}");
            let expected: &[Storage] = match board.device.family {
                _ if bits < LARGE => continue,
                _ if fits_blocks(module, index) => &[Storage::Block],
                Family::Ice40 { .. } => continue, // It has no other RAM.
                _ => &[Storage::Lut],
            };
            assert!(expected.contains(&found.storage), "{name}: {found:?}");
        }
    }
    if !config.has_npu() {
        return;
    }
    assert!(report.memories.iter().filter(|memory| memory.storage == Storage::Block).count() > 5);
    for row in &report.multipliers {
        assert!(Some(row.cells) >= row.products, "{name}: {row:?}");
    }
    let expected = match config.npu.sequential {
        true => ["npu_sums", "npu_sequencer"],
        false => ["npu_pe", "npu_requantise_lane"],
    };
    for expected in expected {
        assert!(report.multipliers.iter().any(|row| row.module == expected), "{expected}");
    }
}

#[test]
fn on_an_ice40() {
    check_board("icebreaker");
    // The hart alone, and a chip that does not fit, which need not hinder its modules.
    check_chip(Board::find("icebreaker").unwrap(), &["npu.dim=0"]);
    check_chip(Board::find("icebreaker").unwrap(), &["memory.ram_bytes=65536"]);
}

#[test]
fn on_an_ecp5() {
    check_board("ulx3s");
}

#[test]
fn on_a_gowin() {
    check_board("tang_nano_20k");
}

#[test]
fn on_a_xilinx() {
    check_board("arty_a7_100");
}
