//! What a board says of itself.

use std::fmt;

/// How the NPU's test at power-up ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SelfTest {
    /// All results were right.
    Passed,
    /// The job ended with an error: the NPU's `STATUS`.
    Error(u32),
    /// The job did not end.
    Endless,
    /// A word of the results is wrong.
    Differs {
        /// Its address.
        address: u32,
        /// What is there.
        found: u32,
        /// What should be.
        expected: u32,
    },
    /// Nothing answers at an address.
    Fault(u32),
    /// There is no NPU.
    Absent,
    /// A number that this version does not know.
    Unknown(u32),
}

impl SelfTest {
    /// Numbers of the outcomes, in the order of the variants.
    pub(crate) const PASSED: u32 = 0;
    pub(crate) const ERROR: u32 = 1;
    pub(crate) const ENDLESS: u32 = 2;
    pub(crate) const DIFFERS: u32 = 3;
    pub(crate) const FAULT: u32 = 4;
    pub(crate) const ABSENT: u32 = 5;
}

impl fmt::Display for SelfTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => write!(f, "passed"),
            Self::Error(status) => write!(f, "failed, the NPU's status is {status:#x}"),
            Self::Endless => write!(f, "failed, the job did not end"),
            Self::Differs { address, found, expected } => {
                write!(f, "failed, at {address:#010x} is {found:#010x}, not {expected:#010x}")
            }
            Self::Fault(address) => write!(f, "failed, nothing answers at {address:#010x}"),
            Self::Absent => write!(f, "not made, there is no NPU"),
            Self::Unknown(number) => write!(f, "ended with unknown number {number}"),
        }
    }
}

/// What a board says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Identity {
    /// Version of the protocol.
    pub version: u32,
    /// First address of the RAM.
    pub ram_base: u32,
    /// Bytes of RAM.
    pub ram_bytes: u32,
    /// Clock cycles a second.
    pub clock_hz: u32,
    /// Bits a second on the serial port.
    pub baud: u32,
    /// The NPU's test.
    pub self_test: SelfTest,
}

impl Identity {
    /// Words of it in an answer.
    pub(crate) const WORDS: u32 = 9;

    /// From the data of an answer.
    pub(crate) fn decode(data: &[u8]) -> Option<Self> {
        let mut words = data
            .chunks_exact(4)
            .map(|word| u32::from_le_bytes(word.try_into().expect("chunks of four bytes")));
        let mut word = || words.next();
        let [version, ram_base, ram_bytes, clock_hz, baud] =
            [word()?, word()?, word()?, word()?, word()?];
        let [outcome, place, found, expected] = [word()?, word()?, word()?, word()?];
        let self_test = match outcome {
            SelfTest::PASSED => SelfTest::Passed,
            SelfTest::ERROR => SelfTest::Error(found),
            SelfTest::ENDLESS => SelfTest::Endless,
            SelfTest::DIFFERS => SelfTest::Differs { address: place, found, expected },
            SelfTest::FAULT => SelfTest::Fault(place),
            SelfTest::ABSENT => SelfTest::Absent,
            number => SelfTest::Unknown(number),
        };
        Some(Self { version, ram_base, ram_bytes, clock_hz, baud, self_test })
    }
}
