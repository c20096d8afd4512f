//! EXEC: products into the accumulators, a column of a tile at a time.

use super::super::instruction::Condition::NotZero;
use super::assembler::{ANEW, Assembler, Label};
use super::context::Context;
use super::exec_map;
use super::registers::{self as host, Register};

/// Registers of an EXEC.
pub struct Exec {
    /// Tiles to come, of the accumulators and of each of them.
    pub n_tiles: Register,
    pub k_tiles: Register,
    /// First row of weights.
    pub weights: Register,
    /// First row of accumulators of the n tile.
    pub sums: Register,
    /// First row of activations.
    pub activations: Register,
    /// Column at hand.
    pub column: Register,
    /// Routine: weights of the column at `column` from the tile at `weights`.
    pub load_column: Label,
}

/// Bit of a row's address that says that it does not wrap in the scratchpad.
pub const OUTSIDE: u32 = 1 << 31;

/// The routine of EXEC.
pub fn emit(p: &mut Assembler, c: &Context) {
    let exec = Exec {
        n_tiles: p.variable("n_tiles_left"),
        k_tiles: p.variable("k_tiles_left"),
        weights: p.variable("weights"),
        sums: p.variable("sums"),
        activations: p.variable("activations"),
        column: p.variable("column"),
        load_column: p.label(),
    };
    let w = c.words;
    let map = p.label();
    p.bind(c.routines.run[1]);
    p.remark("EXEC").field(w[2], 15, 0).st(exec.weights);
    p.ld(w[0]).andi(3 << 17).jump_if(NotZero, map);
    product(p, c, &exec);
    exec_map::emit(p, c, &exec, map);
    load_column(p, c, &exec);
}

/// Mode 0.
fn product(p: &mut Assembler, c: &Context, exec: &Exec) {
    let w = c.words;
    let [waves, n_weights, step] = ["waves", "n_weights", "exec_step"].map(|name| p.variable(name));
    p.copy(n_weights, exec.weights);
    p.field(w[3], 15, 0).st(exec.sums);
    p.field(w[5], 15, 0).st(exec.n_tiles);
    p.field(w[1], 31, 16).st(step);

    let each_n = p.here();
    p.copy(exec.weights, n_weights);
    p.field(w[1], 15, 0).st(exec.activations);
    p.field(w[4], 15, 0).st(exec.k_tiles);
    begin_sums(p, c, 0);
    let each_k = p.here();
    c.heed_abort(p);
    p.set(exec.column, 0);
    let each_column = p.here();
    p.call(exec.load_column);
    p.ld(exec.sums).row().field(w[3], 31, 16).count().ld(exec.activations).waves(step);
    p.ld(exec.column).addi(1).st(exec.column).subi(4).jump_if(NotZero, each_column);

    p.field(w[3], 31, 16).st(waves);
    count_waves(p, waves, true);
    p.ldi(0).mode();
    p.field(w[2], 31, 16).add(exec.weights).st(exec.weights);
    p.field(w[4], 31, 16).add(exec.activations).st(exec.activations);
    p.ld(exec.k_tiles).subi(1).st(exec.k_tiles).jump_if(NotZero, each_k);

    p.field(w[5], 31, 16).add(n_weights).st(n_weights);
    p.field(w[6], 15, 0).add(exec.sums).st(exec.sums);
    p.ld(exec.n_tiles).subi(1).st(exec.n_tiles).jump_if(NotZero, each_n).ret();
}

/// Sums begin anew, unless the descriptor accumulates; `mode` without that.
pub fn begin_sums(p: &mut Assembler, c: &Context, mode: u32) {
    p.field(c.words[0], 16, 16).xori(1).shl(ANEW.ilog2());
    if mode != 0 {
        p.addi(mode);
    }
    p.mode();
}

/// A tile's `waves` are over.
pub fn count_waves(p: &mut Assembler, waves: Register, whole_tiles: bool) {
    p.advance(host::EXEC_BUSY, waves);
    if whole_tiles {
        p.advance(host::MACS, waves);
    }
}

/// The four weights of a column; rows wrap in the scratchpad.
fn load_column(p: &mut Assembler, c: &Context, exec: &Exec) {
    let row = p.variable("weight_row");
    p.bind(exec.load_column);
    p.remark("weights of a column").ld(exec.column).column().copy(row, exec.weights);
    for n in 0..c.config.dim {
        p.ld(row).andi(c.config.scratchpad_rows - 1).weight(n);
        if n + 1 < c.config.dim {
            p.ld(row).addi(1).st(row);
        }
    }
    p.ret();
}
