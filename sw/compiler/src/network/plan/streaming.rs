//! Plans of networks whose maps do not fit the scratchpad: larger maps lie in memory and pass through
//! the scratchpad a few lines at a time, stage by stage; smaller ones stay, as in [`super::resident`].
//!
//! ```text
//!  scratchpad   small maps | slots of this stage and of the next | ring of weights
//! ```

use super::arrange;
use super::blocks::{Limits, Place, Target};
use super::convolution::Lowering;
use super::cut::{Cut, Demand};
use super::first::{Packed, plain_loads};
use super::homes::{Homes, homes};
use super::layout::{Layout, has_depthwise_mode};
use super::memory_map::{MemoryMap, Order};
use super::share::Share;
use super::stage::{Kind, Stage};
use super::step::{Step, Steps};
use super::streamed::Stream;
use super::{Assembly, pools, streamed_pools};
use crate::NpuShape;
use crate::network::{Convolution, Network, NetworkError, Shape, TensorId};

/// The steps of all stages, each with the rows of the scratchpad that maps have from it on. Maps in
/// memory get their room in `assembly`.
///
/// # Errors
/// When a line of a map does not fit, with its stage.
pub fn plan(
    shape: &NpuShape,
    network: &Network,
    stages: &[Stage],
    Share { outside, rows }: &Share,
    assembly: &mut Assembly,
) -> Result<Vec<(u32, Steps)>, NetworkError> {
    let for_maps = NpuShape { scratchpad_rows: *rows, ..*shape };
    let mut cutting = Cutting::new(shape, &for_maps, network, stages, outside)?;
    let ends = (&mut assembly.image, assembly.input, assembly.output);
    let homes = homes(shape.dim, network, stages, |id| outside.contains(&id), ends);
    let mut steps = Vec::new();
    for (index, stage) in stages.iter().enumerate() {
        let later = &stages[index..];
        let streams = later.iter().any(|stage| outside.iter().any(|&id| stage.touches(id)));
        let rows = if streams { *rows } else { cutting.layout.rows[index] };
        steps.push((rows, cutting.steps(index, stage, &homes, assembly)?));
    }
    Ok(steps)
}

/// Where each stage is cut.
struct Cutting<'a> {
    limits: Limits,
    network: &'a Network,
    layout: Layout,
    /// The first stage's input, where it is packed.
    packed: Option<Packed<'a>>,
    /// Rows of the scratchpad for maps.
    rows: u32,
    /// By stage; `None` for a mean, and where the input is packed.
    cuts: Vec<Option<Cut>>,
}

impl<'a> Cutting<'a> {
    fn new(
        shape: &NpuShape,
        for_maps: &'a NpuShape,
        network: &'a Network,
        stages: &'a [Stage],
        outside: &[TensorId],
    ) -> Result<Self, NetworkError> {
        let rows = for_maps.scratchpad_rows;
        let kept = stages.first().is_some_and(|first| !outside.contains(&first.output));
        let packed = Packed::of_network(for_maps, network, stages, kept)
            .filter(|_| stages[0].residual.is_none());
        let first = packed.as_ref().map(|packed| packed.view().map);
        let layout = Layout::new(for_maps, network, stages, first, outside)?;
        let limits = Limits { shape: *shape, ring_rows: shape.scratchpad_rows - rows };
        let mut cutting = Self { limits, network, layout, packed, rows, cuts: Vec::new() };
        for (index, stage) in stages.iter().enumerate() {
            let cut = cutting.cut(index, stage, outside)?;
            cutting.cuts.push(cut);
        }
        Ok(cutting)
    }

    fn cut(
        &self,
        index: usize,
        stage: &Stage,
        outside: &[TensorId],
    ) -> Result<Option<Cut>, NetworkError> {
        let fault = |reason: &str| NetworkError::new(&stage.name, reason);
        let form = self.layout.forms[stage.input];
        let dim = self.limits.dim();
        let rows = self.rows - self.layout.rows[index];
        let (window, products) = match &stage.kind {
            Kind::Mean(_) => {
                let fits = form.plane_step <= rows || !outside.contains(&stage.input);
                return fits
                    .then_some(None)
                    .ok_or_else(|| fault("a plane of its input does not fit"));
            }
            Kind::Convolution(_) if index == 0 && self.packed.is_some() => return Ok(None),
            Kind::Convolution(c) => {
                ((c.kernel[0], c.stride[0]), products(stage, c, dim, form.shape))
            }
            Kind::Maximum(pool) => ((pool.kernel[0], pool.stride[0]), 0),
            Kind::Arrange(_) => return Ok(None),
        };
        let adds = stage.residual.as_ref().is_some_and(|r| outside.contains(&r.0));
        let line_rows = form.planes(dim) * form.pitch;
        let demand = Demand {
            output: self.network.shape(stage.output),
            height: form.shape.height,
            line_rows: if outside.contains(&stage.input) { line_rows } else { 0 },
            window,
            products,
            store_cycles: match &stage.kind {
                Kind::Maximum(pool) => pool.kernel[0] * pool.kernel[1],
                _ => self.limits.shape.requantise_cycles() + u32::from(adds),
            },
            adds,
        };
        if self.limits.lines(demand.output).is_none() {
            return Err(fault("a line of its output does not fit half of the accumulators"));
        }
        let cut = demand.cut(&self.limits, rows);
        cut.map(Some).ok_or_else(|| fault("a line of its maps does not fit the NPU's memories"))
    }

    fn steps(
        &mut self,
        index: usize,
        stage: &Stage,
        homes: &Homes,
        assembly: &Assembly,
    ) -> Result<Steps, NetworkError> {
        let fault = || NetworkError::new(&stage.name, "reads or makes a map that has no place");
        let (maps, forms) = (&self.layout.maps, &self.layout.forms);
        let from = maps[stage.input].unwrap_or(forms[stage.input]);
        let place = match (homes[stage.output], maps[stage.output]) {
            (Some(home), _) => Place::Memory(home),
            (None, map) => Place::Map(map.ok_or_else(fault)?),
        };
        let residual = stage.residual.as_ref().and_then(|r| maps[r.0]);
        let target = Target { place, residual, table: stage.table.is_some() };
        let added = stage.residual.as_ref().and_then(|r| homes[r.0]);
        let mut loads = Vec::new();
        if let (0, None, Some(map)) = (index, &self.packed, &maps[self.network.input]) {
            loads = plain_loads(&self.limits.shape, map, assembly.input);
        }
        let stream = self.cuts[index].map(|cut| {
            let row = self.slots_row(index, cut.rows);
            Stream { input: homes[stage.input], residual: added, cut, row }
        });
        let mut steps = match (&stage.kind, &stream) {
            (Kind::Convolution(c), Some(stream)) => {
                Lowering::new((self.limits, self.network), (stage, c), from, target)
                    .streamed(stream)
            }
            (Kind::Convolution(c), None) => self.packed(c, stage, target, assembly.input)?,
            (Kind::Maximum(pool), Some(stream)) => {
                let to = (&place, self.network.shape(stage.output));
                streamed_pools::maximum(self.limits.dim(), pool, from, stream, to)
            }
            (Kind::Mean(pool), _) => match &homes[stage.input] {
                None => pools::mean(&self.limits, pool, &from, &target),
                Some(input) => {
                    let row = self.layout.rows[index];
                    let most = (self.rows - row) / from.plane_step;
                    let planes = (most / 2).clamp(1, from.planes(self.limits.dim()));
                    let slots = (row, most.min(2), planes);
                    streamed_pools::mean(&self.limits, pool, (input, from), slots, &target)
                }
            },
            (Kind::Arrange(arrange), _) => {
                let sources = arrange.pieces.iter().map(|piece| maps[piece.source]);
                let sources: Vec<_> = sources.collect::<Option<_>>().ok_or_else(fault)?;
                let Place::Map(to) = &place else { return Err(fault()) };
                arrange::steps(&self.limits, arrange, &sources, to)
                    .map_err(|reason| NetworkError::new(&stage.name, reason))?
            }
            (Kind::Maximum(_), None) => return Err(fault()),
        };
        steps.table = stage.table_bytes();
        steps.steps.splice(0..0, loads.into_iter().map(Step::Load));
        if let (true, Place::Map(map)) = (stage.output == self.network.output, place) {
            let (address, order) = (assembly.output, Order::Pixels);
            let to = MemoryMap { address, order, shape: map.shape };
            steps.steps.extend(pools::copy_out(self.limits.dim(), &map, &to).steps);
        }
        Ok(steps)
    }

    /// First row of the slots of a stage, `rows` rows: at the other end than those of the stage
    /// before, so that its input may come while the other still computes.
    fn slots_row(&self, index: usize, rows: u32) -> u32 {
        match index % 2 {
            0 => self.layout.rows[index],
            _ => self.rows - rows,
        }
    }

    /// The first stage, with its input packed.
    fn packed(
        &mut self,
        convolution: &Convolution,
        stage: &Stage,
        target: Target,
        address: u32,
    ) -> Result<Steps, NetworkError> {
        let fault = |reason: &str| NetworkError::new(&stage.name, reason);
        let map = self.layout.maps[stage.input].ok_or_else(|| fault("has no input"))?;
        let mut packed = self.packed.take().ok_or_else(|| fault("has no packed input"))?;
        let of_network = (self.limits, self.network);
        let lowering = Lowering::new(of_network, (stage, convolution), map, target);
        let steps = lowering.packed_steps(&mut packed, map, address);
        steps.ok_or_else(|| fault("a line of its output does not fit half of the accumulators"))
    }
}

/// Tiles of weights that meet each pixel of the output of a stage's convolution over maps of `input`.
fn products(stage: &Stage, c: &Convolution, dim: u32, input: Shape) -> u32 {
    let taps = c.kernel[0] * c.kernel[1];
    let of_tile = match c.depthwise {
        true if has_depthwise_mode(dim, c) => {
            c.kernel[0].div_ceil(systole_isa::Convolution::lines_per_pass(dim))
        }
        true => taps,
        false => taps * input.channels.div_ceil(dim),
    };
    stage.weight_sets * of_tile * (c.requantise.bias.len() as u32).div_ceil(dim)
}
