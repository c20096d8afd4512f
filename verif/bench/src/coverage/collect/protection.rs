//! Physical memory protection as programs set it up, and accesses that fail.

use systole_golden::{Isa, RAM_BASE};

use super::super::bins::{Access, Class, Match, Need, Place};
use super::super::model::machine::Groups;
use super::traps::written;
use super::{Counts, Step, USER};

const PMPCFG0: u16 = 0x3a0;
const PMPADDR0: u16 = 0x3b0;
const MPP_SHIFT: u32 = 11;
const MPRV: u32 = 1 << 17;
const LOCKED: u8 = 1 << 7;
/// `mcause` of an instruction access fault.
const FETCH_FAULT: u32 = 1;
/// Where devices are: CLINT and NPU, first byte and size.
const DEVICES: [(u32, u32); 2] = [(0x0200_0000, 0x1_0000), (0x4000_0000, 0x2000)];

/// The entries, as they were written.
pub(super) struct Protection {
    entries: usize,
    ram_bytes: u32,
    config: [u8; 16],
    address: [u32; 16],
    /// What the entries that are not off hold, lowest entry first.
    ranges: Vec<Range>,
    locked: bool,
}

/// Word addresses, from and up to.
#[derive(Clone, Copy)]
struct Range {
    from: u64,
    to: u64,
    kind: Match,
    config: u8,
}

impl Protection {
    pub(super) fn new(isa: &Isa, ram_bytes: u32) -> Self {
        Self {
            entries: isa.pmp_regions as usize,
            ram_bytes,
            config: [0; 16],
            address: [0; 16],
            ranges: Vec::with_capacity(16),
            locked: false,
        }
    }

    pub(super) fn start(&mut self) {
        (self.config, self.address, self.locked) = ([0; 16], [0; 16], false);
        self.ranges.clear();
    }

    #[inline]
    pub(super) fn retire(&mut self, step: &Step, groups: &Groups, counts: &mut Counts) {
        let retire = step.retire;
        let user = retire.mode == USER;
        // Without a locked entry M mode is as free as without PMP.
        let fetched = !(retire.trap && retire.cause == FETCH_FAULT);
        if fetched && !self.ranges.is_empty() && (user || self.locked) {
            self.decide(Need::Fetch, user, retire.pc, groups, counts);
        }
        if retire.trap {
            match retire.cause {
                FETCH_FAULT => self.fetch_fault(step, groups, counts),
                5 | 7 => self.data_fault(step, groups, counts),
                _ => {}
            }
        } else if step.decoded.access.is_some() {
            if !self.ranges.is_empty() && retire.mem_rmask | retire.mem_wmask != 0 {
                let need = if retire.mem_wmask != 0 { Need::Store } else { Need::Load };
                self.decide(need, data_user(step), retire.mem_addr, groups, counts);
            }
        } else if step.class == Class::Csr {
            self.csr(step, groups, counts);
        }
    }

    /// Counts what PMP says of an access, and returns whether it denies it.
    fn decide(
        &self,
        need: Need,
        user: bool,
        address: u32,
        groups: &Groups,
        counts: &mut Counts,
    ) -> bool {
        let word = u64::from(address >> 2);
        let range = self.ranges.iter().find(|range| range.from <= word && word < range.to);
        let (kind, locked, denied) = match range {
            None => (Match::None, false, user),
            Some(range) => {
                let permission = match need {
                    Need::Load => 1,
                    Need::Store => 2,
                    Need::Fetch => 4,
                };
                let locked = range.config & LOCKED != 0;
                let denied = (user || locked) && range.config & permission == 0;
                (range.kind, locked, denied)
            }
        };
        let [mode, locked, answer] = [user, locked, denied].map(usize::from);
        counts.hit(groups.pmp.at([need as usize, mode, kind as usize, locked, answer]));
        denied
    }

    /// Whether PMP stands in the way of U mode, which without an entry may do nothing.
    fn denies(
        &self,
        need: Need,
        user: bool,
        address: u32,
        groups: &Groups,
        counts: &mut Counts,
    ) -> bool {
        self.entries > 0 && self.decide(need, user, address, groups, counts)
    }

    fn fetch_fault(&self, step: &Step, groups: &Groups, counts: &mut Counts) {
        let (retire, user) = (step.retire, step.retire.mode == USER);
        let denied = self.denies(Need::Fetch, user, retire.tval, groups, counts);
        let second = usize::from(retire.tval != retire.pc);
        counts.hit(groups.fetch_fault.at([second, usize::from(denied)]));
        if !denied {
            counts.hit(groups.bus_error.at([0, self.place(retire.tval) as usize]));
        }
    }

    fn data_fault(&self, step: &Step, groups: &Groups, counts: &mut Counts) {
        let Some(access) = step.decoded.access else { return };
        let need = if step.retire.cause == 5 { Need::Load } else { Need::Store };
        let address = step.retire.tval;
        if self.denies(need, data_user(step), address, groups, counts) {
            return;
        }
        let access = match access {
            Access::LoadReserved => 3,
            Access::StoreConditional => 4,
            Access::Amo => 5,
            _ if need == Need::Load => 1,
            _ => 2,
        };
        counts.hit(groups.bus_error.at([access, self.place(address) as usize]));
    }

    fn place(&self, address: u32) -> Place {
        let within = |(base, bytes): (u32, u32)| (base..base + bytes).contains(&address);
        if address.wrapping_sub(RAM_BASE) < self.ram_bytes {
            Place::Ram
        } else if DEVICES.into_iter().any(within) {
            Place::Device
        } else {
            Place::Unmapped
        }
    }

    fn csr(&mut self, step: &Step, groups: &Groups, counts: &mut Counts) {
        let Some((number, value)) = step.retire.csr else { return };
        match number {
            PMPADDR0.. if number < PMPADDR0 + 16 => {
                let entry = usize::from(number - PMPADDR0);
                self.note_locked_address(entry, groups, counts);
                self.address[entry] = value;
            }
            PMPCFG0.. if number < PMPCFG0 + 4 => {
                let first = 4 * usize::from(number - PMPCFG0);
                let old = self.config[first..first + 4].try_into().expect("four bytes");
                let changes = written(step, u32::from_le_bytes(old)).to_le_bytes();
                let locked = |(old, new): (&u8, &u8)| old & LOCKED != 0 && old != new;
                if old.iter().zip(&changes).any(locked) {
                    counts.hit(groups.pmp_locked.at([0]));
                }
                self.config[first..first + 4].copy_from_slice(&value.to_le_bytes());
            }
            _ => return,
        }
        self.follow();
    }

    fn note_locked_address(&self, entry: usize, groups: &Groups, counts: &mut Counts) {
        if self.config[entry] & LOCKED != 0 {
            counts.hit(groups.pmp_locked.at([1]));
        }
        let above = self.config.get(entry + 1).copied().unwrap_or_default();
        if above & LOCKED != 0 && above >> 3 & 3 == 1 {
            counts.hit(groups.pmp_locked.at([2]));
        }
    }

    /// Works out what the entries hold.
    fn follow(&mut self) {
        self.ranges.clear();
        for entry in 0..self.entries {
            let (config, bound) = (self.config[entry], self.address[entry]);
            let (kind, from, to) = match config >> 3 & 3 {
                0 => continue,
                1 => {
                    let from = if entry == 0 { 0 } else { self.address[entry - 1] };
                    (Match::Tor, from.into(), bound.into())
                }
                2 => (Match::Na4, bound.into(), u64::from(bound) + 1),
                _ => {
                    let size = 2u64 << bound.trailing_ones();
                    let from = u64::from(bound) & !(size - 1);
                    (Match::Napot, from, from + size)
                }
            };
            self.ranges.push(Range { from, to, kind, config });
        }
        self.locked = self.ranges.iter().any(|range| range.config & LOCKED != 0);
    }
}

/// Whether loads and stores have the privilege of U mode.
fn data_user(step: &Step) -> bool {
    let status = step.retire.mstatus;
    let modified = status & MPRV != 0 && status >> MPP_SHIFT & 3 == 0;
    let own = step.retire.mode == USER;
    if step.retire.trap { own || trapped_user(step) } else { own || modified }
}

/// The same for an access that trapped, whose `mstatus` is that of the handler.
fn trapped_user(step: &Step) -> bool {
    let status = step.previous.mstatus;
    status & MPRV != 0 && status >> MPP_SHIFT & 3 == 0
}
