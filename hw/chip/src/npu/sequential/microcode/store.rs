//! STORE: tile by tile, and row by row within a tile.

use super::super::instruction::Condition::{Carry, NotZero, Zero};
use super::assembler::{Assembler, Label};
use super::context::Context;
use super::pool::Pool;
use super::registers::Register;
use super::requantise::Requantiser;
use super::store_chunk::Chunk;

/// Flags in word 0: the source, the destination, and what is done to an element.
const SUMS: u32 = 1 << 16;
const SCRATCHPAD: u32 = 1 << 17;
const TO_SCRATCHPAD: u32 = 1 << 18;
pub const ADD: u32 = 1 << 19;
pub const TABLE: u32 = 1 << 20;
const POOL: u32 = 1 << 21;

/// The tile and the row at hand. Rows of the inner memories are not wrapped yet.
pub struct Tile {
    /// Columns of the tile, up to 4.
    pub lanes: Register,
    /// A 1 for each of them.
    pub strobes: Register,
    /// The bits of their bytes.
    pub mask: Register,
    /// Row of sums or of the scratchpad.
    pub source_row: Register,
    /// Address in memory or row of the scratchpad.
    pub target: Register,
    /// From `target` to the row of the residual.
    pub to_residual: Register,
    /// The results of a row.
    pub chunk: Register,
}

/// Registers of the loops.
struct Store {
    tile: Tile,
    /// Columns and rows that are left, rows of the line of the destination, too.
    columns: Register,
    rows: Register,
    line: Register,
    /// Where the tile and the line begin.
    tile_source: Register,
    tile_target: Register,
    line_target: Register,
    /// Of the target, from one row, line and tile to the next.
    row_step: Register,
    line_step: Register,
    tile_step: Register,
}

/// The routine.
pub fn emit(p: &mut Assembler, c: &Context) {
    let store = Store::new(p);
    let chunk = Chunk::emit(p, c, &store.tile);
    // A STORE wants one of the two.
    let requantiser = p.scope(|p| Requantiser::emit(p, c, &store.tile));
    let pool = p.scope(|p| Pool::emit(p, c, store.tile_source, store.tile.chunk));
    p.bind(c.routines.run[2]);
    p.remark("STORE");
    store.begin(p, c);
    if_flag(p, c, POOL, |p| pool.begin(p, c));
    unless_flag(p, c, SUMS | SCRATCHPAD, |p| requantiser.begin(p, c));
    let next_tile = p.here();
    store.begin_tile(p, c);
    if_flag(p, c, POOL, |p| pool.begin_tile(p));
    unless_flag(p, c, SUMS | SCRATCHPAD, |p| requantiser.begin_tile(p));
    let next_row = p.here();
    c.heed_abort(p);
    store.row(p, c, [requantiser.row, pool.window], &chunk);
    store.next_row(p, c, &pool, next_row);
    store.next_tile(p, c, next_tile);
    p.ret();
}

/// Runs `body` if one of the flags is set.
fn if_flag(p: &mut Assembler, c: &Context, flags: u32, body: impl FnOnce(&mut Assembler)) {
    p.ld(c.words[0]).andi(flags).unless(Zero, body);
}

/// Runs `body` if none of the flags is set.
fn unless_flag(p: &mut Assembler, c: &Context, flags: u32, body: impl FnOnce(&mut Assembler)) {
    p.ld(c.words[0]).andi(flags).unless(NotZero, body);
}

impl Store {
    fn new(p: &mut Assembler) -> Self {
        let mut variable = |name: &str| p.variable(&format!("store_{name}"));
        Self {
            tile: Tile {
                lanes: variable("lanes"),
                strobes: variable("lane_strobes"),
                mask: variable("lane_mask"),
                source_row: variable("source_row"),
                target: variable("target"),
                to_residual: variable("to_residual"),
                chunk: variable("chunk"),
            },
            columns: variable("columns"),
            rows: variable("rows"),
            line: variable("line"),
            tile_source: variable("tile_source"),
            tile_target: variable("tile_target"),
            line_target: variable("line_target"),
            row_step: variable("row_step"),
            line_step: variable("line_step"),
            tile_step: variable("tile_step"),
        }
    }

    /// Takes the fields of the descriptor.
    fn begin(&self, p: &mut Assembler, c: &Context) {
        let w = c.words;
        p.field(w[3], 31, 16).st(self.columns).field(w[4], 15, 0).st(self.tile_source);
        p.copy(self.tile_target, w[1]).copy(self.row_step, w[2]).set(self.tile_step, 4);
        if_flag(p, c, SUMS, |p| {
            p.set(self.tile_step, 16);
        });
        if_flag(p, c, TO_SCRATCHPAD, |p| {
            p.field(w[1], 15, 0).st(self.tile_target);
            p.field(w[1], 31, 16).sub(self.tile_target).st(self.tile.to_residual);
            p.field(w[2], 15, 0).st(self.row_step).field(w[2], 31, 16).st(self.tile_step);
            p.field(w[7], 31, 16).st(self.line_step);
        });
    }

    fn begin_tile(&self, p: &mut Assembler, c: &Context) {
        let Tile { lanes, strobes, mask, source_row, target, .. } = self.tile;
        let done = p.label();
        p.remark("tile").set(lanes, 4).set(strobes, 15).set(mask, u32::MAX);
        let next = p.here();
        p.ld(self.columns).sub(lanes).jump_if(Carry, done);
        p.ld(lanes).subi(1).st(lanes).ld(strobes).shr(1).st(strobes);
        p.ld(mask).rotate(1).andi(0xff_ffff).st(mask).jump(next);
        p.bind(done);
        p.copy(source_row, self.tile_source);
        p.copy(target, self.tile_target).st(self.line_target);
        p.field(c.words[3], 15, 0).st(self.rows).field(c.words[7], 15, 0).st(self.line);
    }

    /// Makes the chunk of the row, and writes it.
    fn row(&self, p: &mut Assembler, c: &Context, [requantise, pool]: [Label; 2], chunk: &Chunk) {
        let [made, done] = [(); 2].map(|()| p.label());
        p.remark("row");
        unless_flag(p, c, SUMS | SCRATCHPAD, |p| {
            p.call(requantise).jump(made);
        });
        if_flag(p, c, SUMS, |p| {
            p.call(chunk.sums).jump(done);
        });
        if_flag(p, c, POOL, |p| {
            p.call(pool).jump(made);
        });
        p.ld(self.tile.source_row).andi(c.config.scratchpad_rows - 1).inner().st(self.tile.chunk);
        p.bind(made);
        if_flag(p, c, TO_SCRATCHPAD, |p| {
            p.call(chunk.to_scratchpad).jump(done);
        });
        p.call(chunk.to_memory);
        p.bind(done);
    }

    /// Source and target of the next row of the tile. Lines are of account in the scratchpad and for
    /// windows only; no line ends where there are none.
    fn next_row(&self, p: &mut Assembler, c: &Context, pool: &Pool, next_row: Label) {
        let Tile { source_row, target, .. } = self.tile;
        let moved = p.label();
        p.field(c.words[5], 15, 0).add(source_row).st(source_row);
        p.advance(target, self.row_step);
        p.ld(self.line).subi(1).st(self.line).jump_if(NotZero, moved);
        p.field(c.words[7], 15, 0).st(self.line);
        if_flag(p, c, POOL, |p| pool.next_line(p));
        if_flag(p, c, TO_SCRATCHPAD, |p| {
            p.advance(self.line_target, self.line_step).st(target);
        });
        p.bind(moved);
        p.ld(self.rows).subi(1).st(self.rows).jump_if(NotZero, next_row);
    }

    fn next_tile(&self, p: &mut Assembler, c: &Context, next_tile: Label) {
        p.field(c.words[4], 31, 16).add(self.tile_source).st(self.tile_source);
        p.advance(self.tile_target, self.tile_step);
        p.ld(self.columns).sub(self.tile.lanes).st(self.columns).jump_if(NotZero, next_tile);
    }
}
