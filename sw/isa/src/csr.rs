//! Names of control and status registers.

use std::fmt;

/// Number of a control and status register, 12 bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Csr(pub u16);

macro_rules! csrs {
    ($($constant:ident = $number:literal, $name:literal;)*) => {
        impl Csr {
            $(#[doc = concat!("`", $name, "`.")] pub const $constant: Csr = Csr($number);)*
            /// Every register with a name of its own, without those of [`Csr::FAMILIES`].
            const SINGLE: &[(Csr, &str)] = &[$((Csr($number), $name)),*];
        }
    };
}

csrs! {
    MSTATUS = 0x300, "mstatus";
    MISA = 0x301, "misa";
    MIE = 0x304, "mie";
    MTVEC = 0x305, "mtvec";
    MCOUNTEREN = 0x306, "mcounteren";
    MENVCFG = 0x30a, "menvcfg";
    MSTATUSH = 0x310, "mstatush";
    MENVCFGH = 0x31a, "menvcfgh";
    MCOUNTINHIBIT = 0x320, "mcountinhibit";
    MSCRATCH = 0x340, "mscratch";
    MEPC = 0x341, "mepc";
    MCAUSE = 0x342, "mcause";
    MTVAL = 0x343, "mtval";
    MIP = 0x344, "mip";
    MCYCLE = 0xb00, "mcycle";
    MINSTRET = 0xb02, "minstret";
    MCYCLEH = 0xb80, "mcycleh";
    MINSTRETH = 0xb82, "minstreth";
    CYCLE = 0xc00, "cycle";
    TIME = 0xc01, "time";
    INSTRET = 0xc02, "instret";
    CYCLEH = 0xc80, "cycleh";
    TIMEH = 0xc81, "timeh";
    INSTRETH = 0xc82, "instreth";
    MVENDORID = 0xf11, "mvendorid";
    MARCHID = 0xf12, "marchid";
    MIMPID = 0xf13, "mimpid";
    MHARTID = 0xf14, "mhartid";
    MCONFIGPTR = 0xf15, "mconfigptr";
}

/// Registers that differ by a number in their name.
struct Family {
    /// The name up to the number.
    prefix: &'static str,
    /// The name after it.
    suffix: &'static str,
    /// The first number.
    first: u16,
    /// How many there are.
    count: u16,
    /// CSR number of the first.
    base: u16,
}

impl Csr {
    const FAMILIES: &[Family] = &[
        Family { prefix: "mhpmevent", suffix: "", first: 3, count: 29, base: 0x323 },
        Family { prefix: "pmpcfg", suffix: "", first: 0, count: 4, base: 0x3a0 },
        Family { prefix: "pmpaddr", suffix: "", first: 0, count: 16, base: 0x3b0 },
        Family { prefix: "mhpmcounter", suffix: "", first: 3, count: 29, base: 0xb03 },
        Family { prefix: "mhpmcounter", suffix: "h", first: 3, count: 29, base: 0xb83 },
        Family { prefix: "hpmcounter", suffix: "", first: 3, count: 29, base: 0xc03 },
        Family { prefix: "hpmcounter", suffix: "h", first: 3, count: 29, base: 0xc83 },
    ];

    /// Every register that has a name here, in the order of their numbers.
    pub fn named() -> Vec<Csr> {
        let families = Self::FAMILIES.iter();
        let family = families.flat_map(|family| (0..family.count).map(|n| Csr(family.base + n)));
        let mut all: Vec<Csr> = Self::SINGLE.iter().map(|single| single.0).chain(family).collect();
        all.sort_unstable();
        all
    }

    /// `mhpmevent3` to `mhpmevent31`.
    pub const fn mhpmevent(counter: u16) -> Csr {
        Csr(0x320 + counter)
    }

    /// `mhpmcounter3` to `mhpmcounter31`, or the upper half.
    pub const fn mhpmcounter(counter: u16, upper: bool) -> Csr {
        Csr(0xb00 + counter + if upper { 0x80 } else { 0 })
    }

    /// `hpmcounter3` to `hpmcounter31`, or the upper half.
    pub const fn hpmcounter(counter: u16, upper: bool) -> Csr {
        Csr(0xc00 + counter + if upper { 0x80 } else { 0 })
    }

    /// `pmpcfg0` to `pmpcfg3`.
    pub const fn pmpcfg(register: u16) -> Csr {
        Csr(0x3a0 + register)
    }

    /// `pmpaddr0` to `pmpaddr15`.
    pub const fn pmpaddr(entry: u16) -> Csr {
        Csr(0x3b0 + entry)
    }

    /// Whether its number says that it cannot be written.
    pub const fn is_read_only(self) -> bool {
        self.0 >> 10 & 3 == 3
    }
}

impl fmt::Display for Csr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((_, name)) = Self::SINGLE.iter().find(|(csr, _)| csr == self) {
            return f.write_str(name);
        }
        let within = |family: &&Family| (family.base..family.base + family.count).contains(&self.0);
        match Self::FAMILIES.iter().find(within) {
            Some(Family { prefix, suffix, first, base, .. }) => {
                write!(f, "{prefix}{}{suffix}", self.0 - base + first)
            }
            None => write!(f, "0x{:03x}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_have_numbered_names() {
        let text = |csr: Csr| csr.to_string();
        assert_eq!(text(Csr::mhpmevent(31)), "mhpmevent31");
        assert_eq!(text(Csr::mhpmcounter(3, true)), "mhpmcounter3h");
        assert_eq!(text(Csr::hpmcounter(17, false)), "hpmcounter17");
        assert_eq!(text(Csr::pmpaddr(15)), "pmpaddr15");
        assert_eq!(text(Csr(0x3a4)), "0x3a4");
        assert_eq!(text(Csr(0x322)), "0x322");
    }

    #[test]
    fn every_name_stands_for_one_number() {
        let mut names: Vec<String> = Csr::named().iter().map(ToString::to_string).collect();
        assert!(names.iter().all(|name| !name.starts_with("0x")));
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
