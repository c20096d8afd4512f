//! `rPLL` of Gowin's GW2A: Gowin UG286, "Gowin Clock User Guide", and the limits of DS226 for the
//! grade C8/I7.

use super::{nearest, within};

/// Settings: output = input x feedback / input divider.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gowin {
    /// Divider of the input, 1 to 64; `IDIV_SEL` is one less.
    pub input: u32,
    /// Multiplier, 1 to 64; `FBDIV_SEL` is one less.
    pub feedback: u32,
    /// `ODIV_SEL`: the VCO runs at the output times this.
    pub output: u32,
}

/// What `ODIV_SEL` may be.
const OUTPUTS: [u32; 11] = [2, 4, 8, 16, 32, 48, 64, 80, 96, 112, 128];
/// Frequency behind the input's divider, in MHz.
const COMPARED: (f64, f64) = (3.0, 500.0);
/// Frequency of the VCO, in MHz.
const VCO: (f64, f64) = (500.0, 1250.0);

/// The nearest settings, and the output in Hz.
pub(super) fn settings(input_hz: u64, output_hz: u64) -> Option<(Gowin, f64)> {
    let candidates = (1..=64).flat_map(|input| {
        (1..=64).flat_map(move |feedback| OUTPUTS.map(|output| Gowin { input, feedback, output }))
    });
    let legal = candidates.filter_map(|pll| {
        let compared = input_hz as f64 / f64::from(pll.input);
        let hz = compared * f64::from(pll.feedback);
        let legal = within(compared, COMPARED) && within(hz * f64::from(pll.output), VCO);
        legal.then_some((pll, hz))
    });
    nearest(output_hz, legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_times_the_oscillator() {
        let expected = Gowin { input: 1, feedback: 4, output: 8 };
        assert_eq!(settings(27_000_000, 108_000_000), Some((expected, 108e6)));
    }

    #[test]
    fn a_ratio_that_needs_both_dividers() {
        let (pll, hz) = settings(27_000_000, 48_000_000).unwrap();
        assert_eq!((pll.input, pll.feedback), (9, 16));
        assert!((hz - 48e6).abs() < 1.0 && within(hz * f64::from(pll.output), VCO), "{pll:?}");
    }
}
