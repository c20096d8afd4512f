//! The other side of the serial line.

/// Sends and receives frames of 8N1, cycle by cycle.
pub struct Terminal {
    divisor: u32,
    /// Cycles of the frame on the board's line so far; 0 when there is none.
    heard_cycles: u32,
    heard_bits: u32,
    /// What was received.
    pub heard: Vec<u8>,
    /// Frame that is sent, and the cycles of it so far.
    sending: Option<(u32, u32)>,
}

impl Terminal {
    pub fn new(divisor: u32) -> Self {
        Self { divisor, heard_cycles: 0, heard_bits: 0, heard: Vec::new(), sending: None }
    }

    pub fn send(&mut self, byte: u8) {
        self.sending = Some((u32::from(byte) << 1 | 1 << 9, 0));
    }

    /// One cycle: what the board sends, and what it receives.
    pub fn cycle(&mut self, tx: u64) -> u64 {
        self.hear(tx as u32);
        let Some((frame, cycles)) = self.sending else { return 1 };
        let level = frame >> (cycles / self.divisor) & 1;
        self.sending = (cycles + 1 < 10 * self.divisor).then_some((frame, cycles + 1));
        u64::from(level)
    }

    /// Takes each bit of the line in its middle.
    fn hear(&mut self, level: u32) {
        if self.heard_cycles == 0 && level == 1 {
            return;
        }
        let (bit, phase) = (self.heard_cycles / self.divisor, self.heard_cycles % self.divisor);
        self.heard_cycles += 1;
        if phase != self.divisor / 2 {
            return;
        }
        self.heard_bits = if bit == 0 { level } else { self.heard_bits | level << bit };
        if bit == 9 {
            assert_eq!(self.heard_bits & 0x201, 0x200, "start bit 0 and stop bit 1");
            self.heard.push((self.heard_bits >> 1) as u8);
            self.heard_cycles = 0;
        }
    }
}
