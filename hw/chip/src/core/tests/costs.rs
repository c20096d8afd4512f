//! What instructions cost on a memory that is always ready and answers in the next cycle, as
//! `docs/pipelines.md` says.

use super::assembler::*;
use super::machine::*;
use super::programs::words;
use crate::config::{CoreConfig, Multiplier};
use crate::core::encoding::csr;

/// Cycles of `body`, repeated, when nothing outside of it disturbs.
fn cycles(config: &CoreConfig, body: &[u32], retired: usize) -> u64 {
    const WARM_UP: usize = 5;
    const MEASURED: usize = 10;
    let setup = words(&[&li(5, RAM + 0x1000), &li(7, u32::MAX), &li(8, 1)]);
    let repeated = vec![body.to_vec(); WARM_UP + MEASURED + 5].concat();
    let mut machine = Machine::new(config, &words(&[&setup, &repeated]), Timing::IDEAL);
    let start = setup.len() + WARM_UP * retired;
    let end = start + MEASURED * retired;
    machine.run(end);
    let passed = machine.retired[end - 1].cycle - machine.retired[start - 1].cycle;
    assert_eq!(passed % MEASURED as u64, 0, "the repetitions differ");
    passed / MEASURED as u64
}

#[test]
fn of_the_compact_pipeline() {
    for config in [base(2, Multiplier::Fast), base(4, Multiplier::Fast), full()] {
        let cost = |body: &[u32]| cycles(&config, body, body.len());
        assert_eq!(cost(&[addi(1, 1, 1), add(2, 1, 1), add(3, 2, 1)]), 3, "one a cycle");
        assert_eq!(cost(&[sw(1, 5, 0), lw(2, 5, 0)]), 2, "accesses follow without a gap");
        assert_eq!(cost(&[lw(1, 5, 0), add(2, 1, 1)]), 2 + 1, "load and use");
        assert_eq!(cost(&[mul(1, 7, 7), mul(3, 5, 5)]), 2, "independent products");
        assert_eq!(cost(&[mul(1, 7, 7), add(2, 1, 1)]), 2 + 1, "product and use");
        if config.zbb {
            let (clz, max) = (0x6003_9093, r(5, 8, 7, 6, 1, 0x33));
            assert_eq!(cost(&[clz, add(2, 1, 1)]), 2 + 1, "count and use");
            assert_eq!(cost(&[max, add(2, 1, 1)]), 2 + 1, "maximum and use");
            assert_eq!(cost(&[clz, max]), 2, "independent ones");
        }
        assert_eq!(cost(&[div(1, 5, 8)]), 34, "division");
        assert_eq!(cost(&[jal(0, 4)]), 1 + 1, "a jump");
        assert_eq!(cost(&[auipc(6, 0), jalr(1, 6, 8)]), 2 + 2, "an indirect jump");
        assert_eq!(cost(&[bne(0, 0, 8)]), 1, "a branch forwards that is not taken");
        assert_eq!(cost(&[beq(0, 0, 4)]), 1 + 2, "a branch forwards that is taken");
        assert_eq!(cost(&[bne(0, 0, -8)]), 1 + 2, "a branch backwards that is not taken");
        let back = [jal(0, 8), jal(0, 8), beq(0, 0, -4)];
        assert_eq!(cost(&back), (1 + 1) * 3, "a branch backwards that is taken, between jumps");
        assert_eq!(cost(&[csrrs(1, csr::MSCRATCH, 0)]), 1 + 2, "a CSR");
        assert_eq!(cost(&[FENCE_I]), 1 + 3, "FENCE.I");
        let to_itself = |number: u32| [auipc(6, 0), addi(6, 6, 16), csrrw(0, number, 6)];
        let before = to_itself(csr::MTVEC);
        let plain = cost(&[before[0], before[1], before[2], NOP]);
        assert_eq!(cost(&[before[0], before[1], before[2], ECALL]), plain + 3, "a trap");
    }
}

/// A loop of a branch backwards and a jump, when the predictor knows both; and its end.
#[test]
fn of_predicted_jumps() {
    let config = CoreConfig { branch_targets: 16, ..base(4, Multiplier::Fast) };
    const LOOPS: usize = 40;
    let setup = [addi(1, 0, LOOPS as i32)];
    let body = [addi(1, 1, -1), jal(0, 8), NOP, bne(1, 0, -12), NOP, NOP];
    let mut machine = Machine::new(&config, &words(&[&setup, &body]), Timing::IDEAL);
    // Three instructions a round.
    let end = setup.len() + 3 * LOOPS;
    machine.run(end + 1);
    let at = |index: usize| machine.retired[index].cycle;
    assert_eq!(at(end - 4) - at(end - 34), 30, "known ones cost a cycle each");
    assert_eq!(at(end) - at(end - 1), 1 + 2, "a wrong direction");
}

#[test]
fn of_iterative_products() {
    let config = base(2, Multiplier::Iterative);
    assert_eq!(cycles(&config, &[mul(1, 5, 8)], 1), 34);
    assert_eq!(cycles(&config, &[mul(1, 5, 8), add(2, 1, 1)], 2), 35, "its use waits for nothing");
}

#[test]
fn of_returns_from_traps() {
    let body = [auipc(6, 0), addi(6, 6, 16), csrrw(0, csr::MEPC, 6)];
    let config = base(2, Multiplier::Fast);
    let plain = cycles(&config, &words(&[&body, &[NOP]]), 4);
    assert_eq!(cycles(&config, &words(&[&body, &[MRET]]), 4), plain + 3);
}

#[test]
fn of_atomics() {
    let config = full();
    let atomic = |funct5: u32, rs2: u32| r(funct5 << 2, rs2, 5, 2, 1, 0x2f);
    let (amoadd, lr, sc) = (atomic(0, 7), atomic(2, 0), atomic(3, 7));
    assert_eq!(cycles(&config, &[amoadd], 1), 1 + 3);
    assert_eq!(cycles(&config, &[lr], 1), 1);
    assert_eq!(cycles(&config, &[lr, sc], 2), 2 + 1, "SC waits for LR");
}

/// Words that hold compressed instructions, or halves of long ones, the lower first.
#[test]
fn of_compressed_code() {
    let config = full();
    let c_addi = 0x0085;
    let pair = c_addi << 16 | c_addi;
    assert_eq!(cycles(&config, &[pair], 2), 2, "one a cycle");
    let addi = addi(1, 0, 1);
    let crossing = [addi << 16 | c_addi, c_addi << 16 | addi >> 16];
    assert_eq!(cycles(&config, &crossing, 3), 3, "across a word boundary in a stream");
    // Jumps by 6, to an upper halfword.
    let (c_j, c_nop) = (0xa019, 0x0001);
    let to_short = [c_nop << 16 | c_j, c_addi << 16 | c_nop];
    assert_eq!(cycles(&config, &to_short, 2), 2 + 1, "a jump to a short one");
    let to_long = [c_nop << 16 | c_j, addi << 16 | c_nop, c_nop << 16 | addi >> 16];
    assert_eq!(cycles(&config, &to_long, 3), 3 + 2, "a jump to a long one in two words");
}
