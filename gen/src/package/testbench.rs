//! A testbench in plain Verilog: the hart runs a program from a memory behind the chip's buses.

use askama::Template;

use super::{Bus, Package};
use crate::{GeneratedFile, rendered};

/// Name of the file; its module is `testbench`.
pub const TESTBENCH: &str = "testbench.v";

/// The testbench of a chip with its buses.
pub fn print(package: &Package) -> GeneratedFile {
    let fetch = match package.bus {
        Bus::Native => "ibus_rsp_rdata",
        Bus::Axi => "m_axil_ibus_rdata",
        Bus::Wishbone => "wbm_ibus_dat_i",
    };
    let file = Testbench {
        top: package.top(),
        bus: package.bus,
        fetch_words: package.width(fetch) / 32,
        ports: package.ports().map(|(name, width, output)| Port { name, width, output }).collect(),
    };
    GeneratedFile { path: TESTBENCH.into(), text: rendered(&file) }
}

/// A port of the chip, and the wire of its name.
struct Port<'a> {
    name: &'a str,
    width: u32,
    output: bool,
}

#[derive(Template)]
#[template(path = "package/testbench.v", escape = "none")]
struct Testbench<'a> {
    top: &'a str,
    bus: Bus,
    fetch_words: u32,
    ports: Vec<Port<'a>>,
}

impl Testbench<'_> {
    /// Inputs that the memory does not drive.
    fn quiet(&self) -> impl Iterator<Item = &Port<'_>> {
        let idle = ["m_axi_", "s_axil_", "wbm_npu_", "wbs_", "external_interrupt"];
        self.ports
            .iter()
            .filter(move |port| !port.output && idle.iter().any(|of| port.name.starts_with(of)))
    }
}
