//! What a failure looks like: one [`Report`], shown as text, as JSON, as a page, and line by line
//! where CI wants it.

mod assembly;
mod effect;
mod gather;
pub mod model;
mod page;
mod state;
#[cfg(test)]
mod tests;
mod text;

use std::fs;
use std::path::Path;

pub use model::Report;
pub use text::Style;

pub(super) use gather::of;

use super::{BadFolder, JSON_REPORT};
use crate::lockstep::Divergence;

impl Report {
    /// Reads the report of a failure folder.
    ///
    /// # Errors
    /// A file that is missing, not readable or not a report.
    pub fn read(folder: &Path) -> Result<Self, BadFolder> {
        let path = folder.join(JSON_REPORT);
        let bad = |message: String| BadFolder { path: path.clone(), message };
        let text = fs::read_to_string(&path).map_err(|error| bad(error.to_string()))?;
        serde_json::from_str(&text).map_err(|error| bad(error.to_string()))
    }

    /// Which program failed and what differs, as text: the start of the report.
    pub fn summary(&self, style: Style) -> String {
        text::summary(self, style)
    }

    /// What the report says of the program, the waves, where the wrong value comes from and how to
    /// see it again: its end.
    pub fn context(&self, style: Style) -> String {
        text::context(self, style)
    }

    /// The report as text that ends with a newline.
    pub fn text(&self, style: Style) -> String {
        text::text(self, style)
    }

    /// The report as one JSON object; `docs/cli.md` has its keys.
    pub fn json(&self) -> String {
        // Nothing in it has keys that are no strings, so this cannot fail.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// The report as one HTML page that needs nothing else.
    pub fn html(&self) -> String {
        page::html(self)
    }

    /// The shrunk program as GNU assembly.
    pub fn assembly(&self) -> String {
        assembly::assembly(self)
    }

    /// Rust file and line where the wrong value comes from, if that is known.
    pub fn place(&self) -> Option<(&str, u32)> {
        let step = self.source.as_ref()?.steps.last()?;
        Some((&step.file, step.line))
    }
}

/// What differs and what led to it, of a divergence alone.
pub fn divergence_text(divergence: &Divergence, style: Style) -> String {
    text::difference(&gather::mismatch(divergence), style)
}
