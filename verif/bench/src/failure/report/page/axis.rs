//! Cycles to pixels.

/// Width of a chart in pixels, before a script fits it to the window.
pub(super) const WIDTH: f64 = 1120.0;
/// Of these, for names and the values at the cursor.
pub(super) const LABELS: f64 = 340.0;
/// Least pixels between ticks.
const TICKS: f64 = 70.0;

/// The cycles that a chart shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    /// First cycle.
    pub(super) from: u64,
    /// Cycle behind the last one; above [`Self::from`].
    pub(super) end: u64,
}

/// A line across with its cycle.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Tick {
    pub(super) x: String,
    pub(super) cycle: u64,
}

impl Axis {
    /// Of the cycles `from..=to`.
    pub(super) fn new(from: u64, to: u64) -> Self {
        let from = from.min(u64::MAX - 1);
        Self { from, end: to.saturating_add(1).max(from + 1) }
    }

    /// Where `cycle` begins, in pixels from the left of the plot; cycles outside are at its edges.
    pub(super) fn x(&self, cycle: u64) -> f64 {
        let within = cycle.clamp(self.from, self.end) - self.from;
        within as f64 / (self.end - self.from) as f64 * (WIDTH - LABELS)
    }

    /// Ticks at round cycles.
    pub(super) fn ticks(&self) -> Vec<Tick> {
        let least = (self.end - self.from) as f64 * TICKS / (WIDTH - LABELS);
        let mut step = 1u64;
        // 1, 2, 5, 10 and so on.
        while (step as f64) < least && step < u64::MAX / 10 {
            let first = step.to_string().starts_with('2');
            step = if first { step / 2 * 5 } else { step * 2 };
        }
        let mut ticks = Vec::new();
        let mut cycle = self.from.div_ceil(step).checked_mul(step);
        while let Some(at) = cycle.filter(|&at| at < self.end) {
            ticks.push(Tick { x: pixels(self.x(at)), cycle: at });
            cycle = at.checked_add(step);
        }
        ticks
    }
}

/// A coordinate, as short as it may be.
pub(super) fn pixels(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        for (from, to) in [(0, 0), (7, 19), (0, 320), (123, 45_678), (5, u64::MAX), (9, 3)] {
            let axis = Axis::new(from, to);
            let ticks = axis.ticks();
            assert!((1..=12).contains(&ticks.len()) || to < from, "{from}..{to}: {ticks:?}");
            assert!(ticks.iter().all(|tick| (axis.from..axis.end).contains(&tick.cycle)));
        }
        let cycles: Vec<u64> = Axis::new(95, 145).ticks().iter().map(|tick| tick.cycle).collect();
        assert_eq!(cycles, [95, 100, 105, 110, 115, 120, 125, 130, 135, 140, 145]);
    }

    #[test]
    fn cycles_outside_are_at_the_edges() {
        let axis = Axis::new(10, 19);
        assert_eq!([axis.x(0), axis.x(10), axis.x(15), axis.x(99)], [0.0, 0.0, 390.0, 780.0]);
    }
}
