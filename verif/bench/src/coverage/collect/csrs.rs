//! CSR instructions, the bits of the registers, and counters.

use systole_golden::Isa;

use super::super::bins::{Class, CsrAccess, Refusal};
use super::super::model::machine::{COUNTERS, EVENTS, Groups, USER_COUNTERS, csr_axis, fields};
use super::{Counts, ILLEGAL, Step, USER};

const MCOUNTINHIBIT: u16 = 0x320;
const MCYCLE: u16 = 0xb00;
const MINSTRET: u16 = 0xb02;
const INSTRET: u16 = 0xc02;
/// `mhpmevent0` and `mhpmcounter0`, if there were any.
const EVENT_0: u16 = 0x320;
const COUNTER_0: u16 = 0xb00;
/// Retirements within which a read is right behind a write.
const NEAR: u32 = 3;

/// Follows CSR instructions.
pub(super) struct Csrs {
    /// Place of each number in the model's axis, for those that the hart has; and the bits that can
    /// change.
    places: Box<[Option<(u16, u32)>; 4096]>,
    state: State,
}

/// What programs have made of the counters.
#[derive(Clone, Copy, Default)]
struct State {
    /// When each of [`COUNTERS`] was written, 0 for never.
    written: [u32; COUNTERS.len()],
    /// What came since `minstret` was written, as a set of the model's `SINCE`.
    since: u8,
    inhibit: u32,
    events: [u8; 32],
}

impl Csrs {
    pub(super) fn new(isa: &Isa) -> Self {
        let mut places = Box::new([None; 4096]);
        let fields = fields(isa);
        for (place, csr) in (0..).zip(csr_axis()) {
            let field = fields.iter().find(|(known, _)| *known == csr);
            places[usize::from(csr.0)] = field.map(|&(_, mask)| (place, mask));
        }
        Self { places, state: State::default() }
    }

    pub(super) fn start(&mut self) {
        self.state = State::default();
    }

    #[inline]
    pub(super) fn retire(&mut self, step: &Step, groups: &Groups, counts: &mut Counts) {
        let retire = step.retire;
        if step.decoded.class == Class::Csr {
            let number = (retire.insn >> 20) as u16;
            if !retire.trap {
                self.access(step, number, groups, counts);
            } else if retire.cause == ILLEGAL {
                self.refused(step, number, groups, counts);
            }
        }
        if step.class == Class::Csr {
            counts.hit(groups.csr_beside.at([0, step.previous.class as usize]));
        }
        if step.previous.class == Class::Csr {
            counts.hit(groups.csr_beside.at([1, step.class as usize]));
        }
        self.state.since |= u8::from(retire.trap) << 1 | u8::from(retire.intr) << 2;
    }

    fn access(&mut self, step: &Step, number: u16, groups: &Groups, counts: &mut Counts) {
        let retire = step.retire;
        let Some((place, mask)) = self.places[usize::from(number)] else { return };
        let place = usize::from(place);
        counts.hit(groups.csr.at([place, kind(retire.insn) as usize]));
        let read = (retire.rd_addr != 0).then_some(retire.rd_wdata);
        let written = retire.csr.map(|(_, value)| value);
        if mask != 0 {
            let first = groups.bit.at([place, 0, 0]);
            [read, written].into_iter().flatten().for_each(|value| bits(counts, first, value));
        }
        if let Some(value) = read {
            self.read(step, number, value, groups, counts);
        }
        if let Some(value) = written {
            self.write(step, number, value);
        }
    }

    fn read(&self, step: &Step, number: u16, value: u32, groups: &Groups, counts: &mut Counts) {
        let state = &self.state;
        if let Some(counter) = COUNTERS.iter().position(|(_, csr)| *csr == number) {
            let distance = step.order - state.written[counter];
            if distance <= NEAR {
                counts.hit(groups.counter_read_back.at([counter, distance as usize - 1]));
            }
        }
        if matches!(number, MINSTRET | INSTRET) && state.written[1] != 0 {
            // Bit 0 of the set is never set: nothing came if no other is.
            let since = if state.since == 0 { 1 } else { state.since };
            (0..3).filter(|bit| since >> bit & 1 == 1).for_each(|bit| {
                counts.hit(groups.instret_since.at([bit]));
            });
        }
        if matches!(number, MCYCLE | MINSTRET) && state.inhibit >> (number & 31) & 1 == 1 {
            counts.hit(groups.stopped.at([usize::from(number == MINSTRET)]));
        }
        let counter = usize::from(number & 31);
        let counts_events = number & !31 == COUNTER_0 && counter > 2;
        if counts_events && value != 0 && state.inhibit >> counter & 1 == 0 {
            let event = usize::from(state.events[counter]);
            if let Some(event) = EVENTS.iter().position(|&known| known == event) {
                counts.hit(groups.event.at([event]));
            }
        }
        if step.retire.mode == USER
            && let Some(counter) = user_counter(number)
        {
            counts.hit(groups.user_counter.at([counter, 0]));
        }
    }

    fn write(&mut self, step: &Step, number: u16, value: u32) {
        let state = &mut self.state;
        if let Some(counter) = COUNTERS.iter().position(|(_, csr)| *csr == number) {
            state.written[counter] = step.order;
            if number == MINSTRET {
                state.since = 0;
            }
        } else if number == MCOUNTINHIBIT {
            state.inhibit = value;
        } else if number & !31 == EVENT_0 && number & 31 > 2 {
            state.events[usize::from(number & 31)] = value as u8;
        }
    }

    fn refused(&self, step: &Step, number: u16, groups: &Groups, counts: &mut Counts) {
        let access = kind(step.retire.insn);
        let user = step.retire.mode == USER;
        let read_only = number >> 10 & 3 == 3;
        let why = match self.places[usize::from(number)] {
            None => Refusal::Unknown,
            Some(_) if read_only && access != CsrAccess::Read => Refusal::ReadOnly,
            Some(_) if user && number >> 8 & 3 != 0 => Refusal::Machine,
            Some(_) => Refusal::Disabled,
        };
        counts.hit(groups.csr_refused.at([why as usize, access as usize]));
        if user
            && why == Refusal::Disabled
            && let Some(counter) = user_counter(number)
        {
            counts.hit(groups.user_counter.at([counter, 1]));
        }
    }
}

fn user_counter(number: u16) -> Option<usize> {
    USER_COUNTERS.iter().position(|(_, csr)| *csr == number)
}

/// Counts the value of each bit of a register whose points begin at `first`.
fn bits(counts: &mut Counts, first: usize, value: u32) {
    let counts = &mut counts.0[first..first + 64];
    for (bit, count) in counts.chunks_exact_mut(2).enumerate() {
        count[(value >> bit & 1) as usize] += 1;
    }
}

/// What a CSR instruction does: setting or clearing nothing is a read.
fn kind(word: u32) -> CsrAccess {
    let nothing = word >> 15 & 31 == 0;
    match word >> 12 & 7 {
        1 => CsrAccess::Write,
        5 => CsrAccess::WriteImmediate,
        _ if nothing => CsrAccess::Read,
        2 => CsrAccess::Set,
        3 => CsrAccess::Clear,
        6 => CsrAccess::SetImmediate,
        _ => CsrAccess::ClearImmediate,
    }
}
