//! `EHXPLLL` of the ECP5: Lattice FPGA-TN-02200, "ECP5 and ECP5-5G sysCLOCK PLL/DLL". The limits are
//! those that `ecppll` of Project Trellis keeps.

use super::{nearest, within};

/// Settings with feedback from the output: output = input x feedback / input divider.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ecp5 {
    /// `CLKI_DIV`: 1 to 128.
    pub input: u32,
    /// `CLKFB_DIV`: 1 to 80.
    pub feedback: u32,
    /// `CLKOP_DIV`: 1 to 128. The VCO runs at the output times this.
    pub output: u32,
}

/// Frequency behind the input's divider, in MHz.
const COMPARED: (f64, f64) = (3.125, 400.0);
/// Frequency of the VCO, in MHz.
const VCO: (f64, f64) = (400.0, 800.0);
/// What the divider of the output should make of the VCO: its middle, in MHz.
const VCO_MIDDLE: f64 = 600.0;

/// The nearest settings, and the output in Hz.
pub(super) fn settings(input_hz: u64, output_hz: u64) -> Option<(Ecp5, f64)> {
    let candidates = (1..=128).flat_map(|input| (1..=80).map(move |feedback| (input, feedback)));
    let legal = candidates.filter_map(|(input, feedback)| {
        let compared = input_hz as f64 / f64::from(input);
        let hz = compared * f64::from(feedback);
        let output = (VCO_MIDDLE * 1e6 / hz).round().clamp(1.0, 128.0) as u32;
        let legal = within(compared, COMPARED) && within(hz * f64::from(output), VCO);
        legal.then_some((Ecp5 { input, feedback, output }, hz))
    });
    nearest(output_hz, legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_and_half_the_oscillator() {
        let expected = Ecp5 { input: 1, feedback: 2, output: 12 };
        assert_eq!(settings(25_000_000, 50_000_000), Some((expected, 50e6)));
        let expected = Ecp5 { input: 2, feedback: 1, output: 25 };
        assert_eq!(settings(48_000_000, 24_000_000), Some((expected, 24e6)));
    }

    #[test]
    fn frequencies_inside_are_legal_for_every_output() {
        for output in (5..=200).map(|mhz| mhz * 1_000_000) {
            let Some((pll, hz)) = settings(25_000_000, output) else { panic!("{output}") };
            assert!(within(hz * f64::from(pll.output), VCO), "{pll:?}");
            assert!(within(25e6 / f64::from(pll.input), COMPARED), "{pll:?}");
        }
    }
}
