//! Scopes, variables and series of a wave that is written.

use std::collections::HashMap;

use super::Track;
use crate::hierarchy::SignalRef;
use crate::value::{Kind, Value};
use crate::wave::Wave;

/// A scope, or the wave itself.
#[derive(Debug, Default)]
pub struct Node {
    pub name: String,
    pub word: &'static str,
    pub variables: Vec<Variable>,
    pub children: Vec<Node>,
}

/// A name for a series.
#[derive(Debug)]
pub struct Variable {
    pub name: String,
    pub range: String,
    pub word: &'static str,
    pub series: usize,
}

/// What is written.
#[derive(Debug, Default)]
pub struct Layout {
    pub root: Node,
    /// Kind of each series.
    pub kinds: Vec<Kind>,
    /// Series of the wave that is read, to those that are written.
    series: HashMap<u32, usize>,
}

/// A change of an added track: time, series, value.
pub type Added<'a> = Vec<(u64, usize, &'a Value)>;

impl Layout {
    /// The selected signals in their scopes.
    pub fn of(wave: &Wave, selection: &[SignalRef]) -> Self {
        let mut layout = Self::default();
        for &signal in selection {
            let declaration = wave.hierarchy.declaration(signal);
            let series = match layout.series.get(&declaration.series) {
                Some(&series) => series,
                None => {
                    let series = layout.new_series(declaration.kind);
                    layout.series.insert(declaration.series, series);
                    series
                }
            };
            let mut scopes = Vec::new();
            let mut next = declaration.scope;
            while let Some(index) = next {
                let scope = &wave.hierarchy.scopes[index as usize];
                scopes.push((scope.name.as_str(), scope.word));
                next = scope.parent;
            }
            scopes.reverse();
            let (name, range) = (declaration.name.clone(), declaration.range.clone());
            let variable = Variable { name, range, word: declaration.word, series };
            layout.root.scope(&scopes).variables.push(variable);
        }
        layout
    }

    /// Adds tracks; gives all their changes in the order of time.
    pub fn add<'a>(&mut self, tracks: &'a [Track]) -> Result<Added<'a>, String> {
        let mut added = Vec::new();
        for track in tracks {
            let kind = Kind::from(track.kind);
            let series = self.new_series(kind);
            let scopes: Vec<_> =
                track.scope.iter().map(|scope| (scope.as_str(), "module")).collect();
            let (word, range) = match kind {
                Kind::Text => ("string", String::new()),
                Kind::Bits(1) | Kind::Real => ("wire", String::new()),
                Kind::Bits(width) => ("wire", format!("[{}:0]", width.saturating_sub(1))),
            };
            let wrong = |what: &str| format!("the track `{}` {what}", track.name);
            if kind == Kind::Bits(0) || kind.width() > crate::MAX_WIDTH {
                return Err(wrong("has an impossible width"));
            }
            let variable = Variable { name: track.name.clone(), range, word, series };
            self.root.scope(&scopes).variables.push(variable);
            if !track.changes.is_sorted_by_key(|(time, _)| *time) {
                return Err(wrong("goes back in time"));
            }
            for (time, value) in &track.changes {
                if !fits(kind, value) {
                    return Err(wrong("has a value of another kind or width"));
                }
                added.push((*time, series, value));
            }
        }
        added.sort_by_key(|(time, ..)| *time);
        Ok(added)
    }

    /// The series that is written for one of the wave that is read.
    pub fn series_of(&self, series: u32) -> usize {
        self.series.get(&series).copied().unwrap_or_default()
    }

    fn new_series(&mut self, kind: Kind) -> usize {
        self.kinds.push(kind);
        self.kinds.len() - 1
    }
}

impl Node {
    /// The scope at a path, made if it is not there.
    fn scope(&mut self, path: &[(&str, &'static str)]) -> &mut Self {
        let mut node = self;
        for (name, word) in path {
            // Signals of a scope follow each other, so it is likely the last one.
            let found = node.children.iter().rposition(|child| child.name == *name);
            let index = found.unwrap_or_else(|| {
                let child = Self { name: (*name).to_owned(), word, ..Self::default() };
                node.children.push(child);
                node.children.len() - 1
            });
            node = &mut node.children[index];
        }
        node
    }
}

fn fits(kind: Kind, value: &Value) -> bool {
    match (kind, value) {
        (Kind::Bits(width), Value::Bits(bits)) => bits.width() == width,
        (Kind::Real, Value::Real(_)) | (Kind::Text, Value::Text(_)) => true,
        _ => false,
    }
}
