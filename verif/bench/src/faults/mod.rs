//! Hand-made faults: each a mistake that a designer makes, to show that the bench finds it.
//!
//! `cosim --inject NAME` builds the chip with all of them behind one selector input. The rows name
//! a module and a signal of `hw/chip`; a test keeps the names true.

mod core;
mod npu;

use systole_hdl::fault::Fault;

/// Which part of the chip a fault is in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// The hart, with bus and timer.
    Core,
    /// The NPU.
    Npu,
}

/// Every fault; a fault's number is its place here, counted from 1.
pub fn all() -> Vec<Fault> {
    core::FAULTS.iter().chain(npu::FAULTS).copied().collect()
}

/// Number and part of the fault called `name`.
pub fn find(name: &str) -> Option<(u16, Part)> {
    let index = all().iter().position(|fault| fault.name == name)?;
    let part = if index < core::FAULTS.len() { Part::Core } else { Part::Npu };
    Some((index as u16 + 1, part))
}

#[cfg(test)]
mod tests {
    use systole_chip::{ChipConfig, soc};
    use systole_hdl::check;
    use systole_hdl::fault::inject;

    #[test]
    fn every_fault_fits_every_preset() {
        for preset in ChipConfig::presets() {
            let config = ChipConfig::preset(preset).expect("a preset");
            let design = check(&soc::soc(&config, true)).expect("a good design");
            inject(&design, &super::all()).unwrap_or_else(|errors| panic!("{preset}: {errors}"));
        }
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<&str> = super::all().iter().map(|fault| fault.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), super::all().len());
    }
}
