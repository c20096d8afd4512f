//! Operators.

use systole_hdl::Bits;
use systole_hdl::ir::{BinaryOp, ExprId, ExprKind, Ty, UnaryOp};

use super::{Expressions, Sign, literal_text};
use crate::verilog::text::{Level, Operator, Text};

impl Expressions<'_> {
    pub(super) fn unary(&mut self, op: UnaryOp, of: ExprId, sign: Sign) -> Text {
        let ty = self.node(of).ty;
        let reduction = match op {
            UnaryOp::Not if ty == Ty::U(1) => {
                return Text::unary("!", Level::Unary, self.root(of), false);
            }
            UnaryOp::Not | UnaryOp::Negate => {
                let symbol = if op == UnaryOp::Not { "~" } else { "-" };
                let operand = self.operand(of, sign);
                let signed = operand.signed;
                return Text::unary(symbol, Level::Unary, operand, signed);
            }
            UnaryOp::ReduceOr => "|",
            UnaryOp::ReduceAnd => "&",
            UnaryOp::ReduceXor => "^",
        };
        let operand = self.root(of);
        if ty.width() == 1 {
            operand
        } else {
            Text::unary(reduction, Level::Reduction, operand, false)
        }
    }

    pub(super) fn binary(
        &mut self,
        id: ExprId,
        op: BinaryOp,
        a: ExprId,
        b: ExprId,
        sign: Sign,
    ) -> Text {
        let ty = self.node(a).ty;
        match op {
            BinaryOp::Mul => self.hoist(id, "product"),
            BinaryOp::And | BinaryOp::Or if ty == Ty::U(1) => {
                let (a, b) = (self.root(a), self.root(b));
                Text::binary(if op == BinaryOp::And { BOTH } else { EITHER }, a, b, false)
            }
            BinaryOp::ShiftLeft | BinaryOp::ShiftRight => self.shift(op, a, b, sign),
            BinaryOp::Equal | BinaryOp::NotEqual => {
                let sign = self.needed_sign(&[a, b]);
                let (a, b) = (self.operand(a, sign), self.operand(b, sign));
                Text::binary(operator(op), a, b, false)
            }
            BinaryOp::Less | BinaryOp::LessEqual => {
                if let Some(outcome) = self.certain(op, a, b) {
                    return literal_text(&Bits::new(1, u64::from(outcome)), Ty::U(1));
                }
                let turned = self.is_constant(a) && !self.is_constant(b);
                let (a, b) = (self.operand(a, Sign::Exact), self.operand(b, Sign::Exact));
                match (turned, op) {
                    (false, _) => Text::binary(operator(op), a, b, false),
                    (true, BinaryOp::Less) => Text::binary(GREATER, b, a, false),
                    (true, _) => Text::binary(GREATER_EQUAL, b, a, false),
                }
            }
            _ => {
                let (a, b) = (self.operand(a, sign), self.operand(b, sign));
                let signed = a.signed && b.signed;
                Text::binary(operator(op), a, b, signed)
            }
        }
    }

    pub(super) fn shift(
        &mut self,
        op: BinaryOp,
        value: ExprId,
        amount: ExprId,
        sign: Sign,
    ) -> Text {
        let arithmetic = op == BinaryOp::ShiftRight && self.node(value).ty.is_signed();
        let symbol = match op {
            BinaryOp::ShiftLeft => "<<",
            _ if arithmetic => ">>>",
            _ => ">>",
        };
        let width = self.node(value).ty.width();
        let value = self.operand(value, if arithmetic { Sign::Exact } else { sign });
        let amount = match &self.node(amount).kind {
            ExprKind::Literal(bits) => {
                let large = bits.words()[1..].iter().any(|&word| word != 0);
                let bits = if large { u64::from(width) } else { bits.to_u64() };
                Text::atom(bits.min(u64::from(width)).to_string(), false)
            }
            _ => self.root(amount),
        };
        let signed = value.signed;
        let operator = Operator { symbol, level: Level::Shift, associative: false };
        Text::binary(operator, value, amount, signed)
    }

    /// A product, as the whole value of something as wide as both operands together.
    pub(super) fn product(&mut self, a: ExprId, b: ExprId) -> String {
        let [a, b] = [a, b].map(|id| {
            let text = self.expression(id, Sign::Exact);
            let signed = text.signed;
            // Keeps the wider context of the product out of the operand.
            if text.level == Level::Atom { text } else { text.cast(signed) }
        });
        Text::binary(MULTIPLY, a, b, false).code
    }
}

const MULTIPLY: Operator = binary_operator("*", Level::Multiplicative, false);
const GREATER: Operator = binary_operator(">", Level::Relational, false);
const GREATER_EQUAL: Operator = binary_operator(">=", Level::Relational, false);
pub(super) const BOTH: Operator = binary_operator("&&", Level::LogicalAnd, true);
pub(super) const EITHER: Operator = binary_operator("||", Level::LogicalOr, true);

const fn binary_operator(symbol: &'static str, level: Level, associative: bool) -> Operator {
    Operator { symbol, level, associative }
}

pub(super) fn operator(op: BinaryOp) -> Operator {
    match op {
        BinaryOp::Add => binary_operator("+", Level::Additive, true),
        BinaryOp::Sub => binary_operator("-", Level::Additive, false),
        BinaryOp::Mul => MULTIPLY,
        BinaryOp::And => binary_operator("&", Level::BitAnd, true),
        BinaryOp::Or => binary_operator("|", Level::BitOr, true),
        BinaryOp::Xor => binary_operator("^", Level::BitXor, true),
        BinaryOp::ShiftLeft => binary_operator("<<", Level::Shift, false),
        BinaryOp::ShiftRight => binary_operator(">>", Level::Shift, false),
        BinaryOp::Equal => binary_operator("==", Level::Equality, false),
        BinaryOp::NotEqual => binary_operator("!=", Level::Equality, false),
        BinaryOp::Less => binary_operator("<", Level::Relational, false),
        BinaryOp::LessEqual => binary_operator("<=", Level::Relational, false),
    }
}
