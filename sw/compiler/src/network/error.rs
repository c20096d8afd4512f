//! Why a network cannot be planned or computed.

use std::error::Error;
use std::fmt;

/// Names the layer and what is wrong with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NetworkError {
    /// Name of the layer, or of the network's part.
    pub layer: String,
    /// What is not possible, with the values that matter.
    pub reason: String,
}

impl NetworkError {
    /// An error of `layer`.
    pub fn new(layer: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { layer: layer.into(), reason: reason.into() }
    }
}

impl fmt::Display for NetworkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.layer, self.reason)
    }
}

impl Error for NetworkError {}
