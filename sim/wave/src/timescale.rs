//! How long a tick of a wave is.

use std::fmt;

/// Length of a tick, the unit of all times in a wave.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Timescale(u64);

/// Units with their femtoseconds, longest first.
const UNITS: [(&str, u64); 6] = [
    ("s", 1_000_000_000_000_000),
    ("ms", 1_000_000_000_000),
    ("us", 1_000_000_000),
    ("ns", 1_000_000),
    ("ps", 1_000),
    ("fs", 1),
];

impl Timescale {
    /// A nanosecond, as in the waves of our chips.
    pub const NANOSECOND: Self = Self(1_000_000);
    /// A picosecond.
    pub const PICOSECOND: Self = Self(1_000);

    /// A power of ten, from 1 fs to 100 s.
    pub fn from_femtoseconds(femtoseconds: u64) -> Option<Self> {
        let power = femtoseconds > 0 && 10u64.pow(femtoseconds.ilog10()) == femtoseconds;
        (power && femtoseconds <= 100 * UNITS[0].1).then_some(Self(femtoseconds))
    }

    /// From a power of ten of seconds, such as -9.
    pub fn from_exponent(exponent: i8) -> Option<Self> {
        let power = u32::try_from(i32::from(exponent) + 15).ok()?;
        Self::from_femtoseconds(10u64.checked_pow(power)?)
    }

    /// Reads `1 ns` or `100ps`, as VCD has it.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let split = text.find(|c: char| !c.is_ascii_digit())?;
        let (number, unit) = text.split_at(split);
        let (_, femtoseconds) = UNITS.iter().find(|(name, _)| *name == unit.trim())?;
        Self::from_femtoseconds(number.parse::<u64>().ok()?.checked_mul(*femtoseconds)?)
    }

    /// Femtoseconds a tick.
    pub fn femtoseconds(self) -> u64 {
        self.0
    }

    /// Picoseconds a tick; below 1 for ticks of femtoseconds.
    pub fn picoseconds(self) -> f64 {
        self.0 as f64 / 1_000.0
    }

    /// The power of ten of seconds.
    pub fn exponent(self) -> i8 {
        self.0.ilog10() as i8 - 15
    }

    /// The number and the unit, 1, 10 or 100 of it.
    pub fn number_and_unit(self) -> (u64, &'static str) {
        let (unit, femtoseconds) =
            UNITS.iter().find(|(_, unit)| *unit <= self.0).unwrap_or(&UNITS[5]);
        (self.0 / femtoseconds, unit)
    }

    /// Ticks that so many femtoseconds take; nothing if that is not a whole number.
    pub fn ticks(self, femtoseconds: u128) -> Option<u64> {
        let tick = u128::from(self.0);
        femtoseconds.is_multiple_of(tick).then(|| (femtoseconds / tick).try_into().ok()).flatten()
    }

    /// Reads a time with its unit, such as `120ns` or `1.5us`, in femtoseconds.
    pub fn time(text: &str) -> Option<u128> {
        let split = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, unit) = text.split_at(split);
        let (_, femtoseconds) = UNITS.iter().find(|(name, _)| *name == unit.trim())?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = u32::try_from(fraction.len()).ok()?;
        let number: u128 = format!("{whole}{fraction}").parse().ok()?;
        let scaled = number.checked_mul(u128::from(*femtoseconds))?;
        let divisor = 10u128.checked_pow(digits)?;
        scaled.is_multiple_of(divisor).then_some(scaled / divisor)
    }

    /// A time of the wave in the unit of its tick, such as `120 ns`.
    pub fn show(self, ticks: u64) -> String {
        let (number, unit) = self.number_and_unit();
        format!("{} {unit}", u128::from(ticks) * u128::from(number))
    }
}

impl fmt::Display for Timescale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = self.number_and_unit();
        write!(f, "{number} {unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timescales_are_read_and_shown() {
        for text in ["1 ns", "10 ps", "100 fs", "1 s", "100 s"] {
            let scale = Timescale::parse(text).expect(text);
            assert_eq!(scale.to_string(), text);
            assert_eq!(Timescale::from_exponent(scale.exponent()), Some(scale));
        }
        assert_eq!(Timescale::parse("1ns"), Some(Timescale::NANOSECOND));
        for bad in ["", "ns", "2 ns", "1 as", "1000 s", "99999999999999999999 s", "1"] {
            assert_eq!(Timescale::parse(bad), None, "{bad}");
        }
        assert_eq!(Timescale::from_exponent(-16), None);
        assert_eq!(Timescale::from_exponent(127), None);
    }

    #[test]
    fn times_are_read_and_shown() {
        assert_eq!(Timescale::time("120ns"), Some(120_000_000));
        assert_eq!(Timescale::time("1.5 us"), Some(1_500_000_000));
        for bad in ["", "ns", "1.0000001fs", "1..2ns", "1e3ns", "5"] {
            assert_eq!(Timescale::time(bad), None, "{bad}");
        }
        assert_eq!(Timescale::NANOSECOND.ticks(120_000_000), Some(120));
        assert_eq!(Timescale::NANOSECOND.ticks(500), None);
        assert_eq!(Timescale::parse("10 ps").map(|scale| scale.show(12)), Some("120 ps".into()));
    }
}
