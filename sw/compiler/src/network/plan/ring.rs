//! Rows of weights and parameters.

use std::collections::VecDeque;

/// Rows in a memory of the NPU.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Span {
    start: u32,
    end: u32,
}

/// Rows that are given out and come back in the same order.
pub struct Ring {
    first: u32,
    size: u32,
    /// Behind the newest piece.
    next: u32,
    used: VecDeque<Span>,
}

impl Ring {
    /// All `rows` rows of a memory, free.
    pub fn new(rows: u32) -> Self {
        Self { first: 0, size: rows, next: 0, used: VecDeque::new() }
    }

    /// The oldest piece comes back.
    pub fn give_back(&mut self) {
        self.used.pop_front();
    }

    /// Whether two pieces of `rows` rows fit, and rows from `first` on would be at most a sixteenth
    /// more.
    pub fn does_without(&self, first: u32, rows: u32) -> bool {
        2 * rows <= self.size && first <= self.first && 16 * (self.first - first) <= self.size
    }

    /// Takes in the rows in front, from `first` on. Pieces that are in use stay where they are.
    pub fn start_at(&mut self, first: u32) {
        self.size = self.first + self.size - first;
        self.first = first;
        self.next = self.next.max(first);
    }

    /// `rows` rows in one piece, if they are free.
    pub fn take(&mut self, rows: u32) -> Option<u32> {
        let (low, high) = (self.first, self.first + self.size);
        let next = self.next;
        let (Some(oldest), Some(newest)) = (self.used.front(), self.used.back()) else {
            // Rows whose last use is long ago.
            let start = if next + rows <= high { next } else { low };
            return (rows <= self.size).then(|| self.give(start, rows));
        };
        let oldest = oldest.start;
        let wrapped = newest.start < oldest;
        if wrapped {
            return (next + rows <= oldest).then(|| self.give(next, rows));
        }
        if next + rows <= high {
            return Some(self.give(next, rows));
        }
        (low + rows <= oldest).then(|| self.give(low, rows))
    }

    /// Undoes the last `take`.
    pub fn take_back(&mut self) {
        if let Some(span) = self.used.pop_back() {
            // A piece at the front may have come behind one at the end.
            self.next = self.used.back().map_or(span.start, |newest| newest.end);
        }
    }

    fn give(&mut self, start: u32, rows: u32) -> u32 {
        self.next = start + rows;
        self.used.push_back(Span { start, end: start + rows });
        start
    }
}

#[cfg(test)]
mod tests {
    use super::{Ring, VecDeque};

    #[test]
    fn a_ring_gives_pieces_that_do_not_overlap() {
        let mut ring = Ring { first: 100, size: 10, next: 100, used: VecDeque::new() };
        assert_eq!(ring.take(11), None);
        assert_eq!(ring.take(4), Some(100));
        assert_eq!(ring.take(4), Some(104));
        // Two rows are left at the end, none in front of the oldest.
        assert_eq!(ring.take(3), None);
        ring.used.pop_front();
        assert_eq!(ring.take(3), Some(100));
        assert_eq!(ring.take(2), None);
        assert_eq!(ring.take(1), Some(103));
        ring.used.pop_front();
        assert_eq!(ring.take(6), Some(104));
        assert_eq!(ring.take(1), None);
        ring.used.clear();
        // Goes on behind the newest piece.
        assert_eq!(ring.take(2), Some(100));
        assert_eq!(ring.take(3), Some(102));
        ring.start_at(90);
        assert_eq!(ring.take(11), None);
        assert_eq!(ring.take(6), Some(90));
        ring.take_back();
        assert_eq!(ring.take(5), Some(105));
        assert_eq!(ring.take(10), Some(90));
    }
}
