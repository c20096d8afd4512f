//! A simulated board: a program of its own, with the chip, its memory and its boot ROM in it. Time
//! passes only while it is asked to run, so that runs repeat.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::{fs, mem};

use systole_hdl::Design;
use tempfile::TempDir;

use crate::build::build_program;
use crate::{Error, Progress, Settings};

/// Builds the program that simulates a design with the ports of `systole_board`, or finds it in the
/// cache. It reads its boot ROM when it starts, so it serves for every one.
///
/// # Errors
/// Tools that are missing or fail.
pub fn build_board(
    settings: &Settings,
    design: &Design,
    progress: &dyn Progress,
) -> Result<PathBuf, Error> {
    let files = systole_gen::verilog(design).into_iter().map(|file| (file.path, file.text));
    let verilog: Vec<_> = files.filter(|(name, _)| name.ends_with(".v")).collect();
    build_program(settings, &verilog, progress)
}

/// A running board.
pub struct Board {
    child: Child,
    requests: Option<ChildStdin>,
    answers: ChildStdout,
    buttons: u32,
    /// To be sent to the board.
    waiting: Vec<u8>,
    cycle: u64,
    leds: u32,
    /// Holds the boot ROM's file.
    _folder: TempDir,
}

impl Board {
    /// Starts `program`, which [`build_board`] made, with this contents of the file `boot_file`; a
    /// bit on the serial line lasts `divisor` cycles.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(program: &Path, boot_file: &str, boot: &str, divisor: u32) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join(boot_file), boot)?;
        let mut command = std::process::Command::new(program);
        command.arg(divisor.to_string()).current_dir(folder.path());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (requests, answers) = pipes.ok_or_else(|| io::Error::other("no pipes"))?;
        Ok(Self {
            child,
            requests: Some(requests),
            answers,
            buttons: 0,
            waiting: Vec::new(),
            cycle: 0,
            leds: 0,
            _folder: folder,
        })
    }

    /// Sends bytes to the board, behind those that are under way, from the next cycle on that runs.
    pub fn send(&mut self, bytes: &[u8]) {
        self.waiting.extend(bytes);
    }

    /// Presses those buttons whose bit is 1, from the next cycle on that runs.
    pub fn press(&mut self, buttons: u32) {
        self.buttons = buttons;
    }

    /// Runs for at most `cycles`, and no longer than until the board has sent a byte: that byte.
    ///
    /// # Errors
    /// When the program has ended; it has then said why on standard error.
    pub fn run(&mut self, cycles: u64) -> io::Result<Option<u8>> {
        let bytes = mem::take(&mut self.waiting);
        let mut request = cycles.to_ne_bytes().to_vec();
        request.extend(self.buttons.to_ne_bytes());
        request.extend((bytes.len() as u32).to_ne_bytes());
        request.extend(bytes);
        let pipe = self.requests.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        pipe.write_all(&request)?;
        pipe.flush()?;
        let mut answer = [0; 16];
        self.answers.read_exact(&mut answer)?;
        let [c0, c1, c2, c3, c4, c5, c6, c7, l0, l1, l2, l3, b0, b1, b2, b3] = answer;
        self.cycle = u64::from_ne_bytes([c0, c1, c2, c3, c4, c5, c6, c7]);
        self.leds = u32::from_ne_bytes([l0, l1, l2, l3]);
        Ok(u8::try_from(i32::from_ne_bytes([b0, b1, b2, b3])).ok())
    }

    /// Cycles since the reset.
    pub fn cycle(&self) -> u64 {
        self.cycle
    }

    /// A bit for each LED, 1 is lit: as they were when the board last ran.
    pub fn leds(&self) -> u32 {
        self.leds
    }
}

impl Drop for Board {
    /// The program ends when its standard input does.
    fn drop(&mut self) {
        drop(self.requests.take());
        let _ = self.child.wait();
    }
}
