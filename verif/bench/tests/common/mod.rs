//! What the tests that simulate share.

use std::sync::Arc;

use systole_chip::{ChipConfig, soc};
use systole_hdl::{check, fault::inject};
use systole_sim::{Library, Model, Settings, Variant, build_model};
use systole_verif::faults;

/// The chip of `config` as a simulation, with all hand-made faults in it if asked for.
pub fn library(config: &ChipConfig, with_faults: bool) -> Arc<Library> {
    let settings = Settings::from_env().expect("a home folder");
    let mut design = check(&soc::soc(config, true)).expect("good");
    if with_faults {
        design = inject(&design, &faults::all()).expect("good");
    }
    let verilog: Vec<(String, String)> = systole_gen::verilog(&design)
        .into_iter()
        .map(|f| (f.path.to_string(), f.text))
        .filter(|(p, _)| p.ends_with(".v"))
        .collect();
    let model = Model {
        verilog: &verilog,
        bus_bits: config.npu.bus_bits,
        ram_bytes: config.memory.ram_bytes,
        faults: with_faults,
        variant: Variant::default(),
    };
    build_model(&settings, &model, &|phase: &str, _f: f32| eprintln!("{phase}"))
        .unwrap_or_else(|error| panic!("{error}"))
}
