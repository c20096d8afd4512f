//! `systole cosim --configs N`: the same kind of campaign on random configurations. Building the
//! models is what takes time; they are cached as all others.

use serde_json::{Value, json};
use systole_verif::campaign::{Summary, Totals};
use systole_verif::configs;

use super::{Args, Plan, Ran, exit, junit, plan, report, run};
use crate::args::Chip;
use crate::exit::{Error, Exit, Result};
use crate::json::Target;
use crate::output;

/// Programs for each configuration.
const PROGRAMS: u64 = 150;

/// Runs the campaigns and reports them as one.
pub(super) fn command(args: &Args, count: u64) -> Result {
    if count == 0 {
        return Err(Error::usage("--configs 0: there is nothing to run").help("run 1 or more"));
    }
    let mut whole = plan(args)?;
    whole.chip.name = "sampled".to_owned();
    whole.chip.options = format!("--configs {count}");
    let (part, parts) = std::mem::replace(&mut whole.campaign.shard, (0, 1));
    let json = Target::open(args.json.as_deref())?;
    let junit = Target::open(args.junit.as_deref())?;
    report::head(&whole);
    let mut all = Ran { summary: nothing(), failures: Vec::new() };
    let mut configs = Vec::new();
    for index in (0..count).filter(|index| index % parts == part) {
        let plan = one(args, &whole, index, count);
        let ran = run(args, &plan)?;
        line(&plan, &ran.summary);
        configs.push(object(&plan, index, &ran.summary));
        add(&mut all, ran);
        let stop = plan.campaign.fail_fast && !all.summary.found.is_empty();
        if all.summary.interrupted || stop {
            break;
        }
    }
    report::tail(&whole, &all.summary, &all.failures);
    let mut object = report::json(&whole, &all.summary, &all.failures);
    object["shard"] = json!(format!("{}/{parts}", part + 1));
    object["configs"] = Value::Array(configs);
    json.json(&object)?;
    junit.text(&junit::document(&whole, &all.summary, &all.failures))?;
    Ok::<Exit, Error>(exit(&all.summary))
}

/// Configuration `index` of `count`. Each gets programs of its own.
fn one(args: &Args, whole: &Plan, index: u64, count: u64) -> Plan {
    let config = configs::sample(whole.campaign.seed, index);
    let settings = configs::settings(&config);
    let options = settings.iter().map(|setting| format!(" --set {setting}"));
    let options = format!("--preset {}{}", configs::BASE, options.collect::<String>());
    let mut campaign = whole.campaign.clone();
    campaign.time = args.time.map(|time| time / count.min(u64::from(u32::MAX)) as u32);
    campaign.programs = args.programs.or(args.time.is_none().then_some(PROGRAMS));
    campaign.first += index * campaign.programs.unwrap_or(1 << 32);
    let chip = Chip { name: format!("sampled-{index}"), config, options };
    Plan { chip, campaign, fault: None, netlists: whole.netlists.clone() }
}

fn nothing() -> Summary {
    Summary {
        totals: Totals::default(),
        seconds: 0.0,
        found: Vec::new(),
        coverage: None,
        interrupted: false,
    }
}

fn add(all: &mut Ran, ran: Ran) {
    let (sum, own) = (&mut all.summary, ran.summary);
    sum.totals.add(&own.totals);
    sum.seconds += own.seconds;
    sum.found.extend(own.found);
    sum.interrupted |= own.interrupted;
    all.failures.extend(ran.failures);
}

fn line(plan: &Plan, summary: &Summary) {
    let core = &plan.chip.config.core;
    let mut modes = String::from(if core.user_mode { "MU" } else { "M" });
    if core.pmp_regions > 0 {
        modes += &format!(", {} PMP entries", core.pmp_regions);
    }
    say!(
        "{}   {}: {}, {modes}: {}, {}",
        if summary.totals.mismatches == 0 { "pass" } else { "FAIL" },
        plan.chip.name,
        core.isa(),
        output::count(summary.totals.programs, "program"),
        output::count(summary.totals.mismatches, "mismatch")
    );
}

fn object(plan: &Plan, index: u64, summary: &Summary) -> Value {
    let totals = &summary.totals;
    json!({
        "index": index,
        "options": plan.chip.options,
        "isa": plan.chip.config.core.isa(),
        "programs": totals.programs,
        "instructions": totals.instructions,
        "npu_jobs": totals.npu_jobs,
        "cycles": totals.cycles,
        "mismatches": totals.mismatches,
    })
}
