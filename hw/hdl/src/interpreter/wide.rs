//! Instructions on values of more than 64 bits.

use super::ops::{Op, Slot};
use crate::ir::BinaryOp;

/// 64-bit words that hold `width` bits.
pub(super) fn words(width: u32) -> usize {
    width.div_ceil(64) as usize
}

/// Mask of the most significant word of a value of `width` bits.
fn top_mask(width: u32) -> u64 {
    match width % 64 {
        0 => u64::MAX,
        used => u64::MAX >> (64 - used),
    }
}

/// A byte of ones for each set bit of `enables`.
pub(super) fn spread_bits(enables: u8) -> u64 {
    (0..8).filter(|i| enables >> i & 1 == 1).fold(0, |lanes, i| lanes | 0xff << (8 * i))
}

/// Runs one wide instruction.
pub(super) fn run(op: Op, v: &mut [u64]) {
    match op {
        Op::Clear { to, words } => v[to as usize..(to + words) as usize].fill(0),
        Op::WideCopy { to, from, words } => {
            v.copy_within(from as usize..(from + words) as usize, to as usize);
        }
        Op::WideNot { to, a, width } => {
            for i in 0..words(width) {
                v[to as usize + i] = !v[a as usize + i];
            }
            trim(v, to, width);
        }
        Op::WideReduceAnd { to, a, width } => {
            let last = words(width) - 1;
            let value = &v[a as usize..=a as usize + last];
            let ones = value[..last].iter().all(|&word| word == u64::MAX);
            v[to as usize] = u64::from(ones && value[last] == top_mask(width));
        }
        Op::WideReduceOr { to, a, words } => {
            v[to as usize] = u64::from(slice(v, a, words).iter().any(|&word| word != 0));
        }
        Op::WideReduceXor { to, a, words } => {
            let ones: u32 = slice(v, a, words).iter().map(|word| word.count_ones()).sum();
            v[to as usize] = u64::from(ones & 1);
        }
        Op::WideBinary { op, to, a, b, width } => {
            binary(v, op, to, a, b, words(width));
            trim(v, to, width);
        }
        Op::WideCompare { op, signed, to, a, b, width } => {
            v[to as usize] = u64::from(compare(v, op, signed, a, b, width));
        }
        Op::WideShift { op, signed, to, a, amount, width } => {
            shift(v, op, signed, to, a, amount, width);
        }
        Op::WideMux { to, condition, then, other, words } => {
            let from = if v[condition as usize] != 0 { then } else { other };
            v.copy_within(from as usize..(from + words) as usize, to as usize);
        }
        Op::WideSlice { to, a, words: source, low, width } => {
            for i in 0..words(width) {
                v[to as usize + i] = word_at(v, a, source as usize, low as usize + 64 * i);
            }
            trim(v, to, width);
        }
        Op::WideBitSelect { to, a, index, width } => {
            let index = v[index as usize];
            v[to as usize] = if index < u64::from(width) {
                v[a as usize + index as usize / 64] >> (index % 64) & 1
            } else {
                0
            };
        }
        Op::Insert { to, a, offset, width } => insert(v, to, a, offset, width),
        Op::WideExtend { to, a, from, width, signed } => extend(v, to, a, from, width, signed),
        Op::Amount { to, a, words } => {
            let value = slice(v, a, words);
            let fits = value[1..].iter().all(|&word| word == 0);
            v[to as usize] = if fits { value[0] } else { u64::MAX };
        }
        narrow => unreachable!("{narrow:?} is a narrow instruction"),
    }
}

fn slice(v: &[u64], at: Slot, words: u32) -> &[u64] {
    &v[at as usize..(at + words) as usize]
}

/// Clears the bits beyond `width`.
fn trim(v: &mut [u64], to: Slot, width: u32) {
    v[to as usize + words(width) - 1] &= top_mask(width);
}

fn bit(v: &[u64], a: Slot, index: u32) -> bool {
    v[(a + index / 64) as usize] >> (index % 64) & 1 == 1
}

/// The 64 bits from bit `low` of a value of `source` words; zeros beyond it.
fn word_at(v: &[u64], a: Slot, source: usize, low: usize) -> u64 {
    let word = |i: usize| if i < source { v[a as usize + i] } else { 0 };
    let (index, offset) = (low / 64, low % 64);
    if offset == 0 { word(index) } else { word(index) >> offset | word(index + 1) << (64 - offset) }
}

fn binary(v: &mut [u64], op: BinaryOp, to: Slot, a: Slot, b: Slot, count: usize) {
    let (to, a, b) = (to as usize, a as usize, b as usize);
    match op {
        BinaryOp::And => (0..count).for_each(|i| v[to + i] = v[a + i] & v[b + i]),
        BinaryOp::Or => (0..count).for_each(|i| v[to + i] = v[a + i] | v[b + i]),
        BinaryOp::Xor => (0..count).for_each(|i| v[to + i] = v[a + i] ^ v[b + i]),
        BinaryOp::Add => {
            let mut carry = false;
            for i in 0..count {
                let (sum, first) = v[a + i].overflowing_add(v[b + i]);
                let (sum, second) = sum.overflowing_add(u64::from(carry));
                (v[to + i], carry) = (sum, first | second);
            }
        }
        BinaryOp::Sub => {
            let mut borrow = false;
            for i in 0..count {
                let (rest, first) = v[a + i].overflowing_sub(v[b + i]);
                let (rest, second) = rest.overflowing_sub(u64::from(borrow));
                (v[to + i], borrow) = (rest, first | second);
            }
        }
        BinaryOp::Mul => {
            v[to..to + count].fill(0);
            for i in 0..count {
                let mut carry = 0u128;
                for j in 0..count - i {
                    let product = u128::from(v[a + i]) * u128::from(v[b + j]);
                    let sum = product + u128::from(v[to + i + j]) + carry;
                    v[to + i + j] = sum as u64;
                    carry = sum >> 64;
                }
            }
        }
        other => unreachable!("{other:?} has an instruction of its own"),
    }
}

fn compare(v: &[u64], op: BinaryOp, signed: bool, a: Slot, b: Slot, width: u32) -> bool {
    let count = words(width) as u32;
    let (left, right) = (slice(v, a, count), slice(v, b, count));
    let order = left.iter().rev().cmp(right.iter().rev());
    // Of two values of different sign the one with the sign bit is the lesser.
    let order = match (signed && bit(v, a, width - 1), signed && bit(v, b, width - 1)) {
        (true, false) => std::cmp::Ordering::Less,
        (false, true) => std::cmp::Ordering::Greater,
        _ => order,
    };
    match op {
        BinaryOp::Equal => order.is_eq(),
        BinaryOp::NotEqual => order.is_ne(),
        BinaryOp::Less => order.is_lt(),
        BinaryOp::LessEqual => order.is_le(),
        other => unreachable!("{other:?} is not a comparison"),
    }
}

fn shift(v: &mut [u64], op: BinaryOp, signed: bool, to: Slot, a: Slot, amount: Slot, width: u32) {
    let count = words(width);
    let amount = v[amount as usize].min(u64::from(width)) as usize;
    if op == BinaryOp::ShiftLeft {
        v[to as usize..to as usize + count].fill(0);
        let (skip, offset) = (amount / 64, amount % 64);
        for i in skip..count {
            let low = v[a as usize + i - skip] << offset;
            let carried = offset != 0 && i > skip;
            let high = if carried { v[a as usize + i - skip - 1] >> (64 - offset) } else { 0 };
            v[to as usize + i] = low | high;
        }
    } else {
        for i in 0..count {
            v[to as usize + i] = word_at(v, a, count, amount + 64 * i);
        }
        if signed && bit(v, a, width - 1) {
            fill_ones(v, to, width - amount as u32, width);
        }
    }
    trim(v, to, width);
}

/// Sets bits `from..width`.
fn fill_ones(v: &mut [u64], to: Slot, from: u32, width: u32) {
    for i in (from / 64) as usize..words(width) {
        let below = (from as usize).saturating_sub(64 * i);
        v[to as usize + i] |= u64::MAX << below.min(63);
    }
    trim(v, to, width);
}

fn insert(v: &mut [u64], to: Slot, a: Slot, offset: u32, width: u32) {
    let (first, shift) = ((to + offset / 64) as usize, offset % 64);
    for i in 0..words(width) {
        let word = v[a as usize + i];
        v[first + i] |= word << shift;
        let high = if shift == 0 { 0 } else { word >> (64 - shift) };
        // Zero when the value ends in this word; then the next one may not exist.
        if high != 0 {
            v[first + i + 1] |= high;
        }
    }
}

fn extend(v: &mut [u64], to: Slot, a: Slot, from: u32, width: u32, signed: bool) {
    let (given, count) = (words(from), words(width));
    for i in 0..count {
        v[to as usize + i] = if i < given { v[a as usize + i] } else { 0 };
    }
    if signed && bit(v, a, from - 1) {
        fill_ones(v, to, from, width);
    }
}
