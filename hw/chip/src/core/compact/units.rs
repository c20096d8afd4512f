//! The multiplier and the divider.

use systole_hdl::prelude::*;

use super::pipeline::Pipeline;
use crate::config::Multiplier;
use crate::core::divide::divide;
use crate::core::multiply::{multiply_iterative, multiply_pipelined};

/// What they give.
pub struct Units {
    /// An iterative unit has not finished.
    pub wait: Signal,
    /// Quotients, and products of the iterative multiplier: result of execute when selected.
    results: Vec<(Signal, Signal)>,
    /// Product of the pipelined multiplier, in writeback.
    pub product: Option<Signal>,
}

impl Units {
    /// The result in execute, `other` unless it is one of theirs.
    pub fn select(&self, other: Signal) -> Signal {
        let select =
            |other: Signal, &(selected, result): &(Signal, Signal)| selected.mux(result, other);
        self.results.iter().fold(other, select)
    }
}

/// Builds the units that the configuration has.
pub fn units(p: &Pipeline) -> Option<Units> {
    let (m, control, execute) = (p.m, &p.control, &p.execute);
    let operation = &execute.operation;
    let (is_multiply, is_divide) = (operation.is_multiply?, operation.is_divide?);
    m.section("Execute: multiplication and division");
    let pin_operands = |unit: Instance| {
        unit.pin("operation", operation.funct3.bits(1, 0))
            .pin("a", execute.rs1_value)
            .pin("b", execute.operand_b)
    };
    let pin_control = |unit: Instance, selected: Signal| {
        let selected = selected & !execute.inert;
        pin_operands(unit)
            .pin("request", execute.valid & selected)
            .pin("take", control.execute_fire & selected)
            .pin("cancel", control.flush)
    };
    let divide = pin_control(m.instance("divide", &divide(false)), is_divide);
    let divides = is_divide & !execute.inert;
    let divide_wait = (divides & !divide.out("done")).named("divide_wait");
    let quotient = (is_divide, divide.out("result"));
    if p.config.multiplier == Multiplier::Fast {
        let start = (control.execute_fire & is_multiply).named("multiply_start");
        let multiply = pin_operands(m.instance("multiply", &multiply_pipelined()));
        let product = Some(multiply.pin("start", start).out("result"));
        return Some(Units { wait: divide_wait, results: vec![quotient], product });
    }
    let multiply = pin_control(m.instance("multiply", &multiply_iterative()), is_multiply);
    let multiplies = is_multiply & !execute.inert;
    let multiply_wait = (multiplies & !multiply.out("done")).named("multiply_wait");
    let product = (is_multiply, multiply.out("result"));
    Some(Units {
        wait: divide_wait | multiply_wait,
        results: vec![quotient, product],
        product: None,
    })
}
