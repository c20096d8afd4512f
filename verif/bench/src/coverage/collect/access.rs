//! Accesses of the data memory, what they find of earlier ones, and reservations.

use super::super::bins::{Access, Between, Class, Reservation};
use super::super::model::core::Groups;
use super::{Counts, Step};

/// Retirements within which accesses to a word belong together.
const NEAR: u32 = 4;
/// Retirements behind a FENCE.I within which an instruction is looked for that was stored before.
const FETCHED: u32 = 64;
/// Stores that are remembered for that.
const STORED: usize = 8;
/// Causes of a misaligned load and store.
const MISALIGNED: [u32; 2] = [4, 6];

/// One access of those before.
#[derive(Clone, Copy, Default)]
struct Recent {
    order: u32,
    address: u32,
    stored: u8,
    /// Number in the model's `STORES`.
    store: u8,
}

/// Accesses so far.
pub(super) struct Accesses {
    recent: [Recent; NEAR as usize],
    /// Stores, the oldest overwritten, and those of them that a FENCE.I has made visible.
    stores: [Recent; STORED],
    next_store: usize,
    visible: [Recent; STORED],
    /// When the last FENCE.I was.
    fence: u32,
    state: Reservation,
    reserved: u32,
    /// [`Between`] that came since LR, as a set.
    between: u8,
}

impl Default for Accesses {
    fn default() -> Self {
        Self {
            recent: Default::default(),
            stores: Default::default(),
            next_store: 0,
            visible: Default::default(),
            fence: 0,
            state: Reservation::Never,
            reserved: 0,
            between: 0,
        }
    }
}

/// Number of an access among `STORES`.
fn store_number(access: Access) -> Option<usize> {
    match access {
        Access::Sb => Some(0),
        Access::Sh => Some(1),
        Access::Sw => Some(2),
        Access::StoreConditional => Some(3),
        Access::Amo => Some(4),
        _ => None,
    }
}

/// Number of an access among `LOADS`.
fn load_number(access: Access) -> Option<usize> {
    match access {
        Access::LoadReserved => Some(5),
        Access::Amo => Some(6),
        _ if (access as usize) < 5 => Some(access as usize),
        _ => None,
    }
}

impl Accesses {
    #[inline]
    pub(super) fn retire(&mut self, step: &Step, groups: &Groups, counts: &mut Counts) {
        let retire = step.retire;
        if retire.intr {
            self.lose(Reservation::Interrupt);
        }
        if step.order - self.fence <= FETCHED && self.fence != 0 {
            self.fetched(step, groups, counts);
        }
        if retire.trap {
            self.lose(Reservation::Exception);
            if MISALIGNED.contains(&retire.cause)
                && let Some(access) = step.decoded.access
            {
                let lane = retire.tval as usize & 3;
                counts.hit(groups.misaligned.at([access as usize, lane]));
            }
            return;
        }
        if retire.insn & 0x707f == 0x100f {
            (self.visible, self.fence) = (self.stores, step.order);
        }
        let Some(access) = step.decoded.access else {
            if step.class == Class::Alu {
                self.between |= 1 << Between::Alu as u8;
            }
            return;
        };
        if access == Access::StoreConditional {
            self.conditional(step, groups, counts);
        } else {
            self.note(access, retire.mem_addr);
        }
        if retire.mem_rmask | retire.mem_wmask != 0 {
            self.accessed(step, access, groups, counts);
        }
    }

    fn accessed(&mut self, step: &Step, access: Access, groups: &Groups, counts: &mut Counts) {
        let retire = step.retire;
        let mask = retire.mem_rmask | retire.mem_wmask;
        // The latest access to the word.
        let near = |recent: &&Recent| {
            recent.address == retire.mem_addr && step.order - recent.order <= NEAR
        };
        let before = self.recent.iter().filter(near).max_by_key(|recent| recent.order).copied();
        let met = before.map_or(0, |before| 1 + usize::from(before.stored != 0));
        counts.hit(groups.access.at([access as usize, mask.trailing_zeros() as usize, met]));
        if let Some(before) = before.filter(|before| before.stored != 0)
            && let Some(load) = load_number(access)
        {
            let common = before.stored & retire.mem_rmask;
            let overlap = match common {
                0 => 2,
                _ if before.stored == retire.mem_rmask => 0,
                _ => 1,
            };
            counts.hit(groups.store_to_load.at([before.store.into(), load, overlap]));
        }
        let recent = Recent {
            order: step.order,
            address: retire.mem_addr,
            stored: retire.mem_wmask,
            store: store_number(access).unwrap_or_default() as u8,
        };
        self.recent[step.order as usize % NEAR as usize] = recent;
        if recent.stored != 0 {
            self.stores[self.next_store] = recent;
            self.next_store = (self.next_store + 1) % STORED;
        }
    }

    fn fetched(&self, step: &Step, groups: &Groups, counts: &mut Counts) {
        let pc = step.retire.pc;
        let within = |stored: &Recent| {
            let first = stored.address + stored.stored.trailing_zeros();
            let bytes = stored.stored.count_ones();
            stored.stored != 0 && first < pc.wrapping_add(step.length()) && pc < first + bytes
        };
        for stored in self.visible.iter().filter(|stored| within(stored)) {
            let long = usize::from(step.length() == 4);
            counts.hit(groups.store_to_fetch.at([stored.store.into(), long]));
        }
    }

    /// The reservation, if there is one, is no longer there.
    fn lose(&mut self, why: Reservation) {
        if self.state == Reservation::Held {
            self.state = why;
        }
    }

    /// Something other than an SC happens, perhaps behind an LR.
    fn note(&mut self, access: Access, address: u32) {
        let same = address == self.reserved;
        let what = match access {
            Access::LoadReserved => {
                (self.state, self.reserved, self.between) = (Reservation::Held, address, 0);
                return;
            }
            Access::Amo if same => Between::AmoSame,
            Access::Amo => Between::AmoOther,
            Access::Sb | Access::Sh | Access::Sw if same => Between::StoreSame,
            Access::Sb | Access::Sh | Access::Sw => Between::StoreOther,
            _ => Between::Load,
        };
        self.between |= 1 << what as u8;
    }

    fn conditional(&mut self, step: &Step, groups: &Groups, counts: &mut Counts) {
        let stored = step.retire.mem_wmask != 0;
        let how = match self.state {
            Reservation::Held if stored => Reservation::Held,
            Reservation::Held if step.operands[0] != self.reserved => Reservation::Elsewhere,
            Reservation::Held => Reservation::Npu,
            lost => lost,
        };
        let other = usize::from(step.decoded.rd != Some(0));
        counts.hit(groups.reservation.at([how as usize, other]));
        if stored {
            if self.between == 0 {
                counts.hit(groups.between.at([Between::Nothing as usize]));
            }
            for bit in 0..Between::NAMES.len() {
                if self.between >> bit & 1 == 1 {
                    counts.hit(groups.between.at([bit]));
                }
            }
        }
        self.state = Reservation::Spent;
    }
}
