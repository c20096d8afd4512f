//! Physical memory protection (privileged manual 3.7): the registers, and the checker of accesses.
//!
//! Granularity is 4 bytes, so everything here compares word addresses: `address[31:2]` of an
//! access, of 30 bits, and `pmpaddr`, of 32.

use systole_hdl::prelude::*;

use super::encoding::csr;

/// Width of a region in the packed configuration.
const REGION_BITS: u32 = 67;

/// Width of the packed configuration that goes from [`pmp_registers`] to every [`pmp_check`].
pub const fn configuration_width(regions: u32) -> u32 {
    REGION_BITS * regions
}

/// What a checker has to know of a region, all of it functions of registers.
struct Region {
    /// Holds for machine mode too.
    locked: Signal,
    /// `{X, W, R}`.
    permissions: Signal,
    /// TOR: from the bound of the region before up to its own bound.
    tor: Signal,
    /// NA4 or NAPOT, and not beyond the 4 GiB that the hart reaches.
    aligned: Signal,
    /// The bound lies beyond these 4 GiB.
    beyond: Signal,
    /// Word address bits that NAPOT leaves out; 0 otherwise.
    mask: Signal,
    /// `pmpaddr[29:0]`.
    bound: Signal,
}

impl Region {
    fn pack(&self) -> Signal {
        cat(&[
            self.locked,
            self.permissions,
            self.tor,
            self.aligned,
            self.beyond,
            self.mask,
            self.bound,
        ])
    }

    /// Region `index` of a packed configuration, as named wires.
    fn unpack(configuration: Signal, index: u32) -> Self {
        let base = REGION_BITS * index;
        let field = |name: &str, high: u32, low: u32| {
            configuration.bits(base + high, base + low).named(format!("{name}_{index}"))
        };
        Self {
            locked: field("locked", 66, 66),
            permissions: field("permissions", 65, 63),
            tor: field("tor", 62, 62),
            aligned: field("aligned", 61, 61),
            beyond: field("beyond", 60, 60),
            mask: field("mask", 59, 30),
            bound: field("bound", 29, 0),
        }
    }
}

/// `pmpcfg0..3` and `pmpaddr0..15` with the first `regions` (1 to 16) entries.
///
/// A write with a number of another CSR does nothing; `read_value` and `written_legal` mean
/// something only for numbers from 0x3a0 to 0x3a3 and from 0x3b0 to 0x3bf.
pub fn pmp_registers(regions: u32) -> Module {
    module("core_pmp_registers", |m| {
        m.doc("Physical memory protection: pmpcfg and pmpaddr.");
        let number = m.input("number", U(12)).doc("CSR number");
        let write = m.input("write", Bit).doc("a CSR instruction that writes retires");
        let value = m.input("value", U(32)).doc("what it writes, before WARL");
        m.section("Registers");
        let entries: Vec<Entry> = (0..regions).map(|index| Entry::registers(m, index)).collect();
        m.section("Locks");
        let address_locks = address_locks(&entries);
        let addressed = Addressed::read(m, number, &entries, &address_locks);
        m.section("Write");
        let legal = legal_configuration(value);
        write_registers(
            m,
            &entries,
            &address_locks,
            &Write { enable: write, number, value, legal },
        );
        addressed.outputs(m, number, value, legal);
        m.section("For the checkers");
        let region = |(index, entry): (u32, &Entry)| {
            entry.region(index).pack().named(format!("region_{index}"))
        };
        let mut packed: Vec<Signal> = (0..).zip(&entries).map(region).collect();
        packed.reverse();
        m.output("configuration", cat(&packed));
    })
}

/// The registers of one entry.
struct Entry {
    locked: Signal,
    /// `pmpcfg.A`.
    matching: Signal,
    /// `{X, W, R}`.
    permissions: Signal,
    /// `pmpaddr`.
    address: Signal,
    /// Bits 31:1 of `pmpaddr ^ (pmpaddr + 1)`, whose bit 0 is 1: its trailing ones and the 0 above
    /// them, which NAPOT leaves out. Kept so that no checker has to find them.
    span: Signal,
}

impl Entry {
    fn registers(m: M, index: u32) -> Self {
        let register = |name: &str, ty: Ty| m.reg(format!("{name}_{index}"), ty).reset(0);
        Self {
            locked: register("locked", Bit),
            matching: register("matching", U(2)),
            permissions: register("permissions", U(3)),
            address: register("address", U(32)),
            span: register("span", U(31)),
        }
    }

    /// The byte in `pmpcfg`.
    fn configuration(&self) -> Signal {
        cat(&[self.locked, lit(0, U(2)), self.matching, self.permissions])
    }

    fn region(&self, index: u32) -> Region {
        let napot = self.matching.all().named(format!("napot_{index}"));
        let span = cat(&[self.span, lit(1, Bit)]);
        let mask = (span & napot.repeat(32)).named(format!("mask_{index}"));
        // The hart's addresses have zeros in bits 31:30.
        let beyond = self.address.bits(31, 30);
        let out_of_reach =
            (beyond & !mask.bits(31, 30)).any().named(format!("out_of_reach_{index}"));
        Region {
            locked: self.locked,
            permissions: self.permissions,
            tor: self.matching.eq(1),
            aligned: self.matching.bit(1) & !out_of_reach,
            beyond: beyond.any(),
            mask: mask.bits(29, 0),
            bound: self.address.bits(29, 0),
        }
    }
}

/// Which `pmpaddr` keep their value: those of locked entries, and those below a locked TOR entry.
fn address_locks(entries: &[Entry]) -> Vec<Signal> {
    let mut locks = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let lock = match entries.get(index + 1) {
            Some(above) => entry.locked | above.locked & above.matching.eq(1),
            None => entry.locked,
        };
        locks.push(lock.named(format!("address_locked_{index}")));
    }
    locks
}

/// The registers that a CSR number names.
struct Addressed {
    /// `pmpcfg` that `number[1:0]` names.
    configuration: Signal,
    /// Bytes of it that may be written.
    writable: Signal,
    /// `pmpaddr` that `number[3:0]` names.
    address: Signal,
    /// It may not be written.
    address_locked: Signal,
}

impl Addressed {
    fn read(m: M, number: Signal, entries: &[Entry], address_locks: &[Signal]) -> Self {
        m.section("Read");
        let addressed = Self {
            configuration: m.wire("configuration_word", U(32)),
            writable: m.wire("configuration_writable", U(4)),
            address: m.wire("address_word", U(32)),
            address_locked: m.wire("address_locked", Bit),
        };
        m.comb(|| {
            addressed.configuration.set(0);
            addressed.writable.set(0);
            switch(number.bits(1, 0), |s| {
                for (word, entries) in entries.chunks(4).enumerate() {
                    s.case(word as u64, || addressed.set_configuration(entries));
                }
                s.default(|| {});
            });
        });
        m.comb(|| {
            addressed.address.set(0);
            addressed.address_locked.set(1);
            switch(number.bits(3, 0), |s| {
                for (index, (entry, &locked)) in entries.iter().zip(address_locks).enumerate() {
                    s.case(index as u64, || {
                        addressed.address.set(entry.address);
                        addressed.address_locked.set(locked);
                    });
                }
                s.default(|| {});
            });
        });
        addressed
    }

    /// Takes the word that holds up to four entries, the first in the lowest byte.
    fn set_configuration(&self, entries: &[Entry]) {
        let missing = 4 - entries.len() as u32;
        let mut bytes: Vec<Signal> = entries.iter().rev().map(Entry::configuration).collect();
        let mut writable: Vec<Signal> = entries.iter().rev().map(|entry| !entry.locked).collect();
        if missing > 0 {
            bytes.insert(0, lit(0, U(8 * missing)));
            writable.insert(0, lit(0, U(missing)));
        }
        self.configuration.set(cat(&bytes));
        self.writable.set(cat(&writable));
    }

    /// The values before and after a write.
    fn outputs(&self, m: M, number: Signal, value: Signal, legal: Signal) {
        m.section("What the instruction reads and leaves");
        let is_address = number.bit(4).named("is_address");
        m.output("read_value", is_address.mux(self.address, self.configuration));
        let bytes: Vec<Signal> = (0..4)
            .rev()
            .map(|byte| {
                let (high, low) = (8 * byte + 7, 8 * byte);
                let old = self.configuration.bits(high, low);
                self.writable.bit(byte).mux(legal.bits(high, low), old)
            })
            .collect();
        let configuration_after = cat(&bytes).named("configuration_after");
        let address_after = self.address_locked.mux(self.address, value).named("address_after");
        m.output("written_legal", is_address.mux(address_after, configuration_after))
            .doc("what the CSR holds after a write of `value`");
    }
}

/// `pmpcfg` bytes as they may be stored: bits 6:5 are 0, and W without R becomes 0.
fn legal_configuration(value: Signal) -> Signal {
    let bytes: Vec<Signal> = (0..4)
        .rev()
        .map(|byte| {
            let bit = |index: u32| value.bit(8 * byte + index);
            let matching = value.bits(8 * byte + 4, 8 * byte + 3);
            cat(&[bit(7), lit(0, U(2)), matching, bit(2), bit(1) & bit(0), bit(0)])
        })
        .collect();
    cat(&bytes).named("legal_configuration")
}

/// A write by the instruction in writeback.
struct Write {
    enable: Signal,
    number: Signal,
    value: Signal,
    /// The value as `pmpcfg` may hold it.
    legal: Signal,
}

fn write_registers(m: M, entries: &[Entry], address_locks: &[Signal], write: &Write) {
    let number = write.number;
    let first_configuration = u64::from(csr::PMPCFG0 >> 2);
    let write_configuration = write.enable & number.bits(11, 2).eq(first_configuration);
    let write_configuration = write_configuration.named("write_configuration");
    let write_address = write.enable & number.bits(11, 4).eq(u64::from(csr::PMPADDR0 >> 4));
    let write_address = write_address.named("write_address");
    let span = (write.value ^ (write.value + 1)).named("span");
    for (word, entries) in entries.chunks(4).enumerate() {
        m.clocked(|| {
            when(write_configuration & number.bits(1, 0).eq(word as u64), || {
                for (byte, entry) in (0u32..).zip(entries) {
                    when(!entry.locked, || {
                        let low = 8 * byte;
                        entry.locked.set(write.legal.bit(low + 7));
                        entry.matching.set(write.legal.bits(low + 4, low + 3));
                        entry.permissions.set(write.legal.bits(low + 2, low));
                    });
                }
            });
        });
    }
    for (index, (entry, &locked)) in entries.iter().zip(address_locks).enumerate() {
        let addressed = number.bits(3, 0).eq(index as u64);
        m.clocked(|| {
            when(write_address & addressed & !locked, || {
                entry.address.set(write.value);
                entry.span.set(span.bits(31, 1));
            });
        });
    }
    span.bit(0).unused();
}

/// Whether an access is denied. Combinational.
///
/// With `words` = 1 the access lies in the aligned word that holds `address`, and `need` says what
/// it needs as `{execute, write, read}`. With `words` = 2 it is the fetch of the aligned two words
/// that hold `address`, and `denied` answers for each.
pub fn pmp_check(regions: u32, words: u32) -> Module {
    assert!(words == 1 || words == 2, "a checker of {words} words");
    let name = if words == 1 { "core_pmp_check" } else { "core_pmp_check_fetch_pair" };
    module(name, |m| {
        m.doc("Physical memory protection: whether an access is denied.");
        let address = m.input("address", U(32));
        let configuration = m.input("configuration", U(configuration_width(regions)));
        let machine = m.input("machine", Bit).doc("with the privilege of machine mode");
        let need = (words == 1).then(|| m.input("need", U(3)).doc("{execute, write, read}"));
        let within = words.trailing_zeros();
        let group = address.bits(31, 2 + within).named("group").doc("of words, the unit compared");
        address.bits(1 + within, 0).unused();

        let mut choices = vec![Vec::new(); words as usize];
        let mut below_previous: Option<Vec<Signal>> = None;
        for index in 0..regions {
            m.section(format!("Region {index}"));
            let region = Region::unpack(configuration, index);
            let hit = Hit::of(&region, group, index, words);
            let lacking = match need {
                Some(need) => (need & !region.permissions).any(),
                None => !region.permissions.bit(2),
            };
            let refused = (!machine | region.locked) & lacking;
            let refused = refused.named(format!("refused_{index}"));
            for (word, choices) in choices.iter_mut().enumerate() {
                let tor = match &below_previous {
                    Some(previous) => region.tor & hit.below[word] & !previous[word],
                    None => region.tor & hit.below[word],
                };
                let matched = tor | region.aligned & hit.equal[word];
                let matched = matched.named(suffixed("matched", index, word, words));
                choices.push(Choice { matched, refused });
            }
            below_previous = Some(hit.below);
        }
        m.section("The first that matches decides");
        let denied: Vec<Signal> = choices
            .into_iter()
            .enumerate()
            .map(|(word, choices)| {
                let first = first_match(choices, word, words);
                first.matched.mux(first.refused, !machine)
            })
            .rev()
            .collect();
        m.output("denied", cat(&denied));
    })
}

/// A name for what there is once a region, or once a region and word.
fn suffixed(name: &str, index: u32, word: usize, words: u32) -> String {
    if words == 1 { format!("{name}_{index}") } else { format!("{name}_{index}_word_{word}") }
}

/// Where the words of an access lie, seen from a region.
struct Hit {
    /// Below the bound, for each word.
    below: Vec<Signal>,
    /// Equal to the bound but for the masked bits, for each word.
    equal: Vec<Signal>,
}

impl Hit {
    fn of(region: &Region, group: Signal, index: u32, words: u32) -> Self {
        let within = words.trailing_zeros();
        let bound = region.bound.bits(29, within);
        let differs = (group ^ bound) & !region.mask.bits(29, within);
        let equal = (!differs.any()).named(format!("equal_{index}"));
        let below = (region.beyond | group.lt(bound)).named(format!("below_{index}"));
        if words == 1 {
            return Self { below: vec![below], equal: vec![equal] };
        }
        // The second word of the group is below the bound exactly when the whole group is; the
        // first also when the bound is the second. `equal` may stand for equality there: it is
        // that unless this region is NAPOT, and where it then says more, this region matches both
        // words, so that what the next makes of this bound does not matter.
        let odd = region.bound.bit(0);
        let below_first = (below | equal & odd).named(format!("below_{index}_word_0"));
        let any_word = region.mask.bit(0);
        let equal_first = (equal & (any_word | !odd)).named(format!("equal_{index}_word_0"));
        let equal_second = (equal & (any_word | odd)).named(format!("equal_{index}_word_1"));
        Self { below: vec![below_first, below], equal: vec![equal_first, equal_second] }
    }
}

/// Whether one of some adjacent regions matches, and what the first of those says.
#[derive(Clone, Copy)]
struct Choice {
    matched: Signal,
    refused: Signal,
}

/// Joins the regions of a word pairwise, so that the depth is the logarithm of their number.
fn first_match(mut choices: Vec<Choice>, word: usize, words: u32) -> Choice {
    let last = choices.len() - 1;
    let mut span = 1;
    while choices.len() > 1 {
        span *= 2;
        let starts = (0..=last).step_by(span);
        choices = starts
            .zip(choices.chunks(2))
            .map(|(start, pair)| match *pair {
                [first, second] => {
                    let end = (start + span - 1).min(last) as u32;
                    let name =
                        |what: &str| suffixed(&format!("{what}_{start}_to"), end, word, words);
                    let refused = first.matched.mux(first.refused, second.refused);
                    Choice {
                        matched: (first.matched | second.matched).named(name("matched")),
                        refused: refused.named(name("refused")),
                    }
                }
                _ => pair[0],
            })
            .collect();
    }
    choices[0]
}
