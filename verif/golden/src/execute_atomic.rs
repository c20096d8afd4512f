//! LR, SC and AMOs (unprivileged manual chapter 14). They reach the RAM only.

use crate::bits::{max, min};
use crate::decode::{Decoded, Op};
use crate::environment::{Access, Environment};
use crate::machine::Machine;
use crate::pmp::Need;
use crate::trap::Trap;

/// All bytes of a word.
const WORD: u8 = 0b1111;

impl Machine {
    /// Executes LR, SC or an AMO and returns the value for rd.
    #[inline(never)]
    pub(crate) fn atomic_instruction<E: Environment>(
        &mut self,
        env: &mut E,
        d: Decoded,
    ) -> Result<u32, Trap> {
        let address = self.hart.x(d.rs1);
        let operand = self.hart.x(d.rs2);
        match d.op {
            Op::Lr => self.load_reserved(env, address),
            Op::Sc => self.store_conditional(env, address, operand),
            _ => self.read_modify_write(env, d.op, address, operand),
        }
    }

    fn load_reserved<E: Environment>(&mut self, env: &mut E, address: u32) -> Result<u32, Trap> {
        if !address.is_multiple_of(4) {
            return Err(Trap::misaligned_load(address));
        }
        if !self.data_allowed(address, Need::Read) || env.data_fault() {
            return Err(Trap::load_fault(address));
        }
        let value = self.memory.load::<4>(address).ok_or(Trap::load_fault(address))?;
        env.loaded(Access { address, mask: WORD, data: value });
        self.hart.reservation.set(address);
        Ok(value)
    }

    /// Returns 0 when it stored, 1 when not. Without the reservation there is no access that a bus
    /// could refuse.
    fn store_conditional<E: Environment>(
        &mut self,
        env: &mut E,
        address: u32,
        value: u32,
    ) -> Result<u32, Trap> {
        if !address.is_multiple_of(4) {
            return Err(Trap::misaligned_store(address));
        }
        if !self.data_allowed(address, Need::Write) {
            return Err(Trap::store_fault(address));
        }
        let succeeds = match self.hart.reservation.on(address) {
            Some(disturbed) => !(disturbed && env.sc_failed()),
            None => false,
        };
        self.hart.reservation.clear();
        if !succeeds {
            return Ok(1);
        }
        if env.data_fault() {
            return Err(Trap::store_fault(address));
        }
        let watched = self.memory.store::<4>(address, value).ok_or(Trap::store_fault(address))?;
        self.attention |= watched;
        env.stored(Access { address, mask: WORD, data: value });
        Ok(0)
    }

    fn read_modify_write<E: Environment>(
        &mut self,
        env: &mut E,
        op: Op,
        address: u32,
        operand: u32,
    ) -> Result<u32, Trap> {
        if !address.is_multiple_of(4) {
            return Err(Trap::misaligned_store(address));
        }
        if !self.data_allowed(address, Need::Write) || env.data_fault() {
            return Err(Trap::store_fault(address));
        }
        let old = self.memory.load::<4>(address).ok_or(Trap::store_fault(address))?;
        let new = combine(op, old, operand);
        let watched = self.memory.store::<4>(address, new).ok_or(Trap::store_fault(address))?;
        self.attention |= watched;
        env.loaded(Access { address, mask: WORD, data: old });
        env.stored(Access { address, mask: WORD, data: new });
        Ok(old)
    }
}

/// What an AMO stores.
fn combine(op: Op, old: u32, operand: u32) -> u32 {
    match op {
        Op::Amoadd => old.wrapping_add(operand),
        Op::Amoxor => old ^ operand,
        Op::Amoand => old & operand,
        Op::Amoor => old | operand,
        Op::Amomin => min(old, operand),
        Op::Amomax => max(old, operand),
        Op::Amominu => old.min(operand),
        Op::Amomaxu => old.max(operand),
        _ => operand, // amoswap
    }
}
