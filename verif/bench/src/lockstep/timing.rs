//! When everything happened, as one number: it is another one, but for chance, when anything
//! happens in another cycle or a clock or a counter reads something else.

use crate::scramble::scramble;

/// Mixes what is added.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Timing(u64);

impl Timing {
    /// Something happened in this cycle, with this value.
    pub fn add(&mut self, cycle: u32, value: u32) {
        let word = u64::from(cycle) << 32 | u64::from(value);
        self.0 = scramble(self.0 ^ word, 0);
    }

    /// All bits of it are as good as any other.
    pub fn number(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_cycles_and_values_count() {
        let of = |all: &[(u32, u32)]| {
            let mut timing = Timing::default();
            all.iter().for_each(|&(cycle, value)| timing.add(cycle, value));
            timing.number() as u16
        };
        let numbers =
            [&[][..], &[(1, 2), (3, 4)], &[(3, 4), (1, 2)], &[(1, 2), (3, 5)], &[(1, 2), (2, 4)]];
        let numbers = numbers.map(of);
        assert!((1..numbers.len()).all(|index| !numbers[..index].contains(&numbers[index])));
    }
}
