//! Instructions that retired, from the chip's retire port (`docs/soc.md`).

use serde::Serialize;
use systole_gen::viewer::names;
use systole_isa::{Register, disassemble};

use super::error::{Problem, WaveError};
use super::probe::Probe;
use super::wave::Wave;

/// An instruction that retired or trapped.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Retire {
    /// Cycle in which the retire port showed it.
    pub cycle: u64,
    /// Channel of the retire port: 0, or 1 for the second instruction of a cycle.
    pub channel: u32,
    /// Instructions that retired before it since reset.
    pub order: u64,
    /// Address.
    pub pc: u32,
    /// Address of the next instruction.
    pub next_pc: u32,
    /// Instruction word, a compressed one zero-extended; 0 if it could not be fetched.
    pub insn: u32,
    /// Assembly text.
    pub mnemonic: String,
    /// Privilege: 3 for M, 0 for U.
    pub mode: u32,
    /// Register that it wrote.
    pub rd: Option<RegisterWrite>,
    /// Data access.
    pub memory: Option<Access>,
    /// Trap that it took.
    pub trap: Option<Cause>,
    /// It is the first one of the handler of this interrupt.
    pub interrupt: Option<Cause>,
    /// The port showed bits that are neither 0 nor 1; they are taken for 0.
    pub unknown: bool,
}

/// A register written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct RegisterWrite {
    /// Number, 1 to 31.
    pub register: u32,
    /// Its new value.
    pub value: u32,
}

/// A data access: a word with byte lanes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Access {
    /// Address of the word.
    pub address: u32,
    /// Byte lanes read.
    pub read_mask: u32,
    /// Byte lanes written.
    pub write_mask: u32,
    /// The word read, in its lanes.
    pub read: u32,
    /// The word written, in its lanes.
    pub written: u32,
}

/// A trap or interrupt.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Cause {
    /// `mcause`.
    pub cause: u32,
    /// What it is called.
    pub name: String,
    /// `mtval`; 0 for interrupts.
    pub value: u32,
}

impl Cause {
    fn new(cause: u32, value: u32) -> Self {
        Self { cause, name: names::trap(cause), value }
    }
}

impl Retire {
    /// What it changed, in short: `a0=00000010`, `[80001000]=00000001`, a trap, or nothing.
    pub fn effect(&self) -> String {
        if let Some(trap) = &self.trap {
            return format!("{} {:08x}", trap.name, trap.value);
        }
        let written = self.memory.filter(|access| access.write_mask != 0);
        if let Some(access) = written {
            return format!("[{:08x}]={:08x}", access.address, access.written);
        }
        let register =
            |rd: RegisterWrite| format!("{}={:08x}", Register::new(rd.register as u8), rd.value);
        self.rd.map(register).unwrap_or_default()
    }
}

/// A field of the retire port and its bits a channel.
type Field = (&'static str, u32);

const VALID: Field = ("rvfi_valid", 1);
const ORDER: Field = ("rvfi_order", 64);
const INSN: Field = ("rvfi_insn", 32);
const TRAP: Field = ("rvfi_trap", 1);
const INTR: Field = ("rvfi_intr", 1);
const MODE: Field = ("rvfi_mode", 2);
const RD_ADDR: Field = ("rvfi_rd_addr", 5);
const RD_WDATA: Field = ("rvfi_rd_wdata", 32);
const PC_RDATA: Field = ("rvfi_pc_rdata", 32);
const PC_WDATA: Field = ("rvfi_pc_wdata", 32);
const MEM_ADDR: Field = ("rvfi_mem_addr", 32);
const MEM_RMASK: Field = ("rvfi_mem_rmask", 4);
const MEM_WMASK: Field = ("rvfi_mem_wmask", 4);
const MEM_RDATA: Field = ("rvfi_mem_rdata", 32);
const MEM_WDATA: Field = ("rvfi_mem_wdata", 32);
const CAUSE: Field = ("rvfi_cause", 32);
const TVAL: Field = ("rvfi_tval", 32);

const FIELDS: [Field; 17] = [
    VALID, ORDER, INSN, TRAP, INTR, MODE, RD_ADDR, RD_WDATA, PC_RDATA, PC_WDATA, MEM_ADDR,
    MEM_RMASK, MEM_WMASK, MEM_RDATA, MEM_WDATA, CAUSE, TVAL,
];

/// Signals that the retire port must have.
pub(super) fn signals() -> Vec<String> {
    FIELDS.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// The retire port of a wave. Its channels lie side by side in each vector, channel 0 in the low
/// bits.
struct Port<'w> {
    fields: Vec<(Field, Probe<'w>)>,
    channels: u32,
}

impl<'w> Port<'w> {
    fn of(wave: &'w Wave) -> Result<Self, WaveError> {
        wave.require(&signals())?;
        let probe = |field: Field| wave.probe(field.0).map(|probe| (field, probe));
        let fields: Vec<_> = FIELDS.into_iter().filter_map(probe).collect();
        let channels = fields[0].1.width();
        for ((name, bits), probe) in &fields {
            let needed = bits * channels;
            if probe.width() < needed {
                let signal = format!("{}.{name}", wave.root());
                let width = probe.width();
                return Err(wave.error(Problem::Narrow { signal, width, needed }));
            }
        }
        Ok(Self { fields, channels })
    }

    fn retire(&self, cycle: u64, at: usize, channel: u32) -> Option<Retire> {
        let mut unknown = false;
        let mut read = |field: Field| {
            let found = self.fields.iter().find(|(each, _)| *each == field);
            let value = found.and_then(|(_, probe)| probe.field(at, field.1 * channel, field.1));
            unknown |= value.is_none();
            value.unwrap_or(0)
        };
        if read(VALID) != 1 {
            return None;
        }
        let order = read(ORDER);
        let mut word = |field: Field| read(field) as u32;
        let [insn, cause, tval] = [INSN, CAUSE, TVAL].map(&mut word);
        let [pc, next_pc, mode] = [PC_RDATA, PC_WDATA, MODE].map(&mut word);
        let [traps, enters] = [TRAP, INTR].map(|field| word(field) == 1);
        let rd = RegisterWrite { register: word(RD_ADDR), value: word(RD_WDATA) };
        let memory = Access {
            address: word(MEM_ADDR),
            read_mask: word(MEM_RMASK),
            write_mask: word(MEM_WMASK),
            read: word(MEM_RDATA),
            written: word(MEM_WDATA),
        };
        let fetched = !(traps && names::is_fetch_fault(cause));
        let mnemonic = if fetched { disassemble(insn) } else { "(not fetched)".to_owned() };
        Some(Retire {
            cycle,
            channel,
            order,
            pc,
            next_pc,
            insn,
            mnemonic,
            mode,
            rd: (rd.register != 0).then_some(rd),
            memory: (memory.read_mask | memory.write_mask != 0).then_some(memory),
            trap: traps.then(|| Cause::new(cause, tval)),
            // With both, cause and value are the trap's.
            interrupt: (enters && !traps).then(|| Cause::new(cause, 0)),
            unknown,
        })
    }
}

/// All that retired, in program order.
pub(super) fn retires(wave: &Wave) -> Result<Vec<Retire>, WaveError> {
    let port = Port::of(wave)?;
    let mut retires = Vec::new();
    for at in 0..wave.cycles().len() {
        let cycle = wave.cycles().number(at);
        retires.extend((0..port.channels).filter_map(|channel| port.retire(cycle, at, channel)));
    }
    Ok(retires)
}
