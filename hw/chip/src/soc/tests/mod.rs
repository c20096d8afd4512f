//! The SoC as a whole: its ports, and a program that uses every target of the data bus.

mod buses;
mod reservation;

use std::collections::{BTreeMap, VecDeque};

use systole_hdl::fault::{FAULT_SELECT, Fault, Target, inject};
use systole_hdl::ir::Direction;
use systole_hdl::prelude::*;

use super::{map, soc};
use crate::ChipConfig;

fn config(preset: &str) -> ChipConfig {
    ChipConfig::preset(preset).unwrap()
}

fn design(config: &ChipConfig, rvfi: bool) -> Design {
    check(&soc(config, rvfi)).unwrap_or_else(|errors| panic!("{errors}"))
}

/// `name -> (is output, width)` of all ports.
fn ports(design: &Design) -> BTreeMap<String, (bool, u32)> {
    let port = |port: &systole_hdl::ir::Signal| {
        (port.name.clone(), (port.port == Some(Direction::Output), port.ty.width()))
    };
    design.top.ports().map(port).collect()
}

#[test]
fn every_preset_is_free_of_mistakes() {
    for preset in ChipConfig::presets() {
        for rvfi in [false, true] {
            design(&config(preset), rvfi);
        }
    }
}

#[test]
fn the_bus_ports_are_those_of_the_manual() {
    for preset in ChipConfig::presets() {
        let config = config(preset);
        let bits = config.npu.bus_bits;
        let mut expected: BTreeMap<String, (bool, u32)> = BTreeMap::new();
        let mut add = |prefix: &str, output: bool, names: &[(&str, u32)]| {
            for (name, width) in names {
                expected.insert(format!("{prefix}_{name}"), (output, *width));
            }
        };
        let response =
            |bits| [("req_ready", 1), ("rsp_valid", 1), ("rsp_rdata", bits), ("rsp_error", 1)];
        let write = [("req_write", 1), ("req_wdata", 32), ("req_wstrb", 4)];
        add("ibus", true, &[("req_valid", 1), ("req_address", 32)]);
        add("ibus", false, &response(config.core.fetch_bits()));
        add("dbus", true, &[("req_valid", 1), ("req_address", 32)]);
        add("dbus", true, &write);
        add("dbus", false, &response(32));
        let address = [("arvalid", 1), ("araddr", 32), ("arlen", 8), ("rready", 1)];
        add("m_axi", true, &address);
        add("m_axi", true, &[("awvalid", 1), ("awaddr", 32), ("awlen", 8), ("bready", 1)]);
        add("m_axi", true, &[("wvalid", 1), ("wdata", bits), ("wstrb", bits / 8), ("wlast", 1)]);
        for channel in ["ar", "aw"] {
            add("m_axi", true, &[(&format!("{channel}size"), 3), (&format!("{channel}burst"), 2)]);
        }
        add("m_axi", false, &[("arready", 1), ("awready", 1), ("wready", 1)]);
        add("m_axi", false, &[("rvalid", 1), ("rdata", bits), ("rresp", 2), ("rlast", 1)]);
        add("m_axi", false, &[("bvalid", 1), ("bresp", 2)]);
        assert_eq!(ports(&design(&config, false)), expected, "{preset}");
    }
}

#[test]
fn without_an_npu_there_are_no_ports_of_it() {
    let nano = config("nano");
    let hart = nano.clone().with_settings(&["npu.dim=0"]).unwrap();
    for rvfi in [false, true] {
        let mut expected = ports(&design(&nano, rvfi));
        expected.retain(|name, _| !name.starts_with("m_axi_") && !name.starts_with("npu_"));
        assert_eq!(ports(&design(&hart, rvfi)), expected);
    }
}

#[test]
fn the_retire_port_is_that_of_the_manual() {
    let mut found = ports(&design(&config("nano"), true));
    for (name, _) in ports(&design(&config("nano"), false)) {
        found.remove(&name);
    }
    let widths = [
        ("valid order insn trap halt intr mode ixl", vec![1, 64, 32, 1, 1, 1, 2, 2]),
        ("rs1_addr rs2_addr rs1_rdata rs2_rdata", vec![5, 5, 32, 32]),
        ("rd_addr rd_wdata pc_rdata pc_wdata", vec![5, 32, 32, 32]),
        ("mem_addr mem_rmask mem_wmask mem_rdata mem_wdata", vec![32, 4, 4, 32, 32]),
        ("cause tval mip csr_valid csr_addr csr_wdata mstatus", vec![32, 32, 32, 1, 12, 32, 32]),
    ];
    let mut expected: BTreeMap<String, (bool, u32)> = BTreeMap::new();
    for (names, widths) in widths {
        for (name, width) in names.split(' ').zip(widths) {
            expected.insert(format!("rvfi_{name}"), (true, width));
        }
    }
    let job = [("start", 1), ("end", 1), ("cause", 8), ("fault_index", 16), ("fault_address", 32)];
    for (name, width) in job {
        expected.insert(format!("npu_job_{name}"), (true, width));
    }
    for name in ["started", "completed"] {
        expected.insert(format!("npu_unit_{name}"), (true, 3));
    }
    assert_eq!(found, expected);
}

/// RAM behind `ibus` and `dbus`: takes every request and answers it in the next cycle.
struct Memory {
    words: Vec<u32>,
    /// Words that `ibus` returns at a time.
    fetch_words: usize,
    fetches: VecDeque<u64>,
    accesses: VecDeque<u64>,
}

impl Memory {
    fn new(program: &[u32], fetch_bits: u32) -> Self {
        let mut words = program.to_vec();
        words.resize(1024, 0);
        Self {
            words,
            fetch_words: fetch_bits as usize / 32,
            fetches: VecDeque::new(),
            accesses: VecDeque::new(),
        }
    }

    fn index(&self, address: u64) -> Option<usize> {
        let index = address.checked_sub(u64::from(map::RAM_BASE))? as usize / 4;
        (index < self.words.len()).then_some(index)
    }

    fn cycle(&mut self, sim: &mut Interpreter) {
        let buses =
            [("ibus", &mut self.fetches, self.fetch_words), ("dbus", &mut self.accesses, 1)];
        for (bus, queue, count) in buses {
            sim.set(&format!("{bus}_req_ready"), 1);
            let address = queue.pop_front();
            sim.set(&format!("{bus}_rsp_valid"), u64::from(address.is_some()));
            let base = u64::from(map::RAM_BASE);
            let index =
                address.and_then(|a| a.checked_sub(base)).map_or(usize::MAX, |a| a as usize / 4);
            let words = self.words.get(index..index.saturating_add(count)).unwrap_or_default();
            let data = words.iter().rev().fold(0, |data, word| data << 32 | u64::from(*word));
            sim.set(&format!("{bus}_rsp_rdata"), data);
            sim.set(&format!("{bus}_rsp_error"), u64::from(words.is_empty()));
        }
        if sim.get("ibus_req_valid") == 1 {
            self.fetches.push_back(sim.get("ibus_req_address"));
        }
        if sim.get("dbus_req_valid") == 1 {
            let address = sim.get("dbus_req_address");
            if let (1, Some(index)) = (sim.get("dbus_req_write"), self.index(address)) {
                assert_eq!(sim.get("dbus_req_wstrb"), 0xf, "this program stores words");
                self.words[index] = sim.get("dbus_req_wdata") as u32;
            }
            self.accesses.push_back(address);
        }
        sim.step();
    }
}

fn lui(rd: u32, upper: u32) -> u32 {
    upper & 0xffff_f000 | rd << 7 | 0x37
}

fn addi(rd: u32, rs: u32, immediate: i32) -> u32 {
    (immediate as u32) << 20 | rs << 15 | rd << 7 | 0x13
}

fn lw(rd: u32, base: u32, offset: i32) -> u32 {
    (offset as u32) << 20 | base << 15 | 2 << 12 | rd << 7 | 0x03
}

fn lb(rd: u32, base: u32, offset: i32) -> u32 {
    (offset as u32) << 20 | base << 15 | rd << 7 | 0x03
}

fn sb(rs: u32, base: u32, offset: u32) -> u32 {
    sw(rs, base, offset) & !(7 << 12)
}

fn sw(rs: u32, base: u32, offset: u32) -> u32 {
    (offset >> 5) << 25 | rs << 20 | base << 15 | 2 << 12 | (offset & 31) << 7 | 0x23
}

fn csrw(number: u32, rs: u32) -> u32 {
    number << 20 | rs << 15 | 1 << 12 | 0x73
}

fn csrr(rd: u32, number: u32) -> u32 {
    number << 20 | 2 << 12 | rd << 7 | 0x73
}

const LOOP_HERE: u32 = 0x0000_006f;
const MTVEC: u32 = 0x305;
const MEPC: u32 = 0x341;
const MCAUSE: u32 = 0x342;
const MRET: u32 = 0x3020_0073;

/// Registers of the program below.
const RAM: u32 = 1;
const RESULTS: u32 = 2;
const CLINT: u32 = 3;
const NPU: u32 = 4;
const CAUSES: u32 = 11;

/// Uses every target of the data bus; notes what it reads and the causes of its traps.
fn program() -> Vec<u32> {
    vec![
        lui(RAM, 0x8000_0000),
        addi(RESULTS, RAM, 0x400),
        addi(CAUSES, RESULTS, 12),
        lui(CLINT, 0x0200_0000),
        lui(NPU, 0x4000_0000),
        addi(5, RAM, 26 * 4),
        csrw(MTVEC, 5),
        lw(6, NPU, 0), // ID
        sw(6, RESULTS, 0),
        lw(6, NPU, 4), // CONFIG
        sw(6, RESULTS, 4),
        addi(7, 0, 1),
        sw(7, CLINT, 0), // msip
        lw(8, CLINT, 0),
        sw(8, RESULTS, 8),
        lui(9, 0x7000_0000),
        lw(9, 9, 0),     // Nothing there.
        lb(9, CLINT, 0), // Less than a word.
        sb(7, CLINT, 0),
        lb(9, NPU, 0),
        lui(13, 0x4000_1000), // WINDOW_LIMIT, behind the first page.
        sw(RAM, 13, 4),
        lw(13, 13, 4),
        sw(13, RESULTS, 28),
        sw(7, RESULTS, 0x40),
        LOOP_HERE,
        csrr(10, MCAUSE), // The handler notes the cause and skips the instruction.
        sw(10, CAUSES, 0),
        addi(CAUSES, CAUSES, 4),
        csrr(12, MEPC),
        addi(12, 12, 4),
        csrw(MEPC, 12),
        MRET,
    ]
}

/// What the program notes: ID, CONFIG, msip, causes, WINDOW_LIMIT.
fn run(sim: &mut Interpreter, fetch_bits: u32) -> Vec<u32> {
    sim.reset();
    let mut memory = Memory::new(&program(), fetch_bits);
    for _ in 0..1000 {
        memory.cycle(sim);
        if memory.words[0x110] != 0 {
            return memory.words[0x100..0x108].to_vec();
        }
    }
    panic!("the program does not end");
}

#[test]
fn a_program_reaches_the_ram_the_clint_the_npu_and_nothing_else() {
    for preset in ["nano", "edge"] {
        let mut sim = Interpreter::new(&design(&config(preset), true));
        let npu = config(preset).npu;
        let log = u32::ilog2;
        let expected_config = log(npu.dim)
            | log(npu.bus_bits / 8) << 8
            | log(npu.scratchpad_rows) << 16
            | log(npu.accumulator_rows) << 24;
        let expected = [0x5359_4e50, expected_config, 1, 5, 5, 7, 5, 0x8000_0000];
        let fetch_bits = config(preset).core.fetch_bits();
        assert_eq!(run(&mut sim, fetch_bits), expected, "{preset}");
        assert!(sim.failed().is_empty(), "{:?}", sim.failed());
    }
}

#[test]
fn faults_deep_in_the_chip_can_be_selected() {
    let fault = |module, signal, target, bad| Fault {
        name: "test",
        description: "for this test",
        module,
        signal,
        target,
        bad,
    };
    let faults = [
        fault("clint", "msip", Target::Drive, |_| lit(0, Bit)),
        fault("data_interconnect", "hart_req_partial", Target::Read, |_| lit(0, Bit)),
    ];
    let good = design(&config("nano"), false);
    let design = inject(&good, &faults).unwrap_or_else(|errors| panic!("{errors}"));
    let with_fault = |select| {
        let mut sim = Interpreter::new(&design);
        sim.set(FAULT_SELECT, select);
        run(&mut sim, 32)
    };
    let right = run(&mut Interpreter::new(&good), 32);
    assert_eq!(with_fault(0), right);
    assert_eq!((right[2], with_fault(1)[2]), (1, 0), "msip");
    assert_eq!(right[3..7], [5, 5, 7, 5]);
    assert_ne!(with_fault(2)[3..7], [5, 5, 7, 5], "reads of bytes are not refused");
}
