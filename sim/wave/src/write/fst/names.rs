//! Scopes and variables of an FST file.

use std::io::{self, Write};

use flate2::{Compression, GzBuilder};

use super::encode::varint;
use crate::hierarchy::SCOPES;
use crate::value::Kind;
use crate::write::layout::{Layout, Node, Variable};

/// Entries that are no variables.
const SCOPE: u8 = 254;
const UP_SCOPE: u8 = 255;

/// Words of VCD in the order of FST's numbers.
const VARIABLES: [&str; 30] = [
    "event",
    "integer",
    "parameter",
    "real",
    "real_parameter",
    "reg",
    "supply0",
    "supply1",
    "time",
    "tri",
    "triand",
    "trior",
    "trireg",
    "tri0",
    "tri1",
    "wand",
    "wire",
    "wor",
    "port",
    "sparray",
    "realtime",
    "string",
    "bit",
    "logic",
    "int",
    "shortint",
    "longint",
    "byte",
    "enum",
    "shortreal",
];
const WIRE: u8 = 16;
/// Its width would be written in another way.
const PORT: u8 = 18;

/// The declarations as bytes, and which number each series has.
pub struct Names {
    bytes: Vec<u8>,
    scopes: u64,
    variables: u64,
    /// Number of each series, in the order in which they are first named.
    numbers: Vec<Option<usize>>,
    order: Vec<usize>,
}

impl Names {
    pub fn new(layout: &Layout) -> io::Result<Self> {
        let numbers = vec![None; layout.kinds.len()];
        let mut names = Self { bytes: vec![], scopes: 0, variables: 0, numbers, order: vec![] };
        names.node(&layout.root, layout)?;
        Ok(names)
    }

    /// The series in the order of their numbers.
    pub fn order(&self) -> impl Iterator<Item = usize> {
        self.order.iter().copied()
    }

    /// The number of a series.
    pub fn number(&self, series: usize) -> usize {
        self.numbers[series].unwrap_or_default()
    }

    /// Numbers of scopes and variables.
    pub fn counts(&self) -> (u64, u64) {
        (self.scopes, self.variables)
    }

    /// The contents of the block.
    pub fn packed(&self) -> io::Result<Vec<u8>> {
        let mut bytes = (self.bytes.len() as u64).to_be_bytes().to_vec();
        // Without a time of day in it, so that the same wave gives the same bytes.
        let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::fast());
        encoder.write_all(&self.bytes)?;
        bytes.extend(encoder.finish()?);
        Ok(bytes)
    }

    fn node(&mut self, node: &Node, layout: &Layout) -> io::Result<()> {
        for variable in &node.variables {
            self.variable(variable, layout.kinds[variable.series])?;
        }
        for child in &node.children {
            self.scopes += 1;
            let kind = SCOPES.iter().position(|word| *word == child.word);
            self.bytes.extend([SCOPE, kind.unwrap_or_default() as u8]);
            self.name(&child.name)?;
            // The name of the module itself is not known.
            self.bytes.push(0);
            self.node(child, layout)?;
            self.bytes.push(UP_SCOPE);
        }
        Ok(())
    }

    fn variable(&mut self, variable: &Variable, kind: Kind) -> io::Result<()> {
        self.variables += 1;
        let word = VARIABLES.iter().position(|word| *word == variable.word);
        let word = word.map_or(WIRE, |word| word as u8);
        // The direction is not known, which is 0.
        self.bytes.extend([if word == PORT { WIRE } else { word }, 0]);
        let space = if variable.range.is_empty() { "" } else { " " };
        self.name(&format!("{}{space}{}", variable.name, variable.range))?;
        let width = match kind {
            Kind::Bits(width) => width,
            Kind::Real => 8,
            Kind::Text => 0,
        };
        varint(&mut self.bytes, width.into());
        // 0 is a new number, the next; else it is one that was there before, counted from 1.
        let alias = match self.numbers[variable.series] {
            Some(number) => number as u64 + 1,
            None => {
                self.numbers[variable.series] = Some(self.order.len());
                self.order.push(variable.series);
                0
            }
        };
        varint(&mut self.bytes, alias);
        Ok(())
    }

    fn name(&mut self, name: &str) -> io::Result<()> {
        if name.contains('\0') {
            return Err(io::Error::other("a name has a zero in it, which FST cannot hold"));
        }
        self.bytes.extend(name.as_bytes());
        self.bytes.push(0);
        Ok(())
    }
}
