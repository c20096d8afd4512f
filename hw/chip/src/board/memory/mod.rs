//! The memory of a board: RAM for the hart and the NPU, and the boot ROM.

pub mod axi_reader;
pub mod axi_writer;
pub mod boot_rom;
pub mod buses;
pub mod hart_port;
pub mod ram;
pub mod shape;
pub mod single_ram;
pub mod single_words;

#[cfg(test)]
mod tests;

use systole_hdl::prelude::*;

use crate::ChipConfig;
use crate::soc::bus::{AxiRead, AxiWrite, DataBus, FetchBus};
use axi_reader::axi_reader;
use axi_writer::axi_writer;
use buses::{RamRead, RamWrite};
use hart_port::hart_port;
use ram::ram;
use shape::Shape;
use single_ram::single_ram;
use single_words::single_words;

/// Module `board_memory`: `memory.ram_bytes` of RAM from 0x8000_0000 for the hart (`ibus_*`,
/// `dbus_*`) and the NPU (`m_axi_*`) if there is one, below the boot ROM while `overlay` is 1.
///
/// The hart is answered in the cycle after its request was taken. With an NPU a word of the RAM moves
/// in and another out in every cycle, and who asks is served: the NPU after at most one access of the
/// hart, `ibus` and `dbus` after at most three of others. Without one, or with a sequential one, a word moves
/// in or out.
pub fn memory(config: &ChipConfig) -> Module {
    let shape = Shape::of(config);
    let Shape { fetch_bits, address_bits, .. } = shape;
    let single = config.npu.sequential || !config.has_npu();
    let ram = if single { single_ram(shape) } else { ram(shape) };
    module("board_memory", |m| {
        m.doc("RAM and boot ROM.");
        let overlay = m.input("overlay", Bit).doc("the boot ROM lies over the RAM");
        let ibus = FetchBus::sink(m, "ibus", fetch_bits);
        let dbus = DataBus::sink(m, "dbus", 32);
        let hart = m.instance("hart_port", &hart_port(shape)).pin("overlay", overlay);
        ibus.into_instance(&hart, "ibus");
        dbus.into_instance(&hart, "dbus");
        let ram = m.instance("ram", &ram);
        RamRead::of_instance(&hart, "ram", address_bits, fetch_bits).into_instance(&ram, "hart");
        RamWrite::of_instance(&hart, "ram", address_bits, 32).into_instance(&ram, "hart");
        if config.has_npu() {
            npu_side(m, shape, &ram, single);
        }
    })
}

/// The NPU's side: its bursts, or single words, as reads and writes of the RAM.
fn npu_side(m: M, shape: Shape, ram: &Instance, single: bool) {
    let Shape { beat_bits, address_bits, .. } = shape;
    let axi_read = AxiRead::sink(m, "m_axi", beat_bits);
    let axi_write = AxiWrite::sink(m, "m_axi", beat_bits);
    if single {
        let words = m.instance("single_words", &single_words(shape));
        axi_read.into_instance(&words, "m_axi");
        axi_write.into_instance(&words, "m_axi");
        RamRead::of_instance(&words, "ram", address_bits, beat_bits).into_instance(ram, "npu");
        RamWrite::of_instance(&words, "ram", address_bits, beat_bits).into_instance(ram, "npu");
        return;
    }
    let reader = m.instance("axi_reader", &axi_reader(shape));
    axi_read.into_instance(&reader, "m_axi");
    let writer = m.instance("axi_writer", &axi_writer(shape));
    axi_write.into_instance(&writer, "m_axi");
    RamRead::of_instance(&reader, "ram", address_bits, beat_bits).into_instance(ram, "npu");
    RamWrite::of_instance(&writer, "ram", address_bits, beat_bits).into_instance(ram, "npu");
}
