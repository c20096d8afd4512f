//! A small deterministic generator (splitmix64), so that a program follows from its seed alone.

pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn word(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) as u32
    }

    /// Below `limit`.
    pub fn below(&mut self, limit: u32) -> u32 {
        self.word() % limit
    }

    /// From `low` to `high`, both included.
    pub fn between(&mut self, low: i32, high: i32) -> i32 {
        low + self.below((high - low + 1) as u32) as i32
    }

    pub fn one_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u32) as usize]
    }

    /// A corner value, a small one or any.
    pub fn operand(&mut self) -> u32 {
        match self.below(3) {
            0 => self.pick(&[0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xff, 0xffff_ff80, 31]),
            1 => self.between(-64, 64) as u32,
            _ => self.word(),
        }
    }
}
