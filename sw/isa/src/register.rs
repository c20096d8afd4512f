//! Integer registers and their ABI names.

use std::fmt;

/// ABI names of x0 to x31 (RISC-V calling convention, table 18.2).
const ABI_NAMES: [&str; 32] = [
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4",
    "a5", "a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4",
    "t5", "t6",
];

/// An integer register, x0 to x31.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Register(u8);

impl Register {
    /// x0, which reads 0.
    pub const ZERO: Register = Register(0);
    /// x1, the return address.
    pub const RA: Register = Register(1);

    /// Register x`number`; only the low five bits of `number` count.
    pub const fn new(number: u8) -> Self {
        Self(number & 31)
    }

    /// The register's number, 0 to 31.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// ABI name, such as `a0`.
    pub const fn abi_name(self) -> &'static str {
        ABI_NAMES[self.0 as usize]
    }

    pub(crate) const fn bits(self) -> u32 {
        self.0 as u32
    }
}

impl fmt::Display for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.abi_name())
    }
}
