//! Networks to programs. If all maps fit the scratchpad they [stay there](resident), and weights stream
//! through the rest of it:
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
//! [`tokens::List`] see to. Larger networks have their maps in memory: [`streaming`], with the
//! [`share`] of the scratchpad that is fastest.

mod arrange;
mod blocks;
mod convolution;
mod cut;
mod fill;
mod first;
pub(super) mod footprint;
mod homes;
mod layout;
mod memory;
mod memory_map;
mod pools;
mod resident;
mod ring;
mod schedule;
mod share;
mod stage;
mod step;
mod streamed;
mod streamed_pools;
mod streamed_weights;
mod streaming;
mod tiles;
mod tokens;
mod weights;

#[cfg(test)]
mod tests;

use systole_isa::Descriptor;

pub use memory::Segment;

use super::{Network, NetworkError, Shape, TensorId};
use crate::NpuShape;
use memory::Image;
use schedule::Schedule;
use stage::{Kind, Stage, stages};
use step::Steps;

/// Descriptors of a job (`docs/npu.md`, `LIST_TOO_LONG`).
const MOST_DESCRIPTORS: usize = 65_536;

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
        check(shape, stage)?;
    }
    let resident = Assembly::new(shape, network, base);
    let (input, output) = (resident.input, resident.output);
    let steps = resident::plan(shape, network, &stages, (input, output));
    if let Ok(program) = steps.and_then(|steps| resident.program(&stages, steps)) {
        return Ok(program);
    }
    share::fastest(shape, network, &stages, base)
}

/// A program in the making.
struct Assembly<'a> {
    shape: &'a NpuShape,
    image: Image,
    input: u32,
    input_shape: Shape,
    output: u32,
    output_shape: Shape,
}

impl<'a> Assembly<'a> {
    /// Room for input and output, from `base` on.
    fn new(shape: &'a NpuShape, network: &Network, base: u32) -> Self {
        let mut image = Image::new(base, shape.bus_bytes.max(32));
        let [input_shape, output_shape] =
            [network.input, network.output].map(|id| network.shape(id));
        let input = image.reserve(input_shape.len() as u32);
        let output = image.reserve(output_shape.len() as u32);
        Self { shape, image, input, input_shape, output, output_shape }
    }

    /// The program of the stages' steps.
    fn program(
        mut self,
        stages: &[Stage],
        steps: Vec<(u32, Steps)>,
    ) -> Result<Program, NetworkError> {
        // What the job writes was given room before its weights.
        let memory = self.input..self.image.end();
        let schedule = Schedule::new(self.shape, &mut self.image, memory);
        let (starts, descriptors) = schedule.run(steps).map_err(|stage| {
            let reason = "its weights or parameters do not fit beside the maps";
            NetworkError::new(&stages[stage].name, reason)
        })?;
        if descriptors.len() > MOST_DESCRIPTORS {
            let reason = format!("{} descriptors, a job has {MOST_DESCRIPTORS}", descriptors.len());
            return Err(NetworkError::new("list", reason));
        }
        let bytes: Vec<u8> = descriptors.iter().flat_map(Descriptor::to_bytes).collect();
        let list = self.image.place(&bytes);
        let ends = starts.iter().skip(1).copied().chain([descriptors.len()]);
        let layer = |(stage, (&first, end)): (&Stage, (&usize, usize))| LayerRecord {
            name: stage.name.clone(),
            output: stage.output,
            residual: stage.residual.as_ref().map(|residual| residual.0),
            macs: stage.macs,
            first,
            last: end - 1,
        };
        Ok(Program {
            layers: stages.iter().zip(starts.iter().zip(ends)).map(layer).collect(),
            list,
            end: self.image.end(),
            segments: self.image.segments,
            descriptors,
            input: self.input,
            input_shape: self.input_shape,
            output: self.output,
            output_shape: self.output_shape,
        })
    }
}

/// Whether the last stage can store the network's output to memory at once: nothing reads it again.
fn is_direct(network: &Network, stages: &[Stage]) -> bool {
    let makes = |s: &Stage| s.output == network.output && s.residual.is_none();
    stages.iter().all(|s| !s.reads(network.output))
        && stages.iter().any(|s| makes(s) && !s.copies())
}

/// Sizes that descriptors have no room for.
fn check(shape: &NpuShape, stage: &Stage) -> Result<(), NetworkError> {
    let fault = |reason: &str| Err(NetworkError::new(&stage.name, reason));
    if (stage.residual.is_some() || stage.table.is_some()) && shape.dim < 4 {
        return fault("an add or a table needs an array side of 4 or more");
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
