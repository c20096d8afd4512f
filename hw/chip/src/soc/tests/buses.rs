//! The ports of the top modules with standard buses, as docs/soc.md has them.

use std::collections::BTreeMap;

use systole_hdl::prelude::*;

use super::super::{systole_axi, systole_wishbone};
use super::{config, ports};
use crate::ChipConfig;

/// Names and widths.
type Fields = Vec<(&'static str, u32)>;

/// `(prefix, is output, names and widths)` as the ports that they are.
fn expected(buses: &[(&str, bool, Fields)]) -> BTreeMap<String, (bool, u32)> {
    let common = [("external_interrupt", (false, 1)), ("npu_interrupt", (true, 1))];
    let mut all: BTreeMap<String, (bool, u32)> =
        common.into_iter().map(|(name, port)| (name.to_owned(), port)).collect();
    for (prefix, output, names) in buses {
        for (name, width) in names {
            all.insert(format!("{prefix}_{name}"), (*output, *width));
        }
    }
    all
}

fn read_asks(address: u32) -> Fields {
    vec![("arvalid", 1), ("araddr", address), ("arprot", 3), ("rready", 1)]
}

fn read_answers(bits: u32) -> Fields {
    vec![("arready", 1), ("rvalid", 1), ("rdata", bits), ("rresp", 2)]
}

fn write_asks(address: u32) -> Fields {
    let first = [("awvalid", 1), ("awaddr", address), ("awprot", 3), ("bready", 1)];
    [&first[..], &[("wvalid", 1), ("wdata", 32), ("wstrb", 4)]].concat()
}

fn write_answers() -> Fields {
    vec![("awready", 1), ("wready", 1), ("bvalid", 1), ("bresp", 2)]
}

#[test]
fn the_ports_of_systole_axi_are_those_of_the_manual() {
    for preset in ChipConfig::presets() {
        let config = config(preset);
        let design = check(&systole_axi(&config)).unwrap_or_else(|errors| panic!("{errors}"));
        let mut found = ports(&design);
        // The NPU's, which are those of `systole_soc`.
        let npu = ports(&super::design(&config, false));
        for (name, port) in npu.iter().filter(|(name, _)| name.starts_with("m_axi_")) {
            assert_eq!(found.remove(name), Some(*port), "{preset} {name}");
        }
        let buses = [
            ("m_axil_ibus", true, read_asks(32)),
            ("m_axil_ibus", false, read_answers(config.core.fetch_bits())),
            ("m_axil_dbus", true, read_asks(32)),
            ("m_axil_dbus", false, read_answers(32)),
            ("m_axil_dbus", true, write_asks(32)),
            ("m_axil_dbus", false, write_answers()),
            ("s_axil", false, read_asks(17)),
            ("s_axil", true, read_answers(32)),
            ("s_axil", false, write_asks(17)),
            ("s_axil", true, write_answers()),
        ];
        assert_eq!(found, expected(&buses), "{preset}");
    }
}

#[test]
fn the_ports_of_systole_wishbone_are_those_of_the_manual() {
    for preset in ChipConfig::presets() {
        let config = config(preset);
        let design = check(&systole_wishbone(&config)).unwrap_or_else(|errors| panic!("{errors}"));
        let (fetch, beat) = (config.core.fetch_bits(), config.npu.bus_bits);
        let reads = |bits| {
            vec![("cyc_o", 1), ("stb_o", 1), ("adr_o", 32), ("we_o", 1), ("sel_o", bits / 8)]
        };
        let ends = |bits| vec![("ack_i", 1), ("err_i", 1), ("dat_i", bits)];
        let host = vec![
            ("cyc_i", 1),
            ("stb_i", 1),
            ("adr_i", 17),
            ("we_i", 1),
            ("sel_i", 4),
            ("dat_i", 32),
        ];
        let buses = [
            ("wbm_ibus", true, reads(fetch)),
            ("wbm_ibus", false, ends(fetch)),
            ("wbm_dbus", true, [reads(32), vec![("dat_o", 32)]].concat()),
            ("wbm_dbus", false, ends(32)),
            ("wbm_npu", true, [reads(beat), vec![("dat_o", beat)]].concat()),
            ("wbm_npu", false, ends(beat)),
            ("wbs", false, host),
            ("wbs", true, vec![("ack_o", 1), ("err_o", 1), ("dat_o", 32)]),
        ];
        assert_eq!(ports(&design), expected(&buses), "{preset}");
    }
}

#[test]
fn vivado_is_told_what_every_axi_port_is() {
    let design = check(&systole_axi(&config("nano"))).unwrap_or_else(|errors| panic!("{errors}"));
    let attributes = &design.top.port_attributes;
    let told = |port: &str, name: &str| {
        let found = attributes.iter().find(|of| of.port == port && of.name == name);
        found.map(|of| of.value.as_str())
    };
    for port in design.top.ports().filter(|port| port.name.contains("axi")) {
        let (bus, signal) = port.name.rsplit_once('_').unwrap();
        let signal = signal.to_uppercase();
        let expected = format!("xilinx.com:interface:aximm:1.0 {bus} {signal}");
        assert_eq!(told(&port.name, "X_INTERFACE_INFO"), Some(expected.as_str()));
    }
    let clock = "ASSOCIATED_BUSIF m_axi:m_axil_ibus:m_axil_dbus:s_axil, ASSOCIATED_RESET rst";
    assert_eq!(told("clk", "X_INTERFACE_PARAMETER"), Some(clock));
    assert_eq!(told("rst", "X_INTERFACE_PARAMETER"), Some("POLARITY ACTIVE_HIGH"));
}
