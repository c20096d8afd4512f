//! Tests of the builder and the checks.

mod assignments;
mod blocks;
mod build;
mod completeness;
mod hierarchy;
mod loops;
mod memories;
mod operators;

use std::panic::Location;
use std::path::Path;

use crate::Error;
use crate::prelude::*;

/// Asserts that checking `top` finds exactly these mistakes, as `@label message`.
///
/// A line of the test that ends in `// @label` is called `@label` in the expected text, whether
/// as the place of a mistake or inside its message. So the tests check every `file:line`.
#[track_caller]
fn assert_mistakes(top: &Module, expected: &[&str]) {
    assert_eq!(found(top, Location::caller()), expected);
}

/// The mistakes of `top`, as `@label message`, with the labels of the test that `caller` is in.
fn found(top: &Module, caller: &Location) -> Vec<String> {
    let labels = labels(caller);
    let Err(errors) = check(top) else { return Vec::new() };
    let labelled = |error: &Error| {
        let crate::ir::Location { file, line, column } = error.location;
        let place = format!("  --> {file}:{line}:{column}\n");
        let expected =
            format!("error: {}\n{place}   = in module `{}`", error.message, error.module);
        assert_eq!(error.to_string(), expected);
        let mut text = format!("{} {}", error.location, error.message);
        for (place, label) in &labels {
            text = text.replace(place, label);
        }
        text
    };
    errors.iter().map(labelled).collect()
}

/// `file:line` and label of each labelled line of the test that `caller` is in; higher lines first,
/// so that `:12` is not taken for the start of `:123`.
fn labels(caller: &Location) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let source = std::fs::read_to_string(root.join(caller.file())).unwrap();
    let lines: Vec<&str> = source.lines().take(caller.line() as usize).collect();
    let start = lines.iter().rposition(|line| *line == "#[test]").unwrap();
    let mut labels = Vec::new();
    for (i, line) in lines.iter().enumerate().skip(start).rev() {
        if let Some((_, label)) = line.rsplit_once("// @") {
            labels.push((format!("{}:{}", caller.file(), i + 1), format!("@{label}")));
        }
    }
    labels
}
