//! Privilege modes (privileged manual 1.2).

/// A privilege mode; the numbers are those of `mstatus.MPP` and `rvfi_mode`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    User = 0,
    Machine = 3,
}

impl Mode {
    /// From two bits of MPP, which hold 0 or 3.
    pub fn from_bits(bits: u32) -> Self {
        if bits & 3 == 3 { Self::Machine } else { Self::User }
    }
}
