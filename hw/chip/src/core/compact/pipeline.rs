//! The core: four stages and what connects them.
//!
//! ```text
//!  ibus -> fetch -> decode ---> execute ---> writeback -> registers, CSRs, retire port
//!             ^       ^           |  |           |
//!             |       +-forward---+--|-----------+
//!             +--------redirect------+           |
//!             +--------redirect------------------+
//! ```
//!
//! - **Fetch** asks ahead and queues; its head is the instruction in decode.
//! - **Decode** reads the registers and takes newer values from execute and writeback. Interrupts
//!   enter here, in place of an instruction and only when everything older has completed.
//! - **Execute** computes, redirects fetch for branches, and starts data accesses. An access
//!   starts only when the instruction in writeback completes without a trap or is gone, so it is
//!   never speculative and at most one is under way.
//! - **Writeback** waits for the bus, takes traps, accesses CSRs and retires.

use systole_hdl::prelude::*;

use super::old::decode::Operation;
use super::old::record::record;
use super::old::trap::Trap;
use super::{stage_decode, stage_execute, stage_writeback};
use crate::config::{CoreConfig, Multiplier};

/// The core with the compact pipeline.
pub fn core(config: &CoreConfig, rvfi: bool) -> Module {
    module("core", |m| {
        m.doc("RV32IM_Zicsr_Zifencei, machine mode: fetch, decode, execute, writeback.");
        let dbus = DataBus::ports(m);
        let control = Control::wires(m);
        let execute = ExecuteStage::registers(m, rvfi);
        let writeback = WritebackStage::registers(m, config.multiplier == Multiplier::Fast, rvfi);
        let interrupts = stage_decode::build(m, config, &control, &execute, &writeback);
        let multiply = stage_execute::build(m, config, &dbus, &control, &execute, &writeback);
        stage_writeback::build(m, &dbus, &control, &writeback, interrupts, multiply);
    })
}

record! {
    /// What writeback needs of an instruction, beside its trap.
    pub Completion {
        /// Its address.
        pc: U(32),
        /// Destination; 0 for none.
        rd: U(5),
        /// Result known in execute, or the operand of a CSR instruction.
        result: U(32),
        /// Access size, or CSR operation.
        funct3: U(3),
        /// Load.
        is_load: Bit,
        /// Store.
        is_store: Bit,
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

record! {
    /// What the retire port needs of an instruction that decode knows.
    pub DecodeTrace {
        /// The word.
        instruction: U(32),
        /// First source; 0 for none.
        rs1: U(5),
        /// Second source; 0 for none.
        rs2: U(5),
    }
}

record! {
    /// What the retire port needs of an instruction that execute knows.
    pub ExecuteTrace {
        /// First operand.
        rs1_value: U(32),
        /// Second operand.
        rs2_value: U(32),
        /// Address of the next instruction, if this one does not trap.
        pc_next: U(32),
        /// Bytes accessed.
        lanes: U(4),
        /// Store data in its lanes.
        store_word: U(32),
    }
}

/// The data port.
pub struct DataBus {
    pub req_valid: Signal,
    pub req_ready: Signal,
    pub req_address: Signal,
    pub req_write: Signal,
    pub req_wdata: Signal,
    pub req_wstrb: Signal,
    /// A load or store of less than a word, which devices refuse; stays inside the chip.
    pub req_partial: Signal,
    pub rsp_valid: Signal,
    pub rsp_rdata: Signal,
    pub rsp_error: Signal,
}

impl DataBus {
    pub fn ports(m: M) -> Self {
        Self {
            req_valid: m.output_wire("dbus_req_valid", Bit),
            req_ready: m.input("dbus_req_ready", Bit),
            req_address: m.output_wire("dbus_req_address", U(32)),
            req_write: m.output_wire("dbus_req_write", Bit),
            req_wdata: m.output_wire("dbus_req_wdata", U(32)),
            req_wstrb: m.output_wire("dbus_req_wstrb", U(4)),
            req_partial: m.output_wire("dbus_req_partial", Bit),
            rsp_valid: m.input("dbus_rsp_valid", Bit),
            rsp_rdata: m.input("dbus_rsp_rdata", U(32)),
            rsp_error: m.input("dbus_rsp_error", Bit),
        }
    }
}

/// Registers between decode and execute.
pub struct ExecuteStage {
    pub valid: Signal,
    pub pc: Signal,
    pub rs1_value: Signal,
    pub rs2_value: Signal,
    pub operation: Operation,
    pub trap: Trap,
    pub trace: Option<DecodeTrace>,
}

impl ExecuteStage {
    fn registers(m: M, rvfi: bool) -> Self {
        m.section("Registers between decode and execute");
        Self {
            valid: m.reg("execute_valid", Bit).reset(0),
            pc: m.reg("execute_pc", U(32)),
            rs1_value: m.reg("execute_rs1_value", U(32)),
            rs2_value: m.reg("execute_rs2_value", U(32)),
            operation: Operation::registers(m, "execute"),
            trap: Trap::registers(m, "execute_trap"),
            trace: rvfi.then(|| DecodeTrace::registers(m, "execute_trace")),
        }
    }
}

/// Registers between execute and writeback.
pub struct WritebackStage {
    pub valid: Signal,
    pub completion: Completion,
    /// Result comes from the pipelined multiplier; only with that.
    pub is_multiply: Option<Signal>,
    pub trap: Trap,
    pub trace: Option<(DecodeTrace, ExecuteTrace)>,
}

impl WritebackStage {
    fn registers(m: M, fast_multiply: bool, rvfi: bool) -> Self {
        m.section("Registers between execute and writeback");
        Self {
            valid: m.reg("writeback_valid", Bit).reset(0),
            completion: Completion::registers(m, "writeback"),
            is_multiply: fast_multiply.then(|| m.reg("writeback_is_multiply", Bit)),
            trap: Trap::registers(m, "writeback_trap"),
            trace: rvfi.then(|| {
                let decode = DecodeTrace::registers(m, "writeback_trace");
                (decode, ExecuteTrace::registers(m, "writeback_trace"))
            }),
        }
    }
}

/// Signals between the stages that are used before they are driven.
pub struct Control {
    /// The instruction in decode, or an interrupt, enters execute.
    pub decode_fire: Signal,
    /// The instruction in execute enters writeback.
    pub execute_fire: Signal,
    /// Fetch goes on elsewhere for a branch.
    pub branch_redirect: Signal,
    pub branch_target: Signal,
    /// The instruction in writeback completes.
    pub writeback_done: Signal,
    /// It still waits for the bus.
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
    /// The destination is written in this cycle.
    pub rd_write: Signal,
    /// Interrupt enables of the CSRs: `{MEIE, MTIE, MSIE}` and `mstatus.MIE`.
    pub mie: Signal,
    pub mstatus_mie: Signal,
}

impl Control {
    fn wires(m: M) -> Self {
        m.section("Control");
        Self {
            decode_fire: m.wire("decode_fire", Bit),
            execute_fire: m.wire("execute_fire", Bit),
            branch_redirect: m.wire("branch_redirect", Bit),
            branch_target: m.wire("redirect_target", U(32)),
            writeback_done: m.wire("writeback_done", Bit),
            writeback_waiting: m.wire("writeback_waiting", Bit),
            flush: m.wire("flush", Bit),
            flush_target: m.wire("flush_target", U(32)),
            event: m.wire("retire_or_trap", Bit),
            execute_result: m.wire("execute_result", U(32)),
            writeback_value: m.wire("writeback_value", U(32)),
            rd_write: m.wire("rd_write", Bit),
            mie: m.wire("mie", U(3)),
            mstatus_mie: m.wire("mstatus_mie", Bit),
        }
    }
}
