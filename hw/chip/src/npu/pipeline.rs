//! Pipelines whose registers move together.

use std::cell::RefCell;

use systole_hdl::prelude::*;

/// Registers that move together, collected stage by stage.
pub struct Pipeline {
    m: M,
    advance: Signal,
    /// Registers of the current stage and their next values.
    stage: RefCell<Vec<(Signal, Signal)>>,
}

impl Pipeline {
    /// A pipeline in `m` without stages yet.
    pub fn new(m: M, advance: Signal) -> Pipeline {
        Pipeline { m, advance, stage: RefCell::default() }
    }

    /// Ends the current stage and heads the next one.
    #[track_caller]
    pub fn stage(&self, title: &str) {
        let registers = self.stage.take();
        if !registers.is_empty() {
            self.m.clocked(|| {
                when(self.advance, || {
                    registers.iter().for_each(|(register, value)| register.set(*value));
                });
            });
        }
        self.m.section(title);
    }

    /// A register called `name` that takes `value` when the pipeline moves.
    #[track_caller]
    pub fn after(&self, name: &str, value: Signal) -> Signal {
        let register = self.m.reg(name, value.ty());
        self.stage.borrow_mut().push((register, value));
        register
    }
}
