//! The result as JUnit XML, which every CI shows: a case for each program that failed, and one for
//! all that did not.

use std::fmt::Write;

use systole_verif::campaign::Summary;

use super::Plan;
use super::failures::Explained;

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
    let _ = writeln!(out, "    <properties>");
    for (name, value) in [
        ("seed", plan.campaign.seed),
        ("programs", totals.programs),
        ("instructions", totals.instructions),
        ("npu_jobs", totals.npu_jobs),
        ("cycles", totals.cycles),
    ] {
        let _ = writeln!(out, "      <property name=\"{name}\" value=\"{value}\"/>");
    }
    let _ = writeln!(out, "    </properties>");
    let _ = writeln!(
        out,
        "    <testcase classname=\"{suite}\" name=\"{passed} programs agree\" time=\"{seconds:.3}\"/>"
    );
    for found in &summary.found {
        let explained = failures.iter().find(|explained| explained.index == found.index);
        let message = attribute(&found.divergence.to_string());
        let kind = found.divergence.kind.name();
        let report = explained
            .map_or_else(|| found.divergence.to_string(), |explained| explained.failure.report());
        let _ = writeln!(
            out,
            "    <testcase classname=\"{suite}\" name=\"program {} of seed {}\">",
            found.index, plan.campaign.seed
        );
        let _ = writeln!(
            out,
            "      <failure type=\"{kind}\" message=\"{message}\">{}</failure>",
            text(&report)
        );
        let _ = writeln!(out, "    </testcase>");
    }
    out + "  </testsuite>\n</testsuites>\n"
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
