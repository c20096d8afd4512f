//! The residual add, `y = clamp(round(fma(a, factor, table[b])))`: ONNX's QLinearAdd, and the same
//! function with its operands exchanged.

/// Numbers of an add.
#[derive(Clone, PartialEq, Debug)]
pub struct ResidualAdd {
    /// Of the first operand.
    pub factor: f32,
    /// Of the second operand; part of what the table holds.
    pub other_factor: f32,
    /// What the second operand contributes: entry `b + 128` is float32.
    pub table: Vec<f32>,
}

impl ResidualAdd {
    /// QLinearAdd: `a` and `b` have scale and zero point, and so has the result.
    pub fn new(a: (f32, i8), b: (f32, i8), y: (f32, i8)) -> Self {
        let (ra, rb) = (a.0 / y.0, b.0 / y.0);
        let (za, zb, zy) = (f32::from(a.1), f32::from(b.1), f32::from(y.1));
        let offset = zy - ra.mul_add(za, rb * zb);
        let table = (-128..=127).map(|b| (b as f32).mul_add(rb, offset)).collect();
        Self { factor: ra, other_factor: rb, table }
    }

    /// One sum.
    pub fn apply(&self, a: i8, b: i8) -> i8 {
        sum(a, self.factor, self.table[(i16::from(b) + 128) as usize])
    }

    /// The add whose first operand is this one's second: equal for all 65,536 pairs of operands, or
    /// `None` where no table makes it so.
    pub fn exchanged(&self) -> Option<Self> {
        let factor = self.other_factor;
        let table = (i8::MIN..=i8::MAX).map(|a| self.entry(a, factor)).collect::<Option<_>>()?;
        Some(Self { factor, other_factor: self.factor, table })
    }

    /// The table's entry for `a` with which all values of the other operand give the same sums.
    fn entry(&self, a: i8, factor: f32) -> Option<f32> {
        let fits =
            |entry: f32| (i8::MIN..=i8::MAX).all(|b| sum(b, factor, entry) == self.apply(a, b));
        // Where the sum is exact at b = 0 the entry is the sum's value; its neighbours make up for
        // what the other order of rounding changes.
        let middle = f32::from(a).mul_add(self.factor, self.table[128]);
        let step = (middle.abs() * f32::EPSILON).max(f32::EPSILON);
        (0..64).flat_map(|i| [i, -i]).map(|i| middle + i as f32 * step / 4.0).find(|&e| fits(e))
    }
}

fn sum(a: i8, factor: f32, entry: f32) -> i8 {
    f32::from(a).mul_add(factor, entry).round_ties_even().clamp(-128.0, 127.0) as i8
}

#[cfg(test)]
mod tests {
    use super::ResidualAdd;

    #[test]
    fn sums_are_those_of_real_numbers_but_for_rounding() {
        let add = ResidualAdd::new((0.04, -128), (0.1, 4), (0.05, -10));
        for a in i8::MIN..=i8::MAX {
            for b in i8::MIN..=i8::MAX {
                let real = (f64::from(a) + 128.0) * 0.04 + (f64::from(b) - 4.0) * 0.1;
                let steps = real / 0.05 - 10.0;
                let y = f64::from(add.apply(a, b));
                assert!((steps.clamp(-128.0, 127.0) - y).abs() < 0.501, "{a} + {b}");
            }
        }
    }

    #[test]
    fn exchanged_operands_give_the_same_sums() {
        for (a, b, y) in [(0.039, 0.104, 0.051), (0.21, 0.08, 0.127), (0.0168, 0.0513, 0.0323)] {
            let add = ResidualAdd::new((a, -128), (b, 4), (y, -128));
            let exchanged = add.exchanged().expect("there is a table");
            for a in i8::MIN..=i8::MAX {
                for b in i8::MIN..=i8::MAX {
                    assert_eq!(exchanged.apply(b, a), add.apply(a, b));
                }
            }
        }
    }

    #[test]
    fn a_wrong_factor_has_no_table() {
        let mut add = ResidualAdd::new((0.04, 0), (0.1, 0), (0.05, 0));
        add.other_factor = 0.5;
        assert!(add.exchanged().is_none());
    }
}
