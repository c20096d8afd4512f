//! The blocks of a random program. What golden model and QEMU are known to do differently, for
//! reasons that the manuals allow, is not generated:
//!
//! - misaligned loads and stores: QEMU executes them;
//! - values of counters, `misa`, `mvendorid` to `mimpid`, and of `mip` beyond MSIP: the platform's;
//! - `mtvec` with MODE 2 or 3 (QEMU ignores the whole write), reserved `pmpcfg` bits and W without R
//!   (stored), bits of `mstatus`, `mie`, `mcounteren` that other extensions give QEMU;
//! - stores to the reserved word, traps and MRET between LR and SC: QEMU's SC compares values, and a
//!   change of mode ends its reservation, where the manual leaves that to software;
//! - SC where PMP denies it: QEMU's does not look when the reservation is not there;
//! - locked PMP entries but in the last program of a batch: nothing unlocks them;
//! - `wfi` that would wait: nothing else happens in the program.

use crate::asm::{self, addi, amo, b, csr, csrr, csrrw, i, jal, jalr, lr, lui, r, s, sc};
use crate::code::Code;
use crate::frame::{MEPC, MIE, MPP, MPRV, MSIP, MSTATUS, PMPADDR0, PMPCFG0, TO_MACHINE};
use crate::rng::Rng;

/// Where programs load and store; 4 KiB.
pub const DATA: u32 = 0x8080_0000;
/// Data that no PMP entry but the last covers.
const UNPROTECTED: u32 = DATA + 0x1000;
/// The loop counter, which nothing else writes.
const COUNTER: u32 = 25;
/// Holds operands of CSR instructions.
const OPERAND: u32 = 26;
const MPIE: u32 = 1 << 7;
const TW: u32 = 1 << 21;

/// A destination: x0 to x24.
fn rd(rng: &mut Rng) -> u32 {
    rng.below(25)
}

/// A source: any register.
fn rs(rng: &mut Rng) -> u32 {
    rng.below(32)
}

/// A block of the body. `locks` allows locked PMP entries.
pub fn block(rng: &mut Rng, locks: bool) -> Code {
    let mut inner = Code::default();
    let code = &mut inner;
    match rng.below(24) {
        0..=5 => (0..rng.between(2, 8)).for_each(|_| arithmetic(rng, code)),
        6 | 7 => (0..rng.between(2, 8)).for_each(|_| compressed(rng, code)),
        8..=10 => memory(rng, code),
        11 => jumps(rng, code),
        12 => branches(rng, code),
        13 => repeat(rng, code),
        14 => reservation(rng, code),
        15 => atomic(rng, code),
        16 => registers(rng, code),
        17 => pmp(rng, code, locks),
        18 => to_user(rng, code),
        19 => code.words(&[addi(TO_MACHINE, 0, 1), asm::ECALL]),
        20 => traps(rng, code),
        21 => under_mprv(rng, code),
        22 => software_interrupt(rng, code),
        _ => patch(rng, code),
    }
    let mut code = Code::default();
    code.guarded(&inner);
    code
}

/// One 32-bit instruction of I, M, Zba, Zbb or Zbs between registers.
fn arithmetic(rng: &mut Rng, code: &mut Code) {
    const REGISTER: [(u32, u32); 34] = [
        (0, 0),
        (0, 1),
        (0, 2),
        (0, 3),
        (0, 4),
        (0, 5),
        (0, 6),
        (0, 7),
        (0x20, 0),
        (0x20, 5),
        (1, 0),
        (1, 1),
        (1, 2),
        (1, 3),
        (1, 4),
        (1, 5),
        (1, 6),
        (1, 7),
        (0x10, 2),
        (0x10, 4),
        (0x10, 6),
        (0x20, 4),
        (0x20, 6),
        (0x20, 7),
        (5, 4),
        (5, 5),
        (5, 6),
        (5, 7),
        (0x30, 1),
        (0x30, 5),
        (0x24, 1),
        (0x24, 5),
        (0x34, 1),
        (0x14, 1),
    ];
    const SHIFTS: [(u32, u32); 8] =
        [(0, 1), (0, 5), (0x20, 5), (0x30, 5), (0x24, 1), (0x24, 5), (0x34, 1), (0x14, 1)];
    const UNARY: [(i32, u32); 7] =
        [(0x600, 1), (0x601, 1), (0x602, 1), (0x604, 1), (0x605, 1), (0x287, 5), (0x698, 5)];
    let (to, a, b) = (rd(rng), rs(rng), rs(rng));
    code.word(match rng.below(10) {
        0..=4 => {
            let (funct7, funct3) = rng.pick(&REGISTER);
            r(0x33, funct3, funct7, to, a, b)
        }
        5 | 6 => i(0x13, rng.pick(&[0, 2, 3, 4, 6, 7]), to, a, rng.between(-2048, 2047)),
        7 => {
            let (funct7, funct3) = rng.pick(&SHIFTS);
            r(0x13, funct3, funct7, to, a, rng.below(32))
        }
        8 if rng.one_in(4) => r(0x33, 4, 4, to, a, 0), // zext.h
        8 => {
            let (imm, funct3) = rng.pick(&UNARY);
            i(0x13, funct3, to, a, imm)
        }
        _ => rng.pick(&[lui(to, a << 27 | b << 12), asm::auipc(to, a << 27 | b << 12)]),
    });
}

/// One 16-bit instruction without memory access or jump; hints too.
fn compressed(rng: &mut Rng, code: &mut Code) {
    let bits = rng.word();
    let (long, short) = (rd(rng) << 7, rng.below(8) << 7);
    let imm = bits & 0x107c;
    code.short(match rng.below(8) {
        0 => long | imm | 0x0001,                               // c.addi
        1 => long | imm | 0x4001,                               // c.li
        2 if imm != 0 && long != 2 << 7 => long | imm | 0x6001, // c.lui
        2 => 0x6101 | 1 << 2 | imm,                             // c.addi16sp
        3 => (bits & 0x1fe0 | 1 << 5) | (short >> 5) & 0x1c,    // c.addi4spn
        4 => short | bits & 0x047c | 0x8001,                    // c.srli, c.srai
        5 => short | imm | 0x8801,                              // c.andi
        6 => short | bits & 0x007c | 0x8c01,                    // c.sub to c.and
        _ => match rng.below(3) {
            0 => long | bits & 0x7c | 0x0002,          // c.slli
            1 => long | 1 << 2 | bits & 0x7c | 0x8002, // c.mv
            _ => long | 1 << 2 | bits & 0x7c | 0x9002, // c.add
        },
    });
}

/// An address in the data, a multiple of `align`; now and then one where nothing is.
fn address(rng: &mut Rng, align: u32) -> u32 {
    if rng.one_in(16) {
        return rng.pick(&[0xa000_0000, 0x9000_0000, 0xffff_fff0, 0x8100_0000]) + align;
    }
    let near = if rng.one_in(2) { 64 } else { 4096 };
    DATA + rng.below(near) / align * align
}

fn memory(rng: &mut Rng, code: &mut Code) {
    for _ in 0..rng.between(1, 4) {
        let (size, signed) = (rng.below(3), rng.below(2));
        let address = address(rng, 1 << size);
        let offset = rng.between(-2048, 2047);
        match rng.below(5) {
            0 | 1 => {
                let base = 1 + rng.below(24);
                code.li(base, address.wrapping_sub(offset as u32));
                let funct3 = if size == 2 { 2 } else { size | signed << 2 };
                code.word(asm::load(funct3, rd(rng), base, offset));
            }
            2 | 3 => {
                let base = 1 + rng.below(24);
                code.li(base, address.wrapping_sub(offset as u32));
                code.word(s(size, base, rs(rng), offset));
            }
            _ => compressed_memory(rng, code),
        }
    }
}

fn compressed_memory(rng: &mut Rng, code: &mut Code) {
    let bits = rng.word();
    let base = rng.below(8);
    if rng.one_in(2) {
        code.li(8 + base, address(rng, 4));
        let direction = rng.pick(&[0x4000, 0xc000]); // c.lw, c.sw
        code.short(direction | bits & 0x1c7c | base << 7);
    } else {
        code.li(2, address(rng, 4));
        if rng.one_in(2) {
            code.short(0x4002 | (1 + rng.below(24)) << 7 | bits & 0x107c); // c.lwsp
        } else {
            code.short(0xc002 | bits & 0x1ffc); // c.swsp
        }
    }
}

/// Filler of so many parcels.
fn filler(rng: &mut Rng, parcels: i32) -> Code {
    let mut code = Code::default();
    let mut left = parcels;
    while left > 0 {
        if left >= 2 && rng.one_in(2) {
            arithmetic(rng, &mut code);
            left -= 2;
        } else {
            compressed(rng, &mut code);
            left -= 1;
        }
    }
    code
}

/// Jumps over filler.
fn jumps(rng: &mut Rng, code: &mut Code) {
    let parcels = rng.between(0, 6);
    let over = filler(rng, parcels);
    let skip = over.bytes() as i32;
    match rng.below(6) {
        0 => code.word(jal(rd(rng), 4 + skip)),
        1 | 2 => {
            // Bit 0 of the sum is dropped.
            let (base, odd, imm) = (1 + rng.below(24), rng.between(0, 1), rng.between(-64, 64));
            code.words(&[asm::auipc(base, 0), addi(base, base, 12 + skip + odd - imm)]);
            code.word(jalr(rd(rng), base, imm));
        }
        3 => {
            let base = 1 + rng.below(24);
            code.words(&[asm::auipc(base, 0), addi(base, base, 10 + skip + rng.between(0, 1))]);
            code.short(rng.pick(&[0x8002, 0x9002]) | base << 7); // c.jr, c.jalr
        }
        4 => {
            // c.j, c.jal: offsets below 32 are bits 5:3 and 11 of the parcel.
            let offset = (2 + skip) as u32;
            let low = (offset >> 1 & 7) << 3 | (offset >> 4 & 1) << 11;
            code.short(rng.pick(&[0xa001, 0x2001]) | low);
        }
        _ => {
            // To where there is no memory; the handler resumes behind the filler.
            let base = 1 + rng.below(24);
            code.li(base, rng.pick(&[0xa000_0000, 0x9000_0002, 0xffff_fffc]));
            code.word(jalr(rd(rng), base, 0));
        }
    }
    code.append(&over);
}

fn branches(rng: &mut Rng, code: &mut Code) {
    for _ in 0..rng.between(1, 3) {
        let parcels = rng.between(0, 4);
        let over = filler(rng, parcels);
        let skip = over.bytes();
        if rng.one_in(3) {
            // c.beqz, c.bnez: offsets below 32 are bits 4:3 and 11:10 of the parcel.
            let offset = 2 + skip;
            let low = (offset >> 1 & 3) << 3 | (offset >> 3 & 3) << 10;
            code.short(rng.pick(&[0xc001, 0xe001]) | low | rng.below(8) << 7);
        } else {
            let (a, other) = (rs(rng), rs(rng));
            let other = if rng.one_in(4) { a } else { other };
            code.word(b(rng.pick(&[0, 1, 4, 5, 6, 7]), a, other, 4 + skip as i32));
        }
        code.append(&over);
    }
}

/// A loop of a few rounds.
fn repeat(rng: &mut Rng, code: &mut Code) {
    let parcels = rng.between(1, 6);
    let body = filler(rng, parcels);
    code.word(addi(COUNTER, 0, rng.between(1, 4)));
    code.append(&body);
    code.words(&[addi(COUNTER, COUNTER, -1), b(1, COUNTER, 0, -4 - body.bytes() as i32)]);
}

/// LR and SC in good and bad order, on the same word and on others. Nothing between them stores, and
/// no reservation is left.
fn reservation(rng: &mut Rng, code: &mut Code) {
    let (one, other) = (1, 2 + rng.below(2));
    code.li(one, UNPROTECTED + 4 * rng.below(16));
    code.li(other, UNPROTECTED + 4 * rng.below(16));
    for _ in 0..rng.between(1, 4) {
        let base = rng.pick(&[one, one, one, other]);
        let order = rng.below(4) << 25;
        match rng.below(5) {
            0 | 1 => code.word(lr(4 + rng.below(20), base) | order),
            2 => code.word(addi(4 + rng.below(20), rs(rng), 1)),
            _ => code.word(sc(4 + rng.below(20), base, rs(rng)) | order),
        }
    }
    code.word(sc(4 + rng.below(20), one, rs(rng)));
}

/// AMOs and LR; now and then misaligned or where nothing is.
fn atomic(rng: &mut Rng, code: &mut Code) {
    for _ in 0..rng.between(1, 3) {
        let base = 1 + rng.below(24);
        let misaligned = if rng.one_in(8) { rng.below(4) } else { 0 };
        code.li(base, address(rng, 4) + misaligned);
        if rng.one_in(8) {
            code.word(lr(rd(rng), base));
            continue;
        }
        let funct5 = rng.pick(&[0, 1, 4, 8, 0xc, 0x10, 0x14, 0x18, 0x1c]);
        code.word(amo(funct5, rd(rng), base, rs(rng)) | rng.below(4) << 25);
    }
}

/// CSR instructions in all forms, on registers that both have alike.
fn registers(rng: &mut Rng, code: &mut Code) {
    for _ in 0..rng.between(1, 4) {
        // Number, and the bits that may be written.
        let (number, mask) = rng.pick(&[
            (MSTATUS, 0x88 | MPP),
            (MIE, 0),
            (0x306, 0x7f),     // mcounteren
            (0x320, 0x7d),     // mcountinhibit
            (0x340, u32::MAX), // mscratch
            (0x340, u32::MAX),
            (MEPC, !1),
            (0x342, u32::MAX), // mcause
            (0x343, u32::MAX), // mtval
        ]);
        let mask = if number == MSTATUS && rng.one_in(2) { mask | TW } else { mask };
        // MPP = 1 and 2 are WARL: both bits or none.
        let value = rng.operand() & mask;
        let value = if number == MSTATUS && value & MPP != 0 { value | MPP } else { value };
        if number != MSTATUS && mask == u32::MAX && rng.one_in(3) {
            code.word(csr(rng.pick(&[5, 6, 7]), rd(rng), rng.below(32), number));
        } else if rng.one_in(4) {
            code.word(csr(rng.pick(&[2, 3, 6, 7]), rd(rng), 0, number));
        } else {
            code.li(OPERAND, value);
            code.word(csr(rng.pick(&[1, 2, 3]), rd(rng), OPERAND, number));
        }
    }
    // Whether a counter may be read, not what it reads.
    if rng.one_in(2) {
        let counter = rng.pick(&[0xc00, 0xc01, 0xc02, 0xc80, 0xc82, 0xb00, 0xb02, 0xc03, 0xc04]);
        code.word(csrr(0, counter));
    }
}

/// A few PMP entries on the data.
fn pmp(rng: &mut Rng, code: &mut Code, locks: bool) {
    let entries = rng.between(1, 6) as u32;
    for entry in 0..entries {
        let base = DATA >> 2 | rng.below(32);
        let ones = (1 << rng.below(6)) - 1;
        code.li(OPERAND, base | if rng.one_in(2) { ones } else { 0 });
        code.word(csrrw(rd(rng), PMPADDR0 + entry, OPERAND));
    }
    // QEMU follows an address only when the configuration is written after it.
    for register in 0..2 {
        let bytes = [0, 1, 2, 3].map(|byte| {
            let entry = 4 * register + byte;
            let config = rng.below(32) as u8 | if locks && rng.one_in(4) { 0x80 } else { 0 };
            let writable_only = config & 3 == 2;
            if entry < entries { config & !(u8::from(writable_only) << 1) } else { 0 }
        });
        code.li(OPERAND, u32::from_le_bytes(bytes));
        code.word(csrrw(rd(rng), PMPCFG0 + register, OPERAND));
    }
    if rng.one_in(2) {
        code.word(csrr(rd(rng), rng.pick(&[PMPCFG0, PMPCFG0 + 1, PMPADDR0, PMPADDR0 + 2])));
    }
}

/// Returns to the instruction behind it in U mode.
fn to_user(rng: &mut Rng, code: &mut Code) {
    code.li(OPERAND, MPP | MPRV);
    code.word(csr(3, 0, OPERAND, MSTATUS));
    if rng.one_in(2) {
        code.li(OPERAND, MPIE);
        code.word(csr(2, 0, OPERAND, MSTATUS));
    }
    code.words(&[asm::auipc(OPERAND, 0), addi(OPERAND, OPERAND, 16), csrrw(0, MEPC, OPERAND)]);
    code.word(asm::MRET);
}

/// Something that traps, at least in U mode.
fn traps(rng: &mut Rng, code: &mut Code) {
    match rng.below(10) {
        0 => code.word(asm::ECALL),
        1 => code.word(asm::EBREAK),
        2 => code.short(0x9002),
        3 => code.short(0),
        4 => code.word(u32::MAX),
        5 => code.short(rng.pick(&[0x8002, 0x4002, 0x6081, 0x6101, 0x9c41, 0x8000])),
        6 => code.word(csr(1, rd(rng), rs(rng), rng.pick(&[0xc00, 0xf11, 0xf14]))),
        7 => code.word(csrr(rd(rng), rng.pick(&[0x5c0, 0x7ff, 0xcff, 0x8ff, 0x015, 0x341]))),
        // Words without a meaning, of opcodes that neither extends.
        8 => code.word(rng.word() & !0x7f | rng.pick(&[0x0b, 0x2b, 0x5b, 0x7b, 0x1f, 0x77])),
        _ => {
            code.word(rng.pick(&[0x0000_2063, 0x0000_3003, 0x0000_3023, 0x0200_1013, 0x1000_302f]))
        }
    }
}

/// M mode's data accesses with the privilege of MPP.
fn under_mprv(rng: &mut Rng, code: &mut Code) {
    code.li(OPERAND, MPP);
    code.word(csr(rng.pick(&[2, 3]), 0, OPERAND, MSTATUS));
    code.li(OPERAND, MPRV);
    code.word(csr(2, 0, OPERAND, MSTATUS));
    memory(rng, code);
    atomic(rng, code);
    code.li(OPERAND, MPRV);
    code.word(csr(3, 0, OPERAND, MSTATUS));
}

/// Raises MSIP: the interrupt comes at once, when enabled, or does not; `wfi` does not wait.
fn software_interrupt(rng: &mut Rng, code: &mut Code) {
    code.word(csr(5, 0, 8, MIE));
    if rng.one_in(3) {
        code.word(csr(rng.pick(&[6, 7]), 0, 8, MSTATUS));
    }
    code.words(&[lui(OPERAND, MSIP), addi(COUNTER, 0, 1), asm::sw(OPERAND, COUNTER, 0)]);
    arithmetic(rng, code);
    if rng.one_in(2) {
        code.word(csr(rng.pick(&[6, 7]), 0, 8, MSTATUS));
        arithmetic(rng, code);
    }
    code.words(&[lui(OPERAND, MSIP), asm::sw(OPERAND, 0, 0), csrrw(0, MIE, 0)]);
    code.word(0x0ff0_000f);
}

/// Overwrites an instruction in front of it, of the same block.
fn patch(rng: &mut Rng, code: &mut Code) {
    let mut new = Code::default();
    arithmetic(rng, &mut new);
    let word = u32::from(new.parcels()[0]) | u32::from(new.parcels()[1]) << 16;
    code.li(COUNTER, word);
    if rng.one_in(2) {
        code.short(0x0001);
    }
    code.words(&[
        asm::auipc(OPERAND, 0),
        s(1, OPERAND, COUNTER, 20),
        r(0x13, 5, 0, COUNTER, COUNTER, 16),
    ]);
    code.words(&[s(1, OPERAND, COUNTER, 22), asm::FENCE_I]);
    arithmetic(rng, code);
    compressed(rng, code);
}
