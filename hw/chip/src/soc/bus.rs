//! The chip's own buses: of the hart, and of the NPU.

use systole_hdl::prelude::*;

bundle! {
    /// Pipelined request and response channels, in order: one response a request, at the earliest
    /// in the cycle after the request was taken. Responses cannot be refused.
    pub DataBus(address_bits: u32) {
        /// A request is offered; stable until it is taken.
        out req_valid: Bit,
        /// The request is taken.
        in req_ready: Bit,
        /// Byte address of an aligned word.
        out req_address: U(address_bits),
        /// Write instead of read.
        out req_write: Bit,
        /// Data to write.
        out req_wdata: U(32),
        /// Bytes to write; 0 for reads.
        out req_wstrb: U(4),
        /// A response.
        in rsp_valid: Bit,
        /// Data read.
        in rsp_rdata: U(32),
        /// The access failed.
        in rsp_error: Bit,
    }
}

bundle! {
    /// The hart's instruction bus; handshakes as those of `DataBus`.
    pub FetchBus(bits: u32) {
        /// A request is offered.
        out req_valid: Bit,
        /// The request is taken.
        in req_ready: Bit,
        /// Byte address of an aligned word.
        out req_address: U(32),
        /// A response.
        in rsp_valid: Bit,
        /// Instructions read.
        in rsp_rdata: U(bits),
        /// The access failed.
        in rsp_error: Bit,
    }
}

bundle! {
    /// The AXI4 read channels that the NPU drives: bursts of full-width beats at rising addresses,
    /// in order.
    pub AxiRead(bits: u32) {
        /// A burst is offered.
        out arvalid: Bit,
        /// The burst is taken.
        in arready: Bit,
        /// Byte address of its first beat.
        out araddr: U(32),
        /// Number of its beats minus 1.
        out arlen: U(8),
        /// A beat is offered.
        in rvalid: Bit,
        /// The beat is taken.
        out rready: Bit,
        /// Data of the beat.
        in rdata: U(bits),
        /// 0: good; 3: there is no memory at the address.
        in rresp: U(2),
        /// The last beat of its burst.
        in rlast: Bit,
    }
}

bundle! {
    /// The AXI4 write channels that the NPU drives, likewise.
    pub AxiWrite(bits: u32) {
        /// A burst is offered.
        out awvalid: Bit,
        /// The burst is taken.
        in awready: Bit,
        /// Byte address of its first beat.
        out awaddr: U(32),
        /// Number of its beats minus 1.
        out awlen: U(8),
        /// A beat is offered.
        out wvalid: Bit,
        /// The beat is taken.
        in wready: Bit,
        /// Data of the beat.
        out wdata: U(bits),
        /// Bytes of it to write.
        out wstrb: U(bits / 8),
        /// The last beat of its burst.
        out wlast: Bit,
        /// The answer to a burst.
        in bvalid: Bit,
        /// The answer is taken.
        out bready: Bit,
        /// 0: good; 3: there is no memory at the address.
        in bresp: U(2),
    }
}
