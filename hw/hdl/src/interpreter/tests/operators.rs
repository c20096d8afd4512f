//! Every operator against independent Rust arithmetic, at random widths up to 128 bits.

use proptest::prelude::*;

use super::*;

/// Random bits, biased towards the extremes where carries and signs go wrong.
fn raw() -> impl Strategy<Value = u128> {
    prop_oneof![
        4 => any::<u128>(),
        1 => Just(0),
        1 => Just(u128::MAX),
        1 => (0..128u32).prop_map(|i| 1 << i),
        1 => 0..4u128,
    ]
}

fn mask(width: u32) -> u128 {
    u128::MAX >> (128 - width)
}

fn signed(value: u128, width: u32) -> i128 {
    (value << (128 - width)) as i128 >> (128 - width)
}

fn bits(width: u32, value: u128) -> Bits {
    Bits::from_words(width, &[value as u64, (value >> 64) as u64])
}

fn value(bits: &Bits) -> u128 {
    let words = bits.words();
    u128::from(words[0]) | u128::from(words.get(1).copied().unwrap_or(0)) << 64
}

fn ty(is_signed: bool, width: u32) -> Ty {
    if is_signed { Ty::S(width) } else { Ty::U(width) }
}

/// Builds a module of inputs `a` and `b` and output `y`, and evaluates it once.
fn evaluate(
    (a_ty, a): (Ty, u128),
    (b_ty, b): (Ty, u128),
    build: impl FnOnce(&mut Ir, ExprId, ExprId) -> ExprId,
) -> u128 {
    let mut m = Ir::new("op");
    let (input_a, input_b) = (m.input("a", a_ty), m.input("b", b_ty));
    let y = build(&mut m, input_a, input_b);
    m.output("y", y);
    let mut sim = m.start();
    sim.set_bits("a", bits(a_ty.width(), a));
    sim.set_bits("b", bits(b_ty.width(), b));
    value(&sim.get_bits("y"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn arithmetic_and_comparison(is_signed: bool, width in 1..=128u32, a in raw(), b in raw()) {
        use BinaryOp::*;
        let (a, b) = (a & mask(width), b & mask(width));
        let (sa, sb) = (signed(a, width), signed(b, width));
        let less = if is_signed { sa < sb } else { a < b };
        let cases = [
            (Add, a.wrapping_add(b) & mask(width)),
            (Sub, a.wrapping_sub(b) & mask(width)),
            (And, a & b),
            (Or, a | b),
            (Xor, a ^ b),
            (Equal, u128::from(a == b)),
            (NotEqual, u128::from(a != b)),
            (Less, u128::from(less)),
            (LessEqual, u128::from(less || a == b)),
        ];
        let ty = ty(is_signed, width);
        for (op, expected) in cases {
            let got = evaluate((ty, a), (ty, b), |m, a, b| m.binary(op, a, b));
            prop_assert_eq!(got, expected, "{:?}", op);
        }
    }

    #[test]
    fn multiplication(is_signed: bool, wa in 1..=64u32, wb in 1..=64u32, a in raw(), b in raw()) {
        let (a, b) = (a & mask(wa), b & mask(wb));
        let expected = if is_signed {
            signed(a, wa).wrapping_mul(signed(b, wb)) as u128 & mask(wa + wb)
        } else {
            a * b
        };
        let got = evaluate((ty(is_signed, wa), a), (ty(is_signed, wb), b), |m, a, b| {
            m.binary(BinaryOp::Mul, a, b)
        });
        prop_assert_eq!(got, expected);
    }

    #[test]
    fn shifts(
        is_signed: bool, width in 1..=128u32, a in raw(),
        amount_width in 1..=100u32, near in 0..140u128, far in raw(), use_far: bool,
    ) {
        let a = a & mask(width);
        let amount = if use_far { far } else { near } & mask(amount_width);
        let shifted = |f: fn(u128, u32) -> u128| if amount < 128 { f(a, amount as u32) } else { 0 };
        let left = shifted(|a, n| a << n) & mask(width);
        let right = if is_signed {
            (signed(a, width) >> amount.min(127)) as u128 & mask(width)
        } else {
            shifted(|a, n| a >> n)
        };
        let (a_ty, b_ty) = (ty(is_signed, width), Ty::U(amount_width));
        for (op, expected) in [(BinaryOp::ShiftLeft, left), (BinaryOp::ShiftRight, right)] {
            let got = evaluate((a_ty, a), (b_ty, amount), |m, a, b| m.binary(op, a, b));
            prop_assert_eq!(got, expected, "{:?} by {}", op, amount);
        }
    }

    #[test]
    fn unary(is_signed: bool, width in 1..=128u32, a in raw()) {
        use UnaryOp::*;
        let a = a & mask(width);
        let operand = ty(is_signed, width);
        let cases = [
            (Not, operand, !a & mask(width)),
            (Negate, operand, a.wrapping_neg() & mask(width)),
            (ReduceOr, Ty::U(1), u128::from(a != 0)),
            (ReduceAnd, Ty::U(1), u128::from(a == mask(width))),
            (ReduceXor, Ty::U(1), u128::from(a.count_ones() % 2)),
        ];
        for (op, ty, expected) in cases {
            let got = evaluate((operand, a), (Ty::U(1), 0), |m, a, _| {
                m.expr(ExprKind::Unary(op, a), ty)
            });
            prop_assert_eq!(got, expected, "{:?}", op);
        }
    }

    #[test]
    fn selection(
        is_signed: bool, width in 1..=128u32, a in raw(), b in raw(),
        low in 0..128u32, length in 0..128u32, index_width in 1..=100u32, choose: bool,
    ) {
        let (a, b) = (a & mask(width), b & mask(width));
        let ty = ty(is_signed, width);
        let low = low % width;
        let high = (low + length).min(width - 1);
        let got = evaluate((ty, a), (ty, b), |m, a, _| {
            m.expr(ExprKind::Slice { of: a, high, low }, Ty::U(high - low + 1))
        });
        prop_assert_eq!(got, a >> low & mask(high - low + 1), "slice");

        let index = b & mask(index_width);
        let got = evaluate((ty, a), (Ty::U(index_width), index), |m, a, b| {
            m.expr(ExprKind::BitSelect { of: a, index: b }, Ty::U(1))
        });
        let expected = if index < 128 { a >> index & 1 } else { 0 };
        prop_assert_eq!(got, expected, "bit select");

        let got = evaluate((ty, a), (ty, b), |m, then, other| {
            let condition = m.literal(u64::from(choose), Ty::U(1));
            m.expr(ExprKind::Mux { condition, then, other }, ty)
        });
        prop_assert_eq!(got, if choose { a } else { b }, "mux");
    }

    #[test]
    fn resizing(is_signed: bool, width in 1..=128u32, other in 1..=128u32, a in raw()) {
        let a = a & mask(width);
        let (from, to) = (ty(is_signed, width), ty(is_signed, other));
        let got = evaluate((from, a), (Ty::U(1), 0), |m, a, _| {
            let kind = if other >= width { ExprKind::Extend(a) } else { ExprKind::Truncate(a) };
            m.expr(kind, to)
        });
        let expected = if is_signed { signed(a, width) as u128 } else { a } & mask(other);
        prop_assert_eq!(got, expected);
    }

    #[test]
    fn concatenation(
        wa in 1..=64u32, wb in 1..=32u32, wc in 1..=32u32, a in raw(), b in raw(),
        count in 1..=4u32,
    ) {
        let (a, b) = (a & mask(wa), b & mask(wb));
        let c = b & mask(wc);
        let got = evaluate((Ty::S(wa), a), (Ty::U(wb), b), |m, a, b| {
            let c = m.literal(c as u64, Ty::U(wc));
            m.expr(ExprKind::Concat(vec![b, a, c]), Ty::U(wa + wb + wc))
        });
        prop_assert_eq!(got, b << (wa + wc) | a << wc | c, "concat");

        let got = evaluate((Ty::U(wa), a), (Ty::U(wb), b), |m, _, b| {
            m.expr(ExprKind::Repeat(count, b), Ty::U(count * wb))
        });
        let expected = (0..count).fold(0, |all, i| all | b << (i * wb));
        prop_assert_eq!(got, expected, "repeat");
    }

    /// Any bits of a wide value are those of its parts.
    #[test]
    fn wide_values_keep_their_parts(
        parts in prop::collection::vec((1..=90u32, raw()), 3..12), at in 0..1000u32,
        length in 0..64u32, amount in 0..1000u32,
    ) {
        let total: u32 = parts.iter().map(|(width, _)| width).sum();
        let expected: Vec<bool> = parts
            .iter()
            .rev()
            .flat_map(|&(width, value)| (0..width).map(move |i| value >> i & 1 == 1))
            .collect();
        let mut m = Ir::new("wide");
        let inputs: Vec<ExprId> = parts
            .iter()
            .enumerate()
            .map(|(i, (width, _))| m.input(&format!("p{i}"), Ty::U(*width)))
            .collect();
        let all = m.expr(ExprKind::Concat(inputs), Ty::U(total));
        let low = at % total;
        let high = (low + length).min(total - 1);
        let slice = m.expr(ExprKind::Slice { of: all, high, low }, Ty::U(high - low + 1));
        let by = m.literal(u64::from(amount), Ty::U(10));
        let left = m.binary(BinaryOp::ShiftLeft, all, by);
        let right = m.binary(BinaryOp::ShiftRight, all, by);
        m.output("all", all);
        m.output("slice", slice);
        m.output("left", left);
        m.output("right", right);
        let mut sim = m.start();
        for (i, (width, value)) in parts.iter().enumerate() {
            sim.set_bits(&format!("p{i}"), bits(*width, *value));
        }
        let bit = |i: i64| i >= 0 && i < i64::from(total) && expected[i as usize];
        let (all, slice) = (sim.get_bits("all"), sim.get_bits("slice"));
        let (left, right) = (sim.get_bits("left"), sim.get_bits("right"));
        for i in 0..total {
            let place = i64::from(i);
            prop_assert_eq!(all.bit(i), bit(place));
            prop_assert_eq!(left.bit(i), bit(place - i64::from(amount)));
            prop_assert_eq!(right.bit(i), bit(place + i64::from(amount)));
            if i <= high - low {
                prop_assert_eq!(slice.bit(i), bit(place + i64::from(low)));
            }
        }
    }
}
