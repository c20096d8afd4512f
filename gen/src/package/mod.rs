//! What a chip needs to be part of a design of someone else's: a core file for FuseSoC, a wrapper for
//! LiteX, and a testbench that runs a program.

mod fusesoc;
mod litex;
mod testbench;

use systole_hdl::Design;
use systole_hdl::ir::Direction;

pub(crate) use fusesoc::board_core;
pub use testbench::TESTBENCH;

use crate::GeneratedFile;

/// The buses of a top module, which decide what stands around it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bus {
    /// The chip's own: `systole_soc`.
    Native,
    /// AXI4 and AXI4-Lite: `systole_axi`.
    Axi,
    /// Wishbone B4: `systole_wishbone`.
    Wishbone,
}

/// What is packaged.
#[derive(Clone, Copy, Debug)]
pub struct Package<'a> {
    /// The chip with its buses.
    pub design: &'a Design,
    /// Which buses they are.
    pub bus: Bus,
    /// Instruction set, in lower case, as compilers take it: `rv32imc_zicsr`.
    pub isa: &'a str,
}

impl Package<'_> {
    /// All files, to be written beside the Verilog: `<top>.core` and `testbench.v`, and for Wishbone
    /// the folder `systole` with a CPU for LiteX.
    pub fn files(&self) -> Vec<GeneratedFile> {
        let mut files = vec![fusesoc::core(self), testbench::print(self)];
        if self.bus == Bus::Wishbone {
            files.extend(litex::print(self));
        }
        files
    }

    /// Name of the top module.
    fn top(&self) -> &str {
        &self.design.top.name
    }

    /// Width of a port in bits, 0 if there is none.
    fn width(&self, port: &str) -> u32 {
        let found = self.design.top.ports().find(|candidate| candidate.name == port);
        found.map_or(0, |port| port.ty.width())
    }

    /// Name, width and whether it is an output, of each port but clock and reset.
    fn ports(&self) -> impl Iterator<Item = (&str, u32, bool)> {
        self.design
            .top
            .ports()
            .map(|port| (port.name.as_str(), port.ty.width(), port.port == Some(Direction::Output)))
    }
}
