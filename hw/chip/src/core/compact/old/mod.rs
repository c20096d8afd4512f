//! Parts of the first pipeline.

pub mod alu;
pub mod branch;
pub mod csr;
pub mod decode;
pub mod divide;
pub mod encoding;
pub mod interrupts;
pub mod iteration;
pub mod multiply;
pub mod ports;
pub mod record;
pub mod rvfi;
pub mod store_align;
pub mod trap;
