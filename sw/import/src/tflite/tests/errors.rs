//! Models that are not supported, and files that are not what they say.

use super::builder::{Builder, Field, int, ints};
use super::operators::{CONV_2D, FULLY_CONNECTED, VALID, convolution, product};

/// A product of two numbers with two outputs: tensors 0 (input), 1 (weights) and 2 (output).
fn model() -> Builder {
    let mut b = Builder::new(&[1, 2], 1.0, 0);
    let w = b.weights(&[2, 2], (&[1.0], 0), &[1, 2, 3, 4]);
    let y = b.map(&[1, 2], 1.0, 0);
    b.operator(FULLY_CONNECTED, (&[0, w], y), product(0));
    b
}

/// The message of the model with a change.
fn error(change: impl FnOnce(&mut Builder)) -> String {
    let mut b = model();
    assert!(b.read(2).is_ok(), "it is good without the change");
    change(&mut b);
    b.read(2).expect_err("the change makes it bad")
}

const OPERATOR: &str = "FULLY_CONNECTED operator 0 (output tensor 2 \"t2\"): ";

#[test]
fn an_operator_that_is_not_known_is_named() {
    const MUL: u8 = 18;
    let mut b = model();
    let y = b.map(&[1, 2], 1.0, 0);
    b.operator(MUL, (&[2, 2], y), (0, Vec::new()));
    let error = b.read(y).expect_err("no such operator");
    assert_eq!(error, "MUL operator 1 (output tensor 3 \"t3\"): the operator is not supported");
    b.operator(MUL, (&[y, 2], y), (0, Vec::new()));
    let error = b.read(y).expect_err("two of them");
    assert!(error.starts_with("2 nodes are not supported\n  MUL operator 1 "), "{error}");
}

#[test]
fn what_an_operator_reads_is_made_before_it() {
    let cyclic = error(|b| b.operators[0][1] = (1, ints(&[2, 1])));
    assert!(
        cyclic.starts_with(&format!("{OPERATOR}input 0, tensor 2 \"t2\", is neither")),
        "{cyclic}"
    );
    let twice = error(|b| {
        let again = b.operators[0].clone();
        b.operators.push(again);
    });
    assert!(twice.ends_with("is the model's input or made already"), "{twice}");
    let missing = error(|b| b.operators[0][1] = (1, ints(&[0])));
    assert_eq!(missing, format!("{OPERATOR}input 1 is missing"));
    let nowhere = error(|b| b.operators[0][1] = (1, ints(&[0, 77])));
    assert_eq!(nowhere, format!("{OPERATOR}there is no tensor 77: the model has 3"));
}

#[test]
fn shapes_agree_with_each_other_and_with_the_data() {
    let dims = |tensor: usize, dims: &'static [i32]| {
        error(move |b| b.tensors[tensor][0] = (0, ints(dims)))
    };
    let huge = dims(1, &[i32::MAX, i32::MAX]);
    assert!(huge.contains("its weights have shape [2147483647, 2147483647]"), "{huge}");
    let data = dims(1, &[4095, 2]);
    assert!(data.starts_with(&format!("{OPERATOR}tensor 1 \"t1\": its shape and")), "{data}");
    let input = dims(0, &[1, 100_000, 100_000, 3]);
    assert!(input.starts_with("tensor 0 \"t0\": shape [1, 100000, 100000, 3] is not"), "{input}");
    let negative = dims(0, &[1, -2]);
    assert!(negative.contains("one below 0"), "{negative}");
    let output = dims(2, &[1, 3]);
    assert_eq!(output, format!("{OPERATOR}makes 1 x 1 x 2, but its output is 1 x 1 x 3"));
    let batch = dims(0, &[2, 2]);
    assert!(batch.contains("[2, 2] is not [1, H, W, C]"), "{batch}");
}

#[test]
fn types_are_what_the_operator_takes() {
    let float = error(|b| b.tensors[2][1] = (1, Field::Number(vec![0])));
    assert_eq!(float, format!("{OPERATOR}tensor 2 \"t2\": is FLOAT32, but has to be INT8 here"));
    let small = error(|b| b.tensors[1][1] = (1, Field::Number(vec![17])));
    assert_eq!(small, format!("{OPERATOR}its weights are INT4, only INT8 is supported"));
    let options = error(|b| b.operators[0][3] = (3, Field::Number(vec![1])));
    assert_eq!(options, format!("{OPERATOR}its options have type 1, not 8"));
    let variable = error(|b| b.tensors[1][2] = (2, int(0)));
    assert_eq!(variable, format!("{OPERATOR}tensor 1 \"t1\" has to be a constant"));
    let no_scale = error(|b| b.tensors[0].truncate(4));
    assert!(no_scale.starts_with("tensor 0 \"t0\": has no scale"), "{no_scale}");
}

#[test]
fn options_that_no_layer_has_are_refused() {
    let of = |change: fn(&mut Vec<(usize, Field)>)| {
        let mut b = Builder::new(&[1, 1, 1, 1], 1.0, 0);
        let w = b.weights(&[1, 1, 1, 1], (&[1.0], 0), &[1]);
        let y = b.map(&[1, 1, 1, 1], 1.0, 0);
        let (kind, mut options) = convolution(VALID, [1, 1], 0);
        change(&mut options);
        b.operator(CONV_2D, (&[0, w], y), (kind, options));
        b.read(y).map(|_| ()).map_err(|e| e.split("): ").last().unwrap_or_default().to_owned())
    };
    assert_eq!(of(|_| ()), Ok(()));
    let dilated = of(|options| options.push((4, int(2))));
    assert_eq!(dilated, Err("dilations other than 1 are not supported".into()));
    let still = of(|options| options[1] = (1, int(0)));
    assert_eq!(still, Err("kernel [1, 1] and stride [1, 0] have to be 1 to 4095".into()));
    let padding = of(|options| options[0] = (0, Field::Number(vec![9])));
    assert_eq!(padding, Err("there is no padding 9".into()));
}

/// Many layers that name the same weights do not fill the memory.
#[test]
fn weights_are_counted_before_they_are_made() {
    let mut b = Builder::new(&[1, 4095], 1.0, 0);
    let w = b.weights(&[4095, 4095], (&[1.0], 0), &vec![0; 4095 * 4095]);
    for layer in 0..8 {
        let y = b.map(&[1, 4095], 1.0, 0);
        let x = if layer == 0 { 0 } else { y - 1 };
        b.operator(FULLY_CONNECTED, (&[x, w], y), product(0));
    }
    let error = b.read(9).expect_err("they are too many");
    // Four are 67,076,100, of 67,108,864.
    assert!(error.starts_with("FULLY_CONNECTED operator 4 "), "{error}");
    assert!(error.ends_with("weights are too many for one network"), "{error}");
}

/// Every byte of the file's tables, one after the other, to every extreme: an error says where.
#[test]
fn offsets_and_vtables_that_lie_are_told_with_their_place() {
    let file = model().file(2);
    let at = |change: fn(&mut Vec<u8>)| {
        let mut file = file.clone();
        change(&mut file);
        crate::read(&file).expect_err("it is no model").to_string()
    };
    const START: &str = "not a TensorFlow Lite model: byte 0x";
    assert_eq!(
        at(|file| file[0..4].fill(0xff)),
        format!("{START}0: an offset of 4294967295 leads out of the file")
    );
    assert_eq!(
        at(|file| file.truncate(8)),
        format!("{START}0: an offset of {} leads out of the file", file[0])
    );
    // The root's vtable is at byte 8.
    let vtable = at(|file| file[8..10].fill(0xff));
    assert_eq!(vtable, format!("{START}8: a vtable of 65535 bytes is not possible here"));
    let odd = at(|file| file[8] = 5);
    assert_eq!(odd, format!("{START}8: a vtable of 5 bytes is not possible here"));
    let size = at(|file| file[10..12].fill(0xff));
    assert!(size.contains(": a table of 65535 bytes is not possible here"), "{size}");
    let field = at(|file| file[12..14].fill(0x70));
    assert!(field.contains(": field 0 at 28784 is not within its table"), "{field}");
    let before = at(|file| {
        let root = usize::from(file[0]);
        file[root..root + 4].copy_from_slice(&i32::MAX.to_le_bytes());
    });
    assert!(before.ends_with("a table's vtable is before the file"), "{before}");

    for end in 0..file.len() {
        assert!(crate::read(&file[..end]).is_err(), "{end} bytes");
    }
    for at in 0..file.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut file = file.clone();
            file[at] = value;
            let _ = crate::read(&file);
        }
    }
}
