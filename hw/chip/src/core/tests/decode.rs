//! The decoder: which words are legal.

use systole_hdl::prelude::{Interpreter, check};

use super::assembler::*;
use crate::core::decode::decode;
use crate::core::encoding::csr;

/// Whether a word is an instruction of RV32IM_Zicsr_Zifencei with machine mode, written as the
/// tables of the manuals list them.
fn is_legal(word: u32) -> bool {
    let (funct3, funct7) = (word >> 12 & 7, word >> 25);
    match word & 0x7f {
        0x37 | 0x17 | 0x6f => true,
        0x67 => funct3 == 0,
        0x63 => [0, 1, 4, 5, 6, 7].contains(&funct3),
        0x03 => [0, 1, 2, 4, 5].contains(&funct3),
        0x23 => [0, 1, 2].contains(&funct3),
        0x13 => match funct3 {
            1 => funct7 == 0,
            5 => funct7 == 0 || funct7 == 0x20,
            _ => true,
        },
        0x33 => match funct7 {
            0 | 1 => true,
            0x20 => funct3 == 0 || funct3 == 5,
            _ => false,
        },
        0x0f => funct3 == 0 || funct3 == 1,
        0x73 => match funct3 {
            0 => [ECALL, EBREAK, MRET, WFI].contains(&word),
            4 => false,
            _ => csr_access_is_legal(word),
        },
        _ => false,
    }
}

fn csr_access_is_legal(word: u32) -> bool {
    let number = u64::from(word >> 20);
    let writes = word >> 12 & 3 == 1 || word >> 15 & 31 != 0;
    let exists = csr::ALL.iter().any(|&(_, exists)| exists == number);
    exists && !(writes && number >> 10 == 3)
}

/// Whether the decoder finds a word illegal; also checks that such a word has no effect.
fn decoder_accepts(sim: &mut Interpreter, word: u32) -> bool {
    sim.set("instruction", u64::from(word));
    let illegal = sim.get("illegal") == 1;
    if illegal {
        for effect in [
            "rd",
            "rs1",
            "rs2",
            "is_branch",
            "is_jump",
            "is_load",
            "is_store",
            "is_multiply",
            "is_divide",
            "is_csr",
            "csr_writes",
            "is_mret",
            "is_fence_i",
            "ecall",
            "ebreak",
        ] {
            assert_eq!(sim.get(effect), 0, "{word:#010x} has the effect {effect}");
        }
    }
    !illegal
}

fn decoder() -> Interpreter {
    let mut sim = Interpreter::new(&check(&decode()).unwrap_or_else(|errors| panic!("{errors}")));
    sim.set("squash", 0);
    sim
}

#[test]
fn every_function_code_is_legal_or_not_as_the_manual_says() {
    let mut sim = decoder();
    for opcode in 0..128 {
        for funct3 in 0..8 {
            for funct7 in 0..128 {
                let word = r(funct7, 6, 5, funct3, 7, opcode);
                assert_eq!(decoder_accepts(&mut sim, word), is_legal(word), "{word:#010x}");
            }
        }
    }
}

#[test]
fn every_system_number_is_legal_or_not_as_the_manual_says() {
    let mut sim = decoder();
    for immediate in 0..4096 {
        for funct3 in 0..8 {
            for (rs1, rd) in [(0, 0), (0, 1), (1, 0), (31, 31)] {
                let word = i(immediate, rs1, funct3, rd, 0x73);
                assert_eq!(decoder_accepts(&mut sim, word), is_legal(word), "{word:#010x}");
            }
        }
    }
}

#[test]
fn a_squashed_word_has_no_effect() {
    let mut sim = decoder();
    sim.set("squash", 1);
    for word in [add(1, 2, 3), lw(1, 2, 3), sw(1, 2, 3), MRET, ECALL, EBREAK, FENCE_I, 0] {
        sim.set("instruction", u64::from(word));
        for effect in ["illegal", "ecall", "ebreak", "rd", "rs1", "rs2", "is_load", "is_store"] {
            assert_eq!(sim.get(effect), 0, "{word:#010x} has the effect {effect}");
        }
        assert_eq!(sim.get("is_mret") | sim.get("is_fence_i"), 0);
    }
}
