//! `systole upload`: a program into a board, by the monitor of its boot ROM.

mod console;
#[cfg_attr(not(unix), path = "no_port.rs")]
mod port;
mod program;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;
use systole_monitor::protocol::{Identity, SelfTest, VERSION};
use systole_monitor::{Error as MonitorError, Image, Line, Monitor};

use crate::args::{duration, number};
use crate::board::BAUD;
use crate::exit::{Error, Exit, Result};
use crate::json::Target;
use crate::progress::Progress;
use crate::{interrupt, output};
use console::End;
use program::Program;

/// Bytes of a block, which has one answer.
const BLOCK_BYTES: usize = 4096;

/// Arguments of `systole upload`.
#[derive(clap::Args)]
pub struct Args {
    /// Program: a 32-bit little-endian RISC-V ELF file, or with --address any bytes.
    #[arg(value_name = "PROG.elf|PROG.bin")]
    program: PathBuf,
    /// Serial port of the board, such as /dev/ttyUSB0.
    #[arg(long, value_name = "PORT")]
    port: PathBuf,
    /// Where the bytes of a file that is no ELF file go, and where it starts.
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    address: Option<u32>,
    /// Bits a second on the serial port.
    #[arg(long, value_name = "N", default_value_t = BAUD, value_parser = clap::value_parser!(u32).range(1..))]
    baud: u32,
    /// Load the program, but do not start it.
    #[arg(long)]
    no_run: bool,
    /// Stop listening to the program after this time [default: when it ends, or by Ctrl-C].
    #[arg(long, value_name = "TIME", value_parser = duration, conflicts_with = "no_run")]
    time: Option<Duration>,
    /// Write the result as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Parses an address of 32 bits.
fn address(text: &str) -> std::result::Result<u32, String> {
    let value = number(text)?;
    u32::try_from(value).map_err(|_| format!("`{text}` is not an address of 32 bits"))
}

/// Loads and runs the program; its exit code, if it tells one, decides how this ends.
pub fn command(args: &Args) -> Result {
    let program = Program::read(&args.program, args.address)?;
    let json = Target::open(args.json.as_deref())?;
    interrupt::flag();
    let line = port::open(&args.port, args.baud)?;
    let mut monitor = Monitor::new(line, args.baud);
    let identity = identify(&mut monitor, args)?;
    program.check(&identity)?;

    let start = Instant::now();
    load(&mut monitor, &program.image, &args.port)?;
    let seconds = start.elapsed().as_secs_f64();
    let bytes = program.image.bytes();
    let rate = bytes as f64 / seconds.max(1e-9);
    let grouped = output::count(bytes as u64, "byte");
    note!("loaded {grouped} in {} ({}B/s)", output::time(seconds), output::short(rate));

    let end = if args.no_run { None } else { Some(run(&mut monitor, &program, &identity, args)?) };
    json.json(&json!({
        "program": args.program.display().to_string(),
        "port": args.port.display().to_string(),
        "baud": args.baud,
        "clock_hz": identity.clock_hz,
        "ram_bytes": identity.ram_bytes,
        "self_test": identity.self_test.to_string(),
        "bytes": bytes,
        "entry": program.entry,
        "seconds": seconds,
        "bytes_per_second": rate,
        "exit_code": match end { Some(End::Exit(code)) => Some(code), _ => None },
    }))?;
    Ok(tell(end.as_ref()))
}

/// Finds the monitor, and says what it says.
fn identify(monitor: &mut Monitor<impl Line>, args: &Args) -> Result<Identity> {
    let identity = monitor.identify().map_err(|error| failure(error, &args.port))?;
    if identity.version != VERSION {
        let message =
            format!("the board's monitor has version {}, not {VERSION}", identity.version);
        return Err(Error::tool(message).help("make its bitstream with this version of systole"));
    }
    note!(
        "board: clock {} MHz, {} of RAM, self-test {}",
        f64::from(identity.clock_hz) / 1e6,
        output::count(u64::from(identity.ram_bytes / 1024), "KiB").replace("KiBs", "KiB"),
        identity.self_test
    );
    if !matches!(identity.self_test, SelfTest::Passed | SelfTest::Absent) {
        note!("warning: the NPU of this board does not compute as it should");
    }
    Ok(identity)
}

/// Writes the image.
fn load(monitor: &mut Monitor<impl Line>, image: &Image, port: &Path) -> Result<()> {
    let line = Progress::new();
    let total = image.bytes() as f64;
    let mut done = 0;
    for (address, bytes) in image.blocks(BLOCK_BYTES) {
        if interrupt::requested() {
            return Err(Error::interrupted());
        }
        monitor.write(address, &bytes).map_err(|error| failure(error, port))?;
        done += bytes.len();
        line.update(|| {
            let rate = output::short(done as f64 / line.seconds().max(1e-9));
            format!("loading  {}  {rate}B/s", line.share(done as f64, total))
        });
    }
    Ok(())
}

/// Starts the program, and prints what it sends.
fn run(
    monitor: &mut Monitor<impl Line>,
    program: &Program,
    identity: &Identity,
    args: &Args,
) -> Result<End> {
    let trampoline = program.trampoline(identity)?;
    monitor.go(program.entry, trampoline).map_err(|error| failure(error, &args.port))?;
    let early = monitor.rest();
    let stop = interrupt::flag();
    console::print(monitor.line(), &early, args.time, stop, &mut std::io::stdout())
        .map_err(|error| failure(MonitorError::Line(error), &args.port))
}

/// Why the board did not do what it was asked.
fn failure(error: MonitorError, port: &Path) -> Error {
    if interrupt::requested() {
        return Error::interrupted();
    }
    let help = match error {
        MonitorError::Silence => {
            "is the board programmed (`systole fpga`), its LED 0 lit, this its port, and --baud its \
             rate? A program that runs over the boot ROM does not answer: program the board anew"
        }
        MonitorError::Noise => "is --baud the board's rate? Try another cable or port",
        MonitorError::Line(_) => {
            "is the board still connected, and is no other program on its port?"
        }
        MonitorError::Refused(_) | MonitorError::Unexpected => {
            "make the board's bitstream with this version of systole"
        }
    };
    Error::tool(format!("{}: {error}", port.display())).help(help)
}

/// Says how the program ended.
fn tell(end: Option<&End>) -> Exit {
    match end {
        None => Exit::Good,
        Some(End::Exit(0)) => {
            note!("the program ended with exit code 0");
            Exit::Good
        }
        Some(End::Exit(code)) => {
            note!("FAIL  the program ended with exit code {code}");
            Exit::Failed
        }
        Some(End::Time) => {
            note!("the time is over; the program runs on");
            Exit::Good
        }
        Some(End::Interrupted) => Exit::Interrupted,
    }
}
