//! A tensor of the model: its type, shape, scales and name.

use systole_compiler::network::Shape;

use super::flatbuffer::{Fault, Table};
use crate::ImportError;
use crate::value::Quantisation;

/// `TensorType`.
pub mod element {
    pub const FLOAT32: u8 = 0;
    pub const INT32: u8 = 2;
    pub const UINT8: u8 = 3;
    pub const INT64: u8 = 4;
    pub const INT8: u8 = 9;

    /// The name in the schema.
    pub fn name(number: u8) -> String {
        const NAMES: [&str; 18] = [
            "FLOAT32",
            "FLOAT16",
            "INT32",
            "UINT8",
            "INT64",
            "STRING",
            "BOOL",
            "INT16",
            "COMPLEX64",
            "INT8",
            "FLOAT64",
            "COMPLEX128",
            "UINT64",
            "RESOURCE",
            "VARIANT",
            "UINT32",
            "UINT16",
            "INT4",
        ];
        NAMES.get(usize::from(number)).map_or_else(|| format!("type {number}"), |&n| n.into())
    }
}

/// Names are cut to so many characters: the converter joins those of all operators that it fused.
const MAX_NAME: usize = 128;
/// More dimensions than any operator here has.
const MAX_RANK: usize = 8;

/// A tensor.
pub struct Tensor<'a> {
    /// Among those of the graph.
    pub index: usize,
    /// One of [`element`].
    pub element: u8,
    /// One scale and zero point, or as many as the dimension has elements.
    pub scales: &'a [[u8; 4]],
    /// int64.
    pub zero_points: &'a [[u8; 8]],
    /// To which several scales belong.
    pub scale_dimension: i32,
    shape: &'a [[u8; 4]],
    name: &'a [[u8; 1]],
    /// Of its data; 0 is an empty one.
    pub buffer: u32,
    /// Whether its data is not one element after the other.
    pub sparse: bool,
}

impl<'a> Tensor<'a> {
    /// Reads the table of a tensor.
    pub fn new(index: usize, table: Table<'a>) -> Result<Self, Fault> {
        let quantisation = table.table(4)?;
        let of = |id: usize| quantisation.map_or(Ok(&[][..]), |q| q.vector::<4>(id));
        Ok(Self {
            index,
            element: table.u8(1)?,
            scales: of(2)?,
            zero_points: quantisation.map_or(Ok(&[][..]), |q| q.vector(3))?,
            scale_dimension: quantisation.map_or(Ok(0), |q| q.i32(6, 0))?,
            shape: table.vector(0)?,
            name: table.vector(3)?,
            buffer: table.u32(2)?,
            sparse: table.table(6)?.is_some(),
        })
    }

    /// Its name, shortened where it is long.
    pub fn name(&self) -> String {
        text(self.name)
    }

    /// An error that names the tensor.
    pub fn error(&self, reason: impl AsRef<str>) -> ImportError {
        let reason = reason.as_ref();
        ImportError::Model(format!("tensor {} {:?}: {reason}", self.index, self.name()))
    }

    /// Sizes, outermost first.
    pub fn dims(&self) -> Result<Vec<u32>, ImportError> {
        let dims = || self.shape.iter().take(MAX_RANK).map(|&d| i32::from_le_bytes(d));
        if self.shape.len() > MAX_RANK || dims().any(|d| d < 0) {
            let shape: Vec<i32> = dims().collect();
            return Err(self.error(format!("shape {shape:?} has too many sizes, or one below 0")));
        }
        Ok(dims().map(i32::unsigned_abs).collect())
    }

    /// Its shape as one map `[1, H, W, C]` or one vector `[1, N]`.
    pub fn map(&self) -> Result<Shape, ImportError> {
        let dims = self.dims()?;
        let shape = match *dims.as_slice() {
            [1, height, width, channels] => Some(Shape { height, width, channels }),
            [1, n] => Some(Shape::flat(n)),
            _ => None,
        };
        let sizes = 1..=4095;
        shape.filter(|_| dims.iter().all(|d| sizes.contains(d))).ok_or_else(|| {
            self.error(format!(
                "shape {dims:?} is not [1, H, W, C] or [1, N] with sizes of 1 to 4095"
            ))
        })
    }

    /// Scale and zero point of int8 or uint8 activations, the latter as of int8.
    pub fn quantisation(&self) -> Result<Quantisation, ImportError> {
        let unsigned = match self.element {
            element::INT8 => false,
            element::UINT8 => true,
            other => {
                let name = element::name(other);
                return Err(self.error(format!("is {name}, but has to be INT8 here")));
            }
        };
        let offset = if unsigned { 128 } else { 0 };
        let zero_point = match self.zero_points {
            [] => Some(0),
            [zero] => Some(i64::from_le_bytes(*zero)),
            _ => None,
        };
        let zero_point =
            zero_point
                .and_then(|zero| i8::try_from(zero.checked_sub(offset)?).ok())
                .ok_or_else(|| self.error("its zero point is not one number within its type"))?;
        match self.scales {
            [scale] => Ok(Quantisation { scale: self.scale(*scale)?, zero_point, unsigned }),
            [] => Err(self.error(
                "has no scale: the model is not quantised here (convert it with full integer \
                 quantisation)",
            )),
            _ => Err(self.error("scales of activations have to be one for the tensor")),
        }
    }

    /// A scale, checked.
    pub fn scale(&self, bytes: [u8; 4]) -> Result<f32, ImportError> {
        let scale = f32::from_le_bytes(bytes);
        if scale.is_normal() && scale > 0.0 {
            return Ok(scale);
        }
        Err(self.error(format!("scale {scale} is not a positive normal number")))
    }
}

/// A string, shortened where it is long.
pub fn text(bytes: &[[u8; 1]]) -> String {
    // A character has up to four bytes.
    let bytes = &bytes.as_flattened()[..bytes.len().min(4 * MAX_NAME)];
    String::from_utf8_lossy(bytes).chars().take(MAX_NAME).collect()
}
