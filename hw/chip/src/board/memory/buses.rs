//! The accesses of the RAM.

use systole_hdl::prelude::*;

bundle! {
    /// Reads of the RAM: data come in the cycle after the request is taken, and only then.
    pub RamRead(address_bits: u32, bits: u32) {
        /// A request is offered.
        out read_valid: Bit,
        /// The request is taken.
        in read_ready: Bit,
        /// Byte address inside the RAM of an aligned word of `bits`.
        out read_address: U(address_bits),
        /// The word.
        in read_data: U(bits),
    }
}

bundle! {
    /// Writes of the RAM, done in the cycle in which the request is taken.
    pub RamWrite(address_bits: u32, bits: u32) {
        /// A request is offered.
        out write_valid: Bit,
        /// The request is taken.
        in write_ready: Bit,
        /// Byte address inside the RAM of an aligned word of `bits`.
        out write_address: U(address_bits),
        /// The word.
        out write_data: U(bits),
        /// Bytes of it to write.
        out write_strobe: U(bits / 8),
    }
}
