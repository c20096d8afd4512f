//! The wave: lines for single bits, hexagons with values for all others.

use super::axis::{Axis, LABELS, pixels};
use super::chart::{CHARACTER, Cell, Chart, ROW, Row, fitting};
use crate::failure::report::model::{WaveSignal, WaveView};
use crate::failure::report::text::cycles;

/// Where in its row a signal is high and low, in pixels.
const HIGH: f64 = 4.0;
const LOW: f64 = ROW as f64 - 4.0;
/// Width of a slope.
const SLOPE: f64 = 3.0;

/// The wave as a chart, with a mark at cycle `mark`.
pub(super) fn chart(view: &WaveView, mark: u64) -> Chart {
    let axis = Axis::new(view.from, view.to);
    let mut rows = Vec::new();
    let mut group = "";
    for signal in &view.signals {
        if signal.group != group {
            group = &signal.group;
            rows.push(Row::new("group", group));
        }
        rows.push(row(axis, signal, mark));
    }
    Chart::new(axis, mark, rows)
}

fn row(axis: Axis, signal: &WaveSignal, mark: u64) -> Row {
    let mut row = Row::new(if signal.differs { "signal differs" } else { "signal" }, &signal.name);
    let values = values(axis, signal);
    let at = values.iter().find(|(begin, end, _)| (*begin..*end).contains(&mark));
    let room = LABELS - 18.0 - row.label.chars().count() as f64 * CHARACTER;
    row.value = at.map(|(_, _, value)| fitting(value, room)).unwrap_or_default();
    if signal.width == 1 {
        let level = |(begin, _, value): &(u64, u64, &str)| {
            let known = matches!(*value, "0" | "1");
            format!("{begin}:{}", if known { value } else { "x" })
        };
        row.levels = values.iter().map(level).collect::<Vec<_>>().join(" ");
        row.line = line(axis, &values);
    } else {
        // Where there is no value there is nothing to see.
        let told = values.iter().filter(|(_, _, value)| !value.is_empty());
        row.cells = told.map(|&(begin, end, value)| cell(axis, begin, end, value)).collect();
    }
    row
}

/// The values within the chart, each with its first cycle and the one behind its last.
fn values(axis: Axis, signal: &WaveSignal) -> Vec<(u64, u64, &str)> {
    let ends = signal.changes.iter().skip(1).map(|change| change.0).chain([u64::MAX]);
    let spans = signal.changes.iter().zip(ends);
    let spans = spans
        .map(|((begin, value), end)| ((*begin).max(axis.from), end.min(axis.end), value.as_str()));
    spans.filter(|(begin, end, _)| begin < end).collect()
}

/// The line through the values of a single bit; what is neither 0 nor 1 is in the middle.
fn line(axis: Axis, values: &[(u64, u64, &str)]) -> String {
    let mut path = String::new();
    for (begin, end, value) in values {
        let y = match *value {
            "0" => LOW,
            "1" => HIGH,
            _ => (LOW + HIGH) / 2.0,
        };
        let [x, to, y] = [axis.x(*begin), axis.x(*end), y].map(pixels);
        path += &format!("{}{x} {y}H{to}", if path.is_empty() { 'M' } else { 'L' });
    }
    path
}

fn cell(axis: Axis, begin: u64, end: u64, value: &str) -> Cell {
    let [left, right] = [begin, end].map(|cycle| axis.x(cycle));
    let slope = SLOPE.min((right - left) / 2.0);
    let middle = pixels((HIGH + LOW) / 2.0);
    let [high, low] = [HIGH, LOW].map(pixels);
    let [start, inner, outer, stop] = [left, left + slope, right - slope, right].map(pixels);
    Cell {
        begin,
        end,
        class: "bus",
        path: format!(
            "M{start} {middle}L{inner} {high}H{outer}L{stop} {middle}L{outer} {low}H{inner}Z"
        ),
        x: pixels((left + right) / 2.0),
        shown: fitting(value, right - left),
        text: value.to_owned(),
        detail: String::new(),
        title: format!("{value}, {}", cycles(begin, end)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signal(width: u32, changes: &[(u64, &str)]) -> WaveSignal {
        let changes = changes.iter().map(|(cycle, value)| (*cycle, (*value).to_owned())).collect();
        WaveSignal { name: "s".into(), group: String::new(), width, changes, differs: false }
    }

    #[test]
    fn values_end_where_the_next_begins_and_stay_within() {
        let axis = Axis::new(10, 19);
        let bus = signal(8, &[(3, "a"), (12, "b"), (15, "c"), (25, "d")]);
        assert_eq!(values(axis, &bus), [(10, 12, "a"), (12, 15, "b"), (15, 20, "c")]);
        assert_eq!(row(axis, &bus, 13).value, "b");
        assert_eq!(row(axis, &bus, 9).value, "");
    }

    #[test]
    fn a_bit_is_a_line_with_edges() {
        let axis = Axis::new(0, 9);
        let row = row(axis, &signal(1, &[(0, "0"), (5, "1"), (7, "not known")]), 5);
        assert_eq!(row.line, "M0 18H390L390 4H546L546 11H780");
        assert_eq!(row.levels, "0:0 5:1 7:x");
        assert!(row.cells.is_empty());
    }

    #[test]
    fn no_value_leaves_a_gap() {
        let axis = Axis::new(0, 9);
        let row = row(axis, &signal(32, &[(0, ""), (5, "ret"), (6, "")]), 7);
        assert_eq!(row.cells.len(), 1);
        assert_eq!((row.cells[0].begin, row.cells[0].end), (5, 6));
        assert_eq!(row.value, "");
    }
}
