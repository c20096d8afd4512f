//! `SB_PLL40_PAD` of the iCE40: Lattice FPGA-TN-02052, "iCE40 sysCLOCK PLL", and the limits of
//! FPGA-DS-02008 for the UltraPlus.

use super::{nearest, within};

/// Settings with simple feedback: output = input x (divf + 1) / ((divr + 1) x 2^divq).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ice40 {
    /// Divider of the input, less 1: 0 to 15.
    pub divr: u32,
    /// Multiplier, less 1: 0 to 127.
    pub divf: u32,
    /// Power of two that divides the VCO: 1 to 6.
    pub divq: u32,
    /// Filter of the loop, for the frequency behind `divr`.
    pub filter: u32,
}

/// Frequency behind the input's divider, in MHz.
const COMPARED: (f64, f64) = (10.0, 133.0);
/// Frequency of the VCO, in MHz.
const VCO: (f64, f64) = (533.0, 1066.0);

/// The nearest settings, and the output in Hz.
pub(super) fn settings(input_hz: u64, output_hz: u64) -> Option<(Ice40, f64)> {
    let candidates = (0..16)
        .flat_map(|divr| (0..128).flat_map(move |divf| (1..7).map(move |divq| (divr, divf, divq))));
    let legal = candidates.filter_map(|(divr, divf, divq)| {
        let compared = input_hz as f64 / f64::from(divr + 1);
        let vco = compared * f64::from(divf + 1);
        let legal = within(compared, COMPARED) && within(vco, VCO);
        let settings = Ice40 { divr, divf, divq, filter: filter(compared) };
        legal.then_some((settings, vco / f64::from(1 << divq)))
    });
    nearest(output_hz, legal)
}

fn filter(compared_hz: f64) -> u32 {
    let limits = [17e6, 26e6, 44e6, 66e6, 101e6];
    1 + limits.iter().filter(|limit| compared_hz >= **limit).count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_frequencies_of_a_12_mhz_board() {
        // As Lattice's own tool has them.
        let expected = Ice40 { divr: 0, divf: 63, divq: 5, filter: 1 };
        assert_eq!(settings(12_000_000, 24_000_000), Some((expected, 24e6)));
        let expected = Ice40 { divr: 0, divf: 47, divq: 4, filter: 1 };
        assert_eq!(settings(12_000_000, 36_000_000), Some((expected, 36e6)));
    }

    #[test]
    fn frequencies_inside_are_legal_for_every_output() {
        for output in (9..=275).map(|mhz| mhz * 1_000_000) {
            let (pll, hz) = settings(12_000_000, output).unwrap();
            let vco = 12e6 / f64::from(pll.divr + 1) * f64::from(pll.divf + 1);
            assert!(within(vco, VCO), "{pll:?}");
            assert!((hz / output as f64 - 1.0).abs() < 0.05, "{output}: {hz}");
        }
    }

    #[test]
    fn an_input_that_no_divider_takes_has_no_settings() {
        assert_eq!(settings(1_000_000, 24_000_000), None);
    }

    #[test]
    fn the_filter_follows_the_compared_frequency() {
        assert_eq!([10e6, 17e6, 30e6, 50e6, 100e6, 133e6].map(filter), [1, 2, 3, 4, 5, 6]);
    }
}
