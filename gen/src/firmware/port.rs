//! Input and output of a network, and how their text looks in C and Rust.

use super::text::{self, numbers};

/// Type of a caller's numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Number {
    /// IEEE 754 binary32.
    Float32,
    /// Two's complement.
    Int8,
    /// Unsigned.
    Uint8,
}

impl Number {
    pub(super) fn c(self) -> &'static str {
        match self {
            Self::Float32 => "float",
            Self::Int8 => "int8_t",
            Self::Uint8 => "uint8_t",
        }
    }

    pub(super) fn rust(self) -> &'static str {
        match self {
            Self::Float32 => "f32",
            Self::Int8 => "i8",
            Self::Uint8 => "u8",
        }
    }
}

/// What the hart does between a caller's numbers and the NPU's int8 codes.
#[derive(Clone, PartialEq, Debug)]
pub enum Conversion {
    /// Nothing: int8 on both sides.
    Signed,
    /// uint8 and int8 that are 128 apart.
    Unsigned,
    /// Real numbers in steps of `scale`.
    Real {
        /// Of a step.
        scale: f32,
        /// int8 that stands for 0.
        zero_point: i8,
    },
    /// Of an output: softmax in steps of 1/256.
    Softmax {
        /// Terms of numbers that are 0, 1, 2... below the largest; 256 of them.
        powers: Vec<f64>,
        /// The result is uint8 and not int8.
        unsigned: bool,
    },
}

/// Input or output.
#[derive(Clone, PartialEq, Debug)]
pub struct Port {
    /// As the model names it.
    pub name: String,
    /// Type of the caller's numbers.
    pub number: Number,
    /// Their shape, without a batch.
    pub shape: Vec<usize>,
    /// How many there are.
    pub elements: usize,
    /// How the codes come to be or what becomes of them.
    pub conversion: Conversion,
    /// If the caller has NCHW and the NPU NHWC: channels and pixels.
    pub reordered: Option<(usize, usize)>,
    /// Address of the codes, and so many elements behind each other.
    pub address: u32,
    /// Numbers for a test, little endian.
    pub example: Vec<u8>,
}

impl Port {
    pub(super) fn c(&self) -> &'static str {
        self.number.c()
    }

    pub(super) fn rust(&self) -> &'static str {
        self.number.rust()
    }

    /// The shape in words: `1 x 8 x 8`.
    pub(super) fn dimensions(&self) -> String {
        let sides: Vec<String> = self.shape.iter().map(usize::to_string).collect();
        sides.join(" x ")
    }

    pub(super) fn example_text(&self) -> String {
        numbers(self.number, &self.example)
    }

    /// A model's name, which may hold anything, in a comment.
    pub(super) fn title(&self) -> String {
        text::comment(&self.name)
    }

    /// Index into the caller's array of the code at `place`, for C and Rust alike.
    pub(super) fn index(&self) -> String {
        match self.reordered {
            None => "place".to_owned(),
            Some((channels, pixels)) => {
                format!("place % {channels} * {pixels} + place / {channels}")
            }
        }
    }

    /// Constants of a real conversion, as C and Rust both spell them.
    pub(super) fn real(&self) -> Option<Real> {
        match self.conversion {
            Conversion::Real { scale, zero_point } => Some(Real {
                scale: format!("{scale:e}"),
                zero_point,
                lowest: -128 - i32::from(zero_point),
                highest: 127 - i32::from(zero_point),
            }),
            _ => None,
        }
    }

    pub(super) fn is_unsigned(&self) -> bool {
        self.number == Number::Uint8
    }
}

/// A quantisation in text.
pub(super) struct Real {
    pub(super) scale: String,
    pub(super) zero_point: i8,
    pub(super) lowest: i32,
    pub(super) highest: i32,
}

#[cfg(test)]
mod tests {
    use super::{Conversion, Number, Port};

    #[test]
    fn a_code_in_nhwc_finds_its_number_in_nchw() {
        let port = |reordered| Port {
            name: "x".into(),
            number: Number::Uint8,
            shape: vec![3, 1, 2],
            elements: 6,
            conversion: Conversion::Unsigned,
            reordered,
            address: 0,
            example: Vec::new(),
        };
        assert_eq!(port(None).index(), "place");
        // Three channels of two pixels: code 4, channel 1 of pixel 1, is number 1 * 2 + 1.
        assert_eq!(port(Some((3, 2))).index(), "place % 3 * 2 + place / 3");
    }
}
