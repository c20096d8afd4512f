//! Hand-made faults: each a mistake that a designer makes, to show that the bench finds it.
//!
//! `cosim --inject NAME` builds the chip with all that fit it behind one selector input. The rows name
//! a module and a signal of `hw/chip`; a test keeps the names true. What a chip does not have cannot
//! be wrong in it: such faults are left out.

mod core;
mod features;
mod npu;

use systole_chip::{ChipConfig, soc};
use systole_hdl::fault::{Fault, inject};

/// Which part of the chip a fault is in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// The hart, with bus and timer.
    Core,
    /// The NPU.
    Npu,
}

/// Chips that together can have every fault: a preset and what is set otherwise.
pub const CHIPS: [(&str, &[&str]); 3] = [
    ("edge", &[]),
    (
        "edge",
        &[
            "core.pipeline=compact",
            "core.issue_width=1",
            "core.branch_targets=0",
            "core.return_stack=0",
            "core.hpm_counters=2",
            "npu.dim=2",
            "npu.bus_bits=32",
            "npu.requantise_lanes=1",
        ],
    ),
    ("nano", &["core.multiplier=fast", "core.compressed=false"]),
];

/// Every fault.
pub fn all() -> Vec<Fault> {
    core::FAULTS.iter().chain(features::FAULTS).chain(npu::FAULTS).copied().collect()
}

/// The part of the chip that the fault called `name` is in.
pub fn part(name: &str) -> Part {
    let in_npu = npu::FAULTS.iter().any(|fault| fault.name == name);
    if in_npu { Part::Npu } else { Part::Core }
}

/// The faults that the chip of a valid configuration can have; a fault's number is its place here,
/// counted from 1.
///
/// # Panics
/// When the chip itself is described wrongly.
pub fn of(config: &ChipConfig) -> Vec<Fault> {
    let design = systole_hdl::check(&soc::soc(config, true)).expect("a good design");
    let fits = |fault: &Fault| inject(&design, std::slice::from_ref(fault)).is_ok();
    all().into_iter().filter(fits).collect()
}

#[cfg(test)]
mod tests {
    use systole_chip::ChipConfig;

    #[test]
    fn every_fault_fits_a_chip() {
        let chip = |(preset, settings): (&str, &[&str])| {
            ChipConfig::preset(preset)
                .and_then(|chip| chip.with_settings(settings))
                .expect("a chip")
        };
        let fits = super::CHIPS.into_iter().flat_map(|one| super::of(&chip(one)));
        let fits: Vec<&str> = fits.map(|fault| fault.name).collect();
        let all = super::all();
        let missing = all.iter().map(|fault| fault.name).filter(|name| !fits.contains(name));
        assert_eq!(missing.collect::<Vec<_>>(), [""; 0], "fit nowhere");
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<&str> = super::all().iter().map(|fault| fault.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), super::all().len());
    }
}
