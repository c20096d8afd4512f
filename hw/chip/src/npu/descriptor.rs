//! Layout of descriptors and commands, and the check that rejects bad ones (docs/npu.md).

use systole_hdl::prelude::*;

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
pub fn descriptor_check() -> Module {
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

        let bad_load = bad_load(descriptor);
        let bad_exec = bad_exec(descriptor);
        let bad_store = bad_store(descriptor);
        m.output("bad_opcode", !own_bits.any());
        let bad_operation = ((is_load & bad_load) | (is_exec & bad_exec) | (is_store & bad_store))
            .named("bad_operation");
        m.output("bad_field", bad_common | bad_operation);
    })
}

fn bad_load(d: Signal) -> Signal {
    let counts = (low(d, 3).eq(0) | high(d, 3).eq(0)).named("load_zero_count");
    let reserved =
        cat(&[word(d, 7), word(d, 6), high(d, 5), d.bits(31, 17)]).any().named("load_reserved");
    (counts | reserved).named("bad_load")
}

fn bad_exec(d: Signal) -> Signal {
    let counts = (high(d, 3).eq(0) | low(d, 4).eq(0) | low(d, 5).eq(0)).named("exec_zero_count");
    let reserved = cat(&[word(d, 7), high(d, 6), d.bits(31, 17)]).any().named("exec_reserved");
    (counts | reserved).named("bad_exec")
}

fn bad_store(d: Signal) -> Signal {
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
    let bad_parameters =
        cat(&[requantised & d.bits(223, 216).any(), !requantised & word(d, 6).any()]).any()
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
