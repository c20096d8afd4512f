//! What a chip did around a cycle of its wave, as a table: the instructions that retired, with the
//! golden model's values where the wave has them, and what began and ended in the NPU and on its
//! bus.

mod columns;
mod events;
mod golden;
mod text;

use std::collections::BTreeMap;

use serde::Serialize;
use systole_wave::Wave;

use crate::activity::{Activity, Retire};

pub use golden::Golden;

/// The table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Around {
    /// The cycle that it is about.
    pub cycle: u64,
    /// Instructions and events, in order; quiet cycles have no row.
    pub rows: Vec<Row>,
    /// What is under way in the NPU and on its bus in that cycle.
    pub under_way: Vec<String>,
}

/// An instruction, or a cycle in which something else happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Row {
    /// The cycle, since reset.
    pub cycle: u64,
    /// What retired.
    #[serde(flatten)]
    pub instruction: Option<Instruction>,
    /// What began, ended or got a new value in this cycle.
    pub events: Vec<String>,
}

/// An instruction that retired.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Instruction {
    /// Its number on the retire port.
    pub retire: u64,
    /// Its address in hex.
    pub pc: String,
    /// Assembly text.
    pub assembly: String,
    /// What it changed in the RTL.
    pub rtl: String,
    /// What it changed in the golden model: the same text where both agree; none where the wave
    /// does not tell.
    pub golden: Option<String>,
}

impl Around {
    /// The last `before` rows up to a cycle, and the first `after` behind it. `wave` is the file
    /// that the activity was read from.
    pub fn of(
        activity: &Activity,
        wave: &Wave,
        golden: Option<&Golden>,
        cycle: u64,
        (before, after): (usize, usize),
    ) -> Self {
        let mut rows = rows(activity, |retire, place| {
            golden.and_then(|golden| golden.retire(wave, activity.time(retire.cycle), place))
        });
        let middle = rows.partition_point(|row| row.cycle <= cycle);
        rows.truncate(middle.saturating_add(after));
        rows.drain(..middle.saturating_sub(before));
        Self { cycle, rows, under_way: events::under_way(activity, cycle) }
    }
}

/// All rows of a wave. `golden` gets a retirement and its place among those of its cycle.
fn rows(
    activity: &Activity,
    golden: impl Fn(&Retire, usize) -> Option<golden::Values>,
) -> Vec<Row> {
    let mut cycles: BTreeMap<u64, Vec<Row>> = BTreeMap::new();
    for retire in &activity.retires {
        let rows = cycles.entry(retire.cycle).or_default();
        let (rtl, golden) = columns::columns(retire, golden(retire, rows.len()).as_ref());
        let instruction = Instruction {
            retire: retire.order,
            pc: format!("{:#010x}", retire.pc),
            assembly: retire.mnemonic.clone(),
            rtl,
            golden,
        };
        let events = Vec::new();
        rows.push(Row { cycle: retire.cycle, instruction: Some(instruction), events });
    }
    for (cycle, event) in events::events(activity) {
        let rows = cycles.entry(cycle).or_default();
        if rows.is_empty() {
            rows.push(Row { cycle, instruction: None, events: Vec::new() });
        }
        rows[0].events.push(event);
    }
    cycles.into_values().flatten().collect()
}
