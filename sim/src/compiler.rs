//! The C++ compiler: finding it, and running it on several files at a time.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::settings::Settings;
use crate::{Error, process};

const GET_COMPILER: &str = "Install a C++17 compiler (Debian, Ubuntu: `apt install g++`; Fedora: `dnf install \
gcc-c++`; macOS: `xcode-select --install`), or set CXX to one.";

/// A C++ compiler.
#[derive(Clone, Debug)]
pub struct Compiler {
    program: PathBuf,
    arguments: Vec<String>,
    /// First line of what it says of its version.
    pub version: String,
}

impl Compiler {
    /// `CXX` if set, else `g++`, `clang++` or `c++` on the search path.
    pub fn find(settings: &Settings) -> Result<Compiler, Error> {
        let missing = |what| Error::Missing { what, install: GET_COMPILER.into() };
        if let Some(named) = &settings.cxx {
            let mut words = named.split_whitespace().map(str::to_owned);
            let program = words
                .next()
                .and_then(|program| settings.find_program(program))
                .ok_or_else(|| missing(format!("CXX is `{named}`: no such program")))?;
            return Self::inspect(settings, program, words.collect());
        }
        let program = ["g++", "clang++", "c++"]
            .iter()
            .find_map(|name| settings.find_program(name))
            .ok_or_else(|| missing("no C++ compiler (g++, clang++ or c++) on PATH".into()))?;
        Self::inspect(settings, program, Vec::new())
    }

    fn inspect(
        settings: &Settings,
        program: PathBuf,
        arguments: Vec<String>,
    ) -> Result<Compiler, Error> {
        let mut command = settings.command(&program);
        let text = process::run(command.args(&arguments).arg("--version"), GET_COMPILER)?;
        let version = text.lines().next().unwrap_or_default().to_owned();
        Ok(Compiler { program, arguments, version })
    }

    /// Whether it is clang rather than GCC.
    pub(crate) fn is_clang(&self) -> bool {
        self.version.contains("clang")
    }

    pub(crate) fn command(&self, settings: &Settings) -> Command {
        let mut command = settings.command(&self.program);
        command.args(&self.arguments);
        command
    }

    /// Compiles every unit with `flags`, `settings.jobs` at a time, in the order given. Calls
    /// `done` with the number finished after each.
    pub(crate) fn compile(
        &self,
        settings: &Settings,
        flags: &[String],
        units: &[Unit],
        done: &(impl Fn(usize) + Sync),
    ) -> Result<(), Error> {
        let next = AtomicUsize::new(0);
        let finished = AtomicUsize::new(0);
        let failure = Mutex::new(None);
        let work = || {
            while let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Err(error) = self.compile_one(settings, flags, unit) {
                    // No use in starting more.
                    next.store(units.len(), Ordering::Relaxed);
                    *failure.lock().expect("no thread panics") = Some(error);
                    return;
                }
                done(finished.fetch_add(1, Ordering::Relaxed) + 1);
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..settings.jobs.min(units.len()) {
                scope.spawn(work);
            }
        });
        failure.into_inner().expect("no thread panics").map_or(Ok(()), Err)
    }

    fn compile_one(&self, settings: &Settings, flags: &[String], unit: &Unit) -> Result<(), Error> {
        let mut command = self.command(settings);
        command.args(flags).arg(unit.optimise).arg("-c").arg(&unit.source);
        command.arg("-o").arg(&unit.object);
        process::run(&mut command, "").map(drop)
    }

    /// Links objects into a shared library, or into a program.
    pub(crate) fn link(
        &self,
        settings: &Settings,
        objects: &[PathBuf],
        product: &Path,
        shared: bool,
    ) -> Result<(), Error> {
        let mut command = self.command(settings);
        if shared {
            command.arg("-shared");
        }
        command.args(["-fPIC", "-pthread"]);
        if shared && cfg!(target_os = "linux") {
            // Calls between the library's own functions go to its own functions, whatever else the
            // process has loaded.
            command.arg("-Wl,-Bsymbolic");
        }
        command.args(objects).arg("-o").arg(product);
        process::run(&mut command, "").map(drop)
    }
}

/// One file to compile.
pub(crate) struct Unit {
    pub source: PathBuf,
    pub object: PathBuf,
    pub optimise: &'static str,
}
