//! The loaded value out of the word that the bus returned, with choices made a stage ahead.

use systole_hdl::prelude::*;

use crate::core::record::record;

record! {
    /// Where the bytes of a loaded value come from, one-hot; all 0 for what is no load.
    pub LoadLanes {
        /// Byte of the bus that becomes byte 0.
        low: U(4);
        /// Half of the bus whose upper byte becomes byte 1.
        second: U(2);
        /// The upper half of the bus becomes the upper half.
        upper: Bit;
        /// Byte of the bus whose sign fills the upper half.
        sign: U(4);
        /// Byte of the bus whose sign also fills byte 1.
        byte_sign: U(4);
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
        let at = |place: u64| offset.eq(place);
        let low_half = (half & !offset.bit(1)).named("low_half");
        let high_half = (half & offset.bit(1)).named("high_half");
        let bytes: Vec<Signal> =
            (0..4).map(|place| (byte & at(place)).named(format!("byte_{place}"))).collect();
        let lanes = LoadLanes::outputs(m);
        lanes.low.drive(cat(&[
            bytes[3],
            bytes[2] | high_half,
            bytes[1],
            bytes[0] | low_half | word,
        ]));
        lanes.second.drive(cat(&[high_half, low_half | word]));
        lanes.upper.drive(word);
        let sign = cat(&[bytes[3] | high_half, bytes[2], bytes[1] | low_half, bytes[0]]);
        lanes.sign.drive(sign & is_signed.repeat(4));
        let byte_sign = cat(&[bytes[3], bytes[2], bytes[1], bytes[0]]);
        lanes.byte_sign.drive(byte_sign & is_signed.repeat(4));
    })
}

impl LoadLanes {
    /// The same where `condition`, else those of what is no load.
    pub fn only_if(&self, condition: Signal) -> Self {
        Self {
            low: self.low & condition.repeat(4),
            second: self.second & condition.repeat(2),
            upper: self.upper & condition,
            sign: self.sign & condition.repeat(4),
            byte_sign: self.byte_sign & condition.repeat(4),
        }
    }

    /// The loaded value out of the word of the bus; 0 for what is no load.
    pub fn value_of(&self, rdata: Signal) -> Signal {
        let byte = |place: u32| rdata.bits(8 * place + 7, 8 * place);
        let low: Vec<_> = (0..4).map(|place| (self.low.bit(place), byte(place))).collect();
        let sign_of = |enables: Signal, name: &str| {
            let signs: Vec<_> =
                (0..4).map(|place| (enables.bit(place), byte(place).bit(7))).collect();
            one_hot_select(&signs).named(name)
        };
        let sign = sign_of(self.sign, "sign_bit");
        let byte_sign = sign_of(self.byte_sign, "byte_sign_bit");
        let second =
            one_hot_select(&[(self.second.bit(0), byte(1)), (self.second.bit(1), byte(3))]);
        let upper = one_hot_select(&[(self.upper, rdata.bits(31, 16))]);
        let second = second | byte_sign.repeat(8);
        cat(&[upper | sign.repeat(16), second, one_hot_select(&low)])
    }
}

/// The loaded value; 0 for what is no load. Combinational.
pub fn load_select() -> Module {
    module("core_load_select", |m| {
        m.doc("Selects and extends the loaded bytes.");
        let rdata = m.input("rdata", U(32));
        let lanes = LoadLanes::inputs(m);
        m.output("value", lanes.value_of(rdata));
    })
}
