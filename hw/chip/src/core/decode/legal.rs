//! Which function codes of OP, OP-IMM and AMO exist, by extension.

use systole_hdl::prelude::*;

use super::fields::Fields;
use crate::config::CoreConfig;
use crate::core::encoding::{atomic, funct7, unary};

/// Function codes of OP and OP-IMM, by what executes them.
pub struct Legality {
    /// OP-IMM of the base.
    pub op_imm: Signal,
    /// OP of the base.
    pub op: Signal,
    /// SRA or SRAI.
    pub arithmetic_shift: Signal,
    pub muldiv: Option<Signal>,
    pub bits: BitCodes,
}

/// Function codes of bit manipulation, each already with its `funct3` and, for those with one
/// operand, `funct12`. One that OP and OP-IMM share comes twice.
#[derive(Default)]
pub struct BitCodes {
    /// SH1ADD, SH2ADD, SH3ADD: OP.
    pub shift_add: Option<Signal>,
    pub zbb: Option<ZbbCodes>,
    pub zbs: Option<ZbsCodes>,
}

/// Function codes of Zbb.
pub struct ZbbCodes {
    /// ANDN, ORN, XNOR: OP.
    pub inverted: Signal,
    /// ROL, ROR: OP.
    pub rotate: Signal,
    /// RORI: OP-IMM.
    pub rotate_immediate: Signal,
    /// MIN, MINU: OP.
    pub min: Signal,
    /// MAX, MAXU: OP.
    pub max: Signal,
    /// ZEXT.H: OP.
    pub zext_h: Signal,
    /// CLZ, CTZ, CPOP, SEXT.B, SEXT.H, ORC.B, REV8: OP-IMM.
    pub clz: Signal,
    pub ctz: Signal,
    pub cpop: Signal,
    pub sext_b: Signal,
    pub sext_h: Signal,
    pub orc_b: Signal,
    pub rev8: Signal,
}

/// Function codes of Zbs: OP and OP-IMM alike.
pub struct ZbsCodes {
    pub set: Signal,
    pub clear: Signal,
    pub invert: Signal,
    pub extract: Signal,
}

impl ZbbCodes {
    fn of(fields: &Fields, funct: &dyn Fn(u64) -> Signal) -> Self {
        let funct3 = fields.funct3;
        let unary = |name: &str, number: u64, code: u64| {
            (fields.funct12.eq(number) & funct3.eq(code)).named(format!("is_{name}"))
        };
        let min_max = (funct(funct7::MIN_MAX) & funct3.bit(2)).named("is_min_max");
        let rotate = funct(funct7::ROTATE);
        let inverted = funct3.bit(2) & funct3.ne(5) & funct(funct7::ALTERNATE);
        Self {
            inverted: inverted.named("is_inverted_logic"),
            rotate: (rotate & funct3.bits(1, 0).eq(1)).named("is_rotate"),
            rotate_immediate: (rotate & funct3.eq(5)).named("is_rotate_immediate"),
            min: (min_max & !funct3.bit(1)).named("is_min"),
            max: (min_max & funct3.bit(1)).named("is_max"),
            zext_h: unary("zext_h", unary::ZEXT_H, 4),
            clz: unary("clz", unary::CLZ, 1),
            ctz: unary("ctz", unary::CTZ, 1),
            cpop: unary("cpop", unary::CPOP, 1),
            sext_b: unary("sext_b", unary::SEXT_B, 1),
            sext_h: unary("sext_h", unary::SEXT_H, 1),
            orc_b: unary("orc_b", unary::ORC_B, 5),
            rev8: unary("rev8", unary::REV8, 5),
        }
    }

    fn op(&self) -> Signal {
        self.inverted | self.rotate | self.min | self.max | self.zext_h
    }

    fn op_imm(&self) -> Signal {
        let counts = (self.clz | self.ctz | self.cpop).named("is_count");
        let extensions = (self.sext_b | self.sext_h).named("is_sign_extension");
        self.rotate_immediate | counts | extensions | self.orc_b | self.rev8
    }
}

impl ZbsCodes {
    fn of(fields: &Fields, funct: &dyn Fn(u64) -> Signal) -> Self {
        let is_left = fields.funct3.eq(1);
        let clear_or_extract = funct(funct7::BCLR_BEXT);
        Self {
            set: (funct(funct7::BSET) & is_left).named("is_bset"),
            clear: (clear_or_extract & is_left).named("is_bclr"),
            invert: (funct(funct7::BINV) & is_left).named("is_binv"),
            extract: (clear_or_extract & fields.funct3.eq(5)).named("is_bext"),
        }
    }

    fn any(&self) -> Signal {
        self.set | self.clear | self.invert | self.extract
    }
}

impl BitCodes {
    fn of(config: &CoreConfig, fields: &Fields, funct: &dyn Fn(u64) -> Signal) -> Self {
        let shift_add = |funct3: Signal| {
            let code = funct(funct7::SHADD) & !funct3.bit(0) & funct3.bits(2, 1).any();
            code.named("is_shift_add")
        };
        Self {
            shift_add: config.zba.then(|| shift_add(fields.funct3)),
            zbb: config.zbb.then(|| ZbbCodes::of(fields, funct)),
            zbs: config.zbs.then(|| ZbsCodes::of(fields, funct)),
        }
    }

    /// One of them is the function code of OP.
    pub fn op(&self) -> Option<Signal> {
        let zbb = self.zbb.as_ref().map(|codes| codes.op().named("op_zbb"));
        any([self.shift_add, zbb, self.zbs.as_ref().map(|codes| codes.any().named("op_zbs"))])
    }

    /// One of them is the function code of OP-IMM.
    pub fn op_imm(&self) -> Option<Signal> {
        let zbb = self.zbb.as_ref().map(|codes| codes.op_imm().named("op_imm_zbb"));
        any([zbb, self.zbs.as_ref().map(|codes| codes.any().named("op_imm_zbs")), None])
    }

    /// One of those that the ALU computes is the function code of OP.
    pub fn alu_op(&self) -> Option<Signal> {
        let zbb = self.zbb.as_ref().map(|codes| codes.inverted | codes.rotate);
        any([self.shift_add, zbb, self.zbs.as_ref().map(|codes| codes.extract)])
    }

    /// One of those that the ALU computes is the function code of OP-IMM.
    pub fn alu_op_imm(&self) -> Option<Signal> {
        let zbb = self.zbb.as_ref().map(|codes| codes.rotate_immediate);
        any([zbb, self.zbs.as_ref().map(|codes| codes.extract), None])
    }
}

/// Or of those that are there.
pub fn any(signals: [Option<Signal>; 3]) -> Option<Signal> {
    signals.into_iter().flatten().reduce(|a, b| a | b)
}

impl Legality {
    /// Compares the function codes of the extensions that `config` has.
    pub fn of(config: &CoreConfig, fields: &Fields) -> Self {
        let (funct3, code) = (fields.funct3, fields.funct7);
        let base = code.eq(funct7::BASE).named("funct7_base");
        let alternate = code.eq(funct7::ALTERNATE).named("funct7_alternate");
        let is_shift = funct3.bits(1, 0).eq(1).named("is_shift");
        let is_shift_right = funct3.eq(5).named("is_shift_right");
        let arithmetic_shift = (alternate & is_shift_right).named("is_arithmetic_shift");
        let is_sub = (alternate & funct3.eq(0)).named("is_sub");
        let bits = BitCodes::of(config, fields, &|value| code.eq(value));
        Self {
            op_imm: (!is_shift | base | arithmetic_shift).named("op_imm_base"),
            op: (base | arithmetic_shift | is_sub).named("op_base"),
            arithmetic_shift,
            muldiv: config.has_multiply().then(|| code.eq(funct7::MULDIV).named("funct7_muldiv")),
            bits,
        }
    }
}

/// The word is an instruction of the A extension, if its opcode is AMO.
pub fn atomic_exists(m: M, fields: &Fields) -> Signal {
    let funct5 = fields.instruction.bits(31, 27);
    let exists = m.wire("atomic_code_exists", Bit);
    let others = [
        atomic::ADD,
        atomic::SWAP,
        atomic::SC,
        atomic::XOR,
        atomic::OR,
        atomic::AND,
        atomic::MIN,
        atomic::MAX,
        atomic::MINU,
        atomic::MAXU,
    ];
    m.comb(|| {
        switch(funct5, |s| {
            s.case(atomic::LR, || exists.set(!fields.rs2.any()));
            s.cases(&others, || exists.set(1));
            s.default(|| exists.set(0));
        });
    });
    (exists & fields.funct3.eq(2)).named("atomic_legal")
}
