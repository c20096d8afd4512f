//! What both charts are made of: rows of names with something drawn over cycles.

use super::axis::{Axis, Tick, pixels};

/// Height of a row in pixels.
pub(super) const ROW: usize = 22;
/// Height of the ticks' numbers.
pub(super) const HEAD: usize = 24;
/// Width of a character of a value.
pub(super) const CHARACTER: f64 = 6.7;
/// Characters of a name that fit.
const NAME: usize = 30;

/// A chart.
pub(super) struct Chart {
    pub(super) from: u64,
    pub(super) end: u64,
    /// Cycle of the difference, and where it is.
    pub(super) mark: u64,
    pub(super) mark_x: String,
    /// Width of a cycle.
    pub(super) mark_width: String,
    /// Whether the difference is within.
    pub(super) marked: bool,
    pub(super) width: f64,
    pub(super) labels: f64,
    pub(super) height: usize,
    pub(super) ticks: Vec<Tick>,
    pub(super) rows: Vec<Row>,
}

/// A row: a heading, a signal or what a lane does at a time.
pub(super) struct Row {
    pub(super) y: usize,
    pub(super) class: &'static str,
    /// The name, shortened to what fits.
    pub(super) label: String,
    /// The whole name.
    pub(super) name: String,
    /// The value in the marked cycle.
    pub(super) value: String,
    /// Of a signal of one bit: cycles and values, as `cycle:value`, and the line through them.
    pub(super) levels: String,
    pub(super) line: String,
    /// Of all others: values or spans.
    pub(super) cells: Vec<Cell>,
}

/// A value or a span.
pub(super) struct Cell {
    pub(super) begin: u64,
    pub(super) end: u64,
    pub(super) class: &'static str,
    pub(super) path: String,
    /// Where its text is, the middle.
    pub(super) x: String,
    /// As much of the text as fits.
    pub(super) shown: String,
    pub(super) text: String,
    /// What is shown behind the text where there is room.
    pub(super) detail: String,
    pub(super) title: String,
}

impl Chart {
    /// Rows, one below the other, with a mark at cycle `mark`.
    pub(super) fn new(axis: Axis, mark: u64, mut rows: Vec<Row>) -> Self {
        for (index, row) in rows.iter_mut().enumerate() {
            row.y = HEAD + index * ROW;
        }
        Self {
            from: axis.from,
            end: axis.end,
            mark,
            mark_x: pixels(axis.x(mark)),
            mark_width: pixels(axis.x(mark.saturating_add(1)) - axis.x(mark)),
            marked: (axis.from..axis.end).contains(&mark),
            width: super::axis::WIDTH,
            labels: super::axis::LABELS,
            height: HEAD + rows.len() * ROW + 4,
            ticks: axis.ticks(),
            rows,
        }
    }
}

impl Row {
    /// A row of the given class (`group`, `signal` or `lane`) with nothing in it.
    pub(super) fn new(class: &'static str, name: &str) -> Self {
        let count = name.chars().count();
        // The end of a hierarchical name says more than its beginning.
        let label = if count > NAME {
            let tail: String = name.chars().skip(count + 1 - NAME).collect();
            format!("\u{2026}{tail}")
        } else {
            name.to_owned()
        };
        Self {
            y: 0,
            class,
            label,
            name: name.to_owned(),
            value: String::new(),
            levels: String::new(),
            line: String::new(),
            cells: Vec::new(),
        }
    }
}

/// `text` in `room` characters: the last ones of a number, the first ones of all else.
fn cut(text: &str, room: usize) -> String {
    if text.chars().all(|c| c.is_ascii_hexdigit()) {
        let tail = text.len() - (room - 1);
        format!("\u{2026}{}", &text[tail..])
    } else {
        text.chars().take(room - 1).chain(['\u{2026}']).collect()
    }
}

/// As much of `text` as fits into `width` pixels: nothing rather than a character or two.
pub(super) fn fitting(text: &str, width: f64) -> String {
    let room = ((width - 8.0) / CHARACTER).max(0.0) as usize;
    if text.chars().count() <= room {
        text.to_owned()
    } else if room < 3 {
        String::new()
    } else {
        cut(text, room)
    }
}

/// As much of a text and its detail as fits into `width` pixels; detail only behind the whole text.
pub(super) fn fitting_both(text: &str, detail: &str, width: f64) -> String {
    let short = fitting(text, width);
    if short != text || detail.is_empty() {
        return short;
    }
    match fitting(&format!("{text} {detail}"), width) {
        // Less than a word of it says nothing.
        both if both.chars().count() < text.chars().count() + 6 => short,
        both => both,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_to_what_fits() {
        assert_eq!(fitting("deadbeef", 100.0), "deadbeef");
        assert_eq!(fitting("deadbeef", 50.0), "\u{2026}dbeef");
        assert_eq!(fitting("addi t0, t0, 1", 50.0), "addi \u{2026}");
        assert_eq!(fitting("deadbeef", 20.0), "");
        assert_eq!(fitting("a", -5.0), "");
    }

    #[test]
    fn detail_stands_behind_the_whole_text_only() {
        let shown = |width| fitting_both("#3", "STORE 1 x 3 int8", width);
        assert_eq!(shown(200.0), "#3 STORE 1 x 3 int8");
        assert_eq!(shown(90.0), "#3 STORE 1 \u{2026}");
        assert_eq!(shown(40.0), "#3");
        assert_eq!(fitting_both("80010280", "x4", 50.0), "\u{2026}10280");
        assert_eq!(fitting_both("a", "", 50.0), "a");
    }

    #[test]
    fn names_keep_their_end() {
        let row = Row::new("signal", "systole_soc.core.execute.alu.sra_result");
        assert_eq!(row.label, "\u{2026}c.core.execute.alu.sra_result");
        assert_eq!(Row::new("signal", "clock").label, "clock");
    }
}
