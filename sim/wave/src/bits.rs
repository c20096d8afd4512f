//! A vector of bits, each 0, 1, x or z.

use std::cmp::Ordering;
use std::fmt;

/// A vector of bits, most significant first in texts.
///
/// Vectors of up to 64 bits, which nearly all are, need no memory of their own.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Bits {
    width: u32,
    planes: Planes,
}

/// Two planes of bits: 0 is `00`, 1 is `10`, x is `01`, z is `11`. Unused bits are 0, so equal
/// vectors have equal planes.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Planes {
    Small {
        value: u64,
        unknown: u64,
    },
    /// Words of the value plane, least significant first, then those of the other.
    Large(Box<[u64]>),
}

/// A text that is not a vector of the expected width.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadBits {
    /// A character that stands for no bit.
    Character(u8),
    /// More bits than the vector has.
    TooWide,
}

const BAD: u8 = 0xff;

/// What a character of a wave stands for: bit 0 of the value plane, bit 1 of the unknown plane.
/// Of the nine values of VHDL, weak ones count as strong ones, and what is not 0, 1 or z as x.
const fn code(character: u8) -> u8 {
    match character {
        b'0' | b'l' | b'L' => 0,
        b'1' | b'h' | b'H' => 1,
        b'x' | b'X' | b'u' | b'U' | b'w' | b'W' | b'-' => 2,
        b'z' | b'Z' => 3,
        _ => BAD,
    }
}

static CODES: [u8; 256] = {
    let mut codes = [BAD; 256];
    let mut character = 0;
    while character < 256 {
        codes[character] = code(character as u8);
        character += 1;
    }
    codes
};

impl Bits {
    /// A number; bits above `width` are dropped.
    pub fn from_u64(width: u32, value: u64) -> Self {
        Self::from_u128(width, value.into())
    }

    /// A number; bits above `width` are dropped.
    pub fn from_u128(width: u32, value: u128) -> Self {
        let value = if width < 128 { value & ((1 << width) - 1) } else { value };
        if width <= 64 {
            return Self { width, planes: Planes::Small { value: value as u64, unknown: 0 } };
        }
        let mut words = vec![0; 2 * words(width)];
        (words[0], words[1]) = (value as u64, (value >> 64) as u64);
        Self { width, planes: Planes::Large(words.into()) }
    }

    /// All bits x: a signal that has no value yet.
    pub fn unknown(width: u32) -> Self {
        Self::extended(width, b"x").unwrap_or_else(|_| Self::from_u64(width, 0))
    }

    /// Reads characters, most significant first. As VCD has it, a short text is extended: by x
    /// or z if it starts with that, else by 0.
    ///
    /// # Errors
    /// A character that stands for no bit, or more of them than `width`; leading zeros do not
    /// count.
    pub fn extended(width: u32, text: &[u8]) -> Result<Self, BadBits> {
        let text = if text.len() > width as usize { without_zeros(width, text)? } else { text };
        let first = text.first().map_or(0, |&first| CODES[usize::from(first)]);
        let fill = if first & 2 == 0 { 0 } else { first };
        if width > 64 {
            return Self::large(width, text, fill);
        }
        let plane = |bit: u8| if fill >> bit & 1 == 1 { u64::MAX } else { 0 };
        let (mut value, mut unknown, mut seen) = (plane(0), plane(1), 0);
        for &character in text {
            let code = CODES[usize::from(character)];
            seen |= code;
            value = value << 1 | u64::from(code & 1);
            unknown = unknown << 1 | u64::from(code >> 1 & 1);
        }
        if seen == BAD {
            return Err(bad_character(text));
        }
        let mask = if width == 64 { u64::MAX } else { (1 << width) - 1 };
        let planes = Planes::Small { value: value & mask, unknown: unknown & mask };
        Ok(Self { width, planes })
    }

    fn large(width: u32, text: &[u8], fill: u8) -> Result<Self, BadBits> {
        let half = words(width);
        let mut planes = vec![0u64; 2 * half];
        for position in 0..width as usize {
            let code = match text.len().checked_sub(position + 1) {
                Some(index) => CODES[usize::from(text[index])],
                None => fill,
            };
            if code == BAD {
                return Err(bad_character(text));
            }
            planes[position / 64] |= u64::from(code & 1) << (position % 64);
            planes[half + position / 64] |= u64::from(code >> 1) << (position % 64);
        }
        Ok(Self { width, planes: Planes::Large(planes.into()) })
    }

    /// Number of bits.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Whether all bits are 0 or 1.
    pub fn is_known(&self) -> bool {
        (0..words(self.width)).all(|word| self.word(word).1 == 0)
    }

    /// The number, if all bits are 0 or 1 and it fits.
    pub fn to_u64(&self) -> Option<u64> {
        self.to_u128()?.try_into().ok()
    }

    /// The number, if all bits are 0 or 1 and it fits.
    pub fn to_u128(&self) -> Option<u128> {
        let fits = (2..words(self.width)).all(|word| self.word(word).0 == 0);
        let number = u128::from(self.word(1).0) << 64 | u128::from(self.word(0).0);
        (fits && self.is_known()).then_some(number)
    }

    /// Compares as unsigned numbers of any width; nothing if a bit is unknown.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        if !self.is_known() || !other.is_known() {
            return None;
        }
        let count = words(self.width.max(other.width));
        let words = (0..count).rev().map(|word| self.word(word).0.cmp(&other.word(word).0));
        Some(words.fold(Ordering::Equal, Ordering::then))
    }

    /// Characters `0`, `1`, `x` and `z`, most significant first.
    pub fn characters(&self) -> impl Iterator<Item = u8> + '_ {
        (0..self.width).rev().map(|position| {
            let (value, unknown) = self.word(position as usize / 64);
            let bit = |plane: u64| usize::from(plane >> (position % 64) & 1 == 1);
            b"01xz"[bit(value) | bit(unknown) << 1]
        })
    }

    /// Hexadecimal digits, most significant first, without `0x`. A digit is `x` or `z` if all its
    /// bits are, and `X` if only some bits are unknown.
    pub fn hex(&self) -> String {
        let characters: Vec<u8> = self.characters().collect();
        let digit = |bits: &[u8]| match bits {
            bits if bits.iter().all(|bit| matches!(bit, b'0' | b'1')) => {
                let number = bits.iter().fold(0, |number, bit| number << 1 | u32::from(bit & 1));
                char::from_digit(number, 16).unwrap_or('?')
            }
            bits if bits.iter().all(|bit| *bit == bits[0]) => bits[0].into(),
            _ => 'X',
        };
        let mut digits: Vec<char> = characters.rchunks(4).map(digit).collect();
        digits.reverse();
        digits.into_iter().collect()
    }

    /// A word of each plane, value first; 0 above the vector.
    fn word(&self, index: usize) -> (u64, u64) {
        match &self.planes {
            Planes::Small { value, unknown } if index == 0 => (*value, *unknown),
            Planes::Large(planes) if index < planes.len() / 2 => {
                (planes[index], planes[planes.len() / 2 + index])
            }
            _ => (0, 0),
        }
    }
}

fn words(width: u32) -> usize {
    (width as usize).div_ceil(64)
}

fn without_zeros(width: u32, text: &[u8]) -> Result<&[u8], BadBits> {
    let (front, rest) = text.split_at(text.len() - width as usize);
    if front.iter().all(|&bit| bit == b'0') { Ok(rest) } else { Err(BadBits::TooWide) }
}

fn bad_character(text: &[u8]) -> BadBits {
    let bad = text.iter().find(|&&character| CODES[usize::from(character)] == BAD);
    BadBits::Character(bad.copied().unwrap_or_default())
}

impl fmt::Display for Bits {
    /// One bit as a character, more in hexadecimal with `0x`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.width {
            1 => self.characters().try_for_each(|bit| write!(f, "{}", char::from(bit))),
            _ => write!(f, "0x{}", self.hex()),
        }
    }
}

impl fmt::Debug for Bits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}'h{}", self.width, self.hex())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bits(width: u32, text: &str) -> Bits {
        Bits::extended(width, text.as_bytes()).expect("bits")
    }

    fn text(bits: &Bits) -> String {
        bits.characters().map(char::from).collect()
    }

    #[test]
    fn short_texts_are_extended() {
        assert_eq!(text(&bits(6, "1x")), "00001x");
        assert_eq!(text(&bits(6, "x1")), "xxxxx1");
        assert_eq!(text(&bits(6, "z")), "zzzzzz");
        assert_eq!(text(&bits(3, "000101")), "101");
        assert_eq!(text(&bits(2, "")), "00");
        assert_eq!(text(&bits(70, "z1")), format!("{}1", "z".repeat(69)));
        assert_eq!(text(&bits(4, "HLUW")), "10xx");
        assert_eq!(Bits::extended(2, b"101"), Err(BadBits::TooWide));
        assert_eq!(Bits::extended(4, b"1q0"), Err(BadBits::Character(b'q')));
        assert_eq!(Bits::extended(80, b"1q0"), Err(BadBits::Character(b'q')));
    }

    #[test]
    fn numbers_and_texts() {
        assert_eq!(bits(7, "1010011").to_string(), "0x53");
        assert_eq!(bits(8, "zzzz0x11").to_string(), "0xzX");
        assert_eq!(bits(1, "x").to_string(), "x");
        assert_eq!(bits(8, "1x").to_u64(), None);
        assert_eq!(Bits::from_u64(3, 0xf).to_u64(), Some(7));
        assert_eq!(Bits::from_u128(128, u128::MAX).to_u128(), Some(u128::MAX));
        assert_eq!(Bits::from_u128(128, u128::MAX).to_u64(), None);
        assert_eq!(Bits::from_u64(8, 9).compare(&Bits::from_u64(200, 10)), Some(Ordering::Less));
        assert_eq!(Bits::unknown(8).compare(&Bits::from_u64(8, 0)), None);
        assert!(!Bits::unknown(70).is_known() && Bits::from_u64(70, 1).is_known());
    }

    proptest! {
        #[test]
        fn characters_survive(text in "[01xz]{1,200}") {
            let bits = bits(text.len() as u32, &text);
            prop_assert_eq!(super::tests::text(&bits), text);
        }

        #[test]
        fn comparing_is_that_of_numbers(a: u128, b: u128, shift in 0u32..128) {
            let (a, b) = (a >> shift, b >> shift);
            let [one, other] = [a, b].map(|number| Bits::from_u128(130, number));
            prop_assert_eq!(one.compare(&other), Some(a.cmp(&b)));
        }
    }
}
