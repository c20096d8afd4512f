//! The words of a condition.

use super::{BadCondition, Comparison};

#[derive(Clone, PartialEq, Debug)]
pub enum Token {
    Or,
    And,
    Not,
    Open,
    Close,
    Compare(Comparison),
    Name(String),
    Number(u128),
    Text(String),
}

/// Signs, longer ones before those that they start with.
const SIGNS: [(&str, Token); 11] = [
    ("||", Token::Or),
    ("&&", Token::And),
    ("==", Token::Compare(Comparison::Equal)),
    ("!=", Token::Compare(Comparison::NotEqual)),
    ("<=", Token::Compare(Comparison::LessOrEqual)),
    (">=", Token::Compare(Comparison::GreaterOrEqual)),
    ("<", Token::Compare(Comparison::Less)),
    (">", Token::Compare(Comparison::Greater)),
    ("!", Token::Not),
    ("(", Token::Open),
    (")", Token::Close),
];

/// The words with the columns at which they start.
pub fn tokens(text: &str) -> Result<Vec<(usize, Token)>, BadCondition> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let column = text[..text.len() - rest.len()].chars().count();
        let Some(first) = rest.chars().next() else { return Ok(tokens) };
        let bad = |message: String| BadCondition { column, message };
        let (token, length) = if let Some((sign, token)) =
            SIGNS.iter().find(|(sign, _)| rest.starts_with(sign))
        {
            (token.clone(), sign.len())
        } else if let Some(inside) = rest.strip_prefix('"') {
            let end = inside.find('"').ok_or_else(|| bad("a text without its end".to_owned()))?;
            (Token::Text(inside[..end].to_owned()), end + 2)
        } else {
            let end = rest.find(|c: char| !in_name(c)).unwrap_or(rest.len());
            let word = &rest[..end];
            match first {
                _ if word.is_empty() => {
                    return Err(bad(format!("`{first}` means nothing here")));
                }
                '0'..='9' => {
                    let wrong = || bad(format!("`{word}` is not a number below 2^128"));
                    (Token::Number(number(word).ok_or_else(wrong)?), end)
                }
                _ => (Token::Name(word.to_owned()), end),
            }
        };
        tokens.push((column, token));
        rest = &rest[length..];
    }
}

/// Whether a character can be in a name: those of Verilog, of paths, indices and ranges.
fn in_name(c: char) -> bool {
    c.is_alphanumeric() || "_$.[]:\\#@/".contains(c)
}

fn number(word: &str) -> Option<u128> {
    let word = word.replace('_', "");
    let (digits, radix) = match (word.strip_prefix("0x"), word.strip_prefix("0b")) {
        (Some(digits), _) => (digits, 16),
        (_, Some(digits)) => (digits, 2),
        _ => (word.as_str(), 10),
    };
    u128::from_str_radix(digits, radix).ok()
}
