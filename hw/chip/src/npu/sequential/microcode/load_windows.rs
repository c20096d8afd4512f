//! LOAD of windows: bytes of a row, which may overlap, into some lanes of scratchpad rows.

use super::super::instruction::Condition::{Negative, NotNegative, NotZero, Zero};
use super::assembler::{Assembler, Label};
use super::context::Context;
use super::load::Load;
use super::registers::Register;

/// Registers of windows.
struct Windows {
    /// Windows of the row to come.
    left: Register,
    /// Where the window at hand starts in the row, and the byte at hand.
    start: Register,
    position: Register,
    /// Bytes of the window to come.
    bytes: Register,
    /// The words read last and before it, and the position of the first byte behind them.
    word: Register,
    before: Register,
    behind: Register,
    /// Words of the row to come.
    words: Register,
    row_bytes: Register,
    lanes: Register,
    /// Routine: reads the next word.
    read: Label,
}

/// Begins at `begin`.
pub fn emit(p: &mut Assembler, c: &Context, load: &Load, begin: Label) {
    let windows = Windows {
        left: p.variable("windows_left"),
        start: p.variable("window_start"),
        position: p.variable("window_position"),
        bytes: p.variable("window_bytes_left"),
        word: p.variable("window_word"),
        before: p.variable("window_word_before"),
        behind: p.variable("window_behind"),
        words: p.variable("window_words"),
        row_bytes: p.variable("window_row_bytes"),
        lanes: p.variable("window_lanes"),
        read: p.label(),
    };
    let w = c.words;
    p.bind(begin);
    c.heed_abort(p);
    p.field(w[3], 31, 16).st(windows.row_bytes);
    p.ld(load.row_address).andi(3).add(windows.row_bytes).addi(3).shr(2).st(windows.words);
    p.ld(windows.row_bytes);
    p.unless(NotZero, |p| {
        p.set(windows.words, 0);
    });
    p.ld(load.row_address).andi(3).st(windows.behind).ldi(0).sub(windows.behind).st(windows.behind);
    lanes(p, c, &windows);
    p.copy(load.place, load.row).field(w[5], 31, 16).st(windows.left);
    p.field(w[7], 7, 0).xori(0x80).subi(0x80).st(windows.start);

    let each = p.here();
    c.heed_abort(p);
    gather(p, c, load, &windows);
    // The bytes are in the highest lanes.
    p.field(w[6], 15, 8).st(windows.bytes);
    p.field(w[6], 23, 16).add(windows.bytes).st(windows.bytes);
    p.ldi(4).sub(windows.bytes).call(load.turn).st(load.value);
    p.ld(windows.lanes).strobe().call(load.put);
    p.field(w[5], 15, 0).add(load.place).st(load.place);
    p.field(w[6], 7, 0).add(windows.start).st(windows.start);
    p.ld(windows.left).subi(1).st(windows.left).jump_if(NotZero, each);

    let rest = p.here();
    p.ld(windows.words).jump_if(Zero, load.next_row).call(windows.read).jump(rest);

    p.bind(windows.read);
    p.copy(windows.before, windows.word);
    p.ld(load.row_address).add(windows.behind).call(c.routines.bus_read).st(windows.word);
    p.ld(windows.behind).addi(4).st(windows.behind);
    p.ld(windows.words).subi(1).st(windows.words).ret();
}

/// The strobe of a window.
fn lanes(p: &mut Assembler, c: &Context, windows: &Windows) {
    let up = |p: &mut Assembler, high: u32, low: u32| {
        let over = p.label();
        p.field(c.words[6], high, low).st(windows.bytes);
        let each = p.here();
        p.ld(windows.bytes).jump_if(Zero, over).subi(1).st(windows.bytes);
        p.ld(windows.lanes).shl(1).st(windows.lanes).jump(each);
        p.bind(over);
    };
    p.set(windows.lanes, 1);
    up(p, 15, 8);
    p.ld(windows.lanes).subi(1).st(windows.lanes);
    up(p, 23, 16);
}

/// `turned` = the bytes of the window in the highest lanes.
fn gather(p: &mut Assembler, c: &Context, load: &Load, windows: &Windows) {
    let [pad, push, known] = [(); 3].map(|()| p.label());
    let byte = p.variable("window_byte");
    let gathered = p.variable("window_gathered");
    p.copy(windows.position, windows.start).field(c.words[6], 15, 8).st(windows.bytes);

    let each = p.here();
    p.ld(windows.position).jump_if(Negative, pad).sub(windows.row_bytes).jump_if(NotNegative, pad);
    let ahead = p.here();
    p.ld(windows.position).sub(windows.behind).jump_if(Negative, known);
    p.call(windows.read).jump(ahead);
    p.bind(known);
    // 4 more is the byte's place in the last word, or 4 below it in the one before.
    p.copy(load.turned, windows.word).ld(windows.position).sub(windows.behind).addi(4);
    p.unless(NotNegative, |p| {
        p.copy(load.turned, windows.before);
    });
    p.ld(windows.position).sub(windows.behind).andi(3).call(load.turn).andi(0xff).jump(push);
    p.bind(pad);
    p.field(c.words[6], 31, 24);
    p.bind(push);
    p.st(byte).ld(gathered).andi(!0xff).add(byte).rotate(1).st(gathered);
    p.ld(windows.position).addi(1).st(windows.position);
    p.ld(windows.bytes).subi(1).st(windows.bytes).jump_if(NotZero, each);
    p.copy(load.turned, gathered);
}
