//! Layout of descriptors and commands, and the check that rejects bad ones (docs/npu.md).

use systole_hdl::prelude::*;

use super::exec::tap_lines;
use super::shape::Shape;
use crate::config::NpuConfig;

/// Bits of a descriptor.
pub const DESCRIPTOR_BITS: u32 = 256;

/// A command on its way to a unit: `[255:0]` the validated descriptor, `[271:256]` its index.
pub const COMMAND: Ty = U(DESCRIPTOR_BITS + 16);

/// `opcode` of a LOAD.
pub const LOAD: u64 = 1;
/// `opcode` of an EXEC.
pub const EXEC: u64 = 2;
/// `opcode` of a STORE.
pub const STORE: u64 = 3;

/// The units, in the order of the `wait` and `signal` bits.
pub const UNITS: [&str; 3] = ["load", "exec", "store"];

/// Word `index` of a descriptor or command.
#[track_caller]
pub fn word(descriptor: Signal, index: u32) -> Signal {
    descriptor.bits(32 * index + 31, 32 * index)
}

/// The low half of word `index`.
#[track_caller]
pub fn low(descriptor: Signal, index: u32) -> Signal {
    descriptor.bits(32 * index + 15, 32 * index)
}

/// The high half of word `index`.
#[track_caller]
pub fn high(descriptor: Signal, index: u32) -> Signal {
    descriptor.bits(32 * index + 31, 32 * index + 16)
}

/// The index in the list of a command.
#[track_caller]
pub fn list_index(command: Signal) -> Signal {
    command.bits(DESCRIPTOR_BITS + 15, DESCRIPTOR_BITS)
}

/// The `wait` mask: bit u = takes a token of unit u.
#[track_caller]
pub fn wait_mask(descriptor: Signal) -> Signal {
    descriptor.bits(10, 8)
}

/// The `signal` mask: bit u = gives a token to unit u.
#[track_caller]
pub fn signal_mask(descriptor: Signal) -> Signal {
    descriptor.bits(14, 12)
}

/// Combinational: `descriptor` in, `bad_opcode` and `bad_field` out.
pub fn descriptor_check(config: &NpuConfig) -> Module {
    let shape = Shape::of(config);
    module("npu_descriptor_check", |m| {
        m.doc("Finds what makes a descriptor bad, whatever comes before it in the list.");
        let descriptor = m.input("descriptor", U(DESCRIPTOR_BITS));
        let opcode = descriptor.bits(3, 0).named("opcode");
        let is_load = opcode.eq(LOAD).named("is_load");
        let is_exec = opcode.eq(EXEC).named("is_exec");
        let is_store = opcode.eq(STORE).named("is_store");

        let own_bits = cat(&[is_store, is_exec, is_load]).named("own_bits");
        let own_tokens = (own_bits & (wait_mask(descriptor) | signal_mask(descriptor)))
            .any()
            .named("own_tokens");
        let reserved = cat(&[descriptor.bits(7, 5), descriptor.bit(11), descriptor.bit(15)]).any();
        let bad_common = (own_tokens | reserved).named("bad_common");

        let bad_load = bad_load(descriptor, shape);
        let bad_exec = bad_exec(descriptor, config);
        let bad_store = bad_store(descriptor, config.double_rounding);
        m.output("bad_opcode", !own_bits.any());
        let bad_operation = ((is_load & bad_load) | (is_exec & bad_exec) | (is_store & bad_store))
            .named("bad_operation");
        m.output("bad_field", bad_common | bad_operation);
    })
}

fn bad_load(d: Signal, shape: Shape) -> Signal {
    let space = d.bits(17, 16).named("space");
    let windows = d.bit(18).named("windows");
    let no_table = if shape.dim < 4 { space.eq(2) } else { lit(0, Bit) };
    let bad_space = (space.eq(3) | no_table | (windows & space.ne(0))).named("load_bad_space");
    let empty_row = high(d, 3).eq(0) & !windows;
    let counts = (low(d, 3).eq(0) | empty_row).named("load_zero_count");
    let words = cat(&[word(d, 7), word(d, 6), high(d, 5)]).any().named("load_words_used");
    let bad_words = windows.mux(bad_load_windows(d, shape), words).named("load_bad_words");
    let reserved = d.bits(31, 19).any().named("load_reserved");
    (bad_space | counts | bad_words | reserved).named("bad_load")
}

/// What only a LOAD of windows has: high half of word 5, words 6 and 7.
fn bad_load_windows(d: Signal, shape: Shape) -> Signal {
    let [step, bytes, lane] = [0, 8, 16].map(|low| d.bits(192 + low + 7, 192 + low));
    let lead = d.bits(231, 224).named("lead");
    let counts = (high(d, 5).eq(0) | step.eq(0) | bytes.eq(0)).named("windows_zero_count");
    let too_long = bytes.gt(u64::from(shape.piece));
    let lane_end = (lane.ext(9) + bytes.ext(9)).named("windows_lane_end");
    let outside = (too_long | lane_end.gt(u64::from(shape.dim))).named("windows_outside_row");
    let bad_lead = (!lead.bit(7) & lead.any()).named("windows_bad_lead");
    let reserved = d.bits(255, 232).any().named("windows_reserved");
    (counts | outside | bad_lead | reserved).named("bad_load_windows")
}

fn bad_exec(d: Signal, config: &NpuConfig) -> Signal {
    let mode = d.bits(18, 17).named("exec_mode");
    let product = mode.eq(0).named("exec_product");
    let full = mode.eq(1).named("exec_full");
    let depthwise = mode.eq(2).named("exec_depthwise");
    let field = |word: u32, high: u32, low: u32| d.bits(32 * word + high, 32 * word + low);

    let counts = (high(d, 3).eq(0) | low(d, 4).eq(0) | low(d, 5).eq(0)).named("exec_zero_count");
    let reserved = cat(&[word(d, 7), high(d, 6)]).any().named("exec_reserved");
    let bad_product = (product & (counts | reserved)).named("bad_product");

    let zero = |word: u32, high: u32, low: u32| field(word, high, low).eq(0);
    let sizes = (zero(4, 11, 0) | zero(4, 23, 12) | zero(5, 11, 0) | zero(5, 23, 12))
        .named("map_zero_size");
    let tiles = (zero(6, 11, 0) | zero(6, 23, 12)).named("map_zero_tiles");
    let reserved = cat(&[field(5, 31, 28), field(6, 31, 30)]).any().named("map_reserved");
    let bad_map = (!product & (sizes | tiles | reserved)).named("bad_map");

    let no_kernel = zero(6, 26, 24) | zero(6, 29, 27);
    let bad_full = (full & no_kernel).named("bad_full");
    // 0 to -3: all bits above the low two equal, and not 1 to 3.
    let first_x = high(d, 7);
    let no_lead = first_x.eq(0) | (first_x.bits(15, 2).all() & first_x.bits(1, 0).any());
    let even_pitch = if tap_lines(config.dim) > 1 { !d.bit(48) } else { lit(0, Bit) };
    let kernel = field(6, 29, 24).any();
    let bad_taps = (depthwise & (kernel | !no_lead | even_pitch)).named("bad_taps");
    let reserved_from = if config.int4_weights { 20 } else { 19 };
    let bad_mode = (mode.eq(3) | d.bits(31, reserved_from).any()).named("exec_bad_mode");
    (bad_product | bad_map | bad_full | bad_taps | bad_mode).named("bad_exec")
}

fn bad_store(d: Signal, double_rounding: bool) -> Signal {
    let source = d.bits(17, 16).named("source");
    let requantised = source.eq(0).named("requantised");
    let raw = source.eq(1).named("raw");
    let to_scratchpad = d.bit(18).named("to_scratchpad");
    let adds = d.bit(19).named("adds");
    let looks_up = d.bit(20).named("looks_up");
    let pools = d.bit(21).named("pools");

    let counts = (low(d, 3).eq(0) | high(d, 3).eq(0)).named("store_zero_count");
    let misaligned = (raw & cat(&[d.bits(33, 32), d.bits(65, 64)]).any()).named("store_misaligned");
    let bad_source = (source.eq(3) | (to_scratchpad & raw)).named("store_bad_source");
    let bad_operation = (adds & !(requantised & to_scratchpad))
        | (looks_up & (!requantised | adds))
        | (pools & source.ne(2));
    let bad_operation = bad_operation.named("store_bad_operation");
    let bad_row = (to_scratchpad & !adds & high(d, 1).any()).named("store_bad_row");
    let bad_lines =
        (!to_scratchpad & (high(d, 7).any() | (!pools & low(d, 7).any()))).named("store_bad_lines");
    let reserved_from = if double_rounding { 217 } else { 216 };
    let bad_parameters =
        cat(&[requantised & d.bits(223, reserved_from).any(), !requantised & word(d, 6).any()])
            .any()
            | (!requantised & high(d, 5).any());
    let bad_words = pools.mux(bad_windows(d), bad_parameters).named("store_bad_words");
    let reserved = d.bits(31, 22).any().named("store_reserved");
    let bad_values =
        (bad_source | bad_operation | misaligned | bad_row | bad_lines).named("store_bad_values");
    (counts | bad_values | bad_words | reserved).named("bad_store")
}

/// Words 5 to 7 of a pooling STORE.
fn bad_windows(d: Signal) -> Signal {
    let kernel = d.bits(178, 176).eq(0) | d.bits(181, 179).eq(0);
    let map = d.bits(203, 192).eq(0) | d.bits(215, 204).eq(0);
    let out_width = d.bits(235, 224).eq(0) | d.bits(239, 236).any();
    let reserved = cat(&[d.bits(191, 188), d.bits(223, 220)]).any();
    (kernel | map | out_width | reserved).named("store_bad_windows")
}
