//! Quantised networks from a model file to outputs and cycles of each layer: on the golden model, on
//! the RTL, or on both in lockstep.
//!
//! [`Model`] is a network with what its caller sees of it, [`Planned`] its job for a chip, [`Runner`]
//! a chip that runs jobs. [`Timing`] tells when descriptors ran, [`Costs`] what each layer takes, [`Checker`] compares each layer's
//! map with the same network computed by plain loops, and [`reference`](mod@reference) asks ONNX
//! Runtime.

mod array;
mod checker;
mod costs;
mod driver;
mod error;
mod fit;
mod host;
mod input;
mod job;
mod layers;
mod model;
pub mod npy;
mod npz;
mod page;
mod planned;
pub mod reference;
mod runner;
mod timing;
mod work;

pub use array::{Array, Element, Numbers};
pub use checker::{Checker, Difference};
pub use costs::{Cost, Costs, Limit, utilisation};
pub use error::Error;
pub use host::HostStep;
pub use input::{random, read as read_input};
pub use job::Job;
pub use layers::LayerInfo;
pub use model::Model;
pub use page::{Subject, page};
pub use planned::Planned;
pub use runner::{Failure, Ran, Runner};
pub use systole_import::{Format, Port};
pub use timing::Timing;
