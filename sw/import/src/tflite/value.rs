//! What the importer knows of a tensor while it walks the operators.

use systole_compiler::network::{Output, Shape, TensorId};

use crate::value::Quantisation;

/// What a tensor of the model is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Content {
    /// The model's input, float32.
    RealInput,
    /// The model's input, uint8.
    UnsignedInput(Quantisation),
    /// int8.
    Quantised(Quantisation),
    /// Padded to the top, left, bottom and right with the zero point.
    Padded(Quantisation, [u32; 4]),
    /// float32 that was dequantised: the end of the model.
    Real(Quantisation),
    /// uint8 that was int8: the end of the model.
    Unsigned,
    /// What a softmax made of a tensor with this scale.
    Softmax {
        /// Of the softmax's input.
        scale: f32,
        /// Of the result, as it was asked for.
        quantisation: Quantisation,
    },
}

impl Content {
    /// What the caller does with the network's output where it is the model's.
    pub fn finish(&self) -> Result<Output, &'static str> {
        match *self {
            Self::Quantised(_) => Ok(Output::Signed),
            Self::Unsigned => Ok(Output::Unsigned),
            Self::Softmax { scale, quantisation } => {
                Ok(Output::Softmax { scale, unsigned: quantisation.unsigned })
            }
            Self::Real(q) => Ok(Output::Real { scale: q.scale, zero_point: q.zero_point }),
            Self::Padded(..) => Err("is padded, which is not supported"),
            Self::RealInput | Self::UnsignedInput(_) => Err("is its input"),
        }
    }
}

/// A tensor of the model that is not constant.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Value {
    /// Where its numbers are, or those that it is made from.
    pub tensor: TensorId,
    /// As the model sees it.
    pub shape: Shape,
    /// What it is.
    pub content: Content,
}
