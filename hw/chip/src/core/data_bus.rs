//! The data port.

use systole_hdl::prelude::*;

/// Request and response channel of the data port.
pub struct DataBus {
    pub req_valid: Signal,
    pub req_ready: Signal,
    pub req_address: Signal,
    pub req_write: Signal,
    pub req_wdata: Signal,
    pub req_wstrb: Signal,
    /// Less than a word, or atomic: only RAM does that. Stays inside the chip.
    pub req_ram_only: Signal,
    pub rsp_valid: Signal,
    pub rsp_rdata: Signal,
    pub rsp_error: Signal,
}

impl DataBus {
    /// The ports `dbus_*`; the outputs are to be driven.
    pub fn ports(m: M) -> Self {
        Self {
            req_valid: m.output_wire("dbus_req_valid", Bit),
            req_ready: m.input("dbus_req_ready", Bit),
            req_address: m.output_wire("dbus_req_address", U(32)),
            req_write: m.output_wire("dbus_req_write", Bit),
            req_wdata: m.output_wire("dbus_req_wdata", U(32)),
            req_wstrb: m.output_wire("dbus_req_wstrb", U(4)),
            req_ram_only: m.output_wire("dbus_req_partial", Bit),
            rsp_valid: m.input("dbus_rsp_valid", Bit),
            rsp_rdata: m.input("dbus_rsp_rdata", U(32)),
            rsp_error: m.input("dbus_rsp_error", Bit),
        }
    }
}
