//! The program that runs a job: it rings the doorbell, waits, and keeps how the job ended. It is a few
//! instructions that every hart has, so that it runs in the RAM of any chip.
//!
//! ```text
//!  RAM_BASE          the program
//!  RAM_BASE + 0xf00  how the job ended, a word for each register
//!  RAM_BASE + 0xff8  tohost
//!  RAM_BASE + 0x1000 the network
//! ```

use systole_golden::{NPU_BASE, RAM_BASE};
use systole_isa::{BranchOp, ImmediateOp, Instruction, LoadOp, Register, StoreOp};

/// Where the registers are left.
pub(super) const RESULTS: u32 = RAM_BASE + 0xf00;
/// HTIF's word: 1 when the job is over.
pub(super) const TOHOST: u32 = RAM_BASE + 0xff8;
/// Where the network goes.
pub(super) const DATA: u32 = RAM_BASE + 0x1000;

/// The NPU's registers that are kept, as offsets.
const KEPT: [u32; 2] = [0x08, 0x18];
/// Bytes of them.
pub(super) const RESULT_BYTES: usize = 4 * KEPT.len();
const STATUS: i32 = 0x08;
const DOORBELL: i32 = 0x10;
const CLEAR: i32 = 0x14;

/// Cause and index of the descriptor at fault, if the job ended with an error: from the bytes that
/// the program left.
pub(super) fn error(results: &[u8]) -> Option<(u32, u32)> {
    let (words, _) = results.as_chunks::<4>();
    let word = |index: usize| words.get(index).map_or(0, |word| u32::from_le_bytes(*word));
    let (status, fault_index) = (word(0), word(1));
    (status & 4 != 0).then_some((status >> 8 & 0xff, fault_index))
}

/// The program for the descriptor list at `list`.
pub(super) fn program(list: u32) -> Vec<u8> {
    let [npu, ram, value] = [5, 6, 7].map(Register::new);
    let store = |rs2, rs1, offset| Instruction::Store { op: StoreOp::Sw, rs2, rs1, offset };
    let load = |rs1, offset| Instruction::Load { op: LoadOp::Lw, rd: value, rs1, offset };
    let add = |rd, rs1, imm| Instruction::Immediate { op: ImmediateOp::Addi, rd, rs1, imm };
    let low = (list << 20) as i32 >> 20;
    let mut code = vec![
        Instruction::Lui { rd: npu, imm: NPU_BASE },
        Instruction::Lui { rd: ram, imm: DATA },
        Instruction::Lui { rd: value, imm: list.wrapping_sub(low as u32) },
        add(value, value, low),
        store(value, npu, DOORBELL),
        // While STATUS[0], busy, is set.
        load(npu, STATUS),
        Instruction::Immediate { op: ImmediateOp::Andi, rd: value, rs1: value, imm: 1 },
        Instruction::Branch { op: BranchOp::Bne, rs1: value, rs2: Register::ZERO, offset: -8 },
    ];
    let data = |address: u32| address.wrapping_sub(DATA) as i32;
    for (index, &register) in KEPT.iter().enumerate() {
        code.push(load(npu, register as i32));
        code.push(store(value, ram, data(RESULTS) + 4 * index as i32));
    }
    code.extend([
        store(value, npu, CLEAR),
        add(value, Register::ZERO, 1),
        store(value, ram, data(TOHOST)),
        Instruction::Jal { rd: Register::ZERO, offset: 0 },
    ]);
    code.iter().flat_map(|instruction| instruction.encode().to_le_bytes()).collect()
}
