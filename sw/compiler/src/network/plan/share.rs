//! How maps that do not all fit the scratchpad share it with weights.

use std::ops::Range;

use super::stage::{Kind, Stage};
use super::{Assembly, Program, is_direct, streaming};
use crate::NpuShape;
use crate::network::{Network, NetworkError, TensorId, estimate};

/// A map stays in the scratchpad if it takes at most this part of it.
const SMALL: u32 = 16;
/// Sixteenths of the scratchpad that maps may have; weights have the rest.
const SHARES: Range<u32> = 4..16;

/// What maps have of the scratchpad.
pub struct Share {
    /// The tensors that lie in memory.
    pub outside: Vec<TensorId>,
    /// Rows for the maps that stay, and for the lines of others.
    pub rows: u32,
}

/// A program with its cycles, by estimate.
type Way = Result<(u64, Program), NetworkError>;

/// The fastest program of a network whose maps pass through the scratchpad, by estimate.
///
/// # Errors
/// When a line of a map does not fit whatever maps have, with its stage, or the list is too long.
pub fn fastest(
    shape: &NpuShape,
    network: &Network,
    stages: &[Stage],
    base: u32,
) -> Result<Program, NetworkError> {
    let keep = |small: u32| {
        let outside = outside(shape, network, stages, small);
        let way = |share: u32| {
            let rows = shape.scratchpad_rows * share / 16;
            let share = Share { outside: outside.clone(), rows };
            let mut assembly = Assembly::new(shape, network, base);
            let steps = streaming::plan(shape, network, stages, &share, &mut assembly)?;
            let program = assembly.program(stages, steps)?;
            Ok((estimate(shape, &program.descriptors).total, program))
        };
        let faster = |best: Way, way: Way| match (&best, &way) {
            (Ok(a), Ok(b)) if a.0 <= b.0 => best,
            (Ok(_), Err(_)) => best,
            _ => way,
        };
        SHARES.map(way).reduce(faster).expect("there are shares").map(|(_, program)| program)
    };
    keep(shape.scratchpad_rows / SMALL).or_else(|_| keep(0))
}

/// The tensors that are to lie in memory: those of more than `rows` rows of the scratchpad, and the
/// network's output if it can be stored at once. What is moved, and what it becomes, stays.
fn outside(shape: &NpuShape, network: &Network, stages: &[Stage], rows: u32) -> Vec<TensorId> {
    let is_large = |id: TensorId| {
        let of = network.shape(id);
        of.pixels() * of.channels.div_ceil(shape.dim) > rows
    };
    let moves = |stage: &&Stage| matches!(stage.kind, Kind::Arrange(_));
    let stays = |id: TensorId| stages.iter().filter(moves).any(|stage| stage.touches(id));
    let ids = (0..network.tensors.len()).filter(|&id| !stays(id));
    ids.filter(|&id| is_large(id) || id == network.output && is_direct(network, stages)).collect()
}
