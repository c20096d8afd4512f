//! Operands: where their values come from, and how they wait for them.

use systole_hdl::prelude::*;

use super::pipeline::Stages;

/// A value that may still be on its way: `value`, OR-ed with whatever the one-hot flags choose.
/// While a flag is set `value` is 0.
#[derive(Clone, Copy)]
pub struct Operand {
    pub value: Signal,
    /// From execute and writeback of the two lanes.
    pub branch_execute: Signal,
    pub main_execute: Signal,
    pub branch_writeback: Signal,
    pub main_writeback: Signal,
    /// From what retired in the cycle before.
    pub branch_retired: Signal,
    pub main_retired: Signal,
}

impl Operand {
    /// Registers `<name>`, `<name>_from_*`.
    pub fn registers(m: M, name: &str) -> Self {
        let flag = |from: &str| m.reg(format!("{name}_from_{from}"), Bit);
        Self {
            value: m.reg(format!("{name}_held"), U(32)),
            branch_execute: flag("branch_execute"),
            main_execute: flag("main_execute"),
            branch_writeback: flag("branch_writeback"),
            main_writeback: flag("main_writeback"),
            branch_retired: flag("branch_retired"),
            main_retired: flag("main_retired"),
        }
    }

    /// Takes over another one; in a clocked block.
    pub fn set(&self, from: &Self) {
        self.value.set(from.value);
        self.branch_execute.set(from.branch_execute);
        self.main_execute.set(from.main_execute);
        self.branch_writeback.set(from.branch_writeback);
        self.main_writeback.set(from.main_writeback);
        self.branch_retired.set(from.branch_retired);
        self.main_retired.set(from.main_retired);
    }

    /// The same with `value` alone where `replaced`.
    pub fn replaced(&self, name: &str, replaced: Signal, value: Signal) -> Self {
        let keep = (!replaced).named(format!("{name}_from_register"));
        Self {
            value: replaced.mux(value, self.value),
            branch_execute: self.branch_execute & keep,
            main_execute: self.main_execute & keep,
            branch_writeback: self.branch_writeback & keep,
            main_writeback: self.main_writeback & keep,
            branch_retired: self.branch_retired & keep,
            main_retired: self.main_retired & keep,
        }
    }

    /// `self` where `condition`, else `other`.
    pub fn or_else(&self, condition: Signal, other: &Self) -> Self {
        let pick = |a: Signal, b: Signal| condition.mux(a, b);
        Self {
            value: pick(self.value, other.value),
            branch_execute: pick(self.branch_execute, other.branch_execute),
            main_execute: pick(self.main_execute, other.main_execute),
            branch_writeback: pick(self.branch_writeback, other.branch_writeback),
            main_writeback: pick(self.main_writeback, other.main_writeback),
            branch_retired: pick(self.branch_retired, other.branch_retired),
            main_retired: pick(self.main_retired, other.main_retired),
        }
    }

    /// The value held, or what retired.
    fn settled(&self, stages: &Stages) -> Signal {
        let retired = one_hot_select(&[
            (self.branch_retired, stages.retired.branch_value),
            (self.main_retired, stages.retired.main_value),
        ]);
        self.value | retired
    }

    /// The value, if nothing is waited for.
    pub fn now(&self, stages: &Stages) -> Signal {
        let control = &stages.control;
        let computed = one_hot_select(&[
            (self.branch_execute, control.branch_result),
            (self.main_execute, control.main_result),
        ]);
        let arriving = one_hot_select(&[
            (self.branch_writeback, control.branch_value),
            (self.main_writeback, control.main_early_value),
        ]);
        let loaded = one_hot_select(&[(self.main_writeback, control.load_value)]);
        self.settled(stages) | arriving | computed | loaded
    }

    /// The value is not known yet.
    pub fn waits(&self, stages: &Stages) -> Signal {
        let late = self.main_execute & stages.main.late;
        late | (self.main_writeback & stages.control.writeback_waiting)
    }

    /// Follows the instructions ahead while the own one stays; in a clocked block.
    pub fn follow(&self, name: &str, stages: &Stages) {
        let control = &stages.control;
        let done = control.writeback_done;
        self.value.set(self.settled(stages).named(format!("{name}_settled")));
        self.branch_retired.set(self.branch_writeback & done);
        self.main_retired.set(self.main_writeback & done);
        when(control.execute_fire, || {
            self.branch_writeback.set(self.branch_execute);
            self.main_writeback.set(self.main_execute);
            self.branch_execute.set(0);
            self.main_execute.set(0);
        })
        .or_when(done, || {
            self.branch_writeback.set(0);
            self.main_writeback.set(0);
        });
    }
}

/// Looks up source register `register`, which reads `register_value`, for an instruction that
/// leaves issue; the wires are named `<name>_*`.
///
/// The flags say where the instructions ahead are in the next cycle: what is in the operand stage
/// now is in execute then, what is in execute is in writeback, what completes in writeback has
/// retired, and what retired in the cycle before is taken over at once. Of a pair the two destinations differ, so that within a stage at most one
/// matches.
pub fn look_up(name: &str, register: Signal, register_value: Signal, stages: &Stages) -> Operand {
    let wire = |suffix: &str| format!("{name}_{suffix}");
    let control = &stages.control;
    let read = register.any().named(wire("read"));
    let matches =
        |valid: Signal, rd: Signal, stage: &str| (valid & rd.eq(register)).named(wire(stage));
    let (main, branch) = (&stages.main_operand, &stages.branch_operand);
    let branch_operand = matches(branch.valid, branch.work.rd, "in_branch_operand");
    let main_operand = matches(main.valid, main.work.rd, "in_main_operand");
    let (main, branch) = (&stages.main, &stages.branch);
    let branch_execute = matches(branch.valid, branch.work.rd, "in_branch_execute");
    let main_execute = matches(main.valid, main.work.rd, "in_main_execute");
    let (main, branch) = (&stages.main_done, &stages.branch_done);
    let branch_writeback = matches(branch.valid, branch.completion.rd, "in_branch_writeback");
    let main_writeback = matches(main.valid, main.completion.rd, "in_main_writeback");

    let retired = &stages.retired;
    let branch_retired = matches(retired.branch_valid, retired.branch_rd, "in_branch_retired");
    let main_retired = matches(retired.main_valid, retired.main_rd, "in_main_retired");

    let in_operand = (branch_operand | main_operand).named(wire("in_operand"));
    let behind_operand = (read & !in_operand).named(wire("behind_operand"));
    let in_execute = (branch_execute | main_execute).named(wire("in_execute"));
    let behind_execute = (behind_operand & !in_execute).named(wire("behind_execute"));
    let in_writeback = (branch_writeback | main_writeback).named(wire("in_writeback"));
    let behind_writeback = (behind_execute & !in_writeback).named(wire("behind_writeback"));
    let in_retired = (branch_retired | main_retired).named(wire("in_retired"));
    let held = one_hot_select(&[
        ((behind_writeback & !in_retired).named(wire("is_written")), register_value),
        ((behind_writeback & branch_retired).named(wire("takes_branch")), retired.branch_value),
        ((behind_writeback & main_retired).named(wire("takes_main")), retired.main_value),
    ]);
    let stays = (behind_execute & control.writeback_waiting).named(wire("stays"));
    let moves = (behind_execute & !control.writeback_waiting).named(wire("moves"));
    let branch_from_writeback = (behind_operand & branch_execute) | (stays & branch_writeback);
    let main_from_writeback = (behind_operand & main_execute) | (stays & main_writeback);
    Operand {
        value: held.named(wire("held")),
        branch_execute: read & branch_operand,
        main_execute: read & main_operand,
        branch_writeback: branch_from_writeback.named(wire("from_branch_writeback")),
        main_writeback: main_from_writeback.named(wire("from_main_writeback")),
        branch_retired: moves & branch_writeback,
        main_retired: moves & main_writeback,
    }
}
