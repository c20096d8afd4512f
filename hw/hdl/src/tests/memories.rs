//! Mistakes of memories.

use super::assert_mistakes;
use crate::prelude::*;

#[test]
fn addresses_words_and_byte_enables_have_their_widths() {
    let dut = module("dut", |m| {
        let a = m.input("a", U(5)); // @a
        let data = m.input("data", U(16)); // @data
        let memory = m.memory("store", 16, U(32));
        m.output("y", memory.read(a)); // @read
        m.clocked(|| {
            memory.write(a.trunc(4), data); // @write
            memory.write_bytes(0, 0, a); // @bytes
        });
        let odd = m.memory("odd", 100, U(12)).init_file("odd.hex");
        m.output("z", odd.read_sync("odd_data", a.ext(7), a)); // @enable
        m.clocked(|| odd.write_bytes(0, 0, 0)); // @odd
    });
    let expected = [
        "@read memory `store` of 16 words needs an address of unsigned 4 bits: `a` is unsigned 5 \
         bits (@a)",
        "@write memory `store` holds words of unsigned 32 bits but `data` is unsigned 16 bits \
         (@data)",
        "@bytes memory `store` needs a byte enable of unsigned 4 bits: `a` is unsigned 5 bits (@a)",
        "@enable a read enable must be unsigned 1 bit: `a` is unsigned 5 bits (@a)",
        "@odd memory `odd` has words of 12 bits: no whole bytes",
    ];
    assert_mistakes(&dut, &expected);
}

#[test]
fn the_style_decides_how_a_memory_is_read() {
    let dut = module("dut", |m| {
        let a = m.input("a", U(4));
        let block = m.memory("block_ram", 16, U(8)).style(RamStyle::Block); // @block
        let spread = m.memory("spread", 16, U(8)).style(RamStyle::Distributed); // @spread
        m.output("x", block.read(a)); // @async
        m.output("y", spread.read_sync("spread_data", a, 1)); // @sync
        m.clocked(|| {
            block.write(a, 0);
            spread.write(a, 0);
        });
    });
    let expected = [
        "@async memory `block_ram` (@block) is block RAM: it has no asynchronous read; use \
         `.read_sync`",
        "@sync memory `spread` (@spread) is distributed: it has no synchronous read; use `.read` \
         and a register",
    ];
    assert_mistakes(&dut, &expected);
}

#[test]
fn memories_are_written_read_and_large_enough() {
    let dut = module("dut", |m| {
        let a = m.input("a", U(4));
        let unread = m.memory("unread", 16, U(8)); // @unread
        m.clocked(|| unread.write(a, 0));
        let unwritten = m.memory("unwritten", 16, U(8)); // @unwritten
        m.output("y", unwritten.read(a));
        m.memory("rom", 16, U(8)).init_file("rom.hex").read(a).named("word").unused();
        let single = m.memory("single", 1, U(8)).init_file("one.hex"); // @single
        m.output("z", single.read(a.bit(0)));
        unwritten.write(a, 1); // @outside
    });
    let expected = [
        "@unread memory `unread` is never read",
        "@unwritten memory `unwritten` is never written and has no initial contents",
        "@single memory `single` has 1 words; it needs 2",
        "@outside memory `unwritten` is written outside `m.clocked`",
    ];
    assert_mistakes(&dut, &expected);
}

#[test]
fn address_widths_are_the_logarithm_rounded_up() {
    let widths = [(2, 1), (3, 2), (4, 2), (5, 3), (256, 8), (257, 9)];
    for (depth, width) in widths {
        assert_eq!(address_width(depth), width, "of {depth}");
    }
}
