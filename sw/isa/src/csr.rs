//! Names of control and status registers.

use std::fmt;

/// Number of a control and status register, 12 bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Csr(pub u16);

macro_rules! csrs {
    ($($constant:ident = $number:literal, $name:literal;)*) => {
        impl Csr {
            $(#[doc = concat!("`", $name, "`.")] pub const $constant: Csr = Csr($number);)*
            /// Every register that has a name here.
            pub const NAMED: &[Csr] = &[$(Csr($number)),*];
        }

        /// Name of CSR `number` (privileged manual, table 3.5 and following), if it has one here.
        pub fn csr_name(number: u16) -> Option<&'static str> {
            match number {
                $($number => Some($name),)*
                _ => None,
            }
        }
    };
}

csrs! {
    MSTATUS = 0x300, "mstatus";
    MISA = 0x301, "misa";
    MIE = 0x304, "mie";
    MTVEC = 0x305, "mtvec";
    MSTATUSH = 0x310, "mstatush";
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
    MVENDORID = 0xf11, "mvendorid";
    MARCHID = 0xf12, "marchid";
    MIMPID = 0xf13, "mimpid";
    MHARTID = 0xf14, "mhartid";
    MCONFIGPTR = 0xf15, "mconfigptr";
}

impl fmt::Display for Csr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match csr_name(self.0) {
            Some(name) => f.write_str(name),
            None => write!(f, "0x{:03x}", self.0),
        }
    }
}
