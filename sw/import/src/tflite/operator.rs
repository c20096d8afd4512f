//! An operator of the graph with its options and constant inputs.

use super::flatbuffer::Table;
use super::model::Model;
use super::names::builtin_name;
use super::tensor::{Tensor, element};
use crate::ImportError;
use crate::value::Quantisation;

/// An operator being read.
pub struct Operator<'a> {
    model: &'a Model<'a>,
    table: Table<'a>,
    /// Among those of the graph.
    index: usize,
    /// In `BuiltinOperator`.
    pub code: i32,
    name: String,
}

impl<'a> Operator<'a> {
    /// An operator of the graph.
    pub fn new(model: &'a Model<'a>, index: usize) -> Result<Self, ImportError> {
        let Some(table) = model.operators.get(index)? else {
            return Err(ImportError::Model(format!("there is no operator {index}")));
        };
        let (code, custom) = model.operator_code(table.u32(0)?)?;
        let name = builtin_name(code).map_or_else(|| format!("operator code {code}"), Into::into);
        let name = if custom.is_empty() { name } else { format!("{name} {custom}") };
        Ok(Self { model, table, index, code, name })
    }

    /// An error that names the operator, its number and what it makes.
    pub fn error(&self, reason: impl Into<String>) -> ImportError {
        let output = self.table.vector(2).ok().and_then(|all| all.first().copied());
        let output = output.and_then(|id| self.model.tensor(i32::from_le_bytes(id)).ok().flatten());
        let output = output.map_or_else(
            || "no output".into(),
            |tensor| format!("output tensor {} {:?}", tensor.index, tensor.name()),
        );
        ImportError::Node {
            node: format!("operator {} ({output})", self.index),
            operator: self.name.clone(),
            reason: reason.into(),
        }
    }

    /// An error of a tensor is one of the operator that reads or makes it.
    pub fn place(&self, error: ImportError) -> ImportError {
        match error {
            ImportError::Model(reason) => self.error(reason),
            other => other,
        }
    }

    /// Indices of the tensors that it reads; -1 for none.
    pub fn input_indices(&self) -> Result<&'a [[u8; 4]], ImportError> {
        Ok(self.table.vector(1)?)
    }

    /// An input that may be left out.
    pub fn optional_input(&self, number: usize) -> Result<Option<Tensor<'a>>, ImportError> {
        match self.input_indices()?.get(number) {
            Some(&index) => self.model.tensor(i32::from_le_bytes(index)),
            None => Ok(None),
        }
    }

    /// An input.
    pub fn input(&self, number: usize) -> Result<Tensor<'a>, ImportError> {
        let tensor = self.optional_input(number)?;
        tensor.ok_or_else(|| self.error(format!("input {number} is missing")))
    }

    /// The one output.
    pub fn output(&self) -> Result<Tensor<'a>, ImportError> {
        let outputs = self.table.vector(2)?;
        let tensor = match outputs {
            [index] => self.model.tensor(i32::from_le_bytes(*index))?,
            _ => None,
        };
        tensor.ok_or_else(|| self.error(format!("has {} outputs, not one", outputs.len())))
    }

    /// Scale and zero point of the int8 output.
    pub fn output_quantisation(&self) -> Result<Quantisation, ImportError> {
        let quantisation = self.output()?.quantisation()?;
        match quantisation.unsigned {
            false => Ok(quantisation),
            true => Err(self.error("only int8 is supported, uint8 at the ends of a model alone")),
        }
    }

    /// Its options, of which `kind` is the number in `BuiltinOptions`.
    pub fn options(&self, kind: u8) -> Result<Table<'a>, ImportError> {
        let given = self.table.u8(3)?;
        match self.table.table(4)? {
            Some(options) if given == kind => Ok(options),
            _ => Err(self.error(format!("its options have type {given}, not {kind}"))),
        }
    }

    /// Data of a constant input.
    pub fn constant(&self, tensor: &Tensor<'a>) -> Result<&'a [u8], ImportError> {
        self.model.data(tensor)?.ok_or_else(|| {
            self.error(format!("tensor {} {:?} has to be a constant", tensor.index, tensor.name()))
        })
    }

    /// A short list of integers that is an input.
    pub fn integers(&self, number: usize) -> Result<Vec<i64>, ImportError> {
        /// Pairs of numbers for as many dimensions as there are.
        const MOST: usize = 16;
        let tensor = self.input(number)?;
        let data = self.constant(&tensor)?;
        let integers: Vec<i64> = match tensor.element {
            element::INT32 => {
                let (words, _) = data.as_chunks();
                words.iter().take(MOST + 1).map(|&w| i32::from_le_bytes(w).into()).collect()
            }
            element::INT64 => {
                let (words, _) = data.as_chunks();
                words.iter().take(MOST + 1).map(|&w| i64::from_le_bytes(w)).collect()
            }
            other => {
                let name = element::name(other);
                return Err(self.error(format!("input {number} is {name}, not integers")));
            }
        };
        if integers.len() > MOST {
            return Err(self.error(format!("input {number} has too many integers")));
        }
        Ok(integers)
    }
}
