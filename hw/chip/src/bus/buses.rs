//! Standard buses, with the names that their users expect.

use systole_hdl::prelude::*;

/// AXI's SLVERR: the slave was reached and refuses.
pub const SLAVE_ERROR: u32 = 2;

bundle! {
    /// The read channels of AXI4-Lite.
    pub AxiLiteRead(address_bits: u32, bits: u32) {
        /// A read is offered.
        out arvalid: Bit,
        /// The read is taken.
        in arready: Bit,
        /// Byte address.
        out araddr: U(address_bits),
        /// [2] a fetch, [1] not secure, [0] privileged.
        out arprot: U(3),
        /// A word is offered.
        in rvalid: Bit,
        /// The word is taken.
        out rready: Bit,
        /// The word.
        in rdata: U(bits),
        /// 0: good; 2, 3: an error.
        in rresp: U(2),
    }
}

bundle! {
    /// The write channels of AXI4-Lite.
    pub AxiLiteWrite(address_bits: u32, bits: u32) {
        /// An address is offered.
        out awvalid: Bit,
        /// The address is taken.
        in awready: Bit,
        /// Byte address.
        out awaddr: U(address_bits),
        /// [2] a fetch, [1] not secure, [0] privileged.
        out awprot: U(3),
        /// A word is offered.
        out wvalid: Bit,
        /// The word is taken.
        in wready: Bit,
        /// The word.
        out wdata: U(bits),
        /// Bytes of it to write.
        out wstrb: U(bits / 8),
        /// The answer to a write.
        in bvalid: Bit,
        /// The answer is taken.
        out bready: Bit,
        /// 0: good; 2, 3: an error.
        in bresp: U(2),
    }
}

bundle! {
    /// Wishbone B4, classic cycles, as its master names it.
    pub WishboneMaster(bits: u32) {
        /// An access is under way.
        out cyc_o: Bit,
        /// It waits for its end.
        out stb_o: Bit,
        /// Byte address of an aligned word.
        out adr_o: U(32),
        /// Write instead of read.
        out we_o: Bit,
        /// Bytes to read or write.
        out sel_o: U(bits / 8),
        /// Data to write.
        out dat_o: U(bits),
        /// The access ends well.
        in ack_i: Bit,
        /// It ends with an error.
        in err_i: Bit,
        /// Data read.
        in dat_i: U(bits),
    }
}

bundle! {
    /// Wishbone B4 for a master that only reads.
    pub WishboneReader(bits: u32) {
        /// An access is under way.
        out cyc_o: Bit,
        /// It waits for its end.
        out stb_o: Bit,
        /// Byte address of an aligned word.
        out adr_o: U(32),
        /// Write instead of read: never.
        out we_o: Bit,
        /// Bytes to read: all.
        out sel_o: U(bits / 8),
        /// The access ends well.
        in ack_i: Bit,
        /// It ends with an error.
        in err_i: Bit,
        /// Data read.
        in dat_i: U(bits),
    }
}

bundle! {
    /// Wishbone B4, classic cycles, as a slave of 32 bits names it.
    pub WishboneSlave(address_bits: u32) {
        /// An access is under way.
        out cyc_i: Bit,
        /// It waits for its end.
        out stb_i: Bit,
        /// Byte address; its two lowest bits are ignored.
        out adr_i: U(address_bits),
        /// Write instead of read.
        out we_i: Bit,
        /// Bytes to write.
        out sel_i: U(4),
        /// Data to write.
        out dat_i: U(32),
        /// The access ends well.
        in ack_o: Bit,
        /// It ends with an error.
        in err_o: Bit,
        /// Data read.
        in dat_o: U(32),
    }
}
