//! Physical memory protection (privileged manual 3.7), granularity 4 bytes. Every access of the hart
//! lies within one aligned word, so it matches an entry as a whole or not at all.

use crate::mode::Mode;

/// What an access needs; the value is the permission bit in `pmpcfg`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Need {
    Read = 1 << 0,
    Write = 1 << 1,
    Execute = 1 << 2,
}

/// `pmpcfg.A`, at its place in the byte.
const MATCHING: u8 = 3 << 3;
const OFF: u8 = 0 << 3;
const TOR: u8 = 1 << 3;
const NA4: u8 = 2 << 3;
/// `pmpcfg.L`.
const LOCKED: u8 = 1 << 7;
const READ: u8 = Need::Read as u8;
const WRITE: u8 = Need::Write as u8;
/// Bits 6:5 are reserved and read 0.
const STORED: u8 = 0x9f;

/// CSRs `pmpaddr0` to `pmpaddr15`.
const REGISTERS: usize = 16;

/// The entries.
#[derive(Clone, Debug)]
pub(crate) struct Pmp {
    /// Entries that exist, 0 to 16. The registers of the others stay 0.
    regions: usize,
    config: [u8; REGISTERS],
    /// Address bits 33:2.
    address: [u32; REGISTERS],
}

impl Pmp {
    pub fn new(regions: u32) -> Self {
        let regions = (regions as usize).min(REGISTERS);
        Self { regions, config: [0; REGISTERS], address: [0; REGISTERS] }
    }

    /// Whether the registers exist at all.
    pub fn exists(&self) -> bool {
        self.regions > 0
    }

    /// Whether anything may be denied to this mode.
    pub fn restricts(&self, mode: Mode) -> bool {
        match mode {
            Mode::User => self.exists(),
            Mode::Machine => self.config.iter().any(|c| c & LOCKED != 0 && c & MATCHING != OFF),
        }
    }

    /// `pmpcfg0` to `pmpcfg3`: four entries each.
    pub fn config(&self, register: usize) -> u32 {
        let first = 4 * register;
        let bytes = [0, 1, 2, 3].map(|byte| self.config[first + byte]);
        u32::from_le_bytes(bytes)
    }

    pub fn write_config(&mut self, register: usize, value: u32) {
        for (byte, value) in value.to_le_bytes().into_iter().enumerate() {
            let entry = 4 * register + byte;
            if entry >= self.regions || self.config[entry] & LOCKED != 0 {
                continue;
            }
            // W without R is reserved.
            let writable_only = value & (READ | WRITE) == WRITE;
            let dropped = if writable_only { WRITE } else { 0 };
            self.config[entry] = value & STORED & !dropped;
        }
    }

    pub fn address(&self, entry: usize) -> u32 {
        self.address[entry]
    }

    /// A locked entry keeps its address, and when it is TOR also that of the entry below.
    pub fn write_address(&mut self, entry: usize, value: u32) {
        let locked = self.config[entry] & LOCKED != 0;
        let bounds_locked = self
            .config
            .get(entry + 1)
            .is_some_and(|above| above & LOCKED != 0 && above & MATCHING == TOR);
        if entry < self.regions && !locked && !bounds_locked {
            self.address[entry] = value;
        }
    }

    /// Whether the word that holds `address` may be accessed. The lowest entry that matches decides.
    pub fn allows(&self, address: u32, need: Need, mode: Mode) -> bool {
        if !self.exists() {
            return true;
        }
        match (0..self.regions).find(|&entry| self.matches(entry, address)) {
            Some(entry) => {
                let config = self.config[entry];
                let applies = mode == Mode::User || config & LOCKED != 0;
                !applies || config & need as u8 != 0
            }
            None => mode == Mode::Machine,
        }
    }

    fn matches(&self, entry: usize, address: u32) -> bool {
        let word = address >> 2;
        let bound = self.address[entry];
        match self.config[entry] & MATCHING {
            OFF => false,
            TOR => {
                let from = if entry == 0 { 0 } else { self.address[entry - 1] };
                (from..bound).contains(&word)
            }
            NA4 => word == bound,
            // NAPOT: the trailing ones of the address, and the 0 above them, are not compared.
            _ => (word ^ bound) & !(bound ^ bound.wrapping_add(1)) == 0,
        }
    }
}
