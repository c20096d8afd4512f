//! `mstatus` and the mode.

use systole_hdl::prelude::*;

use super::{Rows, TrapEntry, Write};
use crate::config::CoreConfig;
use crate::core::encoding::csr;

/// The bits of `mstatus` that exist, and the mode.
#[derive(Clone, Copy)]
pub struct Status {
    mie: Signal,
    mpie: Signal,
    user: Option<UserStatus>,
}

/// What there is with U mode.
#[derive(Clone, Copy)]
struct UserStatus {
    /// The hart is in U mode.
    user: Signal,
    /// MPP is M rather than U.
    mpp_machine: Signal,
    mprv: Signal,
    tw: Signal,
}

impl Status {
    /// The registers; MPP is 0 after reset where it can be.
    pub fn registers(m: M, config: &CoreConfig) -> Self {
        let register = |name: &str| m.reg(name, Bit).reset(0);
        Self {
            mie: register("mstatus_mie_bit"),
            mpie: register("mstatus_mpie_bit"),
            user: config.user_mode.then(|| UserStatus {
                user: register("in_user_mode").doc("the mode is U"),
                mpp_machine: register("mstatus_mpp_machine").doc("MPP is 3 rather than 0"),
                mprv: register("mstatus_mprv_bit"),
                tw: register("mstatus_tw_bit"),
            }),
        }
    }

    fn wires(m: M, config: &CoreConfig) -> Self {
        let wire = |name: &str| m.wire(name, Bit);
        Self {
            mie: wire("mie_bit_next"),
            mpie: wire("mpie_bit_next"),
            user: config.user_mode.then(|| UserStatus {
                user: wire("user_mode_next"),
                mpp_machine: wire("mpp_machine_next"),
                mprv: wire("mprv_bit_next"),
                tw: wire("tw_bit_next"),
            }),
        }
    }

    fn pairs(&self, other: &Self) -> Vec<(Signal, Signal)> {
        let mut pairs = vec![(self.mie, other.mie), (self.mpie, other.mpie)];
        if let (Some(a), Some(b)) = (self.user, other.user) {
            pairs.extend([(a.user, b.user), (a.mpp_machine, b.mpp_machine)]);
            pairs.extend([(a.mprv, b.mprv), (a.tw, b.tw)]);
        }
        pairs
    }

    /// The whole word.
    fn word(&self) -> Signal {
        let zeros = |count| lit(0, U(count));
        let (upper, mpp) = match self.user {
            Some(user) => {
                let upper = cat(&[zeros(10), user.tw, zeros(3), user.mprv, zeros(4)]);
                (upper, user.mpp_machine.repeat(2))
            }
            None => (zeros(19), lit(3, U(2))),
        };
        cat(&[upper, mpp, zeros(3), self.mpie, zeros(3), self.mie, zeros(3)])
    }

    /// The word after `written` is written.
    fn legal(&self, written: Signal) -> Signal {
        let user = self.user.map(|user| UserStatus {
            user: user.user,
            mpp_machine: written.bits(12, 11).eq(3),
            mprv: written.bit(17),
            tw: written.bit(21),
        });
        Self { mie: written.bit(3), mpie: written.bit(7), user }.word()
    }

    /// The outputs that depend on the mode and on `mstatus`.
    pub fn outputs(&self, m: M) {
        m.output("mstatus_mie", self.mie);
        if let Some(user) = self.user {
            m.output("user", user.user).doc("the mode is U");
            m.output("wait_illegal", user.user & user.tw).doc("WFI is illegal");
            let in_mpp = user.mprv & !user.mpp_machine;
            m.output("data_user", user.user | in_mpp).doc("data accesses have the rights of U");
        }
    }

    /// Next state. Trap entry and a write never meet: an instruction that traps does not retire.
    /// With `rvfi` shows the word after the instruction.
    pub fn build(
        &self,
        m: M,
        config: &CoreConfig,
        rows: &mut Rows,
        trap: &TrapEntry,
        mret_restore: Signal,
        write: &Write,
    ) {
        let select = write.selector.select("mstatus", csr::MSTATUS);
        rows.add(select, self.word(), self.legal(write.value));
        let next = Self::wires(m, config);
        let write_mstatus = (write.enable & select).named("write_mstatus");
        m.comb(|| {
            for (next, now) in next.pairs(self) {
                next.set(now);
            }
            when(trap.enter, || self.enter(&next))
                .or_when(mret_restore, || self.leave(&next))
                .or_when(write_mstatus, || {
                    next.mie.set(write.value.bit(3));
                    next.mpie.set(write.value.bit(7));
                    if let Some(user) = next.user {
                        user.mpp_machine.set(write.value.bits(12, 11).eq(3));
                        user.mprv.set(write.value.bit(17));
                        user.tw.set(write.value.bit(21));
                    }
                });
        });
        m.clocked(|| {
            for (now, next) in self.pairs(&next) {
                now.set(next);
            }
        });
        if rows.rvfi {
            m.output("mstatus_next", next.word());
            if config.issue_width > 1 {
                m.output("mstatus_before", self.word()).doc("of the first of a pair");
            }
        }
    }

    /// Trap entry.
    fn enter(&self, next: &Self) {
        next.mie.set(0);
        next.mpie.set(self.mie);
        if let (Some(now), Some(next)) = (self.user, next.user) {
            next.mpp_machine.set(!now.user);
            next.user.set(0);
        }
    }

    /// MRET.
    fn leave(&self, next: &Self) {
        next.mie.set(self.mpie);
        next.mpie.set(1);
        if let (Some(now), Some(next)) = (self.user, next.user) {
            next.user.set(!now.mpp_machine);
            next.mpp_machine.set(0);
            next.mprv.set(now.mprv & now.mpp_machine);
        }
    }
}
