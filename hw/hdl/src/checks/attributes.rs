//! Attributes belong to ports, and are texts that Verilog can carry.

use super::Report;
use crate::ir::PortAttribute;
use crate::names;
use crate::suggest::did_you_mean;

pub(super) fn check(report: &mut Report) {
    let module = report.module;
    let implicit = [("clk", module.has_clock()), ("rst", module.has_reset())];
    let implicit = implicit.into_iter().filter(|(_, there)| *there).map(|(name, _)| name);
    let ports: Vec<&str> = implicit.chain(module.ports().map(|port| port.name.as_str())).collect();
    for PortAttribute { port, name, value, location } in &module.port_attributes {
        if !ports.contains(&port.as_str()) {
            let hint = did_you_mean(port, ports.iter().copied());
            let message = format!("`{}` has no port `{port}`{hint}", module.name);
            report.error(*location, message);
        }
        if let Some(problem) = names::problem(name) {
            report.error(*location, format!("attribute of `{port}`: {problem}"));
        }
        let carried = |letter: char| matches!(letter, ' '..='~') && !matches!(letter, '"' | '\\');
        if !value.chars().all(carried) {
            let message = format!("attribute of `{port}`: Verilog cannot carry {value:?}");
            report.error(*location, message);
        }
    }
}
