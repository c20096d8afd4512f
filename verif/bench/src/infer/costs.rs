//! What each layer of a job takes.
//!
//! LOAD, EXEC and STORE overlap, and LOAD works ahead for later layers, so no cycle belongs to one
//! layer alone. A layer's cycles are what the job takes longer with the layer than without it: the
//! job that ends behind the layer's last descriptor, less the job that ends behind the layer before.
//! Each is run from reset and counted by the NPU's own counter, so the cycles are exact, nothing is
//! added to the job, and the layers add up to the whole. The planner's prediction is taken in the
//! same way.

use systole_compiler::network::estimate;

use super::{Failure, Job, Planned, Runner};

/// What keeps a layer from being faster.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// The array, or STORE with requantisation, adds and pools.
    Compute,
    /// LOAD: weights and input that come over the bus.
    Bus,
    /// Neither is busy for half of the time: latency, tokens, the fetch of descriptors.
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
        let mut before = 0;
        for (index, layer) in planned.layers.iter().enumerate() {
            progress(index);
            job.cut(layer.last);
            let Some(counters) = runner.count(job)? else { return Ok(()) };
            let cycles = counters.cycles.max(before);
            self.layers[index].cycles = Some(cycles - before);
            before = cycles;
        }
        self.cycles = Some(before);
        Ok(())
    }
}

/// `busy` are cycles of LOAD, EXEC and STORE.
fn limit([load, exec, store]: [u64; 3], cycles: u64) -> Limit {
    let compute = exec.max(store);
    if 2 * compute.max(load) < cycles {
        Limit::Configuration
    } else if compute >= load {
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
