//! The monitor and the host's code for it, which meet at the serial pins of a simulated board.

mod common;

use std::cell::RefCell;

use common::pins::{Noise, PERIPHERALS, monitor, pins, pins_of};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use systole_golden::elf::Program;
use systole_isa::{Assembler, Compression, Register};
use systole_monitor::protocol::{SelfTest, Status};
use systole_monitor::{Error, Image, Monitor, RAM_BASE};

const RAM_BYTES: u32 = 1 << 16;
const GPIO: u32 = 0x1001_0000;

#[test]
fn a_board_says_what_it_is() {
    let mut pins = pins("nano");
    assert_eq!(pins.hear_line(), "\r\n");
    assert_eq!(pins.hear_line(), "Systole nano 0.1 MHz, NPU 4x4: self-test passed\r\n");
    let mut monitor = Monitor::new(pins, PERIPHERALS.baud);
    let identity = monitor.identify().unwrap();
    assert_eq!((identity.ram_base, identity.ram_bytes), (RAM_BASE, RAM_BYTES));
    assert_eq!((identity.clock_hz, identity.baud), (PERIPHERALS.clock_hz, PERIPHERALS.baud));
    assert_eq!(identity.self_test, SelfTest::Passed);
    assert_eq!(monitor.line().board.leds(), 3);
}

#[test]
fn a_hart_without_an_npu_has_a_monitor_too() {
    let mut pins = pins_of("nano", &["npu.dim=0"]);
    assert_eq!(pins.hear_line(), "\r\n");
    assert_eq!(pins.hear_line(), "Systole nano 0.1 MHz, no NPU\r\n");
    let mut monitor = Monitor::new(pins, PERIPHERALS.baud);
    assert_eq!(monitor.identify().unwrap().self_test, SelfTest::Absent);
    assert_eq!(monitor.line().board.leds(), 1);
    let (address, bytes) = (RAM_BASE + 0x2000, [1, 2, 3, 4, 5, 6, 7, 8]);
    monitor.write(address, &bytes).unwrap();
    assert_eq!(monitor.read(address, 8).unwrap(), bytes);
}

#[test]
fn a_sequential_npu_passes_its_self_test() {
    let mut pins = pins_of("nano", &["npu.sequential=true"]);
    assert_eq!(pins.hear_line(), "\r\n");
    assert_eq!(pins.hear_line(), "Systole nano 0.1 MHz, NPU 4x4: self-test passed\r\n");
    let mut monitor = Monitor::new(pins, PERIPHERALS.baud);
    assert_eq!(monitor.identify().unwrap().self_test, SelfTest::Passed);
    assert_eq!(monitor.line().board.leds(), 3);
}

/// Any bytes before a request: another program's, a terminal's, half a request.
#[test]
fn what_is_written_is_read_whatever_came_before() {
    let monitor = RefCell::new(monitor("nano"));
    let blocks =
        (0..RAM_BYTES / 4 - 64, vec(any::<u32>(), 0..64), vec(any::<u8>(), 0..40), 0..25usize);
    let mut runner = TestRunner::new(Config { cases: 24, ..Config::default() });
    let tried = runner.run(&blocks, |(word, words, garbage, part)| {
        let mut monitor = monitor.borrow_mut();
        let address = RAM_BASE + 4 * word.max(1024);
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let earlier = systole_monitor::protocol::Request::Read { address, length: 8 }.encode(0);
        monitor.line().board.send(&garbage);
        monitor.line().board.send(&earlier[..part.min(earlier.len())]);
        monitor.write(address, &bytes).unwrap();
        monitor.line().board.send(&garbage);
        prop_assert_eq!(monitor.read(address, bytes.len() as u32).unwrap(), bytes);
        Ok(())
    });
    tried.unwrap_or_else(|failure| panic!("{failure}"));
}

/// A request of 88 bytes and its answer, then one of 20 and an answer of 88: a byte of each part is
/// lost or changed.
#[test]
fn lost_and_damaged_bytes_are_sent_again() {
    let (bytes, address): (Vec<u8>, u32) = ((0..64).collect(), RAM_BASE + 0x2000);
    let mut monitor = monitor("nano");
    monitor.identify().unwrap();
    let cases = [0, 5, 17, 30, 86, 100].map(|after| (true, after));
    let answers = [2, 6, 9, 14, 50, 111].map(|after| (false, after));
    for (in_request, after) in cases.into_iter().chain(answers) {
        for loses in [false, true] {
            let noise = Noise { after: Some(after), loses };
            let line = monitor.line();
            *(if in_request { &mut line.sending } else { &mut line.hearing }) = noise;
            let word = (after as u32).to_le_bytes();
            let bytes = [&word, bytes.as_slice()].concat();
            monitor.write(address, &bytes[..64]).unwrap();
            assert_eq!(monitor.read(address, 64).unwrap(), bytes[..64], "{in_request} {after}");
            let line = monitor.line();
            assert!(line.sending.after.is_none() && line.hearing.after.is_none());
        }
    }
}

#[test]
fn addresses_where_nothing_is_are_refused() {
    let mut monitor = monitor("nano");
    let end = RAM_BASE + RAM_BYTES;
    let refused = |result: Result<(), Error>, fault: u32| match result {
        Err(Error::Refused(Status::Fault(at))) => assert_eq!(at, fault),
        other => panic!("{other:?}"),
    };
    for (address, fault) in [(end - 8, end), (0x2000_0000, 0x2000_0000)] {
        refused(monitor.write(address, &[1; 16]), fault);
        refused(monitor.read(address, 16).map(drop), fault);
        refused(monitor.go(fault, Some(RAM_BASE + 0x2000)), fault);
    }
    // A word that is not aligned, and a place that the boot ROM hides.
    for result in [
        monitor.read(RAM_BASE + 1, 4).map(drop),
        monitor.go(0, None),
        monitor.go(RAM_BASE + 0x2000, Some(RAM_BASE + 0x100)),
        monitor.go(RAM_BASE + 0x2001, Some(RAM_BASE + 0x2000)),
    ] {
        assert!(matches!(result, Err(Error::Refused(Status::Fault(_)))), "{result:?}");
    }
    for result in [monitor.write(RAM_BASE, &[1; 6]), monitor.read(RAM_BASE, 2).map(drop)] {
        assert!(matches!(result, Err(Error::Refused(Status::BadLength))), "{result:?}");
    }
    // And it is as well as before.
    assert_eq!(monitor.read(end - 4, 4).unwrap(), [1; 4]);
}

#[test]
fn registers_are_words_like_others() {
    let mut monitor = monitor("nano");
    monitor.line().board.press(5);
    assert_eq!(monitor.read(GPIO + 4, 4).unwrap(), [5, 0, 0, 0]);
    let clock = monitor.read(GPIO + 12, 8).unwrap();
    let rates = [PERIPHERALS.clock_hz, PERIPHERALS.baud];
    assert_eq!(clock, rates.map(u32::to_le_bytes).concat());
}

/// The committed program, loaded and run; it comes back to the monitor, which takes another.
#[test]
fn a_program_prints_and_lights_leds() {
    let elf = include_bytes!("../../programs/hello.elf");
    let program = Program::parse("hello.elf", elf, RAM_BYTES).unwrap();
    let mut image = Image::default();
    for segment in &program.segments {
        image.add(segment.address, &segment.bytes).unwrap();
    }
    assert_eq!(image.trampoline(RAM_BYTES), Ok(None));
    let mut monitor = monitor("nano");
    for _ in 0..2 {
        for (address, bytes) in image.blocks(1024) {
            monitor.write(address, &bytes).unwrap();
        }
        monitor.go(program.entry, None).unwrap();
        assert!(monitor.rest().is_empty());
        let hello = "hello from a board with a clock of 100000 Hz, 6250 bits a second and an NPU of \
                     side 4\r\n";
        assert_eq!(monitor.line().hear_line(), hello);
        assert_eq!(monitor.line().board.leds(), 7);
        // The end, exit code 0, and the monitor's banner.
        assert_eq!(monitor.line().hear_line(), "\x04\0\r\n");
        assert!(monitor.line().hear_line().ends_with("self-test passed\r\n"));
    }
}

/// A program over the boot ROM, from a place where nothing of it is left.
#[test]
fn a_program_lies_over_the_boot_rom() {
    let mut code = Assembler::new(RAM_BASE, Compression::Never);
    let (gpio, value) = (Register::new(8), Register::new(9));
    code.load_immediate(gpio, GPIO);
    code.load_word(value, 8, gpio);
    code.add_immediate(value, value, 0x50);
    code.store_word(value, 0, gpio);
    let stay = code.label_here();
    code.jump(Register::ZERO, stay);
    let bytes = code.finish().bytes();
    for preset in ["nano", "edge"] {
        let mut monitor = monitor(preset);
        monitor.write(RAM_BASE, &bytes).unwrap();
        assert_ne!(monitor.read(RAM_BASE, bytes.len() as u32).unwrap(), bytes, "it is the ROM");
        monitor.go(RAM_BASE, Some(RAM_BASE + RAM_BYTES - 12)).unwrap();
        monitor.line().board.run(1000).unwrap();
        assert_eq!(monitor.line().board.leds(), 0x50, "{preset}: the ROM is away");
    }
}
