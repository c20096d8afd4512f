//! A design through the tools, in a temporary folder whose results are moved into place at the end.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use systole_gen::GeneratedFile;
use systole_gen::board::{Project, SYNTHESIS_SCRIPT};

use super::cells::Cells;
use super::error::Error;
use super::fit::{complaints, overused};
use super::mapping;
use super::origin::Origins;
use super::report::{self, Placed, Report, SeedRun};
use super::timing::Timing;
use super::tools::Tools;
use crate::process;
use crate::settings::Settings;

/// All that Yosys prints; what it prints in spite of `-q` are complaints.
const SYNTHESIS_LOG: &str = "synthesis.log";

/// What builds for WebAssembly say when a design has chains of logic that are too long for them.
const OUT_OF_STACK: &str = "call stack exhausted";
const NATIVE: &str = "As WebAssembly this tool has little stack. Install it for this machine, such as \
from https://github.com/YosysHQ/oss-cad-suite-build, and put it on PATH.";

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The design's board and clock.
    pub project: &'a Project,
    /// All files: those of [`Project::files`], and data that the Verilog reads.
    pub files: &'a [GeneratedFile],
    /// Only synthesise, and this module: just to count.
    pub count: Option<&'a str>,
    /// Seeds of nextpnr: 1 to this many.
    pub seeds: u32,
    /// Where names come from.
    pub origins: &'a Origins,
}

/// Who is told how it goes.
#[derive(Clone, Copy)]
pub struct Observer<'a> {
    /// Set to stop as soon as possible.
    pub stop: &'a AtomicBool,
    /// Called now and then while a step works, with its name and its seconds so far.
    pub working: &'a dyn Fn(&str, f64),
    /// Called at the end of a step, with its name and its seconds.
    pub done: &'a dyn Fn(&str, f64),
}

/// Takes a design through the tools. What is worth keeping is moved to the folder `output`, if there
/// is one, at the end: until then nothing there changes.
///
/// # Errors
/// A tool that is broken or refuses the design, a design that does not fit, an interruption.
pub fn run(
    settings: &Settings,
    tools: &Tools,
    job: &Job,
    output: Option<&Path>,
    observer: Observer,
) -> Result<Report, Error> {
    let folder = working_folder(output)?;
    let mut flow =
        Flow { settings, tools, job, folder: folder.path(), observer, steps: vec![], keep: vec![] };
    let mut report = flow.report()?;
    let keep = std::mem::take(&mut flow.keep);
    drop(flow);
    if let Some(output) = output {
        move_all(folder.path(), output, &keep)?;
        if let Some(placed) = &mut report.placed {
            placed.bitstream = output.join(&placed.bitstream);
        }
    }
    Ok(report)
}

/// A temporary folder: beside the output, so that files can be renamed into it.
fn working_folder(output: Option<&Path>) -> Result<tempfile::TempDir, Error> {
    let parent = match output.map(Path::parent) {
        None => std::env::temp_dir(),
        Some(Some(parent)) if !parent.as_os_str().is_empty() => parent.to_owned(),
        Some(_) => ".".into(),
    };
    fs::create_dir_all(&parent).map_err(crate::Error::io("create the folder", &parent))?;
    let folder = tempfile::Builder::new().prefix(".systole-fpga-").tempdir_in(&parent);
    Ok(folder.map_err(crate::Error::io("create a folder in", &parent))?)
}

/// A run that is under way.
struct Flow<'a> {
    settings: &'a Settings,
    tools: &'a Tools,
    job: &'a Job<'a>,
    folder: &'a Path,
    observer: Observer<'a>,
    steps: Vec<(String, f64)>,
    /// Files of the folder that are to be kept, the most important one last.
    keep: Vec<String>,
}

impl Flow<'_> {
    fn report(&mut self) -> Result<Report, Error> {
        let cells = self.synthesise()?;
        let top = self.job.count.unwrap_or(self.job.project.board().name);
        let list = self.read(&self.job.project.files_of_tools().multipliers)?;
        let multipliers = mapping::multipliers(&list, self.job.origins);
        let memories = mapping::memories(&self.read(SYNTHESIS_LOG)?, top, self.job.origins);
        let placed = match (self.job.count, &self.tools.placer) {
            (None, Some(_)) => {
                self.check_capacity(&cells)?;
                Some(self.place()?)
            }
            _ => None,
        };
        let board = self.job.project.board();
        Ok(Report {
            board,
            top: top.to_owned(),
            clock_hz: self.job.project.chip_hz(),
            cells,
            memories,
            multipliers,
            placed,
            tools: self.tools.versions(),
            steps: std::mem::take(&mut self.steps),
        })
    }

    fn synthesise(&mut self) -> Result<Cells, Error> {
        for file in self.job.files {
            self.write(file)?;
            self.keep.push(file.path.clone());
        }
        let project = self.job.project;
        if let Some(module) = self.job.count {
            let verilog = self.job.files.iter().map(|file| file.path.clone());
            let verilog: Vec<String> = verilog.filter(|path| path.ends_with(".v")).collect();
            self.write(&project.synthesis(&verilog, Some(module)))?;
        }
        let mut command = self.settings.command(&self.tools.yosys.program);
        command.args(["-q", "-l", SYNTHESIS_LOG, "-s", SYNTHESIS_SCRIPT]);
        self.step("yosys", "synthesis", command, "yosys.log")?;
        let statistics = project.files_of_tools().statistics;
        let text = self.read(&statistics)?;
        let cells = Cells::read(&text, &project.board().device.family);
        cells.ok_or_else(|| Error::Refused {
            tool: "yosys",
            message: format!("its `{statistics}` has no counts of cells"),
        })
    }

    /// Stops before nextpnr does, with minutes saved.
    fn check_capacity(&self, cells: &Cells) -> Result<(), Error> {
        let over = report::overused(cells, &self.job.project.board().device.capacity);
        if over.is_empty() { Ok(()) } else { Err(Error::DoesNotFit(over)) }
    }

    fn place(&mut self) -> Result<Placed, Error> {
        let mut runs = Vec::new();
        let mut best: Option<(usize, String, Timing)> = None;
        for seed in 1..=self.job.seeds {
            let stem = format!("seed-{seed}");
            let (timing, seconds) = self.route(seed, &stem)?;
            runs.push(SeedRun { seed, fmax_mhz: timing.fmax_mhz, seconds });
            let faster = best.as_ref().is_none_or(|(_, _, best)| timing.fmax_mhz > best.fmax_mhz);
            if faster {
                best = Some((runs.len() - 1, stem, timing));
            }
        }
        let (best, stem, timing) = best.expect("at least one seed");
        let bitstream = self.pack(&stem)?;
        Ok(Placed { runs, best, timing, bitstream: bitstream.into() })
    }

    /// Places and routes with a seed.
    fn route(&mut self, seed: u32, stem: &str) -> Result<(Timing, f64), Error> {
        let placer = self.tools.placer.as_ref().expect("a family that nextpnr knows");
        let arguments = self.job.project.place_and_route(seed, stem);
        let (_, arguments) = arguments.expect("a family that nextpnr knows");
        let mut command = self.settings.command(&placer.nextpnr.program);
        command.args(arguments);
        let what = if self.job.seeds == 1 { String::new() } else { format!(", seed {seed}") };
        let log = format!("{stem}.log");
        let seconds = self.step("nextpnr", &format!("place and route{what}"), command, &log)?;
        let report = format!("{stem}.report.json");
        let text = self.read(&report)?;
        self.keep.extend([log, report.clone()]);
        let timing = Timing::read(&text, self.job.origins).ok_or_else(|| Error::Refused {
            tool: "nextpnr",
            message: format!("its `{report}` is not a report"),
        })?;
        Ok((timing, seconds))
    }

    fn pack(&mut self, stem: &str) -> Result<String, Error> {
        let placer = self.tools.placer.as_ref().expect("a family that nextpnr knows");
        let pack = self.job.project.pack(stem).expect("a family that nextpnr knows");
        let (tool, arguments, bitstream) = pack;
        let mut command = self.settings.command(&placer.packer.program);
        command.args(arguments);
        self.step(tool, "bitstream", command, "pack.log")?;
        self.keep.push(bitstream.clone());
        Ok(bitstream)
    }

    /// Runs a tool to its end; gives the seconds it took.
    fn step(
        &mut self,
        tool: &'static str,
        what: &str,
        mut command: Command,
        log: &str,
    ) -> Result<f64, Error> {
        let name = format!("{tool}: {what}");
        let start = Instant::now();
        let watch = || {
            (self.observer.working)(&name, start.elapsed().as_secs_f64());
            !self.observer.stop.load(Ordering::Relaxed)
        };
        command.current_dir(self.folder);
        let path = self.folder.join(log);
        let ended = process::run_watched(&mut command, &path, "", &watch)?;
        // A tool of the same terminal gets Ctrl-C, too, and may end by it before we look.
        if ended.is_none() || self.observer.stop.load(Ordering::Relaxed) {
            return Err(Error::Interrupted);
        }
        let seconds = start.elapsed().as_secs_f64();
        if ended == Some(false) {
            return Err(self.refusal(tool, &command, &self.read(log)?));
        }
        (self.observer.done)(&name, seconds);
        self.steps.push((name, seconds));
        Ok(seconds)
    }

    /// Why a tool failed, by its log.
    fn refusal(&self, tool: &'static str, command: &Command, log: &str) -> Error {
        let over = if tool == "nextpnr" { overused(log) } else { Vec::new() };
        let message = complaints(log);
        match (over.is_empty(), message.is_empty()) {
            (false, _) => Error::DoesNotFit(over),
            (true, false) => Error::Refused { tool, message },
            (true, true) => {
                let hint = if log.contains(OUT_OF_STACK) { NATIVE } else { "" };
                Error::Tool(process::failure(command, process::tail(log), hint))
            }
        }
    }

    fn write(&self, file: &GeneratedFile) -> Result<(), Error> {
        let path = self.folder.join(&file.path);
        Ok(fs::write(&path, &file.text).map_err(crate::Error::io("write", &path))?)
    }

    fn read(&self, name: &str) -> Result<String, Error> {
        let path = self.folder.join(name);
        let bytes = fs::read(&path).map_err(crate::Error::io("read", &path))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Moves files from one folder to another, which is created if missing.
fn move_all(from: &Path, to: &Path, names: &[String]) -> Result<(), Error> {
    fs::create_dir_all(to).map_err(crate::Error::io("create the folder", to))?;
    for name in names {
        let target = to.join(name);
        fs::rename(from.join(name), &target).map_err(crate::Error::io("write", &target))?;
    }
    Ok(())
}
