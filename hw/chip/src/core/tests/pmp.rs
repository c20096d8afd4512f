//! Physical memory protection against a reference that computes with ranges of byte addresses.

use proptest::prelude::*;
use systole_hdl::prelude::{Interpreter, Module, check};

use crate::core::pmp::{configuration_width, pmp_check, pmp_registers};

const PMPCFG0: u64 = 0x3a0;
const PMPADDR0: u64 = 0x3b0;
const READ: u8 = 1;
const WRITE: u8 = 2;
const EXECUTE: u8 = 4;
const TOR: u8 = 1;
const LOCKED: u8 = 0x80;

fn start(module: &Module) -> Interpreter {
    Interpreter::new(&check(module).unwrap_or_else(|errors| panic!("{errors}")))
}

/// The registers as the manual has them.
#[derive(Clone, Debug)]
struct Reference {
    entries: Vec<(u8, u32)>,
}

impl Reference {
    fn new(regions: u32) -> Self {
        Self { entries: vec![(0, 0); regions as usize] }
    }

    fn read(&self, number: u64) -> u32 {
        let entry = |index: u64| self.entries.get(index as usize).copied().unwrap_or_default();
        if number >= PMPADDR0 {
            return entry(number - PMPADDR0).1;
        }
        let first = 4 * (number - PMPCFG0);
        u32::from_le_bytes([0, 1, 2, 3].map(|byte| entry(first + byte).0))
    }

    fn write(&mut self, number: u64, value: u32) {
        match number {
            0x3a0..=0x3a3 => {
                let first = 4 * (number - PMPCFG0) as usize;
                for (byte, value) in value.to_le_bytes().into_iter().enumerate() {
                    let legal = if value & 3 == WRITE { value & 0x9d } else { value & 0x9f };
                    if let Some((config, _)) = self.entries.get_mut(first + byte)
                        && *config & LOCKED == 0
                    {
                        *config = legal;
                    }
                }
            }
            0x3b0..=0x3bf => {
                let index = (number - PMPADDR0) as usize;
                let locked = |index: usize, mask: u8, pattern: u8| {
                    self.entries.get(index).is_some_and(|(config, _)| config & mask == pattern)
                };
                let kept = locked(index, LOCKED, LOCKED)
                    || locked(index + 1, LOCKED | 3 << 3, LOCKED | TOR << 3);
                if index < self.entries.len() && !kept {
                    self.entries[index].1 = value;
                }
            }
            _ => {}
        }
    }

    /// The bytes of an entry: from, and up to but without; 34 address bits and more.
    fn range(&self, index: usize) -> (u64, u64) {
        let (config, address) = self.entries[index];
        let bottom = u64::from(address) << 2;
        match config >> 3 & 3 {
            0 => (0, 0),
            TOR => (index.checked_sub(1).map_or(0, |i| u64::from(self.entries[i].1) << 2), bottom),
            2 => (bottom, bottom + 4),
            _ => {
                // yyy...y01..1 with k ones: 2^(k + 3) bytes.
                let size = 8u64 << address.trailing_ones();
                (bottom / size * size, bottom / size * size + size)
            }
        }
    }

    fn denied(&self, address: u32, need: u8, machine: bool) -> bool {
        for (index, (config, _)) in self.entries.iter().enumerate() {
            let (from, to) = self.range(index);
            if (from..to).contains(&u64::from(address)) {
                return (!machine || config & LOCKED != 0) && config & need != need;
            }
        }
        !machine
    }

    /// Addresses at which something may change, within the hart's 4 GiB.
    fn boundaries(&self) -> Vec<u32> {
        let mut all = vec![0, u32::MAX, 0x8000_0000];
        for index in 0..self.entries.len() {
            let (from, to) = self.range(index);
            let bottom = u64::from(self.entries[index].1) << 2;
            for edge in [from, to, bottom, (from + to) / 2] {
                for offset in [-12i64, -8, -4, -1, 0, 3, 4, 8, 12] {
                    all.extend(u32::try_from(edge as i64 + offset));
                }
            }
        }
        all
    }
}

/// The registers and checkers of both widths, side by side with the reference.
struct Bench {
    regions: u32,
    registers: Interpreter,
    single: Interpreter,
    pair: Interpreter,
    reference: Reference,
}

impl Bench {
    fn new(regions: u32) -> Self {
        let mut registers = start(&pmp_registers(regions));
        registers.reset();
        let (single, pair) = (start(&pmp_check(regions, 1)), start(&pmp_check(regions, 2)));
        Self { regions, registers, single, pair, reference: Reference::new(regions) }
    }

    fn write(&mut self, number: u64, value: u32) {
        self.registers.set("number", number);
        self.registers.set("value", u64::from(value));
        self.registers.set("write", 1);
        self.reference.write(number, value);
        if (0x3a0..=0x3a3).contains(&number) || (0x3b0..=0x3bf).contains(&number) {
            let after = self.registers.get("written_legal") as u32;
            assert_eq!(after, self.reference.read(number), "{number:#x} after {value:#x}");
        }
        self.registers.step();
        self.registers.set("write", 0);
        self.registers.step();
    }

    fn compare_registers(&mut self) {
        for number in (0x3a0..=0x3a3).chain(0x3b0..=0x3bf) {
            self.registers.set("number", number);
            let read = self.registers.get("read_value") as u32;
            assert_eq!(read, self.reference.read(number), "{number:#x}: {:x?}", self.reference);
        }
    }

    fn compare_checks(&mut self, addresses: impl IntoIterator<Item = u32>) {
        let configuration = self.registers.get_bits("configuration");
        assert_eq!(configuration.width(), configuration_width(self.regions));
        self.single.set_bits("configuration", configuration.clone());
        self.pair.set_bits("configuration", configuration);
        for address in addresses {
            for machine in [false, true] {
                self.compare_check(address, machine);
            }
        }
    }

    fn compare_check(&mut self, address: u32, machine: bool) {
        for sim in [&mut self.single, &mut self.pair] {
            sim.set("address", u64::from(address));
            sim.set("machine", u64::from(machine));
        }
        for need in [READ, WRITE, EXECUTE] {
            self.single.set("need", u64::from(need));
            let denied = self.single.get("denied") != 0;
            let expected = self.reference.denied(address, need, machine);
            let what = || format!("{address:#x} {need} {machine}: {:x?}", self.reference);
            assert_eq!(denied, expected, "{}", what());
        }
        let [first, second] = [address & !7, address | 4]
            .map(|word| u64::from(self.reference.denied(word, EXECUTE, machine)));
        let what = || format!("{address:#x} {machine}: {:x?}", self.reference);
        assert_eq!(self.pair.get("denied"), second << 1 | first, "{}", what());
    }
}

/// `pmpaddr` values that meet each other, and ends of the address space.
fn bound() -> impl Strategy<Value = u32> {
    let near = prop_oneof![
        Just(0u32),
        Just(0x2000_0000),
        Just(0x2000_0100),
        Just(0x3fff_ffff),
        Just(0x4000_0000),
        Just(0x8000_0000),
    ];
    prop_oneof![
        4 => (near, 0..12u32).prop_map(|(base, offset)| base.wrapping_add(offset).wrapping_sub(6)),
        // k trailing ones, as NAPOT wants them.
        4 => (any::<u32>(), 0..33u32, any::<bool>()).prop_map(|(word, ones, low)| {
            let mask = ((1u64 << ones) - 1) as u32;
            let within = if low { 0x3fff_ffff } else { u32::MAX };
            (word | mask) & !((u64::from(mask) + 1) as u32) & within
        }),
        2 => (0..64u32).prop_map(|word| 0x2000_0000 | word),
        1 => any::<u32>(),
    ]
}

/// A `pmpcfg` byte, seldom locked.
fn config() -> impl Strategy<Value = u8> {
    (any::<u8>(), 0..4u8)
        .prop_map(|(byte, lock)| if lock == 0 { byte | LOCKED } else { byte & !LOCKED })
}

/// A write of either kind.
fn csr_write() -> impl Strategy<Value = (u64, u32)> {
    prop_oneof![
        6 => (0..16u64, bound()).prop_map(|(index, value)| (PMPADDR0 + index, value)),
        2 => (0..4u64, [config(), config(), config(), config()])
            .prop_map(|(word, bytes)| (PMPCFG0 + word, u32::from_le_bytes(bytes))),
        // Other CSRs.
        1 => (0..0x1000u64, any::<u32>()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn registers_and_checks_are_those_of_the_manual(
        regions in prop::sample::select(vec![1u32, 2, 3, 4, 6, 8, 13, 16]),
        bounds in prop::collection::vec(bound(), 16),
        configs in prop::collection::vec(config(), 16),
        later in prop::collection::vec(csr_write(), 0..12),
        addresses in prop::collection::vec(any::<u32>(), 8),
    ) {
        let mut bench = Bench::new(regions);
        for (index, &value) in (0u64..).zip(&bounds) {
            bench.write(PMPADDR0 + index, value);
        }
        for (word, bytes) in (0u64..).zip(configs.chunks(4)) {
            let bytes = [bytes[0], bytes[1], bytes[2], bytes[3]];
            bench.write(PMPCFG0 + word, u32::from_le_bytes(bytes));
        }
        bench.compare_registers();
        let boundaries = bench.reference.boundaries();
        bench.compare_checks(boundaries.into_iter().chain(addresses));
        for (number, value) in later {
            bench.write(number, value);
            bench.compare_registers();
        }
        let boundaries = bench.reference.boundaries();
        bench.compare_checks(boundaries);
    }
}

/// Every size of NAPOT region, at the places where such a region may lie.
#[test]
fn napot_regions_of_every_size_match_exactly() {
    for ones in 0..=32u32 {
        for place in [0u32, 0x2000_0000, 0x3fff_ffff, 0x4000_0000, 0x8000_0000, u32::MAX] {
            let mask = ((1u64 << ones) - 1) as u32;
            let mut bench = Bench::new(2);
            bench.write(PMPADDR0, place & !(mask << 1 | 1) | mask);
            bench.write(PMPCFG0, 3 << 3 | u32::from(READ));
            let boundaries = bench.reference.boundaries();
            bench.compare_checks(boundaries);
        }
    }
}

/// The bound of a TOR region is the address of the region before, whatever that one is.
#[test]
fn tor_regions_start_at_the_address_before() {
    for below in 0..4u32 {
        for from in 0x2000_0000..0x2000_0010u32 {
            for to in 0x2000_0000..0x2000_0010u32 {
                let mut bench = Bench::new(3);
                bench.write(PMPADDR0, from);
                bench.write(PMPADDR0 + 1, to);
                bench.write(PMPCFG0, below << 3 | 0x0d00);
                bench.compare_checks((0x7fff_fff0u32..0x8000_0060).step_by(4));
            }
        }
    }
}

#[test]
fn locked_entries_keep_their_registers_until_reset() {
    let mut bench = Bench::new(4);
    let entry_1 = u32::from(LOCKED | TOR << 3 | READ) << 8;
    bench.write(PMPADDR0, 0x100);
    bench.write(PMPADDR0 + 1, 0x200);
    bench.write(PMPCFG0, entry_1);
    for number in [PMPADDR0, PMPADDR0 + 1, PMPADDR0 + 2, PMPCFG0] {
        bench.write(number, 0x0707_0707);
        bench.compare_registers();
    }
    let read = |bench: &mut Bench, number| {
        bench.registers.set("number", number);
        bench.registers.get("read_value") as u32
    };
    assert_eq!(read(&mut bench, PMPADDR0), 0x100, "below a locked TOR entry");
    assert_eq!(read(&mut bench, PMPADDR0 + 1), 0x200);
    assert_eq!(read(&mut bench, PMPADDR0 + 2), 0x0707_0707);
    assert_eq!(read(&mut bench, PMPCFG0), 0x0707_0007 | entry_1);
    bench.registers.reset();
    bench.reference = Reference::new(4);
    bench.compare_registers();
}
