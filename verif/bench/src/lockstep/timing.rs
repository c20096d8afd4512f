//! When everything happened, as one number: it is another one, but for chance, when anything
//! happens in another cycle or a clock or a counter reads something else.

/// Mixes what is added (FNV-1a over words, Fowler, Noll and Vo, with 64 bits).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Timing(u64);

impl Default for Timing {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Timing {
    /// Something happened in this cycle, with this value.
    pub fn add(&mut self, cycle: u32, value: u32) {
        let word = u64::from(cycle) << 32 | u64::from(value);
        // The rotation lets high bits reach low ones, which a product alone does not.
        self.0 = (self.0 ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23);
    }

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
