//! A program on the RTL alone.

use std::sync::atomic::Ordering;

use systole_golden::OutOfRam;
use systole_golden::elf::Program;
use systole_sim::{Dut, Error, Event, StopReason};

use super::golden::acknowledgement;
use super::htif::{self, Request};
use super::{End, Report, Setup, trace};
use crate::chip::patience;
use crate::lockstep::{hang_cycles, retire_record};

/// Cycles between looks at the outside world.
const SLICE: u64 = 500_000;
/// Cycles of events looked at after each slice, to see whether the program is lost.
const LOOK: u64 = 64;

pub(super) fn run(program: &Program, mut setup: Setup) -> Result<Report, Error> {
    let library = setup.library.expect("a run of the RTL needs the simulated chip");
    let mut dut = Dut::new(library)?;
    dut.reset(0);
    dut.set_hang_limit(Some(hang_cycles(patience(setup.config.npu.sequential))));
    dut.set_watch(program.tohost());
    for segment in &program.segments {
        dut.write_memory(segment.address, &segment.bytes)
            .expect("the ELF file was checked against the RAM");
    }
    if let Some(window) = &setup.window {
        let _ = dut.start_trace(&window.path, window.from..window.to + 1);
    }
    let mut order = 0;
    let end = loop {
        if dut.retired() >= setup.max_instructions {
            break End::Limit;
        }
        if setup.interrupted.load(Ordering::Relaxed) {
            break End::Interrupted;
        }
        let stop = match setup.trace.as_deref_mut() {
            None => dut.run_bare(SLICE),
            Some(out) => traced(&mut dut, &mut order, out),
        };
        match stop {
            StopReason::Hang => break End::Hang { cycle: dut.cycle() },
            StopReason::Broken => break End::Broken(dut.broken()),
            StopReason::Watch | StopReason::Limit | StopReason::BufferFull => {}
        }
        if stop == StopReason::Limit
            && setup.trace.is_none()
            && let Some(pc) = lost(&mut dut)
        {
            break End::Void { pc };
        }
        if let Some(code) = serve(&mut dut, program, &mut setup) {
            break End::Exit(code);
        }
    };
    dut.stop_trace();
    let signature = program
        .signature()
        .and_then(|(start, end)| dut.read_memory(start, end.saturating_sub(start) as usize).ok());
    Ok(Report { end, instructions: dut.retired(), cycles: dut.cycle(), signature })
}

/// Runs with events and writes their lines.
fn traced(dut: &mut Dut, order: &mut u64, out: &mut dyn std::io::Write) -> StopReason {
    let stop = dut.run(SLICE);
    for event in dut.events() {
        if let Event::Retire(retire) = event {
            trace::line(out, *order, &retire_record(&retire));
            *order += 1;
        }
    }
    stop
}

/// Where execution goes round, when all that happens is one trap into itself.
fn lost(dut: &mut Dut) -> Option<u32> {
    if dut.run(LOOK) != StopReason::Limit {
        return None;
    }
    let mut retirements = dut.events().filter_map(|event| match event {
        Event::Retire(retire) => Some(retire),
        _ => None,
    });
    let first = retirements.next()?;
    let same = |retire: &systole_sim::Retire| retire.trap && retire.next_pc == first.pc;
    (same(&first) && retirements.all(|retire| same(&retire))).then_some(first.pc)
}

fn serve(dut: &mut Dut, program: &Program, setup: &mut Setup) -> Option<u32> {
    let bytes = dut.read_memory(program.tohost()?, 8).ok()?;
    let request = Request::decode(u64::from_le_bytes(bytes.try_into().ok()?))?;
    let ram_bytes = setup.config.memory.ram_bytes as usize;
    let code = htif::serve(request, setup.console, |address, length| {
        dut.read_memory(address, length).map_err(|_| OutOfRam { address, bytes: length, ram_bytes })
    });
    if code.is_none() {
        for (address, value) in acknowledgement(program) {
            // Symbols outside the RAM cannot be written, and need not be.
            let _ = dut.write_memory(address, &value);
        }
    }
    code
}
