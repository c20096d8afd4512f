//! A node of the graph with its attributes and constant inputs.

use std::collections::HashMap;

use crate::ImportError;
use crate::constant::{Constant, Data};
use crate::proto::{Attribute, Node, data_type};
use crate::value::Quantisation;

/// Constants by name.
pub type Constants = HashMap<String, Constant>;

/// A node being read.
pub struct NodeReader<'a> {
    node: &'a Node,
    constants: &'a Constants,
}

impl<'a> NodeReader<'a> {
    /// Reads `node`, whose constant inputs are among `constants`.
    pub fn new(node: &'a Node, constants: &'a Constants) -> Self {
        Self { node, constants }
    }

    /// The node's name, or that of its output when it has none.
    pub fn name(&self) -> &'a str {
        let output = self.node.outputs.first().map_or("", String::as_str);
        if self.node.name.is_empty() { output } else { &self.node.name }
    }

    /// Its operator.
    pub fn operator(&self) -> &'a str {
        &self.node.operator
    }

    /// Reads another node with the same constants.
    pub fn with_inputs(&self, node: &'a Node) -> Self {
        Self { node, constants: self.constants }
    }

    /// Whether there is a constant of this name.
    pub fn is_constant(&self, name: &str) -> bool {
        self.constants.contains_key(name)
    }

    /// An error that names the node and the operator.
    pub fn error(&self, reason: impl Into<String>) -> ImportError {
        ImportError::Node {
            node: self.name().into(),
            operator: self.node.operator.clone(),
            reason: reason.into(),
        }
    }

    /// Name of an input; empty where it is left out.
    pub fn input(&self, index: usize) -> &'a str {
        self.node.inputs.get(index).map_or("", String::as_str)
    }

    /// Name of the only output.
    pub fn output(&self) -> Result<&'a str, ImportError> {
        match self.node.outputs.as_slice() {
            [output] => Ok(output),
            more if more.iter().skip(1).all(String::is_empty) && !more.is_empty() => Ok(&more[0]),
            _ => Err(self.error("only nodes with one output are supported")),
        }
    }

    /// How many inputs it has.
    pub fn inputs(&self) -> usize {
        self.node.inputs.len()
    }

    /// Names of its outputs.
    pub fn outputs(&self) -> &'a [String] {
        &self.node.outputs
    }

    fn attribute(&self, name: &str) -> Option<&'a Attribute> {
        self.node.attributes.iter().find(|a| a.name == name)
    }

    /// An integer attribute.
    pub fn int(&self, name: &str, default: i64) -> i64 {
        self.attribute(name).map_or(default, |a| a.int)
    }

    /// A float attribute.
    pub fn float(&self, name: &str, default: f32) -> f32 {
        self.attribute(name).map_or(default, |a| a.float)
    }

    /// A string attribute, empty where it is not given.
    pub fn string(&self, name: &str) -> &'a [u8] {
        self.attribute(name).map_or(&[], |a| &a.string)
    }

    /// A list of integers, if given.
    pub fn ints(&self, name: &str) -> Option<&'a [i64]> {
        self.attribute(name).map(|a| a.ints.as_slice())
    }

    /// A list of floats, if given.
    pub fn floats(&self, name: &str) -> Option<&'a [f32]> {
        self.attribute(name).map(|a| a.floats.as_slice())
    }

    /// A list of N non-negative integers, `default` each where it is not given.
    pub fn sizes<const N: usize>(&self, name: &str, default: u32) -> Result<[u32; N], ImportError> {
        let Some(ints) = self.ints(name) else { return Ok([default; N]) };
        let sizes: Option<Vec<u32>> =
            ints.iter().map(|&x| u32::try_from(x).ok().filter(|&x| x <= 4095)).collect();
        sizes
            .and_then(|sizes| sizes.try_into().ok())
            .ok_or_else(|| self.error(format!("{name} is {ints:?}, not {N} numbers up to 4095")))
    }

    /// A constant input.
    pub fn constant(&self, index: usize) -> Result<&'a Constant, ImportError> {
        let name = self.input(index);
        self.constants
            .get(name)
            .ok_or_else(|| self.error(format!("input {index} ({name:?}) has to be a constant")))
    }

    /// A constant list of integers that may be left out.
    pub fn integers(&self, index: usize) -> Result<Option<Vec<i64>>, ImportError> {
        if self.input(index).is_empty() {
            return Ok(None);
        }
        match &self.constant(index)?.data {
            Data::Integer(list) => Ok(Some(list.clone())),
            _ => Err(self.error(format!("input {index} has to be integers"))),
        }
    }

    /// A float constant, one or more positive numbers that a scale may be.
    pub fn scales(&self, index: usize) -> Result<&'a [f32], ImportError> {
        self.constant(index)?;
        self.named_scales(self.input(index))
    }

    /// As [`Self::scales`], of any name.
    pub fn named_scales(&self, name: &str) -> Result<&'a [f32], ImportError> {
        let Some(Constant { data: Data::Float(scales), .. }) = self.constants.get(name) else {
            return Err(self.error(format!("scale {name:?} is not a float constant")));
        };
        let good = |s: &f32| s.is_normal() && *s > 0.0;
        if scales.is_empty() || !scales.iter().all(good) {
            let reason = format!("scale {name:?} is not a positive normal number");
            return Err(self.error(reason));
        }
        Ok(scales)
    }

    /// A single scale.
    pub fn scale(&self, index: usize) -> Result<f32, ImportError> {
        match self.scales(index)? {
            [scale] => Ok(*scale),
            _ => Err(self.error("scales of activations have to be one for the tensor")),
        }
    }

    /// Scale and zero point of activations; a zero point that is left out is uint8 0.
    pub fn quantisation(&self, scale: usize, zero: usize) -> Result<Quantisation, ImportError> {
        let scale = self.scale(scale)?;
        if self.input(zero).is_empty() {
            // QuantizeLinear may name its type instead.
            let signed = self.int("output_dtype", 0) == i64::from(data_type::INT8);
            let zero_point = if signed { 0 } else { -128 };
            return Ok(Quantisation { scale, zero_point, unsigned: !signed });
        }
        match &self.constant(zero)?.data {
            Data::Signed(z) if z.len() == 1 => {
                Ok(Quantisation { scale, zero_point: z[0], unsigned: false })
            }
            Data::Unsigned(z) if z.len() == 1 => {
                Ok(Quantisation { scale, zero_point: (z[0] ^ 0x80) as i8, unsigned: true })
            }
            _ => Err(self.error("zero points of activations have to be one int8 or uint8")),
        }
    }

    /// int8 or uint8 constants as numbers.
    pub fn bytes(&self, index: usize) -> Result<Vec<i16>, ImportError> {
        match &self.constant(index)?.data {
            Data::Signed(x) => Ok(x.iter().map(|&x| x.into()).collect()),
            Data::Unsigned(x) => Ok(x.iter().map(|&x| x.into()).collect()),
            _ => Err(self.error(format!("input {index} has to be int8 or uint8"))),
        }
    }
}
