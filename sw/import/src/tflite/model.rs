//! The parts of TensorFlow Lite's schema (`schema.fbs`, version 3) that the importer reads.
//! Numbers of fields are those of the schema, counted from 0; a union counts as two.

use super::flatbuffer::{Table, Tables};
use super::tensor::{Tensor, element, text};
use crate::ImportError;

/// Version of the schema that this is.
const VERSION: u32 = 3;

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
