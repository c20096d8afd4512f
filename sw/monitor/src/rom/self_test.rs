//! The test of the NPU: its job is put into the RAM, runs, and its results are compared.

use systole_isa::Label;

use super::code::Code;
use super::registers::*;
use crate::job::{BIAS, MULTIPLIER_STEP, SEED, SelfTestJob};
use crate::map;
use crate::protocol::SelfTest;

/// Looks at the NPU's status after which a job has no end: some hundred times more than it needs.
const LOOKS: u32 = 20_000;

/// Appends the test; `OUTCOME` is then one of [`SelfTest`]'s numbers, with `PLACE`, `FOUND` and
/// `EXPECTED`. `descriptors` and `expected` are the job's words in the ROM. A trap puts its address
/// into `VALUE` and something into `STATUS`.
pub fn emit(code: &mut Code, job: &SelfTestJob, descriptors: Label, expected: Label) {
    let (end, compare) = (code.label(), code.label());
    copy_descriptors(code, job, descriptors);
    make_parameters(code, job);
    make_data(code, job);
    spoil_results(code, job, expected);
    run(code, job, compare, end);
    code.bind(compare);
    compare_results(code, job, expected, end);
    code.bind(end);
    let answered = code.label();
    code.beq(STATUS, ZERO, answered);
    code.li(OUTCOME, SelfTest::FAULT);
    code.mv(PLACE, VALUE);
    code.bind(answered);
}

fn copy_descriptors(code: &mut Code, job: &SelfTestJob, descriptors: Label) {
    code.la(A2, descriptors);
    code.li(A3, job.descriptors_at());
    code.li(T1, 8 * job.descriptors().len() as u32);
    let again = code.here();
    code.lw(T2, 0, A2);
    code.sw(T2, 0, A3);
    code.addi(A2, A2, 4);
    code.addi(A3, A3, 4);
    code.addi(T1, T1, -1);
    code.bne(T1, ZERO, again);
}

/// Biases and multipliers, each more than the one before by the same.
fn make_parameters(code: &mut Code, job: &SelfTestJob) {
    code.li(A3, job.parameters_at());
    for (first, step) in [BIAS, (job.first_multiplier(), MULTIPLIER_STEP)] {
        code.li(T1, job.channels());
        code.li(T2, first);
        code.li(T3, step);
        let again = code.here();
        code.sw(T2, 0, A3);
        code.add(T2, T2, T3);
        code.addi(A3, A3, 4);
        code.addi(T1, T1, -1);
        code.bne(T1, ZERO, again);
    }
}

/// Activations and weights, by xorshift32.
fn make_data(code: &mut Code, job: &SelfTestJob) {
    code.li(A3, job.data_at());
    code.li(T1, job.data_words());
    code.li(T2, SEED);
    let again = code.here();
    code.slli(T3, T2, 13);
    code.xor(T2, T2, T3);
    code.srli(T3, T2, 17);
    code.xor(T2, T2, T3);
    code.slli(T3, T2, 5);
    code.xor(T2, T2, T3);
    code.sw(T2, 0, A3);
    code.addi(A3, A3, 4);
    code.addi(T1, T1, -1);
    code.bne(T1, ZERO, again);
}

/// Makes every bit of the results wrong, so that what is right was written by the job.
fn spoil_results(code: &mut Code, job: &SelfTestJob, expected: Label) {
    start_results(code, job, expected);
    let again = code.here();
    code.lw(T2, 0, A2);
    code.not(T2, T2);
    code.sw(T2, 0, A3);
    next_result(code, again);
}

fn run(code: &mut Code, job: &SelfTestJob, compare: Label, end: Label) {
    let idle = code.label();
    code.li(A2, map::NPU);
    code.li(A3, job.descriptors_at());
    code.sw(A3, map::NPU_DOORBELL, A2);
    code.li(T1, LOOKS);
    let again = code.here();
    code.lw(FOUND, map::NPU_STATUS, A2);
    code.andi(T2, FOUND, 1);
    code.beq(T2, ZERO, idle);
    code.addi(T1, T1, -1);
    code.bne(T1, ZERO, again);
    code.li(OUTCOME, SelfTest::ENDLESS);
    code.j(end);
    code.bind(idle);
    code.andi(T2, FOUND, 2);
    code.bne(T2, ZERO, compare);
    code.li(OUTCOME, SelfTest::ERROR);
    code.j(end);
}

fn compare_results(code: &mut Code, job: &SelfTestJob, expected: Label, end: Label) {
    let differs = code.label();
    start_results(code, job, expected);
    let again = code.here();
    code.lw(EXPECTED, 0, A2);
    code.lw(FOUND, 0, A3);
    code.bne(EXPECTED, FOUND, differs);
    next_result(code, again);
    code.li(OUTCOME, SelfTest::PASSED);
    code.j(end);
    code.bind(differs);
    code.li(OUTCOME, SelfTest::DIFFERS);
    code.mv(PLACE, A3);
}

/// `A2` walks through the expected words, `A3` through the results, `T1` counts.
fn start_results(code: &mut Code, job: &SelfTestJob, expected: Label) {
    code.la(A2, expected);
    code.li(A3, job.results_at());
    code.li(T1, job.expected().len() as u32);
}

fn next_result(code: &mut Code, again: Label) {
    code.addi(A2, A2, 4);
    code.addi(A3, A3, 4);
    code.addi(T1, T1, -1);
    code.bne(T1, ZERO, again);
}
