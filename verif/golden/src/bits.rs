//! Bit manipulation: Zba, Zbb and Zbs for RV32 (unprivileged manual chapter 30).

/// `clz`: leading zeros, 32 for 0.
pub(crate) fn clz(a: u32) -> u32 {
    a.leading_zeros()
}

/// `ctz`: trailing zeros, 32 for 0.
pub(crate) fn ctz(a: u32) -> u32 {
    a.trailing_zeros()
}

/// `orc.b`: each byte becomes 0xff when it is not 0.
pub(crate) fn orc_b(a: u32) -> u32 {
    u32::from_le_bytes(a.to_le_bytes().map(|byte| if byte == 0 { 0 } else { 0xff }))
}

/// `max`, signed.
pub(crate) fn max(a: u32, b: u32) -> u32 {
    (a as i32).max(b as i32) as u32
}

/// `min`, signed.
pub(crate) fn min(a: u32, b: u32) -> u32 {
    (a as i32).min(b as i32) as u32
}

/// The bit that the Zbs instructions work on: the low 5 bits of the operand choose it.
pub(crate) fn single(index: u32) -> u32 {
    1 << (index & 31)
}
