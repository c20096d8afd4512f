//! What software is made of: instructions and NPU descriptors as data, with their encodings and
//! their assembly text.
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

mod csr;
mod decode;
mod descriptor;
mod display;
mod encode;
mod instruction;
mod register;

pub use csr::{Csr, csr_name};
pub use descriptor::{
    Activations, Descriptor, Destination, Exec, Header, Load, Source, Space, Store, Unit,
};
pub use instruction::{
    BranchOp, CsrOp, CsrSource, ImmediateOp, Instruction, LoadOp, RegisterOp, StoreOp,
};
pub use register::Register;

/// Assembly text of an instruction word; `.word 0x...` if it is none that we know.
pub fn disassemble(word: u32) -> String {
    Instruction::decode(word)
        .map_or_else(|| format!(".word 0x{word:08x}"), |instruction| instruction.to_string())
}
