//! The RAM of a chip with a sequential NPU, or with none.

use systole_hdl::prelude::*;

use super::buses::{RamRead, RamWrite};
use super::ram::word_index;
use super::shape::{Shape, part, part_of_next_cycle};
use crate::blocks::turns::take_turns;

/// Module `board_single_ram`: one read or write in a cycle, so that it may be made of blocks with a
/// single port, such as the large ones of an iCE40. Hart and NPU take turns when both ask. Writes of
/// the hart go before its reads; the hart, whose writes come from what it read, cannot write for ever.
pub fn single_ram(shape: Shape) -> Module {
    let Shape { fetch_bits, beat_bits, address_bits } = shape;
    let word_bits = shape.word_bits();
    module("board_single_ram", |m| {
        m.doc("RAM with one read or one write in a cycle.");
        let hart_read = RamRead::sink(m, "hart", address_bits, fetch_bits);
        let hart_write = RamWrite::sink(m, "hart", address_bits, 32);
        let words = m.memory("words", shape.words(), U(word_bits)).collisions_unused();
        let mut access = Access::of(shape, hart_read, hart_write);
        let mut hart_may = lit(1, Bit);
        let mut readers = vec![("hart_part", hart_read, fetch_bits)];
        if beat_bits > 0 {
            m.section("Whose turn it is");
            let npu_read = RamRead::sink(m, "npu", address_bits, beat_bits);
            let npu_write = RamWrite::sink(m, "npu", address_bits, beat_bits);
            let npu = Access::of(shape, npu_read, npu_write);
            let asking = [access, npu].map(|access| access.reads | access.writes);
            let any = (asking[0] | asking[1]).named("asked");
            let [first_may, npu_may] = take_turns(m, "port", asking, any);
            hart_may = first_may;
            npu_read.read_ready.drive(npu_may);
            npu_write.write_ready.drive(npu_may);
            access = npu.or(asking[1] & npu_may, access);
            readers.push(("npu_part", npu_read, beat_bits));
        }
        hart_write.write_ready.drive(hart_may);
        hart_read.read_ready.drive(hart_may & !hart_write.write_valid);

        m.section("The access");
        let Access { reads, writes, address, data, strobe } = access;
        let index = word_index(address.named("address"), shape).named("index");
        m.clocked(|| {
            when(writes, || words.write_bytes(index, data, strobe));
        });
        let word = words.read_sync("word", index, (reads & !writes).named("moves_out"));
        for (name, read, bits) in readers {
            let number = part_of_next_cycle(m, name, read.read_address, (word_bits, bits));
            read.read_data.drive(part(word, number, bits));
        }
        m.cover("read_waits", hart_read.read_valid & hart_write.write_valid);
    })
}

/// What one side asks of the RAM, in words of the RAM.
#[derive(Clone, Copy)]
struct Access {
    reads: Signal,
    writes: Signal,
    address: Signal,
    data: Signal,
    strobe: Signal,
}

impl Access {
    fn of(shape: Shape, read: RamRead, write: RamWrite) -> Self {
        let copies = shape.word_bits() / write.write_data.width();
        Self {
            reads: read.read_valid,
            writes: write.write_valid,
            address: write.write_valid.mux(write.write_address, read.read_address),
            data: write.write_data.repeat(copies),
            strobe: shape.strobe(write),
        }
    }

    /// This one when `mine`, else the other.
    fn or(self, mine: Signal, other: Self) -> Self {
        Self {
            reads: mine.mux(self.reads, other.reads).named("reads"),
            writes: mine.mux(self.writes, other.writes).named("writes"),
            address: mine.mux(self.address, other.address),
            data: mine.mux(self.data, other.data).named("data"),
            strobe: mine.mux(self.strobe, other.strobe).named("strobe"),
        }
    }
}
