//! Interrupts: when they are taken, which, and what the handler sees.

use super::assembler::*;
use super::machine::*;
use super::programs::{HANDLER, PROLOGUE, with_handler, words};
use crate::core::encoding::csr;

/// Enables all interrupts, then counts in x1; the handler saves what it sees and stops.
fn interrupt_program(vectored: bool) -> Vec<u32> {
    let body = words(&[
        &[csrrwi(0, csr::MTVEC, 0), csrrw(0, csr::MTVEC, 30)],
        &li(6, 0x888),
        &[csrrw(0, csr::MIE, 6), csrrsi(0, csr::MSTATUS, 8)],
        &[
            addi(1, 1, 1),
            mul(2, 1, 1),
            sw(1, 30, 0x700),
            lw(3, 30, 0x700),
            div(4, 2, 1),
            jal(0, -20),
        ],
    ]);
    let mut program = words(&[&li(30, HANDLER + u32::from(vectored)), &body]);
    program.resize(64, STOP);
    program.extend((0..12).map(|slot| jal(0, 48 - 4 * slot)));
    // Common handler, at slot 12.
    program.extend([csrrs(10, csr::MIP, 0), csrrs(11, csr::MCAUSE, 0), csrrs(12, csr::MEPC, 0)]);
    program.push(MRET);
    program
}

#[test]
fn interrupts_are_taken_between_instructions_by_priority() {
    for (lines, code) in [(1, 3), (2, 7), (4, 11), (3, 3), (6, 11), (7, 11)] {
        for (seed, config) in (0..24).zip(configurations().iter().cycle()) {
            let vectored = seed % 2 == 0;
            let timing = if seed % 5 == 0 { Timing::IDEAL } else { Timing::random(seed) };
            let mut machine = Machine::new(config, &interrupt_program(vectored), timing);
            for _ in 0..100 + 7 * seed {
                machine.step();
            }
            machine.lines = lines;
            let first = (0..400).find_map(|_| {
                machine.step();
                machine.retired.iter().position(|record| record.intr)
            });
            let first = first.expect("the interrupt is taken");
            machine.lines = 0;
            machine.run(first + 5);
            let (before, entry) = (&machine.retired[first - 1], &machine.retired[first]);
            assert_eq!(entry.cause, 0x8000_0000 + code);
            assert_eq!(entry.mip, (lines & 1) << 3 | (lines & 2) << 6 | (lines & 4) << 9);
            assert_eq!(entry.pc, HANDLER + if vectored { 4 * code } else { 0 });
            assert_eq!(entry.mstatus, 0x1880);
            let epc = machine.retired.iter().skip(first).find(|record| record.rd.0 == 12);
            let epc = epc.expect("the handler reads mepc");
            assert_eq!(epc.rd.1, before.pc_next, "nothing is lost or repeated");
            assert_eq!(machine.register(11), 0x8000_0000 + code);
        }
    }
}

#[test]
fn an_interrupt_enabled_by_a_csr_write_comes_before_the_next_instruction() {
    let body = words(&[
        &li(6, 0x888),
        &[csrrw(0, csr::MIE, 6), csrrsi(0, csr::MSTATUS, 8), addi(1, 0, 1)],
    ]);
    let program = with_handler(&body, &[csrrs(12, csr::MEPC, 0)]);
    for config in configurations() {
        for seed in 0..8 {
            let mut machine = Machine::new(&config, &program, Timing::random(seed));
            machine.lines = 4;
            machine.run(8);
            assert!(machine.retired[7].intr, "right after the CSR write");
            assert_eq!(machine.register(12), RAM + 4 * 7);
            assert_eq!(machine.register(1), 0);
        }
    }
}

#[test]
fn a_store_that_withdraws_the_interrupt_is_obeyed() {
    // The word at RAM + 0x3000 is the line. The program raises it with interrupts off, lowers it,
    // and only then enables interrupts: none may be taken.
    let body = words(&[
        &li(5, RAM + 0x3000),
        &[addi(6, 0, 8), addi(7, 0, 1), csrrw(0, csr::MIE, 6), sw(7, 5, 0), csrrs(8, csr::MIP, 0)],
        &[sw(0, 5, 0), csrrsi(0, csr::MSTATUS, 8), csrrs(9, csr::MIP, 0), addi(1, 0, 1)],
        &[sw(7, 5, 0), addi(1, 0, 2), addi(1, 0, 3)],
    ]);
    let program = with_handler(&body, &[addi(10, 0, 1)]);
    for config in configurations() {
        for seed in 0..12 {
            let timing = if seed == 0 { Timing::IDEAL } else { Timing::random(seed) };
            let mut machine = Machine::new(&config, &program, timing);
            machine.software_line_at = Some(RAM + 0x3000);
            machine.run(PROLOGUE + 16);
            assert_eq!(machine.register(8), 8, "MSIP is seen after the store");
            assert_eq!(machine.register(9), 0, "and no longer after it is withdrawn");
            let entry = machine.retired.iter().position(|record| record.intr);
            let entry = entry.expect("the last store raises it again");
            assert!((PROLOGUE + 12..PROLOGUE + 16).contains(&entry), "taken at {entry}");
            assert_eq!(machine.retired[entry].cause, 0x8000_0003);
        }
    }
}

#[test]
fn an_interrupt_handler_that_traps_at_once_reports_both() {
    let body = words(&[&li(6, 0x888), &[csrrw(0, csr::MIE, 6), csrrsi(0, csr::MSTATUS, 8)]]);
    let program = with_handler(&body, &[0]);
    everywhere(&program, 6, |_| {});
    let mut machine = Machine::new(&configurations()[0], &program, Timing::IDEAL);
    machine.lines = 1;
    machine.run(8);
    let entry = &machine.retired[7];
    assert!(entry.intr && entry.trap);
    assert_eq!((entry.cause, entry.mip), (2, 8));
}

/// Lines that come and go at any time: the decision, the cause and the first instruction of the
/// handler, which reads `mip`, agree.
#[test]
fn the_handler_sees_the_lines_that_the_decision_saw() {
    for (seed, config) in (0..12).zip(configurations().iter().cycle()) {
        let mut machine = Machine::new(config, &interrupt_program(false), Timing::random(seed));
        // Slot 0 of the vector table is the whole handler here.
        let handler = [csrrs(10, csr::MIP, 0), csrrs(11, csr::MCAUSE, 0), MRET];
        machine.ram[64..67].copy_from_slice(&handler);
        let mut random = Random(seed);
        for _ in 0..3000 {
            if random.below(6) == 0 {
                machine.lines = random.below(8) & random.below(8);
            }
            machine.step();
        }
        let entries: Vec<_> = machine.retired.iter().filter(|record| record.intr).collect();
        assert!(entries.len() > 5, "only {} interrupts", entries.len());
        for entry in entries {
            let code = [11, 3, 7].into_iter().find(|code| entry.mip >> code & 1 == 1);
            assert_eq!(Some(entry.cause & 0x7fff_ffff), code, "{entry:x?}");
            assert_eq!(entry.rd, (10, entry.mip), "{entry:x?}");
        }
    }
}

/// An interrupt that stays is taken within a few instructions, whatever they are.
#[test]
fn a_lasting_interrupt_is_taken_soon() {
    for (seed, config) in (0..24).zip(configurations().iter().cycle()) {
        let mut machine = Machine::new(config, &interrupt_program(false), Timing::random(seed));
        machine.run(20 + seed as usize);
        machine.lines = 2;
        let retired = machine.retired.len();
        let records = machine.run(retired + 6);
        assert!(records[retired..].iter().any(|record| record.intr), "seed {seed}");
    }
}

/// "The interrupt trap will be taken on the following instruction" (privileged manual, WFI): a
/// program that looks behind its WFI at what the handler did must find it.
#[test]
fn the_interrupt_that_ends_a_wait_comes_before_the_next_instruction() {
    let body = words(&[
        &li(6, 0x888),
        &[csrrw(0, csr::MIE, 6), csrrsi(0, csr::MSTATUS, 8), WFI, lw(1, 30, 0), addi(2, 2, 1)],
    ]);
    let program = with_handler(&body, &[csrrs(12, csr::MEPC, 0)]);
    let wait = PROLOGUE + 4;
    for (seed, config) in (0..24).zip(configurations().iter().cycle()) {
        let timing = if seed % 5 == 0 { Timing::IDEAL } else { Timing::random(seed) };
        let mut machine = Machine::new(config, &program, timing);
        machine.run(wait);
        for _ in 0..40 + seed {
            machine.step();
            assert_eq!(machine.retired.len(), wait, "WFI waits");
        }
        machine.lines = 2;
        machine.run(wait + 2);
        let (waited, entry) = (&machine.retired[wait], &machine.retired[wait + 1]);
        assert_eq!(waited.insn, WFI);
        assert!(entry.intr, "{entry:x?}");
        assert_eq!(machine.register(12), waited.pc + 4);
    }
}
