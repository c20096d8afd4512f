//! As much of an XML parser as it takes to see whether a document is well-formed.

/// Checks that tags nest, attributes are quoted and entities are known; returns the tags' names.
#[track_caller]
pub fn well_formed(text: &str) -> Vec<String> {
    let rest = text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").expect("a prologue");
    let (mut open, mut names) = (Vec::new(), Vec::new());
    let mut parts = rest.split('<');
    assert_eq!(parts.next().map(str::trim), Some(""), "text before the root");
    for part in parts {
        let (tag, content) = part.split_once('>').expect("tags are closed");
        assert_entities(content);
        assert!(!content.contains('>'), "`>` in text: {content}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap_or_default().to_owned();
        attributes(tag.trim_end_matches('/').strip_prefix(&name).unwrap_or_default());
        if !tag.ends_with('/') {
            open.push(name.clone());
        }
        names.push(name);
    }
    assert!(open.is_empty(), "not closed: {open:?}");
    names
}

/// Elements that have no end.
const VOID: [&str; 2] = ["meta", "br"];

/// The same for an HTML page, whose script and style are left out; returns the tags' names.
#[track_caller]
pub fn page_is_well_formed(page: &str) -> Vec<String> {
    let rest = page.strip_prefix("<!doctype html>").expect("a doctype");
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    text += &without(&without(rest, "script"), "style");
    for name in VOID {
        let open = format!("<{name} ");
        let mut parts = text.split(&open);
        let first = parts.next().unwrap_or_default().to_owned();
        let closed = parts.fold(first, |text, part| {
            let (attributes, rest) = part.split_once('>').expect("tags are closed");
            format!("{text}{open}{attributes}/>{rest}")
        });
        text = closed;
    }
    well_formed(&text)
}

/// A page without what an element that is no HTML itself contains.
fn without(page: &str, name: &str) -> String {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut parts = page.split(&open);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (_, rest) = part.split_once(&close).expect("an end");
        format!("{text}{open}{close}{rest}")
    })
}

fn attributes(mut text: &str) {
    while !text.trim().is_empty() {
        let (name, value) = text.trim_start().split_once("=\"").expect("name=\"value\"");
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "attribute {name}");
        let (value, rest) = value.split_once('"').expect("a closing quote");
        assert_entities(value);
        text = rest;
    }
}

fn assert_entities(text: &str) {
    for part in text.split('&').skip(1) {
        let known = ["amp;", "lt;", "gt;", "quot;", "times;", "#"];
        assert!(known.iter().any(|entity| part.starts_with(entity)), "&{part}");
    }
}
