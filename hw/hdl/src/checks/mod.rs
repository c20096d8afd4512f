//! What can only be checked once a module is complete.

mod attributes;
mod drivers;
mod flow;
mod loops;
mod sharing;
mod uses;

pub(crate) use loops::Paths;

use crate::Error;
use crate::ir::{Location, Module};

/// Mistakes of one module.
struct Report<'a> {
    module: &'a Module,
    errors: Vec<Error>,
}

impl Report<'_> {
    fn error(&mut self, location: Location, message: String) {
        let module = self.module.name.clone();
        self.errors.push(Error { message, location, module });
    }
}

/// Checks a module whose children were checked before it. `paths` holds the combinational paths
/// of those, and gains this module's.
pub(crate) fn module(module: &Module, paths: &mut Paths) -> Vec<Error> {
    let mut report = Report { module, errors: Vec::new() };
    attributes::check(&mut report);
    drivers::check(&mut report);
    uses::check(&mut report);
    sharing::check(&mut report);
    loops::check(&mut report, paths);
    report.errors
}
