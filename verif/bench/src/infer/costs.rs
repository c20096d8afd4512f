//! What each layer of a job takes.
//!
//! LOAD, EXEC and STORE overlap, and LOAD works ahead for later layers, so no cycle belongs to one
//! layer alone. A layer's cycles are what the job takes longer with the layer than without it: the
//! job that ends behind the layer's last descriptor, less the job that ends behind the layer before.
//! Each is run from reset and counted by the NPU's own counter, so the cycles are exact, nothing is
//! added to the job, and the layers add up to the whole. The planner's prediction is taken in the
//! same way.

use systole_compiler::network::estimate;

use super::{Counters, Failure, Job, Planned, Runner};

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
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cost {
    /// Clock cycles of the RTL; `None` if they were not counted.
    pub cycles: Option<u64>,
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
    /// Clock cycles of the RTL for the whole job; `None` if they were not counted.
    pub cycles: Option<u64>,
    /// Clock cycles that the planner expects.
    pub predicted: u64,
}

impl Costs {
    /// What the planner expects.
    pub fn predicted(planned: &Planned) -> Self {
        let mut layers = Vec::new();
        let mut before = (0, [0; 3]);
        for layer in &planned.layers {
            let until = estimate(&planned.shape, &planned.program.descriptors[..=layer.last]);
            let total = until.total.max(before.0);
            let predicted = total - before.0;
            let busy = [0, 1, 2].map(|unit| until.busy[unit].saturating_sub(before.1[unit]));
            layers.push(Cost { cycles: None, predicted, limit: limit(busy, predicted) });
            before = (total, until.busy);
        }
        Self { layers, cycles: None, predicted: before.0 }
    }

    /// Counts the cycles of each layer of `job`, which has an input, on the RTL; nothing on the
    /// golden model. `progress` is told how many layers are done.
    ///
    /// # Errors
    /// When the job does not end as it should.
    pub fn count(
        &mut self,
        planned: &Planned,
        job: &mut Job,
        runner: &mut Runner,
        progress: &mut dyn FnMut(usize),
    ) -> Result<(), Failure> {
        let mut before = Counters::default();
        for (index, layer) in planned.layers.iter().enumerate() {
            progress(index);
            job.cut(layer.last);
            let Some(until) = runner.count(job)? else { return Ok(()) };
            let cycles = until.cycles.saturating_sub(before.cycles);
            let cost = &mut self.layers[index];
            cost.cycles = Some(cycles);
            cost.limit = limit(busy(&before, &until, planned.shape.bus_bytes), cycles);
            before = until;
        }
        self.cycles = Some(before.cycles);
        Ok(())
    }
}

/// Cycles of bus, EXEC and STORE from one end of a job to a later one. A STORE to memory is busy
/// while it waits for the answer, so it does not count.
fn busy(before: &Counters, until: &Counters, bus_bytes: u32) -> [u64; 3] {
    let of = |count: fn(&Counters) -> u64| count(until).saturating_sub(count(before));
    let written = of(|counters| counters.write_bytes);
    let bus = (of(|counters| counters.read_bytes) + written) / u64::from(bus_bytes);
    let store = if written == 0 { of(|counters| counters.store_busy) } else { 0 };
    [bus, of(|counters| counters.exec_busy), store]
}

/// What limits a layer of so many cycles, in which bus or LOAD, EXEC and STORE were busy.
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
    use super::{Limit, limit};

    #[test]
    fn the_busier_unit_is_the_limit_if_it_is_busy() {
        assert_eq!(limit([90, 40, 10], 100), Limit::Bus);
        assert_eq!(limit([40, 90, 10], 100), Limit::Compute);
        assert_eq!(limit([10, 0, 60], 100), Limit::Compute);
        assert_eq!(limit([40, 49, 10], 100), Limit::Configuration);
    }
}
