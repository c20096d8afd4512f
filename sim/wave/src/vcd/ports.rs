//! Extended VCD, as `$dumpports` writes it: ports with directions and strengths, of which the four
//! values that other signals have are kept.

/// A value of a port as `b` and characters of bits.
///
/// # Errors
/// A character that is no state of a port.
pub fn bits(states: &[u8]) -> Result<Vec<u8>, u8> {
    let bits = states.iter().map(|&state| bit(state).ok_or(state));
    std::iter::once(Ok(b'b')).chain(bits).collect()
}

/// What a state is, whoever drives the port: a test fixture, the device, or both.
fn bit(state: u8) -> Option<u8> {
    match state {
        b'D' | b'd' | b'L' | b'l' | b'0' => Some(b'0'),
        b'U' | b'u' | b'H' | b'h' | b'1' => Some(b'1'),
        b'Z' | b'T' | b'F' | b'f' => Some(b'z'),
        // Unknown, or both drive against each other.
        b'N' | b'X' | b'?' | b'A' | b'a' | b'B' | b'b' | b'C' | b'c' => Some(b'x'),
        _ => None,
    }
}

/// Whether a word is the strengths of a port: a digit from 0 to 7 for each bit.
pub fn is_strength(word: &[u8]) -> bool {
    word.iter().all(|digit| matches!(digit, b'0'..=b'7'))
}

/// Bits of a port that is declared by its range, such as `[3:0]`.
pub fn width(range: &str) -> Option<u32> {
    let (left, right) = range.strip_prefix('[')?.strip_suffix(']')?.split_once(':')?;
    let (left, right) = (left.parse::<i32>().ok()?, right.parse::<i32>().ok()?);
    left.abs_diff(right).checked_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_of_ports_are_bits() {
        assert_eq!(bits(b"DdLl0UuHh1"), Ok(b"b0000011111".to_vec()));
        assert_eq!(bits(b"ZTFfNX?AaBbCc"), Ok(b"bzzzzxxxxxxxxx".to_vec()));
        assert_eq!(bits(b"Dq"), Err(b'q'));
    }

    #[test]
    fn ranges_have_widths() {
        assert_eq!(width("[3:0]"), Some(4));
        assert_eq!(width("[-1:2]"), Some(4));
        assert_eq!(width("[-2147483648:2147483647]"), None);
        assert_eq!(width("[3]"), None);
    }
}
