//! Modules of a chip as the netlists that Yosys makes of them, for the same simulation as the RTL.
//!
//! A netlist takes the place of its module's Verilog: same name, same ports. What cells do is taken
//! from Yosys, too: the models that come with it, of the version that mapped.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use systole_gen::netlist::{self, MODELS, NETLIST, NETLIST_SCRIPT, Technology};
use systole_gen::{GeneratedFile, write_files};
use systole_hdl::{Design, ir};

use crate::hash::Hash;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::{Error, Yosys, cache, process};

/// Name of the file with the cells' models, in the cache and among the Verilog files of a chip.
const CELLS: &str = "netlist_cells.v";

/// Modules to be replaced, and what by.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Netlists {
    /// What the netlists are made of.
    pub technology: Technology,
    /// Names of the modules; what is below them becomes a part of their netlists.
    pub modules: Vec<String>,
}

/// What to say of a chip behind its name: ` (ice40 netlists of core, npu_array)`.
impl fmt::Display for Netlists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " ({} netlists of {})", self.technology.name(), self.modules.join(", "))
    }
}

impl Netlists {
    /// Puts the netlists into the Verilog files of a design.
    ///
    /// # Errors
    /// A tool that is missing or fails, or a module that the design does not have.
    pub(crate) fn replace(
        &self,
        settings: &Settings,
        design: &Design,
        verilog: &mut Vec<(String, String)>,
        progress: &dyn Progress,
    ) -> Result<(), Error> {
        let yosys = Yosys::provide(settings, Yosys::FOR_FPGA, progress)?;
        let maker = Maker { settings, yosys };
        for name in &self.modules {
            let module = design.modules().iter().find(|module| module.name == *name);
            let module = module.ok_or_else(|| Error::Design(format!("no module `{name}`")))?;
            progress.report(&format!("netlist of {name}"), 0.0);
            let netlist = maker.netlist(module, self.technology)?;
            let file = format!("{name}.v");
            let replaced = verilog.iter_mut().find(|(path, _)| *path == file);
            replaced.expect("every module has a file").1 = netlist;
        }
        if self.technology.has_cells() {
            verilog.push((CELLS.into(), maker.cells()?));
        }
        Ok(())
    }
}

/// Has Yosys make things, which the cache keeps.
struct Maker<'a> {
    settings: &'a Settings,
    yosys: Yosys,
}

impl Maker<'_> {
    /// The netlist of a module, with everything below it.
    fn netlist(&self, module: &Arc<ir::Module>, technology: Technology) -> Result<String, Error> {
        let design = Design::unchecked(module.clone());
        let files = netlist::netlist_files(&design, technology);
        let folder = self.entry(&files, |folder| {
            self.yosys.run(self.settings, NETLIST_SCRIPT, folder).map(drop)
        })?;
        read(&folder.join(NETLIST))
    }

    /// Models of the cells of an iCE40.
    fn cells(&self) -> Result<String, Error> {
        let script = netlist::models_script();
        let name = script.path.clone();
        let folder = self.entry(&[script], |folder| {
            let printed = self.yosys.run(self.settings, &name, folder)?;
            let models = netlist::models(&read(&folder.join(MODELS))?).ok_or_else(|| {
                let mut command = self.settings.command(&self.yosys.program);
                let hint = "It was asked for the models of an iCE40's cells and gave none.";
                process::failure(command.args(["-s", &name]), printed, hint)
            })?;
            let path = folder.join(CELLS);
            fs::write(&path, models).map_err(Error::io("write", &path))
        })?;
        read(&folder.join(CELLS))
    }

    /// The cache's folder of what is made from these files.
    fn entry(
        &self,
        files: &[GeneratedFile],
        make: impl FnOnce(&Path) -> Result<(), Error>,
    ) -> Result<PathBuf, Error> {
        let mut key = Hash::default();
        key.add(&self.yosys.version);
        for file in files {
            key.add(&file.path);
            key.add(&file.text);
        }
        cache::entry(&self.settings.cache.join("netlists"), &key.finish(), |folder| {
            write_files(folder, files).map_err(|error| Error::Io {
                action: "write",
                path: error.path,
                source: error.source,
            })?;
            make(folder)
        })
    }
}

fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(Error::io("read", path))
}
