//! What the importer knows of a value while it walks the graph.

use systole_compiler::network::TensorId;

/// Index of a function of the reader.
pub type FunctionId = usize;

/// Order of the elements, as the model sees them; the network's tensors are always NHWC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// `[1, C, H, W]`.
    ChannelsFirst,
    /// `[1, H, W, C]`.
    ChannelsLast,
    /// `[1, C * H * W]`, flattened from the former.
    FlatChannelsFirst,
    /// `[1, H * W * C]`, flattened from the latter.
    FlatChannelsLast,
}

impl Order {
    /// Whether it is a vector.
    pub fn is_flat(self) -> bool {
        matches!(self, Self::FlatChannelsFirst | Self::FlatChannelsLast)
    }

    /// Whether it is that of NCHW, flattened or not.
    pub fn is_channels_first(self) -> bool {
        matches!(self, Self::ChannelsFirst | Self::FlatChannelsFirst)
    }

    /// The same elements as a vector.
    pub fn flat(self) -> Self {
        match self {
            Self::ChannelsFirst => Self::FlatChannelsFirst,
            Self::ChannelsLast => Self::FlatChannelsLast,
            flat => flat,
        }
    }
}

/// Scale and zero point, the latter as of int8.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Quantisation {
    /// Of a step.
    pub scale: f32,
    /// What stands for 0.
    pub zero_point: i8,
    /// The model's type is uint8.
    pub unsigned: bool,
}

/// What a value is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Content {
    /// The model's input, real numbers that are not quantised yet.
    RealInput,
    /// int8 or uint8.
    Quantised {
        /// The model's type is uint8.
        unsigned: bool,
    },
    /// Real numbers that were dequantised.
    Dequantised {
        /// By these numbers.
        quantisation: Quantisation,
        /// Number of what was made of them since, if anything was.
        function: Option<FunctionId>,
    },
    /// The mean over all pixels of dequantised numbers.
    Mean(Quantisation),
    /// Real numbers that the caller computes by the tail so far.
    Tail {
        /// The scale and zero point by which they were quantised, until they are dequantised.
        rounded: Option<Quantisation>,
    },
    /// Probabilities: what a softmax made of a tensor with this scale.
    Softmax {
        /// Of the softmax's input.
        scale: f32,
        /// The result is uint8.
        unsigned: bool,
    },
}

/// A value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Value {
    /// Where its numbers are, or those that it is made from.
    pub tensor: TensorId,
    /// As the model sees them.
    pub order: Order,
    /// What it is.
    pub content: Content,
}
