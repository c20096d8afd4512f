//! Integer operations of OP and OP-IMM.

use systole_hdl::prelude::*;

use super::encoding::alu_op;

/// The arithmetic and logic unit: combinational, one operation of [`alu_op`].
pub fn alu() -> Module {
    module("core_alu", |m| {
        m.doc("Arithmetic and logic unit of the core.");
        let op = m.input("op", U(4)).doc("{funct7[5], funct3}");
        let a = m.input("a", U(32));
        let b = m.input("b", U(32));
        let result = m.output_wire("result", U(32));

        let sub = m.constant("SUB", alu_op::SUB, U(4));
        let sll = m.constant("SLL", alu_op::SLL, U(4));
        let slt = m.constant("SLT", alu_op::SLT, U(4));
        let sltu = m.constant("SLTU", alu_op::SLTU, U(4));
        let xor = m.constant("XOR", alu_op::XOR, U(4));
        let srl = m.constant("SRL", alu_op::SRL, U(4));
        let sra = m.constant("SRA", alu_op::SRA, U(4));
        let or = m.constant("OR", alu_op::OR, U(4));
        let and = m.constant("AND", alu_op::AND, U(4));

        m.section("Add and subtract");
        let subtract = op.eq(sub).named("subtract");
        let addend = (b ^ subtract.repeat(32)).named("addend");
        let sum = (a + addend + subtract.ext(32)).named("sum");

        m.section("Compare");
        // With the signs flipped, signed numbers have the order of unsigned ones.
        let flip = op.eq(slt).named("flip_signs");
        let biased = |value: Signal| cat(&[value.bit(31) ^ flip, value.bits(30, 0)]);
        let less = biased(a).lt(biased(b)).named("less");

        m.section("Shift");
        let shift_amount = b.bits(4, 0).named("shift_amount");
        let shift_fill = (op.eq(sra) & a.bit(31)).named("shift_fill");
        let shift_operand = cat(&[shift_fill, a]).as_signed().named("shift_operand");
        let shifted_right = (shift_operand >> shift_amount).named("shifted_right");
        let shifted_left = (a << shift_amount).named("shifted_left");

        m.section("Result");
        m.comb(|| {
            switch(op, |s| {
                s.case(sll, || result.set(shifted_left));
                s.cases(&[slt, sltu], || result.set(less.ext(32)));
                s.case(xor, || result.set(a ^ b));
                s.cases(&[srl, sra], || result.set(shifted_right.trunc(32).as_unsigned()));
                s.case(or, || result.set(a | b));
                s.case(and, || result.set(a & b));
                s.default(|| result.set(sum));
            });
        });
    })
}
