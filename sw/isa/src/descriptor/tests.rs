use super::*;

fn load() -> Load {
    let (rows, row_bytes, stride) = (64, 16, 16);
    Load { address: 0x8100_0000, stride, rows, row_bytes, row: 12, row_step: 1, ..Load::default() }
}

fn windows() -> Load {
    let windows =
        Windows { count: 10, row_step: 1, step: 2, bytes: 3, lane: 4, pad_value: -128, lead: -1 };
    Load { windows: Some(windows), ..load() }
}

fn exec() -> Exec {
    Exec {
        accumulate: true,
        int4: true,
        activations: Activations { row: 100, step: 1, k_step: 9 },
        weight_row: 200,
        weight_k_step: 8,
        weight_n_step: 16,
        accumulator_row: 4,
        accumulator_n_step: 11,
        m_rows: 9,
        k_tiles: 2,
        n_tiles: 5,
    }
}

fn convolution() -> Convolution {
    Convolution {
        kernel: Kernel::Full { height: 3, width: 2 },
        accumulate: false,
        int4: false,
        activation_row: 16,
        row_pitch: 8,
        plane_step: 56,
        weight_row: 200,
        accumulator_row: 4,
        accumulator_n_step: 30,
        out_width: 6,
        out_height: 5,
        in_width: 8,
        in_height: 7,
        stride_x: 2,
        stride_y: 1,
        pad_value: -3,
        k_tiles: 2,
        n_tiles: 3,
        first_y: -1,
        first_x: -2,
    }
}

fn requantised(then: Then) -> Source {
    Source::Requantised {
        parameter_row: 8,
        zero_point: 3,
        clamp_min: 0,
        clamp_max: 127,
        double_rounding: true,
        then,
    }
}

fn store(source: Source) -> Store {
    Store {
        source,
        destination: Destination::Memory { address: 0x8001_0040, stride: 10 },
        rows: 4,
        columns: 16,
        source_row: 6,
        source_chunk_step: 4,
        source_row_step: 1,
    }
}

fn pool() -> Store {
    let pool = Pool {
        row_pitch: 9,
        kernel_width: 3,
        kernel_height: 2,
        pad_left: 1,
        pad_top: 0,
        in_width: 8,
        in_height: 7,
        stride_x: 2,
        stride_y: 2,
        out_width: 4,
    };
    Store { source_row_step: 0, ..inside(Source::MaxPool(pool), 0) }
}

/// A STORE into the scratchpad.
fn inside(source: Source, line_rows: u16) -> Store {
    let (row, row_step, chunk_step, line_step) = (30, 1, 8, 5);
    let destination = Destination::Scratchpad { row, row_step, chunk_step, line_rows, line_step };
    Store { destination, ..store(source) }
}

fn tokens() -> Header {
    Header::default().wait_for(Unit::Load).wait_for(Unit::Exec).signal_to(Unit::Store)
}

/// One of each, with their texts.
fn samples() -> Vec<(Descriptor, &'static str)> {
    let none = Header::default();
    let last = Header { last: true, ..none };
    let plain = Source::Requantised {
        parameter_row: 0,
        zero_point: 0,
        clamp_min: -128,
        clamp_max: 127,
        double_rounding: false,
        then: Then::Keep,
    };
    vec![
        (
            Descriptor::Load(none.signal_to(Unit::Exec), load()),
            "LOAD 64 x 16 B, 0x81000000 stride 16 -> spad 12 row_step 1, signal EXEC",
        ),
        (
            Descriptor::Load(
                none,
                Load { space: Space::Parameters, stride: -4, chunk_step: 2, ..load() },
            ),
            "LOAD 64 x 16 B, 0x81000000 stride -4 -> params 12 row_step 1 chunk_step 2",
        ),
        (
            Descriptor::Load(
                none,
                Load { space: Space::Table, rows: 1, row_step: 0, stride: 0, ..load() },
            ),
            "LOAD 1 x 16 B, 0x81000000 -> table 12",
        ),
        (
            Descriptor::Load(none, windows()),
            "LOAD 64 x 16 B as 10 windows x 3 B, 0x81000000 stride 16 -> spad 12 row_step 1 \
             window_row_step 1 lane 4 window_step 2 lead -1 pad_value -128",
        ),
        (
            Descriptor::Exec(tokens(), exec()),
            "EXEC product 9 rows, 2 x 5 tiles, spad 100 step 1 k_step 9 * weights 200 k_step 8 \
             n_step 16 int4 -> acc 4 n_step 11 accumulate, wait LOAD+EXEC, signal STORE",
        ),
        (
            Descriptor::Convolution(none, convolution()),
            "EXEC conv 3x2 stride 1x2 to 5x6 pixels, 2 x 3 tiles, spad 16 map 7x8 from -1,-2 \
             row_pitch 8 plane_step 56 pad_value -3 * weights 200 -> acc 4 n_step 30",
        ),
        (
            Descriptor::Convolution(
                none,
                Convolution {
                    kernel: Kernel::Depthwise,
                    stride_x: 1,
                    first_y: 0,
                    first_x: 0,
                    ..convolution()
                },
            ),
            "EXEC depthwise to 5x6 pixels, 2 x 3 tiles, spad 16 map 7x8 row_pitch 8 \
             plane_step 56 pad_value -3 * weights 200 -> acc 4 n_step 30",
        ),
        (
            Descriptor::Store(last, store(plain)),
            "STORE 4 x 16 int8, acc 6 row_step 1 chunk_step 4 by params 0 -> 0x80010040 stride 10, \
             last",
        ),
        (
            Descriptor::Store(tokens(), inside(requantised(Then::Add { residual_row: 90 }), 4)),
            "STORE 4 x 16 int8, acc 6 row_step 1 chunk_step 4 by params 8 zero_point 3 \
             clamp 0..127 double_rounding + spad 90 -> spad 30 row_step 1 chunk_step 8 line_rows 4 \
             line_step 5, wait LOAD+EXEC, signal STORE",
        ),
        (
            Descriptor::Store(none, store(requantised(Then::Table))),
            "STORE 4 x 16 int8, acc 6 row_step 1 chunk_step 4 by params 8 zero_point 3 \
             clamp 0..127 double_rounding by table -> 0x80010040 stride 10",
        ),
        (
            Descriptor::Store(none, store(Source::Accumulators)),
            "STORE 4 x 16 int32, acc 6 row_step 1 chunk_step 4 -> 0x80010040 stride 10",
        ),
        (
            Descriptor::Store(none, inside(Source::Scratchpad, 0)),
            "STORE 4 x 16 int8, spad 6 row_step 1 chunk_step 4 -> spad 30 row_step 1 chunk_step 8 \
             line_step 5",
        ),
        (
            Descriptor::Store(none, pool()),
            "STORE 4 x 16 int8, maximum 2x3 stride 2x2 pad_left 1 to lines of 4 from map 7x8 \
             row_pitch 9 of spad 6 chunk_step 4 -> spad 30 row_step 1 chunk_step 8 line_step 5",
        ),
        (
            Descriptor::Raw([0x27, 1, 0, 0, 0, 0, 0, 0xffff_ffff]),
            "bad opcode 7: 00000027 00000001 00000000 00000000 00000000 00000000 00000000 ffffffff",
        ),
        (
            Descriptor::Raw([0x21, 0, 0, 0, 0, 0, 0, 0]),
            "bad LOAD: 00000021 00000000 00000000 00000000 00000000 00000000 00000000 00000000",
        ),
    ]
}

#[test]
fn a_line_says_what_is_asked_for() {
    for (descriptor, text) in samples() {
        assert_eq!(descriptor.to_string(), text);
        // Words are told by what they ask for, not by how somebody made them.
        assert_eq!(Descriptor::Raw(descriptor.encode()).to_string(), text);
    }
}

#[test]
fn words_become_what_encodes_to_them() {
    for (descriptor, _) in samples() {
        assert_eq!(Descriptor::decode(&descriptor.encode()), descriptor);
    }
}

/// No field is left out: whichever bit differs, the text differs.
#[test]
fn every_bit_shows() {
    for (descriptor, text) in samples() {
        for bit in 0..256 {
            let mut words = descriptor.encode();
            words[bit / 32] ^= 1 << (bit % 32);
            let other = Descriptor::decode(&words);
            assert_eq!(other.encode(), words, "{text}: bit {bit}");
            assert_ne!(other.to_string(), text, "bit {bit}");
        }
    }
}

#[test]
fn tiles_are_counted_with_their_taps() {
    let header = Header::default();
    assert_eq!(Descriptor::Exec(header, exec()).tiles(), Some(10));
    let (full, depthwise) =
        (convolution(), Convolution { kernel: Kernel::Depthwise, ..convolution() });
    assert_eq!(Descriptor::Convolution(header, full).tiles(), Some(36));
    assert_eq!(Descriptor::Convolution(header, depthwise).tiles(), Some(6));
    assert_eq!(Descriptor::Load(header, load()).tiles(), None);
}
