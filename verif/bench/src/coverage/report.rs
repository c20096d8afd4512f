//! Coverage shown: as JSON, and as one HTML page that needs nothing else.

use askama::Template;
use serde_json::{Value, json};

use super::file::{Record, configuration};
use super::{Axis, Coverage, Group, Point, Score, Verdict};

/// Columns of a table: the last two axes share them if they have no more points than this.
const COLUMNS: usize = 64;

/// The report as one JSON object; `docs/cli.md` has its keys.
pub fn json(record: &Record) -> Value {
    let coverage = &record.coverage;
    let total = coverage.total();
    let groups: Vec<Value> = coverage
        .groups()
        .iter()
        .map(|group| {
            let score = coverage.score(group);
            json!({
                "name": group.name,
                "purpose": group.purpose,
                "points": score.points,
                "hit": score.hit,
                "percent": score.percent(),
            })
        })
        .collect();
    let never: Vec<Value> = never(coverage)
        .into_iter()
        .map(|(point, reason)| json!({ "point": point, "reason": reason }))
        .collect();
    json!({
        "preset": record.preset,
        "configuration": configuration(&record.config),
        "programs": record.programs,
        "instructions": record.instructions,
        "points": total.points,
        "hit": total.hit,
        "percent": total.percent(),
        "missed": coverage.missed(),
        "groups": groups,
        "impossible": never,
        "surprises": coverage.surprises(),
    })
}

/// Points that nothing can hit, with the reason.
fn never(coverage: &Coverage) -> Vec<(String, &'static str)> {
    let mut all = Vec::new();
    for group in coverage.groups() {
        for (index, point) in coverage.points(group) {
            if let Verdict::Never(reason) = point.verdict {
                all.push((group.point(index), reason));
            }
        }
    }
    all
}

/// The report as an HTML page.
pub fn html(record: &Record) -> String {
    let coverage = &record.coverage;
    let total = coverage.total();
    let page = Page {
        preset: &record.preset,
        isa: record.config.core.isa(),
        dim: record.config.npu.dim,
        programs: grouped(record.programs),
        instructions: grouped(record.instructions),
        total: Shown::of(total),
        groups: coverage
            .groups()
            .iter()
            .map(|group| Section::of(coverage, group))
            .filter(|section| section.score.points > 0)
            .collect(),
        surprises: coverage.surprises(),
    };
    // Writing to a string cannot fail.
    page.render().unwrap_or_default()
}

#[derive(Template)]
#[template(path = "coverage.html")]
struct Page<'a> {
    preset: &'a str,
    isa: String,
    dim: u32,
    programs: String,
    instructions: String,
    total: Shown,
    groups: Vec<Section<'a>>,
    surprises: Vec<String>,
}

/// A score as it is printed.
struct Shown {
    points: u64,
    hit: u64,
    percent: String,
    /// Never 100 when something is missing.
    width: f64,
    complete: bool,
}

impl Shown {
    fn of(score: Score) -> Self {
        let complete = score.hit == score.points;
        let percent = percent(score);
        Self { points: score.points, hit: score.hit, percent, width: score.percent(), complete }
    }
}

/// Hit points in percent with a decimal, rounded down: 100 means all.
pub fn percent(score: Score) -> String {
    format!("{:.1}", (score.percent() * 10.0).floor() / 10.0)
}

struct Section<'a> {
    name: &'a str,
    purpose: &'a str,
    score: Shown,
    missed: Vec<String>,
    never: Vec<Reason>,
    table: Table<'a>,
}

/// Points that nothing can hit for one reason.
struct Reason {
    text: &'static str,
    points: Vec<String>,
}

/// Hits as a table, the last one or two axes across.
struct Table<'a> {
    /// Bins of the axis before the last and how many columns each takes, if both are across.
    upper: Vec<(&'a str, usize)>,
    upper_name: &'a str,
    lower: Vec<&'a str>,
    lower_name: &'a str,
    rows: Vec<Row>,
}

struct Row {
    name: String,
    cells: Vec<Cell>,
}

struct Cell {
    /// Name and hits of the point; empty where there is none.
    title: String,
    class: &'static str,
    text: String,
}

impl<'a> Section<'a> {
    fn of(coverage: &'a Coverage, group: &'a Group) -> Self {
        let mut missed = Vec::new();
        let mut never: Vec<Reason> = Vec::new();
        for (index, point) in coverage.points(group) {
            match point.verdict {
                Verdict::Possible if point.hits == 0 => missed.push(group.point(index)),
                Verdict::Never(text) => {
                    let name = group.point(index);
                    match never.iter_mut().find(|reason| reason.text == text) {
                        Some(reason) => reason.points.push(name),
                        None => never.push(Reason { text, points: vec![name] }),
                    }
                }
                _ => {}
            }
        }
        Self {
            name: group.name,
            purpose: group.purpose,
            score: Shown::of(coverage.score(group)),
            missed,
            never,
            table: Table::of(coverage, group),
        }
    }
}

impl<'a> Table<'a> {
    fn of(coverage: &Coverage, group: &'a Group) -> Self {
        let mut points: Vec<Option<Point>> = vec![None; group.verdicts.len()];
        coverage.points(group).for_each(|(index, point)| points[index] = Some(point));
        let sizes: Vec<usize> = group.axes.iter().map(|axis| axis.bins().len()).collect();
        let across = match sizes[..] {
            [_] => 0,
            [.., _, before, last] if before * last <= COLUMNS => 2,
            _ => 1,
        };
        let columns: usize = sizes[sizes.len() - across..].iter().product();
        let there =
            |column: &usize| points.iter().skip(*column).step_by(columns).any(Option::is_some);
        let shown: Vec<usize> = (0..columns).filter(there).collect();
        let (down, across) = group.axes.split_at(sizes.len() - across);
        let (upper, lower) = headings(across, &shown);
        let rows =
            points.chunks(columns).enumerate().filter(|(_, row)| row.iter().any(Option::is_some));
        let rows = rows.map(|(number, row)| Row {
            name: row_name(down, number),
            cells: shown
                .iter()
                .map(|&column| Cell::of(group, number * columns + column, row[column]))
                .collect(),
        });
        let name = |axis: Option<&'a Axis>| axis.map_or("", Axis::name);
        let lower_name = name(across.last());
        let upper_name = if across.len() > 1 { name(across.first()) } else { "" };
        Self { upper, upper_name, lower, lower_name, rows: rows.collect() }
    }
}

/// The upper heading with its widths, and the lower one, of those columns that are shown.
fn headings<'a>(across: &'a [Axis], shown: &[usize]) -> (Vec<(&'a str, usize)>, Vec<&'a str>) {
    let Some(last) = across.last() else { return (Vec::new(), Vec::new()) };
    let width = last.bins().len();
    let lower = shown.iter().map(|column| last.bins()[column % width].as_str()).collect();
    let [before, _] = across else { return (Vec::new(), lower) };
    let mut upper: Vec<(&str, usize)> = Vec::new();
    for column in shown {
        let bin = before.bins()[column / width].as_str();
        match upper.last_mut() {
            Some((known, count)) if *known == bin => *count += 1,
            _ => upper.push((bin, 1)),
        }
    }
    (upper, lower)
}

fn row_name(axes: &[Axis], mut number: usize) -> String {
    let mut parts: Vec<String> = Vec::new();
    for axis in axes.iter().rev() {
        let bin = &axis.bins()[number % axis.bins().len()];
        number /= axis.bins().len();
        parts.push(if axis.name().is_empty() {
            bin.clone()
        } else {
            format!("{}={bin}", axis.name())
        });
    }
    parts.reverse();
    parts.join(" / ")
}

impl Cell {
    fn of(group: &Group, index: usize, point: Option<Point>) -> Self {
        let Some(point) = point else {
            return Self { title: String::new(), class: "none", text: String::new() };
        };
        let hits = grouped(point.hits);
        let (class, says) = match (point.verdict, point.hits) {
            (Verdict::Never(reason), _) => ("never", format!("cannot be hit: {reason}")),
            (_, 0) => ("missed", "missed".to_owned()),
            (_, 1..10) => ("h1", hits.clone()),
            (_, 10..1000) => ("h2", hits.clone()),
            (_, 1000..100_000) => ("h3", hits.clone()),
            _ => ("h4", hits.clone()),
        };
        let text = if class == "never" { "\u{2013}".to_owned() } else { hits };
        Self { title: format!("{}: {says}", group.point(index)), class, text }
    }
}

/// A number with its thousands set apart.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
