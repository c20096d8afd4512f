//! Writing FST, by the crate `fst-writer`.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use fst_writer::{
    FstBodyWriter, FstFileType, FstHeaderWriter, FstInfo, FstScopeType, FstSignalId, FstSignalType,
    FstVarDirection, FstVarType, FstWriteError, open_fst,
};

use super::Sink;
use super::layout::{Layout, Node};
use crate::timescale::Timescale;
use crate::value::{Kind, Value};

/// Bytes of changes after which a block is written.
const BLOCK: usize = 32 << 20;
/// FST's limit for a name.
const LONGEST_NAME: usize = 511;
/// Where the header has the first time.
const START_OFFSET: u64 = 9;
/// Bytes of the header block.
const HEADER: u64 = 330;

type Header = FstHeaderWriter<BufWriter<File>>;
type Body = FstBodyWriter<BufWriter<File>>;

pub struct Fst {
    path: PathBuf,
    /// Taken when the file is finished.
    body: Option<Body>,
    ids: Vec<FstSignalId>,
    /// Bytes of the text of each series.
    longest: Vec<usize>,
    start: u64,
    /// The last time that was written.
    time: u64,
    /// A value, as the crate wants it.
    buffer: Vec<u8>,
}

impl Fst {
    /// Writes the declarations.
    pub fn new(path: &Path, timescale: Timescale, layout: &Layout) -> io::Result<Self> {
        let info = FstInfo {
            start_time: 0,
            timescale_exponent: timescale.exponent(),
            version: concat!("systole ", env!("CARGO_PKG_VERSION")).to_owned(),
            // A date would make every file another one.
            date: String::new(),
            file_type: FstFileType::Verilog,
        };
        let mut header = open_fst(path, &info).map_err(other)?;
        // A single byte would be taken for a bit.
        let longest: Vec<usize> = layout.longest.iter().map(|&bytes| bytes.max(2)).collect();
        let types = layout.kinds.iter().zip(&longest).map(|(kind, &bytes)| match kind {
            Kind::Bits(width) => FstSignalType::bit_vec(*width),
            Kind::Real => FstSignalType::real(),
            Kind::Text => FstSignalType::bit_vec(bytes as u32),
        });
        let types: Vec<FstSignalType> = types.collect();
        let mut ids = vec![None; types.len()];
        declare(&mut header, &layout.root, &types, &mut ids)?;
        let body = Some(header.finish().map_err(other)?);
        let ids = ids.into_iter().flatten().collect();
        let path = path.to_owned();
        Ok(Self { path, body, ids, longest, start: 0, time: 0, buffer: Vec::new() })
    }

    fn body(&mut self) -> io::Result<&mut Body> {
        self.body.as_mut().ok_or_else(|| io::Error::other("the file is finished"))
    }
}

/// Declares variables and scopes. Series get their numbers in the order in which they are met.
fn declare(
    header: &mut Header,
    node: &Node,
    types: &[FstSignalType],
    ids: &mut [Option<FstSignalId>],
) -> io::Result<()> {
    for variable in &node.variables {
        let range = if variable.range.is_empty() { "" } else { " " };
        let name = format!("{}{range}{}", variable.name, variable.range);
        check_name(&name)?;
        let series = variable.series;
        let direction = FstVarDirection::Implicit;
        let kind = variable_type(variable.word);
        let id = header.var(&name, types[series], kind, direction, ids[series]).map_err(other)?;
        ids[series] = Some(id);
    }
    for child in &node.children {
        check_name(&child.name)?;
        header.scope(&child.name, "", scope_type(child.word)).map_err(other)?;
        declare(header, child, types, ids)?;
        header.up_scope().map_err(other)?;
    }
    Ok(())
}

impl Sink for Fst {
    fn begin(&mut self, time: u64, values: &[Value]) -> io::Result<()> {
        // What is changed before the first time is the state in which the wave begins.
        (self.start, self.time) = (time, time);
        for (series, value) in values.iter().enumerate() {
            self.change(series, value)?;
        }
        Ok(())
    }

    fn time(&mut self, time: u64) -> io::Result<()> {
        self.time = time;
        let body = self.body()?;
        if body.size() > BLOCK {
            body.flush().map_err(other)?;
        }
        body.time_change(time).map_err(other)
    }

    fn change(&mut self, series: usize, value: &Value) -> io::Result<()> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        match value {
            Value::Bits(bits) => buffer.extend(bits.characters()),
            Value::Real(number) => buffer.extend(number.to_le_bytes()),
            Value::Text(text) => {
                buffer.extend(text.bytes());
                buffer.resize(self.longest[series], 0);
            }
        }
        let id = self.ids[series];
        let result = self.body()?.signal_change(id, &buffer).map_err(other);
        self.buffer = buffer;
        result
    }

    fn finish(&mut self, time: u64) -> io::Result<()> {
        // Without a time after the first one, the crate would forget the state of the beginning.
        if self.time < time || self.time == self.start {
            self.time(time.max(self.start.saturating_add(1)))?;
        }
        if let Some(body) = self.body.take() {
            body.finish().map_err(other)?.flush()?;
        }
        set_start(&self.path, self.start)
    }
}

/// Sets the first time in the header and in the first block of values: the crate writes 0, and
/// the wave would be undefined from there on.
fn set_start(path: &Path, start: u64) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    file.seek(SeekFrom::Start(START_OFFSET))?;
    file.write_all(&start.to_be_bytes())?;
    let mut offset = HEADER;
    loop {
        file.seek(SeekFrom::Start(offset))?;
        let mut block = [0; 9];
        file.read_exact(&mut block)?;
        let [kind, length @ ..] = block;
        if kind == 8 {
            return file.write_all(&start.to_be_bytes());
        }
        offset += 1 + u64::from_be_bytes(length);
    }
}

fn other(error: FstWriteError) -> io::Error {
    match error {
        FstWriteError::Io(error) => error,
        error => io::Error::other(error),
    }
}

fn check_name(name: &str) -> io::Result<()> {
    if name.len() <= LONGEST_NAME && !name.contains('\0') {
        return Ok(());
    }
    let start: String = name.chars().take(40).collect();
    Err(io::Error::other(format!("FST has no name of more than 511 bytes: `{start}...`")))
}

fn variable_type(word: &str) -> FstVarType {
    match word {
        "event" => FstVarType::Event,
        "integer" => FstVarType::Integer,
        "parameter" => FstVarType::Parameter,
        "reg" => FstVarType::Reg,
        "supply0" => FstVarType::Supply0,
        "supply1" => FstVarType::Supply1,
        "time" => FstVarType::Time,
        "bit" => FstVarType::Bit,
        "logic" => FstVarType::Logic,
        "int" => FstVarType::Int,
        "shortint" => FstVarType::ShortInt,
        "longint" => FstVarType::LongInt,
        "byte" => FstVarType::Byte,
        "enum" => FstVarType::Enum,
        "real" | "realtime" | "real_parameter" | "shortreal" => FstVarType::Real,
        "string" => FstVarType::GenericString,
        _ => FstVarType::Wire,
    }
}

fn scope_type(word: &str) -> FstScopeType {
    match word {
        "task" => FstScopeType::Task,
        "function" => FstScopeType::Function,
        "begin" => FstScopeType::Begin,
        "fork" => FstScopeType::Fork,
        "generate" => FstScopeType::Generate,
        "struct" => FstScopeType::Struct,
        "union" => FstScopeType::Union,
        "class" => FstScopeType::Class,
        "interface" => FstScopeType::Interface,
        "package" => FstScopeType::Package,
        "program" => FstScopeType::Program,
        "vhdl_architecture" => FstScopeType::VhdlArchitecture,
        _ => FstScopeType::Module,
    }
}
