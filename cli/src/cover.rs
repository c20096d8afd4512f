//! `systole cover`: coverage files of `systole cosim --coverage`, added up and shown.

use std::io::Write;
use std::path::{Path, PathBuf};

use systole_verif::coverage::file::Record;
use systole_verif::coverage::report;

use crate::exit::{Error, Exit, Result};
use crate::json::Target;
use crate::output;

/// Arguments of `systole cover`.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  systole cosim --shard 1/2 --seed 1 --coverage a.json
  systole cosim --shard 2/2 --seed 1 --coverage b.json
  systole cover merge a.json b.json -o all.json
  systole cover report all.json --html coverage.html")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Add up coverage of the same chip.
    Merge {
        /// Coverage files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// File for the sum; it may be one of the others.
        #[arg(short, value_name = "FILE")]
        output: PathBuf,
    },
    /// Show what was hit, group by group, and list what was not.
    Report {
        /// Coverage files; several are added up.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Write an HTML page: every point with its hits.
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
        /// Write the result as JSON.
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
}

/// Merges or reports.
pub fn command(args: &Args) -> Result {
    match &args.action {
        Action::Merge { files, output } => merge(files, output),
        Action::Report { files, html, json } => show(files, html.as_deref(), json.as_deref()),
    }
}

fn merge(files: &[PathBuf], output: &Path) -> Result {
    let sum = sum(files)?;
    replace(output, &sum.to_text())?;
    say!(
        "{} from {}: {}",
        output::count(sum.programs, "program"),
        output::count(files.len() as u64, "file"),
        line(&sum)
    );
    Ok(Exit::Good)
}

fn show(files: &[PathBuf], html: Option<&Path>, json: Option<&Path>) -> Result {
    let sum = sum(files)?;
    let (html, json) = (Target::open(html)?, Target::open(json)?);
    let coverage = &sum.coverage;
    say!("{}  {}", sum.preset, output::count(sum.programs, "program"));
    for group in coverage.groups() {
        let score = coverage.score(group);
        if score.points > 0 {
            let share = format!("{}/{}", score.hit, score.points);
            say!("  {:<24} {share:>11}  {:>5} %", group.name, report::percent(score));
        }
    }
    let missed = coverage.missed();
    if !missed.is_empty() {
        say!("\n{} not hit:", output::count(missed.len() as u64, "point"));
        missed.iter().for_each(|point| say!("  {point}"));
    }
    let surprises = coverage.surprises();
    if !surprises.is_empty() {
        say!("\nhit, although the model says that nothing can hit them:");
        surprises.iter().for_each(|point| say!("  {point}"));
    }
    say!("\n{}", line(&sum));
    html.text(&report::html(&sum))?;
    json.json(&report::json(&sum))?;
    Ok(Exit::Good)
}

/// A sum in a line.
fn line(record: &Record) -> String {
    let total = record.coverage.total();
    let (hit, points) = (output::grouped(total.hit), output::grouped(total.points));
    format!("{hit} of {points} points hit, {} %", report::percent(total))
}

/// Reads files of one chip and adds them up.
fn sum(files: &[PathBuf]) -> Result<Record> {
    let mut sum: Option<Record> = None;
    for file in files {
        let record = read(file)?;
        match &mut sum {
            None => sum = Some(record),
            Some(sum) => sum.merge(&record).map_err(|error| {
                let first = files[0].display();
                Error::usage(format!("{}: {error} (in {first})", file.display()))
                    .help("only coverage of one configuration can be added up")
            })?,
        }
    }
    sum.ok_or_else(|| Error::usage("no coverage file").help("name one or more"))
}

fn read(file: &Path) -> Result<Record> {
    let help = "`systole cosim --coverage FILE` writes coverage files";
    let text = std::fs::read_to_string(file)
        .map_err(|error| Error::file("read", file, &error).help(help))?;
    Record::from_text(&text)
        .map_err(|error| Error::usage(format!("{}: {error}", file.display())).help(help))
}

/// Writes a file at once: it may be one that was read, and is whole whatever happens.
fn replace(path: &Path, text: &str) -> Result<()> {
    let failed = |error: std::io::Error| {
        Error::file("write", path, &error).help("name a file in a folder that can be written")
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file =
        tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
