//! The loaded value out of the word that the bus returned, with choices made a stage ahead.

use systole_hdl::prelude::*;

use crate::core::record::record;

record! {
    /// Where the bytes of a loaded value come from.
    pub LoadLanes {
        /// It is a load.
        loads: Bit;
        /// Byte of the bus that becomes byte 0.
        low: U(2);
        /// Half of the bus whose upper byte becomes byte 1, one-hot, or none.
        second: U(2);
        /// The upper half of the bus becomes the upper half.
        upper: Bit;
        /// Byte of the bus that has the sign.
        sign: U(2);
        /// The sign fills byte 1.
        second_sign: Bit;
        /// The sign fills the upper half.
        upper_sign: Bit;
    }
}

/// Decides the lanes of a load from its address and size. Combinational.
pub fn load_lanes() -> Module {
    module("core_load_lanes", |m| {
        m.doc("Where the bytes of a loaded value come from.");
        let is_load = m.input("is_load", Bit);
        let funct3 = m.input("funct3", U(3)).doc("{unsigned, size}");
        let offset = m.input("offset", U(2)).doc("address[1:0]");
        let byte = (is_load & funct3.bits(1, 0).eq(0)).named("is_byte");
        let half = (is_load & funct3.bits(1, 0).eq(1)).named("is_half");
        let word = (is_load & funct3.bit(1)).named("is_word");
        let is_signed = (!funct3.bit(2)).named("is_signed");
        let (odd_half, odd_byte) = (offset.bit(1), offset.bit(0));
        let lanes = LoadLanes::outputs(m);
        lanes.loads.drive(is_load);
        lanes.low.drive(cat(&[odd_half & !word, odd_byte & byte]));
        lanes.second.drive(cat(&[half & odd_half, (half & !odd_half) | word]));
        lanes.upper.drive(word);
        lanes.sign.drive(cat(&[odd_half, odd_byte | half]));
        lanes.second_sign.drive(byte & is_signed);
        lanes.upper_sign.drive((byte | half) & is_signed);
    })
}

/// The loaded value; 0 for what is no load. Combinational.
pub fn load_select() -> Module {
    module("core_load_select", |m| {
        m.doc("Selects and extends the loaded bytes.");
        let rdata = m.input("rdata", U(32));
        let lanes = LoadLanes::inputs(m);
        let sign = lanes.sign_of(rdata).named("sign_bit");
        m.output("value", lanes.value_of(rdata, sign));
    })
}

impl LoadLanes {
    /// The same where `condition`, else those of what is no load.
    pub fn only_if(&self, condition: Signal) -> Self {
        Self {
            loads: self.loads & condition,
            low: self.low,
            second: self.second & condition.repeat(2),
            upper: self.upper & condition,
            sign: self.sign,
            second_sign: self.second_sign & condition,
            upper_sign: self.upper_sign & condition,
        }
    }

    /// The sign in the word of the bus.
    pub fn sign_of(&self, rdata: Signal) -> Signal {
        pick(self.sign, [7, 15, 23, 31].map(|bit| rdata.bit(bit)))
    }

    /// The loaded value out of the word of the bus and its sign.
    pub fn value_of(&self, rdata: Signal, sign: Signal) -> Signal {
        let byte = |place: u32| rdata.bits(8 * place + 7, 8 * place);
        let low = pick(self.low, [0, 1, 2, 3].map(byte)).named("low_byte");
        let second = one_hot_select(&[
            (self.second.bit(0), byte(1)),
            (self.second.bit(1), byte(3)),
            (self.second_sign, sign.repeat(8)),
        ]);
        let upper =
            one_hot_select(&[(self.upper, rdata.bits(31, 16)), (self.upper_sign, sign.repeat(16))]);
        cat(&[upper, second, low & self.loads.repeat(8)])
    }
}

/// The one of four at a place.
fn pick(place: Signal, of: [Signal; 4]) -> Signal {
    let lower = place.bit(0).mux(of[1], of[0]);
    let upper = place.bit(0).mux(of[3], of[2]);
    place.bit(1).mux(upper, lower)
}
