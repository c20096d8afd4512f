//! Operators that move numbers, functions of one number, and averages over windows.

use systole_compiler::network::{Operation, Shape};

use super::builder::{Builder, byte, float, int};
use super::operators::{AVERAGE_POOL_2D, MAX_POOL_2D, PAD, QUANTIZE, VALID, none, output, pool};

const CONCATENATION: u8 = 2;
const DEPTH_TO_SPACE: u8 = 5;
const RELU6: u8 = 21;
const SPACE_TO_DEPTH: u8 = 26;
const STRIDED_SLICE: u8 = 45;
const PADV2: u8 = 60;
const SLICE: u8 = 65;
const RESIZE_NEAREST_NEIGHBOR: u8 = 97;
const LEAKY_RELU: u8 = 98;

#[test]
fn maps_are_joined_and_cut() {
    let mut b = Builder::new(&[1, 1, 2, 2], 1.0, 0);
    let joined = b.map(&[1, 1, 2, 4], 1.0, 0);
    b.operator(CONCATENATION, (&[0, 0], joined), (10, vec![(0, int(-1))]));
    let (begin, size) = (b.integers(&[4], &[0, 0, 1, 1]), b.integers(&[4], &[1, 1, 1, -1]));
    let part = b.map(&[1, 1, 1, 3], 1.0, 0);
    b.operator(SLICE, (&[joined, begin, size], part), (48, Vec::new()));
    let (begin, end) = (b.integers(&[4], &[0, 0, 0, 0]), b.integers(&[4], &[0, 1, 1, 3]));
    let stride = b.integers(&[4], &[1, 1, 1, 2]);
    let y = b.map(&[1, 1, 1, 2], 1.0, 0);
    // The end of the batch is open.
    let options = (32, vec![(1, int(1))]);
    b.operator(STRIDED_SLICE, (&[part, begin, end, stride], y), options);
    let network = b.read(y).expect("it is supported");
    // Pixels 1, 2 and 3, 4: of 3 4 3 4 the last three, and of these the first and the third.
    assert_eq!(output(&network, &[1, 2, 3, 4]), [4, 4]);
}

#[test]
fn maps_grow_and_are_padded() {
    let mut b = Builder::new(&[1, 1, 2, 1], 0.5, 3);
    let large = b.map(&[1, 2, 4, 1], 0.5, 3);
    let size = b.integers(&[2], &[2, 4]);
    let options = (74, vec![(1, byte(1))]);
    b.operator(RESIZE_NEAREST_NEIGHBOR, (&[0, size], large), options);
    let y = b.map(&[1, 2, 4, 2], 0.5, 3);
    let paddings = b.integers(&[4, 2], &[0, 0, 0, 0, 0, 0, 1, 0]);
    b.operator(PAD, (&[large, paddings], y), none());
    let network = b.read(y).expect("it is supported");
    let line = [3, 7, 3, 7, 3, 9, 3, 9];
    assert_eq!(output(&network, &[7, 9]), [line, line].concat());
    // At the end of a model pads are a layer, too; and those of PADV2 with another number.
    let mut b = Builder::new(&[1, 1, 2, 1], 0.5, 3);
    let padded = b.map(&[1, 1, 3, 1], 0.5, 3);
    let paddings = b.integers(&[4, 2], &[0, 0, 0, 0, 1, 0, 0, 0]);
    b.operator(PAD, (&[0, paddings], padded), none());
    let fill = b.weights(&[1], (&[0.5], 0), &[-9]);
    let y = b.map(&[1, 1, 4, 1], 0.5, 3);
    b.operator(PADV2, (&[padded, paddings, fill], y), none());
    assert_eq!(output(&b.read(padded).expect("it is supported"), &[7, 9]), [3, 7, 9]);
    assert_eq!(output(&b.read(y).expect("it is supported"), &[7, 9]), [-9, 3, 7, 9]);
}

#[test]
fn blocks_of_pixels_are_channels_and_back() {
    let mut b = Builder::new(&[1, 2, 2, 1], 1.0, 0);
    let deep = b.map(&[1, 1, 1, 4], 1.0, 0);
    b.operator(SPACE_TO_DEPTH, (&[0], deep), (19, vec![(0, int(2))]));
    let y = b.map(&[1, 2, 2, 1], 1.0, 0);
    b.operator(DEPTH_TO_SPACE, (&[deep], y), (94, vec![(0, int(2))]));
    assert_eq!(output(&b.read(deep).expect("it is supported"), &[1, 2, 3, 4]), [1, 2, 3, 4]);
    assert_eq!(output(&b.read(y).expect("it is supported"), &[1, 2, 3, 4]), [1, 2, 3, 4]);
}

#[test]
fn functions_are_tables() {
    let mut b = Builder::new(&[1, 4], 0.5, 0);
    let leaky = b.map(&[1, 4], 0.5, 0);
    b.operator(LEAKY_RELU, (&[0], leaky), (75, vec![(0, float(0.25))]));
    let other = b.map(&[1, 4], 0.25, -10);
    b.operator(QUANTIZE, (&[leaky], other), none());
    let y = b.map(&[1, 4], 0.25, -10);
    b.operator(RELU6, (&[other], y), none());
    assert_eq!(output(&b.read(leaky).expect("it is supported"), &[5, -8, 0, 20]), [5, -2, 0, 20]);
    let network = b.read(y).expect("it is supported");
    // Twice as many steps, to 24 of them.
    assert_eq!(output(&network, &[5, -8, 0, 20]), [0, -10, -10, 14]);
}

/// Halves are rounded away from zero, whatever the zero point.
#[test]
fn averages_of_windows_are_those_of_the_codes() {
    let mut b = Builder::new(&[1, 1, 4, 1], 0.5, 3);
    let y = b.map(&[1, 1, 2, 1], 0.5, 3);
    b.operator(AVERAGE_POOL_2D, (&[0], y), pool(VALID, [1, 2], [1, 2], 0));
    let network = b.read(y).expect("it is supported");
    assert!(matches!(network.layers[0].operation, Operation::Convolution(_)));
    assert_eq!(output(&network, &[1, 2, -1, -2]), [2, -2]);
    assert_eq!(network.shape(network.output), Shape { height: 1, width: 2, channels: 1 });

    let mut b = Builder::new(&[1, 1, 3, 1], 0.5, 3);
    let y = b.map(&[1, 1, 2, 1], 0.5, 3);
    b.operator(AVERAGE_POOL_2D, (&[0], y), pool(0, [1, 2], [1, 2], 0));
    let error = b.read(y).expect_err("SAME");
    assert!(error.contains("windows at the borders have fewer pixels"), "{error}");
}

#[test]
fn what_cannot_be_moved_is_named() {
    let mut b = Builder::new(&[1, 1, 2, 2], 1.0, 0);
    let y = b.map(&[2, 1, 2, 2], 1.0, 0);
    b.operator(CONCATENATION, (&[0, 0], y), (10, vec![(0, int(0))]));
    let error = b.read(y).expect_err("a batch");
    assert!(error.ends_with("axis 0 is not supported"), "{error}");

    let mut b = Builder::new(&[1, 1, 2, 2], 1.0, 0);
    let other = b.map(&[1, 1, 2, 2], 0.5, 0);
    b.operator(QUANTIZE, (&[0], other), none());
    let y = b.map(&[1, 1, 2, 4], 1.0, 0);
    b.operator(CONCATENATION, (&[0, other], y), (10, vec![(0, int(3))]));
    let error = b.read(y).expect_err("two scales");
    assert!(error.ends_with("input 1 and the output differ in scale or zero point"), "{error}");

    let mut b = Builder::new(&[1, 1, 2, 1], 1.0, 0);
    let y = b.map(&[1, 1, 2, 1], 1.0, 0);
    let (begin, end) = (b.integers(&[4], &[0; 4]), b.integers(&[4], &[1, 1, 2, 1]));
    let stride = b.integers(&[4], &[1, 1, -1, 1]);
    b.operator(STRIDED_SLICE, (&[0, begin, end, stride], y), (32, Vec::new()));
    let error = b.read(y).expect_err("backwards");
    assert!(error.ends_with("from 0 to 2 by -1 is not supported"), "{error}");

    // What only a window of one pixel does is no padding.
    let mut b = Builder::new(&[1, 1, 2, 1], 1.0, 0);
    let padded = b.map(&[1, 1, 3, 1], 1.0, 0);
    let paddings = b.integers(&[4, 2], &[0, 0, 0, 0, 1, 0, 0, 0]);
    b.operator(PAD, (&[0, paddings], padded), none());
    let y = b.map(&[1, 1, 3, 1], 1.0, 0);
    b.operator(MAX_POOL_2D, (&[padded], y), pool(VALID, [1, 1], [1, 1], 0));
    let network = b.read(y).expect("the pads are a layer");
    assert_eq!(output(&network, &[-5, 6]), [0, -5, 6]);
}
