//! The last choices of an operand, behind what is known late.

use systole_hdl::prelude::*;

use crate::core::load_select::LoadLanes;

/// An operand out of three values of which at most one is not 0: `settled`, what is loaded, and the
/// result of execute. Combinational.
///
/// They come in this order, so the result of execute passes one gate and what is loaded two. The
/// modules stay such in synthesis, or they would be mixed in whatever order is the smallest.
pub fn operand() -> Module {
    module("core_operand", |m| {
        m.doc("An operand: settled, loaded, or just computed.");
        m.keep_hierarchy();
        let settled = m.input("settled", U(32)).doc("what is known early, or 0");
        let rdata = m.input("rdata", U(32)).doc("what is loaded");
        let lanes = LoadLanes::inputs(m);
        let known = m.instance("known", &known_operand()).pin("settled", settled);
        let known = lanes.connect(known).pin("rdata", rdata);
        let from_execute = m.input("from_execute", Bit);
        let execute_result = m.input("execute_result", U(32));
        let computed = one_hot_select(&[(from_execute, execute_result)]);
        m.output("value", known.out("value") | computed);
    })
}

/// What is settled or loaded.
fn known_operand() -> Module {
    module("core_known_operand", |m| {
        m.doc("An operand that is settled or loaded.");
        m.keep_hierarchy();
        let settled = m.input("settled", U(32)).doc("what is known early, or 0");
        let rdata = m.input("rdata", U(32)).doc("what is loaded");
        let lanes = LoadLanes::inputs(m);
        m.output("value", settled | lanes.value_of(rdata));
    })
}
