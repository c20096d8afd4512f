//! Networks to programs. Maps stay in the scratchpad, and weights stream through the rest of it:
//!
//! ```text
//!  scratchpad   maps of this and later layers | ring of weights, groups of tiles of channels
//!  parameters   ring of the groups' parameters
//!  accumulators half 0, half 1: blocks alternate
//! ```
//!
//! A stage (a layer, with the add behind it) is cut into blocks: some lines of one tile of D output
//! channels. A block is one or a few EXECs and the STORE of their sums into the output map. Blocks
//! of the next stage start when the rows that they read are stored, which the tokens of
//! [`tokens::List`] see to.

mod blocks;
mod convolution;
mod first;
pub(super) mod footprint;
mod layout;
mod memory;
mod pools;
mod ring;
mod schedule;
mod stage;
mod step;
mod tiles;
mod tokens;
mod weights;

#[cfg(test)]
mod tests;

use systole_isa::Descriptor;

pub use memory::Segment;

use super::{Network, NetworkError, Shape, TensorId};
use crate::NpuShape;
use blocks::{Limits, Place, Target};
use convolution::Lowering;
use first::{Packed, View, plain_loads};
use layout::{Layout, Map};
use memory::Image;
use schedule::Schedule;
use stage::{Kind, Stage, stages};
use step::{Step, Steps};

/// What was planned for a layer, with the add that it took over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LayerRecord {
    /// Name of the layer that makes the output.
    pub name: String,
    /// Map that it makes.
    pub output: TensorId,
    /// Map that the add takes as it lies there; the other operand is computed here.
    pub residual: Option<TensorId>,
    /// Multiplications that the network asks for.
    pub macs: u64,
    /// Index of the first descriptor.
    pub first: usize,
    /// Index of the last descriptor; loads of weights for later layers may lie between.
    pub last: usize,
}

/// A job that computes a network once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Program {
    /// The list.
    pub descriptors: Vec<Descriptor>,
    /// Address of the list, for the doorbell.
    pub list: u32,
    /// What has to be in memory: weights, parameters, tables and the list.
    pub segments: Vec<Segment>,
    /// Where the input goes: int8, NHWC without gaps.
    pub input: u32,
    /// Its size.
    pub input_shape: Shape,
    /// Where the output comes: int8, NHWC without gaps.
    pub output: u32,
    /// Its size.
    pub output_shape: Shape,
    /// First address that is not used.
    pub end: u32,
    /// What was planned.
    pub layers: Vec<LayerRecord>,
}

/// Plans `network` on an NPU of `shape`, with everything in memory from `base` on.
///
/// # Errors
/// When the network is not consistent, a size is more than a descriptor holds, or the maps or
/// weights do not fit the NPU's memories.
pub fn plan_network(
    shape: &NpuShape,
    network: &Network,
    base: u32,
) -> Result<Program, NetworkError> {
    network.check()?;
    let stages = stages(network);
    for stage in &stages {
        check(shape, network, stage)?;
    }
    let mut image = Image::new(base, shape.bus_bytes.max(32));
    let (input_shape, output_shape) = (network.shape(network.input), network.shape(network.output));
    let input = image.reserve(input_shape.len() as u32);
    let output = image.reserve(output_shape.len() as u32);
    let mut planner = Planner::new(shape, network, &stages, (input, output))?;
    let steps = stages.iter().enumerate().map(|(i, stage)| planner.stage(i, stage));
    let steps = steps.collect::<Result<Vec<_>, _>>()?;
    let steps = planner.layout.rows.iter().copied().zip(steps).collect();
    let schedule = Schedule::new(shape, &mut image);
    let (starts, descriptors) = schedule.run(steps).map_err(|stage| {
        let reason = "its weights or parameters do not fit beside the maps";
        NetworkError::new(&stages[stage].name, reason)
    })?;
    let bytes: Vec<u8> = descriptors.iter().flat_map(Descriptor::to_bytes).collect();
    let list = image.place(&bytes);
    let ends = starts.iter().skip(1).copied().chain([descriptors.len()]);
    let layers =
        stages.iter().zip(starts.iter().zip(ends)).map(|(stage, (&first, end))| LayerRecord {
            name: stage.name.clone(),
            output: stage.output,
            residual: stage.residual.as_ref().map(|residual| residual.0),
            macs: stage.macs,
            first,
            last: end - 1,
        });
    Ok(Program {
        layers: layers.collect(),
        list,
        end: image.end(),
        segments: image.segments,
        descriptors,
        input,
        input_shape,
        output,
        output_shape,
    })
}

/// Sizes that descriptors have no room for.
fn check(shape: &NpuShape, network: &Network, stage: &Stage) -> Result<(), NetworkError> {
    let fault = |reason: &str| Err(NetworkError::new(&stage.name, reason));
    let large = |id: TensorId| network.shape(id).pixels() > 0xffff;
    if large(stage.input) || large(stage.output) {
        return fault("a map has more than 65535 pixels");
    }
    if stage.residual.is_some() && shape.dim < 4 {
        return fault("an add needs an array side of 4 or more");
    }
    match &stage.kind {
        Kind::Convolution(c) if c.stride.iter().any(|&s| s > 4) => fault("a stride is more than 4"),
        Kind::Maximum(p) if p.stride.iter().any(|&s| s > 4) => fault("a stride is more than 4"),
        Kind::Maximum(p) if p.kernel.iter().chain(&p.pads).any(|&s| s > 7) => {
            fault("a side of the kernel or a pad is more than 7")
        }
        _ => Ok(()),
    }
}

struct Planner<'a> {
    shape: &'a NpuShape,
    network: &'a Network,
    layout: Layout,
    /// The first stage's input, where it is packed.
    packed: Option<Packed<'a>>,
    /// Whether the input's loads are still to come.
    loads_due: bool,
    input: u32,
    output: u32,
    /// The last stage stores to memory.
    direct: bool,
}

impl<'a> Planner<'a> {
    fn new(
        shape: &'a NpuShape,
        network: &'a Network,
        stages: &'a [Stage],
        (input, output): (u32, u32),
    ) -> Result<Self, NetworkError> {
        let reads = |s: &Stage| {
            let residual = s.residual.as_ref().is_some_and(|r| r.0 == network.input);
            usize::from(s.input == network.input) + usize::from(residual)
        };
        let readers: usize = stages.iter().map(reads).sum();
        let direct = stages.iter().all(|s| !s.reads(network.output))
            && stages.iter().any(|s| {
                s.output == network.output
                    && s.residual.is_none()
                    && !matches!(s.kind, Kind::Maximum(_))
            });
        let packed = match stages.first() {
            Some(Stage { kind: Kind::Convolution(c), input, output, .. })
                if *input == network.input && readers == 1 =>
            {
                let sizes = (network.shape(*input), network.shape(*output));
                Packed::choose(shape, c, sizes, !direct || *output != network.output)
            }
            _ => None,
        };
        let outside = [network.output];
        let outside: &[TensorId] = if direct { &outside } else { &[] };
        let first = packed.as_ref().map(|packed| packed.view().map);
        let layout = Layout::new(shape, network, stages, first, outside)?;
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
        let target = Target { place, residual };
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
            (Kind::Maximum(_), Place::Memory(_)) => {
                return Err(NetworkError::new(&stage.name, "a pool has no place to go"));
            }
        };
        steps.steps.splice(0..0, loads.into_iter().map(Step::Load));
        if let (true, Place::Map(map)) = (is_output, place) {
            steps.steps.extend(pools::copy_out(&map, self.output).steps);
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
        let table = stage.residual.as_ref().map(|(_, add)| {
            let entries = add.table.iter().chain([&add.factor]);
            entries.flat_map(|entry| entry.to_le_bytes()).collect()
        });
        let mut packed = self.packed.take();
        let view = match &packed {
            Some(packed) => View { map, ..packed.view() },
            None => View::plain(map, convolution),
        };
        let output = self.network.shape(stage.output);
        let last = stage.output == self.network.output;
        let weight_sets = convolution.weight_sets();
        let lowering = Lowering {
            limits,
            convolution,
            weight_sets,
            view,
            packed: packed.is_some(),
            output,
            target,
            table,
            last,
        };
        let address = self.input;
        let steps = match &mut packed {
            Some(packed) => lowering.steps(Some(&mut |lines| packed.loads(&map, address, lines))),
            None => lowering.steps(None),
        };
        steps.ok_or_else(|| {
            let reason = "a line of its output does not fit half of the accumulators";
            NetworkError::new(&stage.name, reason)
        })
    }
}
