//! Whether a network is consistent.

use super::{Convolution, Layer, Network, NetworkError, Operation, Shape};

impl Network {
    /// Checks that indices, sizes and counts agree, so that later passes may rely on them.
    ///
    /// # Errors
    /// The first layer that is not consistent.
    pub fn check(&self) -> Result<(), NetworkError> {
        let mut made = vec![false; self.tensors.len()];
        let fault = |name: &str, reason: &str| Err(NetworkError::new(name, reason));
        for tensor in &self.tensors {
            let Shape { height, width, channels } = tensor.shape;
            let large = [height, width, channels].iter().any(|&size| size == 0 || size > 4095);
            if large {
                return fault(&tensor.name, "a side or the channels are not 1 to 4095");
            }
        }
        match made.get_mut(self.input) {
            Some(input) => *input = true,
            None => return fault("input", "there is no such tensor"),
        }
        for layer in &self.layers {
            if layer.reads().any(|id| made.get(id) != Some(&true)) {
                return fault(&layer.name, "reads a tensor that no earlier layer makes");
            }
            if made.get(layer.output) != Some(&false) {
                return fault(&layer.name, "makes a tensor that is there already");
            }
            self.check_layer(layer).map_err(|reason| NetworkError::new(&layer.name, reason))?;
            made[layer.output] = true;
        }
        if made.get(self.output) != Some(&true) || self.output == self.input {
            return fault("output", "no layer makes it");
        }
        Ok(())
    }

    fn check_layer(&self, layer: &Layer) -> Result<(), &'static str> {
        let (input, output) = (self.shape(layer.input), self.shape(layer.output));
        match &layer.operation {
            Operation::Convolution(c) => check_convolution(c, input, output),
            Operation::GlobalAveragePool(pool) => {
                let r = &pool.requantise;
                if output != Shape::flat(input.channels) {
                    return Err("the mean is not one pixel with the input's channels");
                }
                if r.bias.len() != 1 || r.multiplier.len() != 1 {
                    return Err("a mean has one bias and one multiplier");
                }
                Ok(())
            }
            Operation::MaxPool(p) => {
                let sizes = [p.kernel[0], p.kernel[1], p.stride[0], p.stride[1]];
                if sizes.contains(&0) {
                    return Err("a side of the kernel or a stride is 0");
                }
                if output.channels != input.channels {
                    return Err("a pool does not change the channels");
                }
                let sizes = [(input.height, output.height), (input.width, output.width)];
                if (0..2).any(|axis| {
                    (sizes[axis].1 - 1) * p.stride[axis] >= sizes[axis].0 + p.pads[axis]
                }) {
                    return Err("a window lies behind the map");
                }
                Ok(())
            }
            Operation::Add(add) => {
                if input != output || self.shape(add.other) != output {
                    return Err("the operands of an add have different shapes");
                }
                Ok(())
            }
            Operation::Arrange(arrange) => {
                if arrange.pieces.first().is_some_and(|piece| piece.source != layer.input) {
                    return Err("its input is not that of its first piece");
                }
                arrange.check(self, output)
            }
            Operation::Table(_) if input != output => {
                Err("a function of each element does not change the shape")
            }
            Operation::Table(_) => Ok(()),
        }
    }
}

fn check_convolution(c: &Convolution, input: Shape, output: Shape) -> Result<(), &'static str> {
    let sides = [c.kernel[0], c.kernel[1], c.stride[0], c.stride[1]];
    if sides.iter().any(|&side| side == 0 || side > 4095) || c.pads.iter().any(|&p| p > 4095) {
        return Err("a side of the kernel, a stride or a pad is out of range");
    }
    for (axis, (from, to)) in
        [(input.height, output.height), (input.width, output.width)].into_iter().enumerate()
    {
        let padded = from + c.pads[axis] + c.pads[axis + 2];
        if padded < c.kernel[axis] || (padded - c.kernel[axis]) / c.stride[axis] + 1 != to {
            return Err("the size of the output does not follow from that of the input");
        }
    }
    let taps = (c.kernel[0] * c.kernel[1]) as usize;
    let of_channel = if c.depthwise { 1 } else { input.channels as usize };
    if c.depthwise && input.channels != output.channels {
        return Err("a depthwise convolution does not change the channels");
    }
    if c.weights.len() != output.channels as usize * taps * of_channel {
        return Err("the number of weights does not follow from the shapes");
    }
    if c.weights.iter().any(|w| !(-255..=255).contains(w)) {
        return Err("a weight is not the difference of two uint8 numbers");
    }
    let r = &c.requantise;
    if r.bias.len() != output.channels as usize || r.multiplier.len() != r.bias.len() {
        return Err("there is not one bias and one multiplier for each output channel");
    }
    Ok(())
}
