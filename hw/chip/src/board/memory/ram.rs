//! The RAM, and who reads and writes it next.

use systole_hdl::prelude::*;

use super::buses::{RamRead, RamWrite};
use super::shape::{Shape, part, part_number, part_of_next_cycle};
use super::turns::take_turns;

/// Module `board_ram`: one read and one write in a cycle, of the hart (`hart_*`) or the NPU
/// (`npu_*`), which take turns when both ask. A read of a word that is being written gives what is written.
///
/// That comes from registers beside the block RAM: what one gives then differs among FPGAs, and
/// imitating the old word, which Verilog's memories would give, takes more of them.
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
        let index = |address: Signal| address.bits(address_bits - 1, (word_bits / 8).ilog2());

        m.section("Reads");
        let asking = [hart_read.read_valid, npu_read.read_valid];
        let reads = (asking[0] | asking[1]).named("reads");
        let [hart_may, npu_may] = take_turns(m, "read", asking, reads);
        hart_read.read_ready.drive(hart_may);
        npu_read.read_ready.drive(npu_may);
        let for_npu = asking[1] & npu_may;
        let read_address = for_npu.mux(npu_read.read_address, hart_read.read_address);
        let read_index = index(read_address.named("read_address")).named("read_index");

        m.section("Writes");
        let asking = [hart_write.write_valid, npu_write.write_valid];
        let writes = (asking[0] | asking[1]).named("writes");
        let [hart_may, npu_may] = take_turns(m, "write", asking, writes);
        hart_write.write_ready.drive(hart_may);
        npu_write.write_ready.drive(npu_may);
        let for_npu = (asking[1] & npu_may).named("write_for_npu");
        let write_address = for_npu.mux(npu_write.write_address, hart_write.write_address);
        let write_index = index(write_address.named("write_address")).named("write_index");
        let [hart, npu] = [(hart_write, 32), (npu_write, beat_bits)]
            .map(|(write, bits)| (spread(write, (word_bits, bits)), write.write_data));
        let data = for_npu.mux(npu.1.repeat(word_bits / beat_bits), hart.1.repeat(word_bits / 32));
        let strobe = for_npu.mux(npu.0, hart.0).named("write_strobe");
        let data = data.named("write_data");
        m.clocked(|| {
            when(writes, || words.write_bytes(write_index, data, strobe));
        });

        m.section("Words read");
        let collides = (writes & read_index.eq(write_index)).named("collides");
        let new_bytes = m.reg("new_bytes", strobe.ty()).doc("written while they were read");
        let new_data = m.reg("new_data", data.ty());
        m.clocked(|| {
            new_bytes.set(strobe & collides.repeat(word_bits / 8));
            new_data.set(data);
        });
        let old = words.read_sync("old_data", read_index, reads);
        let byte = |n: u32| {
            let of = |word: Signal| word.bits(8 * n + 7, 8 * n);
            new_bytes.bit(n).mux(of(new_data), of(old))
        };
        let word = cat(&(0..word_bits / 8).rev().map(byte).collect::<Vec<_>>()).named("word");
        for (name, read, bits) in
            [("hart_part", hart_read, fetch_bits), ("npu_part", npu_read, beat_bits)]
        {
            let number = part_of_next_cycle(m, name, read.read_address, (word_bits, bits));
            read.read_data.drive(part(word, number, bits));
        }
        m.cover("read_meets_write", reads & collides);
    })
}

/// The bytes to write, in the part of the word that the address selects.
fn spread(write: RamWrite, (word_bits, part_bits): (u32, u32)) -> Signal {
    let parts = word_bits / part_bits;
    let Some(number) = part_number(write.write_address, (word_bits, part_bits)) else {
        return write.write_strobe;
    };
    let part = |n: u32| write.write_strobe & number.eq(n).repeat(part_bits / 8);
    cat(&(0..parts).rev().map(part).collect::<Vec<_>>())
}
