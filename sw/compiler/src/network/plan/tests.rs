//! Tokens, layouts and stages, where a wrong choice would still give right results.

use systole_isa::{Descriptor, Destination, Exec, Header, Load, Source, Space, Store, Unit};

use super::footprint::Rows;
use super::layout::Layout;
use super::plan_network;
use super::stage::{Kind, stages};
use super::tokens::List;
use crate::network::{
    Add, Convolution, GlobalAveragePool, Input, Layer, Network, Operation, Output, Requantise,
    ResidualAdd, Shape, Tensor,
};
use crate::{NpuShape, TEST_SHAPE as SHAPE};

fn load(row: u16) -> Descriptor {
    let load = Load { rows: 8, row_bytes: 8, row, row_step: 1, ..Load::default() };
    Descriptor::Load(Header::default(), load)
}

fn exec(weight_row: u16) -> Descriptor {
    let mut exec = Exec { m_rows: 1, k_tiles: 1, n_tiles: 1, weight_row, ..Exec::default() };
    exec.activations.row = 512;
    Descriptor::Exec(Header::default(), exec)
}

fn headers(list: List) -> Vec<Header> {
    list.finish().iter().filter_map(|d| d.header().copied()).collect()
}

#[test]
fn tokens_order_what_touches_the_same_rows_and_nothing_else() {
    let mut list = List::new(&SHAPE, 0..0);
    for descriptor in [load(0), load(8), exec(0), exec(8), exec(0), load(0), load(64)] {
        list.push(descriptor);
    }
    let (none, load, exec) =
        (Header::default(), Header::default(), Header::default().wait_for(Unit::Load));
    let expected = [
        load.signal_to(Unit::Exec),
        load.signal_to(Unit::Exec),
        exec,
        exec,
        // Knows already that the first load is complete.
        none.signal_to(Unit::Load),
        none.wait_for(Unit::Exec),
        Header { last: true, ..none },
    ];
    assert_eq!(headers(list), expected);
}

/// A LOAD waits for a STORE that wrote bytes of its rows to memory, and for no other.
#[test]
fn memory_that_is_written_and_read_again_is_ordered() {
    let store = |address| {
        let store = Store {
            source: Source::Scratchpad,
            destination: Destination::Memory { address, stride: 100 },
            rows: 3,
            columns: 8,
            source_row: 512,
            source_chunk_step: 0,
            source_row_step: 1,
        };
        Descriptor::Store(Header::default(), store)
    };
    let load = |address| {
        let load = Load { address, rows: 2, row_bytes: 8, stride: 200, ..Load::default() };
        Descriptor::Load(Header::default(), load)
    };
    let mut list = List::new(&SHAPE, 0x1000..0x2000);
    // Rows at 0x1040, 0x10a4 and 0x1108; a job writes no memory outside of the given addresses.
    for descriptor in [store(0x1040), store(0x3000), load(0x1050), load(0x3000), load(0x1040)] {
        list.push(descriptor);
    }
    let none = Header::default();
    let expected = [
        none.signal_to(Unit::Load),
        none,
        none,
        none,
        Header { last: true, ..none.wait_for(Unit::Store) },
    ];
    assert_eq!(headers(list), expected);
}

#[test]
fn a_token_counter_never_holds_more_than_15() {
    let mut list = List::new(&SHAPE, 0..0);
    (0..40).for_each(|i| list.push(load(8 * i)));
    (0..40).for_each(|i| list.push(exec(8 * i)));
    let mut tokens = 0i32;
    let mut known = 0;
    for (i, header) in headers(list).into_iter().enumerate() {
        let takes = i32::from(header.wait & 1);
        tokens += i32::from(header.signal >> 1 & 1) - takes;
        known += takes;
        assert!((0..=15).contains(&tokens), "{tokens} after descriptor {i}");
    }
    assert_eq!(tokens, 0);
    assert!(known > 1);
}

/// A 3 x 3 convolution that keeps the size.
fn convolution(channels: u32, depthwise: bool) -> Operation {
    let seen = if depthwise { 1 } else { channels };
    Operation::Convolution(Convolution {
        kernel: [3, 3],
        stride: [1, 1],
        pads: [1; 4],
        depthwise,
        weights: vec![1; (9 * channels * seen) as usize],
        pad_value: 0,
        requantise: Requantise {
            bias: vec![0; channels as usize],
            multiplier: vec![0.1; channels as usize],
            zero_point: 0,
            clamp_min: -128,
            clamp_max: 127,
        },
    })
}

fn network(layers: Vec<(usize, Operation)>) -> Network {
    let shape = Shape { height: 4, width: 4, channels: 16 };
    let tensors = (0..=layers.len()).map(|i| Tensor { name: i.to_string(), shape }).collect();
    let output = layers.len();
    let layer = |(i, (input, operation))| Layer {
        name: format!("layer {i}"),
        input,
        output: i + 1,
        operation,
    };
    Network {
        tensors,
        layers: layers.into_iter().enumerate().map(layer).collect(),
        input: 0,
        prepare: Input::Signed,
        output,
        finish: Output::Signed,
    }
}

fn add(other: usize) -> Operation {
    let arithmetic = ResidualAdd::new((0.04, 3), (0.1, -4), (0.05, 9));
    Operation::Add(Add { other, arithmetic })
}

#[test]
fn an_add_joins_the_convolution_of_either_operand() {
    // 1 = conv(0), 2 = conv(1), 3 = 1 + 2.
    let first = vec![(0, convolution(16, false)), (1, convolution(16, false)), (1, add(2))];
    let stages_of = |layers| stages(&network(layers));
    let planned = stages_of(first);
    assert_eq!(planned.len(), 2);
    let (residual, exchanged) = planned[1].residual.clone().expect("it adds");
    assert_eq!((planned[1].input, residual, planned[1].output), (1, 1, 3));
    // The convolution's result is the second operand of the layer's add.
    assert_eq!(exchanged.factor, 0.1 / 0.05);

    // The sum of the input and itself has no convolution: it is copied.
    let planned = stages_of(vec![(0, add(0))]);
    assert!(matches!(&planned[0].kind, Kind::Convolution(c) if c.kernel == [1, 1]));
    assert_eq!(planned[0].macs, 0);
}

#[test]
fn sums_take_the_place_of_what_is_added_and_pitches_are_odd_for_depthwise() {
    let network = network(vec![
        (0, convolution(16, false)),
        (1, convolution(16, false)),
        (2, convolution(16, false)),
        (1, add(3)),
        (4, convolution(16, true)),
    ]);
    let layout = Layout::new(&SHAPE, &network, &stages(&network), None, &[]).expect("it fits");
    let map = |id: usize| layout.maps[id].expect("it is placed");
    // Two planes of four lines of 5 rows, for the depthwise layer reads the sum.
    assert_eq!((map(4).pitch, map(4).plane_step), (5, 20));
    assert_eq!((map(1).pitch, map(1).row), (5, map(4).row));
    assert_eq!(map(2).pitch, 4);
    assert_eq!(layout.maps[3], None);
}

#[test]
fn programs_read_only_rows_that_they_have_written() {
    let mut network = network(vec![
        (0, convolution(16, false)),
        (1, convolution(16, true)),
        (1, add(2)),
        (3, convolution(16, true)),
    ]);
    let mean = GlobalAveragePool {
        requantise: Requantise {
            bias: vec![0],
            multiplier: vec![0.1],
            zero_point: 0,
            clamp_min: -128,
            clamp_max: 127,
        },
    };
    network.tensors.push(Tensor { name: "mean".into(), shape: Shape::flat(16) });
    network.output = 5;
    network.layers.push(Layer {
        name: "mean".into(),
        // A map that a depthwise layer reads too: rows are left out behind its lines.
        input: 3,
        output: 5,
        operation: Operation::GlobalAveragePool(mean),
    });
    for dim in [4, 8, 16, 32] {
        reads_what_it_has_written(&NpuShape { dim, ..SHAPE }, &network);
    }
}

fn reads_what_it_has_written(shape: &NpuShape, network: &Network) {
    let dim = shape.dim;
    let program = plan_network(shape, network, 0).expect("it fits");
    let rows = Rows::new(shape, 0..0);
    let mut written = vec![false; rows.count()];
    for (i, descriptor) in program.descriptors.iter().enumerate() {
        let footprint = rows.of(dim, descriptor);
        let unwritten = footprint.reads.iter().find(|&&row| !written[row as usize]);
        assert_eq!(unwritten, None, "{dim} x {dim}, descriptor {i}: {descriptor}");
        footprint.writes.iter().for_each(|&row| written[row as usize] = true);
    }
}

/// A chain of fully connected layers.
fn vectors(sizes: &[u32]) -> Network {
    let tensor = |&size: &u32| Tensor { name: size.to_string(), shape: Shape::flat(size) };
    let layer = |(i, sizes): (usize, &[u32])| {
        let convolution = Convolution {
            kernel: [1, 1],
            pads: [0; 4],
            weights: vec![1; (sizes[0] * sizes[1]) as usize],
            ..match convolution(sizes[1], false) {
                Operation::Convolution(c) => c,
                _ => unreachable!("a convolution is one"),
            }
        };
        let operation = Operation::Convolution(convolution);
        Layer { name: format!("layer {i}"), input: i, output: i + 1, operation }
    };
    Network {
        tensors: sizes.iter().map(tensor).collect(),
        layers: sizes.windows(2).enumerate().map(layer).collect(),
        input: 0,
        prepare: Input::Signed,
        output: sizes.len() - 1,
        finish: Output::Signed,
    }
}

/// Tiles of channels begin in the rows that the tile before has for channels which the input lacks;
/// behind the last tile there are such rows only if nothing was there before.
#[test]
fn weights_of_missing_channels_take_no_room() {
    let network = vectors(&[24, 5, 40, 100, 16]);
    for dim in [4, 8, 16, 32] {
        reads_what_it_has_written(&NpuShape { dim, ..SHAPE }, &network);
    }
    // Rows to 5 outputs, 5 tiles of 5 rows (and 3 behind them), 13 of 40, and 2 of 104 that come with
    // a LOAD each, so that EXEC can begin with the first.
    let program = plan_network(&SHAPE, &network, 0).expect("it fits");
    let loads = program.descriptors.iter().filter_map(|descriptor| match descriptor {
        Descriptor::Load(_, load) => Some(load),
        _ => None,
    });
    let (parameters, weights): (Vec<&Load>, Vec<&Load>) =
        loads.partition(|load| load.space == Space::Parameters);
    let rows = weights.iter().map(|load| u32::from(load.row_bytes).div_ceil(8)).sum::<u32>();
    // The first is the input's.
    assert_eq!(rows, 3 + 24 + (25 + 3) + 13 * 40 + 2 * 104);
    assert_eq!(parameters.len(), 1, "one LOAD brings those of all layers");
    assert_eq!(parameters[0].row_bytes, 64 * (1 + 5 + 13 + 2));
}

/// Weights that are used once leave a map's rows alone when these get free, unless they need them.
#[test]
fn weights_get_all_rows_when_they_need_them() {
    let mut network = vectors(&[448, 80, 448, 8]);
    let Operation::Convolution(last) = &mut network.layers[2].operation else { unreachable!() };
    // Two sets of int8 weights, 896 of 1024 rows: the map takes 112, but 132 were taken before.
    last.weights.fill(200);
    reads_what_it_has_written(&SHAPE, &network);
}
