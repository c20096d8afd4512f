//! What the tests that simulate share.

use std::sync::Arc;

use systole_chip::ChipConfig;
use systole_sim::{Library, Settings, Variant, build_chip, silent};
use systole_verif::faults;

/// The chip of `config` as a simulation, with all hand-made faults in it if asked for.
pub fn library(config: &ChipConfig, with_faults: bool) -> Arc<Library> {
    let settings = Settings::from_env().expect("a home folder");
    let faults = if with_faults { faults::all() } else { Vec::new() };
    build_chip(&settings, config, &faults, Variant::default(), &silent)
        .unwrap_or_else(|error| panic!("{error}"))
}
