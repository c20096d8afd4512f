//! LR, SC and AMOs.

use super::asm::{self, NOP, amo, csrrw, lr, lw, sc, sw};
use super::{HANDLER, RAM_BASE, full, nth, place, step, word};
use crate::{CLINT_BASE, Inputs, Machine, NPU_BASE, Retire};
use proptest::prelude::*;

const DATA: u32 = RAM_BASE + 0x2000;

/// x1 = address, x2 = value, then the program; at its first instruction.
fn at(x1: u32, x2: u32, program: &[u32]) -> Machine {
    let mut m = full(&[&asm::li(1, x1)[..], &asm::li(2, x2), program].concat());
    nth(&mut m, 4);
    m
}

fn fault() -> Inputs {
    Inputs { data_fault: true, ..Inputs::default() }
}

#[test]
fn lr_then_sc_stores_once() {
    let mut m = at(DATA, 7, &[lr(3, 1), sc(4, 1, 2), sc(5, 1, 2)]);
    place(&mut m, DATA, &[0x1234_5678]);
    let retire = step(&mut m);
    assert_eq!((retire.rd_wdata, retire.mem_addr, retire.mem_rmask), (0x1234_5678, DATA, 15));
    let retire = step(&mut m);
    assert_eq!((retire.rd_addr, retire.rd_wdata), (4, 0));
    assert_eq!((retire.mem_addr, retire.mem_wmask, retire.mem_wdata), (DATA, 15, 7));
    let retire = step(&mut m);
    assert_eq!((retire.rd_wdata, retire.mem_addr, retire.mem_wmask), (1, 0, 0));
    assert_eq!(word(&m, DATA), 7);
}

/// What stands between LR and SC, and whether the SC then succeeds.
#[test]
fn what_ends_a_reservation() {
    let cases: [(&[u32], bool); 8] = [
        (&[], true),
        (&[sw(1, 2, 0)], true), // the hart's own store
        (&[lw(5, 1, 0), amo(0, 5, 1, 2)], true),
        (&[asm::addi(1, 1, 4)], false), // another word
        (&[asm::addi(6, 1, 4), lr(5, 6)], false),
        (&[asm::addi(6, 1, 4), sc(5, 6, 2)], false), // fails, and clears
        (&[asm::ECALL], false),
        (&[lw(5, 0, 0)], false), // an access fault
    ];
    let skip = [asm::csrr(8, 0x341), asm::addi(8, 8, 4), csrrw(0, 0x341, 8), asm::MRET];
    for (between, succeeds) in cases {
        let set_handler = [&asm::li(9, HANDLER)[..], &[csrrw(0, 0x305, 9)]].concat();
        let mut m = at(DATA, 7, &[&set_handler[..], &[lr(3, 1)], between, &[sc(4, 1, 2)]].concat());
        place(&mut m, HANDLER, &skip);
        let retire = loop {
            let retire = step(&mut m);
            if retire.insn == sc(4, 1, 2) {
                break retire;
            }
        };
        assert_eq!(retire.rd_wdata, u32::from(!succeeds), "{between:x?}");
        assert_eq!(retire.mem_wmask != 0, succeeds);
    }
}

#[test]
fn an_interrupt_ends_a_reservation() {
    let mut m = at(DATA, 7, &[lr(3, 1), sc(4, 1, 2)]);
    step(&mut m);
    let sc_address = m.pc();
    m.step(&Inputs { interrupt: Some(7), ..Inputs::default() });
    m.set_pc(sc_address);
    assert_eq!(step(&mut m).rd_wdata, 1);
}

#[test]
fn faults() {
    // Misaligned, then not RAM; of SC only when it would store.
    for (instruction, misaligned, refused) in [(lr(3, 1), 4, 5), (amo(1, 3, 1, 2), 6, 7)] {
        let retire = step(&mut at(DATA + 2, 7, &[instruction]));
        assert_eq!((retire.trap, retire.cause, retire.tval), (true, misaligned, DATA + 2));
        for address in [0, CLINT_BASE, NPU_BASE, 0xffff_fffc] {
            let retire = step(&mut at(address, 7, &[instruction]));
            assert_eq!((retire.trap, retire.cause, retire.tval), (true, refused, address));
        }
        let retire = at(DATA, 7, &[instruction]).step(&fault());
        assert_eq!((retire.trap, retire.cause, retire.tval), (true, refused, DATA));
        assert_eq!((retire.mem_rmask, retire.mem_wmask, retire.rd_addr), (0, 0, 0));
    }
    let retire = step(&mut at(DATA + 1, 7, &[sc(3, 1, 2)]));
    assert_eq!((retire.cause, retire.tval), (6, DATA + 1));
    for address in [0, CLINT_BASE, NPU_BASE] {
        let retire = step(&mut at(address, 7, &[sc(3, 1, 2)]));
        assert_eq!((retire.trap, retire.rd_wdata), (false, 1));
    }
    assert!(!at(DATA, 7, &[sc(3, 1, 2)]).step(&fault()).trap);
    let mut m = at(DATA, 7, &[lr(3, 1), sc(3, 1, 2)]);
    step(&mut m);
    let retire = m.step(&fault());
    assert_eq!((retire.trap, retire.cause, retire.tval, word(&m, DATA)), (true, 7, DATA, 0));
}

#[test]
fn a_trapping_sc_ends_the_reservation() {
    let mut m = at(DATA, DATA + 2, &[lr(3, 1), sc(3, 2, 2), sc(4, 1, 2)]);
    let second = m.pc() + 8;
    assert!(nth(&mut m, 2).trap);
    m.set_pc(second);
    assert_eq!(step(&mut m).rd_wdata, 1);
}

/// A job was started since the LR or was running: the RTL decides, and only then.
#[test]
fn the_npu_may_end_a_reservation() {
    let failed = Inputs { sc_failed: true, ..Inputs::default() };
    let program = [&asm::li(5, NPU_BASE)[..], &[lr(3, 1), NOP, NOP, NOP, sc(4, 1, 2)]].concat();
    let sc_of = |ring_at: Option<usize>, inputs: &Inputs| -> Retire {
        let mut program = program.clone();
        if let Some(at) = ring_at {
            program[at] = sw(5, 0, 0x10);
        }
        let mut m = at(DATA, 7, &program);
        nth(&mut m, program.len() - 1);
        m.step(inputs)
    };
    assert_eq!(sc_of(Some(4), &failed).rd_wdata, 1);
    assert_eq!(sc_of(Some(4), &Inputs::default()).rd_wdata, 0);
    assert_eq!(sc_of(None, &failed).rd_wdata, 0);
    // Alone the started job counts as having written.
    let mut m = at(
        DATA,
        7,
        &[&asm::li(5, NPU_BASE)[..], &[lr(3, 1), sw(5, 0, 0x10), sc(4, 1, 2)]].concat(),
    );
    m.run(5, crate::Stop::default());
    assert_eq!(m.registers()[4], 1);
}

/// A job that was running at the LR, or ended shortly before.
#[test]
fn a_job_that_runs_at_the_lr() {
    let failed = Inputs { sc_failed: true, ..Inputs::default() };
    for (ends_before, quiet, result) in [(false, 0, 1), (true, 0, 1), (true, 8, 0)] {
        let mut program = [&asm::li(5, NPU_BASE)[..], &[sw(5, 0, 0x10)]].concat();
        program.extend(std::iter::repeat_n(NOP, quiet));
        program.extend([lr(3, 1), sc(4, 1, 2)]);
        let mut m = at(DATA, 7, &program);
        nth(&mut m, 3);
        if ends_before {
            m.npu.finish_job();
        }
        nth(&mut m, quiet + 1);
        m.npu.finish_job();
        assert_eq!(m.step(&failed).rd_wdata, result, "{ends_before} {quiet}");
    }
}

#[test]
fn registers_may_coincide() {
    // amoadd x2, x2, (x1): the old x2 is added.
    let mut m = at(DATA, 5, &[amo(0, 2, 1, 2), amo(0, 0, 1, 2), amo(1, 1, 1, 1)]);
    place(&mut m, DATA, &[100]);
    assert_eq!((step(&mut m).rd_wdata, word(&m, DATA)), (100, 105));
    let retire = step(&mut m);
    assert_eq!((retire.rd_addr, word(&m, DATA)), (0, 205));
    assert_eq!((step(&mut m).rd_wdata, word(&m, DATA)), (205, DATA));
}

/// funct5, and what is stored.
type Amo = (u32, fn(u32, u32) -> u32);

const AMOS: [Amo; 9] = [
    (0x00, |old, x| (u64::from(old) + u64::from(x)) as u32),
    (0x01, |_, x| x),
    (0x04, |old, x| (old | x) - (old & x)),
    (0x08, |old, x| !(!old & !x)),
    (0x0c, |old, x| !(!old | !x)),
    (0x10, |old, x| if i64::from(old as i32) < i64::from(x as i32) { old } else { x }),
    (0x14, |old, x| if i64::from(old as i32) > i64::from(x as i32) { old } else { x }),
    (0x18, |old, x| if old < x { old } else { x }),
    (0x1c, |old, x| if old > x { old } else { x }),
];

fn operand() -> impl Strategy<Value = u32> {
    let corners = &[0u32, 1, 0x7fff_ffff, 0x8000_0000, u32::MAX][..];
    prop_oneof![proptest::sample::select(corners), any::<u32>()]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn amos((funct5, store) in proptest::sample::select(&AMOS[..]), old in operand(), x in operand(), ordering in 0u32..4) {
        let mut m = at(DATA, x, &[amo(funct5, 3, 1, 2) | ordering << 25]);
        place(&mut m, DATA, &[old]);
        let retire = step(&mut m);
        let new = store(old, x);
        prop_assert_eq!((retire.trap, retire.rd_wdata, word(&m, DATA)), (false, old, new));
        prop_assert_eq!((retire.mem_addr, retire.mem_rmask, retire.mem_wmask), (DATA, 15, 15));
        prop_assert_eq!((retire.mem_rdata, retire.mem_wdata), (old, new));
    }
}
