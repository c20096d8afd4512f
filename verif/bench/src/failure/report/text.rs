//! The report as text: the first difference only, both columns, what differs, and how to see it
//! again.

use std::fmt::Write;

use super::model::{
    Job, Listing, Mismatch, RETIRES, Report, Retired, Source, State, Timeline, Waves,
};
use crate::failure::ASSEMBLY;
use crate::program::Environment;

/// Instructions that fit the line behind `shrunk`; more get a line each.
const INLINE: usize = 5;
/// Characters that they may take.
const INLINE_WIDTH: usize = 80;
/// Instructions and descriptors shown.
const LISTED: usize = 24;
/// Last steps of the way back that are shown.
const SHOWN_STEPS: usize = 8;
/// Narrowest column of assembly.
const ASSEMBLY_WIDTH: usize = 26;

/// Whether a text has colours, for terminals that show them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// Text only.
    Plain,
    /// With the usual escape sequences.
    Coloured,
}

/// Ways to stand out, as parameters of the escape sequence.
const BOLD: &str = "1";
const DIM: &str = "2";
const RED: &str = "31";
const GREEN: &str = "32";
const FAILED: &str = "1;31";

impl Style {
    fn paint(self, colour: &str, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Coloured => format!("\x1b[{colour}m{text}\x1b[0m"),
        }
    }

    /// Text in the background, such as headings.
    pub(crate) fn dim(self, text: &str) -> String {
        self.paint(DIM, text)
    }

    /// A wrong value.
    pub(crate) fn red(self, text: &str) -> String {
        self.paint(RED, text)
    }

    /// A right value.
    pub(crate) fn green(self, text: &str) -> String {
        self.paint(GREEN, text)
    }

    /// The name of a line, in a column of its own.
    fn label(self, name: &str) -> String {
        self.paint(DIM, &format!("{name:<10}"))
    }
}

/// The report. Writing to a string, here and below, cannot fail.
pub(super) fn text(report: &Report, style: Style) -> String {
    let mut out = summary(report, style);
    history(&mut out, &report.mismatch.retired, style);
    out += &context(report, style);
    out
}

/// Which program failed, and what differs.
pub(super) fn summary(report: &Report, style: Style) -> String {
    let (subject, mismatch) = (&report.subject, &report.mismatch);
    let fail = format!(
        "{}  {} program {} of seed {:#x}: {} at cycle {}, retire #{}\n",
        style.paint(FAILED, "FAIL"),
        subject.preset,
        subject.index,
        subject.seed,
        mismatch.kind,
        mismatch.cycle,
        mismatch.retire
    );
    fail + &fields(mismatch, style)
}

/// All that the report says but what differs and what led to it.
pub(super) fn context(report: &Report, style: Style) -> String {
    let mut out = String::new();
    line(&mut out, style, "state", &state(&report.mismatch.state));
    line(&mut out, style, "shrunk", &shrunk(&report.program));
    listing(&mut out, &report.program, style);
    if let Some(outside) = &report.program.outside {
        line(&mut out, style, "differs", &format!("at {outside}"));
    }
    report.jobs.iter().for_each(|job| job_lines(&mut out, job, style));
    if let Some(timeline) = &report.timeline {
        failed_spans(&mut out, timeline, style);
    }
    line(&mut out, style, "memory", &environment(&report.memory));
    if let Some(shown) = &report.waves {
        line(&mut out, style, "waves", &waves(shown));
    }
    if let Some(source) = &report.source {
        source_lines(&mut out, source, style);
    }
    line(&mut out, style, "rerun", &report.rerun);
    line(&mut out, style, "replay", &report.replay);
    out
}

/// A line with a name of its own.
fn line(out: &mut String, style: Style, name: &str, text: &str) {
    let _ = writeln!(out, "  {}{text}", style.label(name));
}

/// What differs and what led to it.
pub(super) fn difference(mismatch: &Mismatch, style: Style) -> String {
    let mut out = fields(mismatch, style);
    history(&mut out, &mismatch.retired, style);
    out
}

/// What differs.
fn fields(mismatch: &Mismatch, style: Style) -> String {
    let mut out = format!("  {}\n", style.paint(BOLD, &mismatch.summary));
    for difference in &mismatch.differences {
        let _ = writeln!(
            out,
            "        {:<10} rtl {}   golden {}   (^ {})",
            difference.field,
            style.red(&difference.rtl),
            style.green(&difference.golden),
            difference.xor
        );
    }
    out
}

fn history(out: &mut String, retired: &[Retired], style: Style) {
    if retired.is_empty() {
        return;
    }
    let width = |text: fn(&Retired) -> &String, least: usize| {
        retired.iter().map(|retired| text(retired).chars().count()).fold(least, usize::max)
    };
    let assembly_width = width(|retired| &retired.assembly, ASSEMBLY_WIDTH);
    let rtl_width = width(|retired| &retired.rtl, "rtl".len());
    let before = 4 + "#00000 80000000 00000013 ".len() + assembly_width;
    let heading = format!("{:<before$} {:<rtl_width$}  golden", "  last retired", "rtl");
    let _ = writeln!(out, "{}", style.paint(DIM, &heading));
    for retired in retired {
        let mark = if retired.golden.is_some() { ">" } else { " " };
        let rtl = format!("{:<rtl_width$}", retired.rtl);
        let (rtl, golden) = match &retired.golden {
            None => (rtl, "=".to_owned()),
            Some(golden) => (style.paint(RED, &rtl), style.paint(GREEN, golden)),
        };
        let _ = writeln!(
            out,
            "  {mark} #{:<5} {} {} {:<assembly_width$} {rtl}  {golden}",
            retired.retire,
            bare(&retired.pc),
            bare(&retired.insn),
            retired.assembly
        );
    }
}

/// Hex digits without their prefix.
fn bare(hex: &str) -> &str {
    hex.strip_prefix("0x").unwrap_or(hex)
}

fn state(state: &State) -> String {
    let parts = [
        ("pc", &state.pc),
        ("registers", &state.registers),
        ("csr", &state.csr),
        ("mem", &state.mem),
        ("npu", &state.npu),
    ];
    let part = |(name, value): (&str, &String)| {
        if value == "ok" { format!("{name} ok") } else { format!("{name}: {value}") }
    };
    parts.map(part).join("; ")
}

fn shrunk(program: &Listing) -> String {
    let (from, to) = (program.original_instructions, program.instructions);
    let noun = if to == 1 { "instruction" } else { "instructions" };
    let body = inline(program).map(|body| format!(": {body}")).unwrap_or_default();
    format!("{from} -> {to} {noun}{body} ({ASSEMBLY})")
}

/// The body in one line, if it is short.
fn inline(program: &Listing) -> Option<String> {
    let body: Vec<&str> = program.body.iter().map(|line| line.assembly.as_str()).collect();
    let text = body.join(" / ");
    let fits = (1..=INLINE).contains(&body.len()) && text.len() <= INLINE_WIDTH;
    fits.then_some(text)
}

/// The body in lines, where one is not enough.
fn listing(out: &mut String, program: &Listing, style: Style) {
    if inline(program).is_some() {
        return;
    }
    for line in program.body.iter().take(LISTED) {
        let mark = if line.failing { '>' } else { ' ' };
        let text = format!("{} {}", bare(&line.address), line.assembly);
        let text = if line.failing { style.paint(RED, &text) } else { text };
        let _ = writeln!(out, "  {mark}         {text}");
    }
    more(out, program.body.len());
}

fn job_lines(out: &mut String, job: &Job, style: Style) {
    let text = format!("{} at {}", job.description, job.list);
    line(out, style, &format!("job {}", job.number), &text);
    for (index, descriptor) in job.descriptors.iter().enumerate().take(LISTED) {
        let _ = writeln!(out, "    {index:>3}  {descriptor}");
    }
    more(out, job.descriptors.len());
}

fn more(out: &mut String, length: usize) {
    if length > LISTED {
        let _ = writeln!(out, "            and {} more", length - LISTED);
    }
}

/// Of a timeline only what failed: the rest is for the eye, and instructions are told above.
fn failed_spans(out: &mut String, timeline: &Timeline, style: Style) {
    for lane in timeline.lanes.iter().filter(|lane| lane.name != RETIRES) {
        for span in lane.spans.iter().filter(|span| span.failed) {
            let colon = if span.detail.is_empty() { "" } else { ": " };
            let cycles = cycles(span.begin, span.end);
            let text = format!("{} {}, {cycles}{colon}{}", lane.name, span.label, span.detail);
            line(out, style, "failed in", &text);
        }
    }
}

/// The cycles from `begin` to before `end`, in words.
pub(super) fn cycles(begin: u64, end: u64) -> String {
    match end.saturating_sub(begin) {
        0 | 1 => format!("cycle {begin}"),
        _ => format!("cycles {begin} to {}", end - 1),
    }
}

/// How memory behaves, in words.
pub(super) fn environment(environment: &Environment) -> String {
    if *environment == Environment::IDEAL {
        return "answers in the next cycle, no stalls, no errors".to_owned();
    }
    format!(
        "seed {:#x}, stalls {}/256, latency 1 to {}, errors hart {}/65536, NPU {}/65536",
        environment.seed,
        environment.stall,
        environment.latency,
        environment.hart_errors,
        environment.npu_errors
    )
}

/// Which waves the folder has, and how to open them.
pub(super) fn waves(waves: &Waves) -> String {
    let (from, to) = waves.cycles;
    let cycles = cycles(from, to.saturating_add(1));
    format!("{}, {cycles}, golden values beside the RTL's; open: gtkwave fail.gtkw", waves.fst)
}

fn source_lines(out: &mut String, source: &Source, style: Style) {
    let Some(last) = source.steps.last() else { return };
    let place = style.paint(BOLD, &format!("{}:{}", last.file, last.line));
    line(out, style, "source", &format!("{place}  ({})", last.signal));
    let left_out = source.steps.len().saturating_sub(SHOWN_STEPS);
    if left_out > 0 {
        let _ = writeln!(out, "    {left_out} steps from the difference on: see the page");
    }
    for step in source.steps.iter().skip(left_out) {
        let _ = write!(out, "    cycle {:<6} {} = {}", step.cycle, step.signal, step.value);
        let note = if step.note.is_empty() { "" } else { "  " };
        let _ = writeln!(out, "  {}:{}{note}{}", step.file, step.line, step.note);
    }
}
