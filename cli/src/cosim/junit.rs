//! The result as JUnit XML, which every CI shows: a case for each program that failed, and one for
//! all that did not.

use std::fmt::Write;

use systole_verif::campaign::Summary;
use systole_verif::failure::Style;

use super::Plan;
use super::failures::Explained;
use crate::simulation;

/// The document.
pub fn document(plan: &Plan, summary: &Summary, failures: &[Explained]) -> String {
    let totals = &summary.totals;
    let passed = totals.programs - totals.mismatches.min(totals.programs);
    let (cases, failed) = (summary.found.len() + 1, summary.found.len());
    let suite = attribute(&format!("systole cosim {}", plan.chip.name));
    let seconds = summary.seconds;
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let counts =
        format!("tests=\"{cases}\" failures=\"{failed}\" errors=\"0\" time=\"{seconds:.3}\"");
    // Writing to a string cannot fail.
    let _ = writeln!(out, "<testsuites {counts}>");
    let _ = writeln!(out, "  <testsuite name=\"{suite}\" {counts}>");
    let (seed, config) = (plan.campaign.seed.to_string(), &plan.chip.options);
    let verilator = simulation::verilator_version().unwrap_or_default();
    properties(
        &mut out,
        "    ",
        &[
            ("seed", &seed),
            ("config", config),
            ("systole", env!("CARGO_PKG_VERSION")),
            ("verilator", &verilator),
            ("programs", &totals.programs.to_string()),
            ("instructions", &totals.instructions.to_string()),
            ("npu_jobs", &totals.npu_jobs.to_string()),
            ("cycles", &totals.cycles.to_string()),
        ],
    );
    let _ = writeln!(
        out,
        "    <testcase classname=\"{suite}\" name=\"{passed} programs agree\" time=\"{seconds:.3}\"/>"
    );
    for found in &summary.found {
        let explained = failures.iter().find(|explained| explained.index == found.index);
        let _ = writeln!(
            out,
            "    <testcase classname=\"{suite}\" name=\"program {} of seed {seed}\">",
            found.index
        );
        match explained {
            Some(explained) => explained_failure(&mut out, explained),
            None => {
                let message = found.divergence.to_string();
                failure(&mut out, found.divergence.kind.name(), &message, &message);
            }
        }
        let _ = writeln!(out, "    </testcase>");
    }
    out + "  </testsuite>\n</testsuites>\n"
}

/// A failure that was shrunk, with what it takes to see it again.
fn explained_failure(out: &mut String, explained: &Explained) {
    let report = &explained.report;
    let (subject, mismatch) = (&report.subject, &report.mismatch);
    let (seed, index) = (subject.seed.to_string(), subject.index.to_string());
    let place = report.place().map(|(file, line)| format!("{file}:{line}"));
    let mut all = vec![("seed", seed.as_str()), ("index", &index), ("config", &subject.options)];
    all.extend(subject.fault.as_deref().map(|fault| ("fault", fault)));
    all.extend(place.as_deref().map(|place| ("source", place)));
    all.extend(explained.folder.as_deref().map(|folder| ("folder", folder)));
    all.extend([("rerun", report.rerun.as_str()), ("replay", &report.replay)]);
    properties(out, "      ", &all);
    let message =
        format!("cycle {} retire #{}: {}", mismatch.cycle, mismatch.retire, mismatch.summary);
    failure(out, &mismatch.kind, &message, &report.text(Style::Plain));
}

fn failure(out: &mut String, kind: &str, message: &str, report: &str) {
    let (message, report) = (attribute(message), text(report));
    let _ =
        writeln!(out, "      <failure type=\"{kind}\" message=\"{message}\">{report}</failure>");
}

fn properties(out: &mut String, indent: &str, all: &[(&str, &str)]) {
    let _ = writeln!(out, "{indent}<properties>");
    for (name, value) in all {
        let value = attribute(value);
        let _ = writeln!(out, "{indent}  <property name=\"{name}\" value=\"{value}\"/>");
    }
    let _ = writeln!(out, "{indent}</properties>");
}

/// Text between tags. XML 1.0 has no way to write most control characters at all.
fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in raw.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Text inside a quoted attribute.
fn attribute(raw: &str) -> String {
    text(raw).replace('"', "&quot;").replace('\n', "&#10;").replace('\t', "&#9;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_reserves_is_escaped() {
        assert_eq!(text("a < b && c > d\n\u{1b}"), "a &lt; b &amp;&amp; c &gt; d\n\u{fffd}");
        assert_eq!(attribute("\"x\"\ny"), "&quot;x&quot;&#10;y");
    }
}
