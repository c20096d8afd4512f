//! Descriptors on their way through the NPU: handed out, started, complete.

use std::collections::VecDeque;

use serde::Serialize;
use systole_isa::Unit;

use super::jobs::Job;
use super::probe::Probe;
use super::tokens::unit_name;
use super::wave::Wave;

/// A descriptor that the front end handed to its unit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Descriptor {
    /// `load`, `exec` or `store`.
    pub unit: &'static str,
    /// Number of its job in the wave.
    pub job: Option<usize>,
    /// Index in the job's list; `None` if it started before the wave.
    pub index: Option<u32>,
    /// The eight words; `None` if it started before the wave.
    pub words: Option<[u32; 8]>,
    /// What it asks for, in one line with its tokens.
    pub text: String,
    /// Cycle in which it was handed to its unit's queue; `None` before the wave.
    pub issued: Option<u64>,
    /// Cycle in which its unit took it; `None` before the wave, or if it was never taken.
    pub started: Option<u64>,
    /// Cycle in which it was complete; `None` if the wave or the job ended before.
    pub done: Option<u64>,
    /// Cycle in which the job ended or stopped without it having completed.
    pub dropped: Option<u64>,
}

/// Signals of a unit's gate and queue, and of what fills it.
struct Gate<'w> {
    unit: &'static str,
    issue_valid: Probe<'w>,
    issue_ready: Probe<'w>,
    command: Probe<'w>,
    take: Probe<'w>,
    taken: Probe<'w>,
    done: Probe<'w>,
    dropping: Probe<'w>,
    clear: Probe<'w>,
    waiting: Probe<'w>,
    under_way: Probe<'w>,
}

fn names(unit: &str) -> [String; 10] {
    [
        format!("npu.frontend.{unit}_command_valid"),
        format!("npu.frontend.{unit}_command_ready"),
        "npu.frontend.command".to_owned(),
        format!("npu.{unit}_gate.take"),
        format!("npu.{unit}_gate.start_command"),
        format!("npu.{unit}_gate.done"),
        format!("npu.{unit}_gate.drop"),
        format!("npu.{unit}_gate.clear"),
        format!("npu.{unit}_gate.queue.level"),
        format!("npu.{unit}_gate.started.level"),
    ]
}

pub(super) fn signals() -> Vec<String> {
    Unit::ALL.into_iter().flat_map(|unit| names(unit_name(unit))).collect()
}

/// Bits of a descriptor; the index in the list stands above them in a command.
const DESCRIPTOR_BITS: u32 = 256;

impl<'w> Gate<'w> {
    fn of(wave: &'w Wave, unit: &'static str) -> Result<Self, Vec<String>> {
        let names = names(unit);
        let missing = |name: &&String| wave.probe(name).is_none();
        let missing: Vec<String> = names.iter().filter(missing).cloned().collect();
        let mut probes = names.iter().filter_map(|name| wave.probe(name));
        let mut next = || probes.next().ok_or_else(|| missing.clone());
        Ok(Self {
            unit,
            issue_valid: next()?,
            issue_ready: next()?,
            command: next()?,
            take: next()?,
            taken: next()?,
            done: next()?,
            dropping: next()?,
            clear: next()?,
            waiting: next()?,
            under_way: next()?,
        })
    }

    fn descriptor(&self, at: usize, command: Option<&Probe>) -> Descriptor {
        let word = |index: u32| Some(command?.field(at, 32 * index, 32)? as u32);
        let words: Vec<u32> = (0..8).map_while(word).collect();
        let words = <[u32; 8]>::try_from(words).ok();
        let index = command.and_then(|probe| probe.field(at, DESCRIPTOR_BITS, 16));
        Descriptor {
            unit: self.unit,
            job: None,
            index: index.map(|index| index as u32),
            words,
            text: words.map_or_else(|| "from before the wave".to_owned(), describe),
            issued: None,
            started: None,
            done: None,
            dropped: None,
        }
    }

    /// What passed the gate, in list order.
    fn descriptors(&self, wave: &Wave) -> Vec<Descriptor> {
        let unknown =
            |level: &Probe| (0..level.value(0).unwrap_or(0)).map(|_| self.descriptor(0, None));
        let mut waiting: VecDeque<Descriptor> = unknown(&self.waiting).collect();
        let mut under_way: VecDeque<Descriptor> = unknown(&self.under_way).collect();
        let mut over = Vec::new();
        for at in 0..wave.cycles().len() {
            let cycle = wave.cycles().number(at);
            if self.done.high(at)
                && let Some(mut descriptor) = under_way.pop_front()
            {
                descriptor.done = Some(cycle);
                over.push(descriptor);
            }
            if self.take.high(at) {
                let before = waiting.pop_front();
                let mut descriptor = self.descriptor(at, Some(&self.taken));
                descriptor.issued = before.and_then(|before| before.issued);
                descriptor.started = Some(cycle);
                under_way.push_back(descriptor);
            }
            let clear = self.clear.high(at);
            if clear || self.dropping.high(at) {
                over.extend(waiting.drain(..).map(|descriptor| descriptor.drop_at(cycle)));
            }
            if clear {
                over.extend(under_way.drain(..).map(|descriptor| descriptor.drop_at(cycle)));
            }
            if self.issue_valid.high(at) && self.issue_ready.high(at) {
                let mut descriptor = self.descriptor(at, Some(&self.command));
                descriptor.issued = Some(cycle);
                waiting.push_back(descriptor);
            }
        }
        over.extend(under_way.into_iter().chain(waiting));
        over
    }
}

fn describe(words: [u32; 8]) -> String {
    systole_isa::Descriptor::decode(&words).to_string()
}

impl Descriptor {
    fn drop_at(mut self, cycle: u64) -> Self {
        self.dropped = Some(cycle);
        self
    }

    /// First cycle in which the wave shows it.
    pub fn seen(&self) -> Option<u64> {
        self.issued.or(self.started).or(self.done).or(self.dropped)
    }

    /// Cycle in which it left the unit, complete or not.
    pub fn end(&self) -> Option<u64> {
        self.done.or(self.dropped)
    }
}

/// The descriptors of a wave, each unit's in their order, and the signals that were missing.
pub(super) fn descriptors(wave: &Wave, jobs: &[Job]) -> (Vec<Descriptor>, Vec<String>) {
    let (mut descriptors, mut missing) = (Vec::new(), Vec::new());
    for unit in Unit::ALL {
        match Gate::of(wave, unit_name(unit)) {
            Ok(gate) => descriptors.extend(gate.descriptors(wave)),
            Err(names) => missing.extend(names),
        }
    }
    for descriptor in &mut descriptors {
        let seen = descriptor.seen();
        // The end shows a cycle behind the last descriptor's: until then the job runs.
        let job = jobs.iter().find(|job| seen.is_some_and(|cycle| job.runs(cycle)));
        descriptor.job = job.map(|job| job.number);
    }
    (descriptors, missing)
}
