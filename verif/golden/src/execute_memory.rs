//! Loads and stores (unprivileged manual 2.6) and where they go (`docs/soc.md`, memory map).

use crate::bus::Device;
use crate::environment::{Access, Environment};
use crate::machine::Machine;
use crate::pmp::Need;
use crate::trap::Trap;

/// The access of `N` bytes at an aligned `address`, with `value` put into its lanes.
#[inline(always)]
fn lanes<const N: usize>(address: u32, value: u32) -> Access {
    let lane = address & 3;
    let mask = ((1u32 << N) - 1) << lane;
    let data = if N == 4 { value } else { (value & ((1 << (8 * N)) - 1)) << (8 * lane) };
    Access { address: address & !3, mask: mask as u8, data }
}

impl Machine {
    /// Whether PMP allows a data access to the word that holds `address`.
    #[inline(always)]
    pub(crate) fn data_allowed(&self, address: u32, need: Need) -> bool {
        !self.hart.data_restricted
            || self.hart.csrs.pmp.allows(address, need, self.hart.data_mode())
    }

    /// Loads `N` bytes, zero-extended.
    #[inline(always)]
    pub(crate) fn load<const N: usize, E: Environment>(
        &mut self,
        env: &mut E,
        address: u32,
    ) -> Result<u32, Trap> {
        if !address.is_multiple_of(N as u32) {
            return Err(Trap::misaligned_load(address));
        }
        if !self.data_allowed(address, Need::Read) || env.data_fault() {
            return Err(Trap::load_fault(address));
        }
        let value = match self.memory.load::<N>(address) {
            Some(value) => value,
            None => self.load_device(env, address, N).ok_or(Trap::load_fault(address))?,
        };
        env.loaded(lanes::<N>(address, value));
        Ok(value)
    }

    /// Stores the low `N` bytes of `value`.
    #[inline(always)]
    pub(crate) fn store<const N: usize, E: Environment>(
        &mut self,
        env: &mut E,
        address: u32,
        value: u32,
    ) -> Result<(), Trap> {
        if !address.is_multiple_of(N as u32) {
            return Err(Trap::misaligned_store(address));
        }
        if !self.data_allowed(address, Need::Write) || env.data_fault() {
            return Err(Trap::store_fault(address));
        }
        match self.memory.store::<N>(address, value) {
            Some(watched) => self.attention |= watched,
            None => {
                self.store_device::<E>(address, N, value).ok_or(Trap::store_fault(address))?;
            }
        }
        env.stored(lanes::<N>(address, value));
        Ok(())
    }

    /// A load outside the RAM; `None` is a bus error.
    #[inline(never)]
    fn load_device<E: Environment>(
        &mut self,
        env: &mut E,
        address: u32,
        bytes: usize,
    ) -> Option<u32> {
        if bytes != 4 {
            return None;
        }
        let (own, time) = match Device::at(address)? {
            Device::Clint(offset) => self.clint.read(offset, self.now)?,
            Device::Npu(offset) => self.npu.read(offset)?,
        };
        Some(if time { env.time_read(own) } else { own })
    }

    /// A store outside the RAM; `None` is a bus error.
    #[inline(never)]
    fn store_device<E: Environment>(
        &mut self,
        address: u32,
        bytes: usize,
        value: u32,
    ) -> Option<()> {
        if bytes != 4 {
            return None;
        }
        self.attention = true;
        match Device::at(address)? {
            Device::Clint(offset) => self.clint.write(offset, value, self.now),
            Device::Npu(offset) => {
                let log = !E::ALONE;
                if self.npu.write(offset, value, &mut self.memory, log)? {
                    self.hart.reservation.job_started();
                }
                if E::ALONE {
                    self.npu.finish_job();
                }
                Some(())
            }
        }
    }
}
