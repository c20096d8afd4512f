//! What is wrong with a model, or not supported.

use std::error::Error;
use std::fmt;

use systole_compiler::network::NetworkError;

use crate::tflite::Fault;

/// As many errors of nodes are told.
const MOST_ERRORS: usize = 24;

/// Why a model cannot be imported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ImportError {
    /// The bytes are not an ONNX model.
    NotOnnx(String),
    /// The bytes are not a TensorFlow Lite model.
    NotTflite {
        /// Of the byte at fault in the file.
        offset: usize,
        /// What is wrong there.
        reason: String,
    },
    /// The model as a whole.
    Model(String),
    /// Several nodes.
    Several(Vec<ImportError>),
    /// A node of ONNX, or an operator of TensorFlow Lite.
    Node {
        /// Its name, or that of its output; its number and its output.
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
            Self::NotTflite { offset, reason } => {
                write!(f, "not a TensorFlow Lite model: byte {offset:#x}: {reason}")
            }
            Self::Model(reason) => f.write_str(reason),
            Self::Node { node, operator, reason } => write!(f, "{operator} {node}: {reason}"),
            Self::Several(errors) => {
                write!(f, "{} nodes are not supported", errors.len())?;
                errors.iter().take(MOST_ERRORS).try_for_each(|error| write!(f, "\n  {error}"))?;
                match errors.len().checked_sub(MOST_ERRORS) {
                    None | Some(0) => Ok(()),
                    Some(more) => write!(f, "\n  and {more} more"),
                }
            }
        }
    }
}

impl Error for ImportError {}

impl From<Fault> for ImportError {
    fn from(Fault { offset, reason }: Fault) -> Self {
        Self::NotTflite { offset, reason }
    }
}

impl From<NetworkError> for ImportError {
    fn from(error: NetworkError) -> Self {
        Self::Model(error.to_string())
    }
}
