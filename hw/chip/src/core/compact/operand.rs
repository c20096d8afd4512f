//! The last choice of an operand, behind everything that is known late.

use systole_hdl::prelude::*;

use crate::core::load_select::LoadLanes;

/// The value of an operand: of three that are 0 unless chosen. Combinational.
///
/// `rdata` comes out of a slow memory and `execute_result` out of the ALU, while `settled` and the
/// choices are there early. The module stays one in synthesis, so that they are not mixed.
pub fn operand() -> Module {
    module("core_operand", |m| {
        m.doc("The last choice of an operand, behind what is known late.");
        m.keep_hierarchy();
        let settled = m.input("settled", U(32)).doc("what is chosen early, or 0");
        let from_execute = m.input("from_execute", Bit);
        let execute_result = m.input("execute_result", U(32));
        let rdata = m.input("rdata", U(32)).doc("what is loaded");
        let sign = m.input("sign_bit", Bit).doc("of what is loaded");
        let lanes = LoadLanes::inputs(m);
        lanes.sign.unused();
        let computed = one_hot_select(&[(from_execute, execute_result)]);
        m.output("value", settled | computed | lanes.value_of(rdata, sign));
    })
}
