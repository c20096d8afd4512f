//! Where tools and caches are: the environment, read once.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;

/// Places that the environment decides.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Folder of everything that can be made again: tools, compiled models.
    pub cache: PathBuf,
    /// Search path for programs, as in `PATH`.
    pub path: OsString,
    /// `SYSTOLE_VERILATOR`: the Verilator to use, whatever else there is.
    pub verilator: Option<PathBuf>,
    /// `SYSTOLE_YOSYS`: the Yosys to use, with `yosys-smtbmc` beside it.
    pub yosys: Option<PathBuf>,
    /// `SYSTOLE_BOOLECTOR`: the Boolector to use.
    pub boolector: Option<PathBuf>,
    /// `CXX`: the C++ compiler to use, possibly with arguments.
    pub cxx: Option<String>,
    /// Compilations at a time.
    pub jobs: usize,
}

impl Settings {
    /// Reads `SYSTOLE_CACHE`, `XDG_CACHE_HOME`, `HOME`, `PATH`, `CXX`, and the `SYSTOLE_*` that name
    /// tools.
    pub fn from_env() -> Result<Settings, Error> {
        let set = |name| env::var_os(name).filter(|value| !value.is_empty());
        let cache = set("SYSTOLE_CACHE")
            .map(PathBuf::from)
            .or_else(|| set("XDG_CACHE_HOME").map(|folder| Path::new(&folder).join("systole")))
            .or_else(|| env::home_dir().map(|home| home.join(".cache/systole")))
            .ok_or_else(|| Error::Missing {
                what: "there is no home folder to cache compiled models in".into(),
                install: "Set SYSTOLE_CACHE to a folder that can be written.".into(),
            })?;
        Ok(Settings {
            cache,
            path: set("PATH").unwrap_or_default(),
            verilator: set("SYSTOLE_VERILATOR").map(PathBuf::from),
            yosys: set("SYSTOLE_YOSYS").map(PathBuf::from),
            boolector: set("SYSTOLE_BOOLECTOR").map(PathBuf::from),
            cxx: set("CXX").map(|value| value.to_string_lossy().into_owned()),
            jobs: std::thread::available_parallelism().map_or(1, |n| n.get()),
        })
    }

    /// The file that `program` names: itself if it is a path, else the first match on the search
    /// path.
    pub(crate) fn find_program(&self, program: impl AsRef<OsStr>) -> Option<PathBuf> {
        let program = Path::new(program.as_ref());
        if program.components().count() > 1 {
            return is_executable(program).then(|| program.to_path_buf());
        }
        env::split_paths(&self.path)
            .map(|folder| folder.join(program))
            .find(|candidate| is_executable(candidate))
    }

    /// A command that itself finds programs on this search path.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env("PATH", &self.path);
        command
    }
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}
