//! Literals, concatenations and selections: functions of several signals.

use crate::Bits;
use crate::arena::{here, with};
use crate::ir::{ExprKind, Ty};
use crate::signal::{Operand, Signal};

/// Concatenation, the most significant part first; unsigned, widths add.
#[track_caller]
pub fn cat(parts: &[Signal]) -> Signal {
    let location = here();
    with(|a| {
        let exprs: Vec<_> = parts.iter().map(|part| a.own(*part, location)).collect();
        let ty = Ty::U(parts.iter().map(|part| part.width()).sum());
        match exprs[..] {
            [] => {
                a.error(location, "`cat` of nothing has width 0");
                a.expr(ExprKind::Literal(Bits::zero(1)), Ty::U(1), location)
            }
            [only] => a.cast(only, false, location),
            _ => a.expr(ExprKind::Concat(exprs), ty, location),
        }
    })
}

/// An integer of a given type.
#[track_caller]
pub fn lit(value: impl Into<Operand>, ty: Ty) -> Signal {
    let location = here();
    let value = value.into();
    with(|a| {
        if ty.width() == 0 {
            a.error(location, "a literal has width 0");
        }
        let expr = a.operand(value, ty, location);
        let given = a.ty(expr);
        if given != ty {
            a.error(location, format!("`lit` of {ty} is given {given}"));
        }
        Signal { module: a.id, expr, ty }
    })
}

/// An unsigned literal of any width.
#[track_caller]
pub fn lit_bits(bits: &Bits) -> Signal {
    let location = here();
    with(|a| a.expr(ExprKind::Literal(bits.clone()), Ty::U(bits.width()), location))
}

/// Zero.
#[track_caller]
pub fn zero(ty: Ty) -> Signal {
    lit(0, ty)
}

/// `values[index]`, as a tree of `mux` over the bits of `index`; the last value beyond the end.
///
/// `index` must be unsigned and wide enough to reach every value.
#[track_caller]
pub fn select(index: Signal, values: &[Signal]) -> Signal {
    let location = here();
    let reachable = 1u64.checked_shl(index.width()).unwrap_or(u64::MAX);
    if values.is_empty() || index.ty.is_signed() || (values.len() as u64) > reachable {
        return with(|a| {
            let operand = a.own(index, location);
            let given = a.describe(operand);
            let message = format!("`select` cannot reach {} values: {given}", values.len());
            a.error(location, message);
            values.first().copied().unwrap_or(index)
        });
    }
    let mut level = values.to_vec();
    for bit in 0..index.width() {
        if level.len() == 1 {
            break;
        }
        level = halved(index.bit(bit), &level);
    }
    level[0]
}

/// One level of a `mux` tree: pairs become one.
#[track_caller]
fn halved(bit: Signal, level: &[Signal]) -> Vec<Signal> {
    let mut next = Vec::with_capacity(level.len().div_ceil(2));
    for pair in level.chunks(2) {
        next.push(match *pair {
            [low, high] => bit.mux(high, low),
            _ => pair[0],
        });
    }
    next
}

/// The or of the values whose condition holds: `values` of equal types, conditions of one bit of
/// which at most one may be 1. 0 when none is.
#[track_caller]
pub fn one_hot_select(choices: &[(Signal, Signal)]) -> Signal {
    let location = here();
    let mut result: Option<Signal> = None;
    for &(condition, value) in choices {
        let mask = condition.repeat(value.width());
        let mask = if value.ty.is_signed() { mask.as_signed() } else { mask };
        let gated = mask & value;
        result = Some(match result {
            Some(result) => result | gated,
            None => gated,
        });
    }
    result.unwrap_or_else(|| {
        with(|a| {
            a.error(location, "`one_hot_select` of nothing has no type");
            a.literal(0, Ty::U(1), location)
        })
    })
}
