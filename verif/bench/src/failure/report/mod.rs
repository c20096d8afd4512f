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

pub use model::Report;
pub use text::Style;

pub(super) use gather::of;

use crate::lockstep::Divergence;

impl Report {
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
