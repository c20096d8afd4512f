//! Files for Surfer: the command file, and the tables of names that it reads from `.surfer`.
//!
//! Our chips have no instructions of their own, the NPU is started by a store: so there is no
//! decoder to ship, and Surfer's own `RV32` does for instruction words.

use askama::Template;

use super::session::{Color, Format, Group, NameTable, Shown, ViewerSession};
use crate::GeneratedFile;

#[derive(Template)]
#[template(path = "viewer/session.sucl", escape = "none")]
struct CommandFile<'a> {
    name: &'a str,
    wave: &'a str,
    groups: Vec<Divider<'a>>,
    markers: Vec<MarkerSet<'a>>,
    zooms: u32,
    cursor: Option<u64>,
}

struct Divider<'a> {
    name: &'a str,
    open: bool,
    items: Vec<Item<'a>>,
}

struct Item<'a> {
    path: &'a str,
    index: String,
    format: Option<&'a str>,
    color: Option<&'static str>,
}

struct MarkerSet<'a> {
    name: &'a str,
    time: u64,
}

#[derive(Template)]
#[template(path = "viewer/mapping", escape = "none")]
struct Mapping<'a> {
    name: &'a str,
    bits: u32,
    entries: Vec<(u64, String)>,
}

/// The command file `NAME.sucl` and its tables. Surfer has no command that closes a group: those
/// that are not to be seen at first are there as comments. `length_ns` is the length of the wave.
pub fn surfer(session: &ViewerSession, length_ns: u64) -> Vec<GeneratedFile> {
    let ticks = |ns: u64| ns.saturating_mul(session.ticks_per_ns);
    let mut index = 0;
    let groups = session.groups.iter().map(|group| divider(group, &mut index)).collect();
    let seen = session.window.1.saturating_sub(session.window.0).max(1);
    let file = CommandFile {
        name: &session.name,
        wave: &session.wave,
        groups,
        markers: session
            .markers
            .iter()
            .map(|marker| MarkerSet { name: &marker.name, time: ticks(marker.time_ns) })
            .collect(),
        // Each halves what is seen.
        zooms: (length_ns / seen).max(1).ilog2(),
        cursor: session.markers.first().map(|marker| ticks(marker.time_ns)),
    };
    let commands =
        GeneratedFile { path: format!("{}.sucl", session.name), text: crate::rendered(&file) };
    let tables = super::tables(session).into_iter().map(mapping);
    std::iter::once(commands).chain(tables).collect()
}

fn mapping(table: &NameTable) -> GeneratedFile {
    // A label is one word.
    let entries = table.entries.iter().map(|(value, label)| (*value, label.replace(' ', "_")));
    let file = Mapping { name: &table.name, bits: table.bits, entries: entries.collect() };
    GeneratedFile { path: format!(".surfer/mappings/{}", table.name), text: crate::rendered(&file) }
}

fn divider<'a>(group: &'a Group, index: &mut usize) -> Divider<'a> {
    // The divider is an item, too.
    *index += usize::from(group.open);
    let items = group.signals.iter().map(|shown| {
        let item = item(shown, *index);
        *index += usize::from(group.open);
        item
    });
    Divider { name: &group.name, open: group.open, items: items.collect() }
}

fn item(shown: &Shown, index: usize) -> Item<'_> {
    let format = match &shown.format {
        Format::Text | Format::Binary => None,
        _ if shown.signal.width == Some(1) => None,
        Format::Hexadecimal => Some("Hexadecimal"),
        Format::Unsigned => Some("Unsigned"),
        Format::Signed => Some("Signed"),
        Format::Instruction => Some("RV32"),
        Format::Named(table) => Some(table.name.as_str()),
    };
    let color = shown.color.map(|color| match color {
        Color::Red => "Red",
        Color::Yellow => "Yellow",
        Color::Green => "Green",
        Color::Blue => "Blue",
        Color::Violet => "Violet",
    });
    Item { path: &shown.signal.path, index: letters(index), format, color }
}

/// An item's number as commands want it: hexadecimal, with the letters a to p for digits.
fn letters(index: usize) -> String {
    let digit = |digit: char| char::from(b'a' + digit.to_digit(16).unwrap_or(0) as u8);
    format!("{index:x}").chars().map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_items() {
        assert_eq!([0, 1, 15, 16, 35].map(letters), ["a", "b", "p", "ba", "cd"]);
    }
}
