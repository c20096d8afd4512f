//! `systole wave open`: a failure or a wave in a viewer.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::input;
use crate::exit::{Error, Exit, Result};

/// Arguments of `systole wave open`.
#[derive(clap::Args)]
#[command(after_help = "\
A save file beside the wave (fail.gtkw, fail.sucl) is used. The command ends when the viewer is
closed.")]
pub struct Args {
    /// Failure folder of `systole cosim`, or a wave.
    #[arg(value_name = "FILE")]
    path: PathBuf,
    /// Program that shows it.
    #[arg(long, value_enum, default_value = "gtkwave")]
    viewer: Viewer,
}

#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq)]
enum Viewer {
    Gtkwave,
    Surfer,
}

impl Viewer {
    fn program(self) -> &'static str {
        match self {
            Self::Gtkwave => "gtkwave",
            Self::Surfer => "surfer",
        }
    }

    /// How to get it.
    fn help(self) -> &'static str {
        match self {
            Self::Gtkwave => {
                "apt install gtkwave (Debian, Ubuntu), dnf install gtkwave (Fedora), or take \
                 --viewer surfer"
            }
            Self::Surfer => "get it from https://surfer-project.org, or take --viewer gtkwave",
        }
    }

    /// What opens a wave. Names are relative to its folder, where viewers look for more files.
    fn arguments(self, wave: &Path) -> Vec<PathBuf> {
        let beside = |ending: &str| Some(wave.with_extension(ending)).filter(|path| path.is_file());
        let name = |path: &Path| path.file_name().map(PathBuf::from).unwrap_or_default();
        match self {
            // The save file names the wave.
            Self::Gtkwave => vec![name(&beside("gtkw").unwrap_or_else(|| wave.to_owned()))],
            Self::Surfer => match beside("sucl") {
                Some(commands) => vec![name(wave), "--command-file".into(), name(&commands)],
                None => vec![name(wave)],
            },
        }
    }
}

/// Starts the viewer and waits for its end.
pub fn command(args: &Args) -> Result {
    // A broken wave is told here; a viewer would show nothing.
    let wave = input::open(&args.path)?.path().to_owned();
    let (viewer, name) = (args.viewer, args.viewer.program());
    let text = format!("`systole wave show {}` needs no viewer", args.path.display());
    let program = find(name).ok_or_else(|| {
        Error::tool(format!("no {name} on PATH")).help(format!("{}; {text}", viewer.help()))
    })?;
    if !has_display() {
        let message =
            format!("{name} needs a display, and neither DISPLAY nor WAYLAND_DISPLAY is set");
        return Err(Error::tool(message).help(text));
    }
    let mut command = Command::new(program);
    command.args(viewer.arguments(&wave));
    if let Some(folder) = wave.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        command.current_dir(folder);
    }
    let ended = command
        .status()
        .map_err(|error| Error::tool(format!("cannot start {name}: {error}")).help(&text))?;
    if ended.success() {
        return Ok(Exit::Good);
    }
    Err(Error::tool(format!("{name} failed ({ended})")).help(text))
}

/// A program on PATH, as a path that does not depend on the working directory.
fn find(program: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    let found =
        env::split_paths(&folders).map(|folder| folder.join(program)).find(|p| p.is_file())?;
    found.canonicalize().ok()
}

/// Whether a window can be opened. Only X and Wayland tell; elsewhere there is a desktop.
fn has_display() -> bool {
    let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(all(unix, not(target_os = "macos"))) || set("DISPLAY") || set("WAYLAND_DISPLAY")
}
