//! Settings of the PLLs: which dividers make one frequency of another.
//!
//! Every family's PLL has dividers in a range and limits of the frequencies inside. Each file here
//! goes through its dividers and takes the legal setting whose output is nearest to what is wanted.

mod ecp5;
mod gowin;
mod ice40;
mod xilinx;

use super::Family;

pub use ecp5::Ecp5;
pub use gowin::Gowin;
pub use ice40::Ice40;
pub use xilinx::Xilinx;

/// A PLL's settings.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Pll {
    /// `SB_PLL40_PAD`.
    Ice40(Ice40),
    /// `EHXPLLL`.
    Ecp5(Ecp5),
    /// `rPLL`.
    Gowin(Gowin),
    /// `MMCME2_BASE`.
    Xilinx(Xilinx),
}

impl Pll {
    /// The settings that make `output_hz` of `input_hz` as nearly as the family's PLL can, both in
    /// Hz, and the frequency that they make. `None` where it can make nothing within 1 % of it.
    pub fn of(family: &Family, input_hz: u64, output_hz: u64) -> Option<(Pll, f64)> {
        let (pll, hz) = match family {
            Family::Ice40 { .. } => named(ice40::settings(input_hz, output_hz)?, Pll::Ice40),
            Family::Ecp5 { .. } => named(ecp5::settings(input_hz, output_hz)?, Pll::Ecp5),
            Family::Gowin { .. } => named(gowin::settings(input_hz, output_hz)?, Pll::Gowin),
            Family::Xilinx7 { .. } => named(xilinx::settings(input_hz, output_hz)?, Pll::Xilinx),
        };
        let wanted = output_hz as f64;
        ((hz - wanted).abs() <= wanted / 100.0).then_some((pll, hz))
    }
}

fn named<T>((settings, hz): (T, f64), name: impl Fn(T) -> Pll) -> (Pll, f64) {
    (name(settings), hz)
}

/// Of candidates with their output in Hz, the one nearest to `wanted`; of equals the first.
fn nearest<T>(wanted: u64, candidates: impl Iterator<Item = (T, f64)>) -> Option<(T, f64)> {
    let error = |hz: f64| (hz - wanted as f64).abs();
    candidates.min_by(|(_, a), (_, b)| error(*a).total_cmp(&error(*b)))
}

/// Whether a frequency in Hz lies within limits in MHz.
fn within(hz: f64, (low, high): (f64, f64)) -> bool {
    (low * 1e6..=high * 1e6).contains(&hz)
}
