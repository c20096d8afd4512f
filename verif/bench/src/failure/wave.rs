//! A waveform of the retire port with the golden model's values beside the RTL's.

use std::io;

use vcd::{IdCode, TimescaleUnit, Value, Writer};

use crate::lockstep::{Divergence, Pair};

/// Nanoseconds of a clock cycle, as in the RTL's own dump.
const CYCLE_NS: u64 = 10;

/// Signals of one side.
struct Side {
    pc: IdCode,
    rd_addr: IdCode,
    rd_wdata: IdCode,
    mem_addr: IdCode,
    mem_wdata: IdCode,
    next_pc: IdCode,
    trap: IdCode,
}

impl Side {
    fn declare(writer: &mut Writer<&mut dyn io::Write>, name: &str) -> io::Result<Self> {
        writer.add_module(name)?;
        // Names differ even without their scope, which viewers leave out.
        let mut wire = |width, field: &str| writer.add_wire(width, &format!("{name}_{field}"));
        let side = Self {
            pc: wire(32, "pc_rdata")?,
            rd_addr: wire(5, "rd_addr")?,
            rd_wdata: wire(32, "rd_wdata")?,
            mem_addr: wire(32, "mem_addr")?,
            mem_wdata: wire(32, "mem_wdata")?,
            next_pc: wire(32, "pc_wdata")?,
            trap: wire(1, "trap")?,
        };
        writer.upscope()?;
        Ok(side)
    }

    fn change(
        &self,
        writer: &mut Writer<&mut dyn io::Write>,
        retire: &systole_golden::Retire,
    ) -> io::Result<()> {
        vector(writer, self.pc, 32, retire.pc)?;
        vector(writer, self.rd_addr, 5, retire.rd_addr.into())?;
        vector(writer, self.rd_wdata, 32, retire.rd_wdata)?;
        vector(writer, self.mem_addr, 32, retire.mem_addr)?;
        vector(writer, self.mem_wdata, 32, retire.mem_wdata)?;
        vector(writer, self.next_pc, 32, retire.next_pc)?;
        writer.change_scalar(self.trap, retire.trap)
    }
}

/// Writes the retirements of `divergence` as a VCD file.
///
/// # Errors
/// Those of `out`.
pub fn write(out: &mut dyn io::Write, divergence: &Divergence) -> io::Result<()> {
    let mut writer = Writer::new(out);
    writer.timescale(1, TimescaleUnit::NS)?;
    writer.add_module("lockstep")?;
    let retire = writer.add_wire(1, "retire")?;
    let insn = writer.add_wire(32, "insn")?;
    let mismatch = writer.add_wire(1, "mismatch")?;
    let rtl = Side::declare(&mut writer, "rtl")?;
    let golden = Side::declare(&mut writer, "golden")?;
    writer.upscope()?;
    writer.enddefinitions()?;
    let mut last = None;
    for pair in &divergence.history {
        if let Some(cycle) = last.filter(|&cycle| cycle + 1 < pair.cycle) {
            writer.timestamp((cycle + 1) * CYCLE_NS)?;
            writer.change_scalar(retire, Value::V0)?;
        }
        writer.timestamp(pair.cycle * CYCLE_NS)?;
        sample(&mut writer, pair, retire, insn, mismatch)?;
        rtl.change(&mut writer, &pair.rtl)?;
        golden.change(&mut writer, &pair.golden)?;
        last = Some(pair.cycle);
    }
    writer.timestamp((divergence.cycle + 4) * CYCLE_NS)?;
    Ok(())
}

fn sample(
    writer: &mut Writer<&mut dyn io::Write>,
    pair: &Pair,
    retire: IdCode,
    insn: IdCode,
    mismatch: IdCode,
) -> io::Result<()> {
    writer.change_scalar(retire, Value::V1)?;
    vector(writer, insn, 32, pair.golden.insn)?;
    writer.change_scalar(mismatch, pair.rtl != pair.golden)
}

fn vector(
    writer: &mut Writer<&mut dyn io::Write>,
    id: IdCode,
    width: u32,
    value: u32,
) -> io::Result<()> {
    let bits = (0..width).rev().map(|bit| Value::from(value >> bit & 1 == 1));
    writer.change_vector(id, bits)
}
