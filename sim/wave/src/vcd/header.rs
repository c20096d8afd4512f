//! The declarations of a VCD file: everything up to `$enddefinitions`.

use std::io::Read;

use super::body::Codes;
use super::ports;
use super::words::Words;
use crate::hierarchy::{Declaration, Hierarchy, SCOPES, Scope, split_range};
use crate::reading::Place;
use crate::timescale::Timescale;
use crate::value::Kind;
use crate::{MAX_DEPTH, MAX_WIDTH, Result};

/// Kinds of variables that are bits.
const BITS: [&str; 27] = [
    "wire",
    "reg",
    "logic",
    "integer",
    "parameter",
    "bit",
    "int",
    "shortint",
    "longint",
    "byte",
    "enum",
    "event",
    "port",
    "sparray",
    "supply0",
    "supply1",
    "time",
    "tri",
    "triand",
    "trior",
    "trireg",
    "tri0",
    "tri1",
    "wand",
    "wor",
    "localparam",
    "signal",
];

/// Kinds of variables that are real numbers.
const REALS: [&str; 4] = ["real", "realtime", "real_parameter", "shortreal"];

/// What stands before the first value.
#[derive(Debug)]
pub struct Header {
    /// Scopes and signals.
    pub hierarchy: Hierarchy,
    /// Length of a tick; a nanosecond if the file does not say.
    pub timescale: Timescale,
    /// Which identifier is which series of changes.
    pub codes: Codes,
    /// Bytes of the header: where the values start.
    pub length: u64,
}

/// Reads the declarations.
///
/// # Errors
/// The first word that cannot stand where it stands, with its offset.
pub fn read(input: impl Read, place: &Place) -> Result<Header> {
    let mut reader = Reader {
        words: Words::new(input, 0),
        place,
        hierarchy: Hierarchy::default(),
        kinds: Vec::new(),
        codes: Codes::default(),
        scopes: Vec::new(),
        timescale: Timescale::NANOSECOND,
    };
    while reader.command()? {}
    let Reader { words, hierarchy, codes, timescale, .. } = reader;
    Ok(Header { hierarchy, codes, timescale, length: words.offset() })
}

struct Reader<'a, R> {
    words: Words<R>,
    place: &'a Place<'a>,
    hierarchy: Hierarchy,
    /// Kind of each series of changes.
    kinds: Vec<Kind>,
    codes: Codes,
    /// Scopes that are open, outermost first.
    scopes: Vec<u32>,
    timescale: Timescale,
}

impl<R: Read> Reader<'_, R> {
    /// Reads a command; false for the last one.
    fn command(&mut self) -> Result<bool> {
        let Some((offset, word)) = self.word()? else {
            let end = self.words.offset();
            return Err(self.place.truncated(end, "before $enddefinitions"));
        };
        match word.as_str() {
            "$scope" => self.scope(offset)?,
            "$upscope" => {
                self.arguments(offset)?;
                if self.scopes.pop().is_none() {
                    return Err(self.place.bad(offset, "$upscope where no scope is open"));
                }
            }
            "$var" => self.variable(offset)?,
            "$timescale" => {
                let text = self.arguments(offset)?.join(" ");
                let wrong = || {
                    let message = format!("`{text}` is not a timescale such as 1 ns or 100 ps");
                    self.place.bad(offset, message)
                };
                self.timescale = Timescale::parse(&text).ok_or_else(wrong)?;
            }
            "$enddefinitions" => {
                self.arguments(offset)?;
                return Ok(false);
            }
            command if command.starts_with('$') && command != "$end" => {
                self.skip(offset)?;
            }
            other => {
                let shown = shown(other);
                let message = format!("`{shown}` where a command such as $var has to stand");
                return Err(self.place.bad(offset, message));
            }
        }
        Ok(true)
    }

    fn scope(&mut self, offset: u64) -> Result<()> {
        let words = self.arguments(offset)?;
        let [kind, name @ ..] = words.as_slice() else {
            return Err(self.place.bad(offset, "$scope without kind and name"));
        };
        if self.scopes.len() >= MAX_DEPTH {
            let message = format!("more than {MAX_DEPTH} scopes inside each other");
            return Err(self.place.bad(offset, message));
        }
        let word = SCOPES.into_iter().find(|scope| scope == kind).unwrap_or("module");
        let parent = self.scopes.last().copied();
        self.scopes.push(self.hierarchy.scopes.len() as u32);
        self.hierarchy.scopes.push(Scope { name: name.join(" "), parent, word });
        Ok(())
    }

    fn variable(&mut self, offset: u64) -> Result<()> {
        let words = self.arguments(offset)?;
        let [word, width, code, name @ ..] = words.as_slice() else {
            return Err(self.place.bad(offset, "$var without kind, width, identifier and name"));
        };
        let range = width;
        let width = match ports::width(range).map_or_else(|| range.parse::<u32>(), Ok) {
            Ok(width) if width <= MAX_WIDTH => width,
            _ => {
                let message = format!("`{}` is not a width from 0 to {MAX_WIDTH}", shown(range));
                return Err(self.place.bad(offset, message));
            }
        };
        let Some((word, kind)) = kind(word, width) else {
            let message = format!("`{}` is not a kind of variable such as wire", shown(word));
            return Err(self.place.bad(offset, message));
        };
        // A vector without bits has no value that could be shown.
        if kind == Kind::Bits(0) {
            return Ok(());
        }
        let Some(code) = Codes::number(code.as_bytes()) else {
            let message = format!("`{}` is not an identifier of at most 9 characters", shown(code));
            return Err(self.place.bad(offset, message));
        };
        let next = self.kinds.len() as u32;
        let series = self.codes.series_or(code, next);
        if series == next {
            self.kinds.push(kind);
        } else if self.kinds[series as usize] != kind {
            let message = "the identifier belongs to a variable of another kind or width";
            return Err(self.place.bad(offset, message));
        }
        let mut text = name.join(" ");
        if range.starts_with('[') {
            text = format!("{text} {range}");
        }
        let (name, range) = split_range(&text, kind.width());
        let (name, range) = (name.to_owned(), range.to_owned());
        let scope = self.scopes.last().copied();
        let declaration = Declaration { name, range, kind, word, scope, series };
        self.hierarchy.signals.push(declaration);
        Ok(())
    }

    /// The words up to `$end`.
    fn arguments(&mut self, offset: u64) -> Result<Vec<String>> {
        let mut words = Vec::new();
        loop {
            match self.word()? {
                Some((_, word)) if word == "$end" => return Ok(words),
                Some(_) if words.len() == 16 => {
                    return Err(self.place.bad(offset, "a declaration without $end"));
                }
                Some((_, word)) => words.push(word),
                None => {
                    let end = self.words.offset();
                    return Err(self.place.truncated(end, "inside a declaration"));
                }
            }
        }
    }

    /// Passes over a comment or a command that says nothing about signals.
    fn skip(&mut self, offset: u64) -> Result<()> {
        loop {
            match self.word()? {
                Some((_, word)) if word == "$end" => return Ok(()),
                Some(_) => {}
                None => {
                    let message = "a comment or command without $end";
                    return Err(self.place.truncated(offset, message));
                }
            }
        }
    }

    fn word(&mut self) -> Result<Option<(u64, String)>> {
        let word = self.words.next().map_err(|error| self.place.unreadable(&error))?;
        Ok(word.map(|(offset, word)| (offset, String::from_utf8_lossy(word).into_owned())))
    }
}

/// VCD's word and what it means; nothing for an unknown one.
fn kind(word: &str, width: u32) -> Option<(&'static str, Kind)> {
    if let Some(word) = BITS.into_iter().find(|bits| *bits == word) {
        // An event happens or not, whatever its width is given as.
        let width = if word == "event" { 1 } else { width };
        return Some((word, Kind::Bits(width)));
    }
    if let Some(word) = REALS.into_iter().find(|real| *real == word) {
        return Some((word, Kind::Real));
    }
    (word == "string").then_some(("string", Kind::Text))
}

/// The start of a word, for a message.
fn shown(word: &str) -> String {
    let short: String = word.chars().take(40).collect();
    if short.len() < word.len() { short + "..." } else { short }
}
