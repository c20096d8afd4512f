//! A small stand-in for the chip, and an assembler of the few instructions that it has.
#![allow(dead_code)]

use std::path::Path;
use std::sync::Arc;

use systole_sim::{Dut, Event, Library, Model, Settings, Variant, build_model, silent};

/// Start of RAM, where the stand-in begins.
pub const RAM: u32 = 0x8000_0000;
/// Bytes of RAM.
pub const RAM_BYTES: u32 = 1 << 20;
/// Where programs of these tests store their result.
pub const TOHOST: u32 = RAM + 0x1000;

/// The environment's settings with a cache of the tests' own.
pub fn settings() -> Settings {
    let mut settings = Settings::from_env().unwrap();
    settings.cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    settings
}

/// The stand-in's Verilog.
pub fn verilog() -> Vec<(String, String)> {
    vec![("systole_soc.v".into(), include_str!("../fixture/systole_soc.v").into())]
}

/// The stand-in with a 64-bit instruction port and two retire channels.
pub fn wide_verilog() -> Vec<(String, String)> {
    let mut files = verilog();
    files[0].0 = "systole_narrow.v".into();
    files[0].1.insert_str(0, "`define WIDE\n");
    files.push(("systole_soc.v".into(), include_str!("../fixture/wide.v").into()));
    files
}

/// The stand-in, with the port `fault_select`.
pub fn faulty_verilog() -> Vec<(String, String)> {
    let mut files = verilog();
    files[0].1.insert_str(0, "`define FAULTS\n");
    files
}

/// A model of the stand-in as `verilog` describes it.
pub fn model<'a>(verilog: &'a [(String, String)], variant: Variant<'a>) -> Model<'a> {
    let faults = verilog[0].1.starts_with("`define FAULTS");
    let wide = verilog[0].1.starts_with("`define WIDE");
    Model {
        verilog,
        bus_bits: 64,
        ram_bytes: RAM_BYTES,
        fetch_bits: if wide { 64 } else { 32 },
        retire_channels: if wide { 2 } else { 1 },
        faults,
        variant,
    }
}

/// Builds the stand-in.
pub fn library(variant: Variant) -> Arc<Library> {
    build_model(&settings(), &model(&verilog(), variant), &silent).unwrap()
}

/// A DUT of the stand-in.
pub fn dut() -> Dut {
    Dut::new(&library(Variant::default())).unwrap()
}

/// A DUT of the wide stand-in.
pub fn wide_dut() -> Dut {
    let library =
        build_model(&settings(), &model(&wide_verilog(), Variant::default()), &silent).unwrap();
    Dut::new(&library).unwrap()
}

/// A DUT of the stand-in with fault number `fault`.
pub fn faulty_dut(fault: u16) -> Dut {
    let library =
        build_model(&settings(), &model(&faulty_verilog(), Variant::default()), &silent).unwrap();
    let mut dut = Dut::new(&library).unwrap();
    assert!(dut.set_fault(fault));
    dut
}

/// Writes a program to the start of RAM, and a jump to itself to the trap handler.
pub fn load(dut: &mut Dut, program: &[u32]) {
    for (base, words) in [(RAM, program), (RAM + 0x100, &[jump(0)])] {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        dut.write_memory(base, &bytes).unwrap();
    }
}

/// Runs for `cycles` and gives all events.
pub fn events(dut: &mut Dut, cycles: u64) -> Vec<Event> {
    dut.run(cycles);
    dut.events().collect()
}

pub fn lui(rd: u32, value: u32) -> u32 {
    (value & 0xffff_f000) | rd << 7 | 0x37
}

pub fn addi(rd: u32, rs1: u32, imm: i32) -> u32 {
    (imm as u32) << 20 | rs1 << 15 | rd << 7 | 0x13
}

pub fn load_word(rd: u32, rs1: u32, imm: i32) -> u32 {
    (imm as u32) << 20 | rs1 << 15 | 2 << 12 | rd << 7 | 0x03
}

pub fn store_word(rs2: u32, rs1: u32, imm: i32) -> u32 {
    let imm = imm as u32;
    (imm >> 5 & 0x7f) << 25 | rs2 << 20 | rs1 << 15 | 2 << 12 | (imm & 0x1f) << 7 | 0x23
}

pub fn branch_not_equal(rs1: u32, rs2: u32, offset: i32) -> u32 {
    let o = offset as u32;
    let high = (o >> 12 & 1) << 31 | (o >> 5 & 0x3f) << 25;
    high | rs2 << 20 | rs1 << 15 | 1 << 12 | (o >> 1 & 0xf) << 8 | (o >> 11 & 1) << 7 | 0x63
}

pub fn jump(offset: i32) -> u32 {
    let o = offset as u32;
    let high = (o >> 20 & 1) << 31 | (o >> 1 & 0x3ff) << 21;
    high | (o >> 11 & 1) << 20 | (o >> 12 & 0xff) << 12 | 0x6f
}

/// Counts to 200 in memory, then stores 1 to `TOHOST`: some thousand cycles of traffic.
pub fn counting_program() -> Vec<u32> {
    vec![
        lui(1, RAM + 0x2000),
        addi(2, 0, 200),
        load_word(3, 1, 0),
        addi(3, 3, 1),
        store_word(3, 1, 0),
        branch_not_equal(3, 2, -12),
        lui(4, TOHOST),
        addi(5, 0, 1),
        store_word(5, 4, 0),
        jump(0),
    ]
}

/// Copies `beats` beats of 8 bytes from RAM + 0x3000 to RAM + 0x4000 by the copier.
pub fn copying_program(beats: i32) -> Vec<u32> {
    vec![
        lui(1, 0x4000_0000),
        lui(2, RAM + 0x3000),
        store_word(2, 1, 0),
        lui(2, RAM + 0x4000),
        store_word(2, 1, 4),
        addi(2, 0, beats),
        store_word(2, 1, 0x10),
        jump(0),
    ]
}
