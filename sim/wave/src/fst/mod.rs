//! Reading FST, by the crate `fst-reader`.
//!
//! That crate trusts its input: lengths that a file gives are allocated, and what cannot be is a
//! panic. [`guard`] therefore checks all blocks first, so that what is allocated is in proportion
//! to the file, and says where a file is broken; [`quiet`] turns a panic that is left into an
//! error.

mod bytes;
mod guard;
mod header;
mod limits;
mod places;
mod quiet;
mod section;
mod values;
mod wrapper;

pub use header::read as read_header;
pub use values::stream;
pub use wrapper::unwrapped;
