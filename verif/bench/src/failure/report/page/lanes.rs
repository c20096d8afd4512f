//! The timeline: what the parts of the chip did, as bars over cycles.

use super::axis::{Axis, pixels};
use super::chart::{Cell, Chart, ROW, Row, fitting_both};
use crate::failure::report::model::{Lane, Span, Timeline};
use crate::failure::report::text::cycles;

/// Narrowest bar in pixels: what is short is still there.
const NARROWEST: f64 = 2.0;

/// The timeline as a chart, with a mark at cycle `mark`.
pub(super) fn chart(timeline: &Timeline, mark: u64) -> Chart {
    let axis = Axis::new(timeline.from, timeline.to);
    let rows = timeline.lanes.iter().flat_map(|lane| rows(axis, lane)).collect();
    Chart::new(axis, mark, rows)
}

/// As many rows as it takes for none of the spans to cover another.
fn rows(axis: Axis, lane: &Lane) -> Vec<Row> {
    let mut rows = vec![Row::new("lane", &lane.name)];
    let mut ends = vec![0];
    let within = |span: &&Span| {
        span.begin < axis.end && span.end.max(span.begin.saturating_add(1)) > axis.from
    };
    let mut spans: Vec<&Span> = lane.spans.iter().filter(within).collect();
    spans.sort_by_key(|span| (span.begin, span.end));
    for span in spans {
        let free = ends.iter().position(|&end| end <= span.begin).unwrap_or(ends.len());
        if free == ends.len() {
            ends.push(0);
            rows.push(Row::new("lane more", ""));
        }
        ends[free] = span.end.max(span.begin.saturating_add(1));
        rows[free].cells.push(cell(axis, span));
    }
    rows
}

fn cell(axis: Axis, span: &Span) -> Cell {
    let left = axis.x(span.begin);
    let right = axis.x(span.end).max(left + NARROWEST);
    let [start, stop] = [left, right].map(pixels);
    let colon = if span.detail.is_empty() { "" } else { ": " };
    Cell {
        begin: span.begin,
        end: span.end,
        class: if span.failed { "bar failed" } else { "bar" },
        path: format!("M{start} 3H{stop}V{}H{start}Z", ROW - 3),
        x: pixels((left + right) / 2.0),
        shown: fitting_both(&span.label, &span.detail, right - left),
        text: span.label.clone(),
        detail: span.detail.clone(),
        title: format!("{}, {}{colon}{}", span.label, cycles(span.begin, span.end), span.detail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_that_overlap_get_rows_of_their_own() {
        let span = |begin, end| Span {
            begin,
            end,
            label: format!("{begin}"),
            detail: String::new(),
            failed: false,
        };
        let spans = vec![span(0, 5), span(3, 8), span(5, 6), span(6, 6), span(90, 99)];
        let rows = rows(Axis::new(0, 20), &Lane { name: "DMA".into(), spans });
        let labels = |row: &Row| row.cells.iter().map(|cell| cell.text.clone()).collect::<Vec<_>>();
        assert_eq!(rows.iter().map(labels).collect::<Vec<_>>(), [vec!["0", "5", "6"], vec!["3"]]);
        assert_eq!([rows[0].label.as_str(), rows[1].label.as_str()], ["DMA", ""]);
    }
}
