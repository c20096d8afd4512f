//! The report as one page that needs nothing else: no network, no other file. Without scripts it
//! shows all of the wave and the timeline; with them both can be looked at closely.

mod axis;
mod chart;
mod lanes;
mod signals;

use askama::Template;

use super::model::{Mismatch, Report, Step};
use super::text;
use crate::failure::{ASSEMBLY, ELF};
use chart::Chart;

/// The page.
pub(super) fn html(report: &Report) -> String {
    let page = Page {
        report,
        mismatch: &report.mismatch,
        summary: pieces(&report.mismatch.summary),
        state: state(&report.mismatch),
        steps: report.source.as_ref().map_or(&[], |source| &source.steps),
        place: report.place().map(|(file, line)| format!("{file}:{line}")),
        wave: report.wave.as_ref().map(|wave| signals::chart(wave, report.mismatch.cycle)),
        timeline: report.timeline.as_ref().map(|line| lanes::chart(line, report.mismatch.cycle)),
        memory: text::environment(&report.memory),
        waves: report.waves.as_ref().map(text::waves),
        assembly: ASSEMBLY,
        elf: ELF,
    };
    // Writing to a string cannot fail.
    page.render().unwrap_or_default()
}

#[derive(Template)]
#[template(path = "failure/page.html")]
struct Page<'a> {
    report: &'a Report,
    mismatch: &'a Mismatch,
    summary: Vec<Piece<'a>>,
    state: Vec<Part<'a>>,
    steps: &'a [Step],
    place: Option<String>,
    wave: Option<Chart>,
    timeline: Option<Chart>,
    memory: String,
    waves: Option<String>,
    assembly: &'static str,
    elf: &'static str,
}

/// A piece of a sentence.
struct Piece<'a> {
    text: &'a str,
    /// Whether it stood between backticks.
    code: bool,
}

fn pieces(sentence: &str) -> Vec<Piece<'_>> {
    let pieces = sentence.split('`').enumerate();
    pieces.map(|(index, text)| Piece { text, code: index % 2 == 1 }).collect()
}

/// A part of the state, and whether it agrees.
struct Part<'a> {
    name: &'static str,
    value: &'a str,
    class: &'static str,
}

fn state<'a>(mismatch: &'a Mismatch) -> Vec<Part<'a>> {
    let state = &mismatch.state;
    let parts = [
        ("pc", &state.pc),
        ("registers", &state.registers),
        ("csr", &state.csr),
        ("mem", &state.mem),
        ("npu", &state.npu),
    ];
    let part = |(name, value): (&'static str, &'a String)| Part {
        name,
        value,
        class: if value == "ok" { "good" } else { "bad" },
    };
    parts.map(part).into()
}
