//! The reservation of LR and SC (unprivileged manual 14.2, choices of `docs/core.md`).

/// Retirements after the end of a job for which one of its writes may still count as later than an
/// LR: the RTL's LR has its reservation some instructions before it retires.
const RECENT: u32 = 4;

/// The reserved word, and what is known of the NPU's writes to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reservation {
    /// Address of the reserved word.
    word: Option<u32>,
    /// The NPU may have written since the LR, and so have ended the reservation.
    disturbed: bool,
    /// Steps since the NPU was last seen busy.
    quiet: u32,
}

impl Default for Reservation {
    fn default() -> Self {
        Self { word: None, disturbed: false, quiet: RECENT }
    }
}

impl Reservation {
    /// LR: reserves the word at an aligned address.
    pub fn set(&mut self, address: u32) {
        self.word = Some(address);
        self.disturbed = self.quiet < RECENT;
    }

    /// SC, or a trap.
    pub fn clear(&mut self) {
        self.word = None;
    }

    /// Whether the word at an aligned address is reserved, and if so, whether the NPU may have ended
    /// that.
    pub fn on(&self, address: u32) -> Option<bool> {
        (self.word == Some(address)).then_some(self.disturbed)
    }

    /// A step in lockstep is about to be made.
    pub fn observe_npu(&mut self, busy: bool) {
        self.quiet = if busy { 0 } else { self.quiet.saturating_add(1) };
    }

    /// A job was started; any write burst of the NPU ends the reservation.
    pub fn job_started(&mut self) {
        self.quiet = 0;
        self.disturbed = true;
    }
}
