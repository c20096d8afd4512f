//! The hart's data bus, as it travels inside the SoC.

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
