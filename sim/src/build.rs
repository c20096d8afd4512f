//! From Verilog to a shared library: Verilator, then the C++ compiler, cached by content.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use systole_gen::shim::{self, ShimOptions};
use verilator_sys::Library;

use crate::compiler::{Compiler, Unit};
use crate::progress::Progress;
use crate::settings::Settings;
use crate::verilator::Verilator;
use crate::{Error, cache, process};

/// How a model is built.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct Variant {
    /// Can write waves; simulates slower even while it does not.
    pub trace: bool,
    /// Without Verilator's splitting of always blocks (`-fno-split`): that pass has been seen to
    /// miscompile a core, so a sample of every regression runs without it.
    pub no_split: bool,
}

/// What a model is built from.
#[derive(Clone, Copy, Debug)]
pub struct Model<'a> {
    /// Verilog files, name and text; the top module is `systole_soc`.
    pub verilog: &'a [(String, String)],
    /// Data width of `m_axi` in bits.
    pub bus_bits: u32,
    /// Bytes of RAM behind the ports.
    pub ram_bytes: u32,
    /// The chip has the port `fault_select`.
    pub faults: bool,
    /// How to build it.
    pub variant: Variant,
}

/// Name of the library in its cache entry.
const LIBRARY: &str = "libsystole.so";

/// Verilator's options. Two-state start (`fast`) makes runs repeatable; warnings are the business
/// of the lint runs, and a mutant may well deserve some.
const VERILATOR_OPTIONS: [&str; 14] = [
    "--cc",
    "--top-module",
    "systole_soc",
    "--prefix",
    "Vchip",
    "-O3",
    "--x-assign",
    "fast",
    "--x-initial",
    "fast",
    "--no-assert",
    "--no-timing",
    "-Wno-fatal",
    "-Wno-lint",
];

/// Builds a model, or finds it in the cache, and loads it.
pub fn build(
    settings: &Settings,
    model: &Model,
    progress: &dyn Progress,
) -> Result<Arc<Library>, Error> {
    let compiler = Compiler::find(settings)?;
    let verilator = Verilator::provide(settings, progress)?;
    let shim = shim::shim(ShimOptions {
        bus_bits: model.bus_bits,
        ram_bytes: model.ram_bytes,
        faults: model.faults,
        trace: model.variant.trace,
    });
    let build = Build { settings, compiler, verilator, model, shim, progress };
    let folder =
        cache::entry(&settings.cache.join("models"), &build.key(), |folder| build.make(folder))?;
    progress.report("ready", 1.0);
    Ok(Library::open(&folder.join(LIBRARY))?)
}

struct Build<'a> {
    settings: &'a Settings,
    compiler: Compiler,
    verilator: Verilator,
    model: &'a Model<'a>,
    shim: Vec<(String, String)>,
    progress: &'a dyn Progress,
}

impl Build<'_> {
    /// Hash of everything that decides the bytes of the library.
    fn key(&self) -> String {
        let mut hash = Hash::default();
        hash.tools(&self.verilator, &self.compiler);
        self.verilator_options().iter().for_each(|option| hash.add(option));
        self.flags(Path::new("")).iter().for_each(|flag| hash.add(flag));
        for (name, text) in self.model.verilog.iter().chain(&self.shim) {
            hash.add(name);
            hash.add(text);
        }
        hash.finish()
    }

    fn make(&self, folder: &Path) -> Result<(), Error> {
        // The sources stay beside the library: they are what a debugger wants to see.
        let verilog = folder.join("verilog");
        let cpp = folder.join("cpp");
        write_all(&verilog, self.model.verilog)?;
        write_all(&cpp, &self.shim)?;
        self.progress.report("Verilog to C++", 0.0);
        self.verilate(&verilog, &cpp)?;
        self.progress.report("compile C++", 0.1);
        let mut objects = self.runtime()?;
        objects.extend(self.compile(&cpp)?);
        self.progress.report("link", 0.95);
        self.compiler.link(self.settings, &objects, &folder.join(LIBRARY))?;
        let object_files = objects.iter().filter(|object| object.starts_with(folder));
        object_files.for_each(|object| drop(fs::remove_file(object)));
        Ok(())
    }

    fn verilator_options(&self) -> Vec<&'static str> {
        let Variant { trace, no_split } = self.model.variant;
        let mut options = VERILATOR_OPTIONS.to_vec();
        if trace {
            // Names as in the source are worth more than speed here.
            options.extend(["--trace", "--trace-underscore"]);
        }
        if no_split {
            options.push("-fno-split");
        }
        options
    }

    fn verilate(&self, verilog: &Path, cpp: &Path) -> Result<(), Error> {
        let mut command = self.verilator.command(self.settings);
        command.args(self.verilator_options()).arg("--Mdir").arg(cpp);
        let sources = self.model.verilog.iter().map(|(name, _)| name);
        command.args(sources.filter(|name| name.ends_with(".v")).map(|name| verilog.join(name)));
        command.current_dir(verilog);
        process::run(&mut command, "").map(drop)
    }

    /// Flags of every compilation; `cpp` is the folder of Verilator's output.
    fn flags(&self, cpp: &Path) -> Vec<String> {
        let include = self.verilator.root.join("include");
        let mut flags = common_flags(&self.compiler, self.model.variant);
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

    /// Verilator's files and the shim, the longest compilation first.
    fn units(&self, cpp: &Path) -> Result<Vec<Unit>, Error> {
        let listing = fs::read_dir(cpp).map_err(Error::io("read the folder", cpp))?;
        let mut sources: Vec<(u64, PathBuf)> = listing
            .filter_map(Result::ok)
            .filter(|file| file.path().extension().is_some_and(|extension| extension == "cpp"))
            .map(|file| (file.metadata().map_or(0, |data| data.len()), file.path()))
            .collect();
        sources.sort();
        let unit = |(_, source): (u64, PathBuf)| {
            // Constructors and set-up run once a reset.
            let slow = source.to_string_lossy().contains("__Slow");
            Unit {
                object: source.with_extension("o"),
                source,
                optimise: if slow { "-O1" } else { "-O2" },
            }
        };
        Ok(sources.into_iter().rev().map(unit).collect())
    }

    /// Objects of Verilator's runtime, which do not depend on the chip: compiled once.
    fn runtime(&self) -> Result<Vec<PathBuf>, Error> {
        let mut sources = vec!["verilated", "verilated_threads"];
        if self.model.variant.trace {
            sources.push("verilated_vcd_c");
        }
        let flags = self.flags(Path::new("."));
        let mut hash = Hash::default();
        hash.tools(&self.verilator, &self.compiler);
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

fn write_all(folder: &Path, files: &[(String, String)]) -> Result<(), Error> {
    for (name, text) in files {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(Error::io("create the folder", parent))?;
        fs::write(&path, text).map_err(Error::io("write", &path))?;
    }
    Ok(())
}

/// A hash of texts: none can run into its neighbour.
#[derive(Default)]
struct Hash(Sha256);

impl Hash {
    fn tools(&mut self, verilator: &Verilator, compiler: &Compiler) {
        self.add(&verilator.version);
        self.add(&verilator.root.to_string_lossy());
        self.add(&compiler.version);
    }

    fn add(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
    }

    /// 32 hexadecimal digits.
    fn finish(self) -> String {
        self.0.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}
