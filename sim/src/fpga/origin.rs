//! From the names in a netlist back to the lines of Rust that they come from.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::Value;
use systole_hdl::Design;
use systole_hdl::ir::{Location, Module};

/// A line of a source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// File: of Rust where that is known, else of Verilog.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
}

/// Where the names of a netlist and the lines of its Verilog come from.
#[derive(Clone, Default, Debug)]
pub struct Origins {
    /// Instance of the design in the netlist, and the design.
    top: Option<(String, Arc<Module>)>,
    /// Verilog file and line to Rust.
    lines: HashMap<String, BTreeMap<u32, Place>>,
}

impl Origins {
    /// Those of a design that is the instance `instance` of the netlist's top (empty: is the top
    /// itself), and of its source map.
    pub fn new(design: &Design, instance: &str, source_map: &str) -> Origins {
        let top = Some((instance.to_owned(), design.top.clone()));
        Origins { top, lines: read_source_map(source_map).unwrap_or_default() }
    }

    /// The place of a net or cell of this name, which the tools have found in `sources`, of the form
    /// `file:line.column-line.column`.
    pub fn place<'a>(&self, name: &str, sources: impl Iterator<Item = &'a str>) -> Option<Place> {
        let (exact, near) = match self.signal(name) {
            Some((place, true)) => (Some(place), None),
            Some((place, false)) => (None, Some(place)),
            None => (None, None),
        };
        let sources: Vec<(&str, u32)> = sources.filter_map(file_and_line).collect();
        let mapped = || sources.iter().find_map(|&(file, line)| self.mapped(file, line));
        let own = || {
            // Absolute paths are those of the tools' own libraries.
            let (file, line) = sources.iter().find(|(file, _)| !file.starts_with(['/', '+']))?;
            Some(Place { file: (*file).to_owned(), line: *line })
        };
        exact.or_else(mapped).or(near).or_else(own)
    }

    /// The line of Rust of a line of Verilog: its own, or of the statement that it belongs to.
    fn mapped(&self, file: &str, line: u32) -> Option<Place> {
        let (_, place) = self.lines.get(file)?.range(..=line).next_back()?;
        Some(place.clone())
    }

    /// The module of the design that a name leads into, and the rest of the name.
    pub(super) fn inside<'a>(&self, name: &'a str) -> Option<(&Module, &'a str)> {
        let (instance, top) = self.top.as_ref()?;
        let mut rest = match instance.as_str() {
            "" => name,
            instance => name.strip_prefix(instance)?.strip_prefix('.')?,
        };
        let mut module = top;
        while let Some((first, behind)) = rest.split_once('.') {
            let instance = module.instances.iter().find(|instance| instance.name == first);
            let Some(instance) = instance else { break };
            (module, rest) = (&instance.module, behind);
        }
        Some((module, rest))
    }

    /// The design, if it is ours.
    pub(super) fn design(&self) -> Option<Design> {
        self.top.as_ref().map(|(_, top)| Design::unchecked(top.clone()))
    }

    /// The declaration of the signal that a name begins with, and whether that is the whole name.
    fn signal(&self, name: &str) -> Option<(Place, bool)> {
        let (module, rest) = self.inside(name)?;
        // Parts of a memory: `memory.0.0_WADDR`.
        let (rest, inside) = match rest.split_once('.') {
            Some((memory, _)) => (memory, true),
            None => (rest, false),
        };
        let whole = rest.split_once('[').map_or(rest, |(signal, _)| signal);
        let signals = module.signals.iter().map(|signal| (&signal.name, signal.location));
        let memories = module.memories.iter().map(|memory| (&memory.name, memory.location));
        let named = signals.chain(memories);
        let found = named.filter(|(name, _)| *name == whole || is_part_of(whole, name));
        let (name, location) = found.max_by_key(|(name, _)| name.len())?;
        Some((place(location), name == whole && !inside))
    }
}

/// Whether a name is that of a flip-flop or a memory's part of `signal`: Yosys names what it makes
/// after a signal, the type of a cell and a port. Logic it names after some signal that is near, which
/// may be of another module.
fn is_part_of(name: &str, signal: &str) -> bool {
    let Some(cell) = name.strip_prefix(signal).and_then(|rest| rest.strip_prefix('_')) else {
        return false;
    };
    let ends_there =
        !["LUT", "CCU", "CARRY", "MUX", "ALU"].iter().any(|logic| cell.contains(logic));
    ends_there && cell.starts_with(|c: char| c.is_ascii_uppercase())
}

fn place(location: Location) -> Place {
    Place { file: location.file.to_owned(), line: location.line }
}

/// `hart.v:12.5-12.9`: the file and the first line.
fn file_and_line(source: &str) -> Option<(&str, u32)> {
    let (file, place) = source.rsplit_once(':')?;
    let line = place.split(['.', '-']).next()?.parse().ok()?;
    Some((file, line))
}

/// Reads [`SOURCE_MAP`](systole_gen::SOURCE_MAP).
fn read_source_map(text: &str) -> Option<HashMap<String, BTreeMap<u32, Place>>> {
    let map: Value = serde_json::from_str(text).ok()?;
    let files = map.get("files")?.as_object()?;
    let line = |entry: &Value| {
        let number = |index: usize| u32::try_from(entry.get(index)?.as_u64()?).ok();
        let file = entry.get(1)?.as_str()?.to_owned();
        Some((number(0)?, Place { file, line: number(2)? }))
    };
    let lines = |entries: &Value| -> BTreeMap<u32, Place> {
        entries.as_array().into_iter().flatten().filter_map(line).collect()
    };
    Some(files.iter().map(|(file, entries)| (file.clone(), lines(entries))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use systole_hdl::prelude::*;

    /// A parent and its child, each with a register; with the lines of both declarations.
    fn origins() -> (Origins, u32, u32) {
        let mut lines = (0, 0);
        let child = module("child", |m| {
            let count = m.reg("count", U(4)).reset(0);
            lines.0 = line!() - 1;
            m.clocked(|| count.set(count + 1));
            m.output("out", count);
        });
        let parent = module("parent", |m| {
            let held = m.reg("held", U(4));
            lines.1 = line!() - 1;
            let child = m.instance("inner", &child);
            m.clocked(|| held.set(child.out("out")));
            m.output("out", held);
        });
        let design = systole_hdl::check(&parent).unwrap_or_else(|errors| panic!("{errors}"));
        let files = systole_gen::verilog(&design);
        let map = files.iter().find(|file| file.path == systole_gen::SOURCE_MAP).unwrap();
        (Origins::new(&design, "board", &map.text), lines.0, lines.1)
    }

    #[test]
    fn names_lead_to_declarations() {
        let (origins, count, held) = origins();
        let line = |name| origins.place(name, std::iter::empty()).map(|place| place.line);
        assert_eq!(line("board.inner.count[3]"), Some(count));
        assert_eq!(line("board.held_SB_DFF_Q_2"), Some(held));
        // Logic may have its name from a signal of another module.
        assert_eq!(line("board.inner.count_SB_LUT4_O_I3[1]"), None);
        assert_eq!(line("board.held.0.1_WADDR_SB_DFF_Q"), Some(held));
        for unknown in ["board.inner.counted", "board.nobody.count", "clock", "board.heldX"] {
            assert_eq!(line(unknown), None, "{unknown}");
        }
        let place = origins.place("board.held", std::iter::empty()).unwrap();
        assert_eq!(place.file, "sim/src/fpga/origin.rs");
    }

    #[test]
    fn lines_of_verilog_lead_to_rust() {
        let (origins, ..) = origins();
        let sources = ["/share/ice40/cells_map.v:6.21-6.22", "child.v:17.9-17.30"];
        let place = origins.place("$abc$1", sources.into_iter()).unwrap();
        assert_eq!(place.file, "sim/src/fpga/origin.rs");
        let own = origins.place("$abc$1", ["mine.v:3.1"].into_iter()).unwrap();
        assert_eq!((own.file.as_str(), own.line), ("mine.v", 3));
        assert_eq!(origins.place("$abc$1", ["/share/a.v:3.1"].into_iter()), None);
    }
}
