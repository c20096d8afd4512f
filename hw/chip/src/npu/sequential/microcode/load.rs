//! LOAD: memory to the inner memory.

use super::super::inner::TABLE_WORDS;
use super::super::instruction::Condition::{Negative, NotNegative, NotZero, Zero};
use super::assembler::{Assembler, Label};
use super::context::Context;
use super::load_windows;
use super::registers::Register;

/// Registers of a LOAD.
pub struct Load {
    /// Address of the row at hand.
    pub row_address: Register,
    /// Rows to come, the one at hand included.
    pub rows: Register,
    /// Destination of the row at hand, and of the chunk or window.
    pub row: Register,
    pub place: Register,
    /// First word and mask of the destination memory.
    pub base: Register,
    pub mask: Register,
    /// What is written.
    pub value: Register,
    /// Routine: writes `value` to `place`.
    pub put: Label,
    /// Routine: accumulator = `turned`, rotated right by as many bytes as the accumulator says.
    pub turn: Label,
    pub turned: Register,
    /// Goes on with the next row, or comes back.
    pub next_row: Label,
}

/// The routine of LOAD.
pub fn emit(p: &mut Assembler, c: &Context) {
    let load = Load {
        row_address: p.variable("load_row_address"),
        rows: p.variable("load_rows"),
        row: p.variable("load_row"),
        place: p.variable("load_place"),
        base: p.variable("load_base"),
        mask: p.variable("load_mask"),
        value: p.variable("load_value"),
        put: p.label(),
        turn: p.label(),
        turned: p.variable("turned"),
        next_row: p.label(),
    };
    let windows = p.label();
    let w = c.words;
    p.bind(c.routines.run[0]);
    p.remark("LOAD").copy(load.row_address, w[1]);
    p.field(w[3], 15, 0).st(load.rows);
    p.field(w[4], 15, 0).st(load.row);
    p.ldi(15).strobe();
    destination(p, c, &load);
    p.ld(w[0]).andi(1 << 18).jump_if(NotZero, windows);
    let each_row = rows(p, c, &load);

    p.bind(load.next_row);
    p.advance(load.row_address, w[2]);
    p.field(w[4], 31, 16).add(load.row).st(load.row);
    p.ld(load.rows).subi(1).st(load.rows);
    let again = p.label();
    p.jump_if(NotZero, again).ret();
    p.bind(again);
    p.ld(w[0]).andi(1 << 18).jump_if(Zero, each_row);
    load_windows::emit(p, c, &load, windows);

    p.bind(load.put);
    p.ld(load.place).and(load.mask).add(load.base).write_inner(load.value).ret();
    turn(p, &load);
}

/// Where the memory of the space lies.
fn destination(p: &mut Assembler, c: &Context, load: &Load) {
    let spaces = [
        (0, c.config.scratchpad_rows),
        (c.map.parameters, c.config.parameter_rows),
        (c.map.table, TABLE_WORDS),
    ];
    let known = p.label();
    for (space, (base, rows)) in spaces.into_iter().enumerate() {
        p.set(load.base, base).set(load.mask, rows - 1);
        if space < 2 {
            p.field(c.words[0], 17, 16).subi(space as u32).jump_if(Zero, known);
        }
    }
    p.bind(known);
}

/// Rows cut into chunks of 4 bytes; the label of a row's beginning.
fn rows(p: &mut Assembler, c: &Context, load: &Load) -> Label {
    let w = c.words;
    let [source, left, offset] =
        ["load_source", "load_left", "load_offset"].map(|name| p.variable(name));
    let [before, word_address, word] =
        ["load_before", "load_word_address", "load_word"].map(|name| p.variable(name));
    let [each_chunk, aligned, unaligned, write, read] = [(); 5].map(|()| p.label());
    // No word is at hand: this is no word's address.
    p.set(word_address, 1);
    let each_row = p.here();
    c.heed_abort(p);
    p.copy(source, load.row_address).copy(load.place, load.row).field(w[3], 31, 16).st(left);

    p.bind(each_chunk);
    p.ld(source).andi(3).jump_if(NotZero, unaligned);
    p.ld(source).call(c.routines.bus_read).st(load.value).jump(aligned);
    p.bind(unaligned);
    p.st(offset).ld(source).call(read).st(load.value);
    p.copy(before, load.value).ld(offset).add(left).subi(5);
    p.unless(Negative, |p| {
        p.ld(source).addi(4).call(read).st(load.value);
    });
    let turned = p.label();
    for bytes in [1, 2, 3] {
        let other = p.label();
        p.ld(offset).subi(bytes);
        if bytes < 3 {
            p.jump_if(NotZero, other);
        }
        p.ld(before).xor(load.value).andi(u32::MAX << (8 * bytes)).xor(load.value);
        p.rotate(bytes).st(load.value).jump(turned);
        p.bind(other);
    }
    p.bind(turned);
    p.bind(aligned);
    p.ld(left).subi(4).st(left).jump_if(NotNegative, write);
    for missing in [1, 2, 3] {
        p.ld(left).addi(missing);
        p.unless(NotZero, |p| {
            p.ld(load.value).andi(u32::MAX >> (8 * missing)).st(load.value);
        });
    }
    p.set(left, 0);
    p.bind(write);
    p.call(load.put);
    p.field(w[5], 15, 0).add(load.place).st(load.place);
    p.ld(source).addi(4).st(source);
    p.ld(left).jump_if(NotZero, each_chunk).jump(load.next_row);

    p.bind(read);
    p.st(c.bus_address).andi(!3).sub(word_address);
    let known = p.label();
    p.jump_if(Zero, known);
    p.ld(c.bus_address).andi(!3).st(word_address).call(c.routines.bus_read).st(word);
    p.bind(known);
    p.ld(word).ret();
    each_row
}

fn turn(p: &mut Assembler, load: &Load) {
    let count = p.variable("turns");
    let each = p.label();
    p.bind(load.turn);
    p.bind(each);
    p.subi(1).st(count);
    let over = p.label();
    p.jump_if(Negative, over);
    p.ld(load.turned).rotate(1).st(load.turned).ld(count).jump(each);
    p.bind(over);
    p.ld(load.turned).ret();
}
