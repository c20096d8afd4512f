//! Byte lanes of a data access on its way to the bus.

use systole_hdl::prelude::*;

/// Places store data in its byte lanes and checks alignment. Combinational.
pub fn store_align() -> Module {
    module("core_store_align", |m| {
        m.doc("Byte lanes and alignment of a data access.");
        let is_store = m.input("is_store", Bit);
        let size = m.input("size", U(2)).doc("funct3[1:0]: byte, halfword, word");
        let offset = m.input("offset", U(2)).doc("address[1:0]");
        let value = m.input("value", U(32)).doc("rs2");
        let wdata = m.output_wire("wdata", U(32));
        let misaligned = m.output_wire("misaligned", Bit);
        let lanes = m.output_wire("lanes", U(4)).doc("bytes accessed");

        let byte = m.constant("BYTE", 0, U(2));
        let half = m.constant("HALF", 1, U(2));
        let byte_lane = (lit(1, U(4)) << offset).named("byte_lane");
        let half_lanes =
            offset.bit(1).mux(lit(0b1100, U(4)), lit(0b0011, U(4))).named("half_lanes");
        m.comb(|| {
            switch(size, |s| {
                s.case(byte, || {
                    lanes.set(byte_lane);
                    wdata.set(value.bits(7, 0).repeat(4));
                    misaligned.set(0);
                });
                s.case(half, || {
                    lanes.set(half_lanes);
                    wdata.set(value.bits(15, 0).repeat(2));
                    misaligned.set(offset.bit(0));
                });
                s.default(|| {
                    lanes.set(0b1111);
                    wdata.set(value);
                    misaligned.set(offset.any());
                });
            });
        });
        let store_strobe = (lanes & is_store.repeat(4)).named("store_strobe");
        m.output("wstrb", store_strobe);
    })
}
