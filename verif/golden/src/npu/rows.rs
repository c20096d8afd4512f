//! Sets of rows of a memory whose row addresses wrap.

use std::ops::Range;

/// Rows of a memory, modulo its size.
pub(crate) struct Rows {
    /// For each row of the memory whether it is in the set.
    reached: Vec<bool>,
}

impl Rows {
    /// The row `row` of a memory of `size` rows.
    pub fn at(size: u32, row: u32) -> Self {
        let size = size.next_power_of_two();
        let mut reached = vec![false; size as usize];
        reached[(row % size) as usize] = true;
        Self { reached }
    }

    /// Each row moved on by `i * step`, for all `i` below `count`.
    pub fn stepped(mut self, count: u32, step: u32) -> Self {
        // The set for `have` values of i, joined with itself moved on, is that for up to twice as
        // many.
        let mut have = 1;
        while have < count {
            let more = have.min(count - have);
            self = self.moved([0, more.wrapping_mul(step)]);
            have += more;
        }
        self
    }

    /// Each row moved on by each of `steps`; none if there are none.
    pub fn moved(self, steps: impl IntoIterator<Item = u32>) -> Self {
        let size = self.reached.len() as u32;
        let mut distinct = vec![false; self.reached.len()];
        steps.into_iter().for_each(|step| distinct[(step % size) as usize] = true);
        let before = indices(&self.reached);
        let mut reached = vec![false; self.reached.len()];
        for step in indices(&distinct) {
            for row in &before {
                reached[((row + step) % size) as usize] = true;
            }
        }
        Self { reached }
    }

    /// Those of both sets, which are of one memory.
    pub fn joined(mut self, other: Self) -> Self {
        for (row, also) in self.reached.iter_mut().zip(other.reached) {
            *row |= also;
        }
        self
    }

    /// Those below `end`.
    pub fn below(mut self, end: u32) -> Self {
        self.reached.truncate(end as usize);
        self
    }

    /// Ascending, not touching.
    pub fn intervals(&self) -> Vec<Range<u64>> {
        let rows = indices(&self.reached).into_iter().map(u64::from);
        merge(rows.map(|row| row..row + 1).collect())
    }
}

fn indices(set: &[bool]) -> Vec<u32> {
    (0..).zip(set).filter_map(|(row, &reached)| reached.then_some(row)).collect()
}

/// Sorts and joins intervals.
pub(crate) fn merge(mut intervals: Vec<Range<u64>>) -> Vec<Range<u64>> {
    intervals.sort_by_key(|interval| interval.start);
    let mut merged: Vec<Range<u64>> = Vec::new();
    for interval in intervals {
        match merged.last_mut() {
            Some(last) if interval.start <= last.end => last.end = last.end.max(interval.end),
            _ => merged.push(interval),
        }
    }
    merged
}
