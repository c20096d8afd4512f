//! A failure folder run again: the minimal program with its memory, on the chip as it is now.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use systole_chip::ChipConfig;
use systole_gen::netlist::Technology;
use systole_golden::elf::Program as Elf;
use systole_sim::{Error, Library, Netlists};

use super::ELF;
use crate::lockstep::{Case, Outcome};
use crate::program::Environment;
use crate::trial::stalls;
use crate::{chip, faults};

/// Name of the file that says how the minimal program failed.
pub const REPLAY: &str = "replay.json";

/// What [`REPLAY`] holds: with the minimal ELF file all that a run depends on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Recipe {
    /// Name of the preset or file.
    pub preset: String,
    /// The whole configuration, as TOML.
    pub config: String,
    /// Injected fault.
    pub fault: Option<String>,
    /// Cells of the netlists that are there in place of modules.
    #[serde(default)]
    pub cells: Option<String>,
    /// These modules.
    #[serde(default)]
    pub modules: Vec<String>,
    /// Seed of the campaign.
    pub seed: u64,
    /// Index of the program in it.
    pub index: u64,
    /// How memory behaves.
    pub environment: Environment,
    /// Kind of the divergence.
    pub kind: String,
    /// What diverged.
    pub message: String,
}

/// A failure folder that was read.
#[derive(Debug)]
pub struct Replay {
    /// How it failed.
    pub recipe: Recipe,
    /// The chip.
    pub config: ChipConfig,
    /// Number of the injected fault, 0 for none.
    pub fault: u16,
    /// Modules that are there as netlists.
    pub netlists: Option<Netlists>,
    elf: Elf,
}

/// What is wrong with a folder: where, and what.
#[derive(Debug)]
pub struct BadFolder {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub message: String,
}

impl Replay {
    /// Reads a folder that [`Failure::write`](super::Failure::write) has written.
    ///
    /// # Errors
    /// Files that are missing, not readable or not what they should be.
    pub fn read(folder: &Path) -> Result<Self, BadFolder> {
        let path = folder.join(REPLAY);
        let bad = |message: String| BadFolder { path: path.clone(), message };
        let text = fs::read_to_string(&path).map_err(|error| bad(error.to_string()))?;
        let recipe: Recipe = serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?;
        let config = ChipConfig::from_toml(&recipe.config, "its configuration")
            .map_err(|error| bad(error.to_string()))?;
        let fault = match &recipe.fault {
            None => 0,
            Some(name) => (1..)
                .zip(faults::of(&config))
                .find_map(|(number, fault)| (fault.name == name).then_some(number))
                .ok_or_else(|| bad(format!("the chip cannot have the fault `{name}`")))?,
        };
        let technology = recipe.cells.as_deref().map(|cells| {
            let found = Technology::ALL.into_iter().find(|technology| technology.name() == cells);
            found.ok_or_else(|| bad(format!("there are no netlists of `{cells}`")))
        });
        let modules = recipe.modules.clone();
        let netlists = technology.transpose()?.map(|technology| Netlists { technology, modules });
        let path = folder.join(ELF);
        let bad = |message: String| BadFolder { path: path.clone(), message };
        let bytes = fs::read(&path).map_err(|error| bad(error.to_string()))?;
        let elf = Elf::parse(ELF, &bytes, config.memory.ram_bytes)
            .map_err(|error| bad(error.to_string()))?;
        if elf.tohost().is_none() {
            return Err(bad("it has no symbol `tohost`, by which programs end".into()));
        }
        Ok(Self { recipe, config, fault, netlists, elf })
    }

    /// Runs the program in lockstep.
    ///
    /// # Errors
    /// When there is no memory for a chip.
    pub fn run(&self, library: &Arc<Library>) -> Result<Outcome, Error> {
        let mut pair = chip::lockstep(&self.config, library)?;
        pair.select_fault(self.fault);
        let parts = self.elf.segments.iter();
        let segments: Vec<(u32, Vec<u8>)> =
            parts.map(|part| (part.address, part.bytes.clone())).collect();
        Ok(pair.run(&Case {
            segments: &segments,
            seed: self.recipe.environment.seed,
            stalls: stalls(&self.recipe.environment),
            tohost: self.elf.tohost().unwrap_or_default(),
            max_cycles: pair.patience(),
        }))
    }
}
