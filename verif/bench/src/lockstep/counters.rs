//! What the NPU's counters may read: the bench has seen when the job began and ended, and what went
//! over the bus, and the list says which units had work.

use systole_golden::npu::descriptor::{Descriptor, Operation, Source};
use systole_golden::npu::register;

/// Cycles by which the start and the end of a job, as they are seen here, may be off.
const SLACK: u64 = 64;

/// Bytes of descriptors that may be read ahead of the last one that is reached.
const AHEAD: u64 = 0x400;

/// Follows the last job that was started.
#[derive(Default)]
pub(super) struct Counters {
    job: Option<Job>,
}

struct Job {
    start: u64,
    end: Option<u64>,
    write_beats: u64,
    work: Work,
    /// What the counters, from `CYCLES` on, were seen to hold after the end.
    seen: [Option<u32>; COUNT],
}

/// Counters from `CYCLES` to `MACS`.
const COUNT: usize = (register::MACS - register::CYCLES) as usize / 4 + 1;

/// What the list of a job asks for, by units.
#[derive(Clone, Copy, Default)]
struct Work {
    /// Descriptors of each unit, and those of them that wait for a token.
    descriptors: [u64; 3],
    waiting: [u64; 3],
    /// STOREs through the requantiser.
    requantised: u64,
    /// Bytes that descriptors and LOADs read at most.
    read_bytes: u64,
}

impl Work {
    fn of(descriptors: &[Descriptor], bus_bytes: u32) -> Self {
        let list_bytes = 32 * descriptors.len() as u64;
        let mut work = Self { read_bytes: list_bytes + AHEAD, ..Self::default() };
        for descriptor in descriptors {
            let unit = descriptor.unit() as usize;
            work.descriptors[unit] += 1;
            work.waiting[unit] += u64::from(descriptor.wait != 0);
            match &descriptor.operation {
                Operation::Load(load) => {
                    let row = u64::from(load.row_bytes) + 2 * u64::from(bus_bytes);
                    work.read_bytes += u64::from(load.rows) * row;
                }
                Operation::Store(store) => {
                    work.requantised += u64::from(matches!(store.source, Source::Requantised(_)));
                }
                Operation::Exec(_) | Operation::Convolution(_) => {}
            }
        }
        work
    }

    /// The most that a counter of cycles may reach in `cycles`: none without work of its kind.
    fn most(&self, offset: u32, cycles: u64) -> u64 {
        let [load, exec, store] = self.descriptors;
        let cause = match offset {
            register::EXEC_BUSY | register::EXEC_WAIT_WEIGHTS | register::MACS => exec,
            register::EXEC_WAIT_TOKEN => self.waiting[1],
            register::LOAD_BUSY => load,
            register::LOAD_WAIT_TOKEN => self.waiting[0],
            register::STORE_BUSY => store,
            register::STORE_WAIT_TOKEN => self.waiting[2],
            register::STORE_WAIT_REQUANTISE => self.requantised,
            _ => 1,
        };
        if cause == 0 { 0 } else { cycles }
    }
}

/// When a counter was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Read {
    /// Offset of the register.
    pub offset: u32,
    /// What was read.
    pub value: u32,
    /// Cycle of the retirement.
    pub cycle: u64,
    /// Cycles since the retirement before it: the read may be as old.
    pub elapsed: u64,
    /// The job ended so shortly before that the read may have missed it.
    pub just_ended: bool,
}

impl Counters {
    /// A job was started that hands out at most these descriptors; `bus_bytes` is the width of the bus.
    pub(super) fn start(&mut self, cycle: u64, descriptors: &[Descriptor], bus_bytes: u32) {
        let work = Work::of(descriptors, bus_bytes);
        let seen = [None; COUNT];
        self.job = Some(Job { start: cycle, end: None, write_beats: 0, work, seen });
    }

    /// A beat of the job was written.
    pub(super) fn write_beat(&mut self) {
        if let Some(job) = &mut self.job {
            job.write_beats += 1;
        }
    }

    /// The job ended.
    pub(super) fn end(&mut self, cycle: u64) {
        if let Some(job) = &mut self.job {
            job.end = Some(cycle);
        }
    }

    /// Checks what was read from a counter; `bus_bytes` is the width of the bus.
    pub(super) fn check(&mut self, read: Read, bus_bytes: u32) -> Result<(), String> {
        let Read { offset, value, .. } = read;
        let Some(job) = &mut self.job else {
            return if value == 0 { Ok(()) } else { Err(wrong(&read, "0 before the first job")) };
        };
        let duration = job.end.unwrap_or(read.cycle).saturating_sub(job.start);
        let settled = job.end.is_some() && !read.just_ended;
        let most = duration + SLACK;
        let bytes = job.write_beats * u64::from(bus_bytes);
        let least = if settled { duration } else { duration.saturating_sub(read.elapsed) };
        let allowed = match offset {
            register::CYCLES => {
                let least = if read.just_ended { 0 } else { least.saturating_sub(SLACK) };
                least..=most
            }
            register::WRITE_BYTES if settled => bytes..=bytes,
            register::WRITE_BYTES => 0..=bytes,
            register::READ_BYTES => 0..=(most * u64::from(bus_bytes)).min(job.work.read_bytes),
            _ => 0..=job.work.most(offset, most),
        };
        if !allowed.contains(&u64::from(value)) {
            let allowed = format!("{} to {}", allowed.start(), allowed.end());
            return Err(wrong(&read, &allowed));
        }
        let in_bytes = matches!(offset, register::READ_BYTES | register::WRITE_BYTES);
        if in_bytes && !value.is_multiple_of(bus_bytes) {
            return Err(wrong(&read, "a multiple of the bus width"));
        }
        if settled {
            let index = (offset - register::CYCLES) as usize / 4;
            let before = *job.seen[index].get_or_insert(value);
            if before != value {
                return Err(wrong(&read, &format!("{before}, as before: the job is over")));
            }
        }
        Ok(())
    }
}

fn wrong(read: &Read, expected: &str) -> String {
    format!("the NPU's counter at {:#04x} read {}; expected {expected}", read.offset, read.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(offset: u32, value: u32, cycle: u64) -> Read {
        Read { offset, value, cycle, elapsed: 1, just_ended: false }
    }

    #[test]
    fn a_job_takes_the_cycles_that_were_seen() {
        let mut counters = Counters::default();
        assert!(counters.check(read(register::CYCLES, 1, 10), 8).is_err());
        counters.start(1000, &[], 8);
        assert!(counters.check(read(register::CYCLES, 500, 1500), 8).is_ok());
        assert!(counters.check(read(register::CYCLES, 300, 1500), 8).is_err());
        counters.end(2000);
        assert!(counters.check(read(register::CYCLES, 1010, 9000), 8).is_ok());
        assert!(counters.check(read(register::CYCLES, 1011, 9000), 8).is_err(), "it has changed");
    }

    #[test]
    fn written_bytes_are_the_beats_that_were_seen() {
        let mut counters = Counters::default();
        counters.start(0, &[], 8);
        (0..3).for_each(|_| counters.write_beat());
        assert!(counters.check(read(register::WRITE_BYTES, 16, 50), 8).is_ok());
        counters.end(100);
        assert!(counters.check(read(register::WRITE_BYTES, 16, 500), 8).is_err());
        assert!(counters.check(read(register::WRITE_BYTES, 24, 500), 8).is_ok());
    }

    #[test]
    fn units_without_work_count_nothing() {
        let mut counters = Counters::default();
        counters.start(0, &[], 8);
        counters.end(5000);
        for offset in [register::LOAD_BUSY, register::STORE_WAIT_TOKEN, register::EXEC_WAIT_WEIGHTS]
        {
            assert!(counters.check(read(offset, 0, 9000), 8).is_ok());
            assert!(counters.check(read(offset, 1, 9000), 8).is_err());
        }
        assert!(counters.check(read(register::READ_BYTES, 64, 9000), 8).is_ok());
        let mut counters = Counters::default();
        counters.start(0, &[], 8);
        counters.end(5000);
        assert!(counters.check(read(register::READ_BYTES, 8000, 9000), 8).is_err());
    }
}
