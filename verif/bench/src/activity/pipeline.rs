//! Instructions on their way through the hart's pipeline.
//!
//! A lane is a row of stages, each with registers that say whether it holds an instruction, of
//! which address, and whether that moves on at the end of the cycle. An instruction is followed
//! from stage to stage by these; where an address is not the one that came from the stage before,
//! it is given up. What leaves the last stage is the instruction that the retire port shows in the
//! next cycle, if that has the same address; otherwise it was flushed.

use std::collections::HashMap;

use serde::Serialize;
use systole_isa::disassemble;

use super::probe::Probe;
use super::retire::Retire;
use super::wave::Wave;

/// An instruction that was seen in the pipeline.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Flight {
    /// Address.
    pub pc: u32,
    /// Assembly text; empty for an instruction whose word the wave does not show.
    pub mnemonic: String,
    /// Channel of the retire port at the end of its lane.
    pub lane: u32,
    /// Names of stages with the cycle in which it came to each, in order.
    pub stages: Vec<(&'static str, u64)>,
    /// Cycle behind its last one in the pipeline; `None` if it is still there when the wave ends.
    pub end: Option<u64>,
    /// Its place among [`Activity::retires`](super::Activity::retires); `None` if it was flushed,
    /// lost or is still in the pipeline.
    pub retire: Option<usize>,
}

/// Names of the signals of a stage, below the hart: valid, address, word, moves on.
struct StageNames {
    stage: &'static str,
    valid: &'static str,
    pc: &'static str,
    insn: &'static str,
    moves: &'static str,
}

/// A lane: the channel of the retire port at its end, what fills its first stage, its stages.
struct LaneNames {
    channel: u32,
    fills: &'static str,
    stages: [StageNames; 3],
}

const fn stage(
    stage: &'static str,
    valid: &'static str,
    pc: &'static str,
    insn: &'static str,
    moves: &'static str,
) -> StageNames {
    StageNames { stage, valid, pc, insn, moves }
}

/// The two lanes of the fast pipeline (`docs/pipelines.md`).
const FAST: [LaneNames; 2] = [
    LaneNames {
        channel: 0,
        fills: "main_issues",
        stages: [
            stage(
                "Op",
                "main_operand_valid",
                "main_operand_pc",
                "main_operand_trace_instruction",
                "main_operand_fire",
            ),
            stage("Ex", "main_valid", "main_pc", "main_trace_instruction", "execute_fire"),
            stage(
                "Wb",
                "main_done_valid",
                "main_done_pc",
                "main_done_trace_instruction",
                "writeback_done",
            ),
        ],
    },
    LaneNames {
        channel: 1,
        fills: "branch_goes",
        stages: [
            stage(
                "Op",
                "branch_operand_valid",
                "branch_operand_pc",
                "branch_operand_trace_instruction",
                "branch_operand_fire",
            ),
            stage("Ex", "branch_valid", "branch_pc", "branch_trace_instruction", "execute_fire"),
            stage(
                "Wb",
                "branch_done_valid",
                "branch_done_pc",
                "branch_done_trace_instruction",
                "writeback_done",
            ),
        ],
    },
];

/// The lane of the compact pipeline.
const COMPACT: [LaneNames; 1] = [LaneNames {
    channel: 0,
    fills: "fetch_take",
    stages: [
        stage("De", "decode_valid", "decode_pc", "decode_trace_instruction", "decode_fire"),
        stage("Ex", "execute_valid", "execute_pc", "execute_trace_instruction", "execute_fire"),
        stage(
            "Wb",
            "writeback_valid",
            "writeback_pc",
            "writeback_trace_instruction",
            "writeback_done",
        ),
    ],
}];

fn below_hart(name: &str) -> String {
    format!("hart.{name}")
}

impl LaneNames {
    fn names(&self) -> impl Iterator<Item = String> {
        let stages = self.stages.iter();
        let names = stages.flat_map(|stage| [stage.valid, stage.pc, stage.insn, stage.moves]);
        names.chain([self.fills]).map(below_hart)
    }
}

pub(super) fn signals() -> Vec<String> {
    FAST.iter().chain(&COMPACT).flat_map(LaneNames::names).collect()
}

/// A stage of a wave, and what it holds.
struct Stage<'w> {
    name: &'static str,
    valid: Probe<'w>,
    pc: Probe<'w>,
    insn: Probe<'w>,
    moves: Probe<'w>,
    /// Place of its instruction among the flights.
    holds: Option<usize>,
}

struct Lane<'w> {
    channel: u32,
    fills: Probe<'w>,
    stages: Vec<Stage<'w>>,
}

impl<'w> Lane<'w> {
    fn of(wave: &'w Wave, names: &LaneNames) -> Option<Self> {
        let probe = |name: &str| wave.probe(&below_hart(name));
        let stage = |names: &StageNames| {
            Some(Stage {
                name: names.stage,
                valid: probe(names.valid)?,
                pc: probe(names.pc)?,
                insn: probe(names.insn)?,
                moves: probe(names.moves)?,
                holds: None,
            })
        };
        let stages = names.stages.iter().map(stage).collect::<Option<Vec<_>>>()?;
        Some(Self { channel: names.channel, fills: probe(names.fills)?, stages })
    }

    /// Cycle `at`: what each stage holds now, given what moved at the end of the cycle before.
    fn step(&mut self, at: usize, cycle: u64, flights: &mut Vec<Flight>) -> Option<usize> {
        let before = at.checked_sub(1);
        let moved = |probe: &Probe| before.is_some_and(|before| probe.high(before));
        let last = self.stages.len() - 1;
        let left = self.stages[last].holds.filter(|_| moved(&self.stages[last].moves));
        for place in (0..=last).rev() {
            let came = match place {
                0 => moved(&self.fills),
                _ => moved(&self.stages[place - 1].moves),
            };
            let arriving = place.checked_sub(1).and_then(|from| self.stages[from].holds);
            let stage = &self.stages[place];
            let stays = stage.holds.filter(|_| !moved(&stage.moves));
            let holds = if came { arriving } else { stays };
            let now = stage.now(at, holds, came || stays.is_none(), flights, cycle, self.channel);
            // What neither moved on nor is here any more was flushed.
            for lost in [stays, arriving.filter(|_| came)].into_iter().flatten() {
                if now != Some(lost) {
                    flights[lost].end.get_or_insert(cycle);
                }
            }
            self.stages[place].holds = now;
        }
        left
    }
}

impl Stage<'_> {
    /// The flight that the stage holds in cycle `at`: `expected`, if the address is its own, else a
    /// new one.
    fn now(
        &self,
        at: usize,
        expected: Option<usize>,
        arrives: bool,
        flights: &mut Vec<Flight>,
        cycle: u64,
        lane: u32,
    ) -> Option<usize> {
        if !self.valid.high(at) {
            return None;
        }
        let pc = self.pc.value(at)? as u32;
        if let Some(flight) = expected.filter(|&flight| flights[flight].pc == pc) {
            if arrives {
                flights[flight].stages.push((self.name, cycle));
            }
            return Some(flight);
        }
        let insn = self.insn.value(at).map(|insn| insn as u32);
        let mnemonic = insn.map(disassemble).unwrap_or_default();
        let stages = vec![(self.name, cycle)];
        flights.push(Flight { pc, mnemonic, lane, stages, end: None, retire: None });
        Some(flights.len() - 1)
    }
}

/// The instructions of a wave in the order in which they came to the pipeline, and the signals that
/// were missing.
pub(super) fn flights(wave: &Wave, retires: &[Retire]) -> (Vec<Flight>, Vec<String>) {
    let fast: Vec<Lane> = FAST.iter().filter_map(|lane| Lane::of(wave, lane)).collect();
    let compact: Vec<Lane> = COMPACT.iter().filter_map(|lane| Lane::of(wave, lane)).collect();
    let mut lanes = if fast.len() == FAST.len() { fast } else { compact };
    if lanes.is_empty() {
        return (Vec::new(), missing(wave));
    }
    let shown: HashMap<(u64, u32), usize> = retires
        .iter()
        .enumerate()
        .map(|(at, retire)| ((retire.cycle, retire.channel), at))
        .collect();
    let mut flights = Vec::new();
    for at in 0..wave.cycles().len() {
        let cycle = wave.cycles().number(at);
        for lane in &mut lanes {
            let Some(left) = lane.step(at, cycle, &mut flights) else { continue };
            let flight = &mut flights[left];
            flight.end = Some(cycle);
            let retire = shown.get(&(cycle, lane.channel)).copied();
            flight.retire = retire.filter(|&retire| retires[retire].pc == flight.pc);
        }
    }
    (flights, Vec::new())
}

/// What the pipeline lacks that comes closest to one of ours.
fn missing(wave: &Wave) -> Vec<String> {
    let lacks = |lanes: &[LaneNames]| -> Vec<String> {
        let names = lanes.iter().flat_map(LaneNames::names);
        names.filter(|name| wave.probe(name).is_none()).collect()
    };
    let (fast, compact) = (lacks(&FAST), lacks(&COMPACT));
    if fast.len() < compact.len() { fast } else { compact }
}
