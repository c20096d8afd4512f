//! A compiled network as sources for firmware: C, Rust, linker scripts and a program that tests it.
//!
//! The memory is laid out by whoever planned the network; the descriptors hold absolute addresses,
//! so the data has to be linked where [`Firmware::data_address`] says.

mod text;

use askama::Template;

use crate::{GeneratedFile, rendered};
use text::{bytes, numbers};

/// Type of a caller's numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Number {
    /// IEEE 754 binary32.
    Float32,
    /// Two's complement.
    Int8,
    /// Unsigned.
    Uint8,
}

impl Number {
    fn c(self) -> &'static str {
        match self {
            Self::Float32 => "float",
            Self::Int8 => "int8_t",
            Self::Uint8 => "uint8_t",
        }
    }

    fn rust(self) -> &'static str {
        match self {
            Self::Float32 => "f32",
            Self::Int8 => "i8",
            Self::Uint8 => "u8",
        }
    }
}

/// What the hart does between a caller's numbers and the NPU's int8 codes.
#[derive(Clone, PartialEq, Debug)]
pub enum Conversion {
    /// Nothing: int8 on both sides.
    Signed,
    /// uint8 and int8 that are 128 apart.
    Unsigned,
    /// Real numbers in steps of `scale`.
    Real {
        /// Of a step.
        scale: f32,
        /// int8 that stands for 0.
        zero_point: i8,
    },
    /// Of an output: softmax in steps of 1/256.
    Softmax {
        /// Terms of numbers that are 0, 1, 2... below the largest; 256 of them.
        powers: Vec<f64>,
        /// The result is uint8 and not int8.
        unsigned: bool,
    },
}

/// Input or output.
#[derive(Clone, PartialEq, Debug)]
pub struct Port {
    /// As the model names it.
    pub name: String,
    /// Type of the caller's numbers.
    pub number: Number,
    /// Their shape, without a batch.
    pub shape: Vec<usize>,
    /// How many there are.
    pub elements: usize,
    /// How the codes come to be or what becomes of them.
    pub conversion: Conversion,
    /// If the caller has NCHW and the NPU NHWC: channels and pixels.
    pub reordered: Option<(usize, usize)>,
    /// Address of the codes, and so many elements behind each other.
    pub address: u32,
    /// Numbers for a test, little endian.
    pub example: Vec<u8>,
}

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
        bytes(&self.data)
    }

    /// The instruction set in what GCC 12 knows: it takes reading counters for granted.
    fn march(&self) -> String {
        self.isa.replace("_zicntr", "").replace("_zihpm", "")
    }

    /// Letters of the instruction set, by which GCC finds its library.
    fn march_letters(&self) -> &str {
        self.isa.split('_').next().unwrap_or_default()
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

impl Port {
    fn c(&self) -> &'static str {
        self.number.c()
    }

    fn rust(&self) -> &'static str {
        self.number.rust()
    }

    /// The shape in words: `1 x 8 x 8`.
    fn dimensions(&self) -> String {
        let sides: Vec<String> = self.shape.iter().map(usize::to_string).collect();
        sides.join(" x ")
    }

    fn example_text(&self) -> String {
        numbers(self.number, &self.example)
    }

    /// A model's name, which may hold anything, in a comment.
    fn title(&self) -> String {
        text::comment(&self.name)
    }

    /// Index into the caller's array of the code at `place`, for C and Rust alike.
    fn index(&self) -> String {
        match self.reordered {
            None => "place".to_owned(),
            Some((channels, pixels)) => {
                format!("place % {channels} * {pixels} + place / {channels}")
            }
        }
    }

    /// Constants of a real conversion, as C and Rust both spell them.
    fn real(&self) -> Option<Real> {
        match self.conversion {
            Conversion::Real { scale, zero_point } => Some(Real {
                scale: format!("{scale:e}"),
                zero_point,
                lowest: -128 - i32::from(zero_point),
                highest: 127 - i32::from(zero_point),
            }),
            _ => None,
        }
    }

    fn is_unsigned(&self) -> bool {
        self.number == Number::Uint8
    }
}

/// A quantisation in text.
struct Real {
    scale: String,
    zero_point: i8,
    lowest: i32,
    highest: i32,
}

#[cfg(test)]
mod tests {
    use super::{LINK_LENGTH, LINK_SCRIPT};

    #[test]
    fn the_size_of_the_memory_stands_in_the_linker_script_once() {
        assert_eq!(LINK_SCRIPT.matches(LINK_LENGTH).count(), 1);
    }
}
