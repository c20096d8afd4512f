//! Jobs of the NPU: from the doorbell to the end.

use serde::Serialize;
use systole_gen::viewer::names;

use super::bursts::probes;
use super::wave::Wave;

/// A job of the NPU.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Job {
    /// Number in the wave, from 0.
    pub number: usize,
    /// Address of its list of descriptors; `None` if it began before the wave.
    pub list: Option<u32>,
    /// Cycle in which the NPU accepted the doorbell; `None` before the wave.
    pub begin: Option<u64>,
    /// Cycle in which STATUS says that it is over; `None` behind the wave.
    pub end: Option<u64>,
    /// Why it ended: 0 for no error (`docs/npu.md`).
    pub cause: u32,
    /// What the cause is called.
    pub cause_name: String,
    /// Index of the descriptor at fault.
    pub fault_index: u32,
    /// Address at fault.
    pub fault_address: u32,
}

const SIGNALS: [&str; 7] = [
    "npu.registers.doorbell",
    "npu.registers.reg_req_wdata",
    "npu.registers.busy",
    "npu_job_end",
    "npu_job_cause",
    "npu_job_fault_index",
    "npu_job_fault_address",
];

pub(super) fn signals() -> Vec<String> {
    SIGNALS.map(str::to_owned).into()
}

/// The jobs of a wave in order, and the signals that were missing.
pub(super) fn jobs(wave: &Wave) -> (Vec<Job>, Vec<String>) {
    let [doorbell, list, busy, end, cause, index, address] = match probes(wave, SIGNALS) {
        Ok(found) => found,
        Err(missing) => return (Vec::new(), missing),
    };
    let mut jobs: Vec<Job> = Vec::new();
    if busy.high(0) {
        jobs.push(Job::open(0, None, None));
    }
    for at in 0..wave.cycles().len() {
        let cycle = wave.cycles().number(at);
        if end.high(at) {
            if jobs.last().is_none_or(|job| job.end.is_some()) {
                jobs.push(Job::open(jobs.len(), None, None));
            }
            let job = jobs.last_mut().expect("one was just made sure of");
            job.end = Some(cycle);
            let word = |value: Option<u64>| value.unwrap_or(0) as u32;
            job.cause = word(cause.value(at));
            job.cause_name = names::npu_cause(job.cause);
            job.fault_index = word(index.value(at));
            job.fault_address = word(address.value(at));
        }
        if doorbell.high(at) {
            let list = list.value(at).map(|list| list as u32);
            jobs.push(Job::open(jobs.len(), Some(cycle), list));
        }
    }
    (jobs, Vec::new())
}

impl Job {
    fn open(number: usize, begin: Option<u64>, list: Option<u32>) -> Self {
        Self {
            number,
            list,
            begin,
            end: None,
            cause: 0,
            cause_name: names::npu_cause(0),
            fault_index: 0,
            fault_address: 0,
        }
    }

    /// Whether it runs in a cycle.
    pub fn runs(&self, cycle: u64) -> bool {
        self.begin.is_none_or(|begin| begin <= cycle) && self.end.is_none_or(|end| cycle < end)
    }
}
