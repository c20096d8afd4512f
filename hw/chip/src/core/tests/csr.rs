//! CSRs: which exist, who may access them, and what they hold, against a model in Rust.

use systole_hdl::prelude::Interpreter;

use super::machine::{Random, base, full};
use super::units::start;
use crate::config::{CoreConfig, Multiplier};
use crate::core::csr::{csr_access, csr_file, numbers};

/// Without and with everything, and in between.
fn configurations() -> Vec<CoreConfig> {
    let small = base(2, Multiplier::Fast);
    vec![
        small.clone(),
        CoreConfig {
            multiplier: Multiplier::None,
            compressed: true,
            zicntr: true,
            ..small.clone()
        },
        CoreConfig { hpm_counters: 2, ..small.clone() },
        CoreConfig { user_mode: true, ..small },
        CoreConfig { pmp_regions: 0, hpm_counters: 29, ..full() },
        CoreConfig { issue_width: 2, ..full() },
        full(),
    ]
}

/// Whether a CSR exists, by the table of `docs/core.md`.
fn exists(config: &CoreConfig, number: u32) -> bool {
    match number {
        0xf11..=0xf15 | 0x300 | 0x301 | 0x304 | 0x305 | 0x310 | 0x340..=0x344 => true,
        0xb00 | 0xb02..=0xb1f | 0xb80 | 0xb82..=0xb9f | 0x320 | 0x323..=0x33f => true,
        0x306 | 0x30a | 0x31a => config.user_mode,
        0x3a0..=0x3a3 | 0x3b0..=0x3bf => config.pmp_regions > 0,
        0xc00..=0xc02 | 0xc80..=0xc82 => config.zicntr,
        0xc03..=0xc1f | 0xc83..=0xc9f => config.hpm_counters > 0,
        _ => false,
    }
}

#[test]
fn accesses_are_legal_as_the_manual_says() {
    for config in configurations() {
        let mut sim = start(&csr_access(&config));
        let mut random = Random(3);
        let listed = numbers(&config);
        for number in 0..0x1000 {
            assert_eq!(listed.contains(&number), exists(&config, number), "{number:#x}");
            sim.set("number", u64::from(number));
            for choice in 0..4 {
                let (writes, user) = (choice & 1 == 1, config.user_mode && choice & 2 == 2);
                sim.set("writes", u64::from(writes));
                let mut enabled = true;
                if config.user_mode {
                    sim.set("user", u64::from(user));
                    if config.zicntr || config.hpm_counters > 0 {
                        let counter_enable = random.next();
                        sim.set("counter_enable", u64::from(counter_enable));
                        enabled = counter_enable >> (number & 31) & 1 == 1;
                    }
                }
                let allowed = !user || number >> 8 & 3 == 0 && enabled;
                let written = writes && number >> 10 == 3;
                let legal = exists(&config, number) && allowed && !written;
                assert_eq!(sim.get("legal") == 1, legal, "{number:#x} {choice} {config:?}");
            }
        }
    }
}

/// What the CSRs hold, apart from PMP, which has tests of its own.
struct Model {
    config: CoreConfig,
    user: bool,
    mstatus: u32,
    /// `mie`, `mtvec`, `mscratch`, `mepc`, `mcause`, `mtval`, `mcounteren`, `mcountinhibit`.
    plain: std::collections::BTreeMap<u32, u32>,
    counts: [u64; 32],
    events: [u32; 32],
    mip: u32,
    mtime: u64,
}

impl Model {
    fn new(config: &CoreConfig) -> Self {
        let mstatus = if config.user_mode { 0 } else { 0x1800 };
        let mut model = Self {
            config: config.clone(),
            user: false,
            mstatus,
            plain: Default::default(),
            counts: [0; 32],
            events: [0; 32],
            mip: 0,
            mtime: 0,
        };
        for number in [0x304, 0x305, 0x306, 0x320, 0x340, 0x341, 0x342, 0x343] {
            model.plain.insert(number, 0);
        }
        model
    }

    fn counts(&self, index: u32) -> bool {
        index == 0 || index == 2 || (3..3 + self.config.hpm_counters).contains(&index)
    }

    fn misa(&self) -> u32 {
        let c = &self.config;
        let bits = c.zba && c.zbb && c.zbs;
        let letters = [(c.atomics, 0), (bits, 1), (c.compressed, 2), (true, 8)];
        let more = [(c.has_multiply(), 12), (c.user_mode, 20)];
        letters.iter().chain(&more).map(|&(there, bit)| u32::from(there) << bit).sum::<u32>()
            | 0x4000_0000
    }

    fn read(&self, number: u32) -> u32 {
        let half = |value: u64| (value >> (if number & 0x80 == 0 { 0 } else { 32 })) as u32;
        match number {
            0x300 => self.mstatus,
            0x301 => self.misa(),
            0x344 => self.mip,
            0xc01 | 0xc81 => half(self.mtime),
            0xb00..=0xb9f | 0xc00..=0xc9f => half(self.counts[number as usize & 31]),
            0x323..=0x33f => self.events[number as usize & 31],
            number => self.plain.get(&number).copied().unwrap_or(0),
        }
    }

    /// What `number` holds after `value` is written.
    fn legal(&self, number: u32, value: u32) -> u32 {
        let c = &self.config;
        let counting = ((1_u32 << c.hpm_counters) - 1) << 3;
        match number {
            0x300 if c.user_mode => {
                let mpp = if value >> 11 & 3 == 3 { 0x1800 } else { 0 };
                value & 0x0022_0088 | mpp
            }
            0x300 => value & 0x88 | 0x1800,
            0x304 => value & 0x888,
            0x305 => value & !3 | u32::from(value & 3 == 1),
            0x306 if c.user_mode => value & (counting | if c.zicntr { 7 } else { 0 }),
            0x320 => value & (counting | 5),
            0x323..=0x33f if self.counts(number & 31) => value & 31,
            0x340 | 0x342 | 0x343 => value,
            0x341 if c.compressed => value & !1,
            0x341 => value & !3,
            0xb00..=0xb9f if self.counts(number & 31) => value,
            0x301 | 0x344 => self.read(number),
            _ => 0,
        }
    }

    fn write(&mut self, number: u32, value: u32) {
        let legal = self.legal(number, value);
        let count = &mut self.counts[number as usize & 31];
        match number {
            0x300 => self.mstatus = legal,
            0xb00..=0xb1f => *count = *count >> 32 << 32 | u64::from(legal),
            0xb80..=0xb9f => *count = *count & 0xffff_ffff | u64::from(legal) << 32,
            0x323..=0x33f => self.events[number as usize & 31] = legal,
            number => {
                if let Some(word) = self.plain.get_mut(&number) {
                    *word = legal;
                }
            }
        }
    }

    /// One cycle of counting, but for the counter that is written.
    fn count(&mut self, retired: u64, events: [u32; 2], written: Option<u32>) {
        let inhibit = self.plain[&0x320];
        for index in 0..32 {
            let number = self.events[index as usize];
            let happened = |events: u32| u64::from(number < 20 && events >> number & 1 == 1);
            let by = match index {
                0 => 1,
                2 => retired,
                _ => happened(events[0]) + happened(events[1]),
            };
            let is_written = written == Some(index);
            if self.counts(index) && inhibit >> index & 1 == 0 && !is_written {
                self.counts[index as usize] = self.counts[index as usize].wrapping_add(by);
            }
        }
    }

    fn enter(&mut self, interrupt: bool, code: u32, value: u32, pc: u32) {
        let mpp = if self.config.user_mode && self.user { 0 } else { 0x1800 };
        let mpie = self.mstatus << 4 & 0x80;
        self.mstatus = self.mstatus & 0x0022_0000 | mpp | mpie;
        self.user = false;
        self.plain.insert(0x341, pc);
        self.plain.insert(0x342, u32::from(interrupt) << 31 | code);
        self.plain.insert(0x343, if interrupt { 0 } else { value });
    }

    fn leave(&mut self) {
        let mie = self.mstatus >> 4 & 8;
        let to_machine = self.mstatus >> 11 & 3 == 3;
        let mpp = if self.config.user_mode { 0 } else { 0x1800 };
        let keep = if to_machine { 0x0022_0000 } else { 0x0020_0000 };
        self.mstatus = self.mstatus & keep | mpp | 0x80 | mie;
        self.user = self.config.user_mode && !to_machine;
    }
}

/// Sets an input that only some configurations have.
struct Bench {
    sim: Interpreter,
    model: Model,
    random: Random,
}

impl Bench {
    fn check_state(&mut self) {
        let (sim, model) = (&mut self.sim, &self.model);
        for (port, number) in [("mepc", 0x341), ("mie_bits", 0x304)] {
            let word = model.read(number);
            let expected =
                if number == 0x304 { word >> 3 & 1 | word >> 6 & 2 | word >> 9 & 4 } else { word };
            assert_eq!(sim.get(port) as u32, expected, "{port}");
        }
        assert_eq!(sim.get("mstatus_mie") as u32, model.mstatus >> 3 & 1);
        if model.config.user_mode {
            assert_eq!(sim.get("user"), u64::from(model.user));
            let tw = model.user && model.mstatus >> 21 & 1 == 1;
            assert_eq!(sim.get("wait_illegal"), u64::from(tw));
            let in_user = model.mstatus >> 17 & 1 == 1 && model.mstatus >> 11 & 3 == 0;
            assert_eq!(sim.get("data_user"), u64::from(model.user || in_user));
        }
    }

    /// One cycle: nothing, a retiring instruction of any kind, two, or a trap.
    fn cycle(&mut self, listed: &[u32]) {
        let (sim, model, random) = (&mut self.sim, &mut self.model, &mut self.random);
        let config = model.config.clone();
        let kind = random.below(8);
        let pair = config.issue_width == 2 && kind == 1;
        let (retire, mret, trap) = (matches!(kind, 1..=5), kind == 2, kind == 6);
        let number = random.pick(listed);
        let writes = (3..=5).contains(&kind) && number >> 10 != 3;
        let (operation, operand) = (1 + random.below(3), random.next() & random.next());
        let (interrupt, code, value, pc) =
            (random.below(2) == 1, random.below(16), random.next(), random.next() & !3);
        let events = [random.next() & 0xf_fffe, random.next() & 0xf_fffe];
        let events = if config.issue_width == 2 { events } else { [events[0], 0] };
        model.mtime = u64::from(random.next()) << 32 | u64::from(random.next());
        model.mip = 0x111_u32.wrapping_mul(8) & random.next() & 0x888;
        let mip_bits = model.mip >> 3 & 1 | model.mip >> 6 & 2 | model.mip >> 9 & 4;

        let mut set = |port: &str, value: u64| sim.set(port, value);
        set("number", number.into());
        set("operation", operation.into());
        set("operand", operand.into());
        set("write", writes.into());
        set("retire", retire.into());
        set("mret", mret.into());
        set("trap_enter", trap.into());
        set("trap_interrupt", interrupt.into());
        set("trap_code", code.into());
        set("trap_value", value.into());
        set("trap_pc", pc.into());
        set("mip_bits", mip_bits.into());
        if config.zicntr {
            set("mtime", model.mtime);
        }
        if config.hpm_counters > 0 {
            set("events", events[0].into());
        }
        if config.issue_width == 2 {
            set("retire_pair", pair.into());
            set("events_second", events[1].into());
        }

        let is_pmp = (0x3a0..0x3c0).contains(&number);
        let old = model.read(number);
        assert!(is_pmp || sim.get("read_value") as u32 == old, "{number:#x}: {old:#x}");
        if trap {
            let (base, mode) = (model.read(0x305) & !3, model.read(0x305) & 1);
            let offset = if interrupt && mode == 1 { 4 * code } else { 0 };
            assert_eq!(sim.get("trap_vector") as u32, base.wrapping_add(offset));
        }
        let written = match operation {
            1 => operand,
            2 => old | operand,
            _ => old & !operand,
        };
        if writes && !is_pmp {
            assert_eq!(sim.get("written_legal") as u32, model.legal(number, written));
        }
        let counter = (0xb00..0xba0).contains(&number);
        model.count(
            u64::from(retire) + u64::from(pair),
            events,
            (writes && counter).then_some(number & 31),
        );
        if trap {
            model.enter(interrupt, code, value, pc);
        } else if mret {
            model.leave();
        } else if writes {
            model.write(number, written);
        }
        assert_eq!(sim.get("mstatus_next") as u32, model.mstatus, "mstatus after {kind}");
        assert_eq!(sim.get("mcause_before") as u32 >> 31, sim.get("mcause_before") as u32 >> 31);
        sim.step();
        self.check_state();
    }
}

#[test]
fn random_instructions_and_traps_leave_what_the_model_says() {
    for (seed, config) in (0..).zip(configurations()) {
        let mut sim = start(&csr_file(&config, true));
        sim.reset();
        let model = Model::new(&config);
        let mut bench = Bench { sim, model, random: Random(seed) };
        // Registers that matter come more often than the many that read 0.
        let mut listed = numbers(&config);
        let often = [0x300, 0x304, 0x305, 0x306, 0x320, 0x323, 0x341, 0x342, 0xb02, 0xb82, 0xb03];
        let often = often.into_iter().filter(|number| listed.contains(number)).collect::<Vec<_>>();
        for _ in 0..10 {
            listed.extend(&often);
        }
        for _ in 0..6000 {
            bench.cycle(&listed);
        }
    }
}
