//! Plans of networks whose maps all fit the scratchpad: they stay there, and the weights stream through
//! the rest of it.

use super::arrange;
use super::blocks::{Limits, Place, Target};
use super::convolution::Lowering;
use super::first::{Packed, plain_loads};
use super::is_direct;
use super::layout::{Layout, Map};
use super::memory_map::{MemoryMap, Order};
use super::pools;
use super::stage::{Kind, Stage};
use super::step::{Step, Steps};
use crate::NpuShape;
use crate::network::{Network, NetworkError, TensorId};

/// The steps of all stages, each with the rows of the scratchpad that maps have from it on. The
/// network's input lies at `input`, its output comes to `output`.
///
/// # Errors
/// When the maps do not fit.
pub fn plan(
    shape: &NpuShape,
    network: &Network,
    stages: &[Stage],
    (input, output): (u32, u32),
) -> Result<Vec<(u32, Steps)>, NetworkError> {
    let large = |id: TensorId| network.shape(id).pixels() > 0xffff;
    if let Some(stage) = stages.iter().find(|stage| large(stage.input) || large(stage.output)) {
        return Err(NetworkError::new(&stage.name, "a map has more than 65535 pixels"));
    }
    let mut planner = Resident::new(shape, network, stages, (input, output))?;
    let steps = stages.iter().enumerate().map(|(i, stage)| planner.stage(i, stage));
    let steps = steps.collect::<Result<Vec<_>, _>>()?;
    Ok(planner.layout.rows.iter().copied().zip(steps).collect())
}

/// A plan in which all maps stay in the scratchpad.
struct Resident<'a> {
    shape: &'a NpuShape,
    network: &'a Network,
    layout: Layout,
    /// The first stage's input, where it is packed.
    packed: Option<Packed<'a>>,
    /// Whether the input's loads are still to come.
    loads_due: bool,
    input: u32,
    output: MemoryMap,
    /// The last stage stores to memory.
    direct: bool,
}

impl<'a> Resident<'a> {
    fn new(
        shape: &'a NpuShape,
        network: &'a Network,
        stages: &'a [Stage],
        (input, output): (u32, u32),
    ) -> Result<Self, NetworkError> {
        let direct = is_direct(network, stages);
        let kept = !direct || stages.first().is_none_or(|first| first.output != network.output);
        let packed = Packed::of_network(shape, network, stages, kept);
        let outside = [network.output];
        let outside: &[TensorId] = if direct { &outside } else { &[] };
        let first = packed.as_ref().map(|packed| packed.view().map);
        let layout = Layout::new(shape, network, stages, first, outside)?;
        let size = network.shape(network.output);
        let output = MemoryMap { address: output, order: Order::Pixels, shape: size };
        Ok(Self { shape, network, layout, packed, loads_due: true, input, output, direct })
    }

    fn map(&self, stage: &Stage, id: TensorId) -> Result<Map, NetworkError> {
        self.layout.maps[id]
            .ok_or_else(|| NetworkError::new(&stage.name, "reads a map that has no place"))
    }

    fn stage(&mut self, index: usize, stage: &Stage) -> Result<Steps, NetworkError> {
        let from = self.map(stage, stage.input)?;
        let is_output = stage.output == self.network.output;
        let place = if is_output && self.direct {
            Place::Memory(self.output)
        } else {
            Place::Map(self.map(stage, stage.output)?)
        };
        let residual = stage.residual.as_ref().map(|r| self.map(stage, r.0)).transpose()?;
        let target = Target { place, residual, table: stage.table.is_some() };
        let ring_rows = self.shape.scratchpad_rows - self.layout.rows[index];
        let limits = Limits { shape: *self.shape, ring_rows };
        let mut loads = Vec::new();
        if self.loads_due && self.packed.is_none() {
            loads = plain_loads(self.shape, &self.map(stage, self.network.input)?, self.input);
        }
        self.loads_due = false;
        let mut steps = match (&stage.kind, place) {
            (Kind::Convolution(_), _) => self.convolution(stage, from, limits, target)?,
            (Kind::Mean(pool), _) => pools::mean(&limits, pool, &from, &target),
            (Kind::Maximum(pool), Place::Map(to)) => {
                pools::maximum(self.shape.dim, pool, &from, &to)
            }
            (Kind::Arrange(arrange), Place::Map(to)) => {
                let sources = arrange.pieces.iter().map(|piece| self.map(stage, piece.source));
                let sources = sources.collect::<Result<Vec<_>, _>>()?;
                arrange::steps(&limits, arrange, &sources, &to)
                    .map_err(|reason| NetworkError::new(&stage.name, reason))?
            }
            (Kind::Maximum(_) | Kind::Arrange(_), Place::Memory(_)) => {
                return Err(NetworkError::new(&stage.name, "its map has no place to go"));
            }
        };
        steps.table = stage.table_bytes();
        steps.steps.splice(0..0, loads.into_iter().map(Step::Load));
        if let (true, Place::Map(map)) = (is_output, place) {
            steps.steps.extend(pools::copy_out(self.shape.dim, &map, &self.output).steps);
        }
        Ok(steps)
    }

    fn convolution(
        &mut self,
        stage: &Stage,
        map: Map,
        limits: Limits,
        target: Target,
    ) -> Result<Steps, NetworkError> {
        let Kind::Convolution(convolution) = &stage.kind else { return Ok(Steps::default()) };
        let lowering = Lowering::new((limits, self.network), (stage, convolution), map, target);
        let steps = match &mut self.packed.take() {
            Some(packed) => lowering.packed_steps(packed, map, self.input),
            None => lowering.steps(None),
        };
        steps.ok_or_else(|| {
            let reason = "a line of its output does not fit half of the accumulators";
            NetworkError::new(&stage.name, reason)
        })
    }
}
