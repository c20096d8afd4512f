//! The RAM, and who reads and writes it next.

use systole_hdl::prelude::*;

use super::buses::{RamRead, RamWrite};
use super::shape::{Shape, part, part_of_next_cycle};
use crate::blocks::turns::take_turns;

/// Module `board_ram`: one read and one write in a cycle, of the hart (`hart_*`) or the NPU
/// (`npu_*`), which take turns when both ask. A read of a word that is being written gives what is
/// written.
pub fn ram(shape: Shape) -> Module {
    let Shape { fetch_bits, beat_bits, address_bits } = shape;
    let word_bits = shape.word_bits();
    module("board_ram", |m| {
        m.doc("RAM with one read and one write in a cycle.");
        let hart_read = RamRead::sink(m, "hart", address_bits, fetch_bits);
        let npu_read = RamRead::sink(m, "npu", address_bits, beat_bits);
        let hart_write = RamWrite::sink(m, "hart", address_bits, 32);
        let npu_write = RamWrite::sink(m, "npu", address_bits, beat_bits);
        let words = m
            .memory("words", shape.words(), U(word_bits))
            .style(RamStyle::Block)
            .collisions_unused();

        m.section("Reads");
        let asking = [hart_read.read_valid, npu_read.read_valid];
        let reads = (asking[0] | asking[1]).named("reads");
        let [hart_may, npu_may] = take_turns(m, "read", asking, reads);
        hart_read.read_ready.drive(hart_may);
        npu_read.read_ready.drive(npu_may);
        let for_npu = asking[1] & npu_may;
        let address = for_npu.mux(npu_read.read_address, hart_read.read_address);
        let read_index = word_index(address.named("read_address"), shape).named("read_index");

        m.section("Writes");
        let write = write_of_cycle(m, shape, hart_write, npu_write);
        m.clocked(|| {
            when(write.valid, || words.write_bytes(write.index, write.data, write.strobe));
        });

        m.section("Words read");
        let old = words.read_sync("old_data", read_index, reads);
        let word = newest(m, old, read_index, &write).named("word");
        for (name, read, bits) in
            [("hart_part", hart_read, fetch_bits), ("npu_part", npu_read, beat_bits)]
        {
            let number = part_of_next_cycle(m, name, read.read_address, (word_bits, bits));
            read.read_data.drive(part(word, number, bits));
        }
    })
}

/// The word that is written in a cycle.
struct Write {
    valid: Signal,
    index: Signal,
    data: Signal,
    strobe: Signal,
}

/// The write of the hart or of the NPU, whose turn it is, as one of a word of the RAM.
fn write_of_cycle(m: M, shape: Shape, hart: RamWrite, npu: RamWrite) -> Write {
    let word_bits = shape.word_bits();
    let asking = [hart.write_valid, npu.write_valid];
    let valid = (asking[0] | asking[1]).named("writes");
    let [hart_may, npu_may] = take_turns(m, "write", asking, valid);
    hart.write_ready.drive(hart_may);
    npu.write_ready.drive(npu_may);
    let for_npu = (asking[1] & npu_may).named("write_for_npu");
    let address = for_npu.mux(npu.write_address, hart.write_address).named("write_address");
    let copies = |data: Signal| data.repeat(word_bits / data.width());
    let data = for_npu.mux(copies(npu.write_data), copies(hart.write_data));
    let strobe = for_npu.mux(shape.strobe(npu), shape.strobe(hart));
    Write {
        valid,
        index: word_index(address, shape).named("write_index"),
        data: data.named("write_data"),
        strobe: strobe.named("write_strobe"),
    }
}

/// The number of the word at a byte address.
pub fn word_index(address: Signal, shape: Shape) -> Signal {
    address.bits(shape.address_bits - 1, (shape.word_bits() / 8).ilog2())
}

/// `old`, what a block RAM gives in the cycle after a read, with the bytes that were written in the
/// cycle of the read.
///
/// What a block RAM gives for those differs among FPGAs, and an imitation of the old word, which
/// is what Verilog's memories give, takes more registers than this.
fn newest(m: M, old: Signal, read_index: Signal, write: &Write) -> Signal {
    let collides = (write.valid & read_index.eq(write.index)).named("collides");
    let bytes = m.reg("new_bytes", write.strobe.ty()).doc("written while they were read");
    let data = m.reg("new_data", write.data.ty());
    m.clocked(|| {
        bytes.set(write.strobe & collides.repeat(write.strobe.width()));
        data.set(write.data);
    });
    m.cover("read_meets_write", collides);
    let byte = |n: u32| {
        let of = |word: Signal| word.bits(8 * n + 7, 8 * n);
        bytes.bit(n).mux(of(data), of(old))
    };
    cat(&(0..bytes.width()).rev().map(byte).collect::<Vec<_>>())
}
