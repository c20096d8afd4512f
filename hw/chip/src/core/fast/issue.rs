//! Issue: hazards, pairs, operands; up to the registers before execute.

use systole_hdl::ir::Direction;
use systole_hdl::prelude::*;

use super::entry::Entry;
use super::front::Front;
use super::operand::{Operand, look_up};
use super::pipeline::{BranchWork, IssueTrace, MainWork, Prediction, Stages};
use super::registers::registers;
use crate::config::CoreConfig;
use crate::core::csr::csr_access;
use crate::core::decode::{AluControl, decode};
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

/// Builds issue inside `core`.
pub fn build(m: M, stages: &Stages, front: Front) -> InterruptState {
    let (first, second) = (&front.first, &front.second);
    m.section("Issue: interrupts enter when the pipeline is empty");
    let empty = !(stages.main_operand.valid
        | stages.branch_operand.valid
        | stages.main.valid
        | stages.branch.valid
        | stages.main_done.valid
        | stages.branch_done.valid);
    let pipeline_empty = empty.named("pipeline_empty");
    let control = &stages.control;
    let finished = control.event;
    let interrupts =
        interrupt_instance(m, control.mie, control.mstatus_mie, control.user, finished);
    control.wakeup.drive(interrupts.out("wakeup"));
    let interrupt_goes = interrupts.out("pending");
    let interrupt_take = (interrupt_goes & pipeline_empty).named("interrupt_take");
    interrupts.pin("take", interrupt_take);

    m.section("Issue: which lanes");
    let lanes = choose_lanes(m, stages, &front, pipeline_empty, interrupt_goes);

    m.section("Issue: program counter");
    let second_pc = program_counter(m, &front, &lanes);
    let (pc, second_pc, link) = (second_pc.first, second_pc.second, second_pc.link);

    m.section("Issue: registers");
    let registers = m
        .instance("registers", &registers())
        .pin("first_rs1", first.rs1)
        .pin("first_rs2", first.rs2)
        .pin("second_rs1", second.rs1)
        .pin("second_rs2", second.rs2)
        .pin("main_write", stages.retired.main_valid)
        .pin("main_rd", stages.retired.main_rd)
        .pin("main_value", stages.retired.main_value)
        .pin("branch_write", stages.retired.branch_valid)
        .pin("branch_rd", stages.retired.branch_rd)
        .pin("branch_value", stages.retired.branch_value);
    let operands = [
        ("first_rs1", first.rs1),
        ("first_rs2", first.rs2),
        ("second_rs1", second.rs1),
        ("second_rs2", second.rs2),
    ]
    .map(|(name, register)| {
        look_up(name, register, registers.out(format!("{name}_value")), stages)
    });

    let main_issues = (lanes.main | interrupt_take).named("main_issues");
    let free = lanes.main_free;
    main_lane(m, stages, &front, &operands, [free, main_issues, interrupt_take], pc, interrupts);
    branch_lane(m, stages, &front, &operands, &lanes, [pc, second_pc, link]);
    InterruptState { mip: interrupts.out("mip"), entry: interrupts.out("entry") }
}

/// What issues in this cycle.
struct Lanes {
    /// The first goes, to whichever lane.
    first: Signal,
    /// The second goes with it.
    pairs: Signal,
    /// The first goes to the main lane.
    main: Signal,
    /// The first is a jump or branch.
    control: Signal,
    /// An instruction goes to the branch lane: the first if that is a jump or branch, else the
    /// second.
    branch: Signal,
    /// The registers of a lane may be loaded. That they are, even when nothing goes, takes the
    /// decision to issue off the paths to all of them but `valid`.
    main_free: Signal,
    branch_free: Signal,
}

fn choose_lanes(
    m: M,
    stages: &Stages,
    front: &Front,
    pipeline_empty: Signal,
    interrupt: Signal,
) -> Lanes {
    let (first, second) = (&front.first, &front.second);
    let control = &stages.control;
    // Into an empty operand stage only when execute moves on, so that what is in execute now is in
    // writeback then.
    let execute_moves = (!(stages.main.valid | stages.branch.valid)) | control.execute_fire;
    let execute_moves = execute_moves.named("execute_moves");
    let main_free = !stages.main_operand.valid | control.main_operand_fire;
    let main_free = main_free.named("main_operand_free");
    let branch_free = !stages.branch_operand.valid | control.branch_operand_fire;
    let branch_free = branch_free.named("branch_operand_free");
    let operand_ready = (main_free & branch_free & execute_moves).named("operand_ready");
    let system_ahead = (stages.main_operand.valid & stages.main_operand.system)
        | (stages.main.valid & stages.main.system)
        | (stages.main_done.valid & stages.main_done.completion.system);
    let system_ahead = system_ahead.named("system_ahead");
    let system_waits = (first.system & !pipeline_empty).named("system_waits");
    let bogus = (front.first_valid & first.bogus).named("first_is_bogus");
    m.clocked(|| front.restart.set(bogus & !front.redirect));
    // A redirect does not hold anything back: what goes then is not valid.
    let held = bogus | interrupt | system_ahead | system_waits;
    let held = held.named("issue_held");
    let first_goes = (front.first_valid & !held & operand_ready).named("first_goes");
    let pairs = (front.second_valid & second.join & !second.bogus).named("pairs");
    let pair_goes = (first_goes & pairs).named("pair_goes");
    front.leave_first.drive(first_goes);
    front.leave_second.drive(pair_goes);
    let takes = (first_goes & first.taken) | (pair_goes & second.taken);
    front.take_target.drive(takes);
    m.cover("pair", pair_goes);
    Lanes {
        first: first_goes,
        pairs,
        main: (first_goes & !first.control).named("main_goes"),
        control: first.control,
        branch: ((first_goes & first.control) | pair_goes).named("branch_goes"),
        main_free,
        branch_free,
    }
}

/// Addresses of the instructions at the head of the window.
struct Addresses {
    first: Signal,
    second: Signal,
    /// Behind the instruction of the branch lane.
    link: Signal,
}

/// Keeps the address of the first instruction, whether the window holds one or not.
fn program_counter(m: M, front: &Front, lanes: &Lanes) -> Addresses {
    let pc = front.issue_pc;
    let length = |compressed: Signal| compressed.mux(lit(2, U(32)), lit(4, U(32)));
    let second_pc = (pc + length(front.first.compressed)).named("second_pc");
    let behind_second = (second_pc + length(front.second.compressed)).named("behind_second");
    let link = lanes.control.mux(second_pc, behind_second).named("branch_lane_link");
    // All of it is ready before it is known whether the first goes.
    let in_branch_lane = (lanes.control | lanes.pairs).named("one_in_branch_lane");
    let after_branch_lane = lanes
        .control
        .mux(front.first.taken, front.second.taken)
        .mux(front.predicted_target, link)
        .named("after_branch_lane");
    let next = in_branch_lane.mux(after_branch_lane, second_pc).named("next_issue_pc");
    m.clocked(|| {
        when(front.redirect, || pc.set(front.redirect_target))
            .or_when(lanes.first, || pc.set(next));
    });
    Addresses { first: pc, second: second_pc, link }
}

/// Fills the main lane with the first instruction, or with an interrupt.
fn main_lane(
    m: M,
    stages: &Stages,
    front: &Front,
    operands: &[Operand; 4],
    [free, issues, interrupt_take]: [Signal; 3],
    pc: Signal,
    interrupts: Instance,
) {
    m.section("Issue: main lane");
    let (main, control) = (&stages.main_operand, &stages.control);
    let entry = &front.first;
    let decode = main_decode(m, stages, entry.instruction);
    let trap = m
        .instance("trap_at_decode", &decode_trap(stages.config.user_mode))
        .pin("interrupt", interrupt_take)
        .pin("interrupt_code", interrupts.out("cause"))
        .pin("instruction_fault", entry.fault)
        .pin("illegal", decode.out("illegal"))
        .pin("ebreak", decode.out("ebreak"))
        .pin("ecall", decode.out("ecall"));
    if let Some(user) = control.user {
        trap.pin("user", user.user);
    }
    let trap = Trap::of(&trap);
    let a = operands[0].replaced("main_a", decode.out("operand_a_pc"), pc);
    let immediate = decode.out("immediate");
    let b = operands[1].replaced("main_b", decode.out("operand_b_immediate"), immediate);
    let (alu, work) = main_work(&decode, &stages.config);
    let counts = work.counts_bits(&stages.config);
    let late = [Some(work.is_load), Some(work.is_csr), work.is_multiply, counts];
    let late = late.into_iter().flatten().reduce(|a, b| a | b).expect("loads at least");
    let trace = trace("main", main.trace.as_ref(), entry, &decode, trap.valid);
    if main.fault_second.is_none() {
        entry.fault_second.unused();
    }
    m.clocked(|| {
        when(free, || {
            main.pc.set(pc);
            main.compressed.set(entry.compressed);
            main.a.set(&a);
            main.b.set(&b);
            main.store_value.set(&operands[1]);
            main.instruction.set(entry.instruction);
            if let Some(fault_second) = main.fault_second {
                fault_second.set(entry.fault_second);
            }
            main.alu.set(&alu);
            main.work.set(&work);
            main.late.set(late);
            main.system.set(entry.system | interrupt_take);
            main.trap.set(&trap);
            if let Some((registers, values)) = &trace {
                registers.set(values);
            }
        })
        .otherwise(|| {
            main.a.follow("main_a", stages);
            main.b.follow("main_b", stages);
            main.store_value.follow("main_store_value", stages);
        });
        when(control.drops_issued(), || main.valid.set(0))
            .or_when(issues, || main.valid.set(1))
            .or_when(control.main_operand_fire, || main.valid.set(0));
    });
}

/// The decoder of the main lane, with what decides about CSR accesses.
fn main_decode(m: M, stages: &Stages, instruction: Signal) -> Instance {
    let control = &stages.control;
    let decode = m.instance("decode", &decode(&stages.config)).pin("instruction", instruction);
    let access = m
        .instance("csr_rights", &csr_access(&stages.config))
        .pin("number", decode.out("csr_number"))
        .pin("writes", decode.out("csr_writes"));
    if let Some(user) = control.user {
        decode.pin("user", user.user).pin("wait_illegal", user.wait_illegal);
        access.pin("user", user.user);
    }
    if let Some(counter_enable) = control.counter_enable {
        access.pin("counter_enable", counter_enable);
    }
    for elsewhere in ["address_from_rs1", "is_branch", "is_jump"] {
        decode.unused(elsewhere);
    }
    decode.pin("csr_legal", access.out("legal"))
}

/// What the main lane takes over from its decoder.
fn main_work(decode: &Instance, config: &CoreConfig) -> (AluControl, MainWork) {
    (AluControl::of(decode, config), MainWork::of(decode, config))
}

/// What the retire port shows of an instruction.
fn trace<'a>(
    lane: &str,
    registers: Option<&'a IssueTrace>,
    entry: &Entry,
    decode: &Instance,
    traps: Signal,
) -> Option<(&'a IssueTrace, IssueTrace)> {
    let (Some(registers), Some(parcel)) = (registers, entry.parcel) else {
        decode.unused("reads_rs1").unused("reads_rs2");
        return None;
    };
    let source = |reads: &str, high: u32, low: u32| {
        let shown = decode.out(reads) & !traps;
        (entry.instruction.bits(high, low) & shown.repeat(5))
            .named(format!("{lane}_traced_{reads}"))
    };
    let word = entry.compressed.mux(parcel.ext(32), entry.instruction);
    // What came with an error is no instruction.
    let instruction = word & (!entry.fault).repeat(32);
    let values = IssueTrace {
        instruction: instruction.named(format!("{lane}_traced_instruction")),
        rs1: source("reads_rs1", 19, 15),
        rs2: source("reads_rs2", 24, 20),
    };
    Some((registers, values))
}

/// Fills the branch lane with the first instruction if that is a jump or branch, else with the
/// second.
fn branch_lane(
    m: M,
    stages: &Stages,
    front: &Front,
    operands: &[Operand; 4],
    lanes: &Lanes,
    [pc, second_pc, link]: [Signal; 3],
) {
    m.section("Issue: branch lane");
    let (branch, control) = (&stages.branch_operand, &stages.control);
    let (first, second) = (&front.first, &front.second);
    let pick = |name: &str, a: Signal, b: Signal| {
        lanes.control.mux(a, b).named(format!("branch_lane_{name}"))
    };
    let instruction = pick("instruction", first.instruction, second.instruction);
    let decode = branch_decode(m, stages, instruction);
    for field in [second.control, second.fault, second.fault_second, second.system, first.join] {
        field.unused();
    }
    for field in [first.rd, second.rd] {
        field.unused();
    }
    let a = operands[0].or_else(lanes.control, &operands[2]);
    let b = operands[1].or_else(lanes.control, &operands[3]);
    let immediate = decode.out("immediate");
    let b = b.replaced("branch_b", decode.out("operand_b_immediate"), immediate);
    let rd = decode.out("rd");
    let is_jump = decode.out("is_jump");
    let link_register = |register: Signal| register.eq(1) | register.eq(5);
    let rs1 = pick("rs1", first.rs1, second.rs1);
    let is_jalr = (is_jump & decode.out("address_from_rs1")).named("branch_lane_is_jalr");
    let work = BranchWork {
        pc: pick("pc", pc, second_pc),
        link,
        offset: immediate,
        rd,
        funct3: decode.out("funct3"),
        is_branch: decode.out("is_branch"),
        is_jump,
        is_jalr,
        is_call: is_jump & link_register(rd),
        is_return: is_jalr & link_register(rs1) & rd.eq(0),
    };
    let prediction = Prediction {
        hit: pick("hit", first.hit, second.hit),
        taken: pick("taken", first.taken, second.taken),
        target: front.predicted_target,
        counter: pick("counter", first.counter, second.counter),
    };
    let parcel = first.parcel.zip(second.parcel).map(|(a, b)| pick("parcel", a, b));
    let compressed = match parcel {
        Some(_) => pick("compressed", first.compressed, second.compressed),
        None => first.compressed,
    };
    let entry = Entry { instruction, compressed, parcel, fault: lit(0, Bit), ..*first };
    let trace = trace("branch", branch.trace.as_ref(), &entry, &decode, lit(0, Bit));
    let alu = AluControl::of(&decode, &stages.config);
    m.clocked(|| {
        when(lanes.branch_free, || {
            branch.a.set(&a);
            branch.b.set(&b);
            branch.alu.set(&alu);
            branch.work.set(&work);
            branch.prediction.set(&prediction);
            if let Some((registers, values)) = &trace {
                registers.set(values);
            }
        })
        .otherwise(|| {
            branch.a.follow("branch_a", stages);
            branch.b.follow("branch_b", stages);
        });
        when(control.drops_issued(), || branch.valid.set(0))
            .or_when(lanes.branch, || branch.valid.set(1))
            .or_when(control.branch_operand_fire, || branch.valid.set(0));
    });
}

/// The decoder of the branch lane: to it comes nothing that may be illegal.
fn branch_decode(m: M, stages: &Stages, instruction: Signal) -> Instance {
    let module = decode(&stages.config);
    let decode = m
        .instance("branch_decode", &module)
        .pin("instruction", instruction)
        .pin("csr_legal", lit(0, Bit));
    if stages.config.user_mode {
        decode.pin("user", lit(0, Bit)).pin("wait_illegal", lit(0, Bit));
    }
    let outputs = module.ports().filter(|port| port.port == Some(Direction::Output));
    for port in outputs.filter(|port| !in_branch_lane(&port.name)) {
        decode.unused(&port.name);
    }
    decode
}

/// What the branch lane takes over from its decoder.
fn in_branch_lane(port: &str) -> bool {
    const USED: [&str; 9] = [
        "rd",
        "immediate",
        "operand_b_immediate",
        "funct3",
        "is_branch",
        "is_jump",
        "address_from_rs1",
        "reads_rs1",
        "reads_rs2",
    ];
    USED.contains(&port) || port.starts_with("alu_")
}
