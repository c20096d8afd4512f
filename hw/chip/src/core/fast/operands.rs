//! The operand stage: waits for operands on their way, up to the registers before execute.

use systole_hdl::prelude::*;

use super::pipeline::Stages;

/// Builds the operand stage inside `core`.
pub fn build(m: M, stages: &Stages) {
    let control = &stages.control;
    let (main_in, branch_in) = (&stages.main_operand, &stages.branch_operand);
    let (main, branch) = (&stages.main, &stages.branch);
    m.section("Operand: values, and whether they are all there");
    let operands = [
        ("main_a", &main_in.a),
        ("main_b", &main_in.b),
        ("main_store_value", &main_in.store_value),
        ("branch_a", &branch_in.a),
        ("branch_b", &branch_in.b),
    ];
    let values = operands.map(|(name, operand)| operand.now(stages).named(format!("{name}_now")));
    let waits = operands.map(|(name, operand)| {
        let valid = if name.starts_with("main") { main_in.valid } else { branch_in.valid };
        (valid & operand.waits(stages)).named(format!("{name}_waits"))
    });
    let main_waits = (waits[0] | waits[1] | waits[2]).named("main_operand_waits");
    let branch_waits = (waits[3] | waits[4]).named("branch_operand_waits");
    let execute_valid = (main.valid | branch.valid).named("execute_valid");
    let execute_ready = (!execute_valid | control.execute_fire).named("execute_ready");
    if let Some(operand_wait) = control.operand_wait {
        operand_wait.drive(main_waits | branch_waits);
    }
    let main_held = (main_in.valid & main_waits).named("main_operand_held");
    control.main_operand_fire.drive(main_in.valid & !main_waits & execute_ready);
    control.branch_operand_fire.drive(branch_in.valid & !branch_waits & !main_held & execute_ready);
    let leftover = control.main_operand_fire & branch_in.valid & branch_waits;
    m.cover("pair_splits", leftover);
    let fire = (control.main_operand_fire | control.branch_operand_fire).named("operand_fire");

    m.section("Operand to execute: what is dropped moves on, but is not valid");
    let dropped = control.drops_issued().named("operand_dropped");
    let empties = (control.execute_fire | control.flush).named("execute_empties");
    m.clocked(|| {
        when(fire, || main.valid.set(control.main_operand_fire & !dropped))
            .or_when(empties, || main.valid.set(0));
        when(execute_ready, || {
            main.pc.set(main_in.pc);
            main.compressed.set(main_in.compressed);
            main.a.set(values[0]);
            main.b.set(values[1]);
            main.store_value.set(values[2]);
            main.instruction.set(main_in.instruction);
            if let (Some(register), Some(value)) = (main.fault_second, main_in.fault_second) {
                register.set(value);
            }
            main.alu.set(&main_in.alu);
            main.work.set(&main_in.work.unless(main_in.trap.valid));
            main.late.set(main_in.late);
            main.system.set(main_in.system);
            main.trap.set(&main_in.trap);
            if let (Some(registers), Some(trace)) = (&main.trace, &main_in.trace) {
                registers.set(trace);
            }
        });
    });
    m.clocked(|| {
        when(fire, || branch.valid.set(control.branch_operand_fire & !dropped))
            .or_when(empties, || branch.valid.set(0));
        when(execute_ready, || {
            branch.a.set(values[3]);
            branch.b.set(values[4]);
            branch.alu.set(&branch_in.alu);
            branch.work.set(&branch_in.work);
            branch.prediction.set(&branch_in.prediction);
            if let (Some(registers), Some(trace)) = (&branch.trace, &branch_in.trace) {
                registers.set(trace);
            }
        });
    });
}
