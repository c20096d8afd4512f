//! The instructions that the interpreter runs, and the loop that runs them.
//!
//! All values live in one vector of 64-bit words. A value of up to 64 bits takes one word, a wider
//! one consecutive words, least significant first; bits beyond the width are always 0. Operands are
//! word offsets.

use super::wide;
use crate::ir::BinaryOp;

/// Word offset of a value.
pub(super) type Slot = u32;

/// One instruction. Narrow ones (up to 64 bits) stand first; `width` is the result's unless said
/// otherwise.
#[rustfmt::skip]
#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    Copy { to: Slot, from: Slot },
    Not { to: Slot, a: Slot, width: u8 },
    ReduceOr { to: Slot, a: Slot },
    /// `width` of the operand.
    ReduceAnd { to: Slot, a: Slot, width: u8 },
    ReduceXor { to: Slot, a: Slot },
    Add { to: Slot, a: Slot, b: Slot, width: u8 },
    Sub { to: Slot, a: Slot, b: Slot, width: u8 },
    Mul { to: Slot, a: Slot, b: Slot },
    /// Operands of `a_width` and `b_width` bits, signed.
    MulSigned { to: Slot, a: Slot, b: Slot, a_width: u8, b_width: u8 },
    And { to: Slot, a: Slot, b: Slot },
    Or { to: Slot, a: Slot, b: Slot },
    Xor { to: Slot, a: Slot, b: Slot },
    ShiftLeft { to: Slot, a: Slot, amount: Slot, width: u8 },
    ShiftRight { to: Slot, a: Slot, amount: Slot },
    ShiftRightSigned { to: Slot, a: Slot, amount: Slot, width: u8 },
    Equal { to: Slot, a: Slot, b: Slot },
    NotEqual { to: Slot, a: Slot, b: Slot },
    Less { to: Slot, a: Slot, b: Slot },
    LessEqual { to: Slot, a: Slot, b: Slot },
    /// `width` of the operands.
    LessSigned { to: Slot, a: Slot, b: Slot, width: u8 },
    /// `width` of the operands.
    LessEqualSigned { to: Slot, a: Slot, b: Slot, width: u8 },
    Mux { to: Slot, condition: Slot, then: Slot, other: Slot },
    Slice { to: Slot, a: Slot, low: u8, width: u8 },
    BitSelect { to: Slot, a: Slot, index: Slot },
    /// `to = (to << width) | a`, `width` being that of `a` (less than 64).
    Append { to: Slot, a: Slot, width: u8 },
    SignExtend { to: Slot, a: Slot, from: u8, width: u8 },
    MemoryRead { to: Slot, memory: u32, address: Slot },
    /// All of a word, or with `enable` its enabled bytes.
    MemoryWrite { memory: u32, address: Slot, data: Slot, enable: Option<Slot> },

    // Control.
    Jump { target: u32 },
    JumpIfZero { condition: Slot, target: u32 },
    JumpIfNonZero { condition: Slot, target: u32 },
    JumpIfEqual { a: Slot, b: Slot, target: u32 },

    // Any width.
    Clear { to: Slot, words: u32 },
    WideCopy { to: Slot, from: Slot, words: u32 },
    WideNot { to: Slot, a: Slot, width: u32 },
    /// `width` of the operand.
    WideReduceAnd { to: Slot, a: Slot, width: u32 },
    WideReduceOr { to: Slot, a: Slot, words: u32 },
    WideReduceXor { to: Slot, a: Slot, words: u32 },
    /// Arithmetic and bitwise operations on operands of the result's width.
    WideBinary { op: BinaryOp, to: Slot, a: Slot, b: Slot, width: u32 },
    /// `width` of the operands.
    WideCompare { op: BinaryOp, signed: bool, to: Slot, a: Slot, b: Slot, width: u32 },
    WideShift { op: BinaryOp, signed: bool, to: Slot, a: Slot, amount: Slot, width: u32 },
    WideMux { to: Slot, condition: Slot, then: Slot, other: Slot, words: u32 },
    /// `words` of the operand.
    WideSlice { to: Slot, a: Slot, words: u32, low: u32, width: u32 },
    /// `width` of the operand.
    WideBitSelect { to: Slot, a: Slot, index: Slot, width: u32 },
    /// `to |= a << offset`, `width` being that of `a`.
    Insert { to: Slot, a: Slot, offset: u32, width: u32 },
    WideExtend { to: Slot, a: Slot, from: u32, width: u32, signed: bool },
    /// The value, or all ones in one word if it needs more than one.
    Amount { to: Slot, a: Slot, words: u32 },
}

/// The contents of a memory.
pub(super) struct Memory {
    /// Hierarchical name.
    pub name: String,
    /// Number of words of the design.
    pub depth: u32,
    /// Bits of a word.
    pub width: u32,
    /// 64-bit words that hold one word of the design.
    pub stride: usize,
    /// Contents.
    pub words: Vec<u64>,
}

impl Memory {
    /// Where the word at `address` starts, if there is one.
    pub fn offset(&self, address: u64) -> Option<usize> {
        (address < u64::from(self.depth)).then_some(address as usize * self.stride)
    }
}

/// The low `width` bits set (1 to 64).
pub(super) fn mask(width: u8) -> u64 {
    u64::MAX >> (64 - u32::from(width))
}

/// `value` of `width` bits, sign-extended.
pub(super) fn signed(value: u64, width: u8) -> i64 {
    let unused = 64 - u32::from(width);
    ((value << unused) as i64) >> unused
}

/// `value` moved to the top of the word, so that signed order is that of `i64`.
fn top(value: u64, width: u8) -> i64 {
    (value << (64 - u32::from(width))) as i64
}

/// Runs a program on the values `v`.
#[rustfmt::skip]
pub(super) fn run(program: &[Op], v: &mut [u64], memories: &mut [Memory]) {
    macro_rules! v { ($slot:expr) => { v[$slot as usize] }; }
    let mut pc = 0;
    while let Some(&op) = program.get(pc) {
        pc += 1;
        match op {
            Op::Copy { to, from } => v!(to) = v!(from),
            Op::Not { to, a, width } => v!(to) = !v!(a) & mask(width),
            Op::ReduceOr { to, a } => v!(to) = u64::from(v!(a) != 0),
            Op::ReduceAnd { to, a, width } => v!(to) = u64::from(v!(a) == mask(width)),
            Op::ReduceXor { to, a } => v!(to) = u64::from(v!(a).count_ones() & 1),
            Op::Add { to, a, b, width } => v!(to) = v!(a).wrapping_add(v!(b)) & mask(width),
            Op::Sub { to, a, b, width } => v!(to) = v!(a).wrapping_sub(v!(b)) & mask(width),
            Op::Mul { to, a, b } => v!(to) = v!(a).wrapping_mul(v!(b)),
            Op::MulSigned { to, a, b, a_width, b_width } => {
                let product = signed(v!(a), a_width).wrapping_mul(signed(v!(b), b_width));
                v!(to) = product as u64 & mask(a_width + b_width);
            }
            Op::And { to, a, b } => v!(to) = v!(a) & v!(b),
            Op::Or { to, a, b } => v!(to) = v!(a) | v!(b),
            Op::Xor { to, a, b } => v!(to) = v!(a) ^ v!(b),
            Op::ShiftLeft { to, a, amount, width } => {
                let amount = v!(amount);
                v!(to) = if amount < 64 { v!(a) << amount & mask(width) } else { 0 };
            }
            Op::ShiftRight { to, a, amount } => {
                let amount = v!(amount);
                v!(to) = if amount < 64 { v!(a) >> amount } else { 0 };
            }
            Op::ShiftRightSigned { to, a, amount, width } => {
                let amount = v!(amount).min(63);
                v!(to) = (signed(v!(a), width) >> amount) as u64 & mask(width);
            }
            Op::Equal { to, a, b } => v!(to) = u64::from(v!(a) == v!(b)),
            Op::NotEqual { to, a, b } => v!(to) = u64::from(v!(a) != v!(b)),
            Op::Less { to, a, b } => v!(to) = u64::from(v!(a) < v!(b)),
            Op::LessEqual { to, a, b } => v!(to) = u64::from(v!(a) <= v!(b)),
            Op::LessSigned { to, a, b, width } => {
                v!(to) = u64::from(top(v!(a), width) < top(v!(b), width));
            }
            Op::LessEqualSigned { to, a, b, width } => {
                v!(to) = u64::from(top(v!(a), width) <= top(v!(b), width));
            }
            Op::Mux { to, condition, then, other } => {
                v!(to) = if v!(condition) != 0 { v!(then) } else { v!(other) };
            }
            Op::Slice { to, a, low, width } => v!(to) = v!(a) >> low & mask(width),
            Op::BitSelect { to, a, index } => {
                let index = v!(index);
                v!(to) = if index < 64 { v!(a) >> index & 1 } else { 0 };
            }
            Op::Append { to, a, width } => v!(to) = v!(to) << width | v!(a),
            Op::SignExtend { to, a, from, width } => {
                v!(to) = signed(v!(a), from) as u64 & mask(width);
            }
            Op::MemoryRead { to, memory, address } => {
                memory_read(v, &memories[memory as usize], to, address);
            }
            Op::MemoryWrite { memory, address, data, enable } => {
                memory_write(v, &mut memories[memory as usize], address, data, enable);
            }
            Op::Jump { target } => pc = target as usize,
            Op::JumpIfZero { condition, target } => {
                if v!(condition) == 0 { pc = target as usize; }
            }
            Op::JumpIfNonZero { condition, target } => {
                if v!(condition) != 0 { pc = target as usize; }
            }
            Op::JumpIfEqual { a, b, target } => {
                if v!(a) == v!(b) { pc = target as usize; }
            }
            wide_op => wide::run(wide_op, v),
        }
    }
}

fn memory_read(v: &mut [u64], memory: &Memory, to: Slot, address: Slot) {
    let to = to as usize..to as usize + memory.stride;
    match memory.offset(v[address as usize]) {
        Some(offset) => v[to].copy_from_slice(&memory.words[offset..offset + memory.stride]),
        None => v[to].fill(0),
    }
}

fn memory_write(v: &[u64], memory: &mut Memory, address: Slot, data: Slot, enable: Option<Slot>) {
    let Some(offset) = memory.offset(v[address as usize]) else { return };
    for i in 0..memory.stride {
        let new = v[data as usize + i];
        let word = &mut memory.words[offset + i];
        *word = match enable {
            None => new,
            Some(enable) => {
                // Byte enables of the 8 bytes of this word.
                let enable = enable as usize * 64 + i * 8;
                let lanes = wide::spread_bits((v[enable / 64] >> (enable % 64)) as u8);
                *word & !lanes | new & lanes
            }
        };
    }
}
