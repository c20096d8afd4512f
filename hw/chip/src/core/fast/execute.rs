//! Execute of both lanes, up to the registers before writeback.

use systole_hdl::prelude::*;

use super::load_select::{LoadLanes, load_lanes};
use super::pipeline::{
    AccessTrace, BranchCompletion, DataBus, IssueTrace, MainCompletion, Stages, ValueTrace,
};
use crate::core::compact::old::alu::alu;
use crate::core::compact::old::branch::branch;
use crate::core::compact::old::divide::divide;
use crate::core::compact::old::multiply::multiply_pipelined;
use crate::core::compact::old::store_align::store_align;
use crate::core::compact::old::trap::{Trap, execute_trap};

/// Builds execute inside `core`; returns the product that the multiplier hands to writeback.
pub fn build(m: M, dbus: &DataBus, stages: &Stages) -> Signal {
    let product = main_lane(m, dbus, stages);
    branch_lane(m, stages);
    product
}

fn main_lane(m: M, dbus: &DataBus, stages: &Stages) -> Signal {
    let control = &stages.control;
    let main = &stages.main;
    let operation = &main.work;
    m.section("Execute, main lane: arithmetic");
    let alu =
        m.instance("alu", &alu()).pin("op", operation.alu_op).pin("a", main.a).pin("b", main.b);
    let divide_request = (main.valid & operation.is_divide).named("divide_request");
    let divide = m
        .instance("divide", &divide())
        .pin("operation", operation.funct3.bits(1, 0))
        .pin("a", main.a)
        .pin("b", main.b)
        .pin("request", divide_request)
        .pin("take", control.execute_fire & operation.is_divide)
        .pin("cancel", control.flush);
    let divide_wait = (divide_request & !divide.out("done")).named("divide_wait");
    let multiply = m
        .instance("multiply", &multiply_pipelined())
        .pin("operation", operation.funct3.bits(1, 0))
        .pin("a", main.a)
        .pin("b", main.b)
        .pin("start", control.execute_fire & operation.is_multiply);

    m.section("Execute, main lane: data access");
    let address = (main.a + main.b).named("access_address");
    let store = m
        .instance("store", &store_align())
        .pin("is_store", operation.is_store)
        .pin("size", operation.funct3.bits(1, 0))
        .pin("offset", address.bits(1, 0))
        .pin("value", main.store_value);
    let misaligned = store.out("misaligned");
    let is_access = (operation.is_load | operation.is_store).named("is_access");
    let access = (main.valid & is_access & !misaligned).named("main_access");
    // Nothing older can trap or redirect any more.
    let older_done = (!control.writeback_waiting & !control.flush).named("older_done");
    let req_valid = (access & older_done).named("access_valid");
    dbus.req_valid.drive(req_valid);
    dbus.req_address.drive(cat(&[address.bits(31, 2), lit(0, U(2))]));
    dbus.req_write.drive(operation.is_store);
    dbus.req_wdata.drive(store.out("wdata"));
    dbus.req_wstrb.drive(store.out("wstrb"));
    dbus.req_partial.drive(!store.out("lanes").all());
    let access_wait = (access & !(older_done & dbus.req_ready)).named("access_wait");
    m.cover("access_waits_for_bus", req_valid & !dbus.req_ready);

    m.section("Execute, main lane: traps");
    let carried = &main.trap;
    let trap = m
        .instance("trap_at_execute", &execute_trap())
        .pin("carried_valid", carried.valid)
        .pin("carried_interrupt", carried.is_interrupt)
        .pin("carried_code", carried.code)
        .pin("carried_value", carried.value)
        .pin("target_misaligned", lit(0, Bit))
        .pin("target", lit(0, U(32)))
        .pin("access_misaligned", misaligned)
        .pin("is_load", operation.is_load)
        .pin("is_store", operation.is_store)
        .pin("address", address);
    let trap = Trap::of(&trap);

    m.section("Both lanes move on together");
    let execute_valid = (main.valid | stages.branch.valid).named("execute_occupied");
    let complete = (!access_wait & !divide_wait).named("execute_complete");
    control.execute_fire.drive(execute_valid & complete & older_done);

    m.section("Main lane to writeback");
    control.main_result.drive(operation.is_divide.mux(divide.out("result"), alu.out("result")));
    let completion = MainCompletion {
        pc: main.pc,
        compressed: main.compressed,
        rd: operation.rd,
        result: control.main_result & (!operation.is_load).repeat(32),
        funct3: operation.funct3,
        is_load: operation.is_load,
        is_store: operation.is_store,
        is_multiply: operation.is_multiply,
        is_csr: operation.is_csr,
        csr_writes: operation.csr_writes,
        csr_number: operation.csr_number,
        is_mret: operation.is_mret,
        is_fence_i: operation.is_fence_i,
        system: main.system,
    };
    let lanes = m
        .instance("load_lanes", &load_lanes())
        .pin("is_load", operation.is_load)
        .pin("funct3", operation.funct3)
        .pin("offset", address.bits(1, 0));
    let lanes = LoadLanes::of(&lanes);
    let done = &stages.main_done;
    let access_trace = AccessTrace { lanes: store.out("lanes"), store_word: dbus.req_wdata };
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
        when(control.execute_fire, || done.valid.set(main.valid))
            .or_when(control.writeback_done, || done.valid.set(0));
    });
    multiply.out("result")
}

fn branch_lane(m: M, stages: &Stages) {
    let control = &stages.control;
    let lane = &stages.branch;
    let work = &lane.work;
    m.section("Execute, branch lane: arithmetic");
    let alu =
        m.instance("branch_alu", &alu()).pin("op", work.alu_op).pin("a", lane.a).pin("b", lane.b);
    control.branch_result.drive(work.is_jump.mux(work.link, alu.out("result")));

    m.section("Execute, branch lane: jumps and branches");
    let base = work.is_jalr.mux(lane.a, work.pc).named("target_base");
    let address = (base + work.offset).named("target_address");
    let branch = m
        .instance("branch", &branch())
        .pin("is_branch", work.is_branch)
        .pin("is_jump", work.is_jump)
        .pin("funct3", work.funct3)
        .pin("rs1_value", lane.a)
        .pin("rs2_value", lane.b)
        .pin("address", address);
    let (taken, target) = (branch.out("taken"), branch.out("target"));
    let misaligned = branch.out("misaligned");
    let is_control = (work.is_branch | work.is_jump).named("is_control");
    let surprise = (is_control & (taken ^ lane.prediction.taken)).named("surprise");
    let surprised = control.execute_fire & lane.valid & surprise;
    // What goes to a misaligned target traps in writeback, wherever fetch is.
    control.branch_redirect.drive(surprised);
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
        when(control.execute_fire, || done.valid.set(lane.valid))
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
