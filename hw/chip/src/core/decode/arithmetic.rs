//! OP and OP-IMM: what they ask of the ALU and of the units beside it.

use systole_hdl::prelude::*;

use super::fields::Fields;
use super::legal::{BitCodes, Legality};
use super::{Effects, Operation};
use crate::core::encoding::bit_op;

/// ALU controls by `funct3`, as the base has them.
pub struct Functions {
    sum: Signal,
    less: Signal,
    is_unsigned: Signal,
    /// `encoding::logic`.
    logic: Signal,
    shift: Signal,
    shift_left: Signal,
    /// `bit_op` of OP and of OP-IMM.
    bit_op: Option<(Signal, Signal)>,
}

impl Functions {
    /// Decodes `funct3`, and gathers the codes of the bit manipulation unit.
    pub fn of(fields: &Fields, codes: &BitCodes) -> Self {
        let funct3 = fields.funct3;
        // XOR, OR, AND have the functions 4, 6, 7.
        let is_logic = (funct3.bit(2) & funct3.bits(1, 0).ne(1)).named("function_is_logic");
        let logic = cat(&[funct3.bit(1), !funct3.bit(1) | funct3.bit(0)]);
        let unit = codes.zbb.is_some() || codes.zbs.is_some();
        Self {
            sum: funct3.eq(0).named("function_is_sum"),
            less: funct3.bits(2, 1).eq(1).named("function_is_less"),
            is_unsigned: funct3.bit(0),
            logic: (logic & is_logic.repeat(2)).named("function_logic"),
            shift: funct3.bits(1, 0).eq(1).named("function_is_shift"),
            shift_left: (!funct3.bit(2)).named("function_is_left"),
            bit_op: unit.then(|| {
                let op = one_hot(codes, false).named("op_bit_op");
                (op, one_hot(codes, true).named("op_imm_bit_op"))
            }),
        }
    }

    /// What OP and OP-IMM have in common; `base` if it is an instruction of the base.
    fn set(&self, legal: &Legality, o: &Operation, base: Signal) {
        o.alu_sum.set(self.sum & base);
        o.alu_less.set(self.less & base);
        o.alu_unsigned.set(self.is_unsigned);
        o.alu_shift_left.set(self.shift_left);
        o.alu_shift_sign.set(legal.arithmetic_shift);
    }
}

/// `bit_op`, for OP-IMM or for OP.
fn one_hot(codes: &BitCodes, immediate: bool) -> Signal {
    let never = lit(0, Bit);
    let mut bits = vec![never; bit_op::WIDTH as usize];
    let mut put = |position: u32, code: Signal| bits[position as usize] = code;
    match &codes.zbb {
        Some(zbb) if immediate => {
            put(bit_op::CLZ, zbb.clz);
            put(bit_op::CTZ, zbb.ctz);
            put(bit_op::CPOP, zbb.cpop);
            put(bit_op::SEXT_B, zbb.sext_b);
            put(bit_op::SEXT_H, zbb.sext_h);
            put(bit_op::ORC_B, zbb.orc_b);
            put(bit_op::REV8, zbb.rev8);
        }
        Some(zbb) => {
            put(bit_op::MIN, zbb.min);
            put(bit_op::MAX, zbb.max);
            put(bit_op::ZEXT_H, zbb.zext_h);
        }
        None => {}
    }
    if let Some(zbs) = &codes.zbs {
        put(bit_op::BSET, zbs.set);
        put(bit_op::BCLR, zbs.clear);
        put(bit_op::BINV, zbs.invert);
    }
    bits.reverse();
    cat(&bits)
}

/// OP-IMM, in the case over the opcode.
pub fn op_imm_case(legal: &Legality, f: &Functions, o: &Operation, e: &Effects) {
    let base = legal.op_imm;
    f.set(legal, o, base);
    o.alu_logic.set(f.logic);
    let codes = &legal.bits;
    e.legal.set(codes.op_imm().map_or(base, |bits| base | bits));
    set_shift(codes, codes.zbb.as_ref().map(|zbb| zbb.rotate_immediate), f.shift & base, o);
    if let (Some((_, immediate)), Some(bit_op)) = (f.bit_op, o.bit_op) {
        bit_op.set(immediate);
    }
}

/// OP, in the case over the opcode.
pub fn op_case(legal: &Legality, f: &Functions, o: &Operation, e: &Effects) {
    let base = legal.op;
    f.set(legal, o, base);
    let codes = &legal.bits;
    let inverted = codes.zbb.as_ref().map(|zbb| zbb.inverted);
    let logic = inverted.map_or(base, |inverted| base | inverted);
    o.alu_logic.set(f.logic & logic.repeat(2));
    set_shift(codes, codes.zbb.as_ref().map(|zbb| zbb.rotate), f.shift & base, o);
    let exists = codes.op().map_or(base, |bits| base | bits);
    e.legal.set(legal.muldiv.map_or(exists, |muldiv| exists | muldiv));
    if let (Some(muldiv), Some(is_muldiv)) = (legal.muldiv, e.is_muldiv) {
        is_muldiv.set(muldiv);
    }
    if let (Some(code), Some(scaled), Some(scale)) = (codes.shift_add, o.alu_scaled, o.alu_scale) {
        scaled.set(code);
        scale.set(o.funct3.bits(2, 1));
    }
    if let (Some((op, _)), Some(bit_op)) = (f.bit_op, o.bit_op) {
        bit_op.set(op);
    }
}

/// Shifts, and what else the shifter does.
fn set_shift(codes: &BitCodes, rotate: Option<Signal>, shift: Signal, o: &Operation) {
    let extract = codes.zbs.as_ref().map(|zbs| zbs.extract);
    let shifted = [Some(shift), rotate, extract].into_iter().flatten().reduce(|a, b| a | b);
    if let Some(shifted) = shifted {
        o.alu_shift.set(shifted);
    }
    if let (Some(rotate), Some(alu_rotate)) = (rotate, o.alu_rotate) {
        alu_rotate.set(rotate);
    }
    if let (Some(extract), Some(alu_extract)) = (extract, o.alu_extract) {
        alu_extract.set(extract);
    }
}
