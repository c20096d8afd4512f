//! Execute, up to the registers before writeback.

use systole_hdl::prelude::*;

use super::access::{DataAccess, data_access};
use super::pipeline::{Completion, Counted, ExecuteTrace, Pipeline, counts_bits};
use super::predictor::Outcome;
use super::units::units;
use crate::config::Multiplier;
use crate::core::alu::alu;
use crate::core::bitmanip::bitmanip;
use crate::core::branch::condition;
use crate::core::count::count;
use crate::core::encoding::{bit_op, csr};
use crate::core::load_select::{LoadLanes, load_lanes};
use crate::core::trap::{Trap, execute_trap};

/// Builds execute inside `core`; returns the results of units that finish in writeback, each with
/// what says there that it is one.
pub fn build(p: &Pipeline) -> Vec<(Signal, Signal)> {
    let (m, control, execute) = (p.m, &p.control, &p.execute);
    let operation = &execute.operation;
    m.section("Execute: arithmetic");
    let arithmetic = arithmetic(p);
    let units = units(p);

    m.section("Execute: jumps and branches");
    let jump = jumps(p, &arithmetic);
    let access = data_access(p, arithmetic.address);

    m.section("Execute: traps");
    let only_reads = operation.is_load;
    let trap = m
        .instance("trap_at_execute", &execute_trap())
        .pin("carried_valid", execute.trap.valid)
        .pin("carried_interrupt", execute.trap.is_interrupt)
        .pin("carried_code", execute.trap.code)
        .pin("target_misaligned", jump.misaligned)
        .pin("access_misaligned", access.misaligned)
        .pin("access_denied", access.denied)
        .pin("only_reads", only_reads);

    m.section("To writeback");
    let computed = units.as_ref().map_or(arithmetic.result, |u| u.select(arithmetic.result));
    let computed = computed.named("computed");
    let or_failed = access.sc_failed.map_or(computed, |failed| computed | failed.ext(32));
    let takes_alternative = execute.takes_alternative;
    control.execute_result.drive(takes_alternative.mux(execute.alternative, or_failed));
    let writeback_free = (!control.writeback_waiting & !control.flush).named("writeback_free");
    let complete = units.as_ref().map_or(!access.wait, |u| !access.wait & !u.wait);
    let complete = complete.named("execute_complete");
    control.execute_fire.drive(execute.valid & complete & writeback_free);
    to_writeback(p, &arithmetic, &jump, &access, Trap::of(&trap));
    let product = p.writeback.completion.is_multiply.zip(units.and_then(|units| units.product));
    product.into_iter().chain(count_bits(p)).collect()
}

/// What the ALU and the bit manipulation unit give.
struct Arithmetic {
    result: Signal,
    /// Of MIN and MAX, or 0: too late for the operands of the next instruction.
    extreme: Option<Signal>,
    /// rs1 + immediate.
    address: Signal,
    is_equal: Signal,
    is_less: Signal,
}

fn arithmetic(p: &Pipeline) -> Arithmetic {
    let (m, execute) = (p.m, &p.execute);
    let operation = &execute.operation;
    let (a, b) = (execute.rs1_value, execute.operand_b);
    let address = (a + operation.immediate).named("address");
    let alu = m.instance("alu", &alu(&p.config, true)).pin("a", a).pin("b", b);
    let alu = operation.pin_alu(alu);
    alu.unused("sum");
    let mut result = alu.out("result");
    let mut extreme = None;
    let is_less = alu.out("is_less");
    if let Some(op) = operation.bit_op {
        let unit =
            m.instance("bits", &bitmanip(&p.config, true)).pin("op", op).pin("a", a).pin("b", b);
        result = result | unit.out("result");
        if p.config.zbb {
            extreme = Some(unit.pin("is_less", is_less).out("extreme"));
        }
    }
    Arithmetic { result, extreme, address, is_equal: alu.out("is_equal"), is_less }
}

/// Starts counting zeros or ones, if there is Zbb; the result is there in writeback.
fn count_bits(p: &Pipeline) -> Option<(Signal, Signal)> {
    let (m, execute) = (p.m, &p.execute);
    let op = execute.operation.bit_op;
    let (counts, is_count) =
        counts_bits(&p.config, &execute.operation).zip(p.writeback.completion.is_count)?;
    let unit = m
        .instance("count", &count())
        .pin("start", p.control.execute_fire & counts)
        .pin("op", op?.bits(bit_op::CPOP, bit_op::CLZ))
        .pin("a", execute.rs1_value);
    Some((is_count, unit.out("result").ext(32)))
}

/// Jumps and branches as execute decides them.
struct Jump {
    is_jalr: Signal,
    /// The condition of a branch holds.
    is_taken: Signal,
    /// The target traps.
    misaligned: Signal,
    /// Target of JALR.
    indirect: Signal,
}

fn jumps(p: &Pipeline, arithmetic: &Arithmetic) -> Jump {
    let (m, control, execute) = (p.m, &p.control, &p.execute);
    let operation = &execute.operation;
    let untrapped = (!execute.inert).named("execute_untrapped");
    let is_jalr = operation.is_jump & operation.address_from_rs1 & untrapped;
    let is_jalr = is_jalr.named("jumps_indirect");
    let condition = condition(operation.funct3, arithmetic.is_equal, arithmetic.is_less);
    let is_branch = (operation.is_branch & untrapped).named("branches");
    let is_taken = is_branch & condition;
    let surprise = (is_branch & (condition ^ execute.predicted)).named("branch_mispredicted");
    let indirect = cat(&[arithmetic.address.bits(31, 1), lit(0, Bit)]).named("jalr_target");
    let misaligned = match p.config.compressed {
        true => lit(0, Bit),
        false => {
            // One that decode took has an aligned target.
            let direct = (operation.is_jump & !is_jalr & untrapped) | is_taken;
            let direct = (direct & !execute.predicted & execute.alternative.bit(1)).named("direct");
            ((is_jalr & indirect.bit(1)) | direct).named("target_misaligned")
        }
    };
    let (branch_traps, jump_traps) = match p.config.compressed {
        true => (lit(0, Bit), lit(0, Bit)),
        // What a branch taken in decode goes to now is behind it, and aligned.
        false => (execute.alternative.bit(1), indirect.bit(1)),
    };
    let indirect_redirect = (is_jalr & !jump_traps).named("goes_indirect");
    match execute.misled {
        Some(misled) => {
            control.indirect_redirect.drive(control.execute_fire & (indirect_redirect | misled));
            control.indirect_target.drive(misled.mux(execute.pc, indirect));
        }
        None => {
            control.indirect_redirect.drive(control.execute_fire & indirect_redirect);
            control.indirect_target.drive(indirect);
        }
    }
    control.branch_redirect.drive(control.execute_fire & surprise & !branch_traps);
    control.execute_redirect.drive(control.indirect_redirect | control.branch_redirect);
    m.cover("branch_went_the_other_way", control.execute_fire & surprise);
    Jump { is_jalr, is_taken, misaligned, indirect }
}

/// Writes of these have an effect on what is already fetched.
fn refetches(p: &Pipeline) -> Signal {
    let operation = &p.execute.operation;
    if p.config.pmp_regions == 0 {
        return operation.is_fence_i;
    }
    let group = operation.csr_number.bits(11, 5).eq(csr::PMPCFG0 >> 5);
    operation.is_fence_i | (operation.csr_writes & group)
}

/// The registers before writeback.
fn to_writeback(
    p: &Pipeline,
    arithmetic: &Arithmetic,
    jump: &Jump,
    access: &DataAccess,
    trap: Trap,
) {
    let (m, control, execute, writeback) = (p.m, &p.control, &p.execute, &p.writeback);
    let operation = &execute.operation;
    let stores = access.sc_failed.map_or(operation.is_store, |failed| operation.is_store & !failed);
    let pipelined = p.config.multiplier == Multiplier::Fast;
    let completion = Completion {
        pc: execute.pc,
        rd: operation.rd,
        result: match arithmetic.extreme {
            Some(extreme) => control.execute_result | extreme,
            None => control.execute_result,
        },
        address: if p.config.compressed {
            arithmetic.address
        } else {
            jump.is_jalr.mux(jump.indirect, arithmetic.address)
        },
        traps_on_address: access.is_access | jump.is_jalr,
        funct3: operation.funct3,
        is_load: operation.is_load,
        is_store: stores,
        is_lr: operation.is_lr,
        is_sc: operation.is_sc,
        is_amo: operation.is_amo,
        funct5: operation.funct5,
        operand: p.config.atomics.then_some(execute.operand_b),
        is_multiply: operation.is_multiply.filter(|_| pipelined),
        is_count: counts_bits(&p.config, operation),
        is_csr: operation.is_csr,
        csr_writes: operation.csr_writes,
        csr_number: operation.csr_number,
        is_mret: operation.is_mret,
        is_wfi: operation.is_wfi,
        refetches: refetches(p),
    };
    let muldiv = [operation.is_multiply, operation.is_divide];
    let muldiv = muldiv.into_iter().flatten().reduce(|a, b| a | b);
    let counted = writeback.counted.map(|registers| {
        let values = Counted {
            compressed: execute.compressed.unwrap_or_else(|| lit(0, Bit)),
            is_branch: operation.is_branch,
            is_taken: jump.is_taken,
            is_jump: operation.is_jump,
            is_muldiv: muldiv.unwrap_or_else(|| lit(0, Bit)),
        };
        (registers, values)
    });
    let trace =
        writeback.trace.as_ref().zip(execute.trace.as_ref()).map(|(registers, (decoded, path))| {
            let direct = (operation.is_jump | jump.is_taken).named("traced_direct");
            let followed = direct.mux(path.target, path.sequential_pc).named("traced_followed");
            let values = ExecuteTrace {
                rs1_value: execute.rs1_value & decoded.rs1.any().repeat(32),
                rs2_value: (execute.operand_b ^ operation.alu_invert_b.repeat(32))
                    & decoded.rs2.any().repeat(32),
                pc_next: jump.is_jalr.mux(jump.indirect, followed).named("traced_pc_next"),
                lanes: access.lanes,
                store_word: p.dbus.req_wdata,
            };
            (registers, decoded, values)
        });
    let lanes = m
        .instance("load_lanes", &load_lanes())
        .pin("is_load", operation.is_load)
        .pin("funct3", operation.funct3)
        .pin("offset", arithmetic.address.bits(1, 0));
    let lanes = LoadLanes::of(&lanes);
    let outcome = execute.forecast.zip(execute.followed).map(|(forecast, (followed, arrived))| {
        let is_jump = (operation.is_jump & !operation.address_from_rs1).named("execute_is_jal");
        let goes = (is_jump | jump.is_taken).named("execute_goes");
        Outcome {
            valid: is_jump | operation.is_branch,
            is_jump,
            branches: jump.is_taken,
            followed,
            elsewhere: goes & followed & !arrived,
            counter: forecast.0,
            target: forecast.1,
        }
    });
    let stays = execute.misled.map_or(lit(1, Bit), |misled| !misled);
    let passes = (control.execute_fire & stays).named("execute_passes");
    m.clocked(|| {
        when(!control.writeback_waiting, || {
            writeback.valid.set(passes);
            if let (Some(registers), Some(outcome)) = (&writeback.outcome, &outcome) {
                registers.set(outcome);
            }
            writeback.completion.set(&completion);
            writeback.writes.set(execute.writes);
            writeback.lanes.set(&lanes);
            writeback.trap.set(&trap);
            if let Some((registers, values)) = &counted {
                registers.set(values);
            }
            if let Some((registers, decoded, values)) = &trace {
                registers.0.set(decoded);
                registers.1.set(values);
            }
        });
    });
}
