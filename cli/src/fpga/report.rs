//! What a run through the tools tells: on the terminal and as JSON.

use serde_json::{Value, json};
use systole_gen::board::Board;
use systole_sim::fpga::{Memory, PathStep, Placed, Report, Storage};

use crate::output::grouped;

/// Steps of the critical path that are printed.
const SHOWN_STEPS: usize = 24;

/// Bits from which on a memory that is not in blocks of RAM is worth a line.
const LARGE_MEMORY: u64 = 1024;

/// The boards, a line each.
pub fn boards(boards: &[Board]) {
    for board in boards {
        say!(
            "{:<14} {:<24} {:<20} {:>7} LUT  {:>3} MHz  {}",
            board.name,
            board.title,
            board.device.name,
            grouped(board.device.capacity.lut.into()),
            board.chip_hz / 1_000_000,
            [&[board.preset], board.settings].concat().join(" ")
        );
    }
}

/// The whole report.
pub fn print(report: &Report, design: &str) {
    let (board, clock) = (report.board, megahertz(report.clock_hz));
    let tools = report.tools.join(", ");
    say!("fpga  {} ({})  {design}, {}  {clock} MHz", board.name, board.device.name, report.top);
    say!("  tools             {tools}");
    resources(report);
    mapping(report);
    if let Some(placed) = &report.placed {
        timing(report, placed);
    } else if report.fits() {
        say!("  bitstream         none: not asked for, or Vivado's task");
    } else {
        say!("  bitstream         none, and it would not fit");
    }
}

fn resources(report: &Report) {
    let (cells, capacity) = (&report.cells, report.board.device.capacity);
    let rows = [
        ("look-up tables", cells.lut, capacity.lut),
        ("flip-flops", cells.ff, capacity.ff),
        ("blocks of RAM", cells.bram, capacity.bram),
        ("multipliers", cells.dsp, capacity.dsp),
    ];
    for (name, used, available) in rows {
        let percent = 100.0 * used as f64 / f64::from(available);
        let (used, available) = (grouped(used), grouped(available.into()));
        say!("  {name:<16} {used:>8} of {available:>7} {percent:>6.1} %");
    }
    if cells.spram > 0 {
        say!("  {:<16} {:>8}", "large RAM blocks", grouped(cells.spram));
    }
    if cells.lut_ram > 0 {
        say!("  {:<16} {:>8} look-up tables", "RAM made of", grouped(cells.lut_ram));
    }
}

/// Where memories and multiplications went.
fn mapping(report: &Report) {
    for storage in [Storage::Block, Storage::Lut, Storage::FlipFlop] {
        let memories = || report.memories.iter().filter(move |memory| memory.storage == storage);
        if memories().next().is_none() {
            continue;
        }
        let bits: Option<u64> = memories().map(|memory| memory.bits).sum();
        let bits = bits.map_or(String::new(), |bits| format!(", {} bits", grouped(bits)));
        say!("  memories in {:<16} {:>6}{bits}", made_of(storage), memories().count());
        let large = |memory: &&Memory| memory.bits.is_none_or(|bits| bits >= LARGE_MEMORY);
        for memory in memories().filter(large).filter(|_| storage != Storage::Block) {
            let bits =
                memory.bits.map_or(String::new(), |bits| format!("  {} bits", grouped(bits)));
            say!("    {}{bits}", memory.name);
        }
    }
    for row in &report.multipliers {
        let module = if row.module.is_empty() { &report.top } else { &row.module };
        let products = row.products.map_or(String::new(), |products| {
            format!(" for {}", crate::output::count(products, "product"))
        });
        say!("  multipliers in {module:<24} {:>4}{products}", row.cells);
    }
}

fn made_of(storage: Storage) -> &'static str {
    match storage {
        Storage::Block => "blocks of RAM",
        Storage::Lut => "look-up tables",
        Storage::FlipFlop => "flip-flops",
    }
}

fn timing(report: &Report, placed: &Placed) {
    if placed.runs.len() > 1 {
        say!("  seed        MHz");
        for (index, run) in placed.runs.iter().enumerate() {
            let mark = if index == placed.best { "  taken" } else { "" };
            say!("  {:>4} {:>10}{mark}", run.seed, frequency(run.fmax_mhz));
        }
        say!("  median {:>8}", frequency(placed.median_mhz()));
    }
    let wanted = megahertz(report.clock_hz);
    let verdict = if report.meets_timing() { "met" } else { "MISSED" };
    let fmax = frequency(report.fmax_mhz());
    say!("  Fmax             {fmax:>8} MHz, {wanted} MHz wanted: {verdict}");
    let path = &placed.timing.critical_path;
    if !path.is_empty() {
        let (logic, routing) = placed.timing.logic_and_routing();
        let total = logic + routing;
        say!("  critical path    {total:>8.1} ns: {logic:.1} ns logic, {routing:.1} ns routing");
        steps(path);
    }
    say!("  bitstream         {}", placed.bitstream.display());
}

/// Whether a name is one of the source, and not one that Yosys made.
fn is_ours(name: &str) -> bool {
    let signal = name.rsplit('.').next().unwrap_or(name);
    !signal.contains(|c: char| c.is_ascii_uppercase() || c == '$')
}

/// The nets of a path that are known in the source, each with the time at which it has its value.
fn steps(path: &[PathStep]) {
    let mut at = 0.0;
    let mut shown: Vec<String> = Vec::new();
    let mut last = None;
    for step in path {
        at += step.delay_ns;
        let Some(place) = step.place.as_ref().filter(|place| last != Some(*place)) else {
            continue;
        };
        let (file, line) = (&place.file, place.line);
        let name = if is_ours(&step.name) { step.name.as_str() } else { "" };
        shown.push(format!("    {at:>6.1} ns  {file}:{line}  {name}").trim_end().to_owned());
        last = Some(place);
    }
    let more = shown.len().saturating_sub(SHOWN_STEPS);
    for line in shown.iter().take(SHOWN_STEPS) {
        say!("{line}");
    }
    if more > 0 {
        say!("    and {more} more; --json has all");
    }
}

fn frequency(mhz: Option<f64>) -> String {
    mhz.map_or("none".to_owned(), |mhz| format!("{mhz:.2}"))
}

fn megahertz(hz: u64) -> f64 {
    hz as f64 / 1e6
}

/// The report as JSON; the keys are those of the manual.
pub fn json(report: &Report, design: &str) -> Value {
    let (cells, capacity) = (&report.cells, report.board.device.capacity);
    let placed = report.placed.as_ref();
    let best = placed.map(|placed| placed.runs[placed.best].seed);
    let seeds: Vec<Value> = placed
        .iter()
        .flat_map(|placed| &placed.runs)
        .map(|run| json!({"seed": run.seed, "fmax_mhz": run.fmax_mhz, "seconds": run.seconds}))
        .collect();
    let utilisation: Vec<Value> = placed
        .iter()
        .flat_map(|placed| &placed.timing.utilisation)
        .map(|r#use| json!({"name": r#use.name, "used": r#use.used, "available": r#use.available}))
        .collect();
    let path: Vec<Value> = placed
        .iter()
        .flat_map(|placed| &placed.timing.critical_path)
        .map(|step| {
            let place = step.place.as_ref();
            json!({
                "kind": step.kind,
                "name": step.name,
                "delay_ns": step.delay_ns,
                "file": place.map(|place| &place.file),
                "line": place.map(|place| place.line),
            })
        })
        .collect();
    let memories: Vec<Value> = report
        .memories
        .iter()
        .map(|memory| {
            let storage = match memory.storage {
                Storage::Block => "block",
                Storage::Lut => "lut",
                Storage::FlipFlop => "ff",
            };
            json!({"name": memory.name, "bits": memory.bits, "storage": storage})
        })
        .collect();
    let multipliers: Vec<Value> = report
        .multipliers
        .iter()
        .map(|row| json!({"module": row.module, "products": row.products, "cells": row.cells}))
        .collect();
    let steps: Vec<Value> = report
        .steps
        .iter()
        .map(|(step, seconds)| json!({"step": step, "seconds": seconds}))
        .collect();
    json!({
        "board": report.board.name,
        "device": report.board.device.name,
        "preset": design,
        "top": report.top,
        "lut": cells.lut,
        "ff": cells.ff,
        "bram": cells.bram,
        "dsp": cells.dsp,
        "lut_ram": cells.lut_ram,
        "spram": cells.spram,
        "available": {
            "lut": capacity.lut, "ff": capacity.ff, "bram": capacity.bram, "dsp": capacity.dsp,
        },
        "fits": report.fits(),
        "cells": cells.types,
        "memories": memories,
        "multipliers": multipliers,
        "clock_mhz": megahertz(report.clock_hz),
        "fmax_mhz": report.fmax_mhz(),
        "median_mhz": placed.and_then(Placed::median_mhz),
        "meets_timing": placed.map(|_| report.meets_timing()),
        "seed": best,
        "seeds": seeds,
        "utilisation": utilisation,
        "critical_path": path,
        "bitstream": placed.map(|placed| &placed.bitstream),
        "tools": report.tools,
        "steps": steps,
    })
}
