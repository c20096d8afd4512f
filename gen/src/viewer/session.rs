//! What a viewer shall show of a wave.

/// A signal of a wave, as viewers name it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WaveSignal {
    /// Path with a dot between its parts, without a range.
    pub path: String,
    /// First and last bit of a vector that has a range.
    pub range: Option<(i64, i64)>,
    /// Bits; `None` for text and real numbers.
    pub width: Option<u32>,
}

/// What a viewer shall show of a wave: signals in groups, markers, and a part of the time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ViewerSession {
    /// Name of the files that open it, without an ending.
    pub name: String,
    /// File name of the wave, which lies in the same folder.
    pub wave: String,
    /// Ticks of the wave's time in a nanosecond: 1, or 1000 for a timescale of 1 ps.
    pub ticks_per_ns: u64,
    /// Groups from top to bottom.
    pub groups: Vec<Group>,
    /// Places in time with a name, at most 26.
    pub markers: Vec<Marker>,
    /// What is to be seen at first: from and to, in ns.
    pub window: (u64, u64),
}

/// A group of signals.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its signals are to be seen at first.
    pub open: bool,
    /// Its signals.
    pub signals: Vec<Shown>,
}

/// A signal that is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    /// Which.
    pub signal: WaveSignal,
    /// What it is called instead of its name, where the viewer can do that.
    pub label: Option<String>,
    /// How its values are written.
    pub format: Format,
    /// Its colour; `None` for the viewer's own.
    pub color: Option<Color>,
}

/// How values are written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Format {
    /// Bits.
    Binary,
    /// Hexadecimal.
    Hexadecimal,
    /// Decimal, unsigned.
    Unsigned,
    /// Decimal, two's complement.
    Signed,
    /// An instruction of RV32, where the viewer knows it; else hexadecimal.
    Instruction,
    /// Text that the wave holds.
    Text,
    /// The name that stands for the value.
    Named(NameTable),
}

/// Names of the values of a signal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NameTable {
    /// Name of the table: lower case, digits, `_`.
    pub name: String,
    /// Bits of a value.
    pub bits: u32,
    /// Values and their names, rising.
    pub entries: Vec<(u64, String)>,
}

impl NameTable {
    /// A table of fixed names.
    pub fn new(name: &str, bits: u32, entries: &[(u32, &str)]) -> Self {
        let entries = entries.iter().map(|&(value, label)| (value.into(), label.to_owned()));
        Self { name: name.to_owned(), bits, entries: entries.collect() }
    }
}

/// A colour that every viewer has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Color {
    /// For what is wrong.
    Red,
    /// For text.
    Yellow,
    /// For what is valid.
    Green,
    /// For addresses.
    Blue,
    /// For data.
    Violet,
}

/// A place in time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Marker {
    /// Its name, one word.
    pub name: String,
    /// What happened there, for lines at the top; may be empty.
    pub text: String,
    /// When, in ns.
    pub time_ns: u64,
}
