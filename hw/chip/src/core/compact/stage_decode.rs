//! Decode, up to the registers before execute.

use systole_hdl::prelude::*;

use super::operands::operands;
use super::pipeline::{DecodeTrace, PathTrace, Pipeline};
use crate::core::csr::csr_access;
use crate::core::decode::{Operation, alu_immediate, decode, pc_offset};
use crate::core::interrupts::interrupt_instance;
use crate::core::trap::{Trap, decode_trap};

/// What the retire port and the CSRs see of the interrupt logic.
#[derive(Clone, Copy)]
pub struct InterruptState {
    /// `{MEIP, MTIP, MSIP}`.
    pub mip: Signal,
    /// The first instruction of a handler is still to come.
    pub entry: Signal,
}

/// Builds decode inside `core`.
pub fn build(p: &Pipeline, registers: Instance) -> InterruptState {
    let (m, control, execute, writeback) = (p.m, &p.control, &p.execute, &p.writeback);
    let (stage, fetched) = (&p.decode, &p.decode.fetched);
    m.section("Interrupts: one enters when everything older has completed");
    let pipeline_empty = (!execute.valid & !writeback.valid).named("pipeline_empty");
    let finished = control.event;
    let interrupts =
        interrupt_instance(m, control.mie, control.mstatus_mie, control.user, finished);
    control.wakeup.drive(interrupts.out("wakeup"));
    let interrupt_pending = interrupts.out("pending");
    let interrupt_select = (interrupt_pending & pipeline_empty).named("interrupt_select");
    let interrupt_wait = (interrupt_pending & !pipeline_empty).named("interrupt_wait");
    interrupts.pin("take", (control.decode_fire & interrupt_select).named("interrupt_take"));

    m.section("Decode");
    let decode = decode_instance(p);
    let operation = Operation::of(&decode, &p.config);
    let (reads_rs1, reads_rs2) = (fetched.rs1_read, fetched.rs2_read);
    let illegal = decode.out("illegal");
    let ebreak = decode.out("ebreak");
    let trap = m
        .instance("trap_at_decode", &decode_trap(p.config.user_mode))
        .pin("interrupt", interrupt_select)
        .pin("interrupt_code", interrupts.out("cause"))
        .pin("instruction_fault", fetched.fault)
        .pin("illegal", illegal)
        .pin("ebreak", ebreak)
        .pin("ecall", decode.out("ecall"));
    if let Some(user) = control.user {
        trap.pin("user", user.user);
    }

    let jump = jumps(p, &operation);
    let alternative = alternative(p, &operation, illegal, &jump);
    let instruction_trap = (fetched.fault | illegal | ebreak).named("instruction_trap");
    let shows_next = operation.is_jump | operation.is_csr | operation.is_fence_i;
    let target_traps = operation.is_branch;
    let takes_alternative = instruction_trap | operation.operand_a_pc | shows_next | target_traps;

    m.section("Operands");
    let immediate = alu_immediate(fetched.instruction);
    let hazard = operands(p, registers, &operation, immediate);
    if let Some(operand_wait) = control.operand_wait {
        operand_wait.drive(stage.valid & hazard.out("operand_wait"));
    } else {
        hazard.unused("operand_wait");
    }

    m.section("To execute");
    let execute_free = (!execute.valid | control.execute_fire).named("execute_free");
    let older_stays = (!control.flush & !control.execute_redirect).named("not_flushed");
    control.decode_moves.drive(execute_free & !hazard.out("stall") & !interrupt_wait);
    control.decode_fire.drive(stage.valid & control.decode_moves & older_stays);
    let trace = execute.trace.as_ref().zip(stage.raw).map(|(registers, raw)| {
        let source = |reads: Signal, high: u32, low: u32| {
            fetched.instruction.bits(high, low) & (reads & !instruction_trap).repeat(5)
        };
        let values = DecodeTrace {
            instruction: raw,
            rs1: source(reads_rs1, 19, 15).named("traced_rs1"),
            rs2: source(reads_rs2, 24, 20).named("traced_rs2"),
        };
        let path = PathTrace { sequential_pc: fetched.next_pc, target: jump.target };
        (registers, values, path)
    });
    let trap = Trap::of(&trap);
    let misled = jump
        .followed
        .map(|(followed, _)| (followed & !jump.predicted & !interrupt_select).named("misled"));
    let inert = misled.map_or(trap.valid, |misled| trap.valid | misled);
    m.clocked(|| {
        when(control.decode_fire, || execute.valid.set(1))
            .or_when(control.execute_fire | control.flush, || execute.valid.set(0));
        when(execute_free, || {
            execute.pc.set(fetched.pc);
            execute.rs1_value.set(hazard.out("rs1_value"));
            execute.operand_b.set(hazard.out("rs2_value"));
            execute.alternative.set(alternative);
            execute.takes_alternative.set(takes_alternative);
            execute.predicted.set(jump.predicted);
            execute.inert.set(inert);
            if let (Some(register), Some(misled)) = (execute.misled, misled) {
                register.set(misled);
            }
            if let (Some(registers), Some((followed, arrived))) = (execute.followed, jump.followed)
            {
                registers.0.set(followed);
                registers.1.set(arrived);
            }
            if let (Some((counter, target)), Some(forecast)) = (execute.forecast, fetched.counter) {
                counter.set(forecast);
                target.set(jump.target.bits(31, 2));
            }
            execute.writes.set(operation.rd.any());
            execute.operation.set(&operation);
            execute.trap.set(&trap);
            if let (Some(compressed), Some(value)) = (execute.compressed, fetched.compressed) {
                compressed.set(value);
            }
            if let Some((registers, values, path)) = &trace {
                registers.0.set(values);
                registers.1.set(path);
            }
        });
    });
    m.cover("interrupt_waits", stage.valid & interrupt_wait);
    InterruptState { mip: interrupts.out("mip"), entry: interrupts.out("entry") }
}

/// The decoder, with what decides about CSR accesses.
fn decode_instance(p: &Pipeline) -> Instance {
    let (m, control) = (p.m, &p.control);
    let decode =
        m.instance("decode", &decode(&p.config)).pin("instruction", p.decode.fetched.instruction);
    let access = m
        .instance("csr_rights", &csr_access(&p.config))
        .pin("number", decode.out("csr_number"))
        .pin("writes", decode.out("csr_writes"));
    if let Some(user) = control.user {
        decode.pin("user", user.user).pin("wait_illegal", user.wait_illegal);
        access.pin("user", user.user);
    }
    if let Some(counter_enable) = control.counter_enable {
        access.pin("counter_enable", counter_enable);
    }
    // Fetch has found out.
    decode.unused("reads_rs1").unused("reads_rs2");
    decode.pin("csr_legal", access.out("legal"))
}

/// Jumps and branches as decode sees them.
struct Jump {
    /// pc + immediate, also of AUIPC.
    target: Signal,
    /// Fetch goes on there.
    predicted: Signal,
    /// Fetch followed a forecast, and is at the target.
    followed: Option<(Signal, Signal)>,
}

/// Takes JAL, and branches that are predicted taken, unless fetch has done so: once, even if the
/// instruction has to stay in decode. Without a predictor these are the branches backwards.
fn jumps(p: &Pipeline, operation: &Operation) -> Jump {
    let (m, control, stage) = (p.m, &p.control, &p.decode);
    m.section("Jumps and branches");
    let offset = pc_offset(stage.fetched.instruction);
    let target = (stage.fetched.pc + offset).named("jump_target");
    let is_jal = (operation.is_jump & !operation.address_from_rs1).named("is_jal");
    let backwards = stage.fetched.instruction.bit(31);
    let branch_taken = match (stage.fetched.counter, stage.fetched.followed) {
        (Some(counter), Some(followed)) => counter.bit(1) | followed,
        _ => backwards,
    };
    let forecast_taken = (is_jal | (operation.is_branch & branch_taken)).named("forecast_taken");
    // A misaligned target traps in execute, if the branch is taken.
    let predicted = match p.config.compressed {
        true => forecast_taken,
        false => (forecast_taken & !target.bit(1)).named("predicted_taken"),
    };
    let redirected = m.reg("decode_redirected", Bit).reset(0).doc("it has been taken");
    let followed = stage.fetched.followed;
    let open = followed.map_or(!redirected, |followed| !redirected & !followed);
    let redirect = (stage.valid & predicted & open).named("decode_takes");
    let leaves = control.decode_fire | control.flush | control.execute_redirect;
    m.clocked(|| {
        when(leaves, || redirected.set(0)).or_when(redirect, || redirected.set(1));
    });
    control.decode_redirect.drive(redirect);
    control.decode_target.drive(target);
    let followed = followed.zip(control.pc_behind).map(|(followed, pc)| {
        let arrived = pc.bits(31, 2).eq(target.bits(31, 2)).named("fetch_is_at_target");
        (followed, arrived)
    });
    Jump { target, predicted, followed }
}

/// See [`ExecuteStage::alternative`](super::pipeline::ExecuteStage::alternative).
fn alternative(p: &Pipeline, operation: &Operation, illegal: Signal, jump: &Jump) -> Signal {
    let fetched = &p.decode.fetched;
    let shows_word = (illegal & !fetched.fault).named("shows_word");
    let is_jalr = operation.is_jump & operation.address_from_rs1;
    let resumes = (operation.is_csr | operation.is_fence_i).named("resumes_behind");
    let next = jump.predicted | is_jalr | resumes;
    let next = fetched.fault_second.map_or(next, |second| next | second).named("shows_next");
    let target_or_next = next.mux(fetched.next_pc, jump.target).named("target_or_next");
    shows_word.mux(fetched.instruction, target_or_next).named("alternative")
}
