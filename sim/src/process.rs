//! Running a tool and telling what it said.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::Error;

/// How much of a failed tool's output an error quotes.
const QUOTED_LINES: usize = 40;

/// Runs a command to its end. Gives its standard output, or an error that quotes what it printed.
pub(crate) fn run(command: &mut Command, hint: &str) -> Result<String, Error> {
    command.stdin(Stdio::null());
    match command.output() {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Ok(output) => Err(failure(command, last_lines(&output), hint)),
        Err(error) => Err(failure(command, error.to_string(), hint)),
    }
}

/// How a command with a time limit ended.
pub(crate) enum End {
    /// With success.
    Good,
    /// Without; with the end of what it printed.
    Failed(String),
    /// It was stopped.
    TooLong,
}

/// Runs a command for `limit` at most. What it prints goes to the file `log`.
pub(crate) fn run_within(command: &mut Command, limit: Duration, log: &Path) -> Result<End, Error> {
    let file = File::create(log).map_err(Error::io("write", log))?;
    let second = file.try_clone().map_err(Error::io("write", log))?;
    command.stdin(Stdio::null()).stdout(file).stderr(second);
    let broken = |command: &Command, error: io::Error| failure(command, error.to_string(), "");
    let mut child = command.spawn().map_err(|error| broken(command, error))?;
    let start = Instant::now();
    loop {
        match child.try_wait().map_err(|error| broken(command, error))? {
            Some(status) if status.success() => return Ok(End::Good),
            Some(_) => {
                let text = std::fs::read(log).map_err(Error::io("read", log))?;
                return Ok(End::Failed(tail(&String::from_utf8_lossy(&text))));
            }
            None if start.elapsed() > limit => {
                // It may just have ended by itself.
                let _ = child.kill();
                child.wait().map_err(|error| broken(command, error))?;
                return Ok(End::TooLong);
            }
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

/// The error of a command that printed `output`.
pub(crate) fn failure(command: &Command, output: String, hint: &str) -> Error {
    Error::Tool { command: command_line(command), output, hint: hint.into() }
}

fn command_line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// The end of what a command printed.
pub(crate) fn last_lines(output: &Output) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let mut text = tail(&format!("{stdout}\n{stderr}"));
    if !output.status.success() && output.status.code().is_none() {
        text.push_str(&format!("\n({})", output.status));
    }
    text
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(QUOTED_LINES)..].join("\n")
}
