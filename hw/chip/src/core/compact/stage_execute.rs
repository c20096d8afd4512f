//! Execute, up to the registers before writeback.

use systole_hdl::prelude::*;

use super::old::alu::alu;
use super::old::branch::branch;
use super::old::decode::Operation;
use super::old::divide::divide;
use super::old::multiply::{multiply_iterative, multiply_pipelined};
use super::old::store_align::store_align;
use super::old::trap::{Trap, execute_trap};
use super::pipeline::{Completion, Control, DataBus, ExecuteStage, ExecuteTrace, WritebackStage};
use crate::config::{CoreConfig, Multiplier};

/// Builds execute inside `core`; returns the product that the pipelined multiplier, if there is
/// one, hands to writeback.
pub fn build(
    m: M,
    config: &CoreConfig,
    dbus: &DataBus,
    control: &Control,
    execute: &ExecuteStage,
    writeback: &WritebackStage,
) -> Option<Signal> {
    let operation = &execute.operation;
    m.section("Execute: arithmetic");
    let operand_a = operation.operand_a_pc.mux(execute.pc, execute.rs1_value).named("operand_a");
    let operand_b = operation
        .operand_b_immediate
        .mux(operation.immediate, execute.rs2_value)
        .named("operand_b");
    let alu = m
        .instance("alu", &alu())
        .pin("op", operation.alu_op)
        .pin("a", operand_a)
        .pin("b", operand_b);
    let units = multiply_and_divide(m, config, control, execute);

    m.section("Execute: addresses and branches");
    let base = operation.address_from_rs1.mux(execute.rs1_value, execute.pc).named("address_base");
    let address = (base + operation.immediate).named("execute_address");
    let sequential_pc = (execute.pc + 4).named("sequential_pc");
    let branch = m
        .instance("branch", &branch())
        .pin("is_branch", operation.is_branch)
        .pin("is_jump", operation.is_jump)
        .pin("funct3", operation.funct3)
        .pin("rs1_value", execute.rs1_value)
        .pin("rs2_value", execute.rs2_value)
        .pin("address", address);
    let (taken, target) = (branch.out("taken"), branch.out("target"));
    let target_misaligned = branch.out("misaligned");
    control.branch_redirect.drive(control.execute_fire & taken & !target_misaligned);
    control.branch_target.drive(target);

    m.section("Execute: data access");
    let access = data_access(m, dbus, control, execute, address);

    m.section("Execute: traps");
    let carried = &execute.trap;
    let trap = m
        .instance("trap_at_execute", &execute_trap())
        .pin("carried_valid", carried.valid)
        .pin("carried_interrupt", carried.is_interrupt)
        .pin("carried_code", carried.code)
        .pin("carried_value", carried.value)
        .pin("target_misaligned", target_misaligned)
        .pin("target", target)
        .pin("access_misaligned", access.misaligned)
        .pin("is_load", operation.is_load)
        .pin("is_store", operation.is_store)
        .pin("address", address);

    m.section("To writeback");
    let link_or_sum = operation.is_jump.mux(sequential_pc, alu.out("result")).named("link_or_sum");
    control.execute_result.drive(units.select(operation, link_or_sum));
    let writeback_free = (!control.writeback_waiting & !control.flush).named("writeback_free");
    let complete = (!access.wait & !units.wait).named("execute_complete");
    control.execute_fire.drive(execute.valid & complete & writeback_free);
    let completion = Completion {
        pc: execute.pc,
        rd: operation.rd,
        result: control.execute_result,
        funct3: operation.funct3,
        is_load: operation.is_load,
        is_store: operation.is_store,
        is_csr: operation.is_csr,
        csr_writes: operation.csr_writes,
        csr_number: operation.csr_number,
        is_mret: operation.is_mret,
        is_fence_i: operation.is_fence_i,
    };
    let trap = Trap::of(&trap);
    let trace = writeback.trace.as_ref().map(|registers| {
        let values = ExecuteTrace {
            rs1_value: execute.rs1_value,
            rs2_value: execute.rs2_value,
            pc_next: taken.mux(target, sequential_pc).named("execute_pc_next"),
            lanes: access.lanes,
            store_word: dbus.req_wdata,
        };
        (registers, values)
    });
    m.clocked(|| {
        when(control.execute_fire, || {
            writeback.valid.set(1);
            writeback.completion.set(&completion);
            if let Some(is_multiply) = writeback.is_multiply {
                is_multiply.set(operation.is_multiply);
            }
            writeback.trap.set(&trap);
            if let (Some((registers, values)), Some(decoded)) = (&trace, &execute.trace) {
                registers.0.set(decoded);
                registers.1.set(values);
            }
        })
        .or_when(control.writeback_done, || writeback.valid.set(0));
    });
    units.product
}

/// Signals of the data access that starts in execute.
struct DataAccess {
    misaligned: Signal,
    lanes: Signal,
    /// The bus has not taken it yet.
    wait: Signal,
}

/// Starts the data access, when nothing older can trap any more.
fn data_access(
    m: M,
    dbus: &DataBus,
    control: &Control,
    execute: &ExecuteStage,
    address: Signal,
) -> DataAccess {
    let operation = &execute.operation;
    let store = m
        .instance("store", &store_align())
        .pin("is_store", operation.is_store)
        .pin("size", operation.funct3.bits(1, 0))
        .pin("offset", address.bits(1, 0))
        .pin("value", execute.rs2_value);
    let misaligned = store.out("misaligned");
    let is_access = operation.is_load | operation.is_store;
    let access = (is_access & !misaligned).named("execute_access");
    let older_done = (!control.writeback_waiting & !control.flush).named("older_done");
    let req_valid = (execute.valid & access & older_done).named("access_valid");
    dbus.req_valid.drive(req_valid);
    dbus.req_address.drive(cat(&[address.bits(31, 2), lit(0, U(2))]));
    dbus.req_write.drive(operation.is_store);
    dbus.req_wdata.drive(store.out("wdata"));
    dbus.req_wstrb.drive(store.out("wstrb"));
    dbus.req_partial.drive(!store.out("lanes").all());
    let fire = (req_valid & dbus.req_ready).named("dbus_req_fire");
    let wait = (access & !fire).named("access_wait");
    m.cover("access_waits_for_bus", req_valid & !dbus.req_ready);
    DataAccess { misaligned, lanes: store.out("lanes"), wait }
}

/// The multiplier and the divider.
struct Units {
    /// An iterative unit has not finished.
    wait: Signal,
    quotient: Signal,
    /// Product of the iterative multiplier.
    iterative_product: Option<Signal>,
    /// Product of the pipelined multiplier, in writeback.
    product: Option<Signal>,
}

impl Units {
    /// The result in execute.
    fn select(&self, operation: &Operation, other: Signal) -> Signal {
        let other = match self.iterative_product {
            Some(product) => operation.is_multiply.mux(product, other).named("product_or_other"),
            None => other,
        };
        operation.is_divide.mux(self.quotient, other)
    }
}

fn multiply_and_divide(
    m: M,
    config: &CoreConfig,
    control: &Control,
    execute: &ExecuteStage,
) -> Units {
    let operation = &execute.operation;
    let pin_operands = |unit: Instance| {
        unit.pin("operation", operation.funct3.bits(1, 0))
            .pin("a", execute.rs1_value)
            .pin("b", execute.rs2_value)
    };
    let pin_control = |unit: Instance, selected: Signal| {
        pin_operands(unit)
            .pin("request", execute.valid & selected)
            .pin("take", control.execute_fire & selected)
            .pin("cancel", control.flush)
    };
    let divide = pin_control(m.instance("divide", &divide()), operation.is_divide);
    let divide_wait = (operation.is_divide & !divide.out("done")).named("divide_wait");
    let quotient = divide.out("result");
    if config.multiplier == Multiplier::Fast {
        let start = (control.execute_fire & operation.is_multiply).named("multiply_start");
        let multiply = pin_operands(m.instance("multiply", &multiply_pipelined()));
        let product = Some(multiply.pin("start", start).out("result"));
        Units { wait: divide_wait, quotient, iterative_product: None, product }
    } else {
        let unit = m.instance("multiply", &multiply_iterative());
        let multiply = pin_control(unit, operation.is_multiply);
        let multiply_wait = (operation.is_multiply & !multiply.out("done")).named("multiply_wait");
        let iterative_product = Some(multiply.out("result"));
        Units { wait: divide_wait | multiply_wait, quotient, iterative_product, product: None }
    }
}
