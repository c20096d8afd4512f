//! Numbers as elements of arrays, and names in comments.

use super::Number;

/// Columns of a line.
const WIDTH: usize = 96;

/// Elements in lines, with commas behind them.
pub fn lines(elements: impl Iterator<Item = String>) -> String {
    let (mut text, mut column) = (String::new(), 0);
    for element in elements {
        if column > 0 && column + element.len() + 2 > WIDTH {
            text.push('\n');
            column = 0;
        }
        let gap = if column > 0 { " " } else { "    " };
        text += &format!("{gap}{element},");
        column += gap.len() + element.len() + 1;
    }
    text
}

/// Bytes as they are.
pub fn bytes(bytes: &[u8]) -> String {
    lines(bytes.iter().map(|byte| format!("{byte}")))
}

/// Numbers in little endian, real ones in the fewest digits that tell them from all others.
pub fn numbers(number: Number, bytes: &[u8]) -> String {
    match number {
        Number::Int8 => lines(bytes.iter().map(|&byte| format!("{}", byte as i8))),
        Number::Uint8 => self::bytes(bytes),
        Number::Float32 => {
            let (words, _) = bytes.as_chunks::<4>();
            lines(words.iter().map(|&word| format!("{:e}f", f32::from_le_bytes(word))))
        }
    }
}

/// Text that cannot end a comment or a line.
pub fn comment(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !"*/\\`".contains(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Number, comment, lines, numbers};

    #[test]
    fn numbers_keep_every_bit() {
        let bytes: Vec<u8> = [0.1f32, -2.0].iter().flat_map(|x| x.to_le_bytes()).collect();
        assert_eq!(numbers(Number::Float32, &bytes), "    1e-1f, -2e0f,");
        assert_eq!(numbers(Number::Int8, &[255, 3]), "    -1, 3,");
        let many = lines((0..100).map(|i| i.to_string()));
        assert!(many.lines().count() > 3 && many.lines().all(|line| line.len() <= 96));
    }

    #[test]
    fn a_name_does_not_end_its_comment() {
        assert_eq!(comment("a*/ #error\n"), "a #error");
    }
}
