//! EXEC, weights: where the activations and sums of each tile begin, and the map that they are in.

use systole_hdl::prelude::*;

use super::command::Command;
use super::loops::Walk;
use super::tile::{COORDINATE, Tile, tap_lines};
use crate::config::NpuConfig;

/// The command that begins and the tile that ends.
pub(super) struct Start<'a> {
    pub(super) command: &'a Command,
    pub(super) walk: &'a Walk,
    /// The command is taken.
    pub(super) taken: Signal,
    /// Its next tile begins.
    pub(super) advance: Signal,
}

/// The fields of the tile whose weights go to register `select`.
pub(super) fn origin(m: M, config: &NpuConfig, start: &Start, select: Signal) -> Tile {
    let Start { command, walk, taken, .. } = *start;
    let shape = shape(m, command, taken);
    let row = activation_row(m, config.dim, start, shape.pitch);
    let (x, y) = coordinates(m, config.dim, start);
    let accumulator_row = accumulator_row(m, config, start);
    let line_step = line_step(shape.pitch, shape.stride_y_less_1);
    Tile {
        taps: shape.taps,
        bounded: shape.bounded,
        first: walk.first,
        last: walk.last,
        select,
        overwrite: walk.overwrite,
        row,
        step: shape.step,
        line_step,
        pitch: shape.pitch,
        x,
        y,
        stride_x: shape.stride_x_less_1.ext(3) + 1,
        stride_y: shape.stride_y_less_1.ext(3) + 1,
        out_width: shape.out_width,
        out_height: shape.out_height,
        in_width: shape.in_width,
        in_height: shape.in_height,
        pad_value: shape.pad_value,
        accumulator_row,
    }
}

/// What is the same for all tiles of a command.
struct Shape {
    taps: Signal,
    bounded: Signal,
    step: Signal,
    pitch: Signal,
    stride_x_less_1: Signal,
    stride_y_less_1: Signal,
    out_width: Signal,
    out_height: Signal,
    in_width: Signal,
    in_height: Signal,
    pad_value: Signal,
}

fn shape(m: M, command: &Command, taken: Signal) -> Shape {
    m.section("Shape of the map");
    let bits = command.row_bits;
    let shape = Shape {
        taps: m.reg("taps", Bit),
        bounded: m.reg("bounded", Bit),
        step: m.reg("step", U(bits)),
        pitch: m.reg("pitch", U(bits)),
        stride_x_less_1: m.reg("stride_x_less_1", U(2)),
        stride_y_less_1: m.reg("stride_y_less_1", U(2)),
        out_width: m.reg("out_width", U(16)),
        out_height: m.reg("out_height", U(12)),
        in_width: m.reg("in_width", U(12)),
        in_height: m.reg("in_height", U(12)),
        pad_value: m.reg("pad_value", U(8)),
    };
    let product = command.product;
    let stride_x = command.field(5, 25, 24).named("command_stride_x");
    m.clocked(|| {
        when(taken, || {
            shape.taps.set(command.depthwise);
            shape.bounded.set(!product);
            shape.step.set(product.mux(command.row(1, 1), stride_x.ext(bits) + 1));
            shape.pitch.set(command.row(1, 1));
            shape.stride_x_less_1.set(stride_x);
            shape.stride_y_less_1.set(command.field(5, 27, 26));
            let width = command.field(4, 11, 0).ext(16);
            shape.out_width.set(product.mux(command.field(3, 31, 16), width));
            shape.out_height.set(product.mux(1, command.field(4, 23, 12)));
            shape.in_width.set(command.field(5, 11, 0));
            shape.in_height.set(command.field(5, 23, 12));
            shape.pad_value.set(command.field(4, 31, 24));
        });
    });
    shape
}

/// `pitch` times the stride: 1, 2, 3 or 4 of it.
fn line_step(pitch: Signal, stride_less_1: Signal) -> Signal {
    let (low, high) = (stride_less_1.bit(0), stride_less_1.bit(1));
    let once = low.mux(0, pitch).named("line_step_once");
    let twice = (low | high).mux(pitch << 1, 0).named("line_step_twice");
    let again = (low & high).mux(pitch << 1, 0).named("line_step_again");
    (once + twice + again).named("line_step")
}

/// Row of the first activation of the tile: k tiles, then kernel columns, lines and n tiles.
fn activation_row(m: M, dim: u32, start: &Start, pitch: Signal) -> Signal {
    m.section("Activations");
    let Start { command, walk, taken, advance } = *start;
    let bits = command.row_bits;
    let register = |name: &str| m.reg(name, U(bits));
    let row = register("row");
    let x_row = register("x_row").doc("first k tile of this kernel column");
    let y_row = register("y_row").doc("first kernel column of this line");
    let n_row = register("n_row").doc("first tile of this n tile");
    let k_step = register("k_step");
    let n_step = register("n_step").doc("a depthwise n tile has its own plane");
    let taps = m.reg("steps_by_passes", Bit);

    let passes = (1..tap_lines(dim)).fold(pitch, |sum, _| sum + pitch).named("pass_step");
    let y_step = taps.mux(passes, pitch).named("y_step");
    let next_k = (row + k_step).named("next_k_row");
    let next_x = (x_row + 1).named("next_x_row");
    let next_y = (y_row + y_step).named("next_y_row");
    let next_n = (n_row + n_step).named("next_n_row");
    let plane_step = command.product.mux(command.row(4, 1), command.row(2, 1));
    m.clocked(|| {
        when(advance, || {
            row.set(next_k);
            when(walk.last_k, || {
                row.set(next_x);
                x_row.set(next_x);
            });
            when(walk.last_x, || {
                row.set(next_y);
                x_row.set(next_y);
                y_row.set(next_y);
            });
            when(walk.last_y, || {
                row.set(next_n);
                x_row.set(next_n);
                y_row.set(next_n);
                n_row.set(next_n);
            });
        });
        when(taken, || {
            for register in [row, x_row, y_row, n_row] {
                register.set(command.row(1, 0));
            }
            k_step.set(plane_step);
            n_step.set(command.depthwise.mux(command.row(2, 1), 0));
            taps.set(command.depthwise);
        });
    });
    row
}

/// Column and line that the first output's tap meets.
fn coordinates(m: M, dim: u32, start: &Start) -> (Signal, Signal) {
    m.section("Coordinates");
    let Start { command, walk, taken, advance } = *start;
    let ty = U(COORDINATE);
    let (x, y) = (m.reg("x", ty), m.reg("y", ty));
    let (first_x, first_y) = (m.reg("first_x", ty), m.reg("first_y", ty));
    let lines = m.reg("lines_a_step", U(2)).doc("of the map, from one kernel line to the next");
    let signed = |high, low| command.field(7, high, low).as_signed().ext(COORDINATE).as_unsigned();
    m.clocked(|| {
        when(advance & walk.last_k, || x.set(x + 1));
        when(advance & walk.last_x, || {
            x.set(first_x);
            y.set(y + lines.ext(COORDINATE));
        });
        when(advance & walk.last_y, || y.set(first_y));
        when(taken, || {
            x.set(signed(31, 16));
            first_x.set(signed(31, 16));
            y.set(signed(15, 0));
            first_y.set(signed(15, 0));
            lines.set(command.depthwise.mux(lit(u64::from(tap_lines(dim)), U(2)), 1));
        });
    });
    (x, y)
}

/// First accumulator row of the n tile.
fn accumulator_row(m: M, config: &NpuConfig, start: &Start) -> Signal {
    m.section("Accumulators");
    let Start { command, walk, taken, advance } = *start;
    let bits = config.accumulator_rows.ilog2();
    let row = m.reg("accumulator_row", U(bits));
    let step = m.reg("accumulator_n_step", U(bits));
    let product_step = command.field(6, bits - 1, 0);
    let map_step = command.field(3, 16 + bits - 1, 16);
    m.clocked(|| {
        when(advance & walk.last_y, || row.set(row + step));
        when(taken, || {
            row.set(command.field(3, bits - 1, 0));
            step.set(command.product.mux(product_step, map_step));
        });
    });
    row
}
