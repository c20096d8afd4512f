//! `MMCME2_BASE` of Xilinx's 7 series: Xilinx UG472, "7 Series FPGAs Clocking Resources", and the
//! limits of DS181 for speed grade -1.

use super::{nearest, within};

/// Settings: output = input x multiplier / (divider x output divider).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Xilinx {
    /// `DIVCLK_DIVIDE`: 1 to 106.
    pub divider: u32,
    /// `CLKFBOUT_MULT_F`: 2 to 64, in eighths.
    pub multiplier: f64,
    /// `CLKOUT0_DIVIDE_F`: 1 to 128, in eighths.
    pub output: f64,
    /// `CLKIN1_PERIOD` in ns.
    pub period: f64,
}

/// Frequency behind the input's divider, in MHz.
const COMPARED: (f64, f64) = (10.0, 450.0);
/// Frequency of the VCO, in MHz.
const VCO: (f64, f64) = (600.0, 1200.0);

/// The nearest settings, and the output in Hz.
pub(super) fn settings(input_hz: u64, output_hz: u64) -> Option<(Xilinx, f64)> {
    let candidates = (1..=106).flat_map(|divider| (16..=512).map(move |m| (divider, m)));
    let legal = candidates.filter_map(|(divider, eighths)| {
        let compared = input_hz as f64 / f64::from(divider);
        let multiplier = f64::from(eighths) / 8.0;
        let vco = compared * multiplier;
        let output = (8.0 * vco / output_hz as f64).round().clamp(8.0, 1024.0) / 8.0;
        // Between 1 and 2 there are no fractions.
        let legal =
            within(compared, COMPARED) && within(vco, VCO) && (output == 1.0 || output >= 2.0);
        let period = 1e9 / input_hz as f64;
        legal.then_some((Xilinx { divider, multiplier, output, period }, vco / output))
    });
    nearest(output_hz, legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_the_oscillator() {
        let (pll, hz) = settings(100_000_000, 50_000_000).unwrap();
        assert_eq!(pll, Xilinx { divider: 1, multiplier: 6.0, output: 12.0, period: 10.0 });
        assert!((hz - 50e6).abs() < 1.0);
    }

    #[test]
    fn frequencies_inside_are_legal_for_every_output() {
        for output in (5..=200).map(|mhz| mhz * 1_000_000) {
            let (pll, hz) = settings(100_000_000, output).unwrap();
            assert!(within(100e6 / f64::from(pll.divider) * pll.multiplier, VCO), "{pll:?}");
            assert!((hz / output as f64 - 1.0).abs() < 0.001, "{output}: {hz}");
        }
    }
}
