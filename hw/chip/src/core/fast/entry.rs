//! What an instruction carries from alignment to issue.

use systole_hdl::prelude::*;

use crate::config::CoreConfig;
use crate::core::decode::predecode;
use crate::core::encoding::opcode;

/// An instruction in the issue window.
#[derive(Clone, Copy)]
pub struct Entry {
    /// The instruction, expanded to 32 bits.
    pub instruction: Signal,
    /// Sources and destination; 0 for none.
    pub rs1: Signal,
    pub rs2: Signal,
    pub rd: Signal,
    /// It has 16 bits in memory.
    pub compressed: Signal,
    /// It could not be fetched.
    pub fault: Signal,
    /// Only its second half could not.
    pub fault_second: Signal,
    /// Jump or branch.
    pub control: Signal,
    /// Has to be alone in the pipeline.
    pub system: Signal,
    /// May issue together with the instruction before it.
    pub join: Signal,
    /// The predictor knew it.
    pub hit: Signal,
    /// It was predicted taken.
    pub taken: Signal,
    /// The prediction cannot be right: fetch it again.
    pub bogus: Signal,
    /// The counter that it was predicted with.
    pub counter: Signal,
    /// Its first halfword as in memory, for the retire port.
    pub parcel: Option<Signal>,
}

impl Entry {
    const FIELDS: [u32; 14] = [32, 5, 5, 5, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2];

    fn fields(&self) -> Vec<Signal> {
        let mut fields = vec![
            self.instruction,
            self.rs1,
            self.rs2,
            self.rd,
            self.compressed,
            self.fault,
            self.fault_second,
            self.control,
            self.system,
            self.join,
            self.hit,
            self.taken,
            self.bogus,
            self.counter,
        ];
        fields.extend(self.parcel);
        fields
    }

    /// Bits of a packed entry.
    pub fn width(traced: bool) -> u32 {
        Self::FIELDS.iter().sum::<u32>() + if traced { 16 } else { 0 }
    }

    /// As one word.
    pub fn pack(&self) -> Signal {
        cat(&self.fields())
    }

    /// From one word; the fields become wires `<prefix>_<field>`.
    pub fn unpack(prefix: &str, word: Signal, traced: bool) -> Self {
        let mut top = Self::width(traced);
        let mut take = |width: u32, name: &str| {
            top -= width;
            word.bits(top + width - 1, top).named(format!("{prefix}_{name}"))
        };
        Self {
            instruction: take(32, "instruction"),
            rs1: take(5, "rs1"),
            rs2: take(5, "rs2"),
            rd: take(5, "rd"),
            compressed: take(1, "compressed"),
            fault: take(1, "fault"),
            fault_second: take(1, "fault_second"),
            control: take(1, "control"),
            system: take(1, "system"),
            join: take(1, "join"),
            hit: take(1, "hit"),
            taken: take(1, "taken"),
            bogus: take(1, "bogus"),
            counter: take(2, "counter"),
            parcel: traced.then(|| take(16, "parcel")),
        }
    }
}

/// What the aligner has to know of an instruction before it is decoded. It errs on the safe side.
#[derive(Clone, Copy)]
pub struct Predecoded {
    /// Sources, exactly; destination, or what would be one; 0 for none.
    pub rs1: Signal,
    pub rs2: Signal,
    pub rd: Signal,
    /// Jump or branch.
    pub control: Signal,
    /// Has to be alone in the pipeline.
    pub system: Signal,
    /// The branch lane can execute it.
    pub branch_lane: Signal,
}

impl Predecoded {
    /// Predecodes an expanded instruction; names its wires `<prefix>_*`. What could not be fetched
    /// is no instruction and comes out as `system`.
    pub fn of(m: M, config: &CoreConfig, prefix: &str, instruction: Signal) -> Self {
        let name = |field: &str| format!("{prefix}_{field}");
        let unit =
            m.instance(name("predecode"), &predecode(config)).pin("instruction", instruction);
        for class in ["upper_pc", "bit_manipulation", "muldiv"] {
            unit.unused(class);
        }
        let register = |high: u32, low: u32, used: &str| {
            (instruction.bits(high, low) & unit.out(used).repeat(5)).named(name(used))
        };
        let control = (unit.out("branch") | unit.out("jump")).named(name("control"));
        let system = match config.atomics {
            // LR, SC and AMOs go alone: they finish in writeback.
            true => unit.out("system") | (unit.out("memory") & instruction.bits(6, 2).eq(AMO)),
            false => {
                unit.unused("memory");
                unit.out("system")
            }
        };
        Self {
            rs1: register(19, 15, "reads_rs1"),
            rs2: register(24, 20, "reads_rs2"),
            rd: register(11, 7, "writes_rd"),
            control,
            system: system.named(name("system")),
            branch_lane: (unit.out("simple_alu") | control).named(name("branch_lane")),
        }
    }
}

/// Bits 6:2 of the opcode of LR, SC and AMOs.
const AMO: u64 = opcode::AMO >> 2;

/// Whether an instruction may issue together with the one before it: the one before is in the
/// main lane, this one can be in the branch lane, and neither of its registers is written there.
pub fn joins(prefix: &str, before: &Predecoded, this: &Predecoded) -> Signal {
    let clash = |register: Signal| before.rd.eq(register) & before.rd.any();
    let clash = clash(this.rs1) | clash(this.rs2) | clash(this.rd);
    let clash = clash.named(format!("{prefix}_clash"));
    let before_alone = (before.control | before.system).named(format!("{prefix}_before_alone"));
    this.branch_lane & !before_alone & !clash
}
