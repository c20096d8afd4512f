//! The declarations of an FST file.

use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};

use fst_reader::{FstHierarchyEntry, FstReader, FstScopeType, FstVarType};

use super::{guard, quiet};
use crate::hierarchy::{Declaration, Hierarchy, Scope, split_range};
use crate::reading::Place;
use crate::timescale::Timescale;
use crate::value::Kind;
use crate::{MAX_DEPTH, MAX_WIDTH, Result};

/// What an FST file says about its signals.
#[derive(Debug)]
pub struct Header {
    /// Scopes and signals.
    pub hierarchy: Hierarchy,
    /// Length of a tick.
    pub timescale: Timescale,
    /// First and last time.
    pub times: (u64, u64),
}

/// Checks all blocks and reads the declarations.
///
/// # Errors
/// A block that lies, or declarations that mean nothing.
pub fn read(file: &File, place: &Place) -> Result<Header> {
    guard::check(file, place)?;
    let mut start = file;
    start.seek(SeekFrom::Start(0)).map_err(|error| place.unreadable(&error))?;
    let read = quiet::caught(|| {
        let mut reader = FstReader::open(BufReader::new(file))?;
        let mut builder = Builder::default();
        reader.read_hierarchy(|entry| builder.entry(entry))?;
        Ok::<_, fst_reader::ReaderError>((reader.get_header(), builder))
    });
    let (header, builder) = match read {
        Ok(Ok(read)) => read,
        Ok(Err(error)) => return Err(place.broken(error)),
        Err(panic) => return Err(place.broken(panic)),
    };
    if let Some(wrong) = builder.wrong {
        return Err(place.broken(wrong));
    }
    let timescale = Timescale::from_exponent(header.timescale_exponent).ok_or_else(|| {
        let exponent = header.timescale_exponent;
        place.bad(73, format!("a tick of 10^{exponent} seconds is none from 1 fs to 100 s"))
    })?;
    let times = (header.start_time, header.end_time);
    if times.0 > times.1 {
        return Err(place.bad(9, format!("it starts at {} and ends at {}", times.0, times.1)));
    }
    if builder.hierarchy.series() as u64 > header.max_handle {
        return Err(place.broken("more signals than values"));
    }
    Ok(Header { hierarchy: builder.hierarchy, timescale, times })
}

#[derive(Default)]
struct Builder {
    hierarchy: Hierarchy,
    /// Kinds of the series of changes.
    kinds: Vec<Option<Kind>>,
    /// Scopes that are open, outermost first.
    scopes: Vec<u32>,
    /// The first thing that is wrong.
    wrong: Option<String>,
}

impl Builder {
    fn entry(&mut self, entry: FstHierarchyEntry) {
        match entry {
            FstHierarchyEntry::Scope { tpe, name, .. } => self.scope(scope_word(tpe), name),
            FstHierarchyEntry::UpScope => self.up_scope(),
            FstHierarchyEntry::Var { tpe, name, length, handle, .. } => {
                self.variable(tpe, &name, length, handle.get_index());
            }
            _ => {}
        }
    }

    fn scope(&mut self, word: &'static str, name: String) {
        if self.scopes.len() >= MAX_DEPTH {
            self.wrong.get_or_insert(format!("more than {MAX_DEPTH} scopes inside each other"));
            return;
        }
        let parent = self.scopes.last().copied();
        self.scopes.push(self.hierarchy.scopes.len() as u32);
        self.hierarchy.scopes.push(Scope { name, parent, word });
    }

    fn up_scope(&mut self) {
        if self.scopes.pop().is_none() {
            self.wrong.get_or_insert("a scope ends where none is open".to_owned());
        }
    }

    fn variable(&mut self, kind: FstVarType, text: &str, width: u32, series: usize) {
        let (word, kind) = match kind {
            FstVarType::GenericString => ("string", Kind::Text),
            kind if kind.is_real() => ("real", Kind::Real),
            // In VCD an event has one bit.
            FstVarType::Event if width != 1 => ("wire", Kind::Bits(width)),
            kind => (bits_word(kind), Kind::Bits(width)),
        };
        // A vector without bits has no value that could be shown.
        if kind == Kind::Bits(0) {
            return;
        }
        // Aliases name a series that was declared before, so a file can only skip ahead by lying.
        if width > MAX_WIDTH || series > self.kinds.len() + self.hierarchy.signals.len() {
            self.wrong.get_or_insert(format!("`{text}` has an impossible width or series"));
            return;
        }
        if self.kinds.len() <= series {
            self.kinds.resize(series + 1, None);
        }
        if *self.kinds[series].get_or_insert(kind) != kind {
            self.wrong.get_or_insert(format!("`{text}` shares values of another kind or width"));
            return;
        }
        let (name, range) = split_range(text, kind.width());
        let (name, range) = (name.to_owned(), range.to_owned());
        let (scope, series) = (self.scopes.last().copied(), series as u32);
        let declaration = Declaration { name, range, kind, word, scope, series };
        self.hierarchy.signals.push(declaration);
    }
}

fn scope_word(scope: FstScopeType) -> &'static str {
    match scope {
        FstScopeType::Task => "task",
        FstScopeType::Function => "function",
        FstScopeType::Begin => "begin",
        FstScopeType::Fork => "fork",
        FstScopeType::Generate => "generate",
        FstScopeType::Struct => "struct",
        FstScopeType::Union => "union",
        FstScopeType::Class => "class",
        FstScopeType::Interface => "interface",
        FstScopeType::Package => "package",
        FstScopeType::Program => "program",
        _ => "module",
    }
}

fn bits_word(kind: FstVarType) -> &'static str {
    match kind {
        FstVarType::Event => "event",
        FstVarType::Integer => "integer",
        FstVarType::Parameter => "parameter",
        FstVarType::Reg => "reg",
        FstVarType::Supply0 => "supply0",
        FstVarType::Supply1 => "supply1",
        FstVarType::Time => "time",
        FstVarType::Bit => "bit",
        FstVarType::Logic => "logic",
        FstVarType::Int => "int",
        FstVarType::ShortInt => "shortint",
        FstVarType::LongInt => "longint",
        FstVarType::Byte => "byte",
        FstVarType::Enum => "enum",
        _ => "wire",
    }
}
