//! What software is made of: instructions and NPU descriptors as data, with their encodings and
//! their assembly text, and an assembler with labels.
//!
//! Program generators, the layer compiler and trace printers use this crate. The golden model and
//! the hardware do **not**: each decodes on its own, so that a mistake here cannot hide in both.
//!
//! ```
//! use systole_isa::{Instruction, Register};
//! let add = Instruction::decode(0x00b5_0633).expect("a legal instruction");
//! assert_eq!(add.to_string(), "add a2, a0, a1");
//! assert_eq!(add.encode(), 0x00b5_0633);
//! ```

mod assembler;
mod compressed;
mod compression;
mod csr;
mod decode;
mod descriptor;
mod display;
mod encode;
mod instruction;
mod register;

pub use assembler::{Assembler, Code, Label};
pub use compressed::{Compressed, Form};
pub use compression::Compression;
pub use csr::Csr;
pub use descriptor::{
    Activations, Convolution, Descriptor, Destination, Exec, Header, Kernel, Load, Pool, Source,
    Space, Store, Then, Unit, Windows,
};
pub use instruction::{
    AtomicOp, BranchOp, CsrOp, CsrSource, Extension, ImmediateOp, Instruction, LoadOp, MemoryOrder,
    RegisterOp, StoreOp, UnaryOp,
};
pub use register::Register;

/// Assembly text of an instruction word, as a retire port gives it: a 16-bit one zero-extended.
/// `.word` or `.half` if it is none that we know.
pub fn disassemble(word: u32) -> String {
    let parcel = u16::try_from(word).ok().filter(|parcel| parcel & 3 != 3);
    let unknown = match parcel {
        Some(parcel) => Instruction::RawParcel(parcel),
        None => Instruction::Raw(word),
    };
    let known = if word & 3 == 3 || parcel.is_some() { Instruction::decode(word) } else { None };
    known.unwrap_or(unknown).to_string()
}
