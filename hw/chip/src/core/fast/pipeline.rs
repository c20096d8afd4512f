//! The fast core: two lanes, four stages behind a predicting front end.
//!
//! ```text
//!  ibus -> fetch -> align -> window -> issue -> main lane:   operand -> execute -> writeback
//!            ^  predictor                  \--> branch lane: operand -> execute -> writeback
//!            +------------ redirect ---------------------------+          |
//!            +------------ flush -----------------------------------------+
//! ```
//!
//! - **Fetch** asks for groups of 64 bits along the path that the **predictor** forecasts.
//! - **Align** finds up to two instructions a cycle in them and notes which of them form pairs;
//!   they wait in the **window**.
//! - **Issue** decodes one or two instructions, reads the registers and notes which operands are
//!   still on their way. What is not a jump or branch goes to the main lane; jumps and
//!   branches, and simple integer operations that follow an instruction of the main lane, go to
//!   the branch lane, which is therefore always the younger of a pair.
//! - **Operand** waits for these and takes them from execute and writeback.
//! - **Execute** computes, starts data accesses (main lane) and redirects fetch when the direction
//!   of a jump or branch was predicted wrong (branch lane). Both lanes move on together.
//! - **Writeback** waits for the bus, takes traps, accesses CSRs, verifies predicted targets,
//!   retires up to two instructions and trains the predictor. What retires is written to the
//!   registers in the cycle behind.

use systole_hdl::prelude::*;

use super::load_select::LoadLanes;
use super::operand::Operand;
use super::{execute, front, issue, operands, writeback};
use crate::config::CoreConfig;
use crate::core::compact::old::record::record;
use crate::core::compact::old::trap::Trap;

/// The core: module `core` with the ports of `docs/soc.md`, with `rvfi` the retire port of two
/// channels.
pub fn core(config: &CoreConfig, rvfi: bool) -> Module {
    module("core", |m| {
        m.doc("Dual issue: fetch, align, issue, execute, writeback.");
        let dbus = DataBus::ports(m);
        let control = Control::wires(m);
        let main_operand = MainOperand::registers(m, rvfi);
        let branch_operand = BranchOperand::registers(m, rvfi);
        let main = MainExecute::registers(m, rvfi);
        let branch = BranchExecute::registers(m, rvfi);
        let main_done = MainWriteback::registers(m, rvfi);
        let branch_done = BranchWriteback::registers(m, rvfi);
        let stages = Stages {
            control,
            main_operand,
            branch_operand,
            main,
            branch,
            main_done,
            branch_done,
            retired: Retired::registers(m),
        };
        let front = front::build(m, config, &stages);
        let interrupts = issue::build(m, &stages, front);
        operands::build(m, &stages);
        let product = execute::build(m, &dbus, &stages);
        writeback::build(m, config, &dbus, &stages, interrupts, product);
    })
}

/// The data port.
pub(super) use crate::core::compact::DataBus;

/// Everything between the stages.
pub struct Stages {
    pub control: Control,
    pub main_operand: MainOperand,
    pub branch_operand: BranchOperand,
    pub main: MainExecute,
    pub branch: BranchExecute,
    pub main_done: MainWriteback,
    pub branch_done: BranchWriteback,
    pub retired: Retired,
}

record! {
    /// What the retire port needs of an instruction that issue knows.
    pub IssueTrace {
        /// The word, or the halfword of a compressed instruction.
        instruction: U(32),
        /// First source; 0 for none.
        rs1: U(5),
        /// Second source; 0 for none.
        rs2: U(5),
    }
}

record! {
    /// What the retire port needs of the operands.
    pub ValueTrace {
        /// First operand.
        rs1_value: U(32),
        /// Second operand.
        rs2_value: U(32),
    }
}

record! {
    /// What the retire port needs of a data access.
    pub AccessTrace {
        /// Bytes accessed.
        lanes: U(4),
        /// Store data in its lanes.
        store_word: U(32),
    }
}

record! {
    /// What the main lane does in execute.
    pub MainWork {
        /// Destination; 0 for none.
        rd: U(5),
        /// Operation of the ALU.
        alu_op: U(4),
        /// Selects within a class.
        funct3: U(3),
        /// Load.
        is_load: Bit,
        /// Store.
        is_store: Bit,
        /// MUL, MULH, MULHSU, MULHU.
        is_multiply: Bit,
        /// DIV, DIVU, REM, REMU.
        is_divide: Bit,
        /// CSR instruction.
        is_csr: Bit,
        /// CSR instruction that writes.
        csr_writes: Bit,
        /// CSR number.
        csr_number: U(12),
        /// MRET.
        is_mret: Bit,
        /// FENCE.I.
        is_fence_i: Bit,
    }
}

/// Registers between issue and operand, main lane.
pub struct MainOperand {
    pub valid: Signal,
    pub pc: Signal,
    pub compressed: Signal,
    /// Operands of ALU and address.
    pub a: Operand,
    pub b: Operand,
    pub store_value: Operand,
    pub work: MainWork,
    /// Result comes in writeback.
    pub late: Signal,
    /// Nothing may issue behind it.
    pub system: Signal,
    pub trap: Trap,
    pub trace: Option<IssueTrace>,
}

impl MainOperand {
    fn registers(m: M, rvfi: bool) -> Self {
        m.section("Registers between issue and operand, main lane");
        Self {
            valid: m.reg("main_operand_valid", Bit).reset(0),
            pc: m.reg("main_operand_pc", U(32)),
            compressed: m.reg("main_operand_compressed", Bit),
            a: Operand::registers(m, "main_operand_a"),
            b: Operand::registers(m, "main_operand_b"),
            store_value: Operand::registers(m, "main_operand_store_value"),
            work: MainWork::registers(m, "main_operand"),
            late: m.reg("main_operand_late", Bit),
            system: m.reg("main_operand_system", Bit),
            trap: Trap::registers(m, "main_operand_trap"),
            trace: rvfi.then(|| IssueTrace::registers(m, "main_operand_trace")),
        }
    }
}

/// Registers between operand and execute, main lane.
pub struct MainExecute {
    pub valid: Signal,
    pub pc: Signal,
    pub compressed: Signal,
    /// Operands of ALU and address.
    pub a: Signal,
    pub b: Signal,
    pub store_value: Signal,
    pub work: MainWork,
    /// Result comes in writeback.
    pub late: Signal,
    /// Nothing may issue behind it.
    pub system: Signal,
    pub trap: Trap,
    pub trace: Option<IssueTrace>,
}

impl MainExecute {
    fn registers(m: M, rvfi: bool) -> Self {
        m.section("Registers between operand and execute, main lane");
        Self {
            valid: m.reg("main_valid", Bit).reset(0),
            pc: m.reg("main_pc", U(32)),
            compressed: m.reg("main_compressed", Bit),
            a: m.reg("main_a", U(32)),
            b: m.reg("main_b", U(32)),
            store_value: m.reg("main_store_value", U(32)),
            work: MainWork::registers(m, "main"),
            late: m.reg("main_late", Bit),
            system: m.reg("main_system", Bit),
            trap: Trap::registers(m, "main_trap"),
            trace: rvfi.then(|| IssueTrace::registers(m, "main_trace")),
        }
    }
}

record! {
    /// A jump or branch as it was predicted.
    pub Prediction {
        /// The predictor knew it.
        hit: Bit,
        /// It was predicted taken.
        taken: Bit,
        /// To this target.
        target: U(32),
        /// With this counter.
        counter: U(2),
    }
}

record! {
    /// What the branch lane does in execute.
    pub BranchWork {
        /// Address of the instruction.
        pc: U(32),
        /// Address behind it.
        link: U(32),
        /// Offset of a jump or branch.
        offset: U(32),
        /// Destination; 0 for none.
        rd: U(5),
        /// Operation of the ALU.
        alu_op: U(4),
        /// Condition.
        funct3: U(3),
        /// Conditional branch.
        is_branch: Bit,
        /// JAL or JALR.
        is_jump: Bit,
        /// JALR.
        is_jalr: Bit,
        /// A jump that writes a link register.
        is_call: Bit,
        /// A jump to a link register.
        is_return: Bit,
    }
}

/// Registers between issue and operand, branch lane.
pub struct BranchOperand {
    pub valid: Signal,
    pub a: Operand,
    pub b: Operand,
    pub work: BranchWork,
    pub prediction: Prediction,
    pub trace: Option<IssueTrace>,
}

impl BranchOperand {
    fn registers(m: M, rvfi: bool) -> Self {
        m.section("Registers between issue and operand, branch lane");
        Self {
            valid: m.reg("branch_operand_valid", Bit).reset(0),
            a: Operand::registers(m, "branch_operand_a"),
            b: Operand::registers(m, "branch_operand_b"),
            work: BranchWork::registers(m, "branch_operand"),
            prediction: Prediction::registers(m, "branch_operand_predicted"),
            trace: rvfi.then(|| IssueTrace::registers(m, "branch_operand_trace")),
        }
    }
}

/// Registers between operand and execute, branch lane.
pub struct BranchExecute {
    pub valid: Signal,
    pub a: Signal,
    pub b: Signal,
    pub work: BranchWork,
    pub prediction: Prediction,
    pub trace: Option<IssueTrace>,
}

impl BranchExecute {
    fn registers(m: M, rvfi: bool) -> Self {
        m.section("Registers between operand and execute, branch lane");
        Self {
            valid: m.reg("branch_valid", Bit).reset(0),
            a: m.reg("branch_a", U(32)),
            b: m.reg("branch_b", U(32)),
            work: BranchWork::registers(m, "branch"),
            prediction: Prediction::registers(m, "branch_predicted"),
            trace: rvfi.then(|| IssueTrace::registers(m, "branch_trace")),
        }
    }
}

record! {
    /// What writeback needs of an instruction of the main lane, beside its trap.
    pub MainCompletion {
        /// Its address.
        pc: U(32),
        /// It has 16 bits.
        compressed: Bit,
        /// Destination; 0 for none.
        rd: U(5),
        /// Result known in execute, or the operand of a CSR instruction; 0 for a load.
        result: U(32),
        /// CSR operation.
        funct3: U(3),
        /// Load.
        is_load: Bit,
        /// Store.
        is_store: Bit,
        /// Result comes from the multiplier.
        is_multiply: Bit,
        /// CSR instruction.
        is_csr: Bit,
        /// CSR instruction that writes.
        csr_writes: Bit,
        /// CSR number.
        csr_number: U(12),
        /// MRET.
        is_mret: Bit,
        /// FENCE.I.
        is_fence_i: Bit,
        /// Nothing may issue behind it.
        system: Bit,
    }
}

/// Registers between execute and writeback, main lane.
pub struct MainWriteback {
    pub valid: Signal,
    pub completion: MainCompletion,
    pub lanes: LoadLanes,
    pub trap: Trap,
    pub trace: Option<(IssueTrace, ValueTrace, AccessTrace)>,
}

impl MainWriteback {
    fn registers(m: M, rvfi: bool) -> Self {
        m.section("Registers between execute and writeback, main lane");
        Self {
            valid: m.reg("main_done_valid", Bit).reset(0),
            completion: MainCompletion::registers(m, "main_done"),
            lanes: LoadLanes::registers(m, "main_done_load"),
            trap: Trap::registers(m, "main_done_trap"),
            trace: rvfi.then(|| {
                let issue = IssueTrace::registers(m, "main_done_trace");
                let values = ValueTrace::registers(m, "main_done_trace");
                (issue, values, AccessTrace::registers(m, "main_done_trace"))
            }),
        }
    }
}

record! {
    /// What writeback needs of an instruction of the branch lane.
    pub BranchCompletion {
        /// Its address.
        pc: U(32),
        /// Address behind it.
        link: U(32),
        /// Destination; 0 for none.
        rd: U(5),
        /// Its result.
        result: U(32),
        /// Jump or branch.
        is_control: Bit,
        /// Conditional branch.
        is_branch: Bit,
        /// It goes to its target.
        taken: Bit,
        /// The target.
        target: U(32),
        /// The target is not aligned.
        misaligned: Bit,
        /// A jump that writes a link register.
        is_call: Bit,
        /// A jump to a link register.
        is_return: Bit,
    }
}

/// Registers between execute and writeback, branch lane.
pub struct BranchWriteback {
    pub valid: Signal,
    pub completion: BranchCompletion,
    pub prediction: Prediction,
    pub trace: Option<(IssueTrace, ValueTrace)>,
}

impl BranchWriteback {
    fn registers(m: M, rvfi: bool) -> Self {
        m.section("Registers between execute and writeback, branch lane");
        Self {
            valid: m.reg("branch_done_valid", Bit).reset(0),
            completion: BranchCompletion::registers(m, "branch_done"),
            prediction: Prediction::registers(m, "branch_done_predicted"),
            trace: rvfi.then(|| {
                let issue = IssueTrace::registers(m, "branch_done_trace");
                (issue, ValueTrace::registers(m, "branch_done_trace"))
            }),
        }
    }
}

/// What retired in the cycle before, on its way into the registers.
pub struct Retired {
    pub main_valid: Signal,
    pub main_rd: Signal,
    pub main_value: Signal,
    pub branch_valid: Signal,
    pub branch_rd: Signal,
    pub branch_value: Signal,
}

impl Retired {
    fn registers(m: M) -> Self {
        m.section("Registers between writeback and the integer registers");
        Self {
            main_valid: m.reg("main_retired_valid", Bit).reset(0),
            main_rd: m.reg("main_retired_rd", U(5)),
            main_value: m.reg("main_retired_value", U(32)),
            branch_valid: m.reg("branch_retired_valid", Bit).reset(0),
            branch_rd: m.reg("branch_retired_rd", U(5)),
            branch_value: m.reg("branch_retired_value", U(32)),
        }
    }
}

/// Signals between the stages that are used before they are driven.
pub struct Control {
    /// What operand holds moves on into execute, the branch lane never before the main lane.
    pub main_operand_fire: Signal,
    pub branch_operand_fire: Signal,
    /// What execute holds moves on into writeback.
    pub execute_fire: Signal,
    /// Fetch goes on elsewhere: the direction of a jump or branch was predicted wrong.
    pub branch_redirect: Signal,
    pub branch_target: Signal,
    /// What writeback holds completes.
    pub writeback_done: Signal,
    /// It still waits for the bus.
    pub writeback_waiting: Signal,
    /// Everything behind writeback is flushed.
    pub flush: Signal,
    pub flush_target: Signal,
    /// An instruction retires or traps; interrupts entering do not count.
    pub event: Signal,
    /// Results as execute knows them.
    pub main_result: Signal,
    pub branch_result: Signal,
    /// Final values of the destinations, from writeback; that of the main lane is `load_value` or
    /// `main_early_value`, while the other is 0.
    pub main_value: Signal,
    pub main_early_value: Signal,
    pub load_value: Signal,
    pub branch_value: Signal,
    /// The instruction retires in this cycle, and writes its destination.
    pub main_retire: Signal,
    pub branch_retire: Signal,
    /// Interrupt enables of the CSRs: `{MEIE, MTIE, MSIE}` and `mstatus.MIE`.
    pub mie: Signal,
    pub mstatus_mie: Signal,
}

impl Control {
    fn wires(m: M) -> Self {
        m.section("Control");
        Self {
            main_operand_fire: m.wire("main_operand_fire", Bit),
            branch_operand_fire: m.wire("branch_operand_fire", Bit),
            execute_fire: m.wire("execute_fire", Bit),
            branch_redirect: m.wire("branch_redirect", Bit),
            branch_target: m.wire("branch_redirect_target", U(32)),
            writeback_done: m.wire("writeback_done", Bit),
            writeback_waiting: m.wire("writeback_waiting", Bit),
            flush: m.wire("flush", Bit),
            flush_target: m.wire("flush_target", U(32)),
            event: m.wire("retire_or_trap", Bit),
            main_result: m.wire("main_result", U(32)),
            branch_result: m.wire("branch_result", U(32)),
            main_value: m.wire("main_value", U(32)),
            main_early_value: m.wire("main_early_value", U(32)),
            load_value: m.wire("main_load_value", U(32)),
            branch_value: m.wire("branch_value", U(32)),
            main_retire: m.wire("main_retire", Bit),
            branch_retire: m.wire("branch_retire", Bit),
            mie: m.wire("mie", U(3)),
            mstatus_mie: m.wire("mstatus_mie", Bit),
        }
    }
}
