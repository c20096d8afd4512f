//! The parts of TensorFlow Lite's schema (`schema.fbs`, version 3) that the importer reads.
//! Numbers of fields are those of the schema, counted from 0; a union counts as two.

use systole_compiler::network::Shape;

use super::flatbuffer::{Fault, Table, Tables};
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

/// Version of the schema that this is.
const VERSION: u32 = 3;
/// Names are cut to so many characters: the converter joins those of all operators that it fused.
const MAX_NAME: usize = 128;
/// More dimensions than any operator here has.
const MAX_RANK: usize = 8;

/// The one graph of a model.
pub struct Model<'a> {
    file: &'a [u8],
    operator_codes: Tables<'a>,
    buffers: Tables<'a>,
    tensors: Tables<'a>,
    /// In the order in which they are executed.
    pub operators: Tables<'a>,
    /// Tensors that the caller fills.
    pub inputs: &'a [[u8; 4]],
    /// Tensors that are the results.
    pub outputs: &'a [[u8; 4]],
}

impl<'a> Model<'a> {
    /// The model that a file holds.
    pub fn new(file: &'a [u8]) -> Result<Self, ImportError> {
        let root = Table::root(file)?;
        let version = root.u32(0)?;
        if version != VERSION {
            let reason = format!("the schema's version is {version}, only {VERSION} is supported");
            return Err(ImportError::Model(reason));
        }
        let graphs = root.tables(2)?;
        let (1, Some(graph)) = (graphs.len(), graphs.get(0)?) else {
            let count = graphs.len();
            return Err(ImportError::Model(format!("the model has {count} subgraphs, not one")));
        };
        Ok(Self {
            file,
            operator_codes: root.tables(1)?,
            buffers: root.tables(4)?,
            tensors: graph.tables(0)?,
            operators: graph.tables(3)?,
            inputs: graph.vector(1)?,
            outputs: graph.vector(2)?,
        })
    }

    /// The number of an operator in `BuiltinOperator`, and the name of one that is not built in.
    pub fn operator_code(&self, index: u32) -> Result<(i32, String), ImportError> {
        let Some(code) = self.operator_codes.get(index as usize)? else {
            return Err(ImportError::Model(format!("there is no operator code {index}")));
        };
        // Numbers that do not fit the old field are in the new one, and the other way round.
        let old = i32::from(code.u8(0)? as i8);
        Ok((old.max(code.i32(3, 0)?), text(code.vector(1)?)))
    }

    /// A tensor; -1 is one that an operator is not given.
    pub fn tensor(&self, index: i32) -> Result<Option<Tensor<'a>>, ImportError> {
        if index == -1 {
            return Ok(None);
        }
        let known = usize::try_from(index).ok();
        let table = known.map_or(Ok(None), |index| self.tensors.get(index))?;
        match (known, table) {
            (Some(index), Some(table)) => {
                Tensor::new(index, table).map(Some).map_err(ImportError::from)
            }
            _ => {
                let count = self.tensors.len();
                let reason = format!("there is no tensor {index}: the model has {count}");
                Err(ImportError::Model(reason))
            }
        }
    }

    /// Data of a constant tensor, whose size is checked; `None` where it is none.
    pub fn data(&self, tensor: &Tensor<'a>) -> Result<Option<&'a [u8]>, ImportError> {
        let Some(buffer) = self.buffers.get(tensor.buffer as usize)? else {
            return Err(tensor.error(format!("there is no buffer {}", tensor.buffer)));
        };
        // Buffers of files over 2 GB are behind the tables.
        let data = match (buffer.u64(1)?, buffer.u64(2)?) {
            (0 | 1, _) => buffer.vector::<1>(0)?.as_flattened(),
            (offset, size) => {
                let range = usize::try_from(offset).ok().zip(usize::try_from(size).ok());
                let data = range.and_then(|(at, size)| self.file.get(at..)?.get(..size));
                data.ok_or_else(|| {
                    tensor.error(format!("{size} bytes at byte {offset} are not in the file"))
                })?
            }
        };
        if data.is_empty() {
            return Ok(None);
        }
        let width = match tensor.element {
            element::INT8 | element::UINT8 => 1,
            element::INT32 | element::FLOAT32 => 4,
            element::INT64 => 8,
            other => {
                let name = element::name(other);
                return Err(tensor.error(format!("constants of {name} are not supported")));
            }
        };
        let count = tensor.dims()?.iter().try_fold(1usize, |n, &d| n.checked_mul(d as usize));
        if count.and_then(|n| n.checked_mul(width)) != Some(data.len()) || tensor.sparse {
            let reason = "its shape and the bytes of its data do not agree, or it is sparse";
            return Err(tensor.error(reason));
        }
        Ok(Some(data))
    }
}

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
    buffer: u32,
    sparse: bool,
}

impl<'a> Tensor<'a> {
    fn new(index: usize, table: Table<'a>) -> Result<Self, Fault> {
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
fn text(bytes: &[[u8; 1]]) -> String {
    // A character has up to four bytes.
    let bytes = &bytes.as_flattened()[..bytes.len().min(4 * MAX_NAME)];
    String::from_utf8_lossy(bytes).chars().take(MAX_NAME).collect()
}
