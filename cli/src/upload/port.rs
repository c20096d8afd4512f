//! A serial port of this machine.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::termios::{ControlModes, OptionalActions, QueueSelector, Termios};
use rustix::{fs, termios};
use systole_monitor::Line;

use crate::exit::{Error, Result};

/// An open port.
pub struct Port(File);

/// Opens a port: 8 data bits, no parity, 1 stop bit, `baud` bits a second, for nobody else.
pub fn open(path: &Path, baud: u32) -> Result<Port> {
    // Without waiting for a modem's carrier, which there is none of.
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let descriptor = fs::open(path, flags, Mode::empty())
        .map_err(|error| cannot_open(path, &io::Error::from(error)))?;
    let mut settings = termios::tcgetattr(&descriptor).map_err(|_| {
        Error::usage(format!("--port: {} is no serial port", path.display())).help(LIST)
    })?;
    termios::ioctl_tiocexcl(&descriptor).map_err(|error| cannot_open(path, &error.into()))?;
    set_up(&mut settings, baud)
        .and_then(|()| termios::tcsetattr(&descriptor, OptionalActions::Now, &settings))
        .map_err(|error| {
            let path = path.display();
            let message = format!("--baud: {path} cannot be set to {baud} bits a second: {error}");
            Error::usage(message).help("the boards of `systole fpga` have 115200")
        })?;
    let failed = |error: rustix::io::Errno| Error::file("use", path, &error.into());
    let flags = fs::fcntl_getfl(&descriptor).map_err(failed)?;
    fs::fcntl_setfl(&descriptor, flags - OFlags::NONBLOCK).map_err(failed)?;
    // What was received before is nobody's answer.
    termios::tcflush(&descriptor, QueueSelector::IOFlush).map_err(failed)?;
    Ok(Port(File::from(descriptor)))
}

fn set_up(settings: &mut Termios, baud: u32) -> rustix::io::Result<()> {
    settings.make_raw();
    settings.control_modes -= ControlModes::CSTOPB | ControlModes::PARENB | ControlModes::CRTSCTS;
    settings.control_modes |= ControlModes::CS8 | ControlModes::CREAD | ControlModes::CLOCAL;
    settings.set_speed(baud)
}

const LIST: &str = "`ls /dev/ttyUSB* /dev/ttyACM*` lists the ports of this machine";

fn cannot_open(path: &Path, error: &io::Error) -> Error {
    let failure = Error::usage(format!("--port: cannot open {}: {error}", path.display()));
    match error.kind() {
        ErrorKind::NotFound => failure.help(format!("is the board connected? {LIST}")),
        ErrorKind::PermissionDenied => failure.help(
            "on Debian and its like ports belong to the group dialout: `sudo usermod -aG dialout \
             $USER`, then log in anew",
        ),
        ErrorKind::ResourceBusy => failure.help("another program has it: a terminal, perhaps"),
        _ => failure.help(LIST),
    }
}

impl Line for Port {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn receive(&mut self, buffer: &mut [u8], patience: Duration) -> io::Result<usize> {
        let end = Instant::now() + patience;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let timeout = Timespec {
                tv_sec: left.as_secs().try_into().unwrap_or(i64::MAX),
                tv_nsec: left.subsec_nanos().into(),
            };
            match poll(&mut [PollFd::new(&self.0, PollFlags::IN)], Some(&timeout)) {
                Ok(0) => return Ok(0),
                // A signal: Ctrl-C is looked for by those who wait long.
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
                Ok(_) => {}
            }
            return match self.0.read(buffer) {
                Ok(0) => Err(io::Error::new(ErrorKind::UnexpectedEof, "the port is gone")),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                result => result,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_what_to_do_about_a_port_that_cannot_be_opened() {
        for (kind, help) in [
            (ErrorKind::NotFound, "is the board connected?"),
            (ErrorKind::PermissionDenied, "usermod -aG dialout"),
            (ErrorKind::ResourceBusy, "another program has it"),
        ] {
            let message = cannot_open(Path::new("/dev/ttyUSB0"), &kind.into()).to_string();
            assert!(message.contains("/dev/ttyUSB0") && message.contains(help), "{message}");
        }
    }
}
