//! What each layer of a job takes.
//!
//! LOAD, EXEC and STORE overlap, and LOAD works ahead for later layers, so no cycle belongs to one
//! layer alone. But layers end one after the other: a layer has ended when all EXECs and STOREs of
//! the list up to its last descriptor are complete, and the last layer when the job has. A layer's
//! cycles are those from the end of the layer in front of it (of the first: from the first cycle of
//! the job) to its own end. So they add up to the whole. Layers that overlap count what they share
//! for the earlier one, in plans that stream maps, too: there the list has one layer behind the other
//! as well, and only LOADs come early. The last STORE of a layer may take longer where the next layer
//! already computes beside it, out of the same scratchpad: the next layer's count is then as much
//! shorter. The few cycles from the last answer of the bus to the end of the job are the last layer's.

use std::ops::Range;

use systole_isa::{Descriptor, Destination, Unit};

use super::work::Work;
use super::{Planned, Timing};

/// What keeps a layer from being faster.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// The array, or STORE with requantisation, adds and pools.
    Compute,
    /// The bus: weights, input and descriptors that come over it.
    Bus,
    /// Neither is busy for half of the time: latency, tokens, short descriptors.
    Configuration,
}

impl Limit {
    /// Name in tables and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Compute => "compute",
            Self::Bus => "bus",
            Self::Configuration => "configuration",
        }
    }
}

/// What a layer takes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cost {
    /// Clock cycles of the RTL; `None` if they were not measured.
    pub cycles: Option<u64>,
    /// When it ran on the RTL, in cycles of the job: from the begin of its first EXEC or STORE to its
    /// end. It may begin before the layer in front of it has ended.
    pub span: Option<Range<u64>>,
    /// Clock cycles that the planner expects.
    pub predicted: u64,
    /// What it waits for.
    pub limit: Limit,
}

/// What all layers take.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Costs {
    /// By layer.
    pub layers: Vec<Cost>,
    /// Clock cycles of the RTL for the whole job; `None` if they were not measured.
    pub cycles: Option<u64>,
    /// Clock cycles that the planner expects.
    pub predicted: u64,
}

impl Costs {
    /// What the planner expects.
    pub fn predicted(planned: &Planned) -> Self {
        let expected = Timing::expected(planned);
        let cost = |of: Part| Cost {
            cycles: None,
            span: None,
            predicted: of.window.end - of.window.start,
            limit: of.limit,
        };
        let layers = parts(planned, &expected).into_iter().map(cost).collect();
        Self { layers, cycles: None, predicted: expected.cycles }
    }

    /// Adds what a run of the RTL took.
    pub fn measure(&mut self, planned: &Planned, timing: &Timing) {
        for (cost, of) in self.layers.iter_mut().zip(parts(planned, timing)) {
            cost.cycles = Some(of.window.end - of.window.start);
            cost.span = Some(of.start..of.window.end);
            cost.limit = of.limit;
        }
        self.cycles = Some(timing.cycles);
    }
}

/// A layer's part of a job, in clock cycles.
pub(super) struct Part {
    /// From the end of the layer in front of it to its own.
    pub window: Range<u64>,
    /// Begin of its first EXEC or STORE.
    pub start: u64,
    limit: Limit,
}

/// The layers' parts of a job that ran as `timing` tells.
pub(super) fn parts(planned: &Planned, timing: &Timing) -> Vec<Part> {
    let descriptors = &planned.program.descriptors;
    let busy: Vec<[u64; 3]> = busy(planned, timing);
    let is_own = |index: usize| descriptors[index].unit() != Some(Unit::Load);
    let (mut parts, mut first, mut before) = (Vec::new(), 0, 0);
    for (number, layer) in planned.layers.iter().enumerate() {
        let own = || (first..=layer.last).filter(|&index| is_own(index));
        let start = own().map(|index| timing.spans[index].start).min().unwrap_or(before);
        let end = own().map(|index| timing.spans[index].end).max().unwrap_or(0).max(before);
        let is_last = number + 1 == planned.layers.len();
        let window = before..if is_last { timing.cycles.max(end) } else { end };
        let busy = busy[first..=layer.last].iter();
        let busy = busy.fold([0; 3], |sums, of| [0, 1, 2].map(|unit| sums[unit] + of[unit]));
        let limit = limit(busy, window.end - window.start);
        parts.push(Part { window, start, limit });
        (first, before) = (layer.last + 1, end);
    }
    parts
}

/// Cycles that each descriptor keeps the bus, the array and STORE busy. A STORE to memory waits for
/// the answer, so only its beats count.
fn busy(planned: &Planned, timing: &Timing) -> Vec<[u64; 3]> {
    let descriptors = &planned.program.descriptors;
    let spans = descriptors.iter().zip(timing.apart(descriptors));
    let busy = spans.map(|(descriptor, span)| {
        let work = Work::of(&planned.shape, descriptor);
        let store = if stays_inside(descriptor) { span.end - span.start } else { 0 };
        [work.beats, work.waves, store]
    });
    busy.collect()
}

/// Whether it is a STORE to the scratchpad.
fn stays_inside(descriptor: &Descriptor) -> bool {
    matches!(descriptor, Descriptor::Store(_, store)
        if matches!(store.destination, Destination::Scratchpad { .. }))
}

/// What limits a layer of so many cycles, whose descriptors keep bus, EXEC and STORE busy so long.
fn limit([bus, exec, store]: [u64; 3], cycles: u64) -> Limit {
    let compute = exec.max(store);
    if 2 * compute.max(bus) < cycles {
        Limit::Configuration
    } else if compute >= bus {
        Limit::Compute
    } else {
        Limit::Bus
    }
}

/// Multiply-accumulates done of those that the array could have done.
pub fn utilisation(macs: u64, cycles: u64, dim: u32) -> f64 {
    macs as f64 / (cycles.max(1) * u64::from(dim * dim)) as f64
}

#[cfg(test)]
mod tests {
    use systole_chip::ChipConfig;

    use super::{Costs, Limit, limit};
    use crate::infer::{Planned, Timing};

    #[test]
    fn the_busier_unit_is_the_limit_if_it_is_busy() {
        assert_eq!(limit([90, 40, 10], 100), Limit::Bus);
        assert_eq!(limit([40, 90, 10], 100), Limit::Compute);
        assert_eq!(limit([10, 0, 60], 100), Limit::Compute);
        assert_eq!(limit([40, 49, 10], 100), Limit::Configuration);
    }

    fn planned() -> Planned {
        let onnx = include_bytes!("../../../../sw/models/digits/resnet_qop_s8s8_pc.onnx");
        let network = systole_import::read(onnx).expect("the model is supported");
        let config = ChipConfig::preset("edge").expect("a preset");
        Planned::new(&network, &config).expect("it fits")
    }

    #[test]
    fn layers_add_up_to_the_whole_and_the_last_has_its_end() {
        let planned = planned();
        let expected = Timing::expected(&planned);
        let late = Timing { cycles: expected.cycles + 7, ..expected.clone() };
        let mut costs = Costs::predicted(&planned);
        costs.measure(&planned, &late);
        assert_eq!(costs.cycles, Some(costs.predicted + 7));
        let mut end = 0;
        for (index, cost) in costs.layers.iter().enumerate() {
            let more = if index + 1 == costs.layers.len() { 7 } else { 0 };
            assert_eq!(cost.cycles, Some(cost.predicted + more));
            let span = cost.span.clone().expect("it was measured");
            end += cost.predicted + more;
            assert_eq!(span.end, end);
            assert!(span.start < span.end);
        }
        assert_eq!(end, late.cycles);
    }
}
