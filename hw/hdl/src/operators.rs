//! Operations on signals. Widths never change silently: see each one for its rule.

use std::ops;

use crate::Bits;
use crate::arena::{Arena, here, with};
use crate::ir::{BinaryOp, ExprId, ExprKind, Location, Ty, UnaryOp};
use crate::signal::{Operand, Signal};

/// What a binary operation asks of its operands and gives.
#[derive(Clone, Copy)]
enum Rule {
    /// Equal types, which is also the result's.
    Same,
    /// Equal types; one bit.
    Compare,
    /// Equal signedness; widths add.
    Product,
    /// An unsigned amount; the left operand's type.
    Shift,
}

fn rule(op: BinaryOp) -> Rule {
    use BinaryOp::*;
    match op {
        Add | Sub | And | Or | Xor => Rule::Same,
        Equal | NotEqual | Less | LessEqual => Rule::Compare,
        Mul => Rule::Product,
        ShiftLeft | ShiftRight => Rule::Shift,
    }
}

impl Arena {
    /// A binary operation; a literal takes the type of the other operand. `written` is how the
    /// source writes it and `swapped` whether the operands are exchanged (`gt` is `lt` swapped).
    fn binary(
        &mut self,
        op: BinaryOp,
        (left, right): (Signal, Operand),
        (written, swapped): (&str, bool),
        location: Location,
    ) -> Signal {
        let rule = rule(op);
        let l = self.own(left, location);
        let r = match (rule, right) {
            (Rule::Shift, Operand::Literal(amount)) => {
                let width = 128 - amount.max(1).leading_zeros();
                self.literal(amount, Ty::U(width), location).expr
            }
            _ => self.operand(right, left.ty, location),
        };
        let (lty, rty) = (left.ty, self.ty(r));
        let (problem, ty) = match rule {
            Rule::Same => ((lty != rty).then_some("needs equal types"), lty),
            Rule::Compare => ((lty != rty).then_some("needs equal types"), Ty::U(1)),
            Rule::Product => {
                let mixed = lty.is_signed() != rty.is_signed();
                (mixed.then_some("needs equal signedness"), widened(lty, rty.width()))
            }
            Rule::Shift => (rty.is_signed().then_some("needs an unsigned amount"), lty),
        };
        if let Some(problem) = problem {
            let message =
                format!("`{written}` {problem}: {}, {}", self.describe(l), self.describe(r));
            self.error(location, message);
        }
        let (l, r) = if swapped { (r, l) } else { (l, r) };
        self.expr(ExprKind::Binary(op, l, r), ty, location)
    }

    fn unary(&mut self, op: UnaryOp, of: Signal, ty: Ty, location: Location) -> Signal {
        let operand = self.own(of, location);
        self.expr(ExprKind::Unary(op, operand), ty, location)
    }

    /// Bits `high..=low`, seen through slices, casts, extensions and concatenations, so that what
    /// is printed selects from a name wherever possible.
    fn slice(&mut self, of: ExprId, high: u32, low: u32, location: Location) -> Signal {
        let operand = self.module.expr(of);
        let width = operand.ty.width();
        let inner = match &operand.kind {
            ExprKind::Slice { of, low: below, .. } => Some((*of, *below)),
            ExprKind::Cast(of) | ExprKind::Truncate(of) => Some((*of, 0)),
            ExprKind::Extend(of) if high < self.ty(*of).width() => Some((*of, 0)),
            ExprKind::Concat(parts) => {
                return match self.part(parts, high, low) {
                    Some((part, above)) => self.slice(part, high - above, low - above, location),
                    None => self.plain_slice(of, high, low, location),
                };
            }
            ExprKind::Literal(bits) => {
                let bits = bits.slice(high, low);
                return self.expr(ExprKind::Literal(bits), Ty::U(high - low + 1), location);
            }
            _ => None,
        };
        match inner {
            Some((inner, below)) => self.slice(inner, high + below, low + below, location),
            None if high - low + 1 == width => self.cast(of, false, location),
            None => self.plain_slice(of, high, low, location),
        }
    }

    fn plain_slice(&mut self, of: ExprId, high: u32, low: u32, location: Location) -> Signal {
        if high - low + 1 == self.ty(of).width() {
            return self.cast(of, false, location);
        }
        self.expr(ExprKind::Slice { of, high, low }, Ty::U(high - low + 1), location)
    }

    /// The part of a concatenation that holds all of bits `high..=low`, and its lowest bit.
    fn part(&self, parts: &[ExprId], high: u32, low: u32) -> Option<(ExprId, u32)> {
        let mut above = 0;
        for &part in parts.iter().rev() {
            let next = above + self.ty(part).width();
            if low < next {
                return (high < next).then_some((part, above));
            }
            above = next;
        }
        None
    }

    pub(crate) fn cast(&mut self, of: ExprId, signed: bool, location: Location) -> Signal {
        let ty = self.ty(of);
        let to = if signed { Ty::S(ty.width()) } else { Ty::U(ty.width()) };
        if to == ty {
            return Signal { module: self.id, expr: of, ty };
        }
        if let ExprKind::Cast(inner) = self.module.expr(of).kind {
            return Signal { module: self.id, expr: inner, ty: to };
        }
        self.expr(ExprKind::Cast(of), to, location)
    }

    fn resized(&mut self, of: Signal, width: u32, location: Location) -> Signal {
        let operand = self.own(of, location);
        let ty = with_width(of.ty, width);
        if width == of.width() {
            Signal { module: self.id, expr: operand, ty }
        } else if width > of.width() {
            self.expr(ExprKind::Extend(operand), ty, location)
        } else {
            self.expr(ExprKind::Truncate(operand), ty, location)
        }
    }

    /// `width` if it lies in `allowed`; otherwise reports and gives the operand's own.
    fn checked_width(
        &mut self,
        of: Signal,
        (written, width): (&str, u32),
        allowed: ops::RangeInclusive<u32>,
        location: Location,
    ) -> u32 {
        if allowed.contains(&width) {
            return width;
        }
        let operand = self.own(of, location);
        let given = self.describe(operand);
        let message = match width {
            0 => format!("`{written}(0)` has width 0: {given}"),
            _ if written == "ext" => format!("`ext({width})` would narrow; use `trunc`: {given}"),
            _ => format!("`{written}({width})` would widen; use `ext`: {given}"),
        };
        self.error(location, message);
        of.width()
    }
}

fn with_width(ty: Ty, width: u32) -> Ty {
    if ty.is_signed() { Ty::S(width) } else { Ty::U(width) }
}

fn widened(ty: Ty, by: u32) -> Ty {
    with_width(ty, ty.width() + by)
}

macro_rules! operators {
    ($($trait:ident $method:ident $op:ident $written:literal;)*) => {$(
        impl<R: Into<Operand>> ops::$trait<R> for Signal {
            type Output = Signal;

            #[track_caller]
            fn $method(self, right: R) -> Signal {
                let location = here();
                let right = right.into();
                with(|a| a.binary(BinaryOp::$op, (self, right), ($written, false), location))
            }
        }
    )*};
}
operators! {
    Add add Add "+";
    Sub sub Sub "-";
    Mul mul Mul "*";
    BitAnd bitand And "&";
    BitOr bitor Or "|";
    BitXor bitxor Xor "^";
    Shl shl ShiftLeft "<<";
    Shr shr ShiftRight ">>";
}

macro_rules! comparisons {
    ($($(#[$doc:meta])* $method:ident $op:ident $swapped:literal;)*) => {
        impl Signal {$(
            $(#[$doc])*
            #[track_caller]
            pub fn $method(self, right: impl Into<Operand>) -> Signal {
                let location = here();
                let right = right.into();
                let written = (stringify!($method), $swapped);
                with(|a| a.binary(BinaryOp::$op, (self, right), written, location))
            }
        )*}
    };
}
comparisons! {
    /// Equality of equal types; one bit.
    eq Equal false;
    /// Inequality of equal types; one bit.
    ne NotEqual false;
    /// `self < right` of equal types, by their signedness; one bit.
    lt Less false;
    /// `self <= right` of equal types, by their signedness; one bit.
    le LessEqual false;
    /// `self > right` of equal types, by their signedness; one bit.
    gt Less true;
    /// `self >= right` of equal types, by their signedness; one bit.
    ge LessEqual true;
}

impl ops::Not for Signal {
    type Output = Signal;

    /// Bitwise complement; the operand's type.
    #[track_caller]
    fn not(self) -> Signal {
        let location = here();
        with(|a| a.unary(UnaryOp::Not, self, self.ty, location))
    }
}

impl ops::Neg for Signal {
    type Output = Signal;

    /// Two's complement of a signed value; its type, wrapping.
    #[track_caller]
    fn neg(self) -> Signal {
        let location = here();
        with(|a| {
            if !self.ty.is_signed() {
                let operand = a.own(self, location);
                let given = a.describe(operand);
                a.error(location, format!("unary `-` needs a signed operand: {given}"));
            }
            a.unary(UnaryOp::Negate, self, self.ty, location)
        })
    }
}

impl Signal {
    /// Or of all bits; one bit.
    #[track_caller]
    pub fn any(self) -> Signal {
        self.reduce(UnaryOp::ReduceOr)
    }

    /// And of all bits; one bit.
    #[track_caller]
    pub fn all(self) -> Signal {
        self.reduce(UnaryOp::ReduceAnd)
    }

    /// Exclusive or of all bits; one bit.
    #[track_caller]
    pub fn parity(self) -> Signal {
        self.reduce(UnaryOp::ReduceXor)
    }

    #[track_caller]
    fn reduce(self, op: UnaryOp) -> Signal {
        let location = here();
        with(|a| match self.width() {
            1 => {
                let operand = a.own(self, location);
                a.cast(operand, false, location)
            }
            _ => a.unary(op, self, Ty::U(1), location),
        })
    }

    /// Bit `index`, 0 the least significant; one bit.
    #[track_caller]
    pub fn bit(self, index: u32) -> Signal {
        self.bits(index, index)
    }

    /// Bits `high` down to `low`, both included; unsigned.
    #[track_caller]
    pub fn bits(self, high: u32, low: u32) -> Signal {
        let location = here();
        with(|a| {
            let operand = a.own(self, location);
            if high < low || high >= self.width() {
                let given = a.describe(operand);
                a.error(location, format!("bits {high}..{low} are out of range: {given}"));
                let ty = Ty::U(high.saturating_sub(low) + 1);
                return a.expr(ExprKind::Literal(Bits::zero(ty.width())), ty, location);
            }
            a.slice(operand, high, low, location)
        })
    }

    /// Bit number `index` (unsigned, of any width); 0 beyond the width. One bit.
    #[track_caller]
    pub fn bit_at(self, index: Signal) -> Signal {
        let location = here();
        with(|a| {
            let of = a.own(self, location);
            let number = a.own(index, location);
            if index.ty.is_signed() {
                let given = a.describe(number);
                a.error(location, format!("`bit_at` needs an unsigned index: {given}"));
            }
            a.expr(ExprKind::BitSelect { of, index: number }, Ty::U(1), location)
        })
    }

    /// Extends to `width` bits by the signedness.
    #[track_caller]
    pub fn ext(self, width: u32) -> Signal {
        let location = here();
        with(|a| {
            let allowed = self.width()..=u32::MAX;
            let width = a.checked_width(self, ("ext", width), allowed, location);
            a.resized(self, width, location)
        })
    }

    /// The low `width` bits, with the same signedness.
    #[track_caller]
    pub fn trunc(self, width: u32) -> Signal {
        let location = here();
        with(|a| {
            let allowed = 1..=self.width();
            let width = a.checked_width(self, ("trunc", width), allowed, location);
            a.resized(self, width, location)
        })
    }

    /// Extends or truncates to `width` bits.
    #[track_caller]
    pub fn resize(self, width: u32) -> Signal {
        let location = here();
        with(|a| {
            let width = a.checked_width(self, ("resize", width), 1..=u32::MAX, location);
            a.resized(self, width, location)
        })
    }

    /// The same bits, as a two's complement number.
    #[track_caller]
    pub fn as_signed(self) -> Signal {
        let location = here();
        with(|a| {
            let operand = a.own(self, location);
            a.cast(operand, true, location)
        })
    }

    /// The same bits, as an unsigned number.
    #[track_caller]
    pub fn as_unsigned(self) -> Signal {
        let location = here();
        with(|a| {
            let operand = a.own(self, location);
            a.cast(operand, false, location)
        })
    }

    /// `then` where this bit is 1, `other` where it is 0; at least one of them a signal.
    #[track_caller]
    pub fn mux(self, then: impl Into<Operand>, other: impl Into<Operand>) -> Signal {
        let location = here();
        let (then, other) = (then.into(), other.into());
        with(|a| {
            let ty = match (then, other) {
                (Operand::Signal(signal), _) | (_, Operand::Signal(signal)) => signal.ty,
                (Operand::Literal(_), Operand::Literal(_)) => {
                    a.error(location, "`mux` of two literals has no type; use `lit` for one");
                    Ty::S(128)
                }
            };
            let condition = a.condition(self, "the condition of `mux`", location);
            let then = a.operand(then, ty, location);
            let other = a.operand(other, ty, location);
            if a.ty(then) != a.ty(other) {
                let message =
                    format!("`mux` needs equal types: {}, {}", a.describe(then), a.describe(other));
                a.error(location, message);
            }
            a.expr(ExprKind::Mux { condition, then, other }, ty, location)
        })
    }

    /// `count` copies side by side; unsigned.
    #[track_caller]
    pub fn repeat(self, count: u32) -> Signal {
        let location = here();
        with(|a| {
            let operand = a.own(self, location);
            match count {
                0 => {
                    let given = a.describe(operand);
                    a.error(location, format!("`repeat(0)` has width 0: {given}"));
                    a.cast(operand, false, location)
                }
                1 => a.cast(operand, false, location),
                _ => {
                    let ty = Ty::U(count * self.width());
                    a.expr(ExprKind::Repeat(count, operand), ty, location)
                }
            }
        })
    }
}
