//! Writing VCD.

use std::io::{self, Write};

use vcd::{IdCode, SimulationCommand, TimescaleUnit, Writer};

use super::Sink;
use super::layout::{Layout, Node};
use crate::timescale::Timescale;
use crate::value::{Kind, Value};
use crate::vcd::escape::escaped;

pub struct Vcd<W: Write> {
    writer: Writer<W>,
    ids: Vec<IdCode>,
    /// The last time that was written.
    time: u64,
}

impl<W: Write> Vcd<W> {
    /// Writes the declarations.
    pub fn new(output: W, timescale: Timescale, layout: &Layout) -> io::Result<Self> {
        let first = IdCode::FIRST;
        let ids = std::iter::successors(Some(first), |id| Some(id.next()));
        let ids = ids.take(layout.kinds.len()).collect();
        let mut vcd = Self { writer: Writer::new(output), ids, time: 0 };
        vcd.writer.version(concat!("systole ", env!("CARGO_PKG_VERSION")))?;
        let (number, unit) = timescale.number_and_unit();
        let unit = match unit {
            "s" => TimescaleUnit::S,
            "ms" => TimescaleUnit::MS,
            "us" => TimescaleUnit::US,
            "ns" => TimescaleUnit::NS,
            "ps" => TimescaleUnit::PS,
            _ => TimescaleUnit::FS,
        };
        vcd.writer.timescale(number as u32, unit)?;
        vcd.declare(&layout.root, layout)?;
        vcd.writer.enddefinitions()?;
        Ok(vcd)
    }

    fn declare(&mut self, node: &Node, layout: &Layout) -> io::Result<()> {
        // The crate knows the kinds of Verilog's standard only, so these lines are our own.
        for variable in &node.variables {
            let width = match layout.kinds[variable.series] {
                Kind::Text => 1,
                kind => kind.width(),
            };
            let (word, id) = (variable.word, self.ids[variable.series]);
            let line = format!("$var {word} {width} {id} {}", expressible(&variable.name)?);
            let range = if variable.range.is_empty() { "" } else { " " };
            let range = format!("{range}{}", variable.range);
            writeln!(self.writer.writer(), "{line}{range} $end")?;
        }
        for child in &node.children {
            let name = expressible(&child.name)?;
            writeln!(self.writer.writer(), "$scope {} {name} $end", child.word)?;
            self.declare(child, layout)?;
            writeln!(self.writer.writer(), "$upscope $end")?;
        }
        Ok(())
    }

    fn value(&mut self, series: usize, value: &Value) -> io::Result<()> {
        let id = self.ids[series];
        match value {
            Value::Bits(bits) => {
                // One write for the line: character by character, large waves take minutes.
                let mut line = Vec::with_capacity(bits.width() as usize + 12);
                if bits.width() > 1 {
                    line.push(b'b');
                }
                line.extend(bits.characters());
                if bits.width() > 1 {
                    line.push(b' ');
                }
                writeln!(line, "{id}")?;
                self.writer.writer().write_all(&line)
            }
            Value::Real(number) => self.writer.change_real(id, *number),
            Value::Text(text) => self.writer.change_string(id, &escaped(text)),
        }
    }
}

/// The name, unless a word of it would end the declaration.
fn expressible(name: &str) -> io::Result<&str> {
    if name.split_whitespace().any(|word| word == "$end") {
        return Err(io::Error::other(format!("VCD cannot hold the name `{name}`")));
    }
    Ok(name)
}

impl<W: Write> Sink for Vcd<W> {
    fn begin(&mut self, time: u64, values: &[Value]) -> io::Result<()> {
        self.time(time)?;
        self.writer.begin(SimulationCommand::Dumpvars)?;
        for (series, value) in values.iter().enumerate() {
            self.value(series, value)?;
        }
        self.writer.end()
    }

    fn time(&mut self, time: u64) -> io::Result<()> {
        self.time = time;
        self.writer.timestamp(time)
    }

    fn change(&mut self, series: usize, value: &Value) -> io::Result<()> {
        self.value(series, value)
    }

    fn finish(&mut self, time: u64) -> io::Result<()> {
        if self.time < time {
            self.time(time)?;
        }
        self.writer.flush()
    }
}
