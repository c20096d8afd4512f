//! Finding signals by name.

use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;

use crate::error::Error;
use crate::hierarchy::{Hierarchy, SignalRef};

/// Names that an error suggests.
const SUGGESTIONS: usize = 3;

/// A name that finds nothing, or too much.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrong {
    message: String,
    help: String,
}

impl Wrong {
    /// As an error about the file at `path`.
    pub fn error(self, path: &Path) -> Error {
        Error::new(path, self.message).with_help(self.help)
    }
}

/// The signal with this name. A whole name goes before one that leaves out scopes; among these
/// it must be one signal, if perhaps under several names.
pub fn find(hierarchy: &Hierarchy, name: &str) -> Result<SignalRef, Wrong> {
    let wanted = name.trim();
    let mut partial: Vec<SignalRef> = Vec::new();
    for signal in hierarchy.references() {
        match fit(hierarchy, signal, wanted) {
            Fit::Whole => return Ok(signal),
            Fit::Inner => partial.push(signal),
            Fit::None => {}
        }
    }
    let series = |signal: &SignalRef| hierarchy.declaration(*signal).series;
    match (partial.as_slice(), wanted.strip_prefix("TOP.")) {
        // Verilator puts `TOP` around a design, other simulators do not.
        ([], Some(inner)) if !inner.is_empty() => {
            find(hierarchy, inner).map_err(|_| unknown(hierarchy, name))
        }
        ([], _) => Err(unknown(hierarchy, name)),
        ([first, rest @ ..], _) if rest.iter().all(|other| series(other) == series(first)) => {
            Ok(*first)
        }
        _ => Err(ambiguous(hierarchy, name, &partial)),
    }
}

/// Signals whose names match one of the patterns.
pub fn select(hierarchy: &Hierarchy, patterns: &[String]) -> Result<Vec<SignalRef>, Wrong> {
    let mut used = vec![false; patterns.len()];
    let mut selected = Vec::new();
    for signal in hierarchy.references() {
        let names = names(hierarchy, signal);
        let mut found = false;
        for (pattern, used) in patterns.iter().zip(&mut used) {
            if names.iter().any(|name| matches_inside(pattern, name)) {
                (*used, found) = (true, true);
            }
        }
        if found {
            selected.push(signal);
        }
    }
    match patterns.iter().zip(used).find(|(_, used)| !used) {
        Some((pattern, _)) => Err(unknown(hierarchy, pattern)),
        None => Ok(selected),
    }
}

/// The full name, without and, if there is one, with its range; and without the backslash that
/// Verilog puts before unusual names and Icarus before words of an array.
fn names(hierarchy: &Hierarchy, signal: SignalRef) -> Vec<String> {
    let name = hierarchy.full_name(signal);
    let range = &hierarchy.declaration(signal).range;
    let mut names = vec![name];
    if !range.is_empty() {
        names.push(format!("{}{range}", names[0]));
    }
    if names[0].contains('\\') {
        let plain: Vec<String> = names.iter().map(|name| name.replace('\\', "")).collect();
        names.extend(plain);
    }
    names
}

enum Fit {
    Whole,
    Inner,
    None,
}

fn fit(hierarchy: &Hierarchy, signal: SignalRef, wanted: &str) -> Fit {
    let own = &hierarchy.declaration(signal).name;
    // Most names do not fit; this is quick to see.
    if !wanted.contains(own.trim_start_matches('\\')) {
        return Fit::None;
    }
    let mut fit = Fit::None;
    for name in names(hierarchy, signal) {
        match name.strip_suffix(wanted) {
            Some("") => return Fit::Whole,
            Some(outer) if outer.ends_with('.') => fit = Fit::Inner,
            _ => {}
        }
    }
    fit
}

/// Whether a pattern matches a name from its start or from one of its scopes on.
fn matches_inside(pattern: &str, name: &str) -> bool {
    let pattern = pattern.as_bytes();
    let mut starts = std::iter::once(0).chain(name.match_indices('.').map(|(dot, _)| dot + 1));
    starts.any(|start| matches(pattern, &name.as_bytes()[start..]))
}

/// Whether a pattern with `*` and `?` matches a text. Goes back only to the last star, so that
/// it takes no longer than the product of both lengths.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&byte) if byte == b'?' || byte == text[t] => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, t) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

fn unknown(hierarchy: &Hierarchy, name: &str) -> Wrong {
    let nearest = nearest(hierarchy, name);
    let help = match nearest.as_slice() {
        [] => "`systole wave list FILE` shows the names".to_owned(),
        names => format!("did you mean {}?", names.join(" or ")),
    };
    Wrong { message: format!("no signal `{name}`"), help }
}

fn ambiguous(hierarchy: &Hierarchy, name: &str, signals: &[SignalRef]) -> Wrong {
    let mut message = format!("`{name}` is the name of {} signals:", signals.len());
    for &signal in signals.iter().take(SUGGESTIONS) {
        let _ = write!(message, " {}", hierarchy.full_name(signal));
    }
    if signals.len() > SUGGESTIONS {
        message += " ...";
    }
    Wrong { message, help: "give more of its scopes".to_owned() }
}

/// Names at the smallest distance from `name`, by their last parts.
fn nearest(hierarchy: &Hierarchy, name: &str) -> Vec<String> {
    let wanted = name.rsplit('.').next().unwrap_or(name);
    let wanted = wanted.split('[').next().unwrap_or(wanted).replace(['*', '?'], "");
    let mut distances: HashMap<&str, usize> = HashMap::new();
    let mut found: Vec<(usize, SignalRef)> = hierarchy
        .references()
        .map(|signal| {
            let own = hierarchy.declaration(signal).name.as_str();
            (*distances.entry(own).or_insert_with(|| distance(own, &wanted)), signal)
        })
        .filter(|(distance, _)| *distance <= wanted.chars().count() / 2)
        .collect();
    found.sort();
    let mut names: Vec<String> = Vec::new();
    let mut series = Vec::new();
    for (_, signal) in found {
        let own = hierarchy.declaration(signal).series;
        if names.len() < SUGGESTIONS && !series.contains(&own) {
            series.push(own);
            names.push(format!("`{}`", hierarchy.full_name(signal)));
        }
    }
    names
}

/// Characters to insert, delete or replace to make one text of the other. Texts are names; what
/// is longer than 200 characters is cut.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(200).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(200).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let replace = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replace.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn patterns_match_from_any_scope_on() {
        for (pattern, name) in [
            ("*", "TOP.soc.clk"),
            ("soc.*", "TOP.soc.core.pc"),
            ("pc", "TOP.soc.core.pc"),
            ("regs[?]", "TOP.regs[3]"),
            ("*rvfi*", "TOP.soc.rvfi_insn"),
            ("TOP.*.pc", "TOP.soc.core.pc"),
        ] {
            assert!(matches_inside(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("oc.clk", "TOP.soc.clk"), ("pc?", "a.pc"), ("", "a")] {
            assert!(!matches_inside(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn distances() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }

    proptest! {
        #[test]
        fn a_star_is_any_text(a in "[ab]{0,5}", b in "[ab]{0,5}", c in "[ab]{0,5}") {
            let text = format!("{a}{b}{c}");
            let fits = |pattern: &str| matches(pattern.as_bytes(), text.as_bytes());
            let [gap, inner, longer] = [format!("{a}*{c}"), format!("*{b}*"), format!("{text}?")];
            prop_assert!(fits(&gap) && fits(&inner) && !fits(&longer));
        }
    }
}
