//! NPU jobs in lockstep: every byte in order, and the end of each job.
//!
//! The golden model runs a whole job when its doorbell store retires. The RTL's bytes are matched
//! against the model's list as they come; a bus error that the bench injected, or the program's
//! `ABORT`, ends a job early, and what the RTL did not write is then undone in the model.

use std::collections::VecDeque;

use systole_golden::Machine;
use systole_golden::npu::{JobEnd, JobRecord, cause, hazard};
use systole_sim::{NpuJobEnd, NpuWrite, Port};

use super::counters::{Counters, Read};
use super::divergence::Mismatch;
use super::{Clue, Kind};
use crate::coverage::Collector;

/// Cycles for which a status read may still show the job running after its end was seen.
const STATUS_SLACK: u64 = 200;

/// Cycles for which a job may go on, and end by itself, after the store to `ABORT` has retired.
const ABORT_SLACK: u64 = 200;

const OUTSIDE: &str = "outside its bus window";

type Check = Result<(), Mismatch>;

enum Deferred {
    Write(NpuWrite),
    End(NpuJobEnd, u64),
}

/// Follows the jobs of one run.
#[derive(Default)]
pub(super) struct NpuChecker {
    /// Jobs that ended as they should.
    pub(super) jobs: u64,
    /// When the last job began, or wrote last.
    pub(super) active: u64,
    current: Option<Current>,
    /// Events that came before the store to the doorbell, or to `ABORT`, retired.
    deferred: VecDeque<Deferred>,
    /// Injected and genuine bus errors of the current job.
    errors: Vec<(Port, u32)>,
    /// When the store to `ABORT` retired.
    abort: Option<u64>,
    last_end: Option<u64>,
    counters: Counters,
}

struct Current {
    record: JobRecord,
    /// Bytes matched so far.
    matched: usize,
    /// Matched bytes that the memory refused.
    refused: Vec<usize>,
}

impl NpuChecker {
    /// Whether a job ended so shortly before `cycle` that a read may have missed it.
    pub(super) fn just_ended(&self, cycle: u64) -> bool {
        self.last_end.is_some_and(|end| cycle.saturating_sub(end) < STATUS_SLACK)
    }

    /// Checks what was read from one of the counters.
    pub(super) fn counter_read(&mut self, golden: &Machine, read: Read) -> Result<(), String> {
        self.counters.check(read, golden.npu.config().bus_bytes)
    }

    pub(super) fn bus_error(&mut self, port: Port, address: u32) {
        self.errors.push((port, address));
    }

    /// Why the run may not end here.
    pub(super) fn unfinished(&self) -> Option<String> {
        match self.deferred.front()? {
            Deferred::Write(write) => {
                Some(format!("the NPU wrote at {:#010x} without a job", write.address))
            }
            Deferred::End(..) if self.current.is_some() => {
                Some("the NPU reported a job as aborted that nobody aborted".into())
            }
            Deferred::End(..) => {
                Some("the NPU reported the end of a job that was not started".into())
            }
        }
    }

    /// Takes up a job that the last step, which retired at `cycle`, started or aborted.
    pub(super) fn after_step(
        &mut self,
        golden: &mut Machine,
        cycle: u64,
        mut coverage: Option<&mut Collector>,
    ) -> Check {
        if let Some(record) = golden.npu.take_job() {
            self.counters.start(cycle, record.descriptors(), golden.npu.config().bus_bytes);
            self.active = cycle;
            self.current = Some(Current { record, matched: 0, refused: Vec::new() });
        }
        if golden.npu.aborting() {
            self.abort.get_or_insert(cycle);
        }
        for event in std::mem::take(&mut self.deferred) {
            match event {
                Deferred::Write(write) => self.write(golden, write)?,
                Deferred::End(end, cycle) => {
                    self.end(golden, end, cycle, coverage.as_deref_mut())?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn write(&mut self, golden: &Machine, write: NpuWrite) -> Check {
        let in_order = self.deferred.is_empty();
        let Some(current) = self.current.as_mut().filter(|_| in_order) else {
            self.deferred.push_back(Deferred::Write(write));
            return Ok(());
        };
        self.counters.write_beat();
        for (address, value) in write.bytes() {
            if !current.record.window.allows(address) {
                let message = format!("the NPU wrote {value:#04x} at {address:#010x}, {OUTSIDE}");
                return Err(needless_byte(message, &write, (address, value)));
            }
            let Some(expected) = current.record.writes.get(current.matched) else {
                if write.failed && !golden.in_ram(address) {
                    continue;
                }
                let message =
                    format!("the NPU wrote {value:#04x} at {address:#010x} after all was written");
                return Err(needless_byte(message, &write, (address, value)));
            };
            if (address, value) != (expected.address, expected.new) {
                if write.failed && !golden.in_ram(address) {
                    continue;
                }
                let missing = missing_token(golden, &current.record);
                let message = format!(
                    "byte {} of the job: the RTL wrote {value:#04x} at {address:#010x}, expected \
                     {:#04x} at {:#010x} (descriptor {}){}",
                    current.matched,
                    expected.new,
                    expected.address,
                    expected.descriptor,
                    missing.as_deref().unwrap_or_default()
                );
                let clue = Clue::NpuByte {
                    cycle: write.cycle,
                    rtl: (address, value),
                    golden: Some((expected.address, expected.new)),
                    race: missing.is_some(),
                };
                return Err(Mismatch::new(Kind::NpuWrite, message, clue));
            }
            if write.failed {
                current.refused.push(current.matched);
            }
            current.matched += 1;
        }
        Ok(())
    }

    pub(super) fn end(
        &mut self,
        golden: &mut Machine,
        end: NpuJobEnd,
        cycle: u64,
        coverage: Option<&mut Collector>,
    ) -> Check {
        let known = u32::from(end.cause) != cause::ABORTED || golden.npu.aborting();
        let in_order = self.deferred.is_empty();
        let Some(current) = self.current.take_if(|_| known && in_order) else {
            self.deferred.push_back(Deferred::End(end, cycle));
            return Ok(());
        };
        self.last_end = Some(cycle);
        self.counters.end(cycle);
        let abort = self.abort.take();
        let end = JobEnd {
            cause: end.cause.into(),
            fault_index: end.fault_index.into(),
            fault_address: end.fault_address,
        };
        let errors = std::mem::take(&mut self.errors);
        let window = current.record.window;
        if let Some((_, address)) = errors.iter().find(|(_, address)| !window.allows(*address)) {
            let message = format!("the NPU reached for {address:#010x}, {OUTSIDE}");
            return Err((Kind::NpuEnd, message).into());
        }
        let expected = golden.npu.expected_end().unwrap_or_default();
        if is_bus_error(end.cause) {
            bus_error_end(golden, &current, &end, &expected, &errors)?;
        } else if end.cause == cause::ABORTED {
            aborted_end(golden, &current, &end, &errors)?;
        } else if let Some(abort) = abort.filter(|abort| cycle > abort + ABORT_SLACK) {
            let message = format!("the abort of cycle {abort} did not end the job");
            return Err(other_cause(message, &end, cause::ABORTED));
        } else {
            regular_end(&current, &end, &expected, &errors)?;
            golden.npu.finish_job();
        }
        if let Some(coverage) = coverage {
            cover(coverage, golden, &current.record, &end, &errors);
        }
        self.jobs += 1;
        Ok(())
    }
}

/// A byte that should not have been written at all.
fn needless_byte(message: String, write: &NpuWrite, rtl: (u32, u8)) -> Mismatch {
    let clue = Clue::NpuByte { cycle: write.cycle, rtl, golden: None, race: false };
    Mismatch::new(Kind::NpuWrite, message, clue)
}

/// Counts a job that ended as it should.
fn cover(
    coverage: &mut Collector,
    golden: &Machine,
    record: &JobRecord,
    end: &JobEnd,
    errors: &[(Port, u32)],
) {
    let injected = errors.iter().any(|&(_, address)| golden.in_ram(address));
    let faulty = record.list.address.wrapping_add(32 * end.fault_index);
    let word = golden.read_memory(faulty, 4).ok().and_then(|bytes| bytes.try_into().ok());
    let faulty = word.map(u32::from_le_bytes);
    coverage.job(golden.npu.config(), record, end, faulty, injected);
}

/// The first pair of descriptors that nothing orders, if the list itself is at fault.
fn missing_token(golden: &Machine, record: &JobRecord) -> Option<String> {
    let hazards = hazard::check(golden.npu.config(), &record.list);
    hazards.first().map(|hazard| format!("; a token is missing: {hazard}"))
}

fn is_bus_error(number: u32) -> bool {
    matches!(number, cause::FETCH_ERROR | cause::LOAD_ERROR | cause::STORE_ERROR)
}

/// An end without a bus error: exactly the model's, with every byte written.
fn regular_end(
    current: &Current,
    end: &JobEnd,
    expected: &JobEnd,
    errors: &[(Port, u32)],
) -> Check {
    if (end.cause, end.fault_index) != (expected.cause, expected.fault_index)
        || end.fault_address != expected.fault_address
    {
        return Err(ends_differ(end, expected));
    }
    let missing = &current.record.writes[current.matched..];
    if let Some(next) = missing.first() {
        let message = format!(
            "the job ended without writing {} bytes, the first at {:#010x} (descriptor {})",
            missing.len(),
            next.address,
            next.descriptor
        );
        return Err(Mismatch::new(Kind::NpuWrite, message, Clue::NpuEndsEarly));
    }
    // A descriptor that was fetched ahead and never reached may have failed; nothing else.
    let list = &current.record.list;
    let list_end = list.address + 32 * (list.descriptors.len() as u32);
    let ahead = list_end.saturating_sub(32)..list_end + 0x400;
    match errors.iter().find(|(port, at)| *port == Port::AxiWrite || !ahead.contains(at)) {
        Some((port, address)) => {
            let message = format!("a bus error at {address:#010x} did not end the job");
            let write = *port == Port::AxiWrite;
            let cause = if write { cause::STORE_ERROR } else { cause::LOAD_ERROR };
            Err(other_cause(message, end, cause))
        }
        None => Ok(()),
    }
}

/// An end by a bus error: one that the model expects too, or one that the memory really gave. An
/// access outside the bus window never reaches the memory; the model alone knows of it.
fn bus_error_end(
    golden: &mut Machine,
    current: &Current,
    end: &JobEnd,
    expected: &JobEnd,
    errors: &[(Port, u32)],
) -> Check {
    let same = (end.cause, end.fault_index) == (expected.cause, expected.fault_index);
    let port = if end.cause == cause::STORE_ERROR { Port::AxiWrite } else { Port::AxiRead };
    let seen = errors.iter().any(|&(at, address)| at == port && address == end.fault_address);
    let known = end == expected || current.record.faults.contains(end);
    let allowed = if current.record.window.allows(end.fault_address) {
        let injected = errors.iter().any(|&(_, address)| golden.in_ram(address));
        seen && (same || known || injected)
    } else {
        known
    };
    if !allowed {
        return Err(ends_differ(end, expected));
    }
    golden.roll_back(&current.record, current.matched);
    golden.npu.end_early(*end);
    undo_refused(golden, current);
    Ok(())
}

/// The program ended the job: when is the RTL's business, but not before a descriptor that has
/// written, and no error of a write, which is always seen, may be lost.
fn aborted_end(
    golden: &mut Machine,
    current: &Current,
    end: &JobEnd,
    errors: &[(Port, u32)],
) -> Check {
    let record = &current.record;
    let written = &record.writes[..current.matched];
    let first = written.last().map_or(0, |write| write.descriptor + 1);
    let handed_out = first as usize..=record.descriptors().len();
    if !handed_out.contains(&(end.fault_index as usize)) || end.fault_address != 0 {
        let message = format!(
            "the job was aborted at descriptor {}, address {:#x}; expected one of {handed_out:?}, \
             address 0",
            end.fault_index, end.fault_address
        );
        return Err((Kind::NpuEnd, message).into());
    }
    if let Some((_, address)) = errors.iter().find(|(port, _)| *port == Port::AxiWrite) {
        let message = format!("a bus error at {address:#010x} was not reported");
        return Err(other_cause(message, end, cause::STORE_ERROR));
    }
    golden.roll_back(record, current.matched);
    golden.npu.end_early(*end);
    Ok(())
}

/// Bytes of bursts that the memory answered with an error are not in memory.
fn undo_refused(golden: &mut Machine, current: &Current) {
    if current.refused.is_empty() {
        return;
    }
    golden.roll_back(&current.record, 0);
    for (index, write) in current.record.writes[..current.matched].iter().enumerate() {
        if !current.refused.contains(&index) && golden.in_ram(write.address) {
            golden.write_memory(write.address, &[write.new]).expect("in the RAM");
        }
    }
}

/// The job should have ended for another reason.
fn other_cause(message: String, end: &JobEnd, cause: u32) -> Mismatch {
    let golden = JobEnd { cause, ..*end };
    Mismatch::new(Kind::NpuEnd, message, Clue::NpuEnd { rtl: *end, golden })
}

fn ends_differ(end: &JobEnd, expected: &JobEnd) -> Mismatch {
    let message = format!(
        "the job ended with {} at descriptor {}, address {:#x}; expected {} at descriptor {}, \
         address {:#x}",
        cause::name(end.cause),
        end.fault_index,
        end.fault_address,
        cause::name(expected.cause),
        expected.fault_index,
        expected.fault_address
    );
    Mismatch::new(Kind::NpuEnd, message, Clue::NpuEnd { rtl: *end, golden: *expected })
}
