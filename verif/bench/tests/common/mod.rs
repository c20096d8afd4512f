//! What the tests that simulate share.
#![allow(dead_code, reason = "each test uses a part")]

use std::sync::Arc;

use systole_chip::ChipConfig;
use systole_hdl::fault::Fault;
use systole_sim::{Library, Settings, Variant, build_chip, silent};
use systole_verif::faults;

/// The chip of `config` as a simulation, with the hand-made faults in it if asked for.
pub fn library(config: &ChipConfig, with_faults: bool) -> Arc<Library> {
    let faults = if with_faults { faults::of(config) } else { Vec::new() };
    build(config, &faults, Variant::default())
}

/// The chip of `config`, built as `variant` says.
pub fn variant(config: &ChipConfig, variant: Variant) -> Arc<Library> {
    build(config, &[], variant)
}

fn build(config: &ChipConfig, faults: &[Fault], variant: Variant) -> Arc<Library> {
    let settings = Settings::from_env().expect("a home folder");
    build_chip(&settings, config, faults, variant, &silent)
        .unwrap_or_else(|error| panic!("{error}"))
}
