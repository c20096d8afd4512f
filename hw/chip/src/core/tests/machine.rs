//! The core with memory behind its buses.

use std::collections::VecDeque;

use systole_hdl::prelude::*;

use crate::config::{CoreConfig, Multiplier};
use crate::core::core;

/// Start of RAM.
pub const RAM: u32 = 0x8000_0000;
/// `mtime` at reset.
pub const MTIME: u64 = 0x1_2345_0000;
/// Bytes of RAM.
pub const RAM_BYTES: u32 = 0x1_0000;

/// One record of the retire port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retired {
    pub order: u64,
    /// 3 for M, 0 for U.
    pub mode: u32,
    pub insn: u32,
    pub trap: bool,
    pub intr: bool,
    pub rs1: (u32, u32),
    pub rs2: (u32, u32),
    pub rd: (u32, u32),
    pub pc: u32,
    pub pc_next: u32,
    pub mem_addr: u32,
    pub rmask: u32,
    pub wmask: u32,
    pub rdata: u32,
    pub wdata: u32,
    pub cause: u32,
    pub tval: u32,
    pub mip: u32,
    pub csr: Option<(u32, u32)>,
    pub mstatus: u32,
    /// Clock cycle in which it was shown.
    pub cycle: u64,
}

/// How the memory answers.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// A request is taken in this many of 16 cycles.
    pub ready: u32,
    /// Longest extra latency of a response.
    pub latency: u32,
    /// Seed of both.
    pub seed: u64,
}

impl Timing {
    /// Always ready, response in the next cycle.
    pub const IDEAL: Self = Self { ready: 16, latency: 0, seed: 1 };

    /// Slow and irregular.
    pub fn random(seed: u64) -> Self {
        let mut random = Random(seed ^ 0x5bd1_e995);
        let ready = 2 + random.below(15);
        let latency = random.below(6);
        Self { ready, latency, seed }
    }
}

/// A small generator of pseudo-random numbers (xorshift).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) as u32
    }

    pub fn below(&mut self, limit: u32) -> u32 {
        self.next() % limit
    }

    pub fn pick<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len() as u32) as usize]
    }
}

/// A bus response: word and error.
type Response = (u32, bool);

/// One bus as the memory sees it.
#[derive(Default)]
struct Bus {
    /// Responses to come, each with the first cycle in which it may.
    pending: VecDeque<(u64, Response)>,
    /// Request that waited in the last cycle: it must stay.
    waiting: Option<(u32, u32, u32)>,
    /// Requests taken.
    taken: u64,
}

/// The core, RAM and the interrupt lines.
pub struct Machine {
    sim: Interpreter,
    config: CoreConfig,
    timing: Timing,
    random: Random,
    ibus: Bus,
    dbus: Bus,
    pub ram: Vec<u32>,
    /// Word addresses that answer data accesses with an error.
    pub broken: Vec<u32>,
    /// `{external, timer, software}` lines, set by hand.
    pub lines: u32,
    /// Another master writes in this cycle.
    pub kill: bool,
    /// A word address whose bit 0 is the software interrupt line.
    pub software_line_at: Option<u32>,
    pub retired: Vec<Retired>,
    pub cycle: u64,
}

impl Machine {
    /// The core in reset, with `program` at the start of RAM.
    pub fn new(config: &CoreConfig, program: &[u32], timing: Timing) -> Self {
        let design = check(&core(config, true)).expect("the core is free of mistakes");
        let mut ram = vec![0; RAM_BYTES as usize / 4];
        ram[..program.len()].copy_from_slice(program);
        let mut sim = Interpreter::new(&design);
        for port in ["ibus_req_ready", "ibus_rsp_valid", "dbus_req_ready", "dbus_rsp_valid"] {
            sim.set(port, 0);
        }
        sim.reset();
        Self {
            sim,
            timing,
            random: Random(timing.seed),
            ibus: Bus::default(),
            dbus: Bus::default(),
            ram,
            broken: Vec::new(),
            lines: 0,
            kill: false,
            config: config.clone(),
            software_line_at: None,
            retired: Vec::new(),
            cycle: 0,
        }
    }

    /// Index of a word of RAM.
    pub fn index(address: u32) -> usize {
        (address - RAM) as usize / 4
    }

    fn in_ram(address: u32) -> bool {
        (RAM..RAM + RAM_BYTES).contains(&address)
    }

    /// Presents a response, or none.
    fn respond(&mut self, data_bus: bool) {
        let bus = if data_bus { &mut self.dbus } else { &mut self.ibus };
        let name = if data_bus { "dbus" } else { "ibus" };
        let due = bus.pending.front().is_some_and(|&(cycle, _)| cycle <= self.cycle);
        let response = if due { bus.pending.pop_front() } else { None };
        // Without a response the other lines hold rubbish.
        let (word, error) = response.map_or((0xdead_beef, true), |(_, response)| response);
        self.sim.set(&format!("{name}_rsp_valid"), u64::from(response.is_some()));
        self.sim.set(&format!("{name}_rsp_rdata"), u64::from(word));
        self.sim.set(&format!("{name}_rsp_error"), u64::from(error));
    }

    /// Takes a request, if there is one and the dice say so.
    fn request(&mut self, data_bus: bool) {
        let name = if data_bus { "dbus" } else { "ibus" };
        let ready = self.random.below(16) < self.timing.ready;
        self.sim.set(&format!("{name}_req_ready"), u64::from(ready));
        let get = |port: &str| self.sim.get(&format!("{name}_req_{port}")) as u32;
        let valid = get("valid") == 1;
        let address = get("address");
        let (strobe, wdata) = if data_bus { (get("wstrb"), get("wdata")) } else { (0, 0) };
        let write = data_bus && get("write") == 1;
        let payload = (address, strobe, if write { wdata } else { 0 });
        let bus = if data_bus { &mut self.dbus } else { &mut self.ibus };
        if let Some(waiting) = bus.waiting.take() {
            assert!(valid, "{name}: a waiting request disappeared");
            assert_eq!(waiting, payload, "{name}: a waiting request changed");
        }
        if !valid {
            return;
        }
        assert_eq!(address % 4, 0, "{name}: {address:#x} is not aligned");
        if !ready {
            bus.waiting = Some(payload);
            return;
        }
        if data_bus {
            assert!(bus.pending.is_empty(), "two data accesses are under way");
            assert_eq!(write, strobe != 0, "wstrb is 0 for reads only");
        }
        bus.taken += 1;
        let error = !Self::in_ram(address) || data_bus && self.broken.contains(&address);
        let word = if error { 0xbad0_bad0 } else { self.ram[Self::index(address)] };
        let latency = self.random.below(self.timing.latency + 1);
        let after_last = bus.pending.back().map_or(0, |&(cycle, _)| cycle);
        let due = after_last.max(self.cycle + 1 + u64::from(latency));
        bus.pending.push_back((due, (word, error)));
        if write && !error {
            let mask = (0..4).filter(|lane| strobe >> lane & 1 == 1).map(|lane| 0xff << (8 * lane));
            let mask: u32 = mask.sum();
            let old = &mut self.ram[Self::index(address)];
            *old = *old & !mask | wdata & mask;
        }
    }

    /// One clock cycle.
    pub fn step(&mut self) {
        let lines = self.lines
            | self.software_line_at.map_or(0, |address| self.ram[Self::index(address)] & 1);
        self.sim.set("software_interrupt", u64::from(lines & 1));
        self.sim.set("timer_interrupt", u64::from(lines >> 1 & 1));
        self.sim.set("external_interrupt", u64::from(lines >> 2 & 1));
        if self.config.zicntr {
            self.sim.set("mtime", MTIME + self.cycle);
        }
        if self.config.atomics {
            self.sim.set("reservation_kill", u64::from(self.kill));
        }
        for data_bus in [false, true] {
            self.respond(data_bus);
        }
        for data_bus in [false, true] {
            self.request(data_bus);
        }
        self.sim.step();
        assert!(self.sim.failed().is_empty(), "{:?}", self.sim.failed());
        self.cycle += 1;
        if self.sim.get("rvfi_valid") == 1 {
            let record = self.record();
            assert_eq!(record.order, self.retired.len() as u64);
            self.retired.push(record);
        }
    }

    fn record(&self) -> Retired {
        let get = |port: &str| self.sim.get(&format!("rvfi_{port}")) as u32;
        assert_eq!((get("halt"), get("ixl")), (0, 1), "never halted, 32 bits");
        Retired {
            mode: get("mode"),
            order: self.sim.get("rvfi_order"),
            insn: get("insn"),
            trap: get("trap") == 1,
            intr: get("intr") == 1,
            rs1: (get("rs1_addr"), get("rs1_rdata")),
            rs2: (get("rs2_addr"), get("rs2_rdata")),
            rd: (get("rd_addr"), get("rd_wdata")),
            pc: get("pc_rdata"),
            pc_next: get("pc_wdata"),
            mem_addr: get("mem_addr"),
            rmask: get("mem_rmask"),
            wmask: get("mem_wmask"),
            rdata: get("mem_rdata"),
            wdata: get("mem_wdata"),
            cause: get("cause"),
            tval: get("tval"),
            mip: get("mip"),
            csr: (get("csr_valid") == 1).then(|| (get("csr_addr"), get("csr_wdata"))),
            mstatus: get("mstatus"),
            cycle: self.cycle,
        }
    }

    /// Runs until `count` instructions have retired or trapped.
    pub fn run(&mut self, count: usize) -> &[Retired] {
        let mut idle = 0;
        while self.retired.len() < count {
            let before = self.retired.len();
            self.step();
            idle = if self.retired.len() > before { 0 } else { idle + 1 };
            assert!(
                idle < 2000,
                "nothing retires any more; the last is {:x?}",
                self.retired.last()
            );
        }
        &self.retired
    }

    /// Data requests that the memory took.
    pub fn data_requests(&self) -> u64 {
        self.dbus.taken
    }

    /// Value of a register as the last writes on the retire port left it.
    pub fn register(&self, register: u32) -> u32 {
        let last = self.retired.iter().rev().find(|record| record.rd.0 == register);
        last.map_or(0, |record| record.rd.1)
    }
}

/// RV32IM with the compact pipeline.
pub fn base(fetch_depth: u32, multiplier: Multiplier) -> CoreConfig {
    CoreConfig { issue_width: 1, fetch_depth, multiplier, ..CoreConfig::default() }
}

/// Everything that there is.
pub fn full() -> CoreConfig {
    CoreConfig {
        atomics: true,
        compressed: true,
        zba: true,
        zbb: true,
        zbs: true,
        zicntr: true,
        hpm_counters: 4,
        user_mode: true,
        pmp_regions: 8,
        ..base(4, Multiplier::Fast)
    }
}

/// The configurations under test: every value of each key.
pub fn configurations() -> Vec<CoreConfig> {
    vec![
        base(2, Multiplier::Fast),
        base(4, Multiplier::Iterative),
        base(8, Multiplier::Fast),
        CoreConfig { branch_targets: 16, ..base(4, Multiplier::Fast) },
    ]
}

/// Runs a program until `count` records on every configuration, with ideal and with slow
/// memory, and looks at each result.
pub fn everywhere(program: &[u32], count: usize, inspect: impl Fn(&Machine)) {
    for config in configurations() {
        for seed in 0..6 {
            let timing = if seed == 0 { Timing::IDEAL } else { Timing::random(seed) };
            let mut machine = Machine::new(&config, program, timing);
            machine.run(count);
            inspect(&machine);
        }
    }
}
