//! Where maps lie in the scratchpad, and for how long.

use systole_isa::Convolution as Geometry;

use super::stage::{Kind, Stage};
use crate::NpuShape;
use crate::network::{Convolution, Network, NetworkError, Shape, TensorId};

/// Rows from one chunk of a vector to the next. A STORE needs ten cycles for each, for the sake of
/// its parameters, and a LOAD of weights, which writes a row every cycle, moves on by ten rows, or by
/// nine where it made way for the STORE. With a step of 1 it would then meet the STORE in the same
/// bank every time.
const VECTOR_STEP: u32 = 2;

/// A map in the scratchpad: `[plane][line][pixel]`, a row of D channels each. Of a map that is a
/// ring some lines are there at a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Map {
    /// First row; of a map of which only some lines are there, where its first row would be: modulo
    /// 2^16.
    pub row: u32,
    /// Rows from one line to the next.
    pub pitch: u32,
    /// Rows from one plane of D channels to the next.
    pub plane_step: u32,
    /// Lines that there is room for: line y lies where line y modulo `lines` does.
    pub lines: u32,
    /// Size of the map.
    pub shape: Shape,
}

impl Map {
    /// Planes of D channels.
    pub fn planes(&self, dim: u32) -> u32 {
        self.shape.channels.div_ceil(dim)
    }

    /// Row of the first pixel of a line.
    pub fn line(&self, plane: u32, y: u32) -> u32 {
        self.row.wrapping_add(plane * self.plane_step).wrapping_add(y % self.lines * self.pitch)
    }

    /// Whether lines take the place of earlier ones.
    pub fn is_ring(&self) -> bool {
        self.lines < self.shape.height
    }

    /// Whether lines follow each other without a gap.
    pub fn is_dense(&self) -> bool {
        self.pitch == self.shape.width
    }
}

/// What the stages ask of a map.
#[derive(Clone, Copy, Default, PartialEq)]
struct Wishes {
    /// The pitch has to be odd.
    odd: bool,
    /// Planes have to be a multiple of D rows apart.
    aligned: bool,
}

/// Whether a depthwise convolution can use the array's mode for it.
pub fn has_depthwise_mode(dim: u32, c: &Convolution) -> bool {
    let taps = Geometry::taps_per_line(dim);
    c.depthwise && c.kernel != [1, 1] && c.kernel[1] <= taps && c.pads[1] <= 3
}

/// The maps of all tensors that stay in the scratchpad, and the rows that they take.
pub struct Layout {
    /// By tensor.
    pub maps: Vec<Option<Map>>,
    /// By tensor: how its map would lie, with its first row at 0.
    pub forms: Vec<Map>,
    /// By stage: rows from 0 on that maps use in this stage or a later one.
    pub rows: Vec<u32>,
}

impl Layout {
    /// Places the maps of the stages. `first` is the map that the input is loaded to, with any row;
    /// a tensor that is in `outside` has no map of its own.
    pub fn new(
        shape: &NpuShape,
        network: &Network,
        stages: &[Stage],
        first: Option<Map>,
        outside: &[TensorId],
    ) -> Result<Self, NetworkError> {
        let wishes = wishes(shape.dim, network, stages);
        let mut placer = Placer {
            dim: shape.dim,
            wishes,
            used: Vec::new(),
            layout: Self {
                maps: vec![None; network.tensors.len()],
                forms: Vec::new(),
                rows: Vec::new(),
            },
        };
        let forms = (0..network.tensors.len()).map(|id| placer.map(network, id)).collect();
        placer.layout.forms = forms;
        if first.is_some() || !outside.contains(&network.input) {
            let input = first.unwrap_or(placer.layout.forms[network.input]);
            placer.place(network.input, input);
        }
        for (i, stage) in stages.iter().enumerate() {
            let read_later = |id: TensorId| {
                let later = &stages[i + 1..];
                id == network.output || later.iter().any(|s| s.reads(id))
            };
            let residual = stage.residual.as_ref().map(|r| r.0);
            let free = residual.filter(|&id| !read_later(id) && id != stage.input);
            let own = placer.layout.forms[stage.output];
            match free.and_then(|id| placer.layout.maps[id]) {
                // In place of the map that is added.
                Some(map) if (Map { row: 0, ..map }) == own => {
                    placer.layout.maps[stage.output] = Some(map);
                    placer.rename(residual, stage.output);
                }
                _ if outside.contains(&stage.output) => {}
                _ => placer.place(stage.output, own),
            }
            let ends = placer.used.iter().map(|used| used.end);
            placer.layout.rows.push(ends.max().unwrap_or(0));
            placer.used.retain(|u| u.tensor == stage.output || read_later(u.tensor));
        }
        let mut rows = 0;
        for of_stage in placer.layout.rows.iter_mut().rev() {
            rows = rows.max(*of_stage);
            *of_stage = rows;
        }
        if rows > shape.scratchpad_rows {
            let reason = format!("its maps need {rows} rows, there are {}", shape.scratchpad_rows);
            return Err(NetworkError::new("scratchpad", reason));
        }
        Ok(placer.layout)
    }
}

impl Stage {
    /// Whether it reads a tensor.
    pub fn reads(&self, id: TensorId) -> bool {
        let piece = match &self.kind {
            Kind::Arrange(arrange) => arrange.pieces.iter().any(|piece| piece.source == id),
            _ => false,
        };
        self.input == id || piece || self.residual.as_ref().is_some_and(|r| r.0 == id)
    }

    /// Whether it reads or makes a tensor.
    pub fn touches(&self, id: TensorId) -> bool {
        self.output == id || self.reads(id)
    }
}

/// What is asked of each tensor's map; an operand of an add lies as the sum does.
fn wishes(dim: u32, network: &Network, stages: &[Stage]) -> Vec<Wishes> {
    let mut wishes = vec![Wishes::default(); network.tensors.len()];
    for stage in stages {
        let wish = &mut wishes[stage.input];
        match &stage.kind {
            Kind::Convolution(c) => {
                wish.odd |= Geometry::lines_per_pass(dim) > 1 && has_depthwise_mode(dim, c);
            }
            Kind::Mean(_) => wish.aligned = true,
            Kind::Maximum(_) | Kind::Arrange(_) => {}
        }
    }
    // A chain of adds shares its wishes from the first to the last.
    for _ in stages {
        for stage in stages {
            if let Some((residual, _)) = &stage.residual {
                let (a, b) = (wishes[*residual], wishes[stage.output]);
                let both = Wishes { odd: a.odd || b.odd, aligned: a.aligned || b.aligned };
                wishes[*residual] = both;
                wishes[stage.output] = both;
            }
        }
    }
    wishes
}

struct Used {
    tensor: TensorId,
    start: u32,
    end: u32,
}

struct Placer {
    dim: u32,
    wishes: Vec<Wishes>,
    used: Vec<Used>,
    layout: Layout,
}

impl Placer {
    /// The map of a tensor, at row 0.
    fn map(&self, network: &Network, id: TensorId) -> Map {
        let shape = network.shape(id);
        let wishes = self.wishes[id];
        let pitch = if wishes.odd { shape.width | 1 } else { shape.width };
        let rows = pitch * shape.height;
        let plane_step = match wishes.aligned {
            true => rows.next_multiple_of(self.dim),
            false if shape.pixels() == 1 => VECTOR_STEP,
            false => rows,
        };
        Map { row: 0, pitch, plane_step, lines: shape.height, shape }
    }

    /// Places a map in the first gap that is large enough.
    fn place(&mut self, tensor: TensorId, map: Map) {
        let rows = map.planes(self.dim) * map.plane_step;
        let mut start = 0;
        self.used.sort_by_key(|used| used.start);
        for used in &self.used {
            if start + rows <= used.start {
                break;
            }
            start = start.max(used.end);
        }
        self.used.push(Used { tensor, start, end: start + rows });
        self.layout.maps[tensor] = Some(Map { row: start, ..map });
    }

    fn rename(&mut self, from: Option<TensorId>, to: TensorId) {
        for used in self.used.iter_mut().filter(|used| Some(used.tensor) == from) {
            used.tensor = to;
        }
    }
}
