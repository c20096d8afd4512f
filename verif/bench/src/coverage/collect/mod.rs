//! Counting: what retires and what the NPU does, to the points of the model.

mod access;
mod control;
mod csrs;
mod data;
mod decode;
mod npu;
mod protection;
#[cfg(test)]
mod tests;
mod traps;

use systole_golden::npu::{JobEnd, JobRecord};
use systole_golden::{NpuConfig, Retire};

use super::bins::Class;
use super::model::Points;
use crate::generate::Target;
use decode::{Decoded, Decoder, UNKNOWN};

/// `mcause` of an illegal instruction.
const ILLEGAL: u32 = 2;
/// Privilege as the retire port has it.
const USER: u8 = 0;

/// One retirement with what the observers of its kind share.
#[derive(Clone, Copy)]
struct Step<'a> {
    retire: &'a Retire,
    decoded: Decoded,
    /// Of the instruction, [`Class::Trap`] if it trapped.
    class: Class,
    /// Values of the sources before it.
    operands: [u32; 2],
    /// The retirement before, at a program's start one that did nothing.
    previous: &'a Previous,
    /// Number of the retirement in its program, from 8 on: ages need no care at the start.
    order: u32,
}

/// What is remembered of the last retirement.
#[derive(Clone, Copy)]
struct Previous {
    decoded: Decoded,
    class: Class,
    next_pc: u32,
    mstatus: u32,
    /// It jumped.
    jumped: bool,
}

/// Hits of all points.
struct Counts(Vec<u64>);

impl Counts {
    #[inline(always)]
    fn hit(&mut self, point: usize) {
        self.0[point] += 1;
    }
}

/// Counts for one simulated chip.
pub struct Collector {
    counts: Counts,
    points: Points,
    decoder: Decoder,
    registers: [u32; 32],
    previous: Previous,
    order: u32,
    data: data::Data,
    access: access::Accesses,
    traps: traps::Traps,
    csrs: csrs::Csrs,
    protection: protection::Protection,
    npu: npu::Jobs,
}

impl Collector {
    pub(super) fn new(target: &Target, points: Points, size: usize) -> Self {
        Self {
            counts: Counts(vec![0; size]),
            points,
            registers: [0; 32],
            previous: Previous::NOTHING,
            decoder: Decoder::new(),
            order: 0,
            data: data::Data::default(),
            access: access::Accesses::default(),
            traps: traps::Traps::default(),
            csrs: csrs::Csrs::new(&target.isa),
            protection: protection::Protection::new(&target.isa, target.ram_bytes),
            npu: npu::Jobs::default(),
        }
    }

    /// The hits so far, by point; they begin anew.
    pub(super) fn take(&mut self) -> Vec<u64> {
        let size = self.counts.0.len();
        std::mem::replace(&mut self.counts.0, vec![0; size])
    }

    /// A program starts at reset.
    pub fn start(&mut self) {
        self.registers = [0; 32];
        self.previous = Previous::NOTHING;
        self.order = 8;
        self.data = data::Data::default();
        self.access = access::Accesses::default();
        self.traps = traps::Traps::default();
        self.csrs.start();
        self.protection.start();
        self.npu = npu::Jobs::default();
    }

    /// Counts one retirement; `busy` tells whether a job ran before it.
    #[inline]
    pub fn retire(&mut self, retire: &Retire, busy: bool) {
        let decoded = self.decoder.decode(retire.insn);
        let source = |register: Option<u8>| self.registers[usize::from(register.unwrap_or(0) & 31)];
        let step = Step {
            retire,
            decoded,
            class: if retire.trap { Class::Trap } else { decoded.class },
            operands: [source(decoded.rs1), source(decoded.rs2)],
            previous: &self.previous,
            order: self.order,
        };
        let counts = &mut self.counts;
        let Points { core, machine, npu } = &self.points;
        self.data.retire(&step, core, counts);
        control::retire(&step, core, counts);
        self.access.retire(&step, core, counts);
        self.traps.retire(&step, machine, counts);
        self.csrs.retire(&step, machine, counts);
        self.protection.retire(&step, machine, counts);
        self.npu.retire(&step, busy, npu, counts);
        self.previous = Previous {
            decoded,
            class: step.class,
            next_pc: retire.next_pc,
            mstatus: retire.mstatus,
            jumped: step.jumped(),
        };
        self.registers[usize::from(retire.rd_addr & 31)] = retire.rd_wdata;
        self.registers[0] = 0;
        self.order += 1;
    }

    /// Counts a job that has ended. `faulty` is the first word of the descriptor that it ended at,
    /// if that can be read, and `injected` whether the bench gave it a bus error.
    pub fn job(
        &mut self,
        config: &NpuConfig,
        record: &JobRecord,
        end: &JobEnd,
        faulty: Option<u32>,
        injected: bool,
    ) {
        let job = npu::Job { config, record, end, faulty, injected };
        self.npu.ended(&job, &self.points.npu, &mut self.counts);
    }
}

impl Previous {
    /// What is before the first.
    const NOTHING: Self =
        Self { decoded: UNKNOWN, class: Class::Alu, next_pc: 0, mstatus: 0, jumped: false };
}

impl Step<'_> {
    /// Whether it is in U mode.
    #[inline(always)]
    fn user(&self) -> usize {
        usize::from(self.retire.mode == USER)
    }

    /// Bytes of the instruction.
    #[inline(always)]
    fn length(&self) -> u32 {
        if self.retire.insn & 3 == 3 { 4 } else { 2 }
    }

    /// Whether the next instruction is not the next one in memory.
    #[inline(always)]
    fn jumped(&self) -> bool {
        self.retire.next_pc != self.retire.pc.wrapping_add(self.length())
    }
}
