//! Running a tool and telling what it said.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use crate::Error;

/// How much of a failed tool's output an error quotes.
const QUOTED_LINES: usize = 40;

/// Time between looks at a command that is being watched.
const POLL: Duration = Duration::from_millis(20);

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

/// Runs a command to its end; what it prints goes to the file `log`. Whether it ended with success.
pub(crate) fn run_into(command: &mut Command, log: &Path) -> Result<bool, Error> {
    let file = File::create(log).map_err(Error::io("write", log))?;
    let second = file.try_clone().map_err(Error::io("write", log))?;
    command.stdin(Stdio::null()).stdout(file).stderr(second);
    let status = command.status().map_err(|error| failure(command, error.to_string(), ""))?;
    Ok(status.success())
}

/// Runs a command to its end, or kills it when `watch` says so; what it prints goes to the file
/// `log`. Whether it ended with success; `None` if it was killed.
pub(crate) fn run_watched(
    command: &mut Command,
    log: &Path,
    hint: &str,
    watch: &dyn Fn() -> bool,
) -> Result<Option<bool>, Error> {
    let file = File::create(log).map_err(Error::io("write", log))?;
    let second = file.try_clone().map_err(Error::io("write", log))?;
    command.stdin(Stdio::null()).stdout(file).stderr(second);
    let told = |command: &Command, error: std::io::Error| failure(command, error.to_string(), hint);
    let mut child = command.spawn().map_err(|error| told(command, error))?;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(Some(status.success())),
            Ok(None) if watch() => std::thread::sleep(POLL),
            Ok(None) => {
                // It may have ended by itself; either way it is gone after this.
                let _ = child.kill();
                let _ = child.wait();
                return Ok(None);
            }
            Err(error) => return Err(told(command, error)),
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

/// The last lines of what was printed.
pub(crate) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(QUOTED_LINES)..].join("\n")
}
