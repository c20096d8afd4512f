//! Writes the Verilog of a bridge, or of the chip with the buses of one: `bus MODULE FOLDER`.
//!
//! For `scripts/bus-peers`, which tries each against models of the buses that are not ours.

use std::path::Path;
use std::process::ExitCode;

use systole_chip::ChipConfig;
use systole_chip::bus::{
    axi_lite_fetch, axi_lite_master, axi_lite_slave, axi_to_wishbone, wishbone_fetch,
    wishbone_master, wishbone_slave,
};
use systole_chip::soc::{host, systole_axi, systole_wishbone};
use systole_gen::{verilog, write_files};
use systole_hdl::{Module, check};

/// Bits of a fetch and of a beat, where a bridge has a choice.
const BITS: u32 = 64;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, folder] = arguments.as_slice() else {
        eprintln!("usage: bus MODULE FOLDER");
        return ExitCode::from(2);
    };
    match write(name, Path::new(folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn write(name: &str, folder: &Path) -> Result<(), String> {
    let nano = ChipConfig::preset("nano").map_err(|error| error.to_string())?;
    let module = module(name, &nano).ok_or_else(|| format!("no module `{name}`"))?;
    let design = check(&module).map_err(|errors| errors.to_string())?;
    write_files(folder, &verilog(&design)).map_err(|error| error.to_string())
}

fn module(name: &str, config: &ChipConfig) -> Option<Module> {
    Some(match name {
        "axi_lite_master" => axi_lite_master(),
        "axi_lite_fetch" => axi_lite_fetch(BITS),
        "axi_lite_slave" => axi_lite_slave(host::ADDRESS_BITS),
        "wishbone_master" => wishbone_master(),
        "wishbone_fetch" => wishbone_fetch(BITS),
        "wishbone_slave" => wishbone_slave(host::ADDRESS_BITS),
        "axi_to_wishbone" => axi_to_wishbone(BITS),
        "systole_axi" => systole_axi(config),
        "systole_wishbone" => systole_wishbone(config),
        _ => return None,
    })
}
