//! Which maps lie in memory, and where.

use super::memory::Image;
use super::memory_map::{MemoryMap, Order};
use super::stage::Stage;
use crate::network::{Network, TensorId};

/// By tensor: where it lies in memory, if it does.
pub type Homes = Vec<Option<MemoryMap>>;

/// Gives those tensors places in memory for which `outside` says so. The network's input lies at
/// `input`, its output comes to `output`; the others share the room behind `image`, each from the
/// stage that makes it to the last that reads it.
pub fn homes(
    dim: u32,
    network: &Network,
    stages: &[Stage],
    outside: impl Fn(TensorId) -> bool,
    (image, input, output): (&mut Image, u32, u32),
) -> Homes {
    let mut room = Room::default();
    let mut homes = vec![None; network.tensors.len()];
    let map = |id: TensorId, order, address| MemoryMap { address, order, shape: network.shape(id) };
    for (id, address) in [(network.input, input), (network.output, output)] {
        homes[id] = outside(id).then(|| map(id, Order::Pixels, address));
    }
    for (index, stage) in stages.iter().enumerate() {
        let id = stage.output;
        if outside(id) && homes[id].is_none() {
            let bytes = MemoryMap::bytes(dim, Order::Planes, network.shape(id));
            homes[id] = Some(map(id, Order::Planes, room.place(id, bytes)));
        }
        let later = &stages[index + 1..];
        room.used.retain(|used| later.iter().any(|stage| stage.reads(used.0)));
    }
    let base = image.reserve(room.end);
    for home in homes.iter_mut().flatten().filter(|home| home.order == Order::Planes) {
        home.address += base;
    }
    homes
}

/// Offsets that are given out.
#[derive(Default)]
struct Room {
    /// Tensor, first byte, and the first byte behind it.
    used: Vec<(TensorId, u32, u32)>,
    /// Behind the last byte that was ever used.
    end: u32,
}

impl Room {
    /// The first gap that is large enough.
    fn place(&mut self, id: TensorId, bytes: u32) -> u32 {
        /// Longest burst of any bus: a map that begins with one needs no more.
        const ALIGN: u32 = 1024;
        let bytes = bytes.next_multiple_of(ALIGN);
        let mut start = 0;
        self.used.sort_by_key(|used| used.1);
        for &(_, from, to) in &self.used {
            if start + bytes <= from {
                break;
            }
            start = start.max(to);
        }
        self.used.push((id, start, start + bytes));
        self.end = self.end.max(start + bytes);
        start
    }
}
