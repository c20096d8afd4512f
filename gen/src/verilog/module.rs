//! The file of one module.

use askama::Template;
use systole_hdl::ir::{Item, Location, Module, PortAttribute, PropertyKind};

use super::body::{Block, Body, Entry};
use super::declarations::{self, Variables};
use super::expression::Expressions;
use super::layout::{self, Origin, Remarks};
use super::rendered;
use super::text::Level;

const DOC_WIDTH: usize = 96;

/// Prints a module: the text, and where its lines came from.
pub(super) fn print(module: &Module) -> (String, Vec<Origin>) {
    let mut expressions = Expressions::new(module);
    let mut remarks = Remarks::default();
    let variables = Variables::of(module);
    let ports = declarations::ports(module, &variables)
        .into_iter()
        .map(|declarations::Port { name, declaration, signal }| {
            let mark = signal.map(|signal| remarks.origin(&signal.doc, signal.location));
            let attributes = module.port_attributes.iter().filter(|of| of.port == name);
            Port { attributes: attributes.collect(), declaration, mark: mark.unwrap_or_default() }
        })
        .collect();
    let body = Body::new(module, &variables, &mut expressions, &mut remarks).print();
    let saved = expressions.save();
    let properties = properties(module, &mut expressions, &mut remarks);
    let (covers, checks): (Vec<_>, Vec<_>) =
        properties.into_iter().partition(|property| property.keyword == "cover");
    let property_wires = expressions.take_hoisted();
    expressions.restore(saved);
    let file = ModuleFile {
        banner: banner(module),
        name: &module.name,
        keep_hierarchy: module.keep_hierarchy,
        ports,
        body,
        unused: unused(module, &mut expressions),
        property_wires: property_wires
            .into_iter()
            .map(|wire| Net {
                ty: declarations::ty(wire.ty),
                mark: remarks.origin("", wire.location),
                name: wire.name,
                value: wire.value,
            })
            .collect(),
        checks,
        covers,
    };
    layout::finish(&rendered(&file), &remarks)
}

#[derive(Template)]
#[template(path = "module.v", escape = "none")]
struct ModuleFile<'a> {
    banner: Vec<String>,
    name: &'a str,
    keep_hierarchy: bool,
    ports: Vec<Port<'a>>,
    body: Vec<Entry>,
    /// What is declared but not read.
    unused: Vec<String>,
    property_wires: Vec<Net>,
    checks: Vec<Property>,
    covers: Vec<Property>,
}

struct Port<'a> {
    attributes: Vec<&'a PortAttribute>,
    declaration: String,
    mark: String,
}

struct Net {
    ty: String,
    name: String,
    value: String,
    mark: String,
}

struct Property {
    keyword: &'static str,
    name: String,
    condition: String,
    /// The condition as an operand of `&&`.
    holds: String,
    /// Its opposite.
    fails: String,
    place: Location,
    mark: String,
}

fn banner(module: &Module) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in module.doc.trim().lines() {
        lines.extend(wrapped(paragraph));
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.push(format!("Generated from {}; edit that file, not this one.", module.location));
    lines
}

fn wrapped(paragraph: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in paragraph.split_whitespace() {
        let last = lines.len() - 1;
        if !lines[last].is_empty() && lines[last].len() + 1 + word.len() > DOC_WIDTH {
            lines.push(word.to_string());
        } else {
            let space = if lines[last].is_empty() { "" } else { " " };
            lines[last].push_str(&format!("{space}{word}"));
        }
    }
    lines
}

fn properties(
    module: &Module,
    expressions: &mut Expressions,
    remarks: &mut Remarks,
) -> Vec<Property> {
    let mut properties = Vec::new();
    for item in &module.items {
        let Item::Property { kind, name, condition, location } = item else { continue };
        expressions.begin(name);
        let text = expressions.root(*condition);
        properties.push(Property {
            keyword: match kind {
                PropertyKind::Assert => "assert",
                PropertyKind::Assume => "assume",
                PropertyKind::Cover => "cover",
            },
            name: name.clone(),
            condition: text.code.clone(),
            holds: text.within(Level::LogicalAnd),
            fails: expressions.negated(*condition),
            place: *location,
            mark: remarks.silent(*location),
        });
    }
    properties
}

/// What is declared and not read in the text of the module itself. Outputs are read outside.
fn unused(module: &Module, expressions: &mut Expressions) -> Vec<String> {
    let mut unused = Vec::new();
    for (port, is_there) in [("clk", module.has_clock()), ("rst", module.has_reset())] {
        if is_there {
            unused.extend(expressions.names.unread(port));
        }
    }
    let outside = Some(systole_hdl::ir::Direction::Output);
    for signal in module.signals.iter().filter(|signal| signal.port != outside) {
        unused.extend(expressions.names.unread(&signal.name));
    }
    for name in expressions.names.made().to_vec() {
        unused.extend(expressions.names.unread(&name));
    }
    unused
}
