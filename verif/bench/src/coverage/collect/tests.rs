//! Made-up retirements, and the points that they have to hit.

use systole_golden::npu::descriptor::{Descriptor, Operation, Store};
use systole_golden::npu::descriptor::{Destination, Requantised, Source, Then};
use systole_golden::npu::{BusWindow, ByteWrite, JobEnd, JobRecord, List, Work, cause};
use systole_golden::{Isa, NpuConfig, Retire};
use systole_isa::{
    AtomicOp, BranchOp, Csr, CsrOp, CsrSource, Instruction, LoadOp, MemoryOrder, Register,
    RegisterOp, StoreOp,
};

use super::super::Coverage;
use crate::generate::{Profile, Target};

const PC: u32 = 0x8000_1000;
const MACHINE: u8 = 3;
const A0: Register = Register::new(10);
const A1: Register = Register::new(11);
const ZERO: Register = Register::ZERO;

fn target() -> Target {
    let npu = systole_compiler::NpuShape {
        dim: 8,
        bus_bytes: 8,
        scratchpad_rows: 2048,
        accumulator_rows: 256,
        parameter_rows: 256,
        requantise_lanes: 8,
        sequential: false,
    };
    let isa = Isa::full();
    Target {
        isa,
        npu,
        double_rounding: true,
        int4_weights: true,
        ram_bytes: 1 << 17,
        profile: Profile::Mixed,
    }
}

fn retire(instruction: Instruction) -> Retire {
    Retire {
        pc: PC,
        next_pc: PC + instruction.bytes(),
        insn: instruction.encode(),
        mode: MACHINE,
        ..Retire::default()
    }
}

fn writes(rd: Register, value: u32, instruction: Instruction) -> Retire {
    Retire { rd_addr: rd.number(), rd_wdata: value, ..retire(instruction) }
}

fn operation(op: RegisterOp, rd: Register, rs1: Register, rs2: Register) -> Instruction {
    Instruction::Register { op, rd, rs1, rs2 }
}

fn atomic(op: AtomicOp, rd: Register, rs1: Register, rs2: Register) -> Instruction {
    Instruction::Atomic { op, rd, rs1, rs2, order: MemoryOrder::default() }
}

/// Names of the points that these retirements hit, in a program of their own.
fn hits(retirements: &[Retire]) -> Vec<String> {
    let mut coverage = Coverage::new(&target());
    let mut collector = coverage.collector();
    collector.start();
    retirements.iter().for_each(|retire| collector.retire(retire, false));
    coverage.take(&mut collector);
    assert_eq!(coverage.surprises(), [""; 0]);
    coverage.hits().into_iter().filter(|(_, hits)| *hits > 0).map(|(name, _)| name).collect()
}

#[track_caller]
fn assert_hits(hits: &[String], expected: &[&str], unexpected: &[&str]) {
    for name in expected {
        assert!(hits.iter().any(|hit| hit == name), "no {name} in {hits:#?}");
    }
    for start in unexpected {
        assert!(!hits.iter().any(|hit| hit.starts_with(start)), "{start} in {hits:#?}");
    }
}

#[test]
fn operands_and_hazards_come_from_the_registers_written() {
    let lui = |rd, imm| Instruction::Lui { rd, imm };
    let hits = hits(&[
        writes(A0, 0x8000_0000, lui(A0, 0x8000_0000)),
        writes(A1, u32::MAX, operation(RegisterOp::Mul, A1, A1, A1)),
        writes(A0, 0x8000_0000, operation(RegisterOp::Div, A0, A0, A1)),
        retire(Instruction::Branch { op: BranchOp::Beq, rs1: A0, rs2: ZERO, offset: -8 }),
    ]);
    assert_hits(
        &hits,
        &[
            "instruction/div/M",
            "operands/div/rs1=min/rs2=minus-one",
            "hazard/mul/div-rs2/distance=1",
            "hazard/alu/div-rs1/distance=2",
            "hazard/div/branch-rs1/distance=1",
            "same-register/div/rd=rs1",
            "overwritten/first=alu/then=div",
            "control/beq/not-taken/backward/target=word",
            "operands/beq/rs1=min/rs2=0",
        ],
        &["x0/", "trap", "hazard/mul/branch", "overwritten/first=mul"],
    );
}

#[test]
fn a_write_of_x0_is_told_by_what_comes_next() {
    let load = Instruction::Load { op: LoadOp::Lw, rd: ZERO, rs1: A0, offset: 0 };
    let access = Retire { mem_addr: 0x8000_8000, mem_rmask: 15, ..retire(load) };
    let reads = retire(operation(RegisterOp::Add, A0, ZERO, A1));
    assert_hits(&hits(&[access, reads]), &["x0/lw/read-next"], &["x0/lw/not"]);
    let trapped = Retire { trap: true, cause: 5, mem_rmask: 0, ..access };
    assert_hits(
        &hits(&[trapped, reads]),
        &["trap/load_access_fault/M"],
        &["x0/", "instruction/lw"],
    );
}

#[test]
fn what_was_stored_meets_loads_and_fetches() {
    let store = Instruction::Store { op: StoreOp::Sh, rs2: A1, rs1: A0, offset: 2 };
    let store = Retire { mem_addr: PC + 16, mem_wmask: 0b1100, ..retire(store) };
    let load = Instruction::Load { op: LoadOp::Lbu, rd: A1, rs1: A0, offset: 3 };
    let load = Retire { mem_addr: PC + 16, mem_rmask: 0b1000, ..retire(load) };
    let stored = Retire { pc: PC + 18, ..retire(operation(RegisterOp::Add, A0, A0, A1)) };
    let expected = [
        "access/lbu/lane=3/before=store",
        "store-to-load/sh/lbu/overlap",
        "store-to-fetch/sh/32-bit",
    ];
    assert_hits(&hits(&[store, load, retire(Instruction::FenceI), stored]), &expected, &[]);
    assert_hits(&hits(&[store, load, stored]), &expected[..2], &["store-to-fetch"]);
}

#[test]
fn reservations_end_as_they_do() {
    let reserve = Retire {
        mem_addr: PC,
        mem_rmask: 15,
        ..writes(A1, 0, atomic(AtomicOp::LoadReserved, A1, A0, ZERO))
    };
    let conditional = retire(atomic(AtomicOp::StoreConditional, ZERO, A0, A1));
    let stored = Retire { mem_addr: PC, mem_wmask: 15, ..conditional };
    let point = writes(A0, PC, Instruction::Lui { rd: A0, imm: PC });
    let ecall = Retire { trap: true, cause: 11, ..retire(Instruction::Ecall) };
    let of = |retirements: &[Retire], expected: &[&str]| {
        let all: Vec<Retire> = [point].iter().chain(retirements).copied().collect();
        let reservations = hits(&all).into_iter().filter(|name| name.starts_with("reservation/"));
        assert_eq!(reservations.collect::<Vec<_>>(), expected);
    };
    of(&[conditional], &["reservation/no-lr/rd=x0"]);
    of(
        &[reserve, stored, conditional],
        &["reservation/after-another-sc/rd=x0", "reservation/stored/rd=x0"],
    );
    of(&[reserve, ecall, conditional], &["reservation/after-exception/rd=x0"]);
    of(&[reserve, conditional], &["reservation/npu-wrote/rd=x0"]);
    let elsewhere = writes(A0, PC + 4, Instruction::Lui { rd: A0, imm: PC });
    of(&[reserve, elsewhere, conditional], &["reservation/other-word/rd=x0"]);
}

#[test]
fn csrs_count_what_they_hold_and_why_they_are_refused() {
    let csr = |op, csr, source| Instruction::Csr { op, rd: A0, csr, source };
    let write = csr(CsrOp::Write, Csr::MEPC, CsrSource::Register(A1));
    let write = Retire { csr: Some((Csr::MEPC.0, 0xffff_fffe)), ..writes(A0, 0, write) };
    let read = csr(CsrOp::Set, Csr::MEPC, CsrSource::Immediate(0));
    let refused = |number| Retire {
        trap: true,
        cause: 2,
        mode: 0,
        ..retire(csr(CsrOp::Clear, Csr(number), CsrSource::Register(ZERO)))
    };
    let handled = retire(Instruction::NOP);
    let all = [
        write,
        writes(A0, 0xffff_fffe, read),
        refused(0x7c0),
        handled,
        refused(Csr::MEPC.0),
        handled,
        refused(Csr::TIME.0),
    ];
    assert_hits(
        &hits(&all),
        &[
            "csr/mepc/csrrw",
            "csr/mepc/read",
            "csr-bit/mepc/31/0",
            "csr-bit/mepc/31/1",
            "csr-refused/no-such-register/read",
            "csr-refused/machine-register-in-U/read",
            "csr-refused/disabled-by-mcounteren/read",
            "user-counter/time/refused",
            "csr-beside/behind/csr",
        ],
        &["csr-bit/mepc/0/", "csr/mepc/csrrs"],
    );
}

#[test]
fn interrupts_are_told_by_both_neighbours() {
    let divide = writes(A0, 3, operation(RegisterOp::Div, A0, A0, A1));
    let handler = Retire {
        pc: 0x8000_0400,
        next_pc: 0x8000_0404,
        intr: true,
        cause: 0x8000_0007,
        mstatus: 3 << 11,
        ..retire(Instruction::NOP)
    };
    let back = Retire { next_pc: PC + 4, mstatus: 1 << 3, ..retire(Instruction::Mret) };
    let store = Instruction::Store { op: StoreOp::Sw, rs2: A1, rs1: A0, offset: 0 };
    let interrupted = Retire { pc: PC + 4, mem_addr: PC, mem_wmask: 15, ..retire(store) };
    assert_hits(
        &hits(&[divide, handler, back, interrupted]),
        &[
            "interrupt/timer_interrupt/M/direct",
            "interrupt-after/timer_interrupt/div",
            "interrupted/timer_interrupt/store",
            "mret/to=M/MPIE=1/MPRV=0",
        ],
        &[],
    );
}

#[test]
fn jobs_count_their_descriptors_and_results() {
    let config = NpuConfig {
        dim: 8,
        bus_bytes: 8,
        scratchpad_rows: 2048,
        accumulator_rows: 256,
        parameter_rows: 256,
        double_rounding: true,
        int4_weights: true,
    };
    let how = Requantised { double_rounding: false, then: Then::Keep };
    let store = Store {
        source: Source::Requantised(how),
        destination: Destination::Memory { address: PC, stride: 8 },
        rows: 7,
        columns: 9,
        source_row: 0,
        source_chunk_step: 0,
        source_row_step: 1,
        parameter_row: 0,
        zero_point: -5,
        clamp_min: -5,
        clamp_max: 127,
    };
    let store = Descriptor { last: true, wait: 2, signal: 0, operation: Operation::Store(store) };
    let byte = |new| ByteWrite { address: PC, old: 0, new, descriptor: 0 };
    let record = JobRecord {
        writes: vec![byte(-5i8 as u8), byte(3)],
        done: 2,
        end: JobEnd::default(),
        work: Work::default(),
        window: BusWindow { base: 0, limit: PC + 0x1000 },
        faults: Vec::new(),
        list: List { address: PC, descriptors: vec![store], end: JobEnd::default() },
    };
    let of = |end: JobEnd, faulty| {
        let mut coverage = Coverage::new(&target());
        let mut collector = coverage.collector();
        collector.start();
        collector.job(&config, &record, &end, faulty, false);
        coverage.take(&mut collector);
        coverage.hits().into_iter().filter(|(_, hits)| *hits > 0).map(|(name, _)| name).collect()
    };
    let good: Vec<String> = of(JobEnd::default(), None);
    assert_hits(
        &good,
        &[
            "npu.end/none",
            "npu.list/descriptors=1",
            "npu.store/requantised/to=memory",
            "npu.store-columns/requantised/D+1",
            "npu.store-rows/requantised/D-1",
            "npu.rounding/zero-point=negative/clamp=below-zero-point",
            "npu.result/requantised/clamp-min",
            "npu.result/requantised/between",
            "npu.tokens/STORE/waits-for=EXEC/signals=none",
            "npu.window/limit-only/kept",
        ],
        &["npu.result/requantised/clamp-max", "npu.refused"],
    );
    // The first word of a depthwise EXEC.
    let end = JobEnd { cause: cause::BAD_FIELD, ..JobEnd::default() };
    let refused: Vec<String> = of(end, Some(2 << 17 | 2));
    let expected = ["npu.end/BAD_FIELD", "npu.refused/BAD_FIELD/depthwise"];
    assert_hits(&refused, &expected, &["npu.store", "npu.window", "npu.tokens"]);
}
