//! Quantised networks: a graph of layers over int8 feature maps, ready to be planned
//! ([`plan_network`]) or computed as it stands ([`interpret()`]).
//!
//! All maps are NHWC with one image; a vector is a map of one pixel. Scales and zero points are
//! folded into the numbers of each layer, so that a layer is integers and requantisation alone.

mod arrange;
mod check;
mod error;
mod estimate;
mod graph;
mod host;
mod interpret;
mod plan;
mod residence;
mod residual;
mod sequential;
mod tail;
mod timeline;

pub use arrange::{Arrange, Piece};
pub use error::NetworkError;
pub use estimate::{Estimate, estimate};
pub use graph::{
    Add, Convolution, GlobalAveragePool, Input, Layer, MaxPool, Network, Operation, Output,
    Requantise, Shape, Table, Tensor, TensorId,
};
pub use host::{dequantise, quantise, softmax, softmax_power};
pub use interpret::{Values, interpret};
pub use plan::{LayerRecord, Program, Segment, plan_network};
pub use residence::{Content, Memory, Residence, merge, residences};
pub use residual::ResidualAdd;
pub use tail::{TailStep, tail};
