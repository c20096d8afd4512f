//! How long a program takes, from what each unit needs for a descriptor and from the tokens. It is
//! meant for choosing between plans; what a job really takes is the RTL's to tell.

use systole_isa::{Descriptor, Unit};

use super::sequential;
use super::timeline::Timeline;
use crate::NpuShape;

/// An estimate, in clock cycles.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Estimate {
    /// From the start to the end of the last descriptor.
    pub total: u64,
    /// Of these, each unit's busy cycles: LOAD, EXEC, STORE.
    pub busy: [u64; 3],
    /// Start and end of each descriptor.
    pub spans: Vec<(u64, u64)>,
}

/// Estimates a list of descriptors.
pub fn estimate(shape: &NpuShape, descriptors: &[Descriptor]) -> Estimate {
    if shape.sequential {
        return one_after_the_other(descriptors);
    }
    let mut timeline = Timeline::new(shape);
    let mut spans = Vec::new();
    // When the tokens `[from][to]` were given, first the next one to take.
    let mut given: [[Vec<u64>; 3]; 3] = Default::default();
    let mut taken = [[0usize; 3]; 3];
    for descriptor in descriptors {
        let (Some(unit), Some(header)) = (descriptor.unit(), descriptor.header()) else { continue };
        let unit = unit as usize;
        let mut tokens = 0;
        for from in Unit::ALL.map(|unit| unit as usize) {
            if header.wait >> from & 1 == 1 {
                let at = given[from][unit].get(taken[from][unit]).copied().unwrap_or(0);
                taken[from][unit] += 1;
                tokens = at.max(tokens);
            }
        }
        let span = timeline.push(descriptor, tokens);
        for to in Unit::ALL.map(|unit| unit as usize) {
            if header.signal >> to & 1 == 1 {
                given[unit][to].push(span.1);
            }
        }
        spans.push(span);
    }
    let total = spans.iter().map(|span| span.1).max().unwrap_or(0);
    Estimate { total, busy: timeline.busy(), spans }
}

/// The estimate of a sequential NPU.
fn one_after_the_other(descriptors: &[Descriptor]) -> Estimate {
    let mut estimate = Estimate { total: 0, busy: [0; 3], spans: Vec::new() };
    for descriptor in descriptors {
        let Some(unit) = descriptor.unit() else { continue };
        let (start, cycles) = (estimate.total, sequential::cycles(descriptor));
        estimate.total += cycles;
        estimate.busy[unit as usize] += cycles;
        estimate.spans.push((start, estimate.total));
    }
    estimate
}
