//! What makes the fields of a descriptor bad.

use super::super::instruction::Condition::{NotNegative, NotZero, Zero};
use super::assembler::{Assembler, Label};
use super::context::Context;
use super::registers::Register;

/// The routines `check`: come back from a good descriptor, and end the job otherwise.
pub fn emit(p: &mut Assembler, c: &Context) {
    load(p, c);
    exec(p, c);
    store(p, c);
}

/// Bad unless these bits of a word are 0.
fn zeros(p: &mut Assembler, word: Register, mask: u32, bad: Label) {
    p.ld(word).andi(mask).jump_if(NotZero, bad);
}

/// Bad if all of these bits of a word are 0.
fn count(p: &mut Assembler, word: Register, mask: u32, bad: Label) {
    p.ld(word).andi(mask).jump_if(Zero, bad);
}

const LOW: u32 = 0xffff;
const HIGH: u32 = 0xffff_0000;

fn load(p: &mut Assembler, c: &Context) {
    let bad = c.routines.bad_field;
    let w = c.words;
    p.bind(c.routines.check[0]);
    zeros(p, w[0], 0xfff8_0000, bad);
    p.field(w[0], 17, 16).subi(3).jump_if(Zero, bad);
    count(p, w[3], LOW, bad);
    let windows = p.label();
    p.ld(w[0]).andi(1 << 18).jump_if(NotZero, windows);
    count(p, w[3], HIGH, bad);
    zeros(p, w[5], HIGH, bad);
    p.ld(w[6]).jump_if(NotZero, bad);
    p.ld(w[7]).jump_if(NotZero, bad).ret();

    p.bind(windows);
    zeros(p, w[0], 3 << 16, bad);
    count(p, w[5], HIGH, bad);
    count(p, w[6], 0xff, bad);
    count(p, w[6], 0xff00, bad);
    zeros(p, w[7], 0xffff_ff00, bad);
    let bytes = p.variable("window_bytes");
    p.field(w[6], 15, 8).st(bytes).subi(c.config.dim + 1).jump_if(NotNegative, bad);
    p.field(w[6], 23, 16).add(bytes).subi(c.config.dim + 1).jump_if(NotNegative, bad);
    p.field(w[7], 7, 0).unless(Zero, |p| {
        p.subi(0x80);
        p.unless(NotNegative, |p| {
            p.jump(bad);
        });
    });
    p.ret();
}

fn exec(p: &mut Assembler, c: &Context) {
    let bad = c.routines.bad_field;
    let w = c.words;
    p.bind(c.routines.check[1]);
    zeros(p, w[0], 0xfff8_0000, bad);
    let map = p.label();
    p.ld(w[0]).andi(3 << 17).jump_if(NotZero, map);
    count(p, w[3], HIGH, bad);
    count(p, w[4], LOW, bad);
    count(p, w[5], LOW, bad);
    zeros(p, w[6], HIGH, bad);
    p.ld(w[7]).jump_if(NotZero, bad).ret();

    p.bind(map);
    p.subi(3 << 17).jump_if(Zero, bad);
    for mask in [0xfff, 0xfff_000] {
        for word in [w[4], w[5], w[6]] {
            count(p, word, mask, bad);
        }
    }
    zeros(p, w[5], 0xf000_0000, bad);
    zeros(p, w[6], 0xc000_0000, bad);
    let depthwise = p.label();
    p.ld(w[0]).andi(1 << 18).jump_if(NotZero, depthwise);
    count(p, w[6], 0x0700_0000, bad);
    count(p, w[6], 0x3800_0000, bad);
    p.ret();

    p.bind(depthwise);
    zeros(p, w[6], 0x3f00_0000, bad);
    // 0 to -3: 3 more is 0 to 3.
    p.field(w[7], 31, 16).addi(3).andi(0xfffc).jump_if(NotZero, bad).ret();
}

fn store(p: &mut Assembler, c: &Context) {
    let bad = c.routines.bad_field;
    let w = c.words;
    let [source, pools, memory, requantised, rest] = [(); 5].map(|()| p.label());
    let kind = p.variable("store_source");
    p.bind(c.routines.check[2]);
    zeros(p, w[0], 0xffc0_0000, bad);
    count(p, w[3], LOW, bad);
    count(p, w[3], HIGH, bad);
    p.field(w[0], 17, 16).st(kind).subi(3).jump_if(Zero, bad);
    // Raw sums: whole words, to memory.
    p.ld(kind).subi(1).jump_if(NotZero, source);
    zeros(p, w[0], 1 << 18, bad);
    zeros(p, w[1], 3, bad);
    zeros(p, w[2], 3, bad);

    p.bind(source);
    // What an operation needs: add 0 to the scratchpad, table 0 and no add, pool 2.
    let [no_add, no_table, no_pool] = [(); 3].map(|()| p.label());
    p.ld(w[0]).andi(1 << 19).jump_if(Zero, no_add);
    p.ld(kind).jump_if(NotZero, bad);
    count(p, w[0], 1 << 18, bad);
    zeros(p, w[0], 1 << 20, bad);
    p.bind(no_add);
    p.ld(w[0]).andi(1 << 20).jump_if(Zero, no_table);
    p.ld(kind).jump_if(NotZero, bad);
    p.bind(no_table);
    p.ld(w[0]).andi(1 << 21).jump_if(Zero, no_pool);
    p.ld(kind).subi(2).jump_if(NotZero, bad);
    p.bind(no_pool);

    p.ld(w[0]).andi(1 << 18).jump_if(Zero, memory);
    p.ld(w[0]).andi(1 << 19).jump_if(NotZero, rest);
    zeros(p, w[1], HIGH, bad);
    p.jump(rest);
    p.bind(memory);
    zeros(p, w[7], HIGH, bad);
    p.ld(w[0]).andi(1 << 21);
    p.unless(NotZero, |p| zeros(p, w[7], LOW, bad));

    p.bind(rest);
    p.ld(w[0]).andi(1 << 21).jump_if(NotZero, pools);
    p.ld(kind).jump_if(Zero, requantised);
    zeros(p, w[5], HIGH, bad);
    p.ld(w[6]).jump_if(NotZero, bad).ret();
    p.bind(requantised);
    let reserved = if c.config.double_rounding { 0xfe00_0000 } else { 0xff00_0000 };
    zeros(p, w[6], reserved, bad);
    p.ret();

    p.bind(pools);
    for (word, mask) in [(w[5], 7 << 16), (w[5], 7 << 19), (w[6], 0xfff), (w[6], 0xfff_000)] {
        count(p, word, mask, bad);
    }
    count(p, w[7], 0xfff, bad);
    zeros(p, w[7], 0xf000, bad);
    zeros(p, w[5], 0xf000_0000, bad);
    zeros(p, w[6], 0xf000_0000, bad);
    p.ret();
}
