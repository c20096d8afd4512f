//! The chip for a system of AXI.

use systole_hdl::prelude::*;

use super::bus::{DataBus, FetchBus};
use super::{export, host, soc_with_host, vivado};
use crate::ChipConfig;
use crate::bus::buses::{AxiLiteRead, AxiLiteWrite};
use crate::bus::{axi_lite_fetch, axi_lite_master, axi_lite_slave};

/// The AXI interfaces of the module, that of the NPU first.
const INTERFACES: [&str; 4] = ["m_axi", "m_axil_ibus", "m_axil_dbus", "s_axil"];

/// The top module `systole_axi`, for a validated configuration: the SoC with the NPU on `m_axi_*`
/// (AXI4) if there is one, the hart on `m_axil_ibus_*` (AXI4-Lite, read channels) and `m_axil_dbus_*` (AXI4-Lite), and
/// a port for a host, `s_axil_*` (AXI4-Lite). Vivado is told what they are.
pub fn systole_axi(config: &ChipConfig) -> Module {
    let fetch_bits = config.core.fetch_bits();
    let inner = soc_with_host(config);
    module("systole_axi", |m| {
        m.doc("Systole with AXI4 and AXI4-Lite.");
        let soc = m.instance("soc", &inner);
        export(m, soc, &inner, "external_interrupt");
        export(m, soc, &inner, "npu_interrupt");
        export(m, soc, &inner, "m_axi_");

        m.section("The hart");
        let fetch = m.instance("fetch", &axi_lite_fetch(fetch_bits));
        FetchBus::of_instance(&soc, "ibus", fetch_bits).into_instance(&fetch, "bus");
        AxiLiteRead::of_instance(&fetch, "m_axil", 32, fetch_bits).connect_to(AxiLiteRead::source(
            m,
            "m_axil_ibus",
            32,
            fetch_bits,
        ));
        let data = m.instance("data", &axi_lite_master());
        DataBus::of_instance(&soc, "dbus", 32).into_instance(&data, "bus");
        AxiLiteWrite::of_instance(&data, "m_axil", 32, 32).connect_to(AxiLiteWrite::source(
            m,
            "m_axil_dbus",
            32,
            32,
        ));
        AxiLiteRead::of_instance(&data, "m_axil", 32, 32).connect_to(AxiLiteRead::source(
            m,
            "m_axil_dbus",
            32,
            32,
        ));

        m.section("The host");
        let bits = host::ADDRESS_BITS;
        let host = m.instance("host", &axi_lite_slave(bits));
        AxiLiteWrite::sink(m, "s_axil", bits, 32).into_instance(&host, "s_axil");
        AxiLiteRead::sink(m, "s_axil", bits, 32).into_instance(&host, "s_axil");
        DataBus::of_instance(&host, "bus", bits).into_instance(&soc, "host");
        let without = if config.has_npu() { 0 } else { 1 };
        vivado::describe(m, &INTERFACES[without..]);
    })
}
