//! Sized literals.

use systole_hdl::Bits;
use systole_hdl::ir::Ty;

/// A literal of this type: decimal when small, else hexadecimal. Signed types give signed literals.
///
/// The most negative value is printed in hexadecimal: `-8'sd128` would become `+128` where the
/// context is wider, as in a product.
pub(super) fn literal(bits: &Bits, ty: Ty) -> String {
    match ty {
        Ty::U(1) => format!("1'b{}", u8::from(bits.bit(0))),
        Ty::U(width) => unsigned(bits, width),
        Ty::S(width) => signed(bits, width),
    }
}

fn unsigned(bits: &Bits, width: u32) -> String {
    match small(bits) {
        Some(value) if width <= 5 || value < 16 => format!("{width}'d{value}"),
        _ => format!("{width}'h{}", hexadecimal(bits, width)),
    }
}

fn signed(bits: &Bits, width: u32) -> String {
    let magnitude = if bits.bit(width - 1) { negate(bits, width) } else { bits.clone() };
    match small(&magnitude) {
        Some(_) if magnitude.bit(width - 1) => format!("{width}'sh{}", hexadecimal(bits, width)),
        Some(value) if bits.bit(width - 1) => format!("-{width}'sd{value}"),
        Some(value) => format!("{width}'sd{value}"),
        None => format!("{width}'sh{}", hexadecimal(bits, width)),
    }
}

/// The value if it is short enough to be read in decimal.
fn small(bits: &Bits) -> Option<u64> {
    let wide = bits.words()[1..].iter().any(|&word| word != 0);
    (!wide && bits.to_u64() < 100_000).then(|| bits.to_u64())
}

/// Digits for the width, in groups of four when there are more.
fn hexadecimal(bits: &Bits, width: u32) -> String {
    let digits = width.div_ceil(4);
    let mut text = String::new();
    for digit in (0..digits).rev() {
        let value = (0..4).map(|i| u32::from(bits.bit(4 * digit + i)) << i).sum();
        text.extend(char::from_digit(value, 16));
        if digit % 4 == 0 && digit > 0 {
            text.push('_');
        }
    }
    text
}

/// The value extended to `width` by the signedness of `ty`.
pub(super) fn extend(bits: &Bits, ty: Ty, width: u32) -> Bits {
    let top = ty.width() - 1;
    from_bits(width, |i| bits.bit(i.min(top)) && (i <= top || ty.is_signed()))
}

/// The least and the greatest value of a type.
pub(super) fn extremes(ty: Ty) -> (Bits, Bits) {
    let top = ty.width() - 1;
    let greatest = from_bits(ty.width(), |i| i < top || !ty.is_signed());
    let least = from_bits(ty.width(), |i| i == top && ty.is_signed());
    (least, greatest)
}

fn from_bits(width: u32, bit: impl Fn(u32) -> bool) -> Bits {
    let mut words = vec![0; width.div_ceil(64) as usize];
    for i in 0..width {
        words[(i / 64) as usize] |= u64::from(bit(i)) << (i % 64);
    }
    Bits::from_words(width, &words)
}

fn negate(bits: &Bits, width: u32) -> Bits {
    let mut carry = true;
    let words: Vec<u64> = bits
        .words()
        .iter()
        .map(|word| {
            let (sum, overflow) = (!word).overflowing_add(u64::from(carry));
            carry = overflow;
            sum
        })
        .collect();
    Bits::from_words(width, &words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use systole_hdl::ir::Ty::{S, U};

    #[test]
    fn literals_read_well() {
        let cases = [
            (U(1), 1, "1'b1"),
            (U(2), 3, "2'd3"),
            (U(5), 31, "5'd31"),
            (U(7), 0x33, "7'h33"),
            (U(12), 0x305, "12'h305"),
            (U(32), 4, "32'd4"),
            (U(32), 0x8000_0000, "32'h8000_0000"),
            (U(33), 0x1_0000_0000, "33'h1_0000_0000"),
            (S(8), -5, "-8'sd5"),
            (S(8), 100, "8'sd100"),
            (S(8), -128, "8'sh80"),
            (S(1), -1, "1'sh1"),
            (S(40), -1, "-40'sd1"),
        ];
        for (ty, value, text) in cases {
            assert_eq!(literal(&Bits::from_i64(ty.width(), value), ty), text);
        }
        assert_eq!(literal(&Bits::from_i64(100, -7), S(100)), "-100'sd7");
    }

    #[test]
    fn extremes_of_types() {
        let of = |ty| extremes(ty);
        assert_eq!(of(U(8)), (Bits::new(8, 0), Bits::new(8, 255)));
        assert_eq!(of(S(8)), (Bits::from_i64(8, -128), Bits::new(8, 127)));
        assert_eq!(of(S(1)), (Bits::from_i64(1, -1), Bits::new(1, 0)));
    }

    #[test]
    fn slices_and_extensions() {
        let bits = Bits::from_words(70, &[0xff << 56, 0x21]);
        assert_eq!(bits.slice(69, 60), Bits::new(10, 0x21f));
        assert_eq!(extend(&Bits::new(4, 0x8), S(4), 70), Bits::from_i64(70, -8));
        assert_eq!(extend(&Bits::new(4, 0x8), U(4), 70), Bits::new(70, 8));
    }
}
