//! Core files for FuseSoC: CAPI2, as its manual's "CAPI2 reference" has it.

use askama::Template;

use super::Package;
use super::testbench::TESTBENCH;
use crate::board::{Board, Family};
use crate::{GeneratedFile, rendered};

/// Of all cores.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// `<top>.core`, with the targets `default`, `lint`, `sim` and `synth`.
pub fn core(package: &Package) -> GeneratedFile {
    let modules = package.design.modules();
    let verilog: Vec<String> = modules.iter().map(|module| format!("{}.v", module.name)).collect();
    let core = ChipCore {
        top: package.top(),
        isa: package.isa,
        version: VERSION,
        verilog: &verilog,
        testbench: TESTBENCH,
    };
    GeneratedFile { path: format!("{}.core", package.top()), text: rendered(&core) }
}

/// `<board>.core`, with a target for the tools of the board; `data` are files that the Verilog reads.
pub(crate) fn board_core(
    board: &Board,
    verilog: &[String],
    constraints: &str,
    data: &[&str],
) -> GeneratedFile {
    let core = BoardCore {
        board,
        family: board.device.family,
        version: VERSION,
        verilog,
        constraints,
        data,
    };
    GeneratedFile { path: format!("{}.core", board.name), text: rendered(&core) }
}

#[derive(Template)]
#[template(path = "package/chip.core", escape = "none")]
struct ChipCore<'a> {
    top: &'a str,
    isa: &'a str,
    version: &'a str,
    verilog: &'a [String],
    testbench: &'a str,
}

#[derive(Template)]
#[template(path = "package/board.core", escape = "none")]
struct BoardCore<'a> {
    board: &'a Board,
    family: Family,
    version: &'a str,
    verilog: &'a [String],
    constraints: &'a str,
    data: &'a [&'a str],
}
