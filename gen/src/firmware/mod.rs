//! A compiled network as sources for firmware: C, Rust, linker scripts and a program that tests it.
//!
//! The memory is laid out by whoever planned the network; the descriptors hold absolute addresses,
//! so the data has to be linked where [`Firmware::data_address`] says.

mod port;
mod text;

use askama::Template;

use crate::{GeneratedFile, rendered};
pub use port::{Conversion, Number, Port};

/// A network for a chip.
#[derive(Clone, PartialEq, Debug)]
pub struct Firmware {
    /// File of the model.
    pub model: String,
    /// Name of the chip.
    pub chip: String,
    /// The chip's configuration.
    pub toml: String,
    /// Instruction set, as compilers spell it.
    pub isa: String,
    /// Input.
    pub input: Port,
    /// Output.
    pub output: Port,
    /// First address of the network's memory.
    pub base: u32,
    /// First address behind it.
    pub end: u32,
    /// Address of `data`.
    pub data_address: u32,
    /// Weights, parameters, tables and descriptors.
    pub data: Vec<u8>,
    /// Address of the list of descriptors.
    pub list: u32,
}

/// A text file made from a template with the field `f`, and its name.
macro_rules! templates {
    ($($type:ident $path:tt),* $(,)?) => {
        $(
            #[derive(Template)]
            #[template(path = $path, escape = "none")]
            struct $type<'a> {
                f: &'a Firmware,
            }
        )*
    };
}

templates! {
    Header "firmware/model.h",
    Source "firmware/model.c",
    Linker "firmware/model.ld",
    RustModule "firmware/model.rs",
    Main "firmware/main.c",
    Makefile "firmware/Makefile",
    Readme "firmware/README.md",
}

/// First line of the file that tells an output of this module from other folders.
pub const MARK: &str = "/* Made by `systole compile`.";
/// The file that begins with [`MARK`].
pub const MARKED_FILE: &str = "model.h";
/// The data, for those who do not take it from the C source.
pub const DATA_FILE: &str = "model.bin";

const LINK_SCRIPT: &str = include_str!("../../../sw/programs/link.ld");
/// What stands in [`LINK_SCRIPT`] for the size of the memory.
const LINK_LENGTH: &str = "LENGTH = 128K";

/// All text files; [`Firmware::data`] goes to [`DATA_FILE`] beside them.
pub fn files(f: &Firmware) -> Vec<GeneratedFile> {
    let link = LINK_SCRIPT
        .replace(LINK_LENGTH, &format!("LENGTH = {:#x}", f.room()))
        .replace("fits the smallest preset (128 KiB)", "ends where the network's memory begins");
    let texts = [
        (MARKED_FILE, rendered(&Header { f })),
        ("model.c", rendered(&Source { f })),
        ("model.ld", rendered(&Linker { f })),
        ("model.rs", rendered(&RustModule { f })),
        ("systole_npu.h", include_str!("../../templates/firmware/systole_npu.h").to_owned()),
        ("main.c", rendered(&Main { f })),
        ("Makefile", rendered(&Makefile { f })),
        ("README.md", rendered(&Readme { f })),
        ("chip.toml", f.toml.clone()),
        ("link.ld", link),
        ("start.S", include_str!("../../../sw/programs/start.S").to_owned()),
        ("runtime.c", include_str!("../../../sw/programs/runtime.c").to_owned()),
        ("runtime.h", include_str!("../../../sw/programs/runtime.h").to_owned()),
    ];
    texts.map(|(path, text)| GeneratedFile { path: path.to_owned(), text }).into()
}

/// Where the RAM begins.
const RAM: u32 = 0x8000_0000;

impl Firmware {
    /// Bytes of RAM below the network.
    pub fn room(&self) -> u32 {
        self.base - RAM
    }

    fn data_bytes(&self) -> usize {
        self.data.len()
    }

    fn memory_bytes(&self) -> u32 {
        self.end - self.base
    }

    /// The data as elements of a C array.
    fn data_text(&self) -> String {
        text::bytes(&self.data)
    }

    /// The instruction set in what GCC 12 knows: it takes reading counters for granted.
    fn march(&self) -> String {
        self.isa.replace("_zicntr", "").replace("_zihpm", "")
    }

    /// The instruction set by which GCC finds its library: one of those that it comes for.
    fn library_march(&self) -> &'static str {
        let letters = self.isa.split('_').next().unwrap_or_default();
        match letters {
            "rv32imac" => "rv32imac",
            _ if letters.contains('m') => "rv32im",
            _ => "rv32i",
        }
    }

    fn softmax(&self) -> Option<&[f64]> {
        match &self.output.conversion {
            Conversion::Softmax { powers, .. } => Some(powers),
            _ => None,
        }
    }

    fn softmax_powers(&self) -> String {
        text::lines(self.softmax().unwrap_or_default().iter().map(|x| format!("{x:e}")))
    }

    fn quantises(&self) -> bool {
        matches!(self.input.conversion, Conversion::Real { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::{LINK_LENGTH, LINK_SCRIPT};

    #[test]
    fn the_size_of_the_memory_stands_in_the_linker_script_once() {
        assert_eq!(LINK_SCRIPT.matches(LINK_LENGTH).count(), 1);
    }
}
