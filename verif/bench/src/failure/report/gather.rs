//! From a failure to its report.

use systole_golden::Retire;
use systole_isa::{Register, disassemble};

use super::model::{Initial, Job, Line, Listing, Mismatch, Report, Retired, Waves};
use super::{effect, state};
use crate::failure::Failure;
use crate::failure::explain::{NAME, window};
use crate::lockstep::{Divergence, Pair};
use crate::program::layout::{BODY, CODE, CODE_END, HANDLER, REGISTERS, VECTORS};

/// U mode, as the retire port tells it.
const USER: u8 = 0;
/// Retirements shown.
const SHOWN: usize = 8;

/// The report of `failure`.
pub(in crate::failure) fn of(failure: &Failure) -> Report {
    Report {
        subject: failure.subject.clone(),
        mismatch: mismatch(&failure.divergence),
        program: listing(failure),
        jobs: jobs(failure),
        memory: failure.program.environment,
        waves: failure.waves.then(|| Waves {
            fst: format!("{NAME}.fst"),
            vcd: format!("{NAME}.vcd"),
            cycles: window(&failure.divergence),
        }),
        source: failure.source.clone(),
        timeline: failure.timeline.clone(),
        wave: failure.view.clone(),
        rerun: failure.rerun.clone(),
        replay: "systole cosim --replay .".to_owned(),
    }
}

/// What differs and what led to it.
pub(super) fn mismatch(divergence: &Divergence) -> Mismatch {
    let differences = state::differences(divergence);
    let skip = divergence.history.len().saturating_sub(SHOWN);
    let retired = divergence.history.iter().skip(skip);
    let retired = retired.map(|pair| {
        let (rtl, golden) = effect::columns(pair, &differences);
        Retired {
            retire: pair.order,
            cycle: pair.cycle,
            pc: hex(pair.golden.pc),
            insn: hex(pair.golden.insn),
            assembly: assembly(&pair.golden),
            rtl,
            golden,
        }
    });
    Mismatch {
        kind: divergence.kind.name().to_owned(),
        cycle: divergence.cycle,
        retire: divergence.order,
        message: divergence.message.clone(),
        summary: state::summary(divergence, &differences),
        retired: retired.collect(),
        state: state::state(divergence, &differences),
        differences,
    }
}

/// An instruction, with its mode where it is not machine mode.
fn assembly(retire: &Retire) -> String {
    let text = disassemble(retire.insn);
    if retire.mode == USER { format!("{text}  (U mode)") } else { text }
}

fn listing(failure: &Failure) -> Listing {
    let divergence = &failure.divergence;
    let differs = |pair: &&Pair| pair.rtl != pair.golden;
    let failing = divergence.history.last().filter(differs).map(|pair| pair.golden.pc);
    let values = (1..).zip(failure.program.registers).filter(|&(_, value)| value != 0);
    let initial = |(number, value)| Initial {
        register: Register::new(number).to_string(),
        value: hex(value),
    };
    let line = |&(address, instruction): &(u32, systole_isa::Instruction)| Line {
        address: hex(address),
        assembly: instruction.to_string(),
        failing: failing == Some(address),
    };
    Listing {
        original_instructions: failure.original_instructions,
        instructions: failure.image.body.len(),
        registers: values.map(initial).collect(),
        body: failure.image.body.iter().map(line).collect(),
        outside: failing
            .filter(|failing| failure.image.body.iter().all(|(address, _)| address != failing))
            .map(|failing| format!("{} in {}", hex(failing), around(failing))),
    }
}

/// What there is at an address where no body is.
fn around(address: u32) -> &'static str {
    match address {
        CODE..HANDLER => "the code before the body",
        HANDLER..VECTORS => "the trap handler",
        VECTORS..REGISTERS => "the vector table",
        BODY..CODE_END => "the code behind the body",
        _ => "no code",
    }
}

fn jobs(failure: &Failure) -> Vec<Job> {
    let jobs = failure.program.jobs.iter();
    jobs.filter(|job| !job.descriptors.is_empty())
        .enumerate()
        .map(|(number, job)| Job {
            number,
            description: job.description.clone(),
            list: hex(job.list),
            descriptors: job.descriptors.iter().map(ToString::to_string).collect(),
        })
        .collect()
}

fn hex(value: u32) -> String {
    format!("{value:#010x}")
}
