//! Files for GTKWave: the save file and the tables of names that it refers to.

use askama::Template;

use super::session::{Color, Format, Group, NameTable, Shown, ViewerSession, WaveSignal};
use crate::GeneratedFile;

/// Folder of the tables, beside the save file.
const FILTERS: &str = "filters";

/// Folder that wave and save file are said to be in. GTKWave takes from it only that both are in
/// the same one, and then looks for the wave where it found the save file.
const FOLDER: &str = "/systole";

/// Pixels that are left for waves in the window that the save file asks for.
const WAVE_PIXELS: f64 = 720.0;

/// Markers that GTKWave has, beside the one without a name.
const MARKERS: usize = 26;

#[derive(Template)]
#[template(path = "viewer/session.gtkw", escape = "none")]
struct SaveFile<'a> {
    name: &'a str,
    folder: &'a str,
    wave: &'a str,
    start: u64,
    zoom: String,
    places: Vec<i128>,
    markers: Vec<NamedMarker<'a>>,
    scopes: Vec<String>,
    titles: Vec<&'a str>,
    groups: Vec<TraceGroup<'a>>,
}

struct NamedMarker<'a> {
    letter: char,
    name: &'a str,
}

struct TraceGroup<'a> {
    name: &'a str,
    begin: &'static str,
    end: &'static str,
    traces: Vec<Trace>,
}

struct Trace {
    flags: &'static str,
    color: Option<u32>,
    filter: Option<Filter>,
    name: String,
}

#[derive(Clone)]
struct Filter {
    number: usize,
    path: String,
}

#[derive(Template)]
#[template(path = "viewer/filter.txt", escape = "none")]
struct FilterFile<'a> {
    entries: &'a [(u64, String)],
}

/// The save file `NAME.gtkw` and its tables. `gtkwave NAME.gtkw` opens the wave beside it, wherever
/// the folder lies.
pub fn gtkwave(session: &ViewerSession) -> Vec<GeneratedFile> {
    let tables = super::tables(session);
    let ticks = |ns: u64| ns.saturating_mul(session.ticks_per_ns);
    let (from, to) = session.window;
    let per_pixel = ticks(to.saturating_sub(from).max(1)) as f64 / WAVE_PIXELS;
    let markers = || session.markers.iter().take(MARKERS);
    let mut places: Vec<i128> = markers().map(|marker| ticks(marker.time_ns).into()).collect();
    // The first one is the marker without a name, at the first named one.
    places.insert(0, places.first().copied().unwrap_or(-1));
    places.resize(MARKERS + 1, -1);
    let file = SaveFile {
        name: &session.name,
        folder: FOLDER,
        wave: &session.wave,
        start: ticks(from),
        zoom: format!("{:.6}", -(per_pixel * 200.0).log2()),
        places,
        markers: ('A'..)
            .zip(markers())
            .map(|(letter, marker)| NamedMarker { letter, name: &marker.name })
            .collect(),
        scopes: scopes(session),
        titles: markers().flat_map(|marker| marker.text.lines()).collect(),
        groups: session.groups.iter().map(|group| trace_group(group, &tables)).collect(),
    };
    let save =
        GeneratedFile { path: format!("{}.gtkw", session.name), text: crate::rendered(&file) };
    let filter = |table: &&NameTable| GeneratedFile {
        path: filter_path(table),
        text: crate::rendered(&FilterFile { entries: &table.entries }),
    };
    std::iter::once(save).chain(tables.iter().map(filter)).collect()
}

fn filter_path(table: &NameTable) -> String {
    format!("{FILTERS}/{}.txt", table.name)
}

/// Scopes of what is shown at first, to be open in the tree.
fn scopes(session: &ViewerSession) -> Vec<String> {
    let open = session.groups.iter().filter(|group| group.open);
    let paths = open.flat_map(|group| &group.signals).map(|shown| shown.signal.path.as_str());
    let mut scopes: Vec<String> =
        paths.filter_map(|path| Some(path.split_once('.')?.0.to_owned())).collect();
    scopes.sort();
    scopes.dedup();
    scopes
}

fn trace_group<'a>(group: &'a Group, tables: &[&NameTable]) -> TraceGroup<'a> {
    let (begin, end) = if group.open { ("800200", "1000200") } else { ("c00200", "1401200") };
    let traces = group.signals.iter().map(|shown| trace(shown, tables)).collect();
    TraceGroup { name: &group.name, begin, end, traces }
}

fn trace(shown: &Shown, tables: &[&NameTable]) -> Trace {
    let filter = match &shown.format {
        Format::Named(table) => tables
            .iter()
            .position(|each| *each == table)
            .map(|at| Filter { number: at + 1, path: format!("./{}", filter_path(table)) }),
        _ => None,
    };
    let flags = match (&shown.format, shown.signal.width) {
        (Format::Named(_), _) => "2024",
        (Format::Text, _) => "20",
        (_, Some(1)) | (Format::Binary, _) => "28",
        (Format::Unsigned, _) => "24",
        (Format::Signed, _) => "420",
        (Format::Hexadecimal | Format::Instruction, _) => "22",
    };
    let name = full_name(&shown.signal);
    let name = match &shown.label {
        Some(label) => format!("+{{{label}}} {name}"),
        None => name,
    };
    Trace { flags, color: shown.color.map(color), filter, name }
}

/// The name with its range, which GTKWave wants exactly as the wave has it.
fn full_name(signal: &WaveSignal) -> String {
    match signal.range {
        Some((high, low)) if signal.width.is_some() => format!("{}[{high}:{low}]", signal.path),
        _ => signal.path.clone(),
    }
}

fn color(color: Color) -> u32 {
    match color {
        Color::Red => 1,
        Color::Yellow => 3,
        Color::Green => 4,
        Color::Blue => 5,
        Color::Violet => 7,
    }
}
