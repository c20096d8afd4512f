//! Text in VCD, where a value cannot hold a space: escapes of the C language, as GTKWave and
//! `fst2vcd` write and read them.

/// Writes `text` with escapes: what is not a visible ASCII character becomes three octal digits.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'!'..=b'~' => out.push(byte.into()),
            _ => out.push_str(&format!("\\{byte:03o}")),
        }
    }
    out
}

/// Reads a text with escapes; what is not UTF-8 is replaced.
pub fn unescaped(text: &[u8]) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let (byte, length) = escape(rest);
        out.push(byte);
        rest = &rest[length..];
    }
    String::from_utf8(out)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// The byte that an escape stands for, and the length of the escape without its backslash.
fn escape(rest: &[u8]) -> (u8, usize) {
    let number = |digits: &[u8], radix| {
        let digits = std::str::from_utf8(digits).ok()?;
        u8::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with('+'))
    };
    if let Some(byte) = rest.get(..3).and_then(|digits| number(digits, 8)) {
        return (byte, 3);
    }
    match rest {
        [b'x', a, b, ..] => number(&[*a, *b], 16).map_or((b'x', 1), |byte| (byte, 3)),
        [b'n', ..] => (b'\n', 1),
        [b't', ..] => (b'\t', 1),
        [b'r', ..] => (b'\r', 1),
        [b'a', ..] => (0x07, 1),
        [b'b', ..] => (0x08, 1),
        [b'f', ..] => (0x0c, 1),
        [b'v', ..] => (0x0b, 1),
        [other, ..] => (*other, 1),
        [] => (b'\\', 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_are_those_of_c() {
        assert_eq!(escaped("mul a2, a0"), r"mul\040a2,\040a0");
        assert_eq!(unescaped(br"a\x20b\tc\\d\'e\"), "a b\tc\\d'e\\");
        assert_eq!(unescaped(b"\xff"), "\u{fffd}");
    }

    proptest! {
        #[test]
        fn text_survives(text in "\\PC*[\\\\ 0-9a-z\n]*") {
            let escaped = escaped(&text);
            prop_assert!(!escaped.contains(char::is_whitespace));
            prop_assert_eq!(unescaped(escaped.as_bytes()), text);
        }
    }
}
