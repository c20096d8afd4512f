//! What stands around every random program: its trap handler, its beginning and its end. Registers
//! x27 to x31 are the frame's.

use crate::asm::{self, addi, b, csr, csrr, csrrw, jal, lui};
use crate::code::{Code, RESUME};
use crate::rng::Rng;

/// What the handler clobbers.
const SCRATCH: [u32; 2] = [30, 31];
/// Traps left before the program is given up.
pub const TRAPS_LEFT: u32 = 28;
/// 1 makes the next trap return to M mode.
pub const TO_MACHINE: u32 = 27;
const MOST_TRAPS: i32 = 60;

pub const MSTATUS: u32 = 0x300;
pub const MIE: u32 = 0x304;
pub const MTVEC: u32 = 0x305;
pub const MEPC: u32 = 0x341;
pub const MCAUSE: u32 = 0x342;
pub const MTVAL: u32 = 0x343;
pub const PMPCFG0: u32 = 0x3a0;
pub const PMPADDR0: u32 = 0x3b0;
/// `mstatus.MPRV`.
pub const MPRV: u32 = 1 << 17;
/// `mstatus.MPP`.
pub const MPP: u32 = 3 << 11;
/// `msip` of the CLINT, at the same place in QEMU's machine `virt`.
pub const MSIP: u32 = 0x0200_0000;

/// Entries of the vector table.
const VECTORS: i32 = 16;

/// The handler, at an address that is a multiple of 64; the next program begins `next` bytes behind
/// it.
///
/// It resumes after the block that trapped, in the mode that it came from. It clears what QEMU is
/// known to set otherwise: `mtval`, and bit 1 of `mcause` (see `same` in `main.rs`).
pub fn handler(next: i32) -> Code {
    let [a, t] = SCRATCH;
    let mut code = Code::default();
    for vector in 0..VECTORS {
        code.word(jal(0, 4 * (VECTORS - vector)));
    }
    code.words(&[
        addi(TRAPS_LEFT, TRAPS_LEFT, -1),
        lui(t, MPRV),
        csr(3, 0, t, MSTATUS),
        b(1, TRAPS_LEFT, 0, 8),
    ]);
    let here = code.bytes() as i32;
    code.words(&[
        jal(0, next - here),
        csrrw(0, MTVAL, 0),
        csr(7, 0, 2, MCAUSE),
        csrr(a, MCAUSE),
        b(4, a, 0, 12), // an interrupt
        csrrw(0, MEPC, RESUME),
        jal(0, 12),
        lui(t, MSIP),
        asm::sw(t, 0, 0),
        asm::beq(TO_MACHINE, 0, 20),
        lui(t, 0x2000),
        addi(t, t, -0x800),
        csr(2, 0, t, MSTATUS), // MPP = M
        addi(TO_MACHINE, 0, 0),
        asm::MRET,
    ]);
    code
}

/// M mode, no interrupts, no PMP but one entry that allows everything, the handler in place.
pub fn begin(handler: u32, rng: &mut Rng) -> Code {
    let [a, t] = SCRATCH;
    let mut code = Code::default();
    code.words(&[csrrw(0, MIE, 0), csrrw(0, MSTATUS, 0), lui(t, MSIP), asm::sw(t, 0, 0)]);
    for register in 0..4 {
        code.word(csrrw(0, PMPCFG0 + register, 0));
    }
    code.li(a, u32::MAX);
    code.word(csrrw(0, PMPADDR0 + 15, a));
    code.li(a, 0x1f00_0000);
    code.word(csrrw(0, PMPCFG0 + 3, a));
    code.li(a, handler | rng.below(2));
    code.word(csrrw(0, MTVEC, a));
    code.words(&[csrrw(0, MEPC, 0), csrrw(0, MCAUSE, 0), csrrw(0, MTVAL, 0)]);
    code.words(&[addi(TO_MACHINE, 0, 0), addi(TRAPS_LEFT, 0, MOST_TRAPS)]);
    for _ in 0..8 {
        code.li(1 + rng.below(24), rng.operand());
    }
    code
}

/// Ends the program from any mode: the last trap that is allowed.
pub fn end() -> Code {
    let mut code = Code::default();
    code.words(&[addi(TRAPS_LEFT, 0, 1), asm::ECALL]);
    code
}
