//! What is wrong with a model, or not supported.

use std::error::Error;
use std::fmt;

use systole_compiler::network::NetworkError;

/// Why a model cannot be imported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ImportError {
    /// The bytes are not an ONNX model.
    NotOnnx(String),
    /// The model as a whole.
    Model(String),
    /// A node.
    Node {
        /// Its name, or that of its output.
        node: String,
        /// Its operator.
        operator: String,
        /// What is wrong or not supported.
        reason: String,
    },
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOnnx(reason) => write!(f, "not an ONNX model: {reason}"),
            Self::Model(reason) => f.write_str(reason),
            Self::Node { node, operator, reason } => write!(f, "{operator} {node}: {reason}"),
        }
    }
}

impl Error for ImportError {}

impl From<NetworkError> for ImportError {
    fn from(error: NetworkError) -> Self {
        Self::Model(error.to_string())
    }
}
