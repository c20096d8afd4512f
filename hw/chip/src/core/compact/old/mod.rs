//! Parts of the first pipeline.

pub mod alu;
pub mod branch;
pub mod csr;
pub mod decode;
pub mod divide;
pub mod encoding;
pub mod interrupts;
pub mod iteration;
pub mod load_align;
pub mod multiply;
pub mod record;
pub mod register_file;
pub mod rvfi;
pub mod store_align;
pub mod trap;
