//! Modules under construction.

use std::ops::Deref;
use std::sync::Arc;

use crate::ir;

/// A finished module; cheap to clone, shared by all its instances.
#[derive(Clone, Debug)]
pub struct Module(pub Arc<ir::Module>);

impl Deref for Module {
    type Target = ir::Module;

    fn deref(&self) -> &ir::Module {
        &self.0
    }
}
