//! `systole upload`, end to end: the binary at one side of a pseudo-terminal, a simulated board at the
//! other.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use systole_chip::ChipConfig;
use systole_chip::board::memory::boot_rom::BOOT_FILE;
use systole_chip::board::{Peripherals, board};
use systole_sim::{Board, Settings, build_board, silent};

use crate::support::*;

/// A bit lasts 16 cycles, and the monitor waits for 25,000 of them.
const PERIPHERALS: Peripherals =
    Peripherals { clock_hz: 100_000, baud: 6_250, leds: 8, buttons: 3 };
const DIVISOR: u32 = 16;
const RAM_BYTES: u32 = 1 << 16;

/// One side of a pseudo-terminal, and the path of the other.
fn terminal() -> (std::fs::File, String) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let path = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    let mut settings = tcgetattr(&master).unwrap();
    settings.make_raw();
    tcsetattr(&master, OptionalActions::Now, &settings).unwrap();
    rustix::fs::fcntl_setfl(&master, OFlags::RDWR | OFlags::NONBLOCK).unwrap();
    (std::fs::File::from(master), path)
}

fn power_up() -> Board {
    let config = ChipConfig::preset("nano").unwrap();
    let config = config.with_settings(&[&format!("memory.ram_bytes={RAM_BYTES}")]).unwrap();
    let design = systole_hdl::check(&board(&config, &PERIPHERALS)).unwrap();
    let program = build_board(&Settings::from_env().unwrap(), &design, &silent).unwrap();
    let boot = systole_monitor::boot_hex(&systole_monitor::Chip {
        name: "nano".to_owned(),
        clock_hz: PERIPHERALS.clock_hz,
        ram_bytes: RAM_BYTES,
        fetch_bits: config.core.fetch_bits(),
        dim: config.npu.dim,
        scratchpad_rows: config.npu.scratchpad_rows,
    });
    Board::start(&program, BOOT_FILE, &boot, DIVISOR).unwrap()
}

/// Carries bytes between a board and a terminal until told to stop.
fn connect(mut board: Board, mut terminal: std::fs::File, stop: &AtomicBool) {
    let mut buffer = [0; 4096];
    while !stop.load(Ordering::Relaxed) {
        // Fails while nobody has the other side open.
        let count = terminal.read(&mut buffer).unwrap_or(0);
        board.send(&buffer[..count]);
        if let Some(byte) = board.run(2_000).unwrap() {
            let _ = terminal.write_all(&[byte]);
        }
    }
}

/// Calls `test` with the port of a board.
fn with_board(test: impl FnOnce(&str)) {
    let (master, path) = terminal();
    let board = power_up();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| connect(board, master, &stop));
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| test(&path)));
        stop.store(true, Ordering::Relaxed);
        result.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
}

/// The rate is that of a slower line, for the simulation may be slow.
fn upload(folder: &Path, port: &str, arguments: &str) -> Outcome {
    run(folder, &format!("upload --baud 9600 --port {port} {arguments}"))
}

#[test]
fn a_program_is_loaded_and_run_and_what_it_sends_is_printed() {
    let folder = folder();
    let hello = committed("hello.elf");
    with_board(|port| {
        let arguments = format!("{} --json result.json", hello.display());
        // The program comes back to the monitor, so it can be loaded again.
        for _ in 0..2 {
            upload(folder.path(), port, &arguments)
                .code(0)
                .says(&["clock 0.1 MHz, 64 KiB of RAM, self-test passed", "loaded 1,"])
                .says(&["the program ended with exit code 0"])
                .prints(&["hello from a board with a clock of 100000 Hz, 6250 bits a second"]);
        }
        let result = json(&folder.path().join("result.json"));
        assert_documented(&result);
        assert_eq!((&result["exit_code"], &result["ram_bytes"]), (&0.into(), &RAM_BYTES.into()));
        assert_eq!(result["entry"], 0x8000_1000u32);
        // Too large, and not started.
        file(folder.path(), "large.bin", vec![0; RAM_BYTES as usize]);
        upload(folder.path(), port, "large.bin --address 0x80000000")
            .code(2)
            .says(&["large.bin does not fit", "12 bytes above the first 4 KiB"]);
        file(folder.path(), "small.bin", vec![0; 6]);
        upload(folder.path(), port, "small.bin --address 0x80000000 --no-run --json small.json")
            .code(0)
            .says(&["loaded 8 bytes"]);
        assert!(json(&folder.path().join("small.json"))["exit_code"].is_null());
    });
}

#[test]
fn a_port_without_a_board_is_told() {
    let folder = folder();
    let hello = committed("hello.elf").display().to_string();
    let (_master, port) = terminal();
    upload(folder.path(), &port, &hello).code(3).says(&["no answer from the board", "--baud"]);
    for (port, texts) in [
        ("/dev/no-such-port", ["cannot open /dev/no-such-port", "is the board connected?"]),
        ("/dev/null", ["/dev/null is no serial port", "/dev/ttyUSB*"]),
        (hello.as_str(), ["is no serial port", "/dev/ttyUSB*"]),
    ] {
        upload(folder.path(), port, &hello).code(2).says(&texts);
    }
    file(folder.path(), "text", "text");
    for (arguments, text) in [
        ("text", "not an ELF file"),
        ("none.elf", "cannot read `none.elf`"),
        ("text --address 0x80000002", "not a multiple of 4"),
        ("text --address 0x100000000", "is not an address of 32 bits"),
    ] {
        upload(folder.path(), "/dev/null", arguments).code(2).says(&[text]);
    }
}
