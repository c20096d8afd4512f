//! Two-state bit vectors of any width.

/// A bit vector: `width` bits, little-endian 64-bit words, bits beyond the width are 0.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Bits {
    width: u32,
    words: Vec<u64>,
}

impl Bits {
    /// The low `width` bits of `value`.
    pub fn new(width: u32, value: u64) -> Self {
        let mut bits = Self::zero(width);
        bits.words[0] = value;
        bits.mask_top();
        bits
    }

    /// The low `width` bits of `value` in two's complement, sign-extended beyond 64 bits.
    pub fn from_i64(width: u32, value: i64) -> Self {
        let mut bits = Self::zero(width);
        bits.words.fill(if value < 0 { u64::MAX } else { 0 });
        bits.words[0] = value as u64;
        bits.mask_top();
        bits
    }

    /// From little-endian words; missing ones are 0, extra bits are dropped.
    pub fn from_words(width: u32, words: &[u64]) -> Self {
        let mut bits = Self::zero(width);
        for (to, from) in bits.words.iter_mut().zip(words) {
            *to = *from;
        }
        bits.mask_top();
        bits
    }

    /// All zeros.
    pub fn zero(width: u32) -> Self {
        Self { width, words: vec![0; width.div_ceil(64).max(1) as usize] }
    }

    /// Width in bits.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Little-endian words.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// The low 64 bits.
    pub fn to_u64(&self) -> u64 {
        self.words[0]
    }

    /// Bit `index`; 0 beyond the width.
    pub fn bit(&self, index: u32) -> bool {
        index < self.width && self.words[(index / 64) as usize] >> (index % 64) & 1 == 1
    }

    /// Bits `high..=low`, which must lie within the width.
    pub fn slice(&self, high: u32, low: u32) -> Self {
        let mut bits = Self::zero(high - low + 1);
        for (i, word) in bits.words.iter_mut().enumerate() {
            let (from, shift) = (low as usize / 64 + i, low % 64);
            let at = |index: usize| self.words.get(index).copied().unwrap_or(0);
            *word = at(from) >> shift | (at(from + 1) << (63 - shift) << 1);
        }
        bits.mask_top();
        bits
    }

    /// Whether all bits are 0.
    pub fn is_zero(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    fn mask_top(&mut self) {
        let used = self.width % 64;
        if used != 0 {
            *self.words.last_mut().expect("at least one word") &= u64::MAX >> (64 - used);
        }
    }
}
