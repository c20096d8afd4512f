//! The external bus of a sequential NPU: one word at a time.

use systole_hdl::prelude::*;

/// Module `npu_bus_port`: a read or a write of one word, asked for until `done`. Address, data and
/// strobe stay as they are meanwhile. `failed` in the cycle of `done`: the bus answered with an error.
pub fn bus_port() -> Module {
    module("npu_bus_port", |m| {
        m.doc("Single words on AXI4.");
        let read = m.input("read", Bit);
        let write = m.input("write", Bit);
        let address = m.input("address", U(32));
        let data = m.input("data", U(32));
        let strobe = m.input("strobe", U(4));
        let [arready, rvalid, rlast] =
            ["arready", "rvalid", "rlast"].map(|port| m.input(format!("m_axi_{port}"), Bit));
        let rdata = m.input("m_axi_rdata", U(32));
        let rresp = m.input("m_axi_rresp", U(2));
        let [awready, wready, bvalid] =
            ["awready", "wready", "bvalid"].map(|port| m.input(format!("m_axi_{port}"), Bit));
        let bresp = m.input("m_axi_bresp", U(2));
        rlast.unused();
        rresp.bit(0).unused();
        bresp.bit(0).unused();
        address.bits(1, 0).unused();

        m.section("What the bus has taken");
        let address_taken = m.reg("address_taken", Bit).reset(0);
        let data_taken = m.reg("data_taken", Bit).reset(0);
        let arvalid = m.output("m_axi_arvalid", read & !address_taken);
        let awvalid = m.output("m_axi_awvalid", write & !address_taken);
        let wvalid = m.output("m_axi_wvalid", write & !data_taken);
        let done = m.output("done", (read & rvalid) | (write & bvalid));
        m.clocked(|| {
            when((arvalid & arready) | (awvalid & awready), || address_taken.set(1));
            when(wvalid & wready, || data_taken.set(1));
            when(done, || {
                address_taken.set(0);
                data_taken.set(0);
            });
        });

        m.section("Channels");
        let word = cat(&[address.bits(31, 2), zero(U(2))]);
        for channel in ["ar", "aw"] {
            m.output(format!("m_axi_{channel}addr"), word);
            m.output(format!("m_axi_{channel}len"), zero(U(8)));
        }
        m.output("m_axi_wdata", data);
        m.output("m_axi_wstrb", strobe);
        m.output("m_axi_wlast", lit(1, Bit));
        m.output("m_axi_rready", read);
        m.output("m_axi_bready", write);
        m.output("word", rdata);
        m.output("failed", read.mux(rresp.bit(1), bresp.bit(1)));
        m.output("writing", write);
    })
}
