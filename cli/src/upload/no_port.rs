//! Serial ports of a machine where they are not opened.

use std::io;
use std::path::Path;
use std::time::Duration;

use systole_monitor::Line;

use crate::exit::{Error, Result};

/// There is none.
pub enum Port {}

/// Refuses.
pub fn open(path: &Path, _baud: u32) -> Result<Port> {
    let message =
        format!("--port: {}: only Linux and macOS have serial ports here", path.display());
    Err(Error::usage(message).help("docs/monitor.md has the protocol, for a tool of your own"))
}

impl Line for Port {
    fn send(&mut self, _: &[u8]) -> io::Result<()> {
        match *self {}
    }

    fn receive(&mut self, _: &mut [u8], _: Duration) -> io::Result<usize> {
        match *self {}
    }
}
