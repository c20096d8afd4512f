//! What `systole mutate` tells: on the terminal and as JSON.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use systole_hdl::mutate::Mutant;
use systole_verif::mutation::{Shrunk, Verdict, diff};

use super::Judged;
use crate::output;

/// Lines of Verilog shown of a survivor.
const DIFF_LINES: usize = 8;

/// Counts of mutants.
#[derive(Clone, Copy, Default)]
struct Score {
    killed: u64,
    mistimed: u64,
    survived: u64,
    equivalent: u64,
}

impl Score {
    fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Killed { .. } => self.killed += 1,
            Verdict::Mistimed { .. } => self.mistimed += 1,
            Verdict::Survived => self.survived += 1,
            Verdict::Equivalent => self.equivalent += 1,
        }
    }

    fn mutants(self) -> u64 {
        self.noticed() + self.survived + self.equivalent
    }

    /// Killed in lockstep or by the pinned cycles.
    fn noticed(self) -> u64 {
        self.killed + self.mistimed
    }

    /// Noticed, of those that can be, in percent.
    fn percent(self) -> f64 {
        100.0 * self.noticed() as f64 / ((self.noticed() + self.survived) as f64).max(1.0)
    }

    fn json(self) -> Value {
        json!({
            "mutants": self.mutants(),
            "killed": self.noticed(),
            "killed_by_cycles": self.mistimed,
            "survived": self.survived,
            "equivalent": self.equivalent,
            "score": self.percent(),
        })
    }
}

/// Printed before the work starts.
pub fn head(judged: &Judged) {
    let mutants = output::count(judged.mutants.len() as u64, "mutant");
    say!("mutate  {}  seed {}  {mutants}", judged.chip.name, judged.seed);
}

/// Printed at the end: survivors, scores of modules and classes, the sums.
pub fn tail(judged: &Judged) {
    for (number, mutant) in survivors(judged) {
        say!("\nsurvived  {number}  {}: {}", mutant.module, mutant.description);
        say!("  {}", mutant.location);
        let lines = diff(&judged.design, mutant);
        lines.iter().take(DIFF_LINES).for_each(|line| say!("    {line}"));
        if lines.len() > DIFF_LINES {
            say!("    and {} more", output::count((lines.len() - DIFF_LINES) as u64, "line"));
        }
    }
    table("module", scores(judged, |mutant| mutant.module.clone()));
    table("class", scores(judged, |mutant| mutant.class.name().to_owned()));
    let total = total(judged);
    let median = median_programs(judged).map_or("-".to_owned(), |median| median.to_string());
    say!(
        "\n{} of {} noticed: {:.1} %, half of these by {median} programs or fewer",
        total.noticed(),
        output::count(total.noticed() + total.survived, "mutant"),
        total.percent()
    );
    say!("{} in lockstep, {} by their cycles alone", total.killed, total.mistimed);
    say!("{} more are proven to change nothing", total.equivalent);
    sizes(judged);
}

/// How small programs became.
fn sizes(judged: &Judged) {
    if let Some(small) = Sizes::of(judged, false) {
        say!(
            "\nshrunk  core  {}: {} instructions in the middle (of {}), {} at most",
            output::count(small.mutants, "program"),
            small.instructions,
            small.original,
            small.most_instructions
        );
    }
    if let Some(small) = Sizes::of(judged, true) {
        say!(
            "shrunk  npu   {}: {} instructions and {} in the middle, an extent of {}",
            output::count(small.mutants, "program"),
            small.instructions,
            output::count(small.jobs, "job"),
            small.extent
        );
    }
}

/// Medians of what is left of shrunk programs, of the mutants of the core or of the NPU.
struct Sizes {
    mutants: u64,
    original: u64,
    instructions: u64,
    most_instructions: u64,
    jobs: u64,
    extent: u64,
}

impl Sizes {
    /// `None` when there are none.
    fn of(judged: &Judged, npu: bool) -> Option<Self> {
        let is_npu =
            |number: u16| judged.mutants[usize::from(number) - 1].module.starts_with("npu");
        let small: Vec<&Shrunk> =
            judged.shrunk.iter().filter(|one| is_npu(one.number) == npu).collect();
        let all = |size: fn(&Shrunk) -> u64| small.iter().map(|one| size(one)).collect();
        Some(Self {
            mutants: small.len() as u64,
            original: median(all(|one| one.original_instructions as u64))?,
            instructions: median(all(|one| one.instructions as u64))?,
            most_instructions: small.iter().map(|one| one.instructions as u64).max()?,
            jobs: median(all(|one| one.jobs as u64))?,
            extent: median(all(|one| one.largest_extent.into()))?,
        })
    }

    fn json(&self) -> Value {
        json!({
            "mutants": self.mutants,
            "median_original_instructions": self.original,
            "median_instructions": self.instructions,
            "most_instructions": self.most_instructions,
            "median_jobs": self.jobs,
            "median_largest_extent": self.extent,
        })
    }
}

/// The middle one, the lower of two.
fn median(mut values: Vec<u64>) -> Option<u64> {
    values.sort_unstable();
    values.get(values.len().saturating_sub(1) / 2).copied()
}

fn table(of: &str, scores: BTreeMap<String, Score>) {
    say!("\n{of:<28} mutants  killed  by cycles  equivalent  survived   score");
    for (name, score) in scores {
        let Score { killed, mistimed, survived, equivalent } = score;
        let (mutants, percent) = (score.mutants(), score.percent());
        say!(
            "{name:<28}{mutants:>8}{killed:>8}{mistimed:>11}{equivalent:>12}{survived:>10} \
             {percent:>6.1} %"
        );
    }
}

/// The result as JSON; the keys are those of the manual.
pub fn json(judged: &Judged) -> Value {
    let total = total(judged);
    let mut result = json!({
        "preset": judged.chip.name,
        "seed": judged.seed,
        "median_programs_to_kill": median_programs(judged),
        "killed_by": killed_by(judged),
        "shrunk": {
            "core": Sizes::of(judged, false).map(|sizes| sizes.json()),
            "npu": Sizes::of(judged, true).map(|sizes| sizes.json()),
            "programs": judged.shrunk.iter().map(shrunk).collect::<Vec<_>>(),
        },
        "modules": named(scores(judged, |mutant| mutant.module.clone())),
        "classes": named(scores(judged, |mutant| mutant.class.name().to_owned())),
        "survivors": survivors(judged).map(|(number, mutant)| survivor(judged, number, mutant))
            .collect::<Vec<_>>(),
    });
    if let (Value::Object(result), Value::Object(counts)) = (&mut result, total.json()) {
        result.extend(counts);
    }
    result
}

fn named(scores: BTreeMap<String, Score>) -> Vec<Value> {
    let row = |(name, score): (String, Score)| {
        let mut row = score.json();
        row["name"] = json!(name);
        row
    };
    scores.into_iter().map(row).collect()
}

fn survivor(judged: &Judged, number: u16, mutant: &Mutant) -> Value {
    json!({
        "number": number,
        "module": mutant.module,
        "class": mutant.class.name(),
        "file": mutant.location.file,
        "line": mutant.location.line,
        "description": mutant.description,
        "diff": diff(&judged.design, mutant),
    })
}

fn shrunk(small: &Shrunk) -> Value {
    json!({
        "number": small.number,
        "original_instructions": small.original_instructions,
        "instructions": small.instructions,
        "jobs": small.jobs,
        "largest_extent": small.largest_extent,
    })
}

/// Judged mutants with their numbers.
fn judged_mutants(judged: &Judged) -> impl Iterator<Item = (u16, &Mutant, Verdict)> {
    let mutant = |number: u16| &judged.mutants[usize::from(number) - 1];
    judged.verdicts.iter().map(move |(&number, &verdict)| (number, mutant(number), verdict))
}

fn survivors(judged: &Judged) -> impl Iterator<Item = (u16, &Mutant)> {
    let survived =
        |(number, mutant, verdict)| (verdict == Verdict::Survived).then_some((number, mutant));
    judged_mutants(judged).filter_map(survived)
}

fn scores(judged: &Judged, key: impl Fn(&Mutant) -> String) -> BTreeMap<String, Score> {
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    for (_, mutant, verdict) in judged_mutants(judged) {
        scores.entry(key(mutant)).or_default().add(verdict);
    }
    scores
}

fn total(judged: &Judged) -> Score {
    let mut total = Score::default();
    judged.verdicts.values().for_each(|&verdict| total.add(verdict));
    total
}

/// How the killed ones showed.
fn killed_by(judged: &Judged) -> BTreeMap<&'static str, u64> {
    let mut counts = BTreeMap::new();
    for verdict in judged.verdicts.values() {
        let name = match verdict {
            Verdict::Killed { kind, .. } => kind.name(),
            Verdict::Mistimed { .. } => "cycles",
            Verdict::Equivalent | Verdict::Survived => continue,
        };
        *counts.entry(name).or_default() += 1;
    }
    counts
}

/// Of the killed ones, the programs that the middle one took.
fn median_programs(judged: &Judged) -> Option<u64> {
    let programs = |verdict: &Verdict| match verdict {
        Verdict::Killed { programs, .. } | Verdict::Mistimed { programs } => Some(*programs),
        Verdict::Survived | Verdict::Equivalent => None,
    };
    median(judged.verdicts.values().filter_map(programs).collect())
}
