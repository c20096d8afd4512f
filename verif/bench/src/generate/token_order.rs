//! What tokens say about the order of descriptors, and which rows that leaves free.

use super::dice::Dice;
use super::tokens::SLOTS;

/// What is complete when a descriptor starts: how many of each unit.
pub(super) type Clock = [usize; 3];

/// What the tokens so far say about the order of things.
#[derive(Default)]
pub(super) struct Order {
    /// What the next descriptor of a unit knows from the one before.
    pub(super) units: [Clock; 3],
    /// Clocks sent with the tokens that `[from][to]` holds, the oldest first.
    pub(super) held: [[Vec<Clock>; 3]; 3],
}

impl Order {
    pub(super) fn take(&mut self, from: usize, to: usize) {
        let sent = self.held[from][to].remove(0);
        self.units[to] = std::array::from_fn(|unit| self.units[to][unit].max(sent[unit]));
    }

    /// Completes a descriptor of `unit`, which signals.
    pub(super) fn complete(&mut self, unit: usize, signal: u8) {
        self.units[unit][unit] += 1;
        for to in (0..3).filter(|to| signal >> to & 1 == 1) {
            self.held[unit][to].push(self.units[unit]);
        }
    }
}

/// Who has used a slot.
#[derive(Clone, Copy, Default)]
pub(super) struct Slot {
    /// How many descriptors of each unit have to be complete before it is read, and before it is
    /// written.
    pub(super) before_read: Clock,
    pub(super) before_write: Clock,
    /// Number of the last use; the first is 1.
    pub(super) used: usize,
    /// Rows that hold something, from the first on.
    pub(super) rows: u16,
}

/// The slots of a memory.
#[derive(Default)]
pub(super) struct Slots(pub(super) [Slot; SLOTS as usize]);

impl Slots {
    /// One of `choices` that `unit` may use: as a rule the one used last.
    pub(super) fn choose(
        &self,
        dice: &mut Dice,
        order: &Order,
        (unit, writes): (usize, bool),
        choices: &[usize],
    ) -> Option<usize> {
        let clock = &order.units[unit];
        let free = |slot: &Slot| {
            let needed = if writes { &slot.before_write } else { &slot.before_read };
            let ordered = (0..3).all(|other| other == unit || clock[other] >= needed[other]);
            ordered && (writes || slot.rows > 0)
        };
        let free: Vec<usize> =
            choices.iter().copied().filter(|&slot| free(&self.0[slot])).collect();
        match free.is_empty() {
            true => None,
            false if dice.chance(70) => free.into_iter().max_by_key(|&slot| self.0[slot].used),
            false => Some(dice.pick(&free)),
        }
    }

    /// Notes a use by the descriptor that `unit` starts next.
    pub(super) fn note(
        &mut self,
        order: &Order,
        slot: usize,
        (unit, writes): (usize, bool),
        now: usize,
    ) {
        let slot = &mut self.0[slot];
        let index = order.units[unit][unit] + 1;
        if writes {
            slot.before_read = Clock::default();
            slot.before_write = Clock::default();
            slot.before_read[unit] = index;
        }
        slot.before_write[unit] = index;
        slot.used = now;
    }
}
