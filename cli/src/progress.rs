//! How the work goes: one line that is rewritten on a terminal, a line now and then elsewhere.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::output;

/// Time between updates on a terminal.
const TERMINAL_PERIOD: Duration = Duration::from_millis(100);
/// Time between lines in a log.
const LOG_PERIOD: Duration = Duration::from_secs(10);

/// Columns that every terminal has.
const TERMINAL_COLUMNS: usize = 79;

/// A progress line on standard error. It is erased when dropped.
pub struct Progress {
    terminal: bool,
    start: Instant,
    state: Mutex<State>,
}

struct State {
    next: Instant,
    shown: bool,
}

impl Progress {
    /// A line that shows nothing yet.
    pub fn new() -> Self {
        let terminal = std::io::stderr().is_terminal();
        let start = Instant::now();
        let next = if terminal { start } else { start + LOG_PERIOD };
        Self { terminal, start, state: Mutex::new(State { next, shown: false }) }
    }

    /// Shows a line if it is time to.
    pub fn update(&self, line: impl FnOnce() -> String) {
        let now = Instant::now();
        let Ok(mut state) = self.state.lock() else { return };
        if now < state.next {
            return;
        }
        state.next = now + if self.terminal { TERMINAL_PERIOD } else { LOG_PERIOD };
        let line = line();
        if self.terminal {
            // A line that wraps could not be rewritten.
            let line: String = line.chars().take(TERMINAL_COLUMNS).collect();
            // Back to the start of the line, and erase what is longer than the new text.
            let _ = write!(std::io::stderr(), "\r{line}\x1b[K");
            state.shown = true;
        } else {
            note!("{line}");
        }
    }

    /// Seconds since the line was made.
    pub fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    /// `done` of `total`, the time since the start and what is left of it.
    pub fn share(&self, done: f64, total: f64) -> String {
        let elapsed = self.seconds();
        let left = if done > 0.0 { elapsed * (total - done).max(0.0) / done } else { f64::NAN };
        let eta = if left.is_finite() { output::time(left) } else { "?".to_owned() };
        format!("{:3.0} %  {} left", 100.0 * done / total.max(1e-9), eta)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.state.lock().is_ok_and(|state| state.shown) {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
