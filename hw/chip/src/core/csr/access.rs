//! Which CSRs exist, and who may access them.

use systole_hdl::prelude::*;

use crate::config::CoreConfig;
use crate::core::encoding::csr;

/// Whether the CSR access of the instruction in decode is legal. Combinational.
///
/// With U mode, `user` is the mode and `counter_enable` is `mcounteren`.
pub fn csr_access(config: &CoreConfig) -> Module {
    module("core_csr_access", |m| {
        m.doc("Which CSRs exist, and who may access them.");
        let number = m.input("number", U(12));
        let writes = m.input("writes", Bit);

        m.section("Numbers that exist, by groups of 32");
        let group = number.bits(11, 5).named("group");
        let member = number.bits(4, 0).named("member");
        let exists = m.wire("exists", Bit);
        let groups = groups(config);
        m.comb(|| {
            switch(group, |s| {
                for (bases, members) in &groups {
                    let codes: Vec<u32> = bases.iter().map(|base| base >> 5).collect();
                    s.cases(&codes, || exists.set(one_of(member, members)));
                }
                s.default(|| exists.set(0));
            });
        });

        m.section("Rights");
        let read_only = number.bits(11, 10).eq(3).named("read_only");
        let allowed = (exists & !(writes & read_only)).named("allowed_in_m");
        if !config.user_mode {
            m.output("legal", allowed);
            return;
        }
        let user = m.input("user", Bit).doc("U mode");
        let machine_only = number.bits(9, 8).any().named("machine_only");
        let refused = match config.zicntr || config.hpm_counters > 0 {
            true => {
                // Besides the counters U mode has no CSRs.
                let enabled = m.input("counter_enable", U(32)).doc("mcounteren");
                machine_only | !enabled.bit_at(member)
            }
            false => machine_only,
        };
        m.output("legal", allowed & !(user & refused));
    })
}

/// The numbers that exist: groups of 32 that have the same members, as ranges.
type Groups = Vec<(Vec<u32>, Vec<(u32, u32)>)>;

fn groups(config: &CoreConfig) -> Groups {
    let mut setup = vec![(0, 1), (4, 5), (0x10, 0x10)];
    if config.user_mode {
        setup = vec![(0, 1), (4, 6), (0x0a, 0x0a), (0x10, 0x10), (0x1a, 0x1a)];
    }
    let counters = vec![(0, 0), (2, 31)];
    let mut shadows = Vec::new();
    if config.zicntr {
        shadows.push((0, 2));
    }
    if config.hpm_counters > 0 {
        shadows.push((3, 31));
    }
    let mut groups = vec![
        (vec![csr::MSTATUS], setup),
        (vec![csr::MCOUNTINHIBIT], vec![(0, 0), (3, 31)]),
        (vec![csr::MSCRATCH], vec![(0, 4)]),
        (vec![csr::MCYCLE, csr::MCYCLEH], counters),
        (vec![csr::MVENDORID & !31], vec![(0x11, 0x15)]),
    ];
    if config.pmp_regions > 0 {
        groups.push((vec![csr::PMPCFG0], vec![(0, 3), (16, 31)]));
    }
    if !shadows.is_empty() {
        groups.push((vec![csr::CYCLE, csr::CYCLE + csr::HIGH_HALF], shadows));
    }
    groups
}

/// Every number that exists.
pub fn numbers(config: &CoreConfig) -> Vec<u32> {
    let mut numbers = Vec::new();
    for (bases, members) in groups(config) {
        for base in bases {
            let members = members.iter().flat_map(|&(low, high)| low..=high);
            numbers.extend(members.map(|member| base + member));
        }
    }
    numbers
}

/// Whether a number below 32 lies in one of the ranges.
fn one_of(member: Signal, ranges: &[(u32, u32)]) -> Signal {
    let range = |&(low, high): &(u32, u32)| match (low, high) {
        (0, 31) => lit(1, Bit),
        (low, high) if low == high => member.eq(low),
        (0, high) => member.le(high),
        (low, 31) => member.ge(low),
        (low, high) => member.ge(low) & member.le(high),
    };
    ranges.iter().map(range).reduce(|a, b| a | b).unwrap_or_else(|| lit(0, Bit))
}

/// Selects a CSR among those that exist, by as few bits of the number as tell it from the others:
/// a number that does not exist never comes here.
pub struct Selector {
    number: Signal,
    existing: Vec<u32>,
}

impl Selector {
    /// For the numbers of `config`.
    pub fn new(config: &CoreConfig, number: Signal) -> Self {
        Self { number, existing: numbers(config) }
    }

    /// The number is `wanted`, as a wire `select_<name>`.
    pub fn select(&self, name: &str, wanted: u32) -> Signal {
        self.select_any(name, &[wanted])
    }

    /// The number is one of `wanted`.
    pub fn select_any(&self, name: &str, wanted: &[u32]) -> Signal {
        let matches = match self.pattern(wanted) {
            Some(pattern) => self.matches(pattern),
            None => {
                let each = wanted.iter().filter_map(|&number| self.pattern(&[number]));
                let each = each.map(|pattern| self.matches(pattern));
                each.reduce(|a, b| a | b).unwrap_or_else(|| lit(0, Bit))
            }
        };
        matches.named(format!("select_{name}"))
    }

    fn matches(&self, (mask, value): (u32, u32)) -> Signal {
        (self.number & mask).eq(value)
    }

    /// The fewest bits, and their values, that `wanted` have and no other number that exists.
    fn pattern(&self, wanted: &[u32]) -> Option<(u32, u32)> {
        let first = wanted[0];
        let differing = wanted.iter().fold(0, |bits, number| bits | (number ^ first));
        let others: Vec<u32> =
            self.existing.iter().copied().filter(|number| !wanted.contains(number)).collect();
        let is_enough = |mask: u32| others.iter().all(|number| (number ^ first) & mask != 0);
        let mut mask = 0xfff & !differing;
        if !is_enough(mask) {
            return None;
        }
        for bit in (0..12).rev() {
            if is_enough(mask & !(1 << bit)) {
                mask &= !(1 << bit);
            }
        }
        Some((mask, first & mask))
    }
}
