//! The core: four stages and what connects them.
//!
//! ```text
//!  ibus -> fetch --> decode ---> execute ---> writeback -> registers, CSRs, retire port
//!            ^        |  ^          |  |          |
//!            |        |  +--forward-+--|----------+
//!            +--------+-----redirect---+----------+
//! ```
//!
//! - **Fetch** asks ahead, queues, finds instructions in the words, expands compressed ones and
//!   hands one to decode. The registers that it names are read at the same clock edge.
//! - **Decode** decodes, takes newer values of the operands from execute and writeback, and
//!   computes the target of jumps and branches. Jumps, and branches backwards, redirect fetch
//!   here. Interrupts enter here, in place of an instruction and only when everything older has
//!   completed.
//! - **Execute** computes, redirects fetch for branches that went the other way and for indirect
//!   jumps, and starts data accesses. An access starts only when the instruction in writeback
//!   completes without a trap or is gone, so it is never speculative and at most one is under way.
//! - **Writeback** waits for the bus, finishes AMOs, takes traps, accesses CSRs and retires.

use systole_hdl::prelude::*;

use super::predictor::Outcome;
use super::{stage_decode, stage_execute, stage_fetch, stage_writeback};
use crate::config::{CoreConfig, Multiplier};
use crate::core::atomic::AtomicControl;
use crate::core::data_bus::DataBus;
use crate::core::decode::Operation;
use crate::core::encoding::bit_op;
use crate::core::load_select::LoadLanes;
use crate::core::privilege::UserControl;
use crate::core::record::record;
use crate::core::trap::Trap;

/// The core with the compact pipeline.
pub fn core(config: &CoreConfig, rvfi: bool) -> Module {
    module("core", |m| {
        m.doc(format!("{}: fetch, decode, execute, writeback.", config.isa()));
        let pipeline = Pipeline {
            m,
            config: config.clone(),
            dbus: DataBus::ports(m),
            control: Control::wires(m, config),
            decode: DecodeStage::registers(m, config, rvfi),
            execute: ExecuteStage::registers(m, config, rvfi),
            writeback: WritebackStage::registers(m, config, rvfi),
        };
        let registers = stage_fetch::build(&pipeline);
        let interrupts = stage_decode::build(&pipeline, registers);
        let late = stage_execute::build(&pipeline);
        stage_writeback::build(&pipeline, interrupts, &late);
    })
}

/// What all stages see.
pub struct Pipeline {
    pub m: M,
    pub config: CoreConfig,
    pub dbus: DataBus,
    pub control: Control,
    pub decode: DecodeStage,
    pub execute: ExecuteStage,
    pub writeback: WritebackStage,
}

record! {
    /// An instruction as fetch hands it to decode.
    pub Fetched(config) {
        /// Its address; of a fetch that failed in the second half, see `next_pc`.
        pc: U(32);
        /// The instruction, expanded; no instruction at all if it could not be fetched.
        instruction: U(32);
        /// Address of the instruction behind, or of the second half if that could not be fetched.
        next_pc: U(32);
        /// It may read rs1.
        rs1_read: Bit;
        /// It may read rs2.
        rs2_read: Bit;
        /// Fetch followed a forecast.
        followed: Bit, if config.branch_targets > 0;
        /// If it is a branch, the upper bit says that it is predicted taken.
        counter: U(2), if config.branch_targets > 0;
        /// It could not be fetched.
        fault: Bit;
        /// And only for its second half.
        fault_second: Bit, if config.compressed;
        /// It is compressed.
        compressed: Bit, if config.compressed && config.hpm_counters > 0;
    }
}

record! {
    /// What writeback needs of an instruction, beside its trap.
    pub Completion(config) {
        /// Its address.
        pc: U(32);
        /// Destination; 0 for none.
        rd: U(5);
        /// Result known in execute; of a CSR instruction or FENCE.I the pc behind it; `mtval` of
        /// a trap that is not about `address`.
        result: U(32);
        /// Address of the access or jump, or the operand of a CSR instruction.
        address: U(32);
        /// `mtval` is `address`.
        traps_on_address: Bit;
        /// Access size, or CSR operation.
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
        /// Result comes from the pipelined multiplier.
        is_multiply: Bit, if config.multiplier == Multiplier::Fast;
        /// Result comes from the counter of zeros and ones.
        is_count: Bit, if config.zbb;
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
    }
}

record! {
    /// What is counted of an instruction that retires, beside what [`Completion`] tells.
    pub Counted {
        /// Compressed.
        compressed: Bit;
        /// Conditional branch.
        is_branch: Bit;
        /// One that is taken.
        is_taken: Bit;
        /// JAL or JALR.
        is_jump: Bit;
        /// Multiplication or division.
        is_muldiv: Bit;
    }
}

record! {
    /// What the retire port needs of an instruction that decode knows.
    pub DecodeTrace {
        /// The word, or the halfword of a compressed instruction.
        instruction: U(32);
        /// First source; 0 for none.
        rs1: U(5);
        /// Second source; 0 for none.
        rs2: U(5);
    }
}

record! {
    /// Where an instruction that decode knows may lead to, for the retire port.
    pub PathTrace {
        /// Address of the instruction behind.
        sequential_pc: U(32);
        /// Target of a jump or branch.
        target: U(32);
    }
}

record! {
    /// What the retire port needs of an instruction that execute knows.
    pub ExecuteTrace {
        /// First operand.
        rs1_value: U(32);
        /// Second operand.
        rs2_value: U(32);
        /// Address of the next instruction, if this one does not trap.
        pc_next: U(32);
        /// Bytes accessed.
        lanes: U(4);
        /// Store data in its lanes.
        store_word: U(32);
    }
}

/// Registers between fetch and decode.
pub struct DecodeStage {
    pub valid: Signal,
    pub fetched: Fetched,
    /// The word, or the halfword of a compressed instruction, for the retire port.
    pub raw: Option<Signal>,
}

impl DecodeStage {
    fn registers(m: M, config: &CoreConfig, rvfi: bool) -> Self {
        m.section("Registers between fetch and decode");
        Self {
            valid: m.reg("decode_valid", Bit).reset(0),
            fetched: Fetched::registers(m, config, "decode"),
            raw: rvfi.then(|| m.reg("decode_trace_instruction", U(32))),
        }
    }
}

/// Registers between decode and execute.
pub struct ExecuteStage {
    pub valid: Signal,
    pub pc: Signal,
    pub rs1_value: Signal,
    /// rs2, or of an instruction that does not read it the immediate; complemented where the ALU
    /// asks for it.
    pub operand_b: Signal,
    /// Where a branch that is not as predicted goes; the link of a jump, the result of AUIPC, the
    /// pc behind a CSR instruction or FENCE.I; `mtval` of a trap known in decode.
    pub alternative: Signal,
    /// It is the result.
    pub takes_alternative: Signal,
    /// A jump or branch that was taken ahead, by the predictor or in decode.
    pub predicted: Signal,
    /// It does nothing in execute: it carries a trap, or is `misled`.
    pub inert: Signal,
    /// Fetch followed a forecast for what is no direct jump or branch: it is fetched anew.
    pub misled: Option<Signal>,
    /// Fetch followed a forecast, and was at its target.
    pub followed: Option<(Signal, Signal)>,
    /// The counter that was forecast, and the word of the target.
    pub forecast: Option<(Signal, Signal)>,
    /// Its destination is not x0.
    pub writes: Signal,
    pub operation: Operation,
    pub trap: Trap,
    pub compressed: Option<Signal>,
    pub trace: Option<(DecodeTrace, PathTrace)>,
}

impl ExecuteStage {
    fn registers(m: M, config: &CoreConfig, rvfi: bool) -> Self {
        m.section("Registers between decode and execute");
        Self {
            valid: m.reg("execute_valid", Bit).reset(0),
            pc: m.reg("execute_pc", U(32)),
            rs1_value: m.reg("execute_rs1_value", U(32)),
            operand_b: m.reg("execute_operand_b", U(32)),
            alternative: m.reg("execute_alternative", U(32)),
            takes_alternative: m.reg("execute_takes_alternative", Bit),
            predicted: m.reg("execute_predicted", Bit),
            inert: m.reg("execute_inert", Bit),
            misled: predicts(config).then(|| m.reg("execute_misled", Bit)),
            followed: predicts(config)
                .then(|| (m.reg("execute_followed", Bit), m.reg("execute_arrived", Bit))),
            forecast: predicts(config)
                .then(|| (m.reg("execute_counter", U(2)), m.reg("execute_target", U(30)))),
            writes: m.reg("execute_writes", Bit),
            operation: {
                let operation = Operation::registers(m, config, "execute");
                // Its result is the alternative.
                operation.operand_a_pc.unused();
                // Decode has chosen.
                operation.operand_b_immediate.unused();
                operation
            },
            trap: Trap::registers(m, "execute_trap"),
            compressed: counts_compressed(config).then(|| m.reg("execute_compressed", Bit)),
            trace: rvfi.then(|| {
                let decode = DecodeTrace::registers(m, "execute_trace");
                (decode, PathTrace::registers(m, "execute_trace"))
            }),
        }
    }
}

/// There is a predictor.
pub fn predicts(config: &CoreConfig) -> bool {
    config.branch_targets > 0
}

/// Compressed instructions are counted.
pub fn counts_compressed(config: &CoreConfig) -> bool {
    config.compressed && config.hpm_counters > 0
}

/// Registers between execute and writeback.
pub struct WritebackStage {
    pub valid: Signal,
    /// Its destination is not x0.
    pub writes: Signal,
    pub completion: Completion,
    pub lanes: LoadLanes,
    pub trap: Trap,
    pub outcome: Option<Outcome>,
    pub counted: Option<Counted>,
    pub trace: Option<(DecodeTrace, ExecuteTrace)>,
}

impl WritebackStage {
    fn registers(m: M, config: &CoreConfig, rvfi: bool) -> Self {
        m.section("Registers between execute and writeback");
        Self {
            valid: m.reg("writeback_valid", Bit).reset(0),
            writes: m.reg("writeback_writes", Bit),
            completion: Completion::registers(m, config, "writeback"),
            lanes: LoadLanes::registers(m, "writeback_load"),
            outcome: predicts(config).then(|| Outcome::registers(m, "writeback_outcome")),
            trap: Trap::registers(m, "writeback_trap"),
            counted: (config.hpm_counters > 0).then(|| Counted::registers(m, "writeback")),
            trace: rvfi.then(|| {
                let decode = DecodeTrace::registers(m, "writeback_trace");
                (decode, ExecuteTrace::registers(m, "writeback_trace"))
            }),
        }
    }
}

/// Signals between the stages that are used before they are driven.
pub struct Control {
    /// Decode can hand over, if there is something that is not dropped: its registers may change.
    pub decode_moves: Signal,
    /// The instruction in decode, or an interrupt, enters execute.
    pub decode_fire: Signal,
    /// Fetch goes on at the target of a jump or branch that decode takes.
    pub decode_redirect: Signal,
    pub decode_target: Signal,
    /// The instruction in execute enters writeback.
    pub execute_fire: Signal,
    /// Fetch goes on elsewhere for an indirect jump in execute.
    pub indirect_redirect: Signal,
    pub indirect_target: Signal,
    /// And for a branch that goes the other way, to its alternative. Known late in the cycle.
    pub branch_redirect: Signal,
    /// Either.
    pub execute_redirect: Signal,
    /// The instruction in writeback completes.
    pub writeback_done: Signal,
    /// It still waits.
    pub writeback_waiting: Signal,
    /// Everything behind writeback is flushed.
    pub flush: Signal,
    pub flush_target: Signal,
    /// An instruction retires or traps; interrupts entering do not count.
    pub event: Signal,
    /// Result as execute knows it.
    pub execute_result: Signal,
    /// Final value of the destination, from writeback.
    pub writeback_value: Signal,
    /// Result of a unit that finishes in writeback, or 0.
    pub unit_result: Signal,
    /// The destination is written in this cycle.
    pub rd_write: Signal,
    /// Interrupt enables of the CSRs: `{MEIE, MTIE, MSIE}` and `mstatus.MIE`.
    pub mie: Signal,
    pub mstatus_mie: Signal,
    /// An interrupt that ends a WFI is pending.
    pub wakeup: Signal,
    /// An instruction retires.
    pub retire: Signal,
    /// Where fetch is: behind what is in decode. For the verification of forecasts.
    pub pc_behind: Option<Signal>,
    /// In the fetch and decode stages, for event counters.
    pub operand_wait: Option<Signal>,
    pub user: Option<UserControl>,
    pub counter_enable: Option<Signal>,
    /// Packed configuration of the PMP.
    pub protection: Option<Signal>,
    /// AMOs and the reservation.
    pub atomic: Option<AtomicControl>,
}

impl Control {
    fn wires(m: M, config: &CoreConfig) -> Self {
        m.section("Control");
        let bit = |name: &str| m.wire(name, Bit);
        let word = |name: &str| m.wire(name, U(32));
        let protection = crate::core::pmp::configuration_width(config.pmp_regions);
        let enables = config.user_mode && (config.zicntr || config.hpm_counters > 0);
        Self {
            decode_moves: bit("decode_moves"),
            decode_fire: bit("decode_fire"),
            decode_redirect: bit("decode_redirect"),
            decode_target: word("decode_target"),
            execute_fire: bit("execute_fire"),
            indirect_redirect: bit("indirect_redirect"),
            indirect_target: word("indirect_target"),
            branch_redirect: bit("branch_redirect"),
            execute_redirect: bit("execute_redirect"),
            writeback_done: bit("writeback_done"),
            writeback_waiting: bit("writeback_waiting"),
            flush: bit("flush"),
            flush_target: word("flush_target"),
            event: bit("retire_or_trap"),
            execute_result: word("execute_result"),
            writeback_value: word("writeback_value"),
            unit_result: word("unit_result"),
            rd_write: bit("rd_write"),
            mie: m.wire("mie", U(3)),
            mstatus_mie: bit("mstatus_mie"),
            wakeup: bit("wakeup"),
            retire: bit("retire"),
            pc_behind: predicts(config).then(|| word("pc_behind_decode")),
            operand_wait: (config.hpm_counters > 0).then(|| bit("operand_wait")),
            user: config.user_mode.then(|| UserControl::wires(m, config)),
            counter_enable: enables.then(|| word("counter_enable")),
            protection: (config.pmp_regions > 0).then(|| m.wire("protection", U(protection))),
            atomic: config.atomics.then(|| AtomicControl::wires(m)),
        }
    }
}

/// Whether an operation in execute is one of [`count`](crate::core::count::count).
pub fn counts_bits(config: &CoreConfig, operation: &Operation) -> Option<Signal> {
    let op = operation.bit_op.filter(|_| config.zbb)?;
    Some(op.bits(bit_op::CPOP, bit_op::CLZ).any())
}

/// Whether an operation in execute is MIN or MAX.
pub fn is_extreme(config: &CoreConfig, operation: &Operation) -> Option<Signal> {
    let op = operation.bit_op.filter(|_| config.zbb)?;
    Some(op.bits(bit_op::MAX, bit_op::MIN).any())
}
