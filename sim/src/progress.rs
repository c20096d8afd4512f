//! Telling someone how a build goes.

/// Receives what a build is doing and how much of it is done, from 0 to 1; possibly from several
/// threads. Any closure of that form is one.
pub trait Progress: Sync {
    /// Called with each step.
    fn report(&self, phase: &str, fraction: f32);
}

impl<F: Fn(&str, f32) + Sync> Progress for F {
    fn report(&self, phase: &str, fraction: f32) {
        self(phase, fraction);
    }
}

/// Progress that tells nobody: pass `&silent`.
pub fn silent(_phase: &str, _fraction: f32) {}
