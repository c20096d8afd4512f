//! The bins of the axes that several groups share, or that need code to tell: each is an
//! enumeration whose numbers index an axis and whose names are the bins.

use systole_isa::{AtomicOp, BranchOp, CsrOp, ImmediateOp, LoadOp, RegisterOp, StoreOp, UnaryOp};

macro_rules! bins {
    ($($(#[$meta:meta])* $name:ident { $($variant:ident = $text:literal,)* })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(super) enum $name { $($variant,)* }

        impl $name {
            /// The names of the bins, in order.
            pub(super) const NAMES: &[&str] = &[$($text),*];
        }
    )*};
}

bins! {
    /// What an instruction is, as far as pipelines care; a trapping one is a `trap`.
    Class {
        Alu = "alu", Load = "load", Store = "store", Mul = "mul", Div = "div", Branch = "branch",
        Jump = "jump", Csr = "csr", Atomic = "atomic", Fence = "fence", Mret = "mret", Wfi = "wfi",
        Trap = "trap",
    }

    /// Who gives a register its value.
    Producer {
        Alu = "alu", Load = "load", Mul = "mul", Div = "div", Csr = "csr", LoadReserved = "lr",
        StoreConditional = "sc", Amo = "amo", Link = "link",
    }

    /// What a register's value is needed for.
    Consumer {
        AluRs1 = "alu-rs1", AluRs2 = "alu-rs2", MulRs1 = "mul-rs1", MulRs2 = "mul-rs2",
        DivRs1 = "div-rs1", DivRs2 = "div-rs2", LoadAddress = "load-address",
        StoreAddress = "store-address", StoreData = "store-data",
        AtomicAddress = "atomic-address", AtomicData = "atomic-data", BranchRs1 = "branch-rs1",
        BranchRs2 = "branch-rs2", Jalr = "jalr", Csr = "csr",
    }

    /// Values at which arithmetic goes wrong.
    Value {
        Zero = "0", One = "1", MinusOne = "minus-one", Min = "min", Max = "max", Other = "other",
    }

    /// Accesses of the data memory.
    Access {
        Lb = "lb", Lh = "lh", Lw = "lw", Lbu = "lbu", Lhu = "lhu", Sb = "sb", Sh = "sh", Sw = "sw",
        LoadReserved = "lr", StoreConditional = "sc", Amo = "amo",
    }

    /// Jumps and branches by their form.
    Jump {
        Beq = "beq", Bne = "bne", Blt = "blt", Bge = "bge", Bltu = "bltu", Bgeu = "bgeu",
        CBeqz = "c.beqz", CBnez = "c.bnez", Jal = "jal", CJ = "c.j", CJal = "c.jal",
        Jalr = "jalr", CJr = "c.jr", CJalr = "c.jalr",
    }

    /// How an SC ends.
    Reservation {
        Held = "stored", Never = "no-lr", Spent = "after-another-sc", Exception = "after-exception",
        Interrupt = "after-interrupt", Elsewhere = "other-word", Npu = "npu-wrote",
    }

    /// What comes between an LR and the SC that stores.
    Between {
        Nothing = "nothing", Alu = "alu", Load = "load", StoreSame = "store-same-word",
        StoreOther = "store-elsewhere", AmoSame = "amo-same-word", AmoOther = "amo-elsewhere",
    }

    /// CSR instructions, by what they do to the register.
    CsrAccess {
        Read = "read", Write = "csrrw", Set = "csrrs", Clear = "csrrc", WriteImmediate = "csrrwi",
        SetImmediate = "csrrsi", ClearImmediate = "csrrci",
    }

    /// Why a CSR instruction is illegal.
    Refusal {
        Unknown = "no-such-register", ReadOnly = "read-only", Machine = "machine-register-in-U",
        Disabled = "disabled-by-mcounteren",
    }

    /// Accesses that PMP tells apart.
    Need { Fetch = "fetch", Load = "load", Store = "store", }

    /// How an entry of PMP that decides matches.
    Match { None = "no-match", Tor = "TOR", Na4 = "NA4", Napot = "NAPOT", }

    /// Where an access goes that gets an access fault, PMP apart.
    Place { Ram = "injected-in-RAM", Unmapped = "unmapped", Device = "device", }

    /// What may happen to the hart while a job runs.
    Meanwhile {
        Exception = "exception", Interrupt = "interrupt", UserMode = "U-mode", Fence = "fence",
        FenceI = "fence.i", LoadReserved = "lr", ScStored = "sc-stored", ScFailed = "sc-failed",
        Amo = "amo", Wfi = "wfi", Mret = "mret", CsrWrite = "csr-write", Load = "load",
        Store = "store", DivideOrMultiply = "mul-or-div", Doorbell = "doorbell", Abort = "ABORT",
        Clear = "CLEAR", Window = "window-write", InterruptEnable = "INTERRUPT_ENABLE",
        StatusRead = "STATUS-read", CounterRead = "counter-read",
    }

    /// A size seen from the array's side D.
    Size {
        One = "1", Few = "2..D-2", Below = "D-1", Dim = "D", Above = "D+1", Between = "D+2..2D-1",
        Double = "2D", More = "more",
    }

    /// What a descriptor does.
    Kind {
        Load = "load", Product = "product", Convolution = "convolution", Depthwise = "depthwise",
        Store = "store",
    }
}

impl Value {
    /// The class of a word.
    #[inline(always)]
    pub(super) fn of(word: u32) -> usize {
        let class = match word {
            0 => Self::Zero,
            1 => Self::One,
            u32::MAX => Self::MinusOne,
            0x8000_0000 => Self::Min,
            0x7fff_ffff => Self::Max,
            _ => Self::Other,
        };
        class as usize
    }
}

impl Size {
    /// The class of a size, not 0, for an array of side `dim`.
    pub(super) fn of(size: u32, dim: u32) -> usize {
        let class = match size {
            1 => Self::One,
            _ if size == dim => Self::Dim,
            _ if size + 1 == dim => Self::Below,
            _ if size == dim + 1 => Self::Above,
            _ if size == 2 * dim => Self::Double,
            _ if size < dim => Self::Few,
            _ if size < 2 * dim => Self::Between,
            _ => Self::More,
        };
        class as usize
    }

    /// Whether an array of side `dim` has sizes in the class of this name.
    pub(super) fn exists(name: &str, dim: u32) -> bool {
        let names = (1..=3 * dim).map(|size| Self::NAMES[Self::of(size, dim)]);
        names.into_iter().any(|known| known == name)
    }
}

/// Privilege.
pub(super) const MODES: [&str; 2] = ["M", "U"];

/// Counts.
pub(super) const COUNTS: [&str; 3] = ["1", "2", "more"];

/// Number of a count, not 0, in [`COUNTS`].
pub(super) fn count_class(count: u32) -> usize {
    (count as usize).clamp(1, 3) - 1
}

/// First operation of each kind in [`operations`].
pub(super) mod operation {
    use super::*;

    pub const REGISTER: usize = 0;
    pub const IMMEDIATE: usize = REGISTER + RegisterOp::ALL.len();
    pub const UNARY: usize = IMMEDIATE + ImmediateOp::ALL.len();
    pub const LUI: usize = UNARY + UnaryOp::ALL.len();
    pub const AUIPC: usize = LUI + 1;
    pub const LOAD: usize = AUIPC + 1;
    pub const STORE: usize = LOAD + LoadOp::ALL.len();
    pub const ATOMIC: usize = STORE + StoreOp::ALL.len();
    pub const BRANCH: usize = ATOMIC + AtomicOp::ALL.len();
    pub const JAL: usize = BRANCH + BranchOp::ALL.len();
    pub const JALR: usize = JAL + 1;
    /// With a register, then with an immediate.
    pub const CSR: usize = JALR + 1;
    pub const FENCE: usize = CSR + 2 * CsrOp::ALL.len();
    pub const FENCE_I: usize = FENCE + 1;
    pub const ECALL: usize = FENCE_I + 1;
    pub const EBREAK: usize = ECALL + 1;
    pub const MRET: usize = EBREAK + 1;
    pub const WFI: usize = MRET + 1;
}

/// The mnemonics of every instruction, 16-bit forms apart.
pub(super) fn operations() -> Vec<String> {
    let mut all: Vec<&str> = Vec::new();
    all.extend(RegisterOp::ALL.iter().map(|op| op.mnemonic()));
    all.extend(ImmediateOp::ALL.iter().map(|op| op.mnemonic()));
    all.extend(UnaryOp::ALL.iter().map(|op| op.mnemonic()));
    all.extend(["lui", "auipc"]);
    all.extend(LoadOp::ALL.iter().map(|op| op.mnemonic()));
    all.extend(StoreOp::ALL.iter().map(|op| op.mnemonic()));
    all.extend(AtomicOp::ALL.iter().map(|op| op.mnemonic()));
    all.extend(BranchOp::ALL.iter().map(|op| op.mnemonic()));
    all.extend(["jal", "jalr"]);
    all.extend(CsrOp::ALL.iter().map(|op| op.mnemonic()));
    all.extend(["csrrwi", "csrrsi", "csrrci"]);
    all.extend(["fence", "fence.i", "ecall", "ebreak", "mret", "wfi"]);
    all.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_where_their_numbers_say() {
        let all = operations();
        for (number, name) in [
            (operation::IMMEDIATE, "addi"),
            (operation::UNARY, "clz"),
            (operation::AUIPC, "auipc"),
            (operation::ATOMIC, "lr.w"),
            (operation::CSR + 3, "csrrwi"),
            (operation::WFI, "wfi"),
        ] {
            assert_eq!(all[number], name);
        }
        assert_eq!(all.len(), operation::WFI + 1);
    }

    #[test]
    fn sizes_around_the_side_are_told_apart() {
        let names = |dim, sizes: &[u32]| -> Vec<&str> {
            sizes.iter().map(|&size| Size::NAMES[Size::of(size, dim)]).collect()
        };
        assert_eq!(names(8, &[1, 2, 7, 8, 9]), ["1", "2..D-2", "D-1", "D", "D+1"]);
        assert_eq!(names(8, &[10, 15, 16, 17]), ["D+2..2D-1", "D+2..2D-1", "2D", "more"]);
        assert_eq!(names(2, &[1, 2, 3, 4, 5]), ["1", "D", "D+1", "2D", "more"]);
        assert!(!Size::exists("D-1", 2) && Size::exists("D-1", 4));
    }
}
