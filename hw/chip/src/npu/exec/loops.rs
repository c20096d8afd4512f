//! EXEC, weights: the loops over the tiles of a command.

use systole_hdl::prelude::*;

use super::command::Command;

/// Where the sequencer is in the loops over n tiles, kernel lines, kernel columns and k tiles.
pub(super) struct Walk {
    pub(super) last_k: Signal,
    pub(super) last_x: Signal,
    pub(super) last_y: Signal,
    /// Last tile of the command.
    pub(super) last: Signal,
    /// First tile of the command.
    pub(super) first: Signal,
    /// First tile of an n tile that does not accumulate.
    pub(super) overwrite: Signal,
}

/// Loop counters. A product has a kernel of one tap; a depthwise pass counts as a kernel line. With
/// `abort` the tile at hand is the last one.
pub(super) fn counters(
    m: M,
    command: &Command,
    abort: Signal,
    [taken, advance]: [Signal; 2],
) -> Walk {
    m.section("Loops");
    let Command { product, depthwise, .. } = *command;
    let full = (!product & !depthwise).named("is_full");
    let k_tiles = m.reg("k_tiles", U(16));
    let k_left = m.reg("k_left", U(16));
    let kernel_width = m.reg("kernel_width", U(3));
    let x_left = m.reg("x_left", U(3));
    let kernel_height = m.reg("kernel_height", U(12)).doc("or passes");
    let y_left = m.reg("y_left", U(12));
    let n_left = m.reg("n_left", U(16));
    let accumulate = m.reg("accumulate", Bit);
    let fresh = m.reg("fresh", Bit).doc("first tile of an n tile");
    let first = m.reg("first", Bit).doc("first tile of the command");

    let last_k = k_left.eq(1).named("last_k");
    let last_x = (last_k & x_left.eq(1)).named("last_x");
    let last_y = (last_x & y_left.eq(1)).named("last_y").doc("last tile of an n tile");
    let last = ((last_y & n_left.eq(1)) | abort).named("last");
    let planes = command.field(6, 11, 0);
    let one_plane = depthwise.mux(lit(1, U(16)), planes.ext(16));
    let k_count = product.mux(command.field(4, 15, 0), one_plane).named("k_count");
    let x_count = full.mux(command.field(6, 29, 27), 1).named("x_count");
    let passes = depthwise.mux(planes, 1);
    let y_count = full.mux(command.field(6, 26, 24).ext(12), passes).named("y_count");
    let n_count = product.mux(command.field(5, 15, 0), command.field(6, 23, 12).ext(16));
    m.clocked(|| {
        when(advance, || {
            first.set(0);
            fresh.set(last_y);
            k_left.set(last_k.mux(k_tiles, k_left - 1));
            when(last_k, || x_left.set(last_x.mux(kernel_width, x_left - 1)));
            when(last_x, || y_left.set(last_y.mux(kernel_height, y_left - 1)));
            when(last_y, || n_left.set(n_left - 1));
        });
        when(taken, || {
            k_tiles.set(k_count);
            k_left.set(k_count);
            kernel_width.set(x_count);
            x_left.set(x_count);
            kernel_height.set(y_count);
            y_left.set(y_count);
            n_left.set(n_count);
            accumulate.set(command.field(0, 16, 16));
            fresh.set(1);
            first.set(1);
        });
    });
    let overwrite = (fresh & !accumulate).named("overwrite");
    Walk { last_k, last_x, last_y, last, first, overwrite }
}
