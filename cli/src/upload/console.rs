//! What a running program sends.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use systole_monitor::Line;

/// A program that ends sends this byte, end of transmission, and its exit code.
const END: u8 = 4;
/// Time between looks at the clock and at Ctrl-C.
const PERIOD: Duration = Duration::from_millis(100);

/// How the listening ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// The program ended with this code.
    Exit(u8),
    /// The time was over.
    Time,
    /// Ctrl-C.
    Interrupted,
}

/// Prints what comes, `early` first, until the program ends, `time` is over, or `stop` is set.
///
/// # Errors
/// When the line fails. That nobody reads what is printed is none.
pub fn print(
    line: &mut impl Line,
    early: &[u8],
    time: Option<Duration>,
    stop: &AtomicBool,
    out: &mut impl Write,
) -> io::Result<End> {
    let start = Instant::now();
    let mut console = Console { ending: false };
    let mut end = console.take(early, out);
    let mut buffer = [0; 1024];
    loop {
        if let Some(code) = end {
            return Ok(End::Exit(code));
        }
        if stop.load(Ordering::Relaxed) {
            return Ok(End::Interrupted);
        }
        let left = time.map_or(PERIOD, |time| time.saturating_sub(start.elapsed()));
        if left.is_zero() {
            return Ok(End::Time);
        }
        let count = line.receive(&mut buffer, left.min(PERIOD))?;
        end = console.take(&buffer[..count], out);
    }
}

struct Console {
    /// `END` came last.
    ending: bool,
}

impl Console {
    /// Prints bytes; the exit code if they have the end.
    fn take(&mut self, bytes: &[u8], out: &mut impl Write) -> Option<u8> {
        let first = bytes.first().copied()?;
        if self.ending {
            return Some(first);
        }
        let text = bytes.split(|byte| *byte == END).next().unwrap_or_default();
        let _ = out.write_all(text).and_then(|()| out.flush());
        let rest = &bytes[text.len()..];
        self.ending = !rest.is_empty();
        rest.get(1).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives the parts one by one, then nothing.
    struct Script(Vec<&'static [u8]>);

    impl Line for Script {
        fn send(&mut self, _: &[u8]) -> io::Result<()> {
            unreachable!("nothing is sent")
        }

        fn receive(&mut self, buffer: &mut [u8], _: Duration) -> io::Result<usize> {
            let part = if self.0.is_empty() { &[] } else { self.0.remove(0) };
            buffer[..part.len()].copy_from_slice(part);
            Ok(part.len())
        }
    }

    fn heard(early: &[u8], parts: &[&'static [u8]], stop: bool) -> (End, String) {
        let (mut line, mut out) = (Script(parts.to_vec()), Vec::new());
        let time = Some(Duration::from_millis(20));
        let end = print(&mut line, early, time, &AtomicBool::new(stop), &mut out).unwrap();
        (end, String::from_utf8(out).unwrap())
    }

    #[test]
    fn it_ends_with_the_program_wherever_the_end_is_cut() {
        let expected = (End::Exit(7), "hello\n".to_owned());
        assert_eq!(heard(b"hello\n\x04\x07later", &[], false), expected);
        assert_eq!(heard(b"hel", &[b"lo\n\x04", b"\x07later"], false), expected);
        assert_eq!(heard(b"", &[b"hello\n", b"", b"\x04", b"", b"\x07"], false), expected);
    }

    #[test]
    fn it_ends_by_time_and_by_ctrl_c() {
        assert_eq!(heard(b"a", &[b"b"], false), (End::Time, "ab".to_owned()));
        assert_eq!(heard(b"a", &[b"b"], true), (End::Interrupted, "a".to_owned()));
    }
}
