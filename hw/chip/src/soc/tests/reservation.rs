//! A job's write that reaches memory between LR and SC makes SC fail, however long it is under way.

use systole_hdl::prelude::*;

use super::{LOOP_HERE, Memory, RAM, addi, config, design, lui, lw, map, sw};

/// Words of the RAM: what the job overwrites, what the program and this test say to each other, and
/// the job's list.
const SHARED: u32 = 0x200;
const ADDRESS_TAKEN: u32 = 0x204;
const RESERVED: u32 = 0x208;
const WRITTEN: u32 = 0x20c;
const DONE: u32 = 0x210;
const LIST: u32 = 0x400;

/// Registers of the program.
const NPU: u32 = 2;
const SHARED_ADDRESS: u32 = 3;
const OLD: u32 = 4;
const FAILED: u32 = 5;

/// LR.W, or SC.W where `rs2` and `funct5` say so.
fn atomic(funct5: u32, rd: u32, base: u32, rs2: u32) -> u32 {
    funct5 << 27 | rs2 << 20 | base << 15 | 2 << 12 | rd << 7 | 0x2f
}

fn beqz(rs: u32, offset: i32) -> u32 {
    let bits = |high: u32, low: u32| offset as u32 >> low & ((1 << (high - low + 1)) - 1);
    bits(12, 12) << 31 | bits(10, 5) << 25 | rs << 15 | bits(4, 1) << 8 | bits(11, 11) << 7 | 0x63
}

/// Reserves the word once the job's burst has its address taken, and stores once it is written.
fn program() -> Vec<u32> {
    let wait_for = |word: u32| [lw(6, RAM, word as i32), beqz(6, -4)];
    let mut program = vec![
        lui(RAM, 0x8000_0000),
        lui(NPU, 0x4000_0000),
        addi(SHARED_ADDRESS, RAM, SHARED as i32),
        addi(7, RAM, LIST as i32),
        sw(7, NPU, 0x10),
    ];
    program.extend(wait_for(ADDRESS_TAKEN));
    program.extend([atomic(2, OLD, SHARED_ADDRESS, 0), sw(RAM, RAM, RESERVED)]);
    program.extend(wait_for(WRITTEN));
    program.extend([
        atomic(3, FAILED, SHARED_ADDRESS, RAM),
        addi(FAILED, FAILED, 1),
        sw(FAILED, RAM, DONE),
        LOOP_HERE,
    ]);
    program
}

/// The NPU's bus: reads at once, and one write whose data waits until the hart has its reservation.
struct Bus {
    /// In a word of it.
    bytes: u64,
    /// Address of the next beat, and how many follow it.
    read: Option<(u64, u64)>,
    address_taken: bool,
    data_taken: bool,
}

impl Bus {
    fn cycle(&mut self, sim: &mut Interpreter, memory: &mut Memory) {
        let bytes = self.bytes;
        let beat = self.read.map(|(address, left)| {
            let words =
                (0..bytes / 4).map(|i| memory.words[memory.index(address + 4 * i).unwrap()]);
            (words.rev().fold(0, |data, word| data << 32 | u64::from(word)), left)
        });
        sim.set("m_axi_arready", u64::from(self.read.is_none()));
        sim.set("m_axi_rvalid", u64::from(beat.is_some()));
        sim.set("m_axi_rdata", beat.map_or(0, |beat| beat.0));
        sim.set("m_axi_rlast", u64::from(beat.is_some_and(|beat| beat.1 == 0)));
        sim.set("m_axi_awready", u64::from(!self.address_taken));
        let may_write = self.address_taken && memory.words[RESERVED as usize / 4] != 0;
        sim.set("m_axi_wready", u64::from(may_write && !self.data_taken));
        sim.set("m_axi_bvalid", u64::from(self.data_taken));
        if let (Some((address, left)), 1) = (self.read, sim.get("m_axi_rready")) {
            self.read = left.checked_sub(1).map(|left| (address + bytes, left));
        } else if self.read.is_none() && sim.get("m_axi_arvalid") == 1 {
            self.read = Some((sim.get("m_axi_araddr"), sim.get("m_axi_arlen")));
        }
        if self.data_taken && sim.get("m_axi_bready") == 1 {
            memory.words[WRITTEN as usize / 4] = 1;
        }
        if sim.get("m_axi_awvalid") == 1 && !self.address_taken {
            self.address_taken = true;
            memory.words[ADDRESS_TAKEN as usize / 4] = 1;
        }
        if may_write && !self.data_taken && sim.get("m_axi_wvalid") == 1 {
            self.data_taken = true;
            memory.words[SHARED as usize / 4] = sim.get("m_axi_wdata") as u32;
        }
    }
}

#[test]
fn a_write_that_is_under_way_while_lr_reads_makes_sc_fail() {
    let config = config("edge");
    assert!(config.core.atomics);
    let mut sim = Interpreter::new(&design(&config, false));
    sim.reset();
    let mut memory = Memory::new(&program(), config.core.fetch_bits());
    memory.words[SHARED as usize / 4] = 5;
    // STORE, the last: a raw row of one accumulator, which is 0 after reset.
    let store = [0x3 | 1 << 4 | 1 << 16, map::RAM_BASE + SHARED, 0, 1 | 1 << 16, 0, 0, 0, 0];
    memory.words[LIST as usize / 4..][..8].copy_from_slice(&store);
    let bytes = u64::from(config.npu.bus_bits / 8);
    let mut bus = Bus { bytes, read: None, address_taken: false, data_taken: false };
    for _ in 0..1000 {
        bus.cycle(&mut sim, &mut memory);
        memory.cycle(&mut sim);
        if memory.words[DONE as usize / 4] != 0 {
            break;
        }
    }
    let word = |address: u32| memory.words[address as usize / 4];
    assert_eq!(word(DONE), 2, "SC gives 1, and the program adds 1");
    assert_eq!(word(SHARED), 0, "what the job wrote stays");
}
