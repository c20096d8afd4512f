//! A boot ROM that uses all that a board has, and loads a program over itself.

use super::assembler::*;

/// Words of the boot ROM.
const ROM_WORDS: usize = 1024;

/// Offsets in the ROM: the program that is copied to the start of the RAM; and offsets in it.
const PROGRAM: usize = 0x400;
const HANDLER: usize = 0x80;
const JOB: usize = 0x100;
const TEXT: usize = 0x180;
const PROGRAM_BYTES: usize = 0x200;

/// Offsets in the RAM: what switches the overlay off, and what the NPU's job writes.
const TRAMPOLINE: u32 = 0x1000;
const COPY: u32 = 0x2000;

const RAM_BASE: u32 = 0x8000_0000;

/// Registers.
const UART: u32 = 1;
const GPIO: u32 = 2;
const RAM: u32 = 3;
const NPU: u32 = 4;

const MTVEC: u32 = 0x305;
const MCAUSE: u32 = 0x342;

/// What a board with this ROM sends, when it receives `heard` in the end.
pub fn says(heard: u8, has_npu: bool) -> Vec<u8> {
    let start: &[u8] = if has_npu { b"RNP" } else { b"RP" };
    [start, &[heard + 1]].concat()
}

/// What the LEDs show in the end: the cause of a load access fault.
pub const LAST_LEDS: u64 = 5;

/// The words of the ROM: LEDs show the buttons, `R` is sent, the program is copied, the NPU, if there
/// is one, copies an `N` that is in the RAM and not in the ROM, and the program is started.
pub fn rom(has_npu: bool) -> Vec<u32> {
    let mut code = addresses();
    code.extend([lw(5, GPIO, 4), sw(5, GPIO, 0)]);
    code.extend(send_byte(b'R'));
    code.extend(li(5, RAM_BASE + PROGRAM as u32));
    code.extend(li(6, RAM_BASE));
    code.push(addi(7, 6, PROGRAM_BYTES as i32));
    code.extend([lw(8, 5, 0), sw(8, 6, 0), addi(5, 5, 4), addi(6, 6, 4), bne(6, 7, -16)]);
    if has_npu {
        code.extend([addi(5, RAM, JOB as i32), sw(5, NPU, 0x10)]);
        code.extend([lw(5, NPU, 8), and_immediate(5, 5, 1), bne(5, 0, -8)]);
        code.extend(li(5, RAM_BASE + COPY));
        code.push(lw(8, 5, 0));
        code.extend(send(8));
    }
    code.extend(li(5, RAM_BASE + TRAMPOLINE));
    for (index, word) in [sw(0, GPIO, 8), FENCE_I, jalr(0, RAM, 0)].into_iter().enumerate() {
        code.extend(li(6, word));
        code.push(sw(6, 5, 4 * index as i32));
    }
    code.extend([FENCE_I, jalr(0, 5, 0)]);
    placed(ROM_WORDS, &[(0, &code), (PROGRAM, &program())])
}

/// The program: sends `P`, sends back what it receives plus 1, and shows why nothing answers at an
/// address where nothing is.
fn program() -> Vec<u32> {
    let mut code = addresses();
    code.extend([addi(5, RAM, HANDLER as i32), csrrw(0, MTVEC, 5)]);
    code.extend(send_byte(b'P'));
    code.extend([lw(8, UART, 0), and_immediate(9, 8, 0x100), beq(9, 0, -8), addi(8, 8, 1)]);
    code.extend(send(8));
    code.extend([lui(5, 0x2000_0000), lw(5, 5, 0), STOP]);
    let handler = [csrrs(5, MCAUSE, 0), sw(5, GPIO, 0), STOP];
    // LOAD of 4 bytes to the scratchpad, and STORE of them.
    let load = [1 | 4 << 12, RAM_BASE + TEXT as u32, 0, 1 | 4 << 16, 0, 0, 0, 0];
    let store = [3 | 1 << 4 | 1 << 8 | 2 << 16, RAM_BASE + COPY, 0, 1 | 4 << 16, 0, 0, 0, 0];
    let job = [load, store].concat();
    let text = [u32::from(b'N')];
    placed(PROGRAM_BYTES / 4, &[(0, &code), (HANDLER, &handler), (JOB, &job), (TEXT, &text)])
}

/// Parts at byte offsets, with 0 between them.
fn placed(words: usize, parts: &[(usize, &[u32])]) -> Vec<u32> {
    let mut all = vec![0; words];
    for (offset, part) in parts {
        let place = &mut all[offset / 4..][..part.len()];
        assert!(place.iter().all(|word| *word == 0), "parts overlap at {offset:#x}");
        place.copy_from_slice(part);
    }
    all
}

fn addresses() -> Vec<u32> {
    let bases = [(UART, 0x1000_0000), (GPIO, 0x1001_0000), (RAM, RAM_BASE), (NPU, 0x4000_0000)];
    bases.into_iter().map(|(register, base)| lui(register, base)).collect()
}

fn and_immediate(rd: u32, rs1: u32, immediate: i32) -> u32 {
    i(immediate, rs1, 7, rd, 0x13)
}

/// Waits until the UART is ready, and sends a register's lowest byte.
fn send(register: u32) -> [u32; 4] {
    [lw(9, UART, 4), and_immediate(9, 9, 1), beq(9, 0, -8), sw(register, UART, 0)]
}

fn send_byte(byte: u8) -> Vec<u32> {
    let mut code = vec![addi(8, 0, i32::from(byte))];
    code.extend(send(8));
    code
}
