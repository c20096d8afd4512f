//! When the descriptors of a job ran.

use std::ops::Range;

use systole_compiler::network::estimate;
use systole_isa::{Descriptor, Unit};
use systole_sim::Pulses;

use super::Planned;

/// When a job and its descriptors ran, in clock cycles from the first cycle of the job.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Timing {
    /// From the first cycle of the job to its end: what the NPU's register `CYCLES` counts.
    pub cycles: u64,
    /// Of each descriptor, in the order of the list: from the cycle in which its unit begins it, with
    /// its tokens, up to the one in which it is complete. A unit may begin a descriptor before the
    /// one in front of it is complete: then their spans overlap.
    pub spans: Vec<Range<u64>>,
}

impl Timing {
    /// What the planner expects.
    pub fn expected(planned: &Planned) -> Self {
        let expected = estimate(&planned.shape, &planned.program.descriptors);
        let spans = expected.spans.iter().map(|&(start, end)| start..end);
        Self { cycles: expected.total, spans: spans.collect() }
    }

    /// From the pulses of the first job that ran, whose list has a descriptor for each of `units`;
    /// `None` if not every one of them has begun and is complete at its end.
    pub(super) fn measured(pulses: &[Pulses], units: &[Unit]) -> Option<Self> {
        let first = pulses.iter().position(|pulse| pulse.job_start == 1)?;
        let pulses = &pulses[first..];
        let length = pulses.iter().position(|pulse| pulse.job_end == 1)?;
        let start = pulses[0].cycle;
        let (mut starts, mut ends) = (<[Vec<u64>; 3]>::default(), <[Vec<u64>; 3]>::default());
        for pulse in &pulses[1..=length] {
            // Pulses of the units come a cycle late: the last may come with the end of the job.
            let at = pulse.cycle - start - 1;
            for unit in 0..3 {
                if pulse.started >> unit & 1 == 1 {
                    starts[unit].push(at);
                }
                if pulse.completed >> unit & 1 == 1 {
                    ends[unit].push(at + 1);
                }
            }
        }
        let (mut spans, mut next) = (Vec::with_capacity(units.len()), [0; 3]);
        for &unit in units {
            let unit = unit as usize;
            spans.push(*starts[unit].get(next[unit])?..*ends[unit].get(next[unit])?);
            next[unit] += 1;
        }
        Some(Self { cycles: pulses[length].cycle - start, spans })
    }

    /// The spans, without what a descriptor shares with the one in front of it in the same unit: of a
    /// unit no two overlap, and each has a cycle at least.
    pub fn apart(&self, descriptors: &[Descriptor]) -> Vec<Range<u64>> {
        let mut before = [0; 3];
        let spans = descriptors.iter().zip(&self.spans).map(|(descriptor, span)| {
            let Some(unit) = descriptor.unit() else { return span.clone() };
            let end = span.end.max(before[unit as usize] + 1);
            let start = span.start.max(before[unit as usize]);
            before[unit as usize] = end;
            start..end
        });
        spans.collect()
    }
}

#[cfg(test)]
mod tests {
    use systole_isa::{Descriptor, Exec, Header, Load, Unit};
    use systole_sim::Pulses;

    use super::Timing;

    fn pulse(cycle: u64, started: u8, completed: u8) -> Pulses {
        Pulses { cycle, started, completed, ..Pulses::default() }
    }

    fn job() -> Vec<Pulses> {
        vec![
            Pulses { job_start: 1, ..pulse(100, 0, 0) },
            pulse(111, 1, 0),
            pulse(121, 3, 0),
            pulse(131, 0, 1),
            pulse(136, 4, 3),
            Pulses { job_end: 1, ..pulse(143, 0, 4) },
        ]
    }

    const UNITS: [Unit; 4] = [Unit::Load, Unit::Load, Unit::Exec, Unit::Store];

    #[test]
    fn pulses_of_a_unit_belong_to_its_descriptors_in_order() {
        let timing = Timing::measured(&job(), &UNITS).expect("a whole job");
        assert_eq!(timing.cycles, 43);
        assert_eq!(timing.spans, [10..31, 20..36, 20..36, 35..43]);
    }

    #[test]
    fn a_job_that_is_cut_short_has_no_timing() {
        let job = job();
        for length in 0..job.len() {
            assert_eq!(Timing::measured(&job[..length], &UNITS), None, "{length}");
        }
        let more = [UNITS.as_slice(), &[Unit::Exec]].concat();
        assert_eq!(Timing::measured(&job, &more), None);
    }

    #[test]
    fn spans_apart_follow_each_other_in_a_unit() {
        let load = Descriptor::Load(Header::default(), Load::default());
        let exec = Descriptor::Exec(Header::default(), Exec::default());
        let timing = Timing { cycles: 60, spans: vec![10..31, 20..36, 20..36, 30..34] };
        let apart = timing.apart(&[load, load, exec, exec]);
        assert_eq!(apart, [10..31, 31..36, 20..36, 36..37]);
    }
}
