//! Which instructions, registers and modes the hart has (`docs/core.md`, switches).

/// The switches of the hart. RV32I with Zicsr, Zifencei and M mode is always there; the default is
/// nothing more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Isa {
    /// M: multiplication and division.
    pub m: bool,
    /// A: LR/SC and AMOs.
    pub a: bool,
    /// C: 16-bit instructions.
    pub c: bool,
    /// Zba: address generation.
    pub zba: bool,
    /// Zbb: basic bit manipulation.
    pub zbb: bool,
    /// Zbs: single bits.
    pub zbs: bool,
    /// Zicntr: `cycle`, `time` and `instret`.
    pub zicntr: bool,
    /// Event counters that count, 0 to 29; with 1 or more there is Zihpm.
    pub hpm_counters: u32,
    /// U mode.
    pub user_mode: bool,
    /// PMP entries, 0 to 16.
    pub pmp_regions: u32,
}

impl Isa {
    /// Everything on, with 4 event counters and 16 PMP entries.
    pub fn full() -> Self {
        Self {
            m: true,
            a: true,
            c: true,
            zba: true,
            zbb: true,
            zbs: true,
            zicntr: true,
            hpm_counters: 4,
            user_mode: true,
            pmp_regions: 16,
        }
    }
}
