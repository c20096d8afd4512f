//! Lists of many short descriptors with tokens at random: over every channel, from none to as many as
//! a counter holds.
//!
//! Tokens come first, what the descriptors touch follows: among the rows that the tokens allow, those
//! that were in use last, so that a token too many shows.

use proptest::prelude::*;
use systole_isa::{Descriptor, Header, Load, Unit};

use super::Target;
use super::dice::Dice;
use super::token_order::{Order, Slot, Slots};
use crate::program::{Job, random_bytes};

/// Rows of a slot, of the scratchpad or of the accumulators.
pub(super) const SLOT: u16 = 4;
/// Slots of each memory.
pub(super) const SLOTS: u16 = 6;
/// Scratchpad slots that all units read and write. Slot 0 keeps what it begins with.
pub(super) const SHARED: [usize; 3] = [1, 2, 3];
/// Where a LOAD writes that may write nowhere else, and a STORE; nobody reads there.
pub(super) const OWN_SLOTS: [usize; 2] = [4, 5];
/// Accumulator slots that EXECs write and STOREs read, and one that nobody reads.
pub(super) const SUMS: [usize; 3] = [0, 1, 2];
pub(super) const OWN_SUMS: usize = 3;
/// Tokens that a counter holds.
const FULL: usize = 15;

/// Jobs of a few descriptors, and of more than a hundred.
pub(super) fn tokens(target: Target, arena: u32, bytes: u32) -> BoxedStrategy<Job> {
    let length = prop_oneof![4 => 4..16u32, 4 => 16..45u32, 1 => 128..150u32];
    (any::<u64>(), length)
        .prop_map(move |(seed, length)| token_job(target, arena, bytes, seed, length))
        .boxed()
}

/// A job of about `length` descriptors; many break the rule of tokens with their last one.
fn token_job(target: Target, arena: u32, bytes: u32, seed: u64, length: u32) -> Job {
    let dice = Dice::new(seed);
    let dim = target.npu.dim;
    let weights = (dim as u16).next_multiple_of(SLOT);
    let source_bytes = dim * u32::from(weights + SLOT * SLOTS);
    let result = (arena + source_bytes).next_multiple_of(32);
    let most = (length + 80) * Descriptor::BYTES;
    let mut list = TokenList {
        dice,
        dim: dim as u16,
        row: 0,
        accumulator_row: 0,
        source: arena,
        weights,
        result,
        result_bytes: arena + bytes - most - result,
        next_result: 0,
        descriptors: Vec::new(),
        order: Order::default(),
        scratchpad: Slots::default(),
        accumulators: Slots::default(),
        moods: Moods::default(),
        begun: [false; 3],
        slow: false,
    };
    list.row = list.dice.bits() as u16 & !(SLOT - 1);
    list.accumulator_row = list.dice.bits() as u16 & !(SLOT - 1);
    let broken = list.build(length);
    let TokenList { mut descriptors, result_bytes, .. } = list;
    if let Some(header) = descriptors.last_mut().and_then(Descriptor::header_mut) {
        header.last = true;
    }
    let description = format!("{} descriptors ordered by random tokens", descriptors.len());
    Job {
        list: (result + result_bytes) & !31,
        descriptors,
        inputs: vec![(arena, random_bytes(seed | 1, source_bytes as usize))],
        results: (result, result_bytes & !31),
        description: match broken {
            Some(rule) => format!("{description} with {rule}"),
            None => description,
        },
    }
}

/// How often a channel is given tokens and they are taken, in percent.
#[derive(Default)]
pub(super) struct Moods {
    left: u32,
    units: [u32; 3],
    gives: [[u32; 3]; 3],
    takes: [[u32; 3]; 3],
}

impl Moods {
    fn change(&mut self, dice: &mut Dice) {
        if self.left > 0 {
            self.left -= 1;
            return;
        }
        self.left = dice.below(24);
        self.units = std::array::from_fn(|_| dice.pick(&[1, 1, 4]));
        for from in 0..3 {
            for to in 0..3 {
                let (give, take) = dice.pick(&[(90, 10), (10, 90), (50, 50), (95, 95)]);
                self.gives[from][to] = give;
                self.takes[from][to] = take;
            }
        }
    }

    fn unit(&self, dice: &mut Dice) -> usize {
        let at = dice.below(self.units.iter().sum());
        match at {
            at if at < self.units[0] => 0,
            at if at < self.units[0] + self.units[1] => 1,
            _ => 2,
        }
    }
}

/// A list that grows.
pub(super) struct TokenList {
    pub(super) dice: Dice,
    pub(super) dim: u16,
    /// First of the rows used: weights, then slots.
    pub(super) row: u16,
    pub(super) accumulator_row: u16,
    pub(super) source: u32,
    /// Rows of weights.
    pub(super) weights: u16,
    /// Where results go, and the bytes of that.
    pub(super) result: u32,
    pub(super) result_bytes: u32,
    pub(super) next_result: u32,
    pub(super) descriptors: Vec<Descriptor>,
    /// What the tokens so far say.
    pub(super) order: Order,
    pub(super) scratchpad: Slots,
    pub(super) accumulators: Slots,
    pub(super) moods: Moods,
    /// Units that have waited for the operands.
    pub(super) begun: [bool; 3],
    /// The next descriptor takes its time.
    pub(super) slow: bool,
}

impl TokenList {
    /// Tells how the last descriptor breaks the rule, if it does.
    fn build(&mut self, length: u32) -> Option<&'static str> {
        self.operands();
        for _ in 1..length {
            self.moods.change(&mut self.dice);
            let unit = self.moods.unit(&mut self.dice);
            let wait = self.waits(unit);
            let signal = self.signals(unit);
            self.push(unit, wait, signal);
        }
        let (from, to) = self.channel();
        match self.dice.below(8) {
            0 | 1 => {
                self.break_by_wait(from, to);
                return Some("TokenUnderflow");
            }
            2 | 3 => {
                self.break_by_signal(from, to);
                return Some("TokenOverflow");
            }
            4 => self.brim(from, to),
            5 => self.fill_all(),
            _ => {}
        }
        None
    }

    /// A channel filled to the brim, and its giver ahead of a taker that has other work to do first.
    fn brim(&mut self, from: usize, to: usize) {
        self.fill(from, to);
        self.slow = true;
        self.push(to, 0, 0);
        self.slow = false;
        for _ in 0..3 {
            self.push(to, 1 << from, 0);
            self.push(from, 0, 1 << to);
        }
    }

    /// Every channel filled: one token more than it should hold would keep the job from its end.
    fn fill_all(&mut self) {
        for from in 0..3 {
            loop {
                let room = |to: &usize| *to != from && self.order.held[from][*to].len() < FULL;
                let signal = (0..3).filter(room).fold(0, |signal, to| signal | 1 << to);
                if signal == 0 {
                    break;
                }
                self.push(from, 0, signal);
            }
        }
    }

    fn fill(&mut self, from: usize, to: usize) {
        while self.order.held[from][to].len() < FULL {
            self.push(from, 0, 1 << to);
        }
    }

    /// All that is read before anything is written: weights and every slot.
    fn operands(&mut self) {
        let load = Load {
            address: self.source,
            stride: self.dim.into(),
            rows: self.weights + SLOT * SLOTS,
            row_bytes: self.dim,
            row: self.row,
            row_step: 1,
            ..Load::default()
        };
        let header = Header::default().signal_to(Unit::Exec).signal_to(Unit::Store);
        self.descriptors.push(Descriptor::Load(header, load));
        let first = [1, 0, 0];
        let loaded = Slot { before_read: first, before_write: first, used: 0, rows: SLOT };
        self.scratchpad.0 = [loaded; SLOTS as usize];
        self.order.complete(0, header.signal);
        self.begun[0] = true;
    }

    fn waits(&mut self, unit: usize) -> u8 {
        let mut wait = 0;
        for from in (0..3).filter(|&from| from != unit) {
            let there = !self.order.held[from][unit].is_empty();
            wait |= u8::from(self.dice.chance(self.moods.takes[from][unit]) && there) << from;
        }
        wait
    }

    fn signals(&mut self, unit: usize) -> u8 {
        let mut signal = 0;
        for to in (0..3).filter(|&to| to != unit) {
            let room = self.order.held[unit][to].len() < FULL;
            signal |= u8::from(self.dice.chance(self.moods.gives[unit][to]) && room) << to;
        }
        signal
    }

    fn push(&mut self, unit: usize, mut wait: u8, signal: u8) {
        // The operands have to be there.
        wait |= u8::from(!std::mem::replace(&mut self.begun[unit], true));
        for from in (0..3).filter(|from| wait >> from & 1 == 1) {
            self.order.take(from, unit);
        }
        let descriptor = self.descriptor(unit, Header { last: false, wait, signal });
        self.descriptors.push(descriptor);
        self.order.complete(unit, signal);
    }

    /// One that waits for a token that is not there.
    fn break_by_wait(&mut self, from: usize, to: usize) {
        while !self.order.held[from][to].is_empty() {
            self.push(to, 1 << from, 0);
        }
        let descriptor = self.descriptor(to, Header { wait: 1 << from, ..Header::default() });
        self.descriptors.push(descriptor);
    }

    /// One that gives a token for which there is no room.
    fn break_by_signal(&mut self, from: usize, to: usize) {
        self.fill(from, to);
        let descriptor = self.descriptor(from, Header { signal: 1 << to, ..Header::default() });
        self.descriptors.push(descriptor);
    }

    fn channel(&mut self) -> (usize, usize) {
        self.dice.pick(&[(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)])
    }
}
