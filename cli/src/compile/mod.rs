//! `systole compile`: a quantised network as sources for firmware of the user's own.

mod bundle;
mod folder;

use std::path::{Path, PathBuf};

use systole_gen::firmware::Firmware;
use systole_verif::infer::{self, Model, Planned};

use crate::args::{Chip, ChipArgs, number};
use crate::exit::{Error, Exit, Result};
use crate::output;

/// Arguments of `systole compile`.
#[derive(clap::Args)]
#[command(after_help = "\
The folder has C and Rust sources, a linker fragment, and a program that runs the network on one
input and compares its output with that of the golden model: `make test` in it, with Debian's
gcc-riscv64-unknown-elf. Its README.md says what is what.")]
pub struct Args {
    /// Model: quantised ONNX, in QOperator or QDQ form, or int8 TensorFlow Lite.
    #[arg(value_name = "MODEL.onnx|.tflite")]
    model: PathBuf,
    /// Output folder: a new or empty one, or an earlier output of this command.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    #[command(flatten)]
    chip: ChipArgs,
    /// First address of the network's memory, a multiple of 32 and of the bus width in bytes
    /// [default: so that it ends with the RAM].
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    base: Option<u32>,
}

/// Plans the network, asks the golden model for an output, and writes the folder.
pub fn command(args: &Args) -> Result {
    let chip = args.chip.chip_with_npu()?;
    folder::check(&args.output)?;
    let bytes =
        std::fs::read(&args.model).map_err(|error| Error::file("read", &args.model, &error))?;
    let wrong = |error| wrong(&args.model, error);
    let model = Model::read(&bytes).map_err(wrong)?;
    let planned = plan(&model, &chip, args.base).map_err(wrong)?;
    let name = args.model.file_name().unwrap_or_default().to_string_lossy();
    let firmware = bundle::firmware(&name, &model, &planned, &chip)?;
    folder::write(&args.output, &firmware)?;
    tell(&args.output, &firmware, &planned);
    Ok(Exit::Good)
}

/// The network's job, at the end of the RAM unless `base` says otherwise.
fn plan(
    model: &Model,
    chip: &Chip,
    base: Option<u32>,
) -> std::result::Result<Planned, infer::Error> {
    let (network, config) = (&model.network, &chip.config);
    if let Some(base) = base {
        return Planned::at(network, config, base);
    }
    let planned = Planned::new(network, config)?;
    // All pieces are aligned alike wherever it begins, so it is as large there.
    let bytes = planned.program.end - Planned::LOWEST_BASE;
    let base = systole_golden::RAM_BASE + config.memory.ram_bytes - bytes;
    Planned::at(network, config, base / BASE_STEP * BASE_STEP)
}

/// What the default base is a multiple of: a page, so that PMP or an MMU can tell it apart.
const BASE_STEP: u32 = 4096;

/// Parses an address; `_` may stand between digits.
fn address(text: &str) -> std::result::Result<u32, String> {
    let value = number(&text.replace('_', "")).ok().and_then(|value| u32::try_from(value).ok());
    value.ok_or_else(|| format!("`{text}` is not an address like 0x8001_0000"))
}

fn wrong(file: &Path, error: infer::Error) -> Error {
    Error::usage(format!("{}: {error}", file.display())).help(error.help)
}

fn tell(folder: &Path, firmware: &Firmware, planned: &Planned) {
    let list = planned.program.descriptors.len() * systole_isa::Descriptor::BYTES as usize;
    let bytes = |bytes: usize| output::count(bytes as u64, "byte");
    let line = |address: u32, size: usize, what: &str| {
        say!("  {address:#010x}  {:>18}  {what}", bytes(size));
    };
    say!("wrote {} for {} to {}", firmware.model, firmware.chip, folder.display());
    line(systole_golden::RAM_BASE, firmware.room() as usize, "your firmware and its stack");
    line(firmware.input.address, firmware.input.elements, "codes of the input");
    line(firmware.output.address, firmware.output.elements, "codes of the output");
    let weights = firmware.data.len() - list;
    line(firmware.data_address, weights, "weights, parameters and tables");
    line(firmware.list, list, "descriptors");
    say!("  {:#010x}  {:>18}  first address that is free again", firmware.end, "");
    say!("  {} cycles expected a run", output::grouped(planned.predicted()));
    say!("`make test` in it builds and runs it; README.md says how to use it");
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn addresses_are_read() {
        assert_eq!(address("0x8010_0000"), Ok(0x8010_0000));
        assert_eq!(address("4096"), Ok(4096));
        for bad in ["0x1_0000_0000", "ram", "", "-1"] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }
}
