//! Signals that are added to a wave to explain it.

use serde::Serialize;

/// A signal made of what happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Track {
    /// Scopes that it lies in, the outermost first.
    pub scope: Vec<String>,
    /// Its name.
    pub name: String,
    /// What its values are.
    pub kind: TrackKind,
    /// Times in ns, rising, with the value from then on.
    pub changes: Vec<(u64, Value)>,
}

/// What the values of a track are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum TrackKind {
    /// Vectors of this many bits.
    Bits(u32),
    /// Text.
    Text,
}

/// A value of a track.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub enum Value {
    /// `0`, `1` or `x`, the most significant bit first.
    Bits(String),
    /// Text; empty for nothing.
    Text(String),
}
