//! A failure, from the program that was found to a folder that explains it.

mod elf;
mod explain;
pub(crate) mod golden_tracks;
mod recorded;
mod replay;
mod report;
mod source;
mod suspect;
mod timeline;
mod view;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use systole_chip::ChipConfig;
use systole_sim::{Error, Library, Netlists};

pub use elf::elf_file;
pub use recorded::Recorded;
pub use replay::{BadFolder, REPLAY, Recipe, Replay};
pub use report::{Report, Style, divergence_text, model};
pub use suspect::suspect;

use crate::campaign::Found;
use crate::chip;
use crate::faults;
use crate::lockstep::{Divergence, Lockstep};
use crate::program::layout::{CODE, FROMHOST, TOHOST};
use crate::program::{Image, Program};
use crate::shrink::{Budget, shrink};
use crate::trial::Trial;

/// Name of the report in a failure folder.
pub const REPORT: &str = "report.txt";
/// Name of the report for programs.
pub const JSON_REPORT: &str = "report.json";
/// Name of the report as a page.
pub const PAGE: &str = "report.html";
/// Name of the shrunk program's assembly.
pub const ASSEMBLY: &str = "minimal.S";
/// Name of the shrunk program's ELF file.
pub const ELF: &str = "minimal.elf";
/// Name of the waves; the files that open them have the same with other endings.
pub const WAVE: &str = "fail.fst";

/// Where a failure comes from.
#[derive(Clone, Debug)]
pub struct Origin<'a> {
    /// Name of the preset or file.
    pub preset: &'a str,
    /// The chip.
    pub config: &'a ChipConfig,
    /// Seed of the campaign.
    pub seed: u64,
    /// Number of the injected fault, 0 for none.
    pub fault: u16,
    /// Modules that are there as netlists.
    pub netlists: Option<&'a Netlists>,
    /// Command line options that lead to this chip, fault and kind of programs again.
    pub options: &'a str,
    /// What Verilator calls its version, if that is known.
    pub verilator: Option<&'a str>,
}

impl Origin<'_> {
    /// Name of the injected fault.
    fn fault_name(&self) -> Option<&'static str> {
        let fault = usize::from(self.fault).checked_sub(1)?;
        faults::of(self.config).get(fault).map(|fault| fault.name)
    }
}

/// A shrunk failure.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Which program on which chip.
    pub subject: model::Subject,
    /// Body instructions of the program as it was found.
    pub original_instructions: usize,
    /// The shrunk program.
    pub program: Program,
    /// Its memory contents.
    pub image: Image,
    /// Where it diverges.
    pub divergence: Divergence,
    /// Command that shows it again.
    pub rerun: String,
    /// Whether the folder has waves.
    pub waves: bool,
    /// The way back to where the wrong value comes from, once it is written with waves.
    pub source: Option<model::Source>,
    /// What went on around the difference, once somebody has found out.
    pub timeline: Option<model::Timeline>,
    /// Signals around the difference, once somebody has read them.
    pub view: Option<model::WaveView>,
}

impl Failure {
    /// Shrinks what a campaign found; `progress` gets the number of runs and body instructions.
    ///
    /// # Errors
    /// When there is no memory for one more chip.
    pub fn shrink(
        found: &Found,
        origin: &Origin,
        library: &Arc<Library>,
        budget: Budget,
        mut progress: impl FnMut(u32, usize),
    ) -> Result<Self, Error> {
        let mut pair = chip::lockstep(origin.config, library)?;
        pair.select_fault(origin.fault);
        // A race in the program would hide the chip's fault.
        let (kind, race) = (found.divergence.kind, found.divergence.is_race());
        let (mut runs, mut size) = (0, found.program.instruction_count());
        let program = shrink(&found.program, budget, |candidate| {
            runs += 1;
            let fails = diverges(&mut pair, candidate)
                .is_some_and(|d| d.kind == kind && (race || !d.is_race()));
            if fails {
                size = candidate.instruction_count();
            }
            progress(runs, size);
            fails
        });
        let divergence = diverges(&mut pair, &program).unwrap_or_else(|| found.divergence.clone());
        let trial = Trial::new(&program).expect("shrinking makes programs shorter");
        Ok(Self {
            subject: model::Subject {
                preset: origin.preset.to_owned(),
                options: origin.options.to_owned(),
                isa: origin.config.core.isa(),
                dim: origin.config.npu.dim,
                fault: origin.fault_name().map(str::to_owned),
                verilator: origin.verilator.map(str::to_owned),
                seed: origin.seed,
                index: found.index,
            },
            original_instructions: found.program.instruction_count(),
            image: trial.image().clone(),
            program,
            divergence,
            rerun: format!(
                "systole cosim {} --seed {} --first {} --programs 1",
                origin.options, origin.seed, found.index
            ),
            waves: false,
            source: None,
            timeline: None,
            view: None,
        })
    }

    /// The report.
    pub fn report(&self) -> Report {
        report::of(self)
    }

    /// Writes the folder `parent/NAME` and returns its path. With a library that can trace, the
    /// RTL's waveform around the divergence is part of it.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write(
        &mut self,
        parent: &Path,
        origin: &Origin,
        tracing: Option<&Arc<Library>>,
    ) -> io::Result<PathBuf> {
        let model::Subject { preset, seed, index, .. } = &self.subject;
        let name = format!("{preset}-{seed:x}-{index}");
        fs::create_dir_all(parent)?;
        let folder = tempfile::Builder::new().prefix(".failure").tempdir_in(parent)?;
        if let Some(library) = tracing {
            explain::explain(self, origin, library, folder.path())?;
            if let Some(view) = &mut self.view {
                view::add_golden(view, &self.divergence.history);
            }
        }
        let report = self.report();
        fs::write(folder.path().join(REPORT), report.text(Style::Plain))?;
        fs::write(folder.path().join(JSON_REPORT), report.json())?;
        fs::write(folder.path().join(PAGE), report.html())?;
        fs::write(folder.path().join(ASSEMBLY), report.assembly())?;
        let symbols = [("_start", CODE), ("tohost", TOHOST), ("fromhost", FROMHOST)];
        let elf = elf_file(&self.image.segments, CODE, &symbols).map_err(io::Error::other)?;
        fs::write(folder.path().join(ELF), elf)?;
        let recipe =
            serde_json::to_string_pretty(&self.recipe(origin)).map_err(io::Error::other)?;
        fs::write(folder.path().join(REPLAY), recipe + "\n")?;
        let target = parent.join(name);
        if target.exists() {
            fs::remove_dir_all(&target)?;
        }
        fs::rename(folder.keep(), &target)?;
        Ok(target)
    }

    /// How to run the shrunk program again.
    fn recipe(&self, origin: &Origin) -> Recipe {
        Recipe {
            preset: self.subject.preset.clone(),
            config: origin.config.to_toml(),
            fault: self.subject.fault.clone(),
            cells: origin.netlists.map(|netlists| netlists.technology.name().to_owned()),
            modules: origin.netlists.map_or(Vec::new(), |netlists| netlists.modules.clone()),
            seed: self.subject.seed,
            index: self.subject.index,
            environment: self.program.environment,
            kind: self.divergence.kind.name().to_owned(),
            message: self.divergence.message.clone(),
        }
    }
}

fn diverges(pair: &mut Lockstep, program: &Program) -> Option<Divergence> {
    let trial = Trial::new(program).ok()?;
    trial.run(pair).divergence
}
