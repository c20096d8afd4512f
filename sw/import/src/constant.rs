//! Constants of a model: initializers and tensors of `Constant` nodes as plain numbers.

use crate::proto::{Tensor, data_type};

/// A constant tensor.
pub struct Constant {
    /// Sizes, outermost first; none for a scalar.
    pub dims: Vec<usize>,
    /// The elements.
    pub data: Data,
}

/// The elements of a constant.
pub enum Data {
    /// float32.
    Float(Vec<f32>),
    /// int8.
    Signed(Vec<i8>),
    /// uint8.
    Unsigned(Vec<u8>),
    /// int32 or int64.
    Integer(Vec<i64>),
}

impl Constant {
    /// Takes over a tensor; the error says what is not supported.
    pub fn new(tensor: &Tensor) -> Result<Self, String> {
        if tensor.data_location != 0 {
            return Err("its data is in another file".into());
        }
        let dims = tensor.dims.iter().map(|&d| usize::try_from(d)).collect::<Result<Vec<_>, _>>();
        let dims = dims.map_err(|_| "a dimension is negative".to_string())?;
        let raw = &tensor.raw_data;
        let data = match tensor.data_type {
            data_type::FLOAT if raw.is_empty() => Data::Float(tensor.float_data.clone()),
            data_type::FLOAT => Data::Float(words(raw).map(f32::from_le_bytes).collect()),
            data_type::INT8 if raw.is_empty() => {
                Data::Signed(tensor.int32_data.iter().map(|&x| x as i8).collect())
            }
            data_type::INT8 => Data::Signed(raw.iter().map(|&x| x as i8).collect()),
            data_type::UINT8 if raw.is_empty() => {
                Data::Unsigned(tensor.int32_data.iter().map(|&x| x as u8).collect())
            }
            data_type::UINT8 => Data::Unsigned(raw.clone()),
            data_type::INT32 if raw.is_empty() => {
                Data::Integer(tensor.int32_data.iter().map(|&x| x.into()).collect())
            }
            data_type::INT32 => {
                Data::Integer(words(raw).map(|b| i32::from_le_bytes(b).into()).collect())
            }
            data_type::INT64 if raw.is_empty() => Data::Integer(tensor.int64_data.clone()),
            data_type::INT64 => Data::Integer(words(raw).map(i64::from_le_bytes).collect()),
            other => return Err(format!("{} is not supported", data_type::name(other))),
        };
        let constant = Self { dims, data };
        let count = constant.dims.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
        if count != Some(constant.len()) {
            return Err("its dimensions and the number of its elements do not agree".into());
        }
        Ok(constant)
    }

    /// Elements.
    pub fn len(&self) -> usize {
        match &self.data {
            Data::Float(x) => x.len(),
            Data::Signed(x) => x.len(),
            Data::Unsigned(x) => x.len(),
            Data::Integer(x) => x.len(),
        }
    }

    /// Whether all elements are 0.
    pub fn is_zero(&self) -> bool {
        match &self.data {
            Data::Float(x) => x.iter().all(|&x| x == 0.0),
            _ => self.integers().is_some_and(|x| x.iter().all(|&x| x == 0)),
        }
    }

    /// The elements, unless they are float.
    pub fn integers(&self) -> Option<Vec<i64>> {
        match &self.data {
            Data::Float(_) => None,
            Data::Signed(x) => Some(x.iter().map(|&x| x.into()).collect()),
            Data::Unsigned(x) => Some(x.iter().map(|&x| x.into()).collect()),
            Data::Integer(x) => Some(x.clone()),
        }
    }
}

/// Little-endian words of N bytes; an incomplete last one is left out.
fn words<const N: usize>(raw: &[u8]) -> impl Iterator<Item = [u8; N]> {
    raw.chunks_exact(N).filter_map(|bytes| bytes.try_into().ok())
}
