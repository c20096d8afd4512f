//! Names of cache entries, by what they are made from.

use sha2::{Digest, Sha256};

/// A hash of texts: none can run into its neighbour.
#[derive(Default)]
pub(crate) struct Hash(Sha256);

impl Hash {
    /// Adds a text.
    pub fn add(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
    }

    /// 32 hexadecimal digits.
    pub fn finish(self) -> String {
        self.0.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_hash_do_not_run_together() {
        let hash = |parts: &[&str]| {
            let mut hash = Hash::default();
            parts.iter().for_each(|part| hash.add(part));
            hash.finish()
        };
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        assert_eq!(hash(&["ab", "c"]), hash(&["ab", "c"]));
    }
}
