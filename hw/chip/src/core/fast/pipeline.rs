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

use super::operand::Operand;
use super::{execute, front, issue, operands, writeback};
use crate::config::CoreConfig;
use crate::core::atomic::AtomicControl;
use crate::core::data_bus::DataBus;
use crate::core::decode::AluControl;
use crate::core::encoding::bit_op;
use crate::core::load_select::LoadLanes;
use crate::core::pmp::configuration_width;
use crate::core::privilege::UserControl;
use crate::core::record::record;
use crate::core::trap::Trap;

/// The core: module `core` with the ports of `docs/soc.md`, with `rvfi` the retire port of two
/// channels.
pub fn core(config: &CoreConfig, rvfi: bool) -> Module {
    module("core", |m| {
        m.doc(format!("{}: dual issue, branch prediction.", config.isa()));
        let stages = Stages {
            config: config.clone(),
            dbus: DataBus::ports(m),
            control: Control::wires(m, config),
            main_operand: MainOperand::registers(m, config, rvfi),
            branch_operand: BranchOperand::registers(m, config, rvfi),
            main: MainExecute::registers(m, config, rvfi),
            branch: BranchExecute::registers(m, config, rvfi),
            main_done: MainWriteback::registers(m, config, rvfi),
            branch_done: BranchWriteback::registers(m, rvfi),
            retired: Retired::registers(m),
        };
        let front = front::build(m, &stages);
        let interrupts = issue::build(m, &stages, front);
        operands::build(m, &stages);
        let late = execute::build(m, &stages);
        writeback::build(m, &stages, interrupts, &late);
    })
}

/// What all stages see.
pub struct Stages {
    pub config: CoreConfig,
    pub dbus: DataBus,
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
        instruction: U(32);
        /// First source; 0 for none.
        rs1: U(5);
        /// Second source; 0 for none.
        rs2: U(5);
    }
}

record! {
    /// What the retire port needs of the operands.
    pub ValueTrace {
        /// First operand.
        rs1_value: U(32);
        /// Second operand.
        rs2_value: U(32);
    }
}

record! {
    /// What the retire port needs of a data access.
    pub AccessTrace {
        /// Bytes accessed.
        lanes: U(4);
        /// Store data in its lanes.
        store_word: U(32);
    }
}

record! {
    /// What the main lane does in execute and behind it.
    pub MainWork(config) {
        /// Destination; 0 for none.
        rd: U(5);
        /// Selects within a class.
        funct3: U(3);
        /// Operation of the bit manipulation unit, one-hot.
        bit_op: U(bit_op::WIDTH), if config.zbb | config.zbs;
        /// Load, and LR.
        is_load: Bit;
        /// Store, and SC.
        is_store: Bit;
        /// LR.
        is_lr: Bit, if config.atomics;
        /// SC.
        is_sc: Bit, if config.atomics;
        /// AMO; neither load nor store.
        is_amo: Bit, if config.atomics;
        /// Which AMO.
        funct5: U(5), if config.atomics;
        /// MUL, MULH, MULHSU, MULHU.
        is_multiply: Bit, if config.has_multiply();
        /// DIV, DIVU, REM, REMU.
        is_divide: Bit, if config.has_multiply();
        /// CSR instruction.
        is_csr: Bit;
        /// CSR instruction that writes.
        csr_writes: Bit;
        /// CSR number.
        csr_number: U(12);
        /// MRET.
        is_mret: Bit;
        /// WFI.
        is_wfi: Bit;
        /// FENCE.I.
        is_fence_i: Bit;
    }
}

impl MainWork {
    /// Whether it is an operation of [`count`](crate::core::count::count).
    pub fn counts_bits(&self, config: &CoreConfig) -> Option<Signal> {
        let op = self.bit_op.filter(|_| config.zbb)?;
        Some(op.bits(bit_op::CPOP, bit_op::CLZ).any())
    }

    /// The same, but nothing to do where `trapped`.
    pub fn unless(&self, trapped: Signal) -> Self {
        let keep = |flag: Signal| flag & !trapped;
        Self {
            is_load: keep(self.is_load),
            is_store: keep(self.is_store),
            is_lr: self.is_lr.map(keep),
            is_sc: self.is_sc.map(keep),
            is_amo: self.is_amo.map(keep),
            is_multiply: self.is_multiply.map(keep),
            is_divide: self.is_divide.map(keep),
            is_csr: keep(self.is_csr),
            csr_writes: keep(self.csr_writes),
            is_mret: keep(self.is_mret),
            is_wfi: keep(self.is_wfi),
            is_fence_i: keep(self.is_fence_i),
            ..*self
        }
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
    /// What a store writes.
    pub store_value: Operand,
    pub instruction: Signal,
    /// Only the second half of the instruction could not be fetched.
    pub fault_second: Option<Signal>,
    pub alu: AluControl,
    pub work: MainWork,
    /// Result comes in writeback.
    pub late: Signal,
    /// Nothing may issue behind it.
    pub system: Signal,
    pub trap: Trap,
    pub trace: Option<IssueTrace>,
}

impl MainOperand {
    fn registers(m: M, config: &CoreConfig, rvfi: bool) -> Self {
        m.section("Registers between issue and operand, main lane");
        Self {
            valid: m.reg("main_operand_valid", Bit).reset(0),
            pc: m.reg("main_operand_pc", U(32)),
            compressed: m.reg("main_operand_compressed", Bit),
            a: Operand::registers(m, "main_operand_a"),
            b: Operand::registers(m, "main_operand_b"),
            store_value: Operand::registers(m, "main_operand_store_value"),
            instruction: m.reg("main_operand_instruction", U(32)),
            fault_second: config.compressed.then(|| m.reg("main_operand_fault_second", Bit)),
            alu: AluControl::registers(m, config, "main_operand"),
            work: MainWork::registers(m, config, "main_operand"),
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
    /// What a store writes.
    pub store_value: Signal,
    pub instruction: Signal,
    /// Only the second half of the instruction could not be fetched.
    pub fault_second: Option<Signal>,
    pub alu: AluControl,
    pub work: MainWork,
    /// Result comes in writeback.
    pub late: Signal,
    /// Nothing may issue behind it.
    pub system: Signal,
    pub trap: Trap,
    pub trace: Option<IssueTrace>,
}

impl MainExecute {
    fn registers(m: M, config: &CoreConfig, rvfi: bool) -> Self {
        m.section("Registers between operand and execute, main lane");
        Self {
            valid: m.reg("main_valid", Bit).reset(0),
            pc: m.reg("main_pc", U(32)),
            compressed: m.reg("main_compressed", Bit),
            a: m.reg("main_a", U(32)),
            b: m.reg("main_b", U(32)),
            store_value: m.reg("main_store_value", U(32)),
            instruction: m.reg("main_instruction", U(32)),
            fault_second: config.compressed.then(|| m.reg("main_fault_second", Bit)),
            alu: AluControl::registers(m, config, "main"),
            work: MainWork::registers(m, config, "main"),
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
        hit: Bit;
        /// It was predicted taken.
        taken: Bit;
        /// To this target.
        target: U(32);
        /// With this counter.
        counter: U(2);
    }
}

record! {
    /// What the branch lane does in execute.
    pub BranchWork {
        /// Address of the instruction.
        pc: U(32);
        /// Address behind it.
        link: U(32);
        /// Offset of a jump or branch.
        offset: U(32);
        /// Destination; 0 for none.
        rd: U(5);
        /// Condition.
        funct3: U(3);
        /// Conditional branch.
        is_branch: Bit;
        /// JAL or JALR.
        is_jump: Bit;
        /// JALR.
        is_jalr: Bit;
        /// A jump that writes a link register.
        is_call: Bit;
        /// A jump to a link register.
        is_return: Bit;
    }
}

/// Registers between issue and operand, branch lane.
pub struct BranchOperand {
    pub valid: Signal,
    pub a: Operand,
    pub b: Operand,
    pub alu: AluControl,
    pub work: BranchWork,
    pub prediction: Prediction,
    pub trace: Option<IssueTrace>,
}

impl BranchOperand {
    fn registers(m: M, config: &CoreConfig, rvfi: bool) -> Self {
        m.section("Registers between issue and operand, branch lane");
        Self {
            valid: m.reg("branch_operand_valid", Bit).reset(0),
            a: Operand::registers(m, "branch_operand_a"),
            b: Operand::registers(m, "branch_operand_b"),
            alu: AluControl::registers(m, config, "branch_operand"),
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
    pub alu: AluControl,
    pub work: BranchWork,
    pub prediction: Prediction,
    pub trace: Option<IssueTrace>,
}

impl BranchExecute {
    fn registers(m: M, config: &CoreConfig, rvfi: bool) -> Self {
        m.section("Registers between operand and execute, branch lane");
        Self {
            valid: m.reg("branch_valid", Bit).reset(0),
            a: m.reg("branch_a", U(32)),
            b: m.reg("branch_b", U(32)),
            alu: AluControl::registers(m, config, "branch"),
            work: BranchWork::registers(m, "branch"),
            prediction: Prediction::registers(m, "branch_predicted"),
            trace: rvfi.then(|| IssueTrace::registers(m, "branch_trace")),
        }
    }
}

record! {
    /// What writeback needs of an instruction of the main lane, beside its trap.
    pub MainCompletion(config) {
        /// Its address.
        pc: U(32);
        /// It has 16 bits.
        compressed: Bit;
        /// Destination; 0 for none.
        rd: U(5);
        /// Result known in execute; 0 for a load or product.
        result: U(32);
        /// Address of the access, operand of a CSR instruction, or `mtval` of a trap.
        address: U(32);
        /// A load or store waits for the bus to answer.
        accesses: Bit;
        /// CSR operation.
        funct3: U(3);
        /// Load, and LR.
        is_load: Bit;
        /// Store, and SC, unless it failed.
        is_store: Bit;
        /// LR.
        is_lr: Bit, if config.atomics;
        /// SC, also one that failed.
        is_sc: Bit, if config.atomics;
        /// AMO.
        is_amo: Bit, if config.atomics;
        /// Which AMO.
        funct5: U(5), if config.atomics;
        /// Second operand of an AMO.
        operand: U(32), if config.atomics;
        /// Result comes from the multiplier.
        is_multiply: Bit, if config.has_multiply();
        /// Result comes from the counter of zeros and ones.
        is_count: Bit, if config.zbb;
        /// Quotient or remainder, to be counted.
        is_divide: Bit, if config.has_multiply() && config.hpm_counters > 0;
        /// CSR instruction.
        is_csr: Bit;
        /// CSR instruction that writes.
        csr_writes: Bit;
        /// CSR number.
        csr_number: U(12);
        /// MRET.
        is_mret: Bit;
        /// WFI.
        is_wfi: Bit;
        /// What is behind it is fetched anew: FENCE.I, and writes of PMP registers.
        refetches: Bit;
        /// Nothing may issue behind it.
        system: Bit;
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
    fn registers(m: M, config: &CoreConfig, rvfi: bool) -> Self {
        m.section("Registers between execute and writeback, main lane");
        Self {
            valid: m.reg("main_done_valid", Bit).reset(0),
            completion: {
                let completion = MainCompletion::registers(m, config, "main_done");
                // Only counters and the retire port ask.
                completion.is_store.unused();
                completion
            },
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
        pc: U(32);
        /// Address behind it.
        link: U(32);
        /// Destination; 0 for none.
        rd: U(5);
        /// Its result.
        result: U(32);
        /// Jump or branch.
        is_control: Bit;
        /// Conditional branch.
        is_branch: Bit;
        /// It goes to its target.
        taken: Bit;
        /// The target.
        target: U(32);
        /// The target is not aligned.
        misaligned: Bit;
        /// A jump that writes a link register.
        is_call: Bit;
        /// A jump to a link register.
        is_return: Bit;
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
    /// It still waits for the bus, or to wake up.
    pub writeback_waiting: Signal,
    /// Everything behind writeback is dropped, and fetched from elsewhere.
    pub flush: Signal,
    pub flush_target: Signal,
    /// An instruction retires or traps; interrupts entering do not count.
    pub event: Signal,
    /// Results as execute knows them.
    pub main_result: Signal,
    pub branch_result: Signal,
    /// Final values of the destinations, from writeback.
    pub main_value: Signal,
    pub branch_value: Signal,
    /// What operands take of it in the same cycle: what is known early, and what the bus brings; the
    /// other is 0.
    pub main_early_value: Signal,
    pub load_value: Signal,
    /// The instruction retires in this cycle, and writes its destination.
    pub main_retire: Signal,
    pub branch_retire: Signal,
    /// Interrupt enables of the CSRs: `{MEIE, MTIE, MSIE}` and `mstatus.MIE`.
    pub mie: Signal,
    pub mstatus_mie: Signal,
    /// An interrupt that ends a WFI is pending.
    pub wakeup: Signal,
    /// An instruction waits for an operand, for the event counters.
    pub operand_wait: Option<Signal>,
    pub user: Option<UserControl>,
    /// `mcounteren`.
    pub counter_enable: Option<Signal>,
    /// Packed configuration of the PMP.
    pub protection: Option<Signal>,
    pub atomic: Option<AtomicControl>,
}

impl Control {
    /// What has issued and has not reached execute is dropped. A restart of fetch does not do that:
    /// what has issued is older than the instruction that is fetched again.
    pub fn drops_issued(&self) -> Signal {
        self.flush | self.branch_redirect
    }

    fn wires(m: M, config: &CoreConfig) -> Self {
        m.section("Control");
        let bit = |name: &str| m.wire(name, Bit);
        let word = |name: &str| m.wire(name, U(32));
        let limits_counters = config.user_mode && (config.zicntr || config.hpm_counters > 0);
        let protected = configuration_width(config.pmp_regions);
        Self {
            main_operand_fire: bit("main_operand_fire"),
            branch_operand_fire: bit("branch_operand_fire"),
            execute_fire: bit("execute_fire"),
            branch_redirect: bit("branch_redirect"),
            branch_target: word("branch_redirect_target"),
            writeback_done: bit("writeback_done"),
            writeback_waiting: bit("writeback_waiting"),
            flush: bit("flush"),
            flush_target: word("flush_target"),
            event: bit("retire_or_trap"),
            main_result: word("main_result"),
            branch_result: word("branch_result"),
            main_value: word("main_value"),
            branch_value: word("branch_value"),
            main_early_value: word("main_early_value"),
            load_value: word("main_load_value"),
            main_retire: bit("main_retire"),
            branch_retire: bit("branch_retire"),
            mie: m.wire("mie", U(3)),
            mstatus_mie: bit("mstatus_mie"),
            wakeup: bit("wakeup"),
            operand_wait: (config.hpm_counters > 0).then(|| bit("operand_wait")),
            user: config.user_mode.then(|| UserControl::wires(m, config)),
            counter_enable: limits_counters.then(|| word("counter_enable")),
            protection: (config.pmp_regions > 0).then(|| m.wire("protection", U(protected))),
            atomic: config.atomics.then(|| AtomicControl::wires(m)),
        }
    }
}
