//! The decoder: which words are legal, and what the front end is told of them.

use systole_hdl::prelude::{Interpreter, check};

use super::assembler::*;
use super::decode_table::rows;
use super::machine::{Random, full};
use crate::config::{CoreConfig, Multiplier};
use crate::core::decode::{decode, predecode};

/// `mcause` of an illegal instruction.
const ILLEGAL: u32 = 2;

/// Whether a word is an instruction, CSR accesses apart, written as the tables of the manuals
/// list them.
fn is_legal(config: &CoreConfig, word: u32) -> bool {
    let (funct3, funct7) = (word >> 12 & 7, word >> 25);
    match word & 0x7f {
        0x37 | 0x17 | 0x6f => true,
        0x67 => funct3 == 0,
        0x63 => [0, 1, 4, 5, 6, 7].contains(&funct3),
        0x03 => [0, 1, 2, 4, 5].contains(&funct3),
        0x23 => [0, 1, 2].contains(&funct3),
        0x13 => match funct3 {
            1 => funct7 == 0 || bit_immediate(config, word),
            5 => funct7 == 0 || funct7 == 0x20 || bit_immediate(config, word),
            _ => true,
        },
        0x33 => match (funct7, funct3) {
            (0, _) | (0x20, 0 | 5) => true,
            (1, _) => config.multiplier != Multiplier::None,
            (0x10, 2 | 4 | 6) => config.zba,
            (0x20, 4 | 6 | 7) | (0x05, 4..) | (0x30, 1 | 5) => config.zbb,
            (0x04, 4) => config.zbb && word >> 20 & 31 == 0,
            (0x24, 1 | 5) | (0x34, 1) | (0x14, 1) => config.zbs,
            _ => false,
        },
        0x2f if !config.atomics || funct3 != 2 => false,
        0x2f => match word >> 27 {
            2 => word >> 20 & 31 == 0,
            0 | 1 | 3 | 4 | 8 | 12 | 16 | 20 | 24 | 28 => true,
            _ => false,
        },
        0x0f => funct3 == 0 || funct3 == 1,
        0x73 => match funct3 {
            0 => [ECALL, EBREAK, MRET, WFI].contains(&word),
            4 => false,
            _ => true,
        },
        _ => false,
    }
}

/// Zbb and Zbs with opcode OP-IMM.
fn bit_immediate(config: &CoreConfig, word: u32) -> bool {
    let zbb = match word >> 12 & 7 {
        1 => [0x600, 0x601, 0x602, 0x604, 0x605].contains(&(word >> 20)),
        _ => word >> 25 == 0x30 || [0x287, 0x698].contains(&(word >> 20)),
    };
    let zbs = match word >> 12 & 7 {
        1 => [0x14, 0x24, 0x34].contains(&(word >> 25)),
        _ => word >> 25 == 0x24,
    };
    config.zbb && zbb || config.zbs && zbs
}

/// Decoder and predecoder of one configuration, in M mode, with every CSR access legal.
struct Bench {
    config: CoreConfig,
    decode: Interpreter,
    predecode: Interpreter,
}

impl Bench {
    fn new(config: CoreConfig) -> Self {
        let start = |module| Interpreter::new(&check(&module).unwrap_or_else(|e| panic!("{e}")));
        let mut decode = start(decode(&config));
        decode.set("csr_legal", 1);
        if config.user_mode {
            decode.set("user", 0);
            decode.set("wait_illegal", 0);
        }
        Self { decode, predecode: start(predecode(&config)), config }
    }

    /// Whether the decoder finds a word illegal; the predecoder must agree with it.
    fn accepts(&mut self, word: u32) -> bool {
        self.decode.set("instruction", u64::from(word));
        self.predecode.set("instruction", u64::from(word));
        let legal = self.decode.get("illegal") == 0;
        let class = |name: &str| self.predecode.get(name) == 1;
        let names = [
            "simple_alu",
            "upper_pc",
            "bit_manipulation",
            "branch",
            "jump",
            "memory",
            "muldiv",
            "system",
        ];
        let classes: Vec<&str> = names.into_iter().filter(|name| class(name)).collect();
        let [class] = classes[..] else { panic!("{word:#010x}: {classes:?}") };
        if legal {
            self.check_class(word, class);
        } else {
            assert!(["memory", "system"].contains(&class), "{word:#010x} is illegal, but {class}");
        }
        legal
    }

    /// The decoder asks nothing of the bit manipulation unit.
    fn is_in_alu(&self) -> bool {
        !(self.config.zbb || self.config.zbs) || self.decode.get("bit_op") == 0
    }

    fn check_class(&self, word: u32, class: &str) {
        let op = |name: &str| self.decode.get(name);
        let muldiv = self.config.has_multiply() && op("is_multiply") + op("is_divide") == 1;
        let memory =
            op("is_load") + op("is_store") == 1 || self.config.atomics && op("is_amo") == 1;
        let expected = match word & 0x7f {
            _ if muldiv => "muldiv",
            _ if memory => "memory",
            0x63 => "branch",
            0x67 | 0x6f => "jump",
            0x37 => "simple_alu",
            0x17 => "upper_pc",
            0x13 | 0x33 if is_legal(&BASE, word) || self.is_in_alu() => "simple_alu",
            0x13 | 0x33 => "bit_manipulation",
            _ => "system",
        };
        assert_eq!(class, expected, "{word:#010x}");
        for name in ["reads_rs1", "reads_rs2"] {
            // An instruction that goes alone, and LR, may be said to read more than it does.
            let alone = expected == "system" || word & 0x7f == 0x2f;
            let told = self.predecode.get(name);
            assert!(told == op(name) || alone && told == 1, "{word:#010x} {name}");
        }
        let writes = u64::from(op("rd") != 0);
        let told = self.predecode.get("writes_rd");
        assert!(told == writes || expected == "system" && told == 1, "{word:#010x} writes_rd");
    }
}

/// RV32I.
const BASE: CoreConfig = CoreConfig {
    pipeline: crate::config::Pipeline::Compact,
    issue_width: 1,
    fetch_depth: 2,
    multiplier: Multiplier::None,
    atomics: false,
    compressed: false,
    zba: false,
    zbb: false,
    zbs: false,
    zicntr: false,
    hpm_counters: 0,
    user_mode: false,
    pmp_regions: 0,
    branch_targets: 0,
    return_stack: 0,
};

/// RV32I, everything, and everything but one extension each.
fn configurations() -> Vec<CoreConfig> {
    let full = full();
    vec![
        BASE,
        full.clone(),
        CoreConfig { multiplier: Multiplier::None, ..full.clone() },
        CoreConfig { atomics: false, ..full.clone() },
        CoreConfig { zba: false, ..full.clone() },
        CoreConfig { zbb: false, ..full.clone() },
        CoreConfig { zbs: false, ..full },
    ]
}

#[test]
fn every_function_code_is_legal_or_not_as_the_manual_says() {
    for config in configurations() {
        let mut bench = Bench::new(config.clone());
        for opcode in 0..128 {
            for code in 0..1 << 10 {
                let (funct3, funct7) = (code & 7, code >> 3);
                let registers = [(0, 5, 7), (6, 0, 1), (24, 31, 0)];
                for (rs2, rs1, rd) in &registers[..if config == full() { 3 } else { 1 }] {
                    let word = r(funct7, *rs2, *rs1, funct3, *rd, opcode);
                    let legal = is_legal(&config, word);
                    assert_eq!(bench.accepts(word), legal, "{word:#010x} {}", config.isa());
                }
                // Arithmetic with every second operand.
                if [0x13, 0x33].contains(&opcode) {
                    for rs2 in 0..32 {
                        let word = r(funct7, rs2, 9, funct3, 10, opcode);
                        assert_eq!(bench.accepts(word), is_legal(&config, word), "{word:#010x}");
                    }
                }
            }
        }
    }
}

#[test]
fn every_system_number_is_legal_or_not_as_the_manual_says() {
    let mut bench = Bench::new(full());
    for immediate in 0..4096 {
        for funct3 in 0..8 {
            for (rs1, rd) in [(0, 0), (0, 1), (1, 0), (31, 31)] {
                let word = i(immediate, rs1, funct3, rd, 0x73);
                assert_eq!(bench.accepts(word), is_legal(&bench.config, word), "{word:#010x}");
            }
        }
    }
}

#[test]
fn the_privilege_decides_about_csrs_mret_and_wfi() {
    let mut sim = Bench::new(full()).decode;
    let csr = csrrs(1, 0x300, 0);
    for privilege in 0..8 {
        let (legal, user, wait) = (privilege & 1, privilege >> 1 & 1, privilege >> 2);
        sim.set("csr_legal", legal);
        sim.set("user", user);
        sim.set("wait_illegal", wait);
        for (word, refused) in [(csr, 1 - legal), (MRET, user), (WFI, wait), (ECALL, 0)] {
            sim.set("instruction", u64::from(word));
            assert_eq!(sim.get("illegal"), refused, "{word:#010x} {privilege:#b}");
        }
    }
}

/// The table of what Spike does, but for CSR numbers, of which each platform has its own, and
/// compressed instructions.
#[test]
fn the_decoder_agrees_with_spike() {
    let with_bits = CoreConfig { user_mode: false, ..full() };
    let without = CoreConfig { zba: false, zbb: false, zbs: false, ..with_bits.clone() };
    let rows = rows();
    for (hart, config) in [without, with_bits].into_iter().enumerate() {
        let mut bench = Bench::new(config);
        let mut compared = 0;
        let accesses_csr = |word: u32| word & 0x7f == 0x73 && word >> 12 & 3 != 0;
        for row in rows.iter().filter(|row| row.kind != "c16" && !accesses_csr(row.word)) {
            let is_illegal = row.cause[hart] == Some(ILLEGAL);
            assert_eq!(bench.accepts(row.word), !is_illegal, "{:08x} {}", row.word, row.kind);
            compared += 1;
        }
        assert!(compared > 90_000, "{compared}");
    }
}

/// What an instruction asks of ALU and units, for a few of each kind.
#[test]
fn controls_follow_the_function() {
    let mut sim = Bench::new(full()).decode;
    let mut random = Random(7);
    type Expected = &'static [(&'static str, u64)];
    let cases: &[(u32, u32, u32, Expected)] = &[
        (0x33, 0x00, 0, &[("alu_sum", 1), ("alu_invert_b", 0)]),
        (0x33, 0x20, 0, &[("alu_sum", 1), ("alu_invert_b", 1)]),
        (0x33, 0x00, 2, &[("alu_less", 1), ("alu_invert_b", 1), ("alu_unsigned", 0)]),
        (0x33, 0x00, 3, &[("alu_less", 1), ("alu_invert_b", 1), ("alu_unsigned", 1)]),
        (0x13, 0x20, 0, &[("alu_sum", 1), ("alu_invert_b", 0)]),
        (0x33, 0x00, 4, &[("alu_logic", 1), ("alu_invert_b", 0)]),
        (0x33, 0x00, 6, &[("alu_logic", 2), ("alu_invert_b", 0)]),
        (0x33, 0x20, 7, &[("alu_logic", 3), ("alu_invert_b", 1)]),
        (0x33, 0x10, 2, &[("alu_scaled", 1), ("alu_scale", 1), ("alu_invert_b", 0)]),
        (0x33, 0x10, 6, &[("alu_scaled", 1), ("alu_scale", 3), ("alu_sum", 0)]),
        (0x33, 0x30, 1, &[("alu_shift", 1), ("alu_rotate", 1), ("alu_shift_left", 1)]),
        (0x13, 0x20, 5, &[("alu_shift", 1), ("alu_rotate", 0), ("alu_shift_sign", 1)]),
        (0x13, 0x24, 5, &[("alu_shift", 1), ("alu_extract", 1), ("alu_shift_left", 0)]),
        (0x33, 0x05, 4, &[("bit_op", 1 << 6), ("alu_invert_b", 1), ("alu_unsigned", 0)]),
        (0x33, 0x05, 7, &[("bit_op", 1 << 7), ("alu_invert_b", 1), ("alu_unsigned", 1)]),
        (0x13, 0x34, 1, &[("bit_op", 1 << 12), ("alu_shift", 0)]),
    ];
    for &(opcode, funct7, funct3, expected) in cases {
        let (rs1, rd) = (random.below(32), 1 + random.below(31));
        let word = r(funct7, 3, rs1, funct3, rd, opcode);
        sim.set("instruction", u64::from(word));
        assert_eq!((sim.get("illegal"), sim.get("rd")), (0, u64::from(rd)), "{word:#010x}");
        let selects = ["alu_sum", "alu_less", "alu_shift", "alu_scaled"];
        let chosen: u64 = selects.iter().map(|name| sim.get(name)).sum();
        let logic = u64::from(sim.get("alu_logic") != 0);
        let unit = u64::from(sim.get("bit_op").count_ones());
        assert_eq!(chosen + logic + unit, 1, "{word:#010x} selects one result");
        for (name, value) in expected {
            assert_eq!(sim.get(name), *value, "{word:#010x} {name}");
        }
    }
}
