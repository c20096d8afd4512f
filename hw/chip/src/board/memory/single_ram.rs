//! The RAM of a chip with a sequential NPU.

use systole_hdl::prelude::*;

use super::buses::{RamRead, RamWrite};
use super::ram::word_index;
use super::shape::{Shape, part, part_of_next_cycle};
use crate::blocks::turns::take_turns;

/// Module `board_single_ram`: one read or write in a cycle, so that it may be made of blocks with a
/// single port. Hart and NPU take turns when both ask; writes of the hart go before its reads.
pub fn single_ram(shape: Shape) -> Module {
    let Shape { fetch_bits, beat_bits, address_bits } = shape;
    let word_bits = shape.word_bits();
    module("board_single_ram", |m| {
        m.doc("RAM with one read or one write in a cycle.");
        let hart_read = RamRead::sink(m, "hart", address_bits, fetch_bits);
        let npu_read = RamRead::sink(m, "npu", address_bits, beat_bits);
        let hart_write = RamWrite::sink(m, "hart", address_bits, 32);
        let npu_write = RamWrite::sink(m, "npu", address_bits, beat_bits);
        let words = m.memory("words", shape.words(), U(word_bits)).collisions_unused();

        m.section("Whose turn it is");
        let hart_asks = (hart_read.read_valid | hart_write.write_valid).named("hart_asks");
        let npu_asks = (npu_read.read_valid | npu_write.write_valid).named("npu_asks");
        let asking = [hart_asks, npu_asks];
        let [hart_may, npu_may] = take_turns(m, "port", asking, hart_asks | npu_asks);
        hart_write.write_ready.drive(hart_may);
        hart_read.read_ready.drive(hart_may & !hart_write.write_valid);
        npu_write.write_ready.drive(npu_may);
        npu_read.read_ready.drive(npu_may);
        let for_npu = (npu_asks & npu_may).named("for_npu");

        m.section("The access");
        let of_hart = hart_write.write_valid;
        let writes = for_npu.mux(npu_write.write_valid, of_hart).named("writes");
        let hart_address = of_hart.mux(hart_write.write_address, hart_read.read_address);
        let of_npu = npu_write.write_valid;
        let npu_address = of_npu.mux(npu_write.write_address, npu_read.read_address);
        let address = for_npu.mux(npu_address, hart_address).named("address");
        let index = word_index(address, shape).named("index");
        let copies = |data: Signal| data.repeat(word_bits / data.width());
        let data = for_npu.mux(copies(npu_write.write_data), copies(hart_write.write_data));
        let strobe = for_npu.mux(shape.strobe(npu_write), shape.strobe(hart_write));
        let (data, strobe) = (data.named("data"), strobe.named("strobe"));
        m.clocked(|| {
            when(writes, || words.write_bytes(index, data, strobe));
        });
        let reads = for_npu.mux(npu_read.read_valid, hart_read.read_valid) & !writes;
        let word = words.read_sync("word", index, reads.named("reads"));
        for (name, read, bits) in
            [("hart_part", hart_read, fetch_bits), ("npu_part", npu_read, beat_bits)]
        {
            let number = part_of_next_cycle(m, name, read.read_address, (word_bits, bits));
            read.read_data.drive(part(word, number, bits));
        }
        m.cover("read_waits", hart_read.read_valid & hart_write.write_valid);
    })
}
