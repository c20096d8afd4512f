//! How the memory behind the chip's ports misbehaves.

pub use verilator_sys::PortStalls;

/// A profile of back-pressure, latency and errors for every port. The default is an ideal memory:
/// always ready, answering in the next cycle, never wrong inside RAM.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Stalls {
    /// Instruction port.
    pub ibus: PortStalls,
    /// Data port.
    pub dbus: PortStalls,
    /// AXI read channels: `request` is AR, `data` and `error` are R.
    pub axi_read: PortStalls,
    /// AXI write channels: `request` is AW, `data` is W, `error` and latency are B.
    pub axi_write: PortStalls,
}

impl Stalls {
    /// The same misbehaviour on every port.
    pub fn everywhere(port: PortStalls) -> Self {
        Stalls { ibus: port, dbus: port, axi_read: port, axi_write: port }
    }

    pub(crate) fn profiles(&self) -> [PortStalls; 4] {
        [self.ibus, self.dbus, self.axi_read, self.axi_write]
    }
}
