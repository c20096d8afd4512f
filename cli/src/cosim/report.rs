//! What a campaign tells: on the terminal, to GitHub, as JSON.

use serde_json::{Value, json};
use systole_sim::Netlists;
use systole_verif::campaign::Summary;
use systole_verif::coverage::file::Record;
use systole_verif::coverage::report::percent;
use systole_verif::failure::Report;

use super::Plan;
use super::failures::Explained;
use crate::output;

/// Printed before the work starts: all that is needed to repeat it.
pub fn head(plan: &Plan) {
    let campaign = &plan.campaign;
    let (part, parts) = campaign.shard;
    let shard = if parts > 1 { format!("  shard {}/{parts}", part + 1) } else { String::new() };
    let fault = plan.fault.map(|name| format!("  fault {name}")).unwrap_or_default();
    let netlists = plan.netlists.as_ref().map(Netlists::to_string).unwrap_or_default();
    say!(
        "cosim  {}{netlists}  seed {}  jobs {}{shard}{fault}",
        plan.chip.name,
        campaign.seed,
        campaign.jobs
    );
}

/// Printed at the end: every failure, then the sums.
pub fn tail(plan: &Plan, summary: &Summary, failures: &[Explained]) {
    for explained in failures {
        say!("\n{}", explained.report.text(output::style()).trim_end());
        if let Some(folder) = &explained.folder {
            say!("  folder    {folder}");
        }
        if std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true") {
            say!("{}", annotation(&plan.chip.name, &explained.report));
        }
    }
    let totals = &summary.totals;
    let listed = summary.found.iter().skip(failures.len()).map(|found| found.index.to_string());
    let listed: Vec<String> = listed.take(20).collect();
    if !listed.is_empty() {
        let also = if failures.is_empty() { "failed" } else { "also failed" };
        say!("\n{also}: programs {} (--first INDEX --programs 1)", listed.join(", "));
    }
    let verdict = match (totals.mismatches, summary.interrupted) {
        (0, false) => "PASS",
        (0, true) => "STOP",
        _ => "FAIL",
    };
    if totals.mismatches > 0 {
        say!("");
    }
    say!(
        "{verdict}   {} in lockstep, {}",
        output::count(totals.programs, "program"),
        output::count(totals.mismatches, "mismatch")
    );
    say!(
        "       {}, {}, {} in {}",
        output::count(totals.instructions, "instruction"),
        output::count(totals.npu_jobs, "NPU job"),
        output::count(totals.cycles, "cycle"),
        output::time(summary.seconds)
    );
    if totals.cycles > 0 && totals.bare_cycles > 0 {
        say!(
            "       {} cycles/s a thread, {:.0} % of the bare RTL's {}",
            output::short(totals.cycles_per_second()),
            100.0 * totals.cycles_per_second() / totals.bare_cycles_per_second(),
            output::short(totals.bare_cycles_per_second())
        );
    }
    if let Some(coverage) = &summary.coverage {
        let total = coverage.total();
        say!("       {} % of {} cover points", percent(total), output::grouped(total.points));
    }
}

/// A line that GitHub shows beside the run, and at the Rust line where the value comes from if that
/// is known.
fn annotation(chip: &str, report: &Report) -> String {
    let place = report.place().map(|(file, line)| format!("file={},line={line},", property(file)));
    let subject = &report.subject;
    format!(
        "::error {}title={}::program {} of seed {}: {} | {}",
        place.unwrap_or_default(),
        property(&format!("systole cosim {chip}")),
        subject.index,
        subject.seed,
        data(&report.mismatch.summary),
        data(&report.rerun)
    )
}

/// Text behind the colons of an annotation.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of an annotation.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The result as JSON; the keys are those of the manual.
pub fn json(plan: &Plan, summary: &Summary, failures: &[Explained]) -> Value {
    let (totals, campaign) = (&summary.totals, &plan.campaign);
    let (part, parts) = campaign.shard;
    let failures: Vec<Value> = failures
        .iter()
        .map(|explained| {
            let (report, mismatch) = (&explained.report, &explained.report.mismatch);
            json!({
                "dir": explained.folder,
                "seed": campaign.seed,
                "index": explained.index,
                "kind": mismatch.kind,
                "message": mismatch.message,
                "cycle": mismatch.cycle,
                "instructions": report.program.original_instructions,
                "shrunk_instructions": report.program.instructions,
                "rerun": report.rerun,
            })
        })
        .collect();
    json!({
        "preset": plan.chip.name,
        "profile": campaign.profile.name(),
        "seed": campaign.seed,
        "first": campaign.first,
        "shard": format!("{}/{parts}", part + 1),
        "jobs": campaign.jobs,
        "fault": plan.fault,
        "netlist": plan.netlists.as_ref().map(|netlists| {
            json!({ "cells": netlists.technology.name(), "modules": netlists.modules })
        }),
        "programs": totals.programs,
        "instructions": totals.instructions,
        "npu_jobs": totals.npu_jobs,
        "cycles": totals.cycles,
        "mismatches": totals.mismatches,
        "interrupted": summary.interrupted,
        "seconds": summary.seconds,
        "cycles_per_second": totals.cycles_per_second(),
        "bare_cycles_per_second": totals.bare_cycles_per_second(),
        "failing_programs": summary.found.iter().map(|found| found.index).collect::<Vec<_>>(),
        "failures": failures,
        "coverage": summary.coverage.as_ref().map(|coverage| {
            let total = coverage.total();
            json!({ "points": total.points, "hit": total.hit, "percent": total.percent() })
        }),
    })
}

/// What `--coverage` writes.
pub fn coverage(plan: &Plan, summary: &Summary) -> Option<Record> {
    let coverage = summary.coverage.clone()?;
    Some(Record {
        preset: plan.chip.name.clone(),
        config: plan.chip.config.clone(),
        programs: summary.totals.programs,
        instructions: summary.totals.instructions,
        coverage,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_annotations_reserve_is_escaped() {
        assert_eq!(data("100 %: a, b\nc"), "100 %25: a, b%0Ac");
        assert_eq!(property("a:b,c"), "a%3Ab%2Cc");
    }
}
