//! Branch conditions and jump targets.

use systole_hdl::prelude::*;

/// Decides whether control goes elsewhere, and where. Combinational.
pub fn branch() -> Module {
    module("core_branch", |m| {
        m.doc("Branch condition, jump target and its alignment.");
        let is_branch = m.input("is_branch", Bit);
        let is_jump = m.input("is_jump", Bit).doc("JAL or JALR");
        let funct3 = m.input("funct3", U(3)).doc("condition");
        let rs1_value = m.input("rs1_value", U(32));
        let rs2_value = m.input("rs2_value", U(32));
        let address = m.input("address", U(32)).doc("base + immediate");

        m.section("Condition: funct3[2:1] selects, funct3[0] inverts");
        let equal = rs1_value.eq(rs2_value).named("equal");
        let compare_less = funct3.bit(2).named("compare_less");
        let compare_unsigned = funct3.bit(1).named("compare_unsigned");
        let invert = funct3.bit(0).named("invert");
        // With the signs flipped, signed numbers have the order of unsigned ones.
        let biased = |value: Signal| cat(&[value.bit(31) ^ !compare_unsigned, value.bits(30, 0)]);
        let less = biased(rs1_value).lt(biased(rs2_value)).named("less");
        let condition = (compare_less.mux(less, equal) ^ invert).named("condition");
        let taken = (is_jump | (is_branch & condition)).named("branch_taken");

        m.section("Target: JALR clears bit 0, the others have it clear");
        let target = cat(&[address.bits(31, 1), lit(0, Bit)]).named("branch_target");
        m.output("taken", taken);
        m.output("target", target);
        m.output("misaligned", taken & target.bit(1));
        address.bit(0).unused();
    })
}
