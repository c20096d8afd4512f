//! The tables of biases and multipliers that the requantiser reads.

/// Bytes of the parameter table for `bias.len()` output channels on an array of side `dim`:
/// for each tile of `dim` channels first the int32 biases, then the float32 multipliers, little
/// endian (`docs/npu.md`, STORE). Channels that fill up the last tile get 0.
///
/// `multipliers` holds one value a channel, or a single one for all.
pub fn parameter_table(dim: u32, bias: &[i32], multipliers: &[f32]) -> Vec<u8> {
    let dim = dim as usize;
    let mut table = Vec::with_capacity(bias.len().next_multiple_of(dim) * 8);
    for tile in 0..bias.len().div_ceil(dim) {
        let channels = tile * dim..(tile + 1) * dim;
        for channel in channels.clone() {
            table.extend(bias.get(channel).copied().unwrap_or(0).to_le_bytes());
        }
        for channel in channels {
            let multiplier = if channel >= bias.len() {
                0.0
            } else if multipliers.len() == 1 {
                multipliers[0]
            } else {
                multipliers[channel]
            };
            table.extend(multiplier.to_le_bytes());
        }
    }
    table
}

/// Bytes of the parameter table for double rounding: for each tile of `dim` channels the int32
/// biases, the multipliers (31 bits) and the int8 shifts, to the left (`docs/npu.md`, STORE).
/// Channels that fill up the last tile get 0.
///
/// `multipliers` holds a multiplier and a shift for each channel, as TensorFlow Lite's
/// `QuantizeMultiplier` makes them, or a single pair for all.
pub fn double_rounding_table(dim: u32, bias: &[i32], multipliers: &[(u32, i8)]) -> Vec<u8> {
    let dim = dim as usize;
    let of_channel = |channel: usize| match multipliers {
        _ if channel >= bias.len() => (0, 0),
        [one] => *one,
        all => all[channel],
    };
    let mut table = Vec::with_capacity(bias.len().next_multiple_of(dim) * 9);
    for tile in 0..bias.len().div_ceil(dim) {
        let channels = || tile * dim..(tile + 1) * dim;
        let biases = channels().map(|channel| bias.get(channel).copied().unwrap_or(0));
        table.extend(biases.flat_map(i32::to_le_bytes));
        table.extend(channels().flat_map(|channel| of_channel(channel).0.to_le_bytes()));
        table.extend(channels().map(|channel| of_channel(channel).1 as u8));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::{double_rounding_table, parameter_table};

    #[test]
    fn shifts_come_behind_the_multipliers_of_their_tile() {
        let table = double_rounding_table(2, &[1, -1, 5], &[(7, 1), (8, -2), (9, -128)]);
        let tiles = [
            [1, 0, 0, 0, 255, 255, 255, 255, 7, 0, 0, 0, 8, 0, 0, 0, 1, 254],
            [5, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 128, 0],
        ];
        assert_eq!(table, tiles.concat());
        let table = double_rounding_table(4, &[0; 3], &[(7, 3)]);
        assert_eq!(table[32..], [3, 3, 3, 0]);
    }

    #[test]
    fn tiles_hold_biases_then_multipliers_and_are_filled_up_with_zeros() {
        let table = parameter_table(2, &[1, -1, 5], &[0.5, 2.0, 4.0]);
        let words: Vec<u32> =
            table.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        let f = f32::to_bits;
        assert_eq!(words, [1, u32::MAX, f(0.5), f(2.0), 5, 0, f(4.0), 0]);
    }

    #[test]
    fn one_multiplier_serves_every_channel() {
        let table = parameter_table(4, &[0; 4], &[0.25]);
        assert!(table[16..].chunks_exact(4).all(|b| b == 0.25f32.to_le_bytes()));
    }
}
