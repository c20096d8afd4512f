//! From Verilog to a shared library: Verilator, then the C++ compiler, cached by content.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use systole_gen::shim::{self, ShimOptions};
use verilator_sys::Library;

use crate::compiler::{Compiler, Unit};
use crate::hash::Hash;
use crate::netlist::Netlists;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::verilator::Verilator;
use crate::{Error, cache, process};

/// How a model is built.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct Variant<'a> {
    /// Can write waves; simulates slower even while it does not.
    pub trace: bool,
    /// With Verilator's splitting of always blocks, which is its default but not ours: see
    /// `docs/decisions/0007-models-are-built-without-split.md`. A test of the bench
    /// runs the same programs on both.
    pub split: bool,
    /// Modules that are there as netlists; what goes into [`build`] has them already.
    pub netlists: Option<&'a Netlists>,
}

/// What a model is built from.
#[derive(Clone, Copy, Debug)]
pub struct Model<'a> {
    /// Verilog files, name and text; the top module is `systole_soc`.
    pub verilog: &'a [(String, String)],
    /// Data width of `m_axi` in bits; 0 for a chip without an NPU.
    pub bus_bits: u32,
    /// Bytes of RAM behind the ports.
    pub ram_bytes: u32,
    /// Data width of `ibus` in bits.
    pub fetch_bits: u32,
    /// Channels of the retire port.
    pub retire_channels: u32,
    /// The chip has the port `fault_select`.
    pub faults: bool,
    /// How to build it.
    pub variant: Variant<'a>,
}

/// Name of the library in its cache entry.
const LIBRARY: &str = "libsystole.so";

/// The program's name in its cache entry.
const PROGRAM: &str = "board";

/// Verilator's options behind the name of the top module. Two-state start (`fast`) makes runs repeatable; warnings are the business
/// of the lint runs, and a mutant may well deserve some. Functions and files are split small, so
/// that compile time does not grow faster than the chip and every core has work.
const VERILATOR_OPTIONS: [&str; 17] = [
    "--prefix",
    "Vchip",
    "-O3",
    "--x-assign",
    "fast",
    "--x-initial",
    "fast",
    "--no-assert",
    "--no-timing",
    "--timescale",
    "1ns/1ns",
    "-Wno-fatal",
    "-Wno-lint",
    "--output-split",
    "5000",
    "--output-split-cfuncs",
    "4000",
];

/// Builds a model, or finds it in the cache, and loads it.
pub fn build(
    settings: &Settings,
    model: &Model,
    progress: &dyn Progress,
) -> Result<Arc<Library>, Error> {
    let shim = shim::shim(ShimOptions {
        bus_bits: model.bus_bits,
        ram_bytes: model.ram_bytes,
        fetch_bits: model.fetch_bits,
        retire_channels: model.retire_channels,
        faults: model.faults,
        trace: model.variant.trace,
    });
    let top = "systole_soc";
    let sources =
        Sources { top, verilog: model.verilog, shim, variant: model.variant, product: LIBRARY };
    Ok(Library::open(&made(settings, &sources, progress)?)?)
}

/// Builds a program that simulates `systole_board`, or finds it in the cache: its path.
pub(crate) fn build_program(
    settings: &Settings,
    verilog: &[(String, String)],
    progress: &dyn Progress,
) -> Result<PathBuf, Error> {
    let (top, variant) = ("systole_board", Variant::default());
    let sources = Sources { top, verilog, shim: shim::board(), variant, product: PROGRAM };
    made(settings, &sources, progress)
}

/// What goes into a build, and what comes out of it.
struct Sources<'a> {
    top: &'static str,
    verilog: &'a [(String, String)],
    shim: Vec<(String, String)>,
    variant: Variant<'a>,
    /// Name of the file that is made.
    product: &'static str,
}

/// The product of `sources`, made now or earlier.
fn made(settings: &Settings, sources: &Sources, progress: &dyn Progress) -> Result<PathBuf, Error> {
    let compiler = Compiler::find(settings)?;
    let verilator = Verilator::provide(settings, progress)?;
    let build = Build { settings, compiler, verilator, sources, progress };
    let folder =
        cache::entry(&settings.cache.join("models"), &build.key(), |folder| build.make(folder))?;
    progress.report("ready", 1.0);
    Ok(folder.join(sources.product))
}

struct Build<'a> {
    settings: &'a Settings,
    compiler: Compiler,
    verilator: Verilator,
    sources: &'a Sources<'a>,
    progress: &'a dyn Progress,
}

impl Build<'_> {
    fn add_tools(&self, hash: &mut Hash) {
        hash.add(&self.verilator.version);
        hash.add(&self.verilator.root.to_string_lossy());
        hash.add(&self.compiler.version);
    }

    /// Hash of everything that decides the bytes of the library.
    fn key(&self) -> String {
        let mut hash = Hash::default();
        self.add_tools(&mut hash);
        self.verilator_options().iter().for_each(|option| hash.add(option));
        self.flags(Path::new("")).iter().for_each(|flag| hash.add(flag));
        for (name, text) in self.sources.verilog.iter().chain(&self.sources.shim) {
            hash.add(name);
            hash.add(text);
        }
        hash.finish()
    }

    fn make(&self, folder: &Path) -> Result<(), Error> {
        // The sources stay beside the library: they are what a debugger wants to see.
        let verilog = folder.join("verilog");
        let cpp = folder.join("cpp");
        write_all(&verilog, self.sources.verilog)?;
        write_all(&cpp, &self.sources.shim)?;
        self.progress.report("Verilog to C++", 0.0);
        self.verilate(&verilog, &cpp)?;
        self.progress.report("compile C++", 0.1);
        let mut objects = self.runtime()?;
        objects.extend(self.compile(&cpp)?);
        self.progress.report("link", 0.95);
        let product = folder.join(self.sources.product);
        let shared = self.sources.product == LIBRARY;
        self.compiler.link(self.settings, &objects, &product, shared)?;
        let object_files = objects.iter().filter(|object| object.starts_with(folder));
        object_files.for_each(|object| drop(fs::remove_file(object)));
        Ok(())
    }

    fn verilator_options(&self) -> Vec<&'static str> {
        let Variant { trace, split, .. } = self.sources.variant;
        let mut options = vec!["--cc", "--top-module", self.sources.top];
        options.extend(VERILATOR_OPTIONS);
        if trace {
            // Names as in the source are worth more than speed here.
            options.extend(["--trace", "--trace-underscore"]);
        }
        if !split {
            options.push("-fno-split");
        }
        options
    }

    fn verilate(&self, verilog: &Path, cpp: &Path) -> Result<(), Error> {
        let mut command = self.verilator.command(self.settings);
        command.args(self.verilator_options()).arg("--Mdir").arg(cpp);
        let sources = self.sources.verilog.iter().map(|(name, _)| name);
        command.args(sources.filter(|name| name.ends_with(".v")).map(|name| verilog.join(name)));
        command.current_dir(verilog);
        process::run(&mut command, "").map(drop)
    }

    /// Flags of every compilation; `cpp` is the folder of Verilator's output.
    fn flags(&self, cpp: &Path) -> Vec<String> {
        let include = self.verilator.root.join("include");
        let mut flags = common_flags(&self.compiler, self.sources.variant);
        flags
            .extend([&include, &include.join("vltstd"), cpp].map(|f| format!("-I{}", f.display())));
        flags
    }

    /// Compiles Verilator's output and the shim.
    fn compile(&self, cpp: &Path) -> Result<Vec<PathBuf>, Error> {
        let units = self.units(cpp)?;
        let total = units.len() as f32;
        let done = |n: usize| self.progress.report("compile C++", 0.15 + 0.8 * n as f32 / total);
        self.compiler.compile(self.settings, &self.flags(cpp), &units, &done)?;
        Ok(units.into_iter().map(|unit| unit.object).collect())
    }

    /// What to compile, the longest compilation first. Every file includes Verilator's headers,
    /// which take longer to read than most files: so files are gathered into larger units.
    fn units(&self, cpp: &Path) -> Result<Vec<Unit>, Error> {
        let listing = fs::read_dir(cpp).map_err(Error::io("read the folder", cpp))?;
        let (mut slow, mut fast) = (Vec::new(), Vec::new());
        for file in listing.filter_map(Result::ok) {
            let name = file.file_name().to_string_lossy().into_owned();
            let size = file.metadata().map_or(0, |data| data.len());
            // Constructors and set-up run once a reset.
            match name.strip_suffix(".cpp") {
                Some(stem) if stem.contains("__Slow") => slow.push((size, name)),
                Some(_) => fast.push((size, name)),
                None => {}
            }
        }
        // A netlist is a lot of code, on which few programs run.
        let (often, once) = match self.sources.variant.netlists {
            None => ("-O2", "-O1"),
            Some(_) => ("-O1", "-O0"),
        };
        let mut units = Vec::new();
        for (kind, optimise, files) in [("fast", often, fast), ("slow", once, slow)] {
            for (number, group) in gather(files, self.settings.jobs).into_iter().enumerate() {
                let source = cpp.join(format!("unit_{kind}_{number}.cc"));
                let text: String =
                    group.iter().map(|name| format!("#include \"{name}\"\n")).collect();
                fs::write(&source, text).map_err(Error::io("write", &source))?;
                units.push(Unit { object: source.with_extension("o"), source, optimise });
            }
        }
        Ok(units)
    }

    /// Objects of Verilator's runtime, which do not depend on the chip: compiled once.
    fn runtime(&self) -> Result<Vec<PathBuf>, Error> {
        let mut sources = vec!["verilated", "verilated_threads"];
        if self.sources.variant.trace {
            sources.push("verilated_vcd_c");
        }
        let flags = self.flags(Path::new("."));
        let mut hash = Hash::default();
        self.add_tools(&mut hash);
        flags.iter().for_each(|flag| hash.add(flag));
        let folder =
            cache::entry(&self.settings.cache.join("runtime"), &hash.finish(), |folder| {
                self.progress.report("compile the Verilator runtime", 0.1);
                let include = self.verilator.root.join("include");
                let unit = |name: &&str| Unit {
                    source: include.join(format!("{name}.cpp")),
                    object: folder.join(format!("{name}.o")),
                    optimise: "-O2",
                };
                let units: Vec<Unit> = sources.iter().map(unit).collect();
                self.compiler.compile(self.settings, &flags, &units, &|_| {})
            })?;
        Ok(sources.iter().map(|name| folder.join(format!("{name}.o"))).collect())
    }
}

/// Flags that the runtime and the model must share.
fn common_flags(compiler: &Compiler, variant: Variant) -> Vec<String> {
    let trace = u8::from(variant.trace);
    let mut flags: Vec<String> = [
        "-std=gnu++17",
        "-fPIC",
        "-w",
        "-pthread",
        // Several models live in one process: none may see another's symbols.
        "-fvisibility=hidden",
        "-fvisibility-inlines-hidden",
        // The shim turns these into errors.
        "-DVL_USER_FATAL",
        "-DVL_USER_STOP",
        "-DVL_USER_FINISH",
        "-DVM_COVERAGE=0",
        "-DVM_SC=0",
        "-DVM_TIMING=0",
        "-DVM_TRACE_FST=0",
        "-DVM_TRACE_SAIF=0",
    ]
    .map(str::to_owned)
    .into();
    flags.extend([format!("-DVM_TRACE={trace}"), format!("-DVM_TRACE_VCD={trace}")]);
    if !compiler.is_clang() {
        // Unique symbols would be shared between libraries in spite of their visibility.
        flags.push("-fno-gnu-unique".into());
    }
    flags
}

/// Groups of about the same size, largest first: as many as there are jobs, more if they would be
/// large, fewer if they would be small.
fn gather(mut files: Vec<(u64, String)>, jobs: usize) -> Vec<Vec<String>> {
    const SMALL: u64 = 100_000;
    const LARGE: u64 = 500_000;
    files.sort_by(|a, b| b.cmp(a));
    let total: u64 = files.iter().map(|(size, _)| size).sum();
    let even = jobs as u64 * total.div_ceil(LARGE * jobs as u64).max(1);
    let count = even.min(total.div_ceil(SMALL)).max(1);
    let mut groups = vec![(0, Vec::new()); count as usize];
    for (size, name) in files {
        let smallest = groups.iter_mut().min_by_key(|(sum, _)| *sum).expect("at least one");
        smallest.0 += size;
        smallest.1.push(name);
    }
    groups.sort_by_key(|(sum, _)| std::cmp::Reverse(*sum));
    groups.into_iter().map(|(_, names)| names).filter(|names| !names.is_empty()).collect()
}

fn write_all(folder: &Path, files: &[(String, String)]) -> Result<(), Error> {
    for (name, text) in files {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(Error::io("create the folder", parent))?;
        fs::write(&path, text).map_err(Error::io("write", &path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(sizes: &[u64]) -> Vec<(u64, String)> {
        sizes.iter().enumerate().map(|(i, size)| (*size, format!("{i}"))).collect()
    }

    #[test]
    fn groups_hold_every_file_once_and_are_even() {
        let sizes: Vec<u64> = (1..=40).map(|i| i * 10_000).collect();
        let groups = gather(files(&sizes), 4);
        let mut all: Vec<usize> =
            groups.concat().iter().map(|name| name.parse().unwrap()).collect();
        all.sort();
        assert!(all.into_iter().eq(0..40));
        let sum = |group: &Vec<String>| -> u64 {
            group.iter().map(|name| sizes[name.parse::<usize>().unwrap()]).sum()
        };
        let sums: Vec<u64> = groups.iter().map(sum).collect();
        assert!(sums.is_sorted_by(|a, b| a >= b) && sums[0] < sums[sums.len() - 1] * 2, "{sums:?}");
        assert!(groups.len().is_multiple_of(4) && sums[0] < 1_000_000, "{sums:?}");
    }

    #[test]
    fn small_files_make_one_group() {
        assert_eq!(gather(files(&[10, 20, 30]), 8).len(), 1);
        assert!(gather(Vec::new(), 8).is_empty());
    }
}
