//! Commands of the host: `docs/monitor.md`.

use systole_isa::{Instruction, Label, StoreOp};

use super::code::Code;
use super::registers::*;
use super::serial::Serial;
use crate::Chip;
use crate::map;
use crate::protocol::{ANSWER_SYNC, Identity, REQUEST_SYNC, VERSION, command, crc, status};

/// The commands, and what they share.
pub struct Commands {
    /// Waits for a request, for ever.
    pub ready: Label,
    /// Sends the start of an answer with `A2` bytes of data; link `LINK_PART`.
    answer_head: Label,
    /// Sends the rest of an answer; link `LINK_PART`.
    answer_tail: Label,
    /// Answers without data, then `ready`.
    answer: Label,
    /// Sends the rest of the answer, then `ready`.
    finish: Label,
    /// Puts the number in `T4` into `STATUS`, then `answer`.
    refuse: Label,
}

impl Commands {
    pub fn new(code: &mut Code) -> Self {
        Self {
            ready: code.label(),
            answer_head: code.label(),
            answer_tail: code.label(),
            answer: code.label(),
            finish: code.label(),
            refuse: code.label(),
        }
    }

    /// Appends all of it.
    pub fn emit(&self, code: &mut Code, chip: &Chip, serial: &Serial) {
        self.listen(code, chip);
        self.dispatch(code, serial, chip);
        self.answers(code, serial);
    }

    /// Shows the LEDs until a request begins.
    fn listen(&self, code: &mut Code, chip: &Chip) {
        code.bind(self.ready);
        code.li(STATUS, status::OK);
        code.li(VALUE, 0);
        code.li(T3, 0);
        code.li(T5, REQUEST_SYNC);
        let again = code.here();
        show(code, chip);
        code.lw(A0, map::UART_DATA, UART);
        code.andi(T2, A0, 0x100);
        code.beq(T2, ZERO, again);
        // T3 holds the last four bytes; bit 8 falls out.
        code.srli(T3, T3, 8);
        code.slli(A0, A0, 24);
        code.or(T3, T3, A0);
        code.bne(T3, T5, again);
    }

    fn dispatch(&self, code: &mut Code, serial: &Serial, chip: &Chip) {
        code.li(CRC, crc::START);
        for register in [COMMAND, ADDRESS, ARGUMENT] {
            code.call(RA, serial.receive_word);
            code.mv(register, A1);
        }
        code.call(RA, serial.receive_word);
        self.refuse_damaged(code);
        code.andi(T1, COMMAND, 0xff);
        on(code, command::IDENTIFY, |code| self.identify(code, serial, chip));
        on(code, command::WRITE, |code| self.write(code, serial));
        on(code, command::READ, |code| self.read(code, serial));
        on(code, command::GO, |code| self.go(code));
        code.li(T4, status::UNKNOWN_COMMAND);
        code.j(self.refuse);
        code.bind(serial.gives_up);
        code.li(T4, status::INCOMPLETE);
        code.bind(self.refuse);
        code.mv(STATUS, T4);
        code.j(self.answer);
    }

    /// Goes on if `CRC` is that of good data with their CRC.
    fn refuse_damaged(&self, code: &mut Code) {
        code.li(T4, status::BAD_CHECKSUM);
        code.li(T1, crc::RESIDUE);
        code.bne(CRC, T1, self.refuse);
    }

    /// Goes on if `ARGUMENT` is a number of whole words; `A2` is then the first address and `A3` the
    /// one behind.
    fn refuse_length(&self, code: &mut Code) {
        code.li(T4, status::BAD_LENGTH);
        code.andi(T1, ARGUMENT, 3);
        code.bne(T1, ZERO, self.refuse);
        code.mv(A2, ADDRESS);
        code.add(A3, ADDRESS, ARGUMENT);
    }

    fn identify(&self, code: &mut Code, serial: &Serial, chip: &Chip) {
        code.li(A2, 4 * Identity::WORDS);
        code.call(LINK_PART, self.answer_head);
        for constant in [VERSION, map::RAM_BASE, chip.ram_bytes] {
            code.li(A1, constant);
            code.call(RA, serial.send_word);
        }
        for offset in [map::GPIO_CLOCK, map::GPIO_BAUD] {
            code.lw(A1, offset, GPIO);
            code.call(RA, serial.send_word);
        }
        for register in [OUTCOME, PLACE, FOUND, EXPECTED] {
            code.mv(A1, register);
            code.call(RA, serial.send_word);
        }
        code.j(self.finish);
    }

    /// What does not arrive well has been written all the same: there is nowhere to keep it.
    fn write(&self, code: &mut Code, serial: &Serial) {
        self.refuse_length(code);
        code.li(CRC, crc::START);
        let (again, end) = (code.here(), code.label());
        code.beq(A2, A3, end);
        code.call(RA, serial.receive_word);
        code.sw(A1, 0, A2);
        code.addi(A2, A2, 4);
        code.j(again);
        code.bind(end);
        code.call(RA, serial.receive_word);
        self.refuse_damaged(code);
        code.j(self.answer);
    }

    fn read(&self, code: &mut Code, serial: &Serial) {
        self.refuse_length(code);
        code.mv(T5, A2);
        code.mv(A2, ARGUMENT);
        code.call(LINK_PART, self.answer_head);
        code.mv(A2, T5);
        let again = code.here();
        code.beq(A2, A3, self.finish);
        // What a load that faults leaves.
        code.li(A1, 0);
        code.lw(A1, 0, A2);
        code.call(RA, serial.send_word);
        code.addi(A2, A2, 4);
        code.j(again);
    }

    /// With an argument, takes the boot ROM away by instructions that are there and not in it.
    fn go(&self, code: &mut Code) {
        let [leave, stays] = [(); 2].map(|()| code.label());
        // The entry has to be there.
        code.lhu(ZERO, 0, ADDRESS);
        code.beq(ARGUMENT, ZERO, leave);
        let store = StoreOp::Sw;
        let trampoline = [
            Instruction::Store { op: store, rs2: ZERO, rs1: GPIO, offset: map::GPIO_BOOT },
            Instruction::FenceI,
            Instruction::Jalr { rd: ZERO, rs1: ADDRESS, offset: 0 },
        ];
        for (offset, instruction) in (0..).step_by(4).zip(trampoline) {
            let kept = code.label();
            code.li(T1, instruction.encode());
            code.sw(T1, offset, ARGUMENT);
            // Where the ROM lies over it, it would not be fetched.
            code.li(T2, 0);
            code.lw(T2, offset, ARGUMENT);
            code.beq(T1, T2, kept);
            code.li(STATUS, status::FAULT);
            code.mv(VALUE, ARGUMENT);
            code.bind(kept);
        }
        code.bind(leave);
        code.bne(STATUS, ZERO, self.answer);
        code.li(A2, 0);
        code.call(LINK_PART, self.answer_head);
        code.call(LINK_PART, self.answer_tail);
        let sending = code.here();
        code.lw(T1, map::UART_STATUS, UART);
        code.andi(T1, T1, 1);
        code.beq(T1, ZERO, sending);
        code.0.push(Instruction::FenceI);
        code.beq(ARGUMENT, ZERO, stays);
        code.jr(ARGUMENT);
        code.bind(stays);
        code.jr(ADDRESS);
    }

    fn answers(&self, code: &mut Code, serial: &Serial) {
        code.bind(self.answer);
        code.li(A2, 0);
        code.call(LINK_PART, self.answer_head);
        code.bind(self.finish);
        code.call(LINK_PART, self.answer_tail);
        code.j(self.ready);

        code.bind(self.answer_head);
        code.li(A1, ANSWER_SYNC);
        code.call(RA, serial.send_word);
        code.li(CRC, crc::START);
        code.mv(A1, COMMAND);
        code.call(RA, serial.send_word);
        code.mv(A1, A2);
        code.call(RA, serial.send_word);
        code.jr(LINK_PART);

        code.bind(self.answer_tail);
        for register in [STATUS, VALUE] {
            code.mv(A1, register);
            code.call(RA, serial.send_word);
        }
        code.not(A1, CRC);
        code.call(RA, serial.send_word);
        code.jr(LINK_PART);
    }
}

/// What happens if `T1` is the number of a command.
fn on(code: &mut Code, number: u8, emit: impl FnOnce(&mut Code)) {
    let other = code.label();
    code.li(T2, number.into());
    code.bne(T1, T2, other);
    emit(code);
    code.bind(other);
}

/// LEDs 0 and 1 are lit if the test of the NPU passed, else in turns, two to four times a second. LED 0
/// stays as it is without an NPU.
fn show(code: &mut Code, chip: &Chip) {
    if chip.dim == 0 {
        return;
    }
    let passed = code.label();
    code.li(T1, 3);
    code.beq(OUTCOME, ZERO, passed);
    code.lw(T1, 0, MTIME);
    // The bit of the clock that changes four to eight times a second.
    code.srli(T1, T1, (chip.clock_hz / 4).max(1).ilog2() as u8);
    code.andi(T1, T1, 1);
    code.addi(T1, T1, 1);
    code.bind(passed);
    code.sw(T1, map::GPIO_LEDS, GPIO);
}
