//! The core-local interruptor: software interrupt and timer (`docs/soc.md`, memory map;
//! privileged manual 3.2.1).

use crate::trap::{MSI, MTI};

/// The registers of the CLINT.
#[derive(Clone, Debug)]
pub(crate) struct Clint {
    msip: bool,
    mtimecmp: u64,
    /// `mtime` minus the cycles since reset.
    mtime_base: u64,
}

impl Clint {
    pub fn new() -> Self {
        Self { msip: false, mtimecmp: u64::MAX, mtime_base: 0 }
    }

    pub fn mtime(&self, now: u64) -> u64 {
        self.mtime_base.wrapping_add(now)
    }

    /// The interrupt lines at time `now`, in `mip`'s positions.
    pub fn lines(&self, now: u64) -> u32 {
        u32::from(self.msip) << MSI | u32::from(self.mtime(now) >= self.mtimecmp) << MTI
    }

    /// Cycles until the timer line rises; `None` when it is up.
    pub fn until_timer(&self, now: u64) -> Option<u64> {
        self.mtimecmp.checked_sub(self.mtime(now)).filter(|&wait| wait > 0)
    }

    /// A word read at an aligned offset: the value, and whether it depends on time. `None` is a
    /// bus error.
    pub fn read(&self, offset: u32, now: u64) -> Option<(u32, bool)> {
        Some(match offset {
            0x0000 => (u32::from(self.msip), false),
            0x4000 => (self.mtimecmp as u32, false),
            0x4004 => ((self.mtimecmp >> 32) as u32, false),
            0xbff8 => (self.mtime(now) as u32, true),
            0xbffc => ((self.mtime(now) >> 32) as u32, true),
            _ => return None,
        })
    }

    /// A word written at an aligned offset. `None` is a bus error.
    pub fn write(&mut self, offset: u32, value: u32, now: u64) -> Option<()> {
        match offset {
            0x0000 => self.msip = value & 1 == 1,
            0x4000 => self.mtimecmp = low(self.mtimecmp, value),
            0x4004 => self.mtimecmp = high(self.mtimecmp, value),
            0xbff8 => self.mtime_base = low(self.mtime(now), value).wrapping_sub(now),
            0xbffc => self.mtime_base = high(self.mtime(now), value).wrapping_sub(now),
            _ => return None,
        }
        Some(())
    }
}

fn low(old: u64, value: u32) -> u64 {
    old & !0xffff_ffff | u64::from(value)
}

fn high(old: u64, value: u32) -> u64 {
    old & 0xffff_ffff | u64::from(value) << 32
}
