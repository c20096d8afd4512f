//! What an instruction carries from alignment to issue.

use systole_hdl::prelude::*;

use crate::core::compact::old::encoding::opcode;

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

/// Predecodes an expanded instruction; names its wires `<prefix>_*`.
pub fn predecode(prefix: &str, instruction: Signal, fault: Signal) -> Predecoded {
    let name = |field: &str| format!("{prefix}_{field}");
    let major = instruction.bits(6, 2).named(name("major"));
    let is = |code: u64| major.eq(code >> 2);
    let funct3 = instruction.bits(14, 12).named(name("funct3"));
    let funct7 = instruction.bits(31, 25).named(name("funct7"));
    let lui = is(opcode::LUI).named(name("is_lui"));
    let upper = (lui | is(opcode::AUIPC)).named(name("is_upper"));
    let jal = is(opcode::JAL).named(name("is_jal"));
    let branch = is(opcode::BRANCH).named(name("is_branch"));
    let store = is(opcode::STORE).named(name("is_store"));
    let op = is(opcode::OP).named(name("is_op"));
    let op_imm = is(opcode::OP_IMM).named(name("is_op_imm"));
    let amo = is(opcode::AMO).named(name("is_amo"));
    let from_immediate = (is(opcode::SYSTEM) & funct3.bit(2)).named(name("is_csr_immediate"));
    let no_rs1 = (upper | jal | from_immediate).named(name("reads_no_rs1"));
    let legal_branch = branch & funct3.bits(2, 1).ne(1);
    let legal_jalr = is(opcode::JALR) & funct3.eq(0);
    let control = (jal | legal_branch | legal_jalr).named(name("is_control"));
    let reads_rs2 = (branch | store | op | amo).named(name("reads_rs2"));

    let base = funct7.eq(0x00).named(name("funct7_base"));
    let alternate = funct7.eq(0x20).named(name("funct7_alternate"));
    let left = funct3.eq(1).named(name("shifts_left"));
    let right = funct3.eq(5).named(name("shifts_right"));
    let plain_right = (base | alternate) & right;
    let plain_op = base | (alternate & funct3.eq(0)) | plain_right;
    let plain_op = plain_op.named(name("plain_op"));
    let plain_op_imm = (!left & !right) | (left & base) | plain_right;
    let plain_op_imm = plain_op_imm.named(name("plain_op_imm"));
    let simple = lui | (op & plain_op) | (op_imm & plain_op_imm);
    let whole = instruction.bits(1, 0).all() & !fault;
    let whole = whole.named(name("whole"));
    Predecoded {
        rs1: (instruction.bits(19, 15) & (!no_rs1).repeat(5)).named(name("reads_1")),
        rs2: (instruction.bits(24, 20) & reads_rs2.repeat(5)).named(name("reads_2")),
        rd: (instruction.bits(11, 7) & (!(branch | store)).repeat(5)).named(name("writes")),
        control: (control & whole).named(name("control")),
        system: (is(opcode::SYSTEM) | is(opcode::MISC_MEM) | !whole).named(name("system")),
        branch_lane: ((simple.named(name("simple")) | control) & whole).named(name("branch_lane")),
    }
}

/// Whether an instruction may issue together with the one before it: the one before is in the
/// main lane, this one can be in the branch lane, and neither of its registers is written there.
pub fn joins(prefix: &str, before: &Predecoded, this: &Predecoded) -> Signal {
    let clash = |register: Signal| before.rd.eq(register) & before.rd.any();
    let clash = clash(this.rs1) | clash(this.rs2) | clash(this.rd);
    let clash = clash.named(format!("{prefix}_clash"));
    let before_alone = (before.control | before.system).named(format!("{prefix}_before_alone"));
    this.branch_lane & !before_alone & !clash
}
