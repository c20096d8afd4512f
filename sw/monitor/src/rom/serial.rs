//! Bytes and words over the serial port, with their CRC.

use systole_isa::Label;

use super::code::Code;
use super::registers::*;
use crate::map;

/// The routines.
pub struct Serial {
    /// Sends the byte `A0`; link `LINK_BYTE`.
    pub send_byte: Label,
    /// Sends the word `A1`, the low byte first, and counts it in `CRC`; link `RA`.
    pub send_word: Label,
    /// Receives a word into `A1`, and counts it in `CRC`; link `RA`. Goes to `gives_up` instead when
    /// no byte comes for a while.
    pub receive_word: Label,
    /// Where it goes then.
    pub gives_up: Label,
    receive_byte: Label,
    count_byte: Label,
}

impl Serial {
    pub fn new(code: &mut Code) -> Self {
        Self {
            send_byte: code.label(),
            send_word: code.label(),
            receive_word: code.label(),
            gives_up: code.label(),
            receive_byte: code.label(),
            count_byte: code.label(),
        }
    }

    /// Appends the routines.
    pub fn emit(&self, code: &mut Code) {
        self.send_byte(code);
        self.receive_byte(code);
        self.count_byte(code);
        self.send_word(code);
        self.receive_word(code);
    }

    fn send_byte(&self, code: &mut Code) {
        code.bind(self.send_byte);
        code.lw(T1, map::UART_STATUS, UART);
        code.andi(T1, T1, 1);
        code.beq(T1, ZERO, self.send_byte);
        code.sw(A0, map::UART_DATA, UART);
        code.jr(LINK_BYTE);
    }

    /// The byte in `A0`.
    fn receive_byte(&self, code: &mut Code) {
        code.bind(self.receive_byte);
        code.lw(T1, 0, MTIME);
        let (again, received) = (code.here(), code.label());
        code.lw(A0, map::UART_DATA, UART);
        code.andi(T2, A0, 0x100);
        code.bne(T2, ZERO, received);
        code.lw(T2, 0, MTIME);
        code.sub(T2, T2, T1);
        code.bltu(T2, PATIENCE, again);
        code.j(self.gives_up);
        code.bind(received);
        code.andi(A0, A0, 0xff);
        code.jr(LINK_BYTE);
    }

    /// Counts the byte `A0` in `CRC`, half a byte at a time.
    fn count_byte(&self, code: &mut Code) {
        code.bind(self.count_byte);
        code.xor(CRC, CRC, A0);
        for _ in 0..2 {
            code.andi(T1, CRC, 15);
            code.slli(T1, T1, 2);
            code.add(T1, T1, TABLE);
            code.lw(T1, 0, T1);
            code.srli(CRC, CRC, 4);
            code.xor(CRC, CRC, T1);
        }
        code.jr(LINK_BYTE);
    }

    fn send_word(&self, code: &mut Code) {
        code.bind(self.send_word);
        code.li(LEFT, 4);
        let again = code.here();
        code.andi(A0, A1, 0xff);
        code.call(LINK_BYTE, self.count_byte);
        code.call(LINK_BYTE, self.send_byte);
        code.srli(A1, A1, 8);
        code.addi(LEFT, LEFT, -1);
        code.bne(LEFT, ZERO, again);
        code.jr(RA);
    }

    fn receive_word(&self, code: &mut Code) {
        code.bind(self.receive_word);
        code.li(LEFT, 4);
        let again = code.here();
        code.call(LINK_BYTE, self.receive_byte);
        code.call(LINK_BYTE, self.count_byte);
        code.srli(A1, A1, 8);
        code.slli(A0, A0, 24);
        code.or(A1, A1, A0);
        code.addi(LEFT, LEFT, -1);
        code.bne(LEFT, ZERO, again);
        code.jr(RA);
    }
}
