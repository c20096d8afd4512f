//! Printed expressions and when they need parentheses.

/// How tightly the outermost operator of a printed expression binds, loosest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Level {
    Conditional,
    LogicalOr,
    LogicalAnd,
    BitOr,
    BitXor,
    BitAnd,
    Equality,
    Relational,
    Shift,
    Additive,
    Multiplicative,
    /// `|x`: binds as a unary operator, but is hard to read beside a binary one.
    Reduction,
    Unary,
    /// Names, literals, concatenations, function calls.
    Atom,
}

/// A binary operator of Verilog.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Operator {
    pub symbol: &'static str,
    pub level: Level,
    pub associative: bool,
}

/// A printed expression.
///
/// Its self-determined width always is the width of what it stands for. Whether Verilog takes it
/// for signed is in `signed`; that may differ from the type where nothing depends on it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Text {
    pub code: String,
    pub level: Level,
    pub signed: bool,
    /// Whether it holds a `>>>` that an unsigned neighbour would turn into `>>`.
    pub fragile: bool,
    /// The outermost operator, if it is binary.
    pub symbol: &'static str,
}

impl Text {
    pub fn atom(code: String, signed: bool) -> Self {
        Self { code, level: Level::Atom, signed, fragile: false, symbol: "" }
    }

    /// `symbol operand`, or an expression whose outermost operator is unary.
    pub fn unary(symbol: &str, level: Level, operand: Self, signed: bool) -> Self {
        let fragile = operand.fragile && signed;
        let operand = operand.within(Level::Atom);
        Self { code: format!("{symbol}{operand}"), level, signed, fragile, symbol: "" }
    }

    pub fn binary(operator: Operator, left: Self, right: Self, signed: bool) -> Self {
        let Operator { symbol, level, associative } = operator;
        let regroups = associative && right.symbol == symbol;
        let fragile = signed && (left.fragile || right.fragile || symbol == ">>>");
        let left = left.beside(level);
        let right = if right.level == level && !regroups {
            right.within(Level::Atom)
        } else {
            right.beside(level)
        };
        Self { code: format!("{left} {symbol} {right}"), level, signed, fragile, symbol }
    }

    pub fn conditional(condition: Self, then: Self, other: Self) -> Self {
        let signed = then.signed && other.signed;
        let fragile = then.fragile || other.fragile;
        let condition = condition.within(Level::Reduction);
        let then = then.within(Level::LogicalOr);
        let code = format!("{condition} ? {then} : {}", other.code);
        Self { code, level: Level::Conditional, signed, fragile, symbol: "" }
    }

    /// The same bits with this signedness; what is inside becomes self-determined if it changes.
    pub fn with_sign(self, signed: bool) -> Self {
        if self.signed == signed { self } else { self.cast(signed) }
    }

    /// As [`Self::with_sign`], with a context of its own in any case.
    pub fn cast(self, signed: bool) -> Self {
        let function = if signed { "$signed" } else { "$unsigned" };
        Self::atom(format!("{function}({})", self.code), signed)
    }

    /// Code that stands where `level` and tighter need no parentheses.
    pub fn within(self, level: Level) -> String {
        if self.level >= level { self.code } else { format!("({})", self.code) }
    }

    /// Code for an operand of a binary operator of this level. Parentheses are left out only where
    /// nobody has to remember a table of precedences.
    fn beside(self, level: Level) -> String {
        use Level::*;
        let obvious = match self.level {
            Atom | Unary => true,
            Relational | Equality | Shift if self.level == level => false,
            own if own == level => true,
            Multiplicative => level == Additive,
            Additive => matches!(level, Relational | Equality),
            Relational | Equality => matches!(level, LogicalAnd | LogicalOr),
            _ => false,
        };
        if obvious { self.code } else { format!("({})", self.code) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADD: Operator = Operator { symbol: "+", level: Level::Additive, associative: true };
    const SUB: Operator = Operator { symbol: "-", level: Level::Additive, associative: false };
    const MUL: Operator =
        Operator { symbol: "*", level: Level::Multiplicative, associative: false };
    const AND: Operator = Operator { symbol: "&", level: Level::BitAnd, associative: true };
    const EQUAL: Operator = Operator { symbol: "==", level: Level::Equality, associative: false };
    const BOTH: Operator = Operator { symbol: "&&", level: Level::LogicalAnd, associative: true };

    fn name(code: &str) -> Text {
        Text::atom(code.into(), false)
    }

    fn join(operator: Operator, left: Text, right: Text) -> Text {
        Text::binary(operator, left, right, false)
    }

    #[test]
    fn parentheses_only_where_they_help() {
        let [a, b, c] = ["a", "b", "c"].map(name);
        let sum = join(ADD, a.clone(), b.clone());
        let equal = join(EQUAL, a.clone(), b.clone());
        let cases = [
            (join(ADD, sum.clone(), c.clone()), "a + b + c"),
            (join(ADD, c.clone(), sum.clone()), "c + a + b"),
            (join(SUB, c.clone(), sum.clone()), "c - (a + b)"),
            (join(SUB, sum.clone(), c.clone()), "a + b - c"),
            (join(ADD, c.clone(), join(SUB, a.clone(), b.clone())), "c + (a - b)"),
            (join(MUL, sum.clone(), c.clone()), "(a + b) * c"),
            (join(ADD, join(MUL, a.clone(), b.clone()), c.clone()), "a * b + c"),
            (join(AND, equal.clone(), c.clone()), "(a == b) & c"),
            (join(BOTH, equal.clone(), c.clone()), "a == b && c"),
            (join(EQUAL, sum.clone(), c.clone()), "a + b == c"),
            (Text::unary("~", Level::Unary, sum.clone(), false), "~(a + b)"),
            (Text::conditional(equal, a.clone(), sum.clone()), "(a == b) ? a : a + b"),
            (
                Text::conditional(c, Text::conditional(b, a.clone(), a.clone()), a),
                "c ? (b ? a : a) : a",
            ),
        ];
        for (text, code) in cases {
            assert_eq!(text.code, code);
        }
    }
}
