//! Tests of the modules that compute: one file a module, against plain Rust.

mod accumulators;
mod array;
mod compute;
mod double_rounding;
pub mod lane;
mod pe;
mod requantiser;
mod residual;
pub mod residual_lane;
mod scratchpad;
mod table;

use systole_hdl::prelude::*;

/// A module out of reset, checked.
fn start(module: &Module) -> Interpreter {
    let design = check(module).unwrap_or_else(|errors| panic!("{errors}"));
    let mut sim = Interpreter::new(&design);
    sim.reset();
    sim
}

/// A clock cycle in which all properties hold.
fn step(sim: &mut Interpreter) {
    sim.step();
    assert!(sim.failed().is_empty(), "{:?}", sim.failed());
}

/// Packs int8 elements, the first in the low bits.
fn pack_bytes(elements: &[i8]) -> Bits {
    let mut words = vec![0; elements.len().div_ceil(8)];
    for (index, &element) in elements.iter().enumerate() {
        words[index / 8] |= u64::from(element as u8) << (8 * (index % 8));
    }
    Bits::from_words(8 * elements.len() as u32, &words)
}

/// Packs 32-bit elements, the first in the low bits.
fn pack_words(elements: &[i32]) -> Bits {
    let mut words = vec![0; elements.len().div_ceil(2)];
    for (index, &element) in elements.iter().enumerate() {
        words[index / 2] |= u64::from(element as u32) << (32 * (index % 2));
    }
    Bits::from_words(32 * elements.len() as u32, &words)
}

/// The int32 elements of a packed row.
fn unpack_words(row: &Bits) -> Vec<i32> {
    let count = row.width() / 32;
    (0..count).map(|i| (row.words()[i as usize / 2] >> (32 * (i % 2))) as i32).collect()
}

/// The int8 elements of a packed row.
fn unpack_bytes(row: &Bits) -> Vec<i8> {
    let count = row.width() / 8;
    (0..count).map(|i| (row.words()[i as usize / 8] >> (8 * (i % 8))) as i8).collect()
}
