//! The chip for a system of Wishbone.

use systole_hdl::prelude::*;

use super::bus::{AxiRead, AxiWrite, DataBus, FetchBus};
use super::{export, host, soc_with_host, vivado};
use crate::ChipConfig;
use crate::bus::buses::{WishboneMaster, WishboneReader, WishboneSlave};
use crate::bus::{axi_to_wishbone, wishbone_fetch, wishbone_master, wishbone_slave};

/// The top module `systole_wishbone`, for a validated configuration: the SoC with the hart on
/// `wbm_ibus_*` (which only reads) and `wbm_dbus_*`, the NPU on `wbm_npu_*` if there is one, and a port for a host,
/// `wbs_*`; all are Wishbone B4, classic cycles.
pub fn systole_wishbone(config: &ChipConfig) -> Module {
    let fetch_bits = config.core.fetch_bits();
    let inner = soc_with_host(config);
    module("systole_wishbone", |m| {
        m.doc("Systole with Wishbone B4, classic cycles.");
        let soc = m.instance("soc", &inner);
        export(m, soc, &inner, "external_interrupt");
        export(m, soc, &inner, "npu_interrupt");

        m.section("The hart");
        let fetch = m.instance("fetch", &wishbone_fetch(fetch_bits));
        FetchBus::of_instance(&soc, "ibus", fetch_bits).into_instance(&fetch, "bus");
        WishboneReader::of_instance(&fetch, "wbm", fetch_bits)
            .connect_to(WishboneReader::source(m, "wbm_ibus", fetch_bits));
        let data = m.instance("data", &wishbone_master());
        DataBus::of_instance(&soc, "dbus", 32).into_instance(&data, "bus");
        WishboneMaster::of_instance(&data, "wbm", 32)
            .connect_to(WishboneMaster::source(m, "wbm_dbus", 32));

        if config.has_npu() {
            npu_bursts(m, &soc, config.npu.bus_bits);
        }

        m.section("The host");
        let host = m.instance("host", &wishbone_slave(host::ADDRESS_BITS));
        WishboneSlave::sink(m, "wbs", host::ADDRESS_BITS).into_instance(&host, "wbs");
        DataBus::of_instance(&host, "bus", host::ADDRESS_BITS).into_instance(&soc, "host");
        vivado::describe(m, &[]);
    })
}

/// The NPU's bursts, of beats of `beat_bits`, on a bus of their own.
fn npu_bursts(m: M, soc: &Instance, beat_bits: u32) {
    m.section("The NPU");
    let bursts = m.instance("bursts", &axi_to_wishbone(beat_bits));
    for constant in ["arsize", "arburst", "awsize", "awburst"] {
        soc.unused(format!("m_axi_{constant}"));
    }
    AxiRead::of_instance(soc, "m_axi", beat_bits).into_instance(&bursts, "s_axi");
    AxiWrite::of_instance(soc, "m_axi", beat_bits).into_instance(&bursts, "s_axi");
    WishboneMaster::of_instance(&bursts, "wbm", beat_bits)
        .connect_to(WishboneMaster::source(m, "wbm_npu", beat_bits));
}
