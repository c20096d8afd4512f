//! A program on RTL and golden model in lockstep.

use std::sync::atomic::{AtomicBool, Ordering};

use systole_golden::elf::Program;
use systole_golden::{Machine, Retire};
use systole_sim::{Dut, Error, Stalls};

use super::golden::{acknowledgement, request};
use super::{End, Report, Setup, htif, trace};
use crate::chip;
use crate::lockstep::{Case, Divergence, Host, Kind};

/// Cycles that an instruction may take on average before a run counts as hanging.
const CYCLES_PER_INSTRUCTION: u64 = 64;

pub(super) fn run<'a>(program: &'a Program, setup: Setup<'a>) -> Result<Report, Error> {
    let library = setup.library.expect("a lockstep run needs the simulated chip");
    let mut pair = chip::lockstep(setup.config, library)?;
    if let Some(window) = &setup.window {
        pair.trace(&window.path, window.from, window.to);
    }
    let segments: Vec<(u32, Vec<u8>)> =
        program.segments.iter().map(|s| (s.address, s.bytes.clone())).collect();
    let case = Case {
        segments: &segments,
        seed: 0,
        stalls: Stalls::default(),
        // Nothing is mapped at 0: a program without `tohost` cannot end.
        tohost: program.tohost().unwrap_or(0),
        max_cycles: setup.max_instructions.saturating_mul(CYCLES_PER_INSTRUCTION),
    };
    let mut host = Console {
        program,
        console: setup.console,
        trace: setup.trace,
        max_instructions: setup.max_instructions,
        interrupted: setup.interrupted,
        instructions: 0,
        void: None,
    };
    let outcome = pair.run_with(&case, &mut host);
    let (void, limit) = (host.void, host.instructions >= host.max_instructions);
    pair.dut().stop_trace();
    let end = match (outcome.exit_code, outcome.divergence) {
        (_, Some(divergence)) => diverged(divergence),
        (Some(code), None) => End::Exit(code),
        (None, None) => match void {
            Some(pc) => End::Void { pc },
            None if limit => End::Limit,
            None => End::Interrupted,
        },
    };
    let signature = program.signature().and_then(|(start, end)| {
        pair.dut().read_memory(start, end.saturating_sub(start) as usize).ok()
    });
    Ok(Report { end, instructions: outcome.instructions, cycles: outcome.cycles, signature })
}

fn diverged(divergence: Divergence) -> End {
    match divergence.kind {
        Kind::Broken => End::Broken(divergence.message),
        _ => End::Diverged(Box::new(divergence)),
    }
}

struct Console<'a> {
    program: &'a Program,
    console: &'a mut dyn std::io::Write,
    trace: Option<&'a mut dyn std::io::Write>,
    max_instructions: u64,
    interrupted: &'a AtomicBool,
    instructions: u64,
    void: Option<u32>,
}

impl Host for Console<'_> {
    fn retired(&mut self, order: u64, retire: &Retire) {
        self.instructions = order + 1;
        if let Some(out) = self.trace.as_deref_mut() {
            trace::line(out, order, retire);
        }
        if retire.trap && retire.next_pc == retire.pc {
            self.void = Some(retire.pc);
        }
    }

    fn tohost(&mut self, golden: &mut Machine, dut: &mut Dut) -> Option<u32> {
        let request = request(golden, self.program.tohost()?)?;
        let code = htif::serve(request, self.console, |address, length| {
            golden.read_memory(address, length).map(<[u8]>::to_vec)
        });
        if code.is_none() {
            for (address, value) in acknowledgement(self.program) {
                // Symbols outside the RAM cannot be written, and need not be.
                let _ = golden.write_memory(address, &value);
                let _ = dut.write_memory(address, &value);
            }
        }
        code
    }

    fn interrupted(&self) -> bool {
        self.void.is_some()
            || self.instructions >= self.max_instructions
            || self.interrupted.load(Ordering::Relaxed)
    }
}
