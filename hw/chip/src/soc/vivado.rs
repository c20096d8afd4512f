//! What Vivado wants to know of a top module's ports, as attributes (Xilinx UG994, "Using a Module
//! Reference"): so its block designs connect interfaces instead of wires.

use systole_hdl::prelude::*;

/// Describes the ports that were declared so far: clock, reset, interrupts, and AXI `interfaces` by
/// the prefixes of their ports.
pub fn describe(m: M, interfaces: &[&str]) {
    let info = |port: &str, what: &str, name: &str, signal: &str| {
        m.port_attribute(
            port,
            "X_INTERFACE_INFO",
            format!("xilinx.com:{what}:1.0 {name} {signal}"),
        );
    };
    let parameter = |port: &str, text: &str| m.port_attribute(port, "X_INTERFACE_PARAMETER", text);
    info("clk", "signal:clock", "clk", "CLK");
    let buses = match interfaces {
        [] => String::new(),
        some => format!("ASSOCIATED_BUSIF {}, ", some.join(":")),
    };
    parameter("clk", &format!("{buses}ASSOCIATED_RESET rst"));
    info("rst", "signal:reset", "rst", "RST");
    parameter("rst", "POLARITY ACTIVE_HIGH");
    for port in m.port_names() {
        if port.ends_with("_interrupt") {
            info(&port, "signal:interrupt", &port, "INTERRUPT");
            parameter(&port, "SENSITIVITY LEVEL_HIGH");
        }
        let Some((interface, signal)) = port.rsplit_once('_') else { continue };
        if interfaces.contains(&interface) {
            info(&port, "interface:aximm", interface, &signal.to_uppercase());
        }
    }
}
