//! A log for Konata, a viewer of pipelines: a line an instruction, with its stages.
//!
//! | stage | fast pipeline | compact pipeline |
//! |---|---|---|
//! | `De` | | in decode: waits for operands, jumps are taken |
//! | `Op` | issued, in the operand stage: waits for operands on their way | |
//! | `Ex` | in execute: computes, or waits for the divider or for the bus to take its access | same |
//! | `Wb` | in writeback: waits for the bus's answer; takes traps, retires | same |
//!
//! The first cycle of a stage is that in which its registers hold the instruction. What comes
//! before, fetch, alignment and the window of the fast pipeline, is not shown: a wave does not tell
//! for certain which request brought an instruction. Instructions that were issued and then dropped
//! end as flushed. Where a wave has no stages, each instruction that retired has one of its own,
//! `Rt`, in the cycle in which the retire port showed it.

use std::fmt::Write;

use super::Activity;
use super::pipeline::Flight;

/// A line of the log, by the cycle in which it is due. The number keeps the order within a cycle.
type Line = (u64, usize, String);

/// The log of what happened, in Konata's format.
pub fn log(activity: &Activity) -> String {
    let flights: Vec<Flight> = match activity.flights.is_empty() {
        true => retired(activity),
        false => activity.flights.clone(),
    };
    let mut lines: Vec<Line> = Vec::new();
    let mut retired = 0;
    let mut ends: Vec<(u64, Option<usize>, usize)> = Vec::new();
    for (id, flight) in flights.iter().enumerate() {
        begin(&mut lines, id, flight, activity);
        ends.extend(flight.end.map(|end| (end, flight.retire, id)));
    }
    // Konata wants instructions to retire in order, and counts them.
    ends.sort_by_key(|&(end, retire, id)| (end, retire, id));
    for (end, retire, id) in ends {
        let number = lines.len();
        let kind = u32::from(retire.is_none());
        lines.push((end, number, format!("R\t{id}\t{retired}\t{kind}")));
        retired += usize::from(retire.is_some());
    }
    lines.sort();
    text(&lines)
}

fn begin(lines: &mut Vec<Line>, id: usize, flight: &Flight, activity: &Activity) {
    let Some(&(_, first)) = flight.stages.first() else { return };
    let mut add = |cycle: u64, line: String| {
        let number = lines.len();
        lines.push((cycle, number, line));
    };
    add(first, format!("I\t{id}\t{id}\t0"));
    add(first, format!("L\t{id}\t0\t{:08x}: {}", flight.pc, flight.mnemonic));
    if let Some(retire) = flight.retire.map(|at| &activity.retires[at]) {
        let effect = retire.effect();
        let space = if effect.is_empty() { "" } else { " " };
        add(first, format!("L\t{id}\t1\t#{}{space}{effect}", retire.order));
    }
    for (stage, cycle) in &flight.stages {
        add(*cycle, format!("S\t{id}\t0\t{stage}"));
    }
}

/// What retired, as if it had come and gone with the retire port.
fn retired(activity: &Activity) -> Vec<Flight> {
    let flight = |(at, retire): (usize, &super::Retire)| Flight {
        pc: retire.pc,
        mnemonic: retire.mnemonic.clone(),
        lane: retire.channel,
        stages: vec![("Rt", retire.cycle)],
        end: Some(retire.cycle + 1),
        retire: Some(at),
    };
    activity.retires.iter().enumerate().map(flight).collect()
}

/// The lines with the time between them.
fn text(lines: &[Line]) -> String {
    let mut out = String::from("Kanata\t0004\n");
    let mut now = lines.first().map_or(0, |line| line.0);
    // Writing to a string cannot fail.
    let _ = writeln!(out, "C=\t{now}");
    for (cycle, _, line) in lines {
        if *cycle > now {
            let _ = writeln!(out, "C\t{}", cycle - now);
            now = *cycle;
        }
        let _ = writeln!(out, "{line}");
    }
    out
}
