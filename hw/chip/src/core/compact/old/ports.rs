//! What both pipelines showed each other.

use systole_hdl::prelude::*;

/// The word of WFI.
pub const WFI: u64 = 0x1050_0073;

/// What the retire port and the CSRs see of the interrupt logic.
#[derive(Clone, Copy)]
pub struct InterruptState {
    /// `{MEIP, MTIP, MSIP}`.
    pub mip: Signal,
    /// The first instruction of a handler is still to come.
    pub entry: Signal,
}

/// The data port.
pub struct DataBus {
    pub req_valid: Signal,
    pub req_ready: Signal,
    pub req_address: Signal,
    pub req_write: Signal,
    pub req_wdata: Signal,
    pub req_wstrb: Signal,
    /// A load or store of less than a word, which devices refuse; stays inside the chip.
    pub req_partial: Signal,
    pub rsp_valid: Signal,
    pub rsp_rdata: Signal,
    pub rsp_error: Signal,
}

impl DataBus {
    pub fn ports(m: M) -> Self {
        Self {
            req_valid: m.output_wire("dbus_req_valid", Bit),
            req_ready: m.input("dbus_req_ready", Bit),
            req_address: m.output_wire("dbus_req_address", U(32)),
            req_write: m.output_wire("dbus_req_write", Bit),
            req_wdata: m.output_wire("dbus_req_wdata", U(32)),
            req_wstrb: m.output_wire("dbus_req_wstrb", U(4)),
            req_partial: m.output_wire("dbus_req_partial", Bit),
            rsp_valid: m.input("dbus_rsp_valid", Bit),
            rsp_rdata: m.input("dbus_rsp_rdata", U(32)),
            rsp_error: m.input("dbus_rsp_error", Bit),
        }
    }
}
