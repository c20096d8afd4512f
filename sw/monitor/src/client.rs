//! The host's side: requests that are repeated until they are answered.

use std::time::Duration;
use std::{fmt, io};

use crate::protocol::{Answer, Identity, Parsed, Request, Status};

/// A serial line with a board at its other end.
pub trait Line {
    /// Sends all bytes; may come back before they have left.
    fn send(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Receives some bytes: waits for the first for `patience`, and gives 0 if none came.
    fn receive(&mut self, buffer: &mut [u8], patience: Duration) -> io::Result<usize>;
}

/// Why the monitor did not do what it was asked.
#[derive(Debug)]
pub enum Error {
    /// The line failed.
    Line(io::Error),
    /// Nobody answered, however often the monitor was asked.
    Silence,
    /// Answers came, but never a whole one.
    Noise,
    /// The monitor said no.
    Refused(Status),
    /// The answer has another form than this version of the protocol has.
    Unexpected,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(error) => write!(f, "the serial line failed: {error}"),
            Self::Silence => write!(f, "no answer from the board"),
            Self::Noise => write!(f, "the board's answers arrive damaged"),
            Self::Refused(status) => write!(f, "{status}"),
            Self::Unexpected => write!(f, "the board answers in a form that is not known here"),
        }
    }
}

impl std::error::Error for Error {}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Line(error)
    }
}

/// How often a request is made.
const ATTEMPTS: u32 = 5;
/// Without a byte for so long, an answer does not come any more. The monitor itself gives up a
/// request after a quarter of a second.
const PATIENCE: Duration = Duration::from_millis(500);
/// Bits of a byte on the line.
const FRAME_BITS: u64 = 10;

/// The monitor of a board, as the host sees it.
pub struct Monitor<L> {
    line: L,
    baud: u32,
    tag: u8,
    /// Received, and not yet looked at.
    received: Vec<u8>,
}

impl<L: Line> Monitor<L> {
    /// At the other end of `line`, which carries `baud` bits a second.
    pub fn new(line: L, baud: u32) -> Self {
        Self { line, baud: baud.max(1), tag: 0, received: Vec::new() }
    }

    /// The line; what the board sends from now on comes from it.
    pub fn line(&mut self) -> &mut L {
        &mut self.line
    }

    /// What was received and is no part of an answer: after [`go`](Self::go), what the program sent
    /// so far.
    pub fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.received)
    }

    /// Asks what the board is.
    pub fn identify(&mut self) -> Result<Identity, Error> {
        let data = self.ask(&Request::Identify, 4 * Identity::WORDS as usize)?;
        Identity::decode(&data).ok_or(Error::Unexpected)
    }

    /// Writes `bytes`, a multiple of 4, to `address`.
    pub fn write(&mut self, address: u32, bytes: &[u8]) -> Result<(), Error> {
        self.ask(&Request::Write { address, bytes }, 0).map(drop)
    }

    /// Reads `length` bytes, a multiple of 4, from `address`.
    pub fn read(&mut self, address: u32, length: u32) -> Result<Vec<u8>, Error> {
        self.ask(&Request::Read { address, length }, length as usize)
    }

    /// Jumps to `entry`. Takes the boot ROM away before, if three instructions can lie at
    /// `trampoline`, in RAM above it. Is not repeated when no answer comes: then it is not known
    /// whether the monitor still runs.
    pub fn go(&mut self, entry: u32, trampoline: Option<u32>) -> Result<(), Error> {
        let request = Request::Go { entry, trampoline };
        match self.attempt(&request, 0)? {
            Attempt::Answered(answer) => accepted(answer, 0).map(drop),
            Attempt::Silence => Err(Error::Silence),
            Attempt::Noise => Err(Error::Noise),
        }
    }

    /// Makes a request until it is answered, by `length` bytes of data.
    fn ask(&mut self, request: &Request, length: usize) -> Result<Vec<u8>, Error> {
        let mut heard = false;
        for _ in 0..ATTEMPTS {
            match self.attempt(request, length)? {
                Attempt::Answered(answer) => return accepted(answer, length),
                Attempt::Silence => {}
                Attempt::Noise => {
                    heard = true;
                    self.wait_for_silence(request.encode(self.tag).len())?;
                }
            }
        }
        Err(if heard { Error::Noise } else { Error::Silence })
    }

    fn attempt(&mut self, request: &Request, length: usize) -> Result<Attempt, Error> {
        self.tag = self.tag.wrapping_add(1);
        self.received.clear();
        let frame = request.encode(self.tag);
        self.line.send(&frame)?;
        let mut patience = PATIENCE + self.time(frame.len());
        let mut noise = false;
        loop {
            match Answer::find(&self.received, length) {
                Parsed::Whole(answer, end) => {
                    self.received.drain(..end);
                    if answer.status.is_of_the_line() {
                        return Ok(Attempt::Noise);
                    }
                    if (answer.command, answer.tag) == (request.command(), self.tag) {
                        return Ok(Attempt::Answered(answer));
                    }
                    // A late answer to an earlier attempt.
                }
                Parsed::Damaged(end) => {
                    self.received.drain(..end);
                    noise = true;
                }
                Parsed::Partial if self.receive(patience)? => patience = PATIENCE,
                Parsed::Partial if noise => return Ok(Attempt::Noise),
                Parsed::Partial => return Ok(Attempt::Silence),
            }
        }
    }

    /// Waits for more bytes; false if none came.
    fn receive(&mut self, patience: Duration) -> Result<bool, Error> {
        let mut buffer = [0; 1024];
        let count = self.line.receive(&mut buffer, patience)?;
        self.received.extend(&buffer[..count]);
        Ok(count > 0)
    }

    /// Lets the monitor end what it is at, after so many bytes that may still be on their way to it.
    fn wait_for_silence(&mut self, bytes: usize) -> Result<(), Error> {
        let patience = PATIENCE + self.time(bytes);
        let mut buffer = [0; 1024];
        // A board that never stops sending is no monitor.
        for _ in 0..256 {
            if self.line.receive(&mut buffer, patience)? == 0 {
                break;
            }
        }
        Ok(())
    }

    /// How long so many bytes take on the line.
    fn time(&self, bytes: usize) -> Duration {
        Duration::from_micros(bytes as u64 * FRAME_BITS * 1_000_000 / u64::from(self.baud))
    }
}

/// What came of one attempt.
enum Attempt {
    Answered(Answer),
    Silence,
    Noise,
}

/// The data of a good answer, which are `length` bytes.
fn accepted(answer: Answer, length: usize) -> Result<Vec<u8>, Error> {
    match answer.status {
        Status::Done if answer.data.len() == length => Ok(answer.data),
        Status::Done => Err(Error::Unexpected),
        status => Err(Error::Refused(status)),
    }
}
