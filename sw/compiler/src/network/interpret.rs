//! A network computed layer by layer with plain loops: what a program has to give.

use super::{
    Convolution, GlobalAveragePool, MaxPool, Network, NetworkError, Operation, Requantise, Shape,
    TensorId,
};

/// The values of all tensors that were computed, NHWC.
pub struct Values(Vec<Option<Vec<i8>>>);

impl Values {
    /// A tensor's values, if it was computed.
    pub fn get(&self, id: TensorId) -> Option<&[i8]> {
        self.0.get(id)?.as_deref()
    }
}

/// Computes a network on `input` (NHWC).
///
/// # Errors
/// When the network is not consistent or the input has another size.
pub fn interpret(network: &Network, input: &[i8]) -> Result<Values, NetworkError> {
    network.check()?;
    let size = network.shape(network.input).len();
    if input.len() != size {
        let reason = format!("has {} bytes, not {size}", input.len());
        return Err(NetworkError::new("input", reason));
    }
    let mut values = vec![None; network.tensors.len()];
    values[network.input] = Some(input.to_vec());
    for layer in &network.layers {
        let of = |id: TensorId| values[id].as_deref().unwrap_or_default();
        let x = of(layer.input);
        let shapes = (network.shape(layer.input), network.shape(layer.output));
        let y = match &layer.operation {
            Operation::Convolution(c) => convolution(c, x, shapes),
            Operation::GlobalAveragePool(pool) => mean(pool, x, shapes.0),
            Operation::MaxPool(pool) => maxima(pool, x, shapes),
            Operation::Add(add) => {
                x.iter().zip(of(add.other)).map(|(&a, &b)| add.arithmetic.apply(a, b)).collect()
            }
            Operation::Arrange(arrange) => arrange.apply(network, shapes.1, of),
            Operation::Table(table) => x.iter().map(|&q| table.apply(q)).collect(),
        };
        values[layer.output] = Some(y);
    }
    Ok(Values(values))
}

impl Requantise {
    /// The result of channel `c`; a single bias and multiplier serve all channels.
    fn apply(&self, sum: i32, c: usize) -> i8 {
        let of = |len: usize| if len == 1 { 0 } else { c };
        let sum = sum.wrapping_add(self.bias[of(self.bias.len())]);
        let v = sum as f32 * self.multiplier[of(self.multiplier.len())];
        let y = v.round_ties_even() as i64 + i64::from(self.zero_point);
        y.max(self.clamp_min.into()).min(self.clamp_max.into()) as i8
    }
}

fn convolution(c: &Convolution, x: &[i8], (from, to): (Shape, Shape)) -> Vec<i8> {
    let mut y = Vec::with_capacity(to.len());
    let channels = from.channels as usize;
    for oy in 0..to.height {
        for ox in 0..to.width {
            let taps = taps(c, from, (oy, ox));
            for n in 0..to.channels as usize {
                let mut sum = 0i32;
                for (tap, pixel) in taps.iter().enumerate() {
                    let ks = if c.depthwise { n..n + 1 } else { 0..channels };
                    for k in ks {
                        let x = pixel.map_or(c.pad_value, |pixel| x[pixel * channels + k]);
                        let w = if c.depthwise {
                            c.weights[n * taps.len() + tap]
                        } else {
                            c.weights[(n * taps.len() + tap) * channels + k]
                        };
                        sum = sum.wrapping_add(i32::from(x) * i32::from(w));
                    }
                }
                y.push(c.requantise.apply(sum, n));
            }
        }
    }
    y
}

/// The pixels that the taps of an output pixel meet; `None` is outside the map.
fn taps(c: &Convolution, map: Shape, (oy, ox): (u32, u32)) -> Vec<Option<usize>> {
    let inside = |at: u32, pad: u32, size: u32| at.checked_sub(pad).filter(|&at| at < size);
    let mut taps = Vec::new();
    for ky in 0..c.kernel[0] {
        for kx in 0..c.kernel[1] {
            let y = inside(oy * c.stride[0] + ky, c.pads[0], map.height);
            let x = inside(ox * c.stride[1] + kx, c.pads[1], map.width);
            taps.push(y.zip(x).map(|(y, x)| (y * map.width + x) as usize));
        }
    }
    taps
}

fn mean(pool: &GlobalAveragePool, x: &[i8], map: Shape) -> Vec<i8> {
    let channels = map.channels as usize;
    let sum = |c: usize| x.iter().skip(c).step_by(channels).map(|&x| i32::from(x)).sum();
    (0..channels).map(|c| pool.requantise.apply(sum(c), c)).collect()
}

fn maxima(pool: &MaxPool, x: &[i8], (from, to): (Shape, Shape)) -> Vec<i8> {
    let channels = from.channels as usize;
    let span = |at: u32, axis: usize, size: u32| {
        let start = at * pool.stride[axis];
        let end = (start + pool.kernel[axis]).saturating_sub(pool.pads[axis]).min(size);
        start.saturating_sub(pool.pads[axis])..end
    };
    let mut y = Vec::with_capacity(to.len());
    for oy in 0..to.height {
        for ox in 0..to.width {
            for c in 0..channels {
                let lines = span(oy, 0, from.height);
                let pixels = lines
                    .flat_map(|line| span(ox, 1, from.width).map(move |at| line * from.width + at));
                let max = pixels.map(|at| x[at as usize * channels + c]).max();
                y.push(max.unwrap_or(i8::MIN));
            }
        }
    }
    y
}
