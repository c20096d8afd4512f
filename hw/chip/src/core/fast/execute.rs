//! Execute of both lanes, up to the registers before writeback.

use systole_hdl::prelude::*;

use super::access::{DataAccess, data_access};
use super::pipeline::{
    AccessTrace, BranchCompletion, IssueTrace, MainCompletion, Stages, ValueTrace,
};
use crate::core::alu::alu;
use crate::core::bitmanip::bitmanip;
use crate::core::branch::branch;
use crate::core::count::count;
use crate::core::divide::divide;
use crate::core::encoding::{bit_op, cause, csr};
use crate::core::load_select::{LoadLanes, load_lanes};
use crate::core::multiply::multiply_pipelined;
use crate::core::trap::{Trap, execute_trap};

/// Builds execute inside `core`; returns the results of units of the main lane that finish in
/// writeback, each with what says there that it is one.
pub fn build(m: M, stages: &Stages) -> Vec<(Signal, Signal)> {
    let late = main_lane(m, stages);
    branch_lane(m, stages);
    late
}

fn main_lane(m: M, stages: &Stages) -> Vec<(Signal, Signal)> {
    let control = &stages.control;
    let main = &stages.main;
    m.section("Execute, main lane: arithmetic");
    let computed = arithmetic(m, stages);
    let units = units(m, stages);
    let access = data_access(m, stages);

    m.section("Execute, main lane: traps");
    let carried = &main.trap;
    let trap = m
        .instance("trap_at_execute", &execute_trap())
        .pin("carried_valid", carried.valid)
        .pin("carried_interrupt", carried.is_interrupt)
        .pin("carried_code", carried.code)
        .pin("target_misaligned", lit(0, Bit))
        .pin("access_misaligned", access.misaligned)
        .pin("access_denied", access.denied)
        .pin("only_reads", main.work.is_load);

    m.section("Both lanes move on together");
    let execute_valid = (main.valid | stages.branch.valid).named("execute_occupied");
    let units_wait = units.as_ref().map_or(access.wait, |units| access.wait | units.wait);
    let complete = (!units_wait & !control.writeback_waiting).named("execute_complete");
    control.execute_fire.drive(execute_valid & complete);

    m.section("Main lane to writeback");
    let computed = match &units {
        Some(units) => units.is_divide.mux(units.quotient, computed),
        None => computed,
    };
    let sc_result = access.sc_failed.map(|failed| failed.ext(32));
    control.main_result.drive(sc_result.map_or(computed, |failed| computed | failed));
    main_to_writeback(m, stages, &access, Trap::of(&trap));
    let product = stages.main_done.completion.is_multiply.zip(units.map(|units| units.product));
    product.into_iter().chain(count_bits(m, stages)).collect()
}

/// Starts counting zeros or ones, if there is Zbb; the result is there in writeback.
fn count_bits(m: M, stages: &Stages) -> Option<(Signal, Signal)> {
    let main = &stages.main;
    let (counts, is_count) =
        main.work.counts_bits(&stages.config).zip(stages.main_done.completion.is_count)?;
    let unit = m
        .instance("count", &count())
        .pin("start", stages.control.execute_fire & counts)
        .pin("op", main.work.bit_op?.bits(bit_op::CPOP, bit_op::CLZ))
        .pin("a", main.a);
    Some((is_count, unit.out("result").ext(32)))
}

/// What the ALU and the bit manipulation unit give.
fn arithmetic(m: M, stages: &Stages) -> Signal {
    let (main, config) = (&stages.main, &stages.config);
    let alu =
        main.alu.pin(m.instance("alu", &alu(config, false)).pin("a", main.a).pin("b", main.b));
    alu.unused("sum").unused("is_equal");
    let result = alu.out("result");
    let Some(op) = main.work.bit_op else {
        alu.unused("is_less");
        return result;
    };
    let unit = m
        .instance("bits", &bitmanip(config, false))
        .pin("op", op)
        .pin("a", main.a)
        .pin("b", main.b);
    if !config.zbb {
        alu.unused("is_less");
        return result | unit.out("result");
    }
    unit.pin("is_less", alu.out("is_less"));
    result | unit.out("result") | unit.out("extreme")
}

/// What multiplier and divider give.
struct Units {
    is_divide: Signal,
    quotient: Signal,
    /// The divider has not finished.
    wait: Signal,
    /// In writeback.
    product: Signal,
}

fn units(m: M, stages: &Stages) -> Option<Units> {
    let (control, main) = (&stages.control, &stages.main);
    let (is_multiply, is_divide) = (main.work.is_multiply?, main.work.is_divide?);
    m.section("Execute, main lane: multiplication and division");
    let pin_operands = |unit: Instance| {
        unit.pin("operation", main.work.funct3.bits(1, 0)).pin("a", main.a).pin("b", main.b)
    };
    let request = (main.valid & is_divide).named("divide_request");
    let divide = pin_operands(m.instance("divide", &divide(true)))
        .pin("request", request)
        .pin("take", control.execute_fire & is_divide)
        .pin("cancel", control.flush);
    let multiply = pin_operands(m.instance("multiply", &multiply_pipelined()))
        .pin("start", control.execute_fire & is_multiply);
    Some(Units {
        is_divide,
        quotient: divide.out("result"),
        wait: (request & !divide.out("done")).named("divide_wait"),
        product: multiply.out("result"),
    })
}

/// Writes of these have an effect on what is already fetched.
fn refetches(stages: &Stages) -> Signal {
    let work = &stages.main.work;
    if stages.config.pmp_regions == 0 {
        return work.is_fence_i;
    }
    let group = work.csr_number.bits(11, 5).eq(csr::PMPCFG0 >> 5);
    work.is_fence_i | (work.csr_writes & group)
}

/// `mtval` of a trap that was known at issue: the instruction, its address, or that of the half
/// that could not be fetched; 0 for ECALL.
fn carried_trap_value(stages: &Stages) -> Signal {
    let main = &stages.main;
    let is = |code: u64| main.trap.code.eq(code);
    let shows_pc = (is(cause::INSTRUCTION_FAULT) | is(cause::BREAKPOINT)).named("shows_pc");
    let offset = main.fault_second.map(|second| cat(&[second, lit(0, Bit)]).ext(32));
    let place = offset.map_or(main.pc, |offset| main.pc + offset).named("fault_pc");
    let shows_instruction = is(cause::ILLEGAL_INSTRUCTION).named("shows_instruction");
    one_hot_select(&[(shows_pc, place), (shows_instruction, main.instruction)])
}

/// The registers of the main lane before writeback.
fn main_to_writeback(m: M, stages: &Stages, access: &DataAccess, trap: Trap) {
    let (control, main, done) = (&stages.control, &stages.main, &stages.main_done);
    let work = &main.work;
    let stores = access.sc_failed.map_or(work.is_store, |failed| work.is_store & !failed);
    let completion = MainCompletion {
        pc: main.pc,
        compressed: main.compressed,
        rd: work.rd,
        result: control.main_result,
        address: main.trap.valid.mux(carried_trap_value(stages), access.address),
        accesses: access.asks,
        funct3: work.funct3,
        is_load: work.is_load,
        is_store: stores,
        is_lr: work.is_lr,
        is_sc: work.is_sc,
        is_amo: work.is_amo,
        funct5: work.funct5,
        operand: work.is_amo.map(|_| main.store_value),
        is_multiply: work.is_multiply,
        is_count: work.counts_bits(&stages.config),
        is_divide: work.is_divide,
        is_csr: work.is_csr,
        csr_writes: work.csr_writes,
        csr_number: work.csr_number,
        is_mret: work.is_mret,
        is_wfi: work.is_wfi,
        refetches: refetches(stages),
        system: main.system,
    };
    let lanes = m
        .instance("load_lanes", &load_lanes())
        .pin("is_load", work.is_load)
        .pin("funct3", work.funct3)
        .pin("offset", access.address.bits(1, 0));
    let lanes = LoadLanes::of(&lanes);
    let access_trace = AccessTrace { lanes: access.lanes, store_word: stages.dbus.req_wdata };
    m.clocked(|| {
        when(control.execute_fire, || {
            done.completion.set(&completion);
            done.lanes.set(&lanes);
            done.trap.set(&trap);
            if let (Some((issue, values, access)), Some(trace)) = (&done.trace, &main.trace) {
                issue.set(trace);
                values.set(&value_trace(trace, main.a, main.store_value));
                access.set(&access_trace);
            }
        });
        // What is flushed moves on, but is not valid.
        when(control.execute_fire, || done.valid.set(main.valid & !control.flush))
            .or_when(control.writeback_done, || done.valid.set(0));
    });
}

fn branch_lane(m: M, stages: &Stages) {
    let control = &stages.control;
    let lane = &stages.branch;
    let work = &lane.work;
    m.section("Execute, branch lane: arithmetic");
    let alu =
        m.instance("simple_alu", &alu(&stages.config, false)).pin("a", lane.a).pin("b", lane.b);
    let alu = lane.alu.pin(alu);
    alu.unused("sum").unused("is_equal").unused("is_less");
    control.branch_result.drive(work.is_jump.mux(work.link, alu.out("result")));

    m.section("Execute, branch lane: jumps and branches");
    let base = work.is_jalr.mux(lane.a, work.pc).named("target_base");
    let address = (base + work.offset).named("target_address");
    let target = cat(&[address.bits(31, 1), lit(0, Bit)]).named("target");
    let condition = m
        .instance("condition", &branch())
        .pin("funct3", work.funct3)
        .pin("rs1_value", lane.a)
        .pin("rs2_value", lane.b);
    let taken = (work.is_jump | (work.is_branch & condition.out("taken"))).named("taken");
    let misaligned = match stages.config.compressed {
        true => lit(0, Bit),
        false => taken & target.bit(1),
    };
    let is_control = (work.is_branch | work.is_jump).named("is_control");
    let surprise = (is_control & (taken ^ lane.prediction.taken)).named("surprise");
    // What goes to a misaligned target traps in writeback, wherever fetch is.
    control.branch_redirect.drive(control.execute_fire & lane.valid & surprise);
    control.branch_target.drive(taken.mux(target, work.link));

    m.section("Branch lane to writeback");
    let completion = BranchCompletion {
        pc: work.pc,
        link: work.link,
        rd: work.rd,
        result: control.branch_result,
        is_control,
        is_branch: work.is_branch,
        taken,
        target,
        misaligned,
        is_call: work.is_call,
        is_return: work.is_return,
    };
    let done = &stages.branch_done;
    m.clocked(|| {
        when(control.execute_fire, || {
            done.completion.set(&completion);
            done.prediction.set(&lane.prediction);
            if let (Some((issue, values)), Some(trace)) = (&done.trace, &lane.trace) {
                issue.set(trace);
                values.set(&value_trace(trace, lane.a, lane.b));
            }
        });
        when(control.execute_fire, || done.valid.set(lane.valid & !control.flush))
            .or_when(control.writeback_done, || done.valid.set(0));
    });
}

/// The operands as the retire port shows them: 0 for what was not read.
fn value_trace(trace: &IssueTrace, rs1_value: Signal, rs2_value: Signal) -> ValueTrace {
    ValueTrace {
        rs1_value: rs1_value & trace.rs1.any().repeat(32),
        rs2_value: rs2_value & trace.rs2.any().repeat(32),
    }
}
