//! EXEC on a feature map: modes 1 (convolution) and 2 (depthwise convolution).

use super::super::instruction::Condition::{Negative, NotNegative, NotZero, Zero};
use super::assembler::{Assembler, DEPTHWISE, Label};
use super::context::Context;
use super::exec::{Exec, OUTSIDE, begin_sums, count_waves};
use super::registers::Register;

/// Taps of a depthwise pass.
const TAPS: u32 = 4;

/// Registers of a map. A line of outputs meets pixels left of the map, in it, and right of it.
struct Map {
    out_width: Register,
    out_height: Register,
    /// Pixels from one output to the next.
    stride_x: Register,
    stride_y: Register,
    first_x: Register,
    first_y: Register,
    row_pitch: Register,
    /// Of the tap at hand.
    ky: Register,
    kx: Register,
    /// Outputs of a line that meet pixels left of the map, in it, right of it.
    left: Register,
    inside: Register,
    right: Register,
    /// First row of the plane at hand.
    plane: Register,
    waves: Register,
    scratch: Register,
    /// Routine: `left`, `inside`, `right` and where the line begins, for the tap `kx`.
    segments: Label,
    /// Routine: all outputs of the column meet the tap (`ky`, `kx`).
    send: Label,
    /// Row of the first pixel inside, from that of tap 0 of output 0.
    first_inside: Register,
}

/// Begins at `begin`.
pub fn emit(p: &mut Assembler, c: &Context, exec: &Exec, begin: Label) {
    let map = Map {
        out_width: p.variable("out_width"),
        out_height: p.variable("out_height"),
        stride_x: p.variable("stride_x"),
        stride_y: p.variable("stride_y"),
        first_x: p.variable("first_x"),
        first_y: p.variable("first_y"),
        row_pitch: p.variable("row_pitch"),
        ky: p.variable("ky"),
        kx: p.variable("kx"),
        left: p.variable("outputs_left"),
        inside: p.variable("outputs_inside"),
        right: p.variable("outputs_right"),
        plane: p.variable("plane"),
        waves: p.variable("tile_waves"),
        scratch: p.variable("map_scratch"),
        segments: p.label(),
        send: p.label(),
        first_inside: p.variable("first_inside"),
    };
    let depthwise = p.label();
    let w = c.words;
    p.bind(begin);
    prepare(p, c, exec, &map);
    p.ld(w[0]).andi(1 << 18).jump_if(NotZero, depthwise);
    convolution(p, c, exec, &map);
    p.bind(depthwise);
    taps(p, c, exec, &map);
    segments(p, c, &map);
    send(p, c, exec, &map);
}

/// Fields of the descriptor, and a row of padding.
fn prepare(p: &mut Assembler, c: &Context, exec: &Exec, map: &Map) {
    let w = c.words;
    p.field(w[4], 11, 0).st(map.out_width).field(w[4], 23, 12).st(map.out_height);
    p.ld(map.out_width).mul(map.out_height).st(map.waves);
    p.field(w[5], 25, 24).addi(1).st(map.stride_x).field(w[5], 27, 26).addi(1).st(map.stride_y);
    p.field(w[7], 15, 0).xori(0x8000).subi(0x8000).st(map.first_y);
    p.field(w[7], 31, 16).xori(0x8000).subi(0x8000).st(map.first_x);
    p.field(w[1], 31, 16).st(map.row_pitch);
    p.field(w[3], 15, 0).st(exec.sums);
    p.field(w[6], 23, 12).st(exec.n_tiles);
    p.field(w[1], 15, 0).st(map.plane);
    // The pad value in every lane.
    p.ldi(15).strobe().field(w[4], 31, 24);
    p.st(map.scratch).rotate(3).add(map.scratch).st(map.scratch);
    p.rotate(2).add(map.scratch).st(map.scratch);
    p.ldi(c.map.padding).write_inner(map.scratch);
}

/// Mode 1.
fn convolution(p: &mut Assembler, c: &Context, exec: &Exec, map: &Map) {
    let w = c.words;
    let each_n = p.here();
    begin_sums(p, c, 0);
    p.set(map.ky, 0);
    let each_ky = p.here();
    p.set(map.kx, 0);
    let each_kx = p.here();
    p.call(map.segments);
    p.field(w[1], 15, 0).st(map.plane);
    p.field(w[6], 11, 0).st(exec.k_tiles);
    let each_k = p.here();
    p.set(exec.column, 0);
    let each_column = p.here();
    p.call(exec.load_column).call(map.send);
    p.ld(exec.column).addi(1).st(exec.column).subi(4).jump_if(NotZero, each_column);
    count_waves(p, map.waves, true);
    p.ldi(0).mode();
    p.ld(exec.weights).addi(4).st(exec.weights);
    p.field(w[2], 31, 16).add(map.plane).st(map.plane);
    p.ld(exec.k_tiles).subi(1).st(exec.k_tiles).jump_if(NotZero, each_k);
    p.ld(map.kx).addi(1).st(map.kx);
    p.field(w[6], 29, 27).sub(map.kx).jump_if(NotZero, each_kx);
    p.ld(map.ky).addi(1).st(map.ky);
    p.field(w[6], 26, 24).sub(map.ky).jump_if(NotZero, each_ky);
    p.field(w[3], 31, 16).add(exec.sums).st(exec.sums);
    p.ld(exec.n_tiles).subi(1).st(exec.n_tiles).jump_if(NotZero, each_n).ret();
}

/// Mode 2: a plane for each n tile, the taps of a line in each pass.
fn taps(p: &mut Assembler, c: &Context, exec: &Exec, map: &Map) {
    let w = c.words;
    for n in 1..c.config.dim {
        p.ldi(c.map.zeros).weight(n);
    }
    let each_n = p.here();
    begin_sums(p, c, DEPTHWISE);
    p.set(map.ky, 0);
    let each_pass = p.here();
    p.set(map.kx, 0);
    let each_kx = p.here();
    p.call(map.segments).set(exec.column, 0);
    let each_column = p.here();
    p.ld(exec.column).column();
    p.ld(exec.weights).andi(c.config.scratchpad_rows - 1).weight(0).call(map.send);
    p.ld(exec.column).addi(1).st(exec.column).subi(4).jump_if(NotZero, each_column);
    p.ldi(DEPTHWISE).mode();
    p.ld(exec.weights).addi(1).st(exec.weights);
    p.ld(map.kx).addi(1).st(map.kx).subi(TAPS).jump_if(NotZero, each_kx);
    count_waves(p, map.waves, false);
    p.ld(map.ky).addi(1).st(map.ky);
    p.field(w[6], 11, 0).sub(map.ky).jump_if(NotZero, each_pass);
    p.field(w[2], 31, 16).add(map.plane).st(map.plane);
    p.field(w[3], 31, 16).add(exec.sums).st(exec.sums);
    p.ld(exec.n_tiles).subi(1).st(exec.n_tiles).jump_if(NotZero, each_n).ret();
}

/// Outputs ox with `first_x + kx + ox * stride_x` below 0, below `in_width`, and the others.
fn segments(p: &mut Assembler, c: &Context, map: &Map) {
    let [x, divide, limit] = [p.variable("segment_x"), map.scratch, p.variable("segment_limit")];
    let quotient = p.label();
    p.bind(map.segments);
    p.remark("segments of a line").ld(map.first_x).add(map.kx).st(x);
    p.set(map.left, 0).set(map.inside, 0).copy(limit, map.out_width);
    p.ld(x);
    p.unless(NotNegative, |p| {
        p.ldi(0).sub(x).call(quotient).st(map.left);
    });
    p.ld(map.left).mul(map.stride_x).st(map.first_inside).add(x).st(x);
    p.ld(map.first_inside).add(map.kx).st(map.first_inside);
    p.ld(map.out_width).sub(map.left).st(limit);
    p.unless(Zero, |p| {
        p.field(c.words[5], 11, 0).sub(x);
        let none = p.label();
        p.jump_if(Zero, none).jump_if(Negative, none).call(quotient).st(map.inside);
        p.bind(none);
    });
    p.ld(map.out_width).sub(map.left).sub(map.inside).st(map.right).ret();

    // accumulator / stride_x, rounded up, at most `limit`.
    p.bind(quotient);
    p.add(map.stride_x).subi(1).st(divide);
    let divided = p.label();
    for (stride, inverse) in [(2, 32768), (3, 21846), (4, 16384)] {
        let other = p.label();
        p.ld(map.stride_x).subi(stride).jump_if(NotZero, other);
        p.ld(divide).andi(0xffff);
        let inverse = p.constant(inverse);
        p.mul(inverse).rotate(2).andi(0xffff).st(divide).jump(divided);
        p.bind(other);
    }
    p.bind(divided);
    p.ld(limit).sub(divide);
    let smaller = p.label();
    p.jump_if(NotNegative, smaller).ld(limit).ret();
    p.bind(smaller);
    p.ld(divide).ret();
}

/// All lines, one after the other: their outputs are consecutive rows of sums.
fn send(p: &mut Assembler, c: &Context, exec: &Exec, map: &Map) {
    let [y, lines, line] = ["map_y", "map_lines", "map_line"].map(|name| p.variable(name));
    let [pads, outside, next] = [(); 3].map(|()| p.label());
    let pad_row = c.map.padding | OUTSIDE;
    p.bind(map.send);
    p.remark("lines of a map").ld(exec.sums).row();
    p.ld(map.first_y).add(map.ky).st(y).copy(lines, map.out_height);
    p.ld(map.ky).mul(map.row_pitch).add(map.plane).add(map.first_inside).st(line);
    let line_step = p.variable("line_step");
    p.ld(map.stride_y).mul(map.row_pitch).st(line_step);

    let each = p.here();
    c.heed_abort(p);
    p.ld(y).jump_if(Negative, outside);
    p.field(c.words[5], 23, 12).sub(y).jump_if(Negative, outside).jump_if(Zero, outside);
    p.ld(map.left).call(pads);
    p.ld(map.inside);
    p.unless(Zero, |p| {
        p.count().ld(line).andi(0xffff).waves(map.stride_x);
    });
    p.ld(map.right).call(pads).jump(next);
    p.bind(outside);
    p.ld(map.out_width).call(pads);
    p.bind(next);
    p.advance(y, map.stride_y);
    p.advance(line, line_step);
    p.ld(lines).subi(1).st(lines).jump_if(NotZero, each).ret();

    p.bind(pads);
    let some = p.label();
    p.jump_if(NotZero, some).ret();
    p.bind(some);
    let still = p.constant(0);
    p.count().ldi(pad_row).waves(still).ret();
}
