//! Small programs, each for one mechanism.

use super::assembler::*;
use super::machine::*;
use crate::core::encoding::csr;

/// Concatenates pieces of a program.
pub fn words(pieces: &[&[u32]]) -> Vec<u32> {
    pieces.concat()
}

pub const HANDLER: u32 = RAM + 0x100;

/// A program that sets `mtvec` to [`HANDLER`], then `body`; `handler` stands at the handler.
pub fn with_handler(body: &[u32], handler: &[u32]) -> Vec<u32> {
    let mut program = words(&[&li(30, HANDLER), &[csrrw(0, csr::MTVEC, 30)], body, &[STOP]]);
    assert!(program.len() <= 64, "the body runs into the handler");
    program.resize(64, STOP);
    program.extend(handler);
    program.push(STOP);
    program
}

/// Number of instructions before the body of [`with_handler`].
pub const PROLOGUE: usize = 3;

#[test]
fn the_newest_of_two_pending_results_is_forwarded() {
    let program = [addi(1, 0, 1), addi(1, 1, 1), addi(1, 1, 1), add(2, 1, 1), add(3, 1, 2), STOP];
    everywhere(&program, 5, |machine| {
        assert_eq!(machine.register(2), 6);
        assert_eq!(machine.register(3), 9);
    });
}

#[test]
fn x0_is_neither_written_nor_forwarded() {
    let program = words(&[
        &li(5, RAM),
        &[addi(0, 0, 7), add(1, 0, 0), lw(0, 5, 0), add(2, 0, 0), mul(0, 5, 5), add(3, 0, 0)],
        &[csrrs(0, csr::MISA, 0), add(4, 0, 0), jal(0, 4), add(6, 0, 0), STOP],
    ]);
    everywhere(&program, 12, |machine| {
        for register in [1, 2, 3, 4, 6] {
            assert_eq!(machine.register(register), 0, "x{register}");
        }
        assert!(machine.retired.iter().all(|record| record.rd.0 != 0 || record.rd.1 == 0));
    });
}

#[test]
fn loads_are_extended_and_reach_the_next_instruction() {
    let program = words(&[
        &li(5, RAM + 0x1000),
        &li(6, 0x8182_f384),
        &[sw(6, 5, 0), load(0, 1, 5, 1), add(1, 1, 0), load(4, 2, 5, 3), add(2, 2, 0)],
        &[load(1, 3, 5, 2), add(3, 3, 0), load(5, 4, 5, 0), add(4, 4, 0)],
        &[store(0, 4, 5, 1), store(1, 4, 5, 2), lw(7, 5, 0), add(7, 7, 0), STOP],
    ]);
    everywhere(&program, 17, |machine| {
        assert_eq!(machine.register(1), 0xffff_fff3);
        assert_eq!(machine.register(2), 0x81);
        assert_eq!(machine.register(3), 0xffff_8182);
        assert_eq!(machine.register(4), 0xf384);
        assert_eq!(machine.register(7), 0xf384_8484);
        let byte_store = &machine.retired[13];
        assert_eq!((byte_store.mem_addr, byte_store.wmask), (RAM + 0x1000, 0b0010));
        assert_eq!(byte_store.wdata, 0x8400);
        let byte_load = &machine.retired[5];
        assert_eq!((byte_load.rmask, byte_load.rdata), (0b0010, 0xf300));
    });
}

#[test]
fn a_loop_with_a_call_comes_out_right() {
    // x1 = sum of 1..=10 by a function at +24.
    let program = [
        addi(2, 0, 10),
        jal(5, 16),
        addi(2, 2, -1),
        bne(2, 0, -8),
        STOP,
        add(1, 1, 2),
        jalr(6, 5, 1),
    ];
    everywhere(&program, 51, |machine| {
        assert_eq!(machine.register(1), 55);
        assert_eq!(machine.register(6), RAM + 28, "link of JALR; bit 0 of the target is cleared");
        assert_eq!(machine.retired[50].pc_next, RAM + 16);
    });
}

#[test]
fn division_corner_cases() {
    let program = words(&[
        &li(1, 0x8000_0000),
        &[addi(2, 0, -1), div(3, 1, 2), rem(4, 1, 2), div(5, 1, 0), rem(6, 1, 0)],
        &[op(1, 5, 7, 1, 0), op(1, 7, 8, 1, 0), op(1, 2, 9, 2, 1), STOP],
    ]);
    everywhere(&program, 10, |machine| {
        let expected = [
            (3, 0x8000_0000),
            (4, 0),
            (5, u32::MAX),
            (6, 0x8000_0000),
            (7, u32::MAX),
            (8, 0x8000_0000),
        ];
        for (register, value) in expected {
            assert_eq!(machine.register(register), value, "x{register}");
        }
        assert_eq!(machine.register(9), 0xffff_ffff, "MULHSU of -1 and 2^31");
    });
}

/// Runs one trapping instruction after some set-up; gives the record of the trap.
fn trap_of(setup: &[u32], word: u32) -> Vec<Retired> {
    let body = words(&[setup, &[word, addi(1, 0, 99), sw(1, 0, 0)]]);
    let handler = [
        csrrs(10, csr::MCAUSE, 0),
        csrrs(11, csr::MTVAL, 0),
        csrrs(12, csr::MEPC, 0),
        csrrs(13, csr::MINSTRET, 0),
    ];
    let program = with_handler(&body, &handler);
    let at = PROLOGUE + setup.len();
    let mut traps = Vec::new();
    for config in configurations() {
        for seed in 0..4 {
            let timing = if seed == 0 { Timing::IDEAL } else { Timing::random(seed) };
            let mut machine = Machine::new(&config, &program, timing);
            machine.broken.push(RAM + 0x2000);
            machine.run(at + 5);
            let trap = machine.retired[at].clone();
            assert!(trap.trap, "{trap:x?}");
            assert_eq!(trap.pc_next, HANDLER);
            assert_eq!(trap.rd, (0, 0));
            assert_eq!((trap.rmask, trap.wmask), (0, 0));
            assert_eq!(trap.mstatus, 0x1800);
            assert_eq!(machine.register(10), trap.cause);
            assert_eq!(machine.register(11), trap.tval);
            assert_eq!(machine.register(12), RAM + 4 * at as u32, "mepc");
            assert_eq!(machine.register(13), at as u32 + 3, "a trap is not counted");
            traps.push(trap);
        }
    }
    traps
}

#[test]
fn exceptions_give_their_cause_and_value() {
    let pc = |setup: usize| RAM + 4 * (PROLOGUE + setup) as u32;
    let base = li(5, RAM + 0x2000);
    let nowhere = li(5, 0x1000_0000);
    let cases: &[(&[u32], u32, u32, u32)] = &[
        (&[], 0, 2, 0),
        (&[], 0xffff_ffff, 2, 0xffff_ffff),
        (&[], csrrs(1, 0x7c0, 0), 2, csrrs(1, 0x7c0, 0)),
        (&[], csrrw(1, csr::MHARTID, 0), 2, csrrw(1, csr::MHARTID, 0)),
        (&[], csrrsi(1, csr::MHARTID, 1), 2, csrrsi(1, csr::MHARTID, 1)),
        (&[], EBREAK, 3, pc(0)),
        (&[], ECALL, 11, 0),
        (&base, lw(1, 5, 2), 4, RAM + 0x2002),
        (&base, load(5, 1, 5, 1), 4, RAM + 0x2001),
        (&base, sw(1, 5, 1), 6, RAM + 0x2001),
        (&base, store(1, 1, 5, 3), 6, RAM + 0x2003),
        (&base, lw(1, 5, 0), 5, RAM + 0x2000),
        (&base, load(0, 1, 5, 3), 5, RAM + 0x2003),
        (&base, store(1, 1, 5, 2), 7, RAM + 0x2002),
        (&nowhere, lw(1, 5, 4), 5, 0x1000_0004),
        (&[], jal(1, 6), 0, pc(0) + 6),
        (&base, jalr(1, 5, 3), 0, RAM + 0x2002),
        (&[], beq(0, 0, 2), 0, pc(0) + 2),
    ];
    for &(setup, word, cause, tval) in cases {
        for trap in trap_of(setup, word) {
            assert_eq!((trap.cause, trap.tval), (cause, tval), "{word:#010x}: {trap:x?}");
        }
    }
}

#[test]
fn an_untaken_branch_to_a_misaligned_target_is_no_trap() {
    everywhere(&[bne(0, 0, 2), addi(1, 0, 5), STOP], 2, |machine| {
        assert_eq!(machine.register(1), 5);
    });
}

#[test]
fn a_jump_out_of_memory_traps_at_its_target() {
    let body = words(&[&li(5, 0x1000_0000), &[jalr(1, 5, 0)]]);
    everywhere(&with_handler(&body, &[addi(2, 0, 7)]), 8, |machine| {
        let fault = &machine.retired[6];
        assert!(fault.trap);
        assert_eq!((fault.cause, fault.tval, fault.pc), (1, 0x1000_0000, 0x1000_0000));
        assert_eq!(fault.insn, 0);
        assert_eq!(machine.register(1), RAM + 24);
        assert_eq!(machine.register(2), 7);
    });
}

#[test]
fn nothing_behind_a_bus_error_reaches_the_bus() {
    let body =
        words(&[&li(5, RAM + 0x2000), &[lw(1, 5, 0), sw(5, 5, 4), lw(2, 5, 8), div(3, 5, 5)]]);
    for config in configurations() {
        for seed in 0..20 {
            let program = with_handler(&body, &[addi(2, 0, 7), op(1, 5, 4, 5, 2)]);
            let mut machine = Machine::new(&config, &program, Timing::random(seed));
            machine.broken.push(RAM + 0x2000);
            machine.run(8);
            assert_eq!(machine.data_requests(), 1);
            assert_eq!(machine.register(4), (RAM + 0x2000) / 7);
        }
    }
}

#[test]
fn mret_restores_and_returns() {
    // The handler steps over the ECALL and returns.
    let handler = [csrrs(20, csr::MEPC, 0), addi(20, 20, 4), csrrw(0, csr::MEPC, 20), MRET];
    let body = [csrrsi(0, csr::MSTATUS, 8), ECALL, addi(1, 0, 5), csrrs(2, csr::MSTATUS, 0)];
    everywhere(&with_handler(&body, &handler), PROLOGUE + 8, |machine| {
        let at = |index: usize| &machine.retired[PROLOGUE + index];
        assert_eq!(at(0).mstatus, 0x1808);
        assert_eq!(at(0).csr, Some((0x300, 0x1808)));
        assert_eq!(at(1).mstatus, 0x1880, "the trap moves MIE to MPIE");
        assert_eq!(at(5).mstatus, 0x1888, "MRET moves it back and sets MPIE");
        assert_eq!(at(5).pc_next, RAM + 4 * (PROLOGUE as u32 + 2));
        assert_eq!(machine.register(1), 5);
        assert_eq!(machine.register(2), 0x1888);
    });
}

#[test]
fn csr_operations_read_old_and_write_new() {
    let ones = [addi(1, 0, -1)];
    let program = words(&[
        &ones,
        &[csrrw(2, csr::MSCRATCH, 1), csrrci(3, csr::MSCRATCH, 5), csrrs(4, csr::MSCRATCH, 0)],
        &[csrrw(0, csr::MTVEC, 1), csrrs(5, csr::MTVEC, 0), csrrwi(0, csr::MTVEC, 5)],
        &[csrrs(6, csr::MTVEC, 0), csrrw(0, csr::MEPC, 1), csrrs(7, csr::MEPC, 0)],
        &[csrrw(0, csr::MIE, 1), csrrc(8, csr::MIE, 0), csrrw(0, csr::MCOUNTINHIBIT, 1)],
        &[csrrs(9, csr::MCOUNTINHIBIT, 0), csrrw(0, csr::MISA, 0), csrrs(10, csr::MISA, 0)],
        &[csrrw(0, csr::MIP, 1), csrrs(11, csr::MIP, 0), csrrw(12, csr::MCAUSE, 1)],
        &[csrrs(13, csr::MCAUSE, 0), csrrc(14, csr::MCAUSE, 1), csrrs(15, csr::MCAUSE, 0), STOP],
    ]);
    everywhere(&program, 22, |machine| {
        let expected = [
            (2, 0),
            (3, 0xffff_ffff),
            (4, 0xffff_fffa),
            (5, 0xffff_fffc),
            (6, 5),
            (7, 0xffff_fffc),
            (8, 0x888),
            (9, 5),
            (10, 0x4000_1100),
            (11, 0),
            (12, 0),
            (13, 0xffff_ffff),
            (14, 0xffff_ffff),
            (15, 0),
        ];
        for (register, value) in expected {
            assert_eq!(machine.register(register), value, "x{register}");
        }
        assert_eq!(machine.retired[3].csr, None, "CSRRS with x0 does not write");
        assert_eq!(machine.retired[4].csr, Some((0x305, 0xffff_fffc)));
        assert_eq!(machine.retired[14].csr, Some((0x301, 0x4000_1100)));
    });
}

#[test]
fn minstret_counts_retired_instructions_and_takes_writes() {
    let program = [
        csrrs(1, csr::MINSTRET, 0),
        csrrs(2, csr::MINSTRET, 0),
        csrrwi(0, csr::MINSTRET, 20),
        csrrs(3, csr::MINSTRET, 0),
        csrrs(4, csr::MINSTRET, 0),
        csrrwi(0, csr::MCOUNTINHIBIT, 4),
        csrrs(5, csr::MINSTRET, 0),
        NOP,
        csrrs(6, csr::MINSTRET, 0),
        csrrwi(0, csr::MCOUNTINHIBIT, 0),
        csrrs(7, csr::MINSTRET, 0),
        csrrwi(0, csr::MINSTRETH, 3),
        csrrs(8, csr::MINSTRET, 0),
        csrrs(9, csr::MINSTRETH, 0),
        STOP,
    ];
    everywhere(&program, 14, |machine| {
        let counts: Vec<u32> = (1..=9).map(|register| machine.register(register)).collect();
        assert_eq!(counts, [0, 1, 20, 21, 23, 23, 23, 24, 3]);
    });
}

#[test]
fn mcycle_counts_cycles_and_stops_when_inhibited() {
    let program = [
        csrrs(1, csr::MCYCLE, 0),
        csrrs(2, csr::MCYCLE, 0),
        csrrwi(0, csr::MCOUNTINHIBIT, 1),
        csrrs(3, csr::MCYCLE, 0),
        csrrs(4, csr::MCYCLE, 0),
        STOP,
    ];
    everywhere(&program, 5, |machine| {
        let passed = machine.retired[1].cycle - machine.retired[0].cycle;
        assert_eq!(u64::from(machine.register(2) - machine.register(1)), passed);
        assert_eq!(machine.register(3), machine.register(4));
    });
}

#[test]
fn fence_i_makes_stored_instructions_visible() {
    // Replaces `addi x1, x0, 1` by `addi x1, x0, 2`, which fetch has already asked for.
    let target = 8;
    let program = words(&[
        &li(5, RAM + 4 * target),
        &li(6, addi(1, 0, 2)),
        &[sw(6, 5, 0), FENCE_I, NOP, NOP, addi(1, 0, 1), STOP],
    ]);
    assert_eq!(program[target as usize], addi(1, 0, 1));
    everywhere(&program, 9, |machine| assert_eq!(machine.register(1), 2));
}

/// A branch and a jump that the predictor knows are replaced, by no jump and by one elsewhere.
#[test]
fn what_was_predicted_may_change() {
    let (branch, jump) = (7, 9);
    let program = words(&[
        &li(5, RAM),
        &[addi(2, 0, 2)],
        // 3: a pass of six rounds.
        &[addi(1, 0, 6), NOP],
        // 5: a round.
        &[addi(1, 1, -1), addi(3, 3, 1), bne(1, 0, -8), NOP, jal(0, 8), addi(4, 4, 1)],
        // 11: the second pass is the last.
        &[addi(2, 2, -1), beq(2, 0, 9 * 4)],
        &li(6, addi(4, 4, 16)),
        &li(7, jal(0, 4)),
        &[sw(6, 5, 4 * branch), sw(7, 5, 4 * jump), FENCE_I, jal(0, -17 * 4), STOP],
    ]);
    assert_eq!(program[branch as usize], bne(1, 0, -8));
    assert_eq!(program[jump as usize], jal(0, 8));
    assert_eq!(program[20], jal(0, -17 * 4));
    let first = 5 + 6 * 3 + 4 + 8;
    let second = 2 + 8;
    everywhere(&program, first + second, |machine| {
        assert_eq!(machine.register(3), 7, "rounds");
        assert_eq!(machine.register(4), 17, "what replaced the branch, and behind the jump");
    });
}

#[test]
fn fences_do_nothing_with_any_reserved_field() {
    let program = [0x0ff0_000f, 0xffff_8f8f, 0xffff_9f8f, addi(1, 0, 3), STOP];
    everywhere(&program, 4, |machine| {
        assert_eq!(machine.register(1), 3);
        assert!(machine.retired.iter().all(|record| !record.trap));
    });
}
