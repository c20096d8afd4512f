//! A checked design: a top module and everything below it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::checks::{self, Paths};
use crate::{Error, Errors, Module, ir};

/// A top module whose whole hierarchy was found free of mistakes.
#[derive(Clone, Debug)]
pub struct Design {
    /// The top module.
    pub top: Arc<ir::Module>,
    modules: Vec<Arc<ir::Module>>,
}

impl Design {
    /// A design that is not checked: for passes that rewrite a checked one.
    pub fn unchecked(top: Arc<ir::Module>) -> Self {
        let modules = hierarchy(&top, &mut Vec::new());
        Self { top, modules }
    }

    /// Every distinct module once, children before their parents, the top last.
    pub fn modules(&self) -> &[Arc<ir::Module>] {
        &self.modules
    }
}

/// Checks a module and everything below it; all mistakes are reported together.
pub fn check(top: &Module) -> Result<Design, Errors> {
    let mut errors = Vec::new();
    let modules = hierarchy(&top.0, &mut errors);
    let mut paths = Paths::default();
    for module in &modules {
        errors.extend(module.errors.iter().cloned());
        errors.extend(checks::module(module, &mut paths));
    }
    if errors.is_empty() {
        Ok(Design { top: top.0.clone(), modules })
    } else {
        Err(Errors::new(errors))
    }
}

/// Distinct modules of a hierarchy, children first. Two builds of one generator with the same
/// parameters are the same module; other modules that share a name are a mistake.
fn hierarchy(top: &Arc<ir::Module>, errors: &mut Vec<Error>) -> Vec<Arc<ir::Module>> {
    struct Walk<'a> {
        seen: HashSet<*const ir::Module>,
        named: HashMap<String, Arc<ir::Module>>,
        modules: Vec<Arc<ir::Module>>,
        errors: &'a mut Vec<Error>,
    }
    impl Walk<'_> {
        fn visit(&mut self, module: &Arc<ir::Module>) {
            if !self.seen.insert(Arc::as_ptr(module)) {
                return;
            }
            for child in module.children() {
                self.visit(child);
            }
            match self.named.get(&module.name) {
                None => {
                    self.named.insert(module.name.clone(), module.clone());
                    self.modules.push(module.clone());
                }
                Some(first) if first == module => {}
                Some(first) => self.errors.push(Error {
                    message: format!(
                        "two different modules are called `{}`; the other one is at {}",
                        module.name, first.location
                    ),
                    location: module.location,
                    module: module.name.clone(),
                }),
            }
        }
    }
    let mut walk =
        Walk { seen: HashSet::new(), named: HashMap::new(), modules: Vec::new(), errors };
    walk.visit(top);
    walk.modules
}
