//! The data port.

use systole_hdl::prelude::*;

use super::atomic::AtomicControl;

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

    /// Drives the request channel; writeback has it for the second half of an AMO.
    pub fn request(&self, request: &Request) {
        let Request { valid, address, is_store, is_atomic, store, amo } = *request;
        let word = |address: Signal| cat(&[address.bits(31, 2), lit(0, U(2))]);
        let partial = (!store.out("lanes").all()).named("is_partial");
        let ram_only = is_atomic.map_or(partial, |is_atomic| partial | is_atomic);
        let Some((atomic, amo_address)) = amo else {
            self.req_valid.drive(valid);
            self.req_address.drive(word(address));
            self.req_write.drive(is_store);
            self.req_wdata.drive(store.out("wdata"));
            self.req_wstrb.drive(store.out("wstrb"));
            self.req_ram_only.drive(ram_only);
            return;
        };
        let amo_writes = atomic.req_valid;
        self.req_valid.drive(valid | amo_writes);
        self.req_address.drive(word(amo_writes.mux(amo_address, address).named("req_address")));
        self.req_write.drive(is_store | amo_writes);
        self.req_wdata.drive(amo_writes.mux(atomic.req_wdata, store.out("wdata")));
        self.req_wstrb.drive(store.out("wstrb") | amo_writes.repeat(4));
        self.req_ram_only.drive(ram_only | amo_writes);
    }
}

/// What execute asks of the data port.
pub struct Request {
    pub valid: Signal,
    pub address: Signal,
    /// Store, and SC.
    pub is_store: Signal,
    /// LR, SC or AMO, where there are any.
    pub is_atomic: Option<Signal>,
    /// An instance of [`store_align`](super::store_align::store_align).
    pub store: Instance,
    /// Where there are AMOs: what writeback asks for, and at which address.
    pub amo: Option<(AtomicControl, Signal)>,
}
