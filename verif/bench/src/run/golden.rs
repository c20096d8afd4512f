//! A program on the golden model alone.

use std::sync::atomic::Ordering;

use systole_golden::elf::Program;
use systole_golden::{Machine, Stop, StopReason};

use super::htif::{self, Request};
use super::{End, Report, Setup, trace};
use crate::chip;

/// Instructions between looks at the outside world.
const SLICE: u64 = 4_000_000;
/// Longest NPU job in steps of the model, bytes moved and waves put through the array: a minute or two.
const LONGEST_JOB: u64 = 1 << 32;
const MTVEC: u16 = 0x305;

pub(super) fn run(program: &Program, mut setup: Setup) -> Report {
    let mut machine = Machine::new(&chip::golden_config(setup.config));
    machine.limit_jobs(LONGEST_JOB);
    machine.load_program(program).expect("the ELF file was checked against the RAM");
    let mut instructions = 0;
    let end = loop {
        if let Some(end) = stuck(&machine, &setup, instructions) {
            break end;
        }
        let slice = SLICE.min(setup.max_instructions - instructions);
        let (done, stop) = match setup.trace.as_deref_mut() {
            None => fast(&mut machine, program, slice),
            Some(out) => traced(&mut machine, program, slice, instructions, out),
        };
        instructions += done;
        match stop {
            Stopped::No => {}
            Stopped::LongJob => break End::LongJob { pc: machine.pc() },
            Stopped::Request(request) => {
                if let Some(code) = serve(&mut machine, program, request, &mut setup) {
                    break End::Exit(code);
                }
            }
        }
    };
    let signature = program.signature().and_then(|(start, end)| {
        machine.read_memory(start, end.saturating_sub(start) as usize).ok().map(<[u8]>::to_vec)
    });
    Report { end, instructions, cycles: instructions, signature }
}

fn stuck(machine: &Machine, setup: &Setup, instructions: u64) -> Option<End> {
    let pc = machine.pc();
    if !machine.in_ram(pc) && machine.csr(MTVEC).is_some_and(|vector| vector & !3 == pc) {
        return Some(End::Void { pc });
    }
    if setup.interrupted.load(Ordering::Relaxed) {
        return Some(End::Interrupted);
    }
    (instructions >= setup.max_instructions).then_some(End::Limit)
}

/// Why the outside world is looked at before a slice is over.
enum Stopped {
    No,
    Request(Request),
    LongJob,
}

fn fast(machine: &mut Machine, program: &Program, slice: u64) -> (u64, Stopped) {
    let end = machine.run(slice, Stop { tohost: program.tohost() });
    let stopped = match end.reason {
        StopReason::Limit => Stopped::No,
        StopReason::Tohost(value) => Request::decode(value).map_or(Stopped::No, Stopped::Request),
        StopReason::LongJob => Stopped::LongJob,
    };
    (end.instructions, stopped)
}

fn traced(
    machine: &mut Machine,
    program: &Program,
    slice: u64,
    before: u64,
    out: &mut dyn std::io::Write,
) -> (u64, Stopped) {
    for step in 0..slice {
        let retire = machine.step_alone();
        trace::line(out, before + step, &retire);
        let tohost = retire.mem_wmask != 0 && Some(retire.mem_addr) == program.tohost();
        if tohost && let Some(request) = request(machine, retire.mem_addr) {
            return (step + 1, Stopped::Request(request));
        }
        if machine.take_long_job() {
            return (step + 1, Stopped::LongJob);
        }
        if retire.trap && retire.next_pc == retire.pc {
            return (step + 1, Stopped::No);
        }
    }
    (slice, Stopped::No)
}

/// The request in `tohost`.
pub(super) fn request(machine: &Machine, tohost: u32) -> Option<Request> {
    let bytes = machine.read_memory(tohost, 8).ok()?;
    Request::decode(u64::from_le_bytes(bytes.try_into().ok()?))
}

fn serve(
    machine: &mut Machine,
    program: &Program,
    request: Request,
    setup: &mut Setup,
) -> Option<u32> {
    let code = htif::serve(request, setup.console, |address, length| {
        machine.read_memory(address, length).map(<[u8]>::to_vec)
    });
    if code.is_none() {
        for (address, value) in acknowledgement(program) {
            // Symbols outside the RAM cannot be written, and need not be.
            let _ = machine.write_memory(address, &value);
        }
    }
    code
}

/// What the host writes after serving a request: `tohost` = 0, `fromhost` = 1.
pub(super) fn acknowledgement(program: &Program) -> impl Iterator<Item = (u32, [u8; 8])> {
    let tohost = program.tohost().map(|address| (address, [0; 8]));
    let fromhost = program.fromhost().map(|address| (address, [1, 0, 0, 0, 0, 0, 0, 0]));
    tohost.into_iter().chain(fromhost)
}
