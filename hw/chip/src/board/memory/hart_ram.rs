//! The RAM of a chip without an NPU.

use systole_hdl::prelude::*;

use super::buses::{RamRead, RamWrite};
use super::ram::word_index;
use super::shape::Shape;

/// Module `board_hart_ram`: one read or write in a cycle, so that it may be made of blocks with a
/// single port, such as the large ones of an iCE40. Writes go first; the hart, whose writes come from
/// what it read, cannot write for ever.
pub fn hart_ram(shape: Shape) -> Module {
    let Shape { fetch_bits, address_bits, .. } = shape;
    module("board_hart_ram", |m| {
        m.doc("RAM with one read or one write in a cycle.");
        let read = RamRead::sink(m, "hart", address_bits, fetch_bits);
        let write = RamWrite::sink(m, "hart", address_bits, 32);
        let words = m.memory("words", shape.words(), U(fetch_bits)).collisions_unused();
        let writes = write.write_valid;
        read.read_ready.drive(!writes);
        write.write_ready.drive(1);
        let address = writes.mux(write.write_address, read.read_address).named("address");
        let index = word_index(address, shape).named("index");
        m.clocked(|| {
            let data = write.write_data.repeat(fetch_bits / 32);
            when(writes, || words.write_bytes(index, data, shape.strobe(write)));
        });
        let reads = (read.read_valid & !writes).named("reads");
        read.read_data.drive(words.read_sync("word", index, reads));
        m.cover("read_waits", read.read_valid & writes);
    })
}
