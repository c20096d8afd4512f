//! What all parts of the program share: the descriptor, the state of the job, the routines.

use super::super::inner::InnerMap;
use super::assembler::{Assembler, Label};
use super::registers::Register;
use crate::config::NpuConfig;

/// Registers and routines by name.
pub struct Context {
    /// The configuration.
    pub config: NpuConfig,
    /// The inner memory.
    pub map: InnerMap,
    /// The words of the descriptor at hand.
    pub words: [Register; 8],
    /// Its index in the list.
    pub index: Register,
    /// Descriptors that were handed out.
    pub handed_out: Register,
    /// Cause that a failing access on the bus has.
    pub bus_cause: Register,
    /// Address of the last access on the bus.
    pub bus_address: Register,
    /// The word that `bus_write` writes.
    pub bus_data: Register,
    /// Routines.
    pub routines: Routines,
}

/// Routines, and places to jump to.
#[derive(Clone, Copy)]
pub struct Routines {
    /// accumulator = word on the bus at the accumulator, counted; on an error the job ends.
    pub bus_read: Label,
    /// Writes `bus_data` to the address at the accumulator, bytes by the strobe; likewise.
    pub bus_write: Label,
    /// The job ends: an access on the bus failed, its address in `FAULT_ADDRESS`.
    pub bus_failed: Label,
    /// The job ends as the hart wants.
    pub aborted: Label,
    /// The job ends: the descriptor has a bad field.
    pub bad_field: Label,
    /// Checks of the units' own fields.
    pub check: [Label; 3],
    /// What the units do.
    pub run: [Label; 3],
}

impl Context {
    /// Registers and labels; nothing is bound.
    pub fn new(p: &mut Assembler, config: &NpuConfig, map: InnerMap) -> Self {
        let words = [0, 1, 2, 3, 4, 5, 6, 7].map(|n| p.variable(&format!("word_{n}")));
        let routines = Routines {
            bus_read: p.label(),
            bus_write: p.label(),
            bus_failed: p.label(),
            aborted: p.label(),
            bad_field: p.label(),
            check: [(); 3].map(|()| p.label()),
            run: [(); 3].map(|()| p.label()),
        };
        Self {
            config: config.clone(),
            map,
            words,
            index: p.variable("index"),
            handed_out: p.variable("handed_out"),
            bus_cause: p.variable("bus_cause"),
            bus_address: p.variable("bus_address"),
            bus_data: p.variable("bus_data"),
            routines,
        }
    }

    /// Ends the job if the hart wants that. Changes the accumulator.
    pub fn heed_abort(&self, p: &mut Assembler) {
        use super::super::instruction::Condition::NotZero;
        p.abort().jump_if(NotZero, self.routines.aborted);
    }
}
