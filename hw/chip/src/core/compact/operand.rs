//! The last choices of operands and results, behind what is known late.

use systole_hdl::prelude::*;

use crate::core::load_select::LoadLanes;

/// An operand: `settled` unless another value is chosen; of `settled` and the choices at most one
/// is not 0. Combinational.
///
/// Where it is `complemented`, a port asks for the complement instead.
///
/// The values come in the order of their arrival: registers and what is loaded out of slow memories
/// pass two modules, results of this cycle one. The modules stay such in synthesis, or all would be
/// mixed in whatever order is the smallest.
pub fn operand(name: &str, complemented: bool) -> Module {
    module(name, |m| {
        m.doc("An operand: known ahead, out of memory, or computed in this cycle.");
        m.keep_hierarchy();
        let stored = Stored::inputs(m);
        let stored = stored.connect(m.instance("stored", &stored_operand()));
        let from_execute = m.input("from_execute", Bit);
        let execute_result = m.input("execute_result", U(32));
        let from_writeback = m.input("from_writeback", Bit);
        let unit_result = m.input("unit_result", U(32)).doc("of a unit that finishes there");
        let computed =
            one_hot_select(&[(from_execute, execute_result), (from_writeback, unit_result)]);
        let value = stored.out("value") | computed;
        m.output(
            "value",
            match complemented {
                true => value ^ m.input("complement", Bit).repeat(32),
                false => value,
            },
        );
    })
}

/// Ports of both modules.
struct Stored {
    settled: Signal,
    from_file: Signal,
    file_value: Signal,
    rdata: Signal,
    lanes: LoadLanes,
}

impl Stored {
    fn inputs(m: M) -> Self {
        Self {
            settled: m.input("settled", U(32)).doc("known ahead, or 0"),
            from_file: m.input("from_file", Bit),
            file_value: m.input("file_value", U(32)).doc("out of the register file"),
            rdata: m.input("rdata", U(32)).doc("what is loaded"),
            lanes: LoadLanes::inputs(m),
        }
    }

    fn connect(&self, instance: Instance) -> Instance {
        self.lanes
            .connect(instance)
            .pin("settled", self.settled)
            .pin("from_file", self.from_file)
            .pin("file_value", self.file_value)
            .pin("rdata", self.rdata)
    }
}

/// What is known ahead or comes out of memory.
fn stored_operand() -> Module {
    module("core_stored_operand", |m| {
        m.doc("An operand that is known ahead or comes out of memory.");
        m.keep_hierarchy();
        let stored = Stored::inputs(m);
        let file = one_hot_select(&[(stored.from_file, stored.file_value)]);
        m.output("value", stored.settled | file | stored.lanes.value_of(stored.rdata));
    })
}

/// The final value of a destination: what is loaded, or `other`, where the other one of the two is
/// 0. Combinational; a module of its own in synthesis like the above.
pub fn destination() -> Module {
    module("core_destination", |m| {
        m.doc("The final value of a destination: what is loaded, or another one.");
        m.keep_hierarchy();
        let other = m.input("other", U(32));
        let rdata = m.input("rdata", U(32)).doc("what is loaded");
        let lanes = LoadLanes::inputs(m);
        m.output("value", other | lanes.value_of(rdata));
    })
}
