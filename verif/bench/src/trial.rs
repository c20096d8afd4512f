//! A random program made ready to run: laid out, with the stalls of its environment.

use systole_sim::{PortStalls, Stalls};

use crate::lockstep::{Case, Lockstep, Outcome};
use crate::program::layout::{BODY, CODE, CODE_END, TOHOST};
use crate::program::{Environment, Image, Program, TooLong, lower};

/// A program laid out in memory.
pub struct Trial {
    image: Image,
    environment: Environment,
}

impl Trial {
    /// Lays `program` out.
    ///
    /// # Errors
    /// When its code does not fit.
    pub fn new(program: &Program) -> Result<Self, TooLong> {
        Ok(Self { image: lower(program)?, environment: program.environment })
    }

    /// Memory contents.
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// What the lockstep is given; `max_cycles` is [`Lockstep::patience`].
    pub fn case(&self, max_cycles: u64) -> Case<'_> {
        Case {
            segments: &self.image.segments,
            seed: self.environment.seed,
            stalls: stalls(&self.environment),
            tohost: TOHOST,
            max_cycles,
        }
    }

    /// Runs it in lockstep.
    pub fn run(&self, pair: &mut Lockstep) -> Outcome {
        pair.run(&self.case(pair.patience()))
    }

    /// Runs the RTL alone; returns the cycles.
    pub fn run_bare(&self, pair: &mut Lockstep) -> u64 {
        pair.run_bare(&self.case(pair.patience()))
    }
}

/// Bus errors of data accesses for each one of fetches: there are far fewer data accesses, and it
/// takes an error of the right one, say of an AMO's write, to see what becomes of it.
const DATA_ERRORS: u16 = 4;

/// What the ports do in an environment.
pub fn stalls(environment: &Environment) -> Stalls {
    let port = |error: u16, safe_to: u32| PortStalls {
        request: u16::from(environment.stall) * 256,
        data: u16::from(environment.stall) * 256,
        error,
        min_latency: 0,
        max_latency: u16::from(environment.latency.max(1)) - 1,
        // A trap handler cannot survive errors of its own accesses.
        safe_from: CODE,
        safe_to,
    };
    let npu = port(environment.npu_errors, BODY);
    Stalls {
        ibus: port(environment.hart_errors, BODY),
        dbus: port(DATA_ERRORS * environment.hart_errors, CODE_END),
        axi_read: npu,
        axi_write: npu,
    }
}
