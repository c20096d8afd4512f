//! Branch conditions.

use systole_hdl::prelude::*;

/// Whether a conditional branch of `funct3` is taken, out of a comparison of its operands that
/// was unsigned if `funct3[1]`: `funct3[2]` selects, `funct3[0]` inverts.
pub fn condition(funct3: Signal, is_equal: Signal, is_less: Signal) -> Signal {
    let compare_less = funct3.bit(2).named("branch_compares_less");
    let invert = funct3.bit(0).named("branch_inverted");
    (compare_less.mux(is_less, is_equal) ^ invert).named("branch_condition")
}

/// A comparator of its own for branches, for pipelines that do not compare in the ALU.
/// Combinational.
pub fn branch() -> Module {
    module("core_branch", |m| {
        m.doc("Branch condition.");
        let funct3 = m.input("funct3", U(3)).doc("condition");
        let a = m.input("rs1_value", U(32));
        let b = m.input("rs2_value", U(32));
        let is_unsigned = funct3.bit(1).named("compare_unsigned");
        let sign = |value: Signal| value.bit(31) & !is_unsigned;
        let wide_a = cat(&[sign(a), a]).as_signed().named("wide_a");
        let wide_b = cat(&[sign(b), b]).as_signed().named("wide_b");
        let is_less = wide_a.lt(wide_b).named("is_less");
        let is_equal = a.eq(b).named("is_equal");
        m.output("taken", condition(funct3, is_equal, is_less));
    })
}
