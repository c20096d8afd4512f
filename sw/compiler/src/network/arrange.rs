//! Data that is moved and not computed: concatenation, padding, slices, nearest-neighbour resizing,
//! depth to space.

use super::{Network, Shape, TensorId};

/// A map that is put together of pieces of others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arrange {
    /// Where no piece is.
    pub fill: i8,
    /// At least one; no two have a place in common.
    pub pieces: Vec<Piece>,
}

/// A box of a map, and where it goes. Triples are lines, pixels and channels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Piece {
    /// The map that it is from.
    pub source: TensorId,
    /// Elements that are copied along each axis.
    pub size: [u32; 3],
    /// The first of them in the source.
    pub from: [u32; 3],
    /// From one to the next in the source.
    pub step: [u32; 3],
    /// Where the first one goes.
    pub to: [u32; 3],
    /// From one to the next in the output.
    pub spread: [u32; 3],
}

impl Piece {
    /// A whole map of `shape`, with its first element at `to`.
    pub fn whole(source: TensorId, shape: Shape, to: [u32; 3]) -> Self {
        let size = [shape.height, shape.width, shape.channels];
        Self { source, size, from: [0; 3], step: [1; 3], to, spread: [1; 3] }
    }

    /// Whether what lies at these places is within a map.
    fn fits(first: [u32; 3], step: [u32; 3], size: [u32; 3], shape: Shape) -> bool {
        let sides = [shape.height, shape.width, shape.channels];
        (0..3).all(|axis| {
            let last = u64::from(step[axis]) * (u64::from(size[axis]).max(1) - 1);
            size[axis] > 0 && step[axis] > 0 && last + u64::from(first[axis]) < sides[axis].into()
        })
    }

    /// Index in the source and in the output of every element.
    fn places(&self, from: Shape, to: Shape) -> impl Iterator<Item = (usize, usize)> {
        let piece = *self;
        let index = |first: [u32; 3], step: [u32; 3], at: [u32; 3], shape: Shape| {
            let [y, x, c] = [0, 1, 2].map(|axis| (first[axis] + step[axis] * at[axis]) as usize);
            (y * shape.width as usize + x) * shape.channels as usize + c
        };
        let [height, width, channels] = self.size;
        let pixels = (0..height).flat_map(move |y| (0..width).map(move |x| (y, x)));
        pixels.flat_map(move |(y, x)| {
            (0..channels).map(move |c| {
                let at = [y, x, c];
                (index(piece.from, piece.step, at, from), index(piece.to, piece.spread, at, to))
            })
        })
    }
}

impl Arrange {
    /// The maps that it reads, each once, in the order of their first pieces.
    pub fn sources(&self) -> Vec<TensorId> {
        let mut sources = Vec::new();
        for piece in &self.pieces {
            if !sources.contains(&piece.source) {
                sources.push(piece.source);
            }
        }
        sources
    }

    /// Whether all pieces are within their maps, and apart.
    pub(super) fn check(&self, network: &Network, output: Shape) -> Result<(), &'static str> {
        if self.pieces.is_empty() {
            return Err("no piece of any map is copied");
        }
        let mut taken = vec![false; output.len()];
        for piece in &self.pieces {
            let source = network.shape(piece.source);
            if !Piece::fits(piece.from, piece.step, piece.size, source)
                || !Piece::fits(piece.to, piece.spread, piece.size, output)
            {
                return Err("a piece is not within its map");
            }
            for (_, to) in piece.places(source, output) {
                if std::mem::replace(&mut taken[to], true) {
                    return Err("two pieces go to the same place");
                }
            }
        }
        Ok(())
    }

    /// The output, of maps whose values `of` gives.
    pub(super) fn apply<'a>(
        &self,
        network: &Network,
        output: Shape,
        of: impl Fn(TensorId) -> &'a [i8],
    ) -> Vec<i8> {
        let mut y = vec![self.fill; output.len()];
        for piece in &self.pieces {
            let x = of(piece.source);
            for (from, to) in piece.places(network.shape(piece.source), output) {
                y[to] = x[from];
            }
        }
        y
    }
}
