//! Arrays of numbers with a shape, as NumPy has them.

use std::fmt;

/// Type of a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Element {
    /// IEEE 754 binary32.
    Float32,
    /// Two's complement.
    Int8,
    /// Unsigned.
    Uint8,
}

impl Element {
    /// NumPy's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::Int8 => "int8",
            Self::Uint8 => "uint8",
        }
    }

    /// Bytes of a number.
    pub fn bytes(self) -> usize {
        match self {
            Self::Float32 => 4,
            Self::Int8 | Self::Uint8 => 1,
        }
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Numbers of one type.
#[derive(Clone, PartialEq, Debug)]
pub enum Numbers {
    /// Of type [`Element::Float32`].
    Float32(Vec<f32>),
    /// Of type [`Element::Int8`].
    Int8(Vec<i8>),
    /// Of type [`Element::Uint8`].
    Uint8(Vec<u8>),
}

impl Numbers {
    /// No numbers.
    pub fn none(element: Element) -> Self {
        Self::from_bytes(element, &[])
    }

    /// Numbers in little endian; a part of one at the end is left out.
    pub fn from_bytes(element: Element, bytes: &[u8]) -> Self {
        match element {
            Element::Float32 => {
                let (words, _) = bytes.as_chunks::<4>();
                Self::Float32(words.iter().map(|&word| f32::from_le_bytes(word)).collect())
            }
            Element::Int8 => Self::Int8(bytes.iter().map(|&byte| byte as i8).collect()),
            Element::Uint8 => Self::Uint8(bytes.to_vec()),
        }
    }

    /// In little endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Float32(numbers) => numbers.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Self::Int8(numbers) => numbers.iter().map(|&x| x as u8).collect(),
            Self::Uint8(numbers) => numbers.clone(),
        }
    }

    /// Their type.
    pub fn element(&self) -> Element {
        match self {
            Self::Float32(_) => Element::Float32,
            Self::Int8(_) => Element::Int8,
            Self::Uint8(_) => Element::Uint8,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Float32(numbers) => numbers.len(),
            Self::Int8(numbers) => numbers.len(),
            Self::Uint8(numbers) => numbers.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A number as a real one; all three types fit.
    pub fn real(&self, index: usize) -> f64 {
        match self {
            Self::Float32(numbers) => numbers[index].into(),
            Self::Int8(numbers) => numbers[index].into(),
            Self::Uint8(numbers) => numbers[index].into(),
        }
    }

    /// The numbers at these places, in this order.
    pub fn pick(&self, places: impl Iterator<Item = usize>) -> Self {
        match self {
            Self::Float32(numbers) => Self::Float32(places.map(|i| numbers[i]).collect()),
            Self::Int8(numbers) => Self::Int8(places.map(|i| numbers[i]).collect()),
            Self::Uint8(numbers) => Self::Uint8(places.map(|i| numbers[i]).collect()),
        }
    }
}

/// Numbers with a shape, the last index first.
#[derive(Clone, PartialEq, Debug)]
pub struct Array {
    /// Length of each axis.
    pub shape: Vec<usize>,
    /// As many as the product of the lengths.
    pub numbers: Numbers,
}
