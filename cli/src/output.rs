//! Printing that does not mind a reader who left: `println!` would panic on a closed pipe.

use std::fmt::Arguments;
use std::io::{IsTerminal, Write};

pub use systole_verif::coverage::report::grouped;
use systole_verif::failure::Style;

/// Prints a line of a result to standard output.
macro_rules! say {
    ($($text:tt)*) => { $crate::output::stdout(format_args!($($text)*)) };
}

/// Prints a line about the work itself to standard error.
macro_rules! note {
    ($($text:tt)*) => { $crate::output::stderr(format_args!($($text)*)) };
}

/// Behind `say!`.
pub fn stdout(text: Arguments) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Behind `note!`.
pub fn stderr(text: Arguments) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// How reports look on standard output: with colours on a terminal, unless `NO_COLOR` is set.
pub fn style() -> Style {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_none_or(|name| name == "dumb");
    let plain = set("NO_COLOR") || dumb || !std::io::stdout().is_terminal();
    if plain { Style::Plain } else { Style::Coloured }
}

/// A count with its noun: `1 program`, `2 programs`, `12,345 programs`.
pub fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    let plural = if noun.ends_with("ch") && number != 1 { "es" } else { plural };
    format!("{} {noun}{plural}", grouped(number))
}

/// A rate in short, its unit to follow: `950`, `12.3 k`, `4.56 M`.
pub fn short(rate: f64) -> String {
    match rate {
        rate if rate >= 1e8 => format!("{:.0} M", rate / 1e6),
        rate if rate >= 1e6 => format!("{:.2} M", rate / 1e6),
        rate if rate >= 1e3 => format!("{:.1} k", rate / 1e3),
        rate => format!("{rate:.0}"),
    }
}

/// Seconds in short: `3.2 s`, `1 m 05 s`, `2 h 03 m`.
pub fn time(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3600 => format!("{} m {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} m", whole / 3600, whole / 60 % 60),
    }
}

/// A word as the shell takes it.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+:@%,=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(1, "mismatch"), "1 mismatch");
        assert_eq!(count(0, "mismatch"), "0 mismatches");
        assert_eq!(count(1_234_567, "program"), "1,234,567 programs");
        assert_eq!(grouped(100), "100");
        assert_eq!(short(12_345.0), "12.3 k");
        assert_eq!(short(4_560_000.0), "4.56 M");
        assert_eq!(time(3.24), "3.2 s");
        assert_eq!(time(65.0), "1 m 05 s");
        assert_eq!(time(7380.0), "2 h 03 m");
    }

    #[test]
    fn words_of_commands_are_quoted_where_they_must_be() {
        assert_eq!(quoted("systole-failures/nano-1-5"), "systole-failures/nano-1-5");
        assert_eq!(quoted("my failures/it's"), r"'my failures/it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
