//! The loaded value out of the word that the bus returned.

use systole_hdl::prelude::*;

/// Selects and extends the loaded byte, halfword or word. Combinational.
pub fn load_align() -> Module {
    module("core_load_align", |m| {
        m.doc("Selects and extends the loaded byte, halfword or word.");
        let rdata = m.input("rdata", U(32));
        let offset = m.input("offset", U(2)).doc("address[1:0]");
        let funct3 = m.input("funct3", U(3)).doc("{unsigned, size}");
        let value = m.output_wire("value", U(32));

        let byte = m.constant("BYTE", 0, U(2));
        let half = m.constant("HALF", 1, U(2));
        let high_half = offset.bit(1).named("high_half");
        let load_half = high_half.mux(rdata.bits(31, 16), rdata.bits(15, 0)).named("load_half");
        let odd_byte = offset.bit(0).named("odd_byte");
        let load_byte =
            odd_byte.mux(load_half.bits(15, 8), load_half.bits(7, 0)).named("load_byte");

        let sign_extend = (!funct3.bit(2)).named("sign_extend");
        let byte_sign = (sign_extend & load_byte.bit(7)).named("byte_sign");
        let half_sign = (sign_extend & load_half.bit(15)).named("half_sign");
        m.comb(|| {
            switch(funct3.bits(1, 0), |s| {
                s.case(byte, || value.set(cat(&[byte_sign.repeat(24), load_byte])));
                s.case(half, || value.set(cat(&[half_sign.repeat(16), load_half])));
                s.default(|| value.set(rdata));
            });
        });
    })
}
