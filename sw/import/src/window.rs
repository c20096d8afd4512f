//! Kernel, strides and pads of convolutions and pools.

use systole_compiler::network::Shape;

use crate::ImportError;
use crate::node::NodeReader;

/// Why a window has no output.
pub const TOO_LARGE: &str = "the kernel is larger than the padded map";

/// Geometry of a sliding window. Pads are top, left, bottom, right.
pub struct Window {
    pub kernel: [u32; 2],
    pub stride: [u32; 2],
    pub pads: [u32; 4],
}

impl Window {
    /// Reads the attributes of a node with this kernel over a map of `shape`.
    pub fn read(node: &NodeReader, kernel: [u32; 2], shape: Shape) -> Result<Self, ImportError> {
        let stride = node.sizes("strides", 1)?;
        if kernel.contains(&0) || stride.contains(&0) {
            return Err(node.error("a side of the kernel or a stride is 0"));
        }
        if node.sizes("dilations", 1)? != [1, 1] {
            return Err(node.error("dilations other than 1 are not supported"));
        }
        let sides = [shape.height, shape.width];
        let pads = match node.string("auto_pad") {
            b"" | b"NOTSET" => node.sizes("pads", 0)?,
            b"VALID" => [0; 4],
            b"SAME_UPPER" => same(sides, kernel, stride, false),
            b"SAME_LOWER" => same(sides, kernel, stride, true),
            other => {
                let other = String::from_utf8_lossy(other);
                return Err(node.error(format!("auto_pad {other} is not supported")));
            }
        };
        Ok(Self { kernel, stride, pads })
    }

    /// Lines and pixels of the output; `ceil` counts windows that begin in the map or its leading
    /// pads and reach beyond the end.
    /// `None` where the kernel is larger than the padded map.
    pub fn output(&self, shape: Shape, ceil: bool) -> Option<[u32; 2]> {
        let mut sides = [shape.height, shape.width];
        for (axis, side) in sides.iter_mut().enumerate() {
            let (leading, stride) = (self.pads[axis], self.stride[axis]);
            let padded = *side + leading + self.pads[axis + 2];
            let room = padded.checked_sub(self.kernel[axis])?;
            let end = *side + leading;
            *side = room / stride + 1;
            if ceil && room % stride != 0 && *side * stride < end {
                *side += 1;
            }
        }
        Some(sides)
    }
}

/// Pads with which the output has ceil(side / stride) pixels; `lower` puts the odd one first.
pub fn same(sides: [u32; 2], kernel: [u32; 2], stride: [u32; 2], lower: bool) -> [u32; 4] {
    let mut pads = [0; 4];
    for axis in 0..2 {
        let reach = (sides[axis].div_ceil(stride[axis]) - 1) * stride[axis] + kernel[axis];
        let total = reach.saturating_sub(sides[axis]);
        let (small, large) = (total / 2, total.div_ceil(2));
        (pads[axis], pads[axis + 2]) = if lower { (large, small) } else { (small, large) };
    }
    pads
}
