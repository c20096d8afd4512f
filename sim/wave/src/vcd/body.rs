//! The values of a VCD file.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::Read;

use super::escape::unescaped;
use super::ports;
use super::words::Words;
use crate::Result;
use crate::bits::{BadBits, Bits};
use crate::reading::{Pass, Place};
use crate::value::{Kind, Value};

/// Identifiers up to this number are looked up in a table, others in a map.
const TABLE: u64 = 1 << 20;
/// In the table: not an identifier of this file.
const NONE: u32 = u32::MAX;

/// Which identifier is which series of changes.
#[derive(Clone, Debug, Default)]
pub struct Codes {
    table: Vec<u32>,
    others: HashMap<u64, u32>,
}

impl Codes {
    /// An identifier as a number: digits of base 94, without a zero, least significant first.
    pub fn number(code: &[u8]) -> Option<u64> {
        if code.is_empty() || code.len() > 9 {
            return None;
        }
        code.iter().rev().try_fold(0u64, |number, &byte| {
            let digit = byte.checked_sub(b'!').filter(|&digit| digit < 94)?;
            number.checked_mul(94)?.checked_add(u64::from(digit) + 1)
        })
    }

    /// The series of an identifier; a new one gets `next`.
    pub fn series_or(&mut self, code: u64, next: u32) -> u32 {
        if code >= TABLE {
            return match self.others.entry(code) {
                Entry::Occupied(entry) => *entry.get(),
                Entry::Vacant(entry) => *entry.insert(next),
            };
        }
        let index = code as usize;
        if self.table.len() <= index {
            self.table.resize(index + 1, NONE);
        }
        if self.table[index] == NONE {
            self.table[index] = next;
        }
        self.table[index]
    }

    fn series(&self, code: &[u8]) -> Option<u32> {
        let code = Self::number(code)?;
        if code >= TABLE {
            return self.others.get(&code).copied();
        }
        self.table.get(code as usize).copied().filter(|&series| series != NONE)
    }
}

/// Passes over the values from `input`, which is at byte `offset` of the file.
///
/// # Errors
/// The first word that cannot stand where it stands, with its offset, whether or not its signal
/// is wanted.
pub fn stream(
    input: impl Read,
    offset: u64,
    place: &Place,
    codes: &Codes,
    pass: Pass,
) -> Result<()> {
    let words = Words::new(input, offset);
    let mut reader = Reader { words, place, codes, wanted: pass.wanted, value: Vec::new() };
    let mut time = None;
    while let Some(item) = reader.item(time)? {
        match item {
            Item::Time(now) if now > pass.until => break,
            Item::Time(now) => {
                time = Some(now);
                if (pass.watch)(now).is_break() {
                    break;
                }
            }
            Item::Change(series, value) => {
                if (pass.visit)(time.unwrap_or(0), series, value).is_break() {
                    break;
                }
            }
            Item::Nothing => {}
        }
    }
    Ok(())
}

/// The first time; 0 if a value comes before it.
///
/// # Errors
/// A file that does not start as values do.
pub fn first_time(input: impl Read, offset: u64, place: &Place) -> Result<u64> {
    let mut words = Words::new(input, offset);
    loop {
        let word = words.next().map_err(|error| place.unreadable(&error))?;
        match word {
            Some((at, [b'#', digits @ ..])) => {
                return time(digits, None).map_err(|message| place.bad(at, message));
            }
            Some((_, [b'$', ..])) => {}
            _ => return Ok(0),
        }
    }
}

enum Item {
    Time(u64),
    Change(u32, Value),
    Nothing,
}

struct Reader<'a, R> {
    words: Words<R>,
    place: &'a Place<'a>,
    codes: &'a Codes,
    wanted: &'a [Option<Kind>],
    /// The value of a change, while its identifier is read.
    value: Vec<u8>,
}

impl<R: Read> Reader<'_, R> {
    /// The next item; nothing at the end.
    fn item(&mut self, time: Option<u64>) -> Result<Option<Item>> {
        let word = self.words.next().map_err(|error| self.place.unreadable(&error))?;
        let Some((offset, word)) = word else { return Ok(None) };
        let item = match word[0] {
            b'#' => Item::Time(
                self::time(&word[1..], time).map_err(|message| self.place.bad(offset, message))?,
            ),
            b'b' | b'B' | b'r' | b'R' | b's' | b'S' => {
                self.value.clear();
                self.value.extend_from_slice(word);
                return self.vector(offset).map(Some);
            }
            b'p' => {
                self.value = ports::bits(&word[1..]).map_err(|state| {
                    let state = state.escape_ascii();
                    self.place.bad(offset, format!("`{state}` is not a state of a port"))
                })?;
                self.strengths()?;
                return self.vector(offset).map(Some);
            }
            b'$' => {
                let command = word.to_vec();
                return self.command(offset, &command).map(|()| Some(Item::Nothing));
            }
            b'0' | b'1' | b'x' | b'X' | b'z' | b'Z' | b'u' | b'U' | b'w' | b'W' | b'l' | b'L'
            | b'h' | b'H' | b'-' => match self.codes.series(&word[1..]) {
                None if word.len() == 1 => {
                    let end = self.words.offset();
                    return Err(self.place.bad(end, "a value without an identifier"));
                }
                None => return Err(unknown(self.place, offset, &word[1..])),
                Some(series) => change(self.place, offset, self.wanted, series, &word[..1])?,
            },
            _ => {
                let shown = String::from_utf8_lossy(&word[..word.len().min(40)]);
                let message = format!("`{shown}` where a time or a value has to stand");
                return Err(self.place.bad(offset, message));
            }
        };
        Ok(Some(item))
    }

    /// Passes over the strengths of a port's 0 and 1.
    fn strengths(&mut self) -> Result<()> {
        for _ in 0..2 {
            match self.words.next().map_err(|error| self.place.unreadable(&error))? {
                Some((_, word)) if ports::is_strength(word) => {}
                Some((at, _)) => {
                    return Err(self.place.bad(at, "no strength from 0 to 7 for each bit"));
                }
                None => {
                    let end = self.words.offset();
                    return Err(self.place.truncated(end, "inside a change of a value"));
                }
            }
        }
        Ok(())
    }

    /// The rest of a change whose identifier is a word of its own.
    fn vector(&mut self, offset: u64) -> Result<Item> {
        let code = self.words.next().map_err(|error| self.place.unreadable(&error))?;
        let Some((at, code)) = code else {
            let end = self.words.offset();
            return Err(self.place.truncated(end, "inside a change of a value"));
        };
        let Some(series) = self.codes.series(code) else {
            return Err(unknown(self.place, at, code));
        };
        change(self.place, offset, self.wanted, series, &self.value)
    }

    /// Passes over `$dumpvars` and comments.
    fn command(&mut self, offset: u64, command: &[u8]) -> Result<()> {
        match command {
            b"$dumpvars" | b"$dumpall" | b"$dumpon" | b"$dumpoff" | b"$end" => return Ok(()),
            b"$dumpports" | b"$dumpportsall" | b"$dumpportson" | b"$dumpportsoff" => return Ok(()),
            // The last time of all follows.
            b"$vcdclose" => return Ok(()),
            b"$comment" => {}
            _ => {
                let shown = String::from_utf8_lossy(&command[..command.len().min(40)]);
                return Err(self.place.bad(offset, format!("`{shown}` among the values")));
            }
        }
        loop {
            match self.words.next().map_err(|error| self.place.unreadable(&error))? {
                Some((_, b"$end")) => return Ok(()),
                Some(_) => {}
                None => return Err(self.place.truncated(offset, "inside a comment")),
            }
        }
    }
}

/// A time that must not lie before the last one.
fn time(digits: &[u8], last: Option<u64>) -> Result<u64, String> {
    let text = String::from_utf8_lossy(&digits[..digits.len().min(40)]);
    let number = digits.iter().try_fold(0u64, |number, &digit| {
        let digit = digit.is_ascii_digit().then(|| digit - b'0')?;
        number.checked_mul(10)?.checked_add(digit.into())
    });
    match (number, last) {
        (Some(_), _) if digits.is_empty() => Err("`#` without a time".to_owned()),
        (Some(time), Some(last)) if time < last => {
            Err(format!("time goes back from {last} to {time}"))
        }
        (Some(time), _) => Ok(time),
        (None, _) => Err(format!("`#{text}` is not a time")),
    }
}

fn unknown(place: &Place, offset: u64, code: &[u8]) -> crate::Error {
    let shown = String::from_utf8_lossy(&code[..code.len().min(40)]);
    place.bad(offset, format!("no variable has the identifier `{shown}`"))
}

/// A change, if its series is wanted; `text` starts with `b`, `r` or `s` unless it is one bit.
fn change(
    place: &Place,
    offset: u64,
    wanted: &[Option<Kind>],
    series: u32,
    text: &[u8],
) -> Result<Item> {
    let Some(kind) = wanted[series as usize] else { return Ok(Item::Nothing) };
    let value = value(kind, text).map_err(|message| place.bad(offset, message))?;
    Ok(Item::Change(series, value))
}

fn value(kind: Kind, text: &[u8]) -> Result<Value, String> {
    let digits = match text[0] {
        b'b' | b'B' | b'r' | b'R' | b's' | b'S' => &text[1..],
        _ => text,
    };
    match (kind, text[0]) {
        (Kind::Bits(_), b'b' | b'B') if digits.is_empty() => Err("a value without bits".to_owned()),
        (Kind::Bits(width), b'b' | b'B' | b'0'..=b'9' | b'x' | b'X' | b'z' | b'Z')
        | (Kind::Bits(width), b'u' | b'U' | b'w' | b'W' | b'l' | b'L' | b'h' | b'H' | b'-') => {
            Bits::extended(width, digits).map(Value::Bits).map_err(|error| match error {
                BadBits::TooWide => format!("{} bits for a variable of {width}", digits.len()),
                BadBits::Character(byte) => format!("`{}` is not a bit", byte.escape_ascii()),
            })
        }
        (Kind::Real, b'r' | b'R') => {
            let text = String::from_utf8_lossy(digits);
            let number = text.parse().map_err(|_| format!("`{text}` is not a real number"))?;
            Ok(Value::Real(number))
        }
        (Kind::Text, b's' | b'S') => Ok(Value::Text(unescaped(digits))),
        (kind, _) => Err(format!("a value of another kind for a variable of {}", kind.name())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_numbers() {
        assert_eq!(Codes::number(b"!"), Some(1));
        assert_eq!(Codes::number(b"~"), Some(94));
        assert_eq!(Codes::number(b"!!"), Some(95));
        assert!(Codes::number(b"~~~~~~~~~").is_some());
        for bad in [&b""[..], b"a b", b"\x7f", b"!!!!!!!!!!"] {
            assert_eq!(Codes::number(bad), None);
        }
    }

    #[test]
    fn identifiers_far_apart_are_found() {
        let mut codes = Codes::default();
        for (next, code) in [&b"!"[..], b"zzzz", b"~~~~~~~~~"].into_iter().enumerate() {
            let number = Codes::number(code).expect("an identifier");
            assert_eq!(codes.series_or(number, next as u32), next as u32);
            assert_eq!(codes.series_or(number, 9), next as u32);
            assert_eq!(codes.series(code), Some(next as u32));
        }
        assert_eq!(codes.series(b"\""), None);
    }
}
