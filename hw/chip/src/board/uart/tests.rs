//! The serial port through its pins and its registers.

use super::*;
use crate::board::tests::device::Device;

const DATA: u32 = 0;
const STATUS: u32 = 4;
/// Bits of STATUS and DATA.
const READY: u32 = 1;
const WAITING: u32 = 2;
const LOST: u32 = 4;
const BROKEN: u32 = 8;
const VALID: u32 = 0x100;

const DIVISORS: [u32; 6] = [4, 5, 7, 16, 104, 217];

fn port(divisor: u32) -> Device {
    Device::new(&uart(divisor), &[("rx", 1)])
}

/// Cycles of a frame.
fn frame(divisor: u32) -> u32 {
    10 * divisor
}

impl Device {
    fn steps(&mut self, cycles: u32) {
        (0..cycles).for_each(|_| self.0.step());
    }

    /// Steps with what is sent coming back.
    fn loop_back(&mut self, cycles: u32) {
        for _ in 0..cycles {
            let tx = self.0.get("tx");
            self.0.set("rx", tx);
            self.0.step();
        }
    }

    /// Drives the line with a frame whose bits last `cycles(bit)` each.
    fn receive(&mut self, byte: u8, stop: u64, cycles: impl Fn(u32) -> u32) {
        let bits = u64::from(byte) << 1 | stop << 9;
        for bit in 0..10 {
            self.0.set("rx", bits >> bit & 1);
            self.steps(cycles(bit));
        }
        self.0.set("rx", 1);
    }
}

#[test]
fn a_frame_is_a_start_bit_eight_data_bits_and_a_stop_bit() {
    for divisor in DIVISORS {
        let mut uart = port(divisor);
        assert_eq!((uart.0.get("tx"), uart.read(STATUS)), (1, READY));
        uart.write(DATA, 0x1_4d);
        let mut levels = Vec::new();
        for cycle in 0..frame(divisor) {
            levels.push(uart.0.get("tx"));
            let status = uart.read(STATUS);
            // The last read of the frame is in the cycle before the line is free.
            assert_eq!(status & READY, 0, "cycle {cycle} of divisor {divisor}");
        }
        let expected = [0, 1, 0, 1, 1, 0, 0, 1, 0, 1];
        for (bit, level) in expected.into_iter().enumerate() {
            let cycles = &levels[bit * divisor as usize..][..divisor as usize];
            assert!(cycles.iter().all(|sent| *sent == level), "bit {bit}, divisor {divisor}");
        }
        assert_eq!((uart.0.get("tx"), uart.read(STATUS)), (1, READY));
    }
}

#[test]
fn what_is_written_during_a_frame_is_not_sent() {
    let mut uart = port(4);
    uart.write(DATA, 0x00);
    uart.write(DATA, 0xff);
    uart.loop_back(3 * frame(4));
    assert_eq!((uart.read(DATA), uart.read(DATA)), (VALID, 0));
}

#[test]
fn every_byte_comes_back() {
    for divisor in DIVISORS {
        let mut uart = port(divisor);
        let step = if divisor > 16 { 37 } else { 1 };
        for byte in (0..=255).step_by(step) {
            while uart.read(STATUS) & READY == 0 {
                uart.loop_back(1);
            }
            uart.write(DATA, byte);
            uart.loop_back(frame(divisor) + 4);
            assert_eq!(uart.read(STATUS), READY | WAITING, "{byte:#x}, divisor {divisor}");
            assert_eq!(uart.read(DATA), VALID | byte, "divisor {divisor}");
            assert_eq!(uart.read(STATUS), READY);
        }
        assert!(uart.0.failed().is_empty(), "{:?}", uart.0.failed());
    }
}

#[test]
fn bytes_wait_in_order_and_the_seventeenth_is_lost() {
    let mut uart = port(8);
    for byte in 0..17 {
        uart.receive(0xa0 + byte, 1, |_| 8);
        uart.steps(4);
        let lost = if byte == 16 { LOST } else { 0 };
        assert_eq!(uart.read(STATUS), READY | WAITING | lost, "byte {byte}");
    }
    for byte in 0..16 {
        assert_eq!(uart.read(DATA), VALID | (0xa0 + byte));
    }
    assert_eq!(uart.read(DATA) & VALID, 0, "the last one is not there");
    assert_eq!(uart.read(STATUS), READY | LOST, "stays");
    uart.write(STATUS, !LOST);
    assert_eq!(uart.read(STATUS), READY | LOST, "only its own bit clears it");
    uart.write(STATUS, LOST);
    assert_eq!(uart.read(STATUS), READY);
    uart.receive(0x55, 1, |_| 8);
    uart.steps(4);
    assert_eq!(uart.read(DATA), VALID | 0x55);
}

#[test]
fn a_wrong_stop_bit_is_told_and_the_next_frame_starts_afresh() {
    let mut uart = port(8);
    uart.receive(0xf0, 0, |_| 8);
    uart.steps(8);
    assert_eq!(uart.read(STATUS), READY | BROKEN, "and no byte");
    uart.receive(0x0f, 1, |_| 8);
    uart.steps(4);
    assert_eq!(uart.read(STATUS), READY | WAITING | BROKEN);
    assert_eq!(uart.read(DATA), VALID | 0x0f);
    uart.write(STATUS, BROKEN);
    assert_eq!(uart.read(STATUS), READY);
}

#[test]
fn a_line_that_stays_low_is_one_broken_frame() {
    let mut uart = port(8);
    uart.0.set("rx", 0);
    uart.steps(12 * 8);
    assert_eq!(uart.read(STATUS), READY | BROKEN);
    uart.write(STATUS, BROKEN);
    uart.steps(40 * 8);
    assert_eq!(uart.read(STATUS), READY, "nothing starts before the line rises");
}

#[test]
fn a_line_that_falls_for_less_than_half_a_bit_is_noise() {
    let mut uart = port(16);
    for _ in 0..3 {
        uart.0.set("rx", 0);
        uart.steps(7);
        uart.0.set("rx", 1);
        uart.steps(20 * 16);
        assert_eq!(uart.read(STATUS), READY);
    }
    uart.receive(0x5a, 1, |_| 16);
    uart.steps(4);
    assert_eq!(uart.read(DATA), VALID | 0x5a);
    assert!(uart.0.covers().any(|(name, hits)| name.ends_with("noise_is_ignored") && hits == 3));
}

#[test]
fn a_sender_that_is_four_percent_off_is_understood() {
    for bit_cycles in [96, 104] {
        let mut uart = port(100);
        for byte in [0x00, 0xff, 0x55, 0x81] {
            uart.receive(byte, 1, |_| bit_cycles);
            uart.steps(4);
            assert_eq!(uart.read(DATA), VALID | u32::from(byte), "{bit_cycles} cycles");
        }
        assert_eq!(uart.read(STATUS), READY);
    }
}

#[test]
fn other_offsets_and_parts_of_words_are_refused() {
    let mut uart = port(4);
    uart.refuses_the_rest(2);
    uart.steps(4);
    assert_eq!((uart.0.get("tx"), uart.read(STATUS)), (1, READY), "and nothing was sent");
}
