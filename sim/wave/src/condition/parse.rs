//! From words to a condition.

use std::str::FromStr;

use super::lexer::{Token, tokens};
use super::{BadCondition, Condition, Event, Expression, Operand};

/// Parentheses and negations inside each other.
const DEEPEST: usize = 100;

impl FromStr for Condition {
    type Err = BadCondition;

    fn from_str(text: &str) -> Result<Self, BadCondition> {
        let mut parser =
            Parser { tokens: tokens(text)?, next: 0, end: text.chars().count(), depth: 0 };
        let expression = parser.or()?;
        if parser.next < parser.tokens.len() {
            return Err(parser.bad("expected `&&`, `||` or the end"));
        }
        let expression = match expression {
            // What changes is of interest if nothing else is said.
            Expression::True(name) => Expression::Event(Event::Changed, name),
            other => other,
        };
        Ok(Self { expression })
    }
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
    end: usize,
    depth: usize,
}

impl Parser {
    fn or(&mut self) -> Result<Expression, BadCondition> {
        let mut left = self.and()?;
        while self.take(&Token::Or) {
            left = Expression::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Expression, BadCondition> {
        let mut left = self.not()?;
        while self.take(&Token::And) {
            left = Expression::And(Box::new(left), Box::new(self.not()?));
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Expression, BadCondition> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.bad(format!("more than {DEEPEST} levels inside each other")));
        }
        let result = if self.take(&Token::Not) {
            self.not().map(|inner| Expression::Not(Box::new(inner)))
        } else if self.take(&Token::Open) {
            let inner = self.or();
            inner.and_then(|inner| self.expect(&Token::Close, "`)`").map(|()| inner))
        } else {
            self.comparison()
        };
        self.depth -= 1;
        result
    }

    fn comparison(&mut self) -> Result<Expression, BadCondition> {
        if let Some(event) = self.event()? {
            return Ok(event);
        }
        let left = self.operand()?;
        let comparison = match self.tokens.get(self.next) {
            Some((_, Token::Compare(comparison))) => *comparison,
            _ => {
                return match left {
                    Operand::Signal(name) => Ok(Expression::True(name)),
                    _ => Err(self.bad("expected a comparison such as `==`")),
                };
            }
        };
        self.next += 1;
        Ok(Expression::Compare(comparison, left, self.operand()?))
    }

    /// `changed(NAME)` and the like, if that is what comes.
    fn event(&mut self) -> Result<Option<Expression>, BadCondition> {
        let [(_, Token::Name(word)), (_, Token::Open), ..] = &self.tokens[self.next..] else {
            return Ok(None);
        };
        let event = match word.as_str() {
            "changed" => Event::Changed,
            "rose" => Event::Rose,
            "fell" => Event::Fell,
            _ => return Err(self.bad(format!("`{word}` is not changed, rose or fell"))),
        };
        self.next += 2;
        let Some((_, Token::Name(name))) = self.tokens.get(self.next) else {
            return Err(self.bad("expected the name of a signal"));
        };
        let name = name.clone();
        self.next += 1;
        self.expect(&Token::Close, "`)`")?;
        Ok(Some(Expression::Event(event, name)))
    }

    fn operand(&mut self) -> Result<Operand, BadCondition> {
        let operand = match self.tokens.get(self.next) {
            Some((_, Token::Name(name))) => Operand::Signal(name.clone()),
            Some((_, Token::Number(number))) => Operand::Number(*number),
            Some((_, Token::Text(text))) => Operand::Text(text.clone()),
            _ => return Err(self.bad("expected a signal or a number")),
        };
        self.next += 1;
        Ok(operand)
    }

    fn take(&mut self, token: &Token) -> bool {
        let here = self.tokens.get(self.next).is_some_and(|(_, next)| next == token);
        self.next += usize::from(here);
        here
    }

    fn expect(&mut self, token: &Token, name: &str) -> Result<(), BadCondition> {
        if self.take(token) { Ok(()) } else { Err(self.bad(format!("expected {name}"))) }
    }

    fn bad(&self, message: impl Into<String>) -> BadCondition {
        let column = self.tokens.get(self.next).map_or(self.end, |(column, _)| *column);
        BadCondition { column, message: message.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wrong(text: &str) -> String {
        text.parse::<Condition>().expect_err(text).to_string()
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        assert_eq!(wrong(""), "at character 1: expected a signal or a number");
        assert_eq!(wrong("a =="), "at character 5: expected a signal or a number");
        assert_eq!(wrong("a == 0x"), "at character 6: `0x` is not a number below 2^128");
        assert_eq!(wrong("(a"), "at character 3: expected `)`");
        assert_eq!(wrong("a b"), "at character 3: expected `&&`, `||` or the end");
        assert_eq!(wrong("5"), "at character 2: expected a comparison such as `==`");
        assert_eq!(wrong("rises(a)"), "at character 1: `rises` is not changed, rose or fell");
        assert_eq!(wrong("rose(1)"), "at character 6: expected the name of a signal");
        assert_eq!(wrong("a = 1"), "at character 3: `=` means nothing here");
        assert_eq!(wrong("a == \"b"), "at character 6: a text without its end");
        assert!(wrong(&"(".repeat(100_000)).contains("more than 100 levels"));
    }

    #[test]
    fn and_binds_before_or() {
        let parse = |text: &str| text.parse::<Condition>().expect(text);
        assert_eq!(parse("a || b && !c == 1"), parse("a || (b && (!(c == 0b1)))"));
        assert_ne!(parse("a || b && c"), parse("(a || b) && c"));
        assert_eq!(parse("soc.regs[3][31:0]"), parse("changed(soc.regs[3][31:0])"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[ab01x()!&|<>=\" é]{0,40}") {
            let _ = text.parse::<Condition>();
        }
    }
}
