//! `systole infer`: networks from the file to outputs, cycles and messages.

use std::path::{Path, PathBuf};

use serde_json::Value;
use systole_verif::infer::{Array, Element, Numbers, npy};

use crate::support::*;

/// A file of `sw/models`.
fn model(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../sw/models").join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(model(name)).expect("a committed file")
}

/// The digits' 450 images as the networks take them.
fn digits(folder: &Path) -> PathBuf {
    let pixels = bytes("digits/inputs.u8").into_iter().map(|pixel| f32::from(pixel) / 16.0);
    let numbers = Numbers::Float32(pixels.collect());
    file(folder, "digits.npy", npy::write(&Array { shape: vec![450, 1, 8, 8], numbers }))
}

/// Inputs of an MLPerf Tiny model.
fn recorded(folder: &Path, name: &str, shape: [usize; 4]) -> PathBuf {
    let numbers = Numbers::from_bytes(Element::Int8, &bytes(&format!("mlperf-tiny/{name}.x.s8")));
    file(folder, &format!("{name}.npy"), npy::write(&Array { shape: shape.to_vec(), numbers }))
}

/// Runs the command on a model and an input.
fn infer(folder: &Path, name: &str, input: Option<&Path>, options: &str) -> Outcome {
    let mut command = systole(folder);
    command.arg("infer").arg(model(name));
    if let Some(input) = input {
        command.arg("--input").arg(input);
    }
    // No Python: what is compared with ONNX Runtime does not depend on the machine.
    outcome(command.args(options.split_whitespace()).env("SYSTOLE_PYTHON", "/nowhere/python"))
}

fn written(folder: &Path, name: &str) -> Array {
    let bytes = std::fs::read(folder.join(name)).expect("outputs");
    npy::read(&bytes).expect("an array")
}

#[test]
fn all_digits_on_the_golden_model_are_those_of_onnx_runtime() {
    let folder = folder();
    let input = digits(folder.path());
    let name = "digits/cnn_qop_s8s8_pc";
    let options = "--engine golden --output y.npy --json r.json --csv t.csv";
    infer(folder.path(), &format!("{name}.onnx"), Some(&input), options)
        .code(0)
        .prints(&["depthwise 3x3", "max pool 2x2 /2", "fully connected", "quantise: scale"])
        .says(&["450 of 450 images"]);
    let output = written(folder.path(), "y.npy");
    assert_eq!(output.shape, [450, 10]);
    assert_eq!(output.numbers.to_bytes(), bytes(&format!("{name}.logits.f32")));

    let result = json(&folder.path().join("r.json"));
    assert_documented(&result);
    assert_eq!((&result["engine"], &result["images"]), (&"golden".into(), &450.into()));
    assert!(result["cycles"].is_null(), "the golden model counts no cycles");
    assert_eq!(result["macs"], 89_152);
    assert_eq!(result["output"].as_array().map(Vec::len), Some(450));
    let layers = result["layers"].as_array().expect("layers");
    layers.iter().for_each(assert_documented);
    let sum = |key: &str| layers.iter().map(|layer| layer[key].as_u64().expect(key)).sum::<u64>();
    assert_eq!(result["predicted_cycles"], sum("predicted_cycles"));
    assert_eq!(sum("macs"), 89_152);
    assert_documented(&result["host"][0]);
    let table = std::fs::read_to_string(folder.path().join("t.csv")).expect("a table");
    assert_eq!(table.lines().count(), 1 + layers.len());
}

#[test]
fn keyword_spotting_and_image_classification_are_those_of_onnx_runtime() {
    let folder = folder();
    for (name, shape) in
        [("kws_ref_model", [64, 49, 10, 1]), ("pretrainedResnet_quant", [64, 32, 32, 3])]
    {
        let input = recorded(folder.path(), name, shape);
        for form in ["_qoperator.onnx", ".tflite"] {
            let file = format!("mlperf-tiny/{name}{form}");
            infer(folder.path(), &file, Some(&input), "--engine golden --output y.npy").code(0);
            let found = written(folder.path(), "y.npy").numbers.to_bytes();
            assert_eq!(found, bytes(&format!("mlperf-tiny/{name}.y.s8")), "{file}");
        }
    }
}

/// Of keyword spotting on `nano`, whose scratchpad does not hold them all.
#[test]
fn maps_pass_through_the_scratchpad_in_lockstep() {
    let folder = folder();
    let input = recorded(folder.path(), "kws_ref_model", [64, 49, 10, 1]);
    let options =
        "--preset nano --engine lockstep --images 2 --output y.npy --verify --json r.json";
    infer(folder.path(), "mlperf-tiny/kws_ref_model_qoperator.onnx", Some(&input), options)
        .code(0)
        .prints(&["11 layers of 2 images: all equal"]);
    let found = written(folder.path(), "y.npy").numbers.to_bytes();
    assert_eq!(found, bytes("mlperf-tiny/kws_ref_model.y.s8")[..found.len()]);
    let result = json(&folder.path().join("r.json"));
    let layers = result["layers"].as_array().expect("layers");
    let cycles = |of: &Value| of["cycles"].as_u64().expect("cycles of the RTL");
    assert_eq!(layers.iter().map(cycles).sum::<u64>(), cycles(&result));
}

#[test]
fn twenty_digits_in_lockstep() {
    let folder = folder();
    let input = digits(folder.path());
    let name = "digits/cnn_qop_s8s8_pc";
    let options =
        "--preset nano --engine lockstep --images 20 --output y.npy --verify --json r.json";
    infer(folder.path(), &format!("{name}.onnx"), Some(&input), options)
        .code(0)
        .prints(&["7 layers of 20 images: all equal"])
        .says(&["20 of 20 images"]);
    let found = written(folder.path(), "y.npy").numbers.to_bytes();
    assert_eq!(found, bytes(&format!("{name}.logits.f32"))[..20 * 40]);
    let result = json(&folder.path().join("r.json"));
    assert_documented(&result["verified"]);
    assert!(result["verified"]["difference"].is_null());
    assert!(result["verified"]["onnxruntime"].is_null());
    let layers = result["layers"].as_array().expect("layers");
    let cycles = |of: &Value| of["cycles"].as_u64().expect("cycles of the RTL");
    let total = cycles(&result);
    assert_eq!(layers.iter().map(cycles).sum::<u64>(), total, "the layers add up to the whole");
    // The largest layer keeps the array busy, as the planner expects.
    let largest = &layers[1];
    let predicted = largest["predicted_cycles"].as_f64().expect("a number");
    let share = predicted / cycles(largest) as f64;
    assert!((0.95..=1.02).contains(&share), "{largest}");
    let utilisation = largest["utilisation"].as_f64().expect("a number");
    assert!((0.9..=1.02).contains(&utilisation), "{largest}");
    assert_eq!(largest["limit"], "compute");
}

#[test]
fn without_an_input_random_numbers_are_taken_by_their_seed() {
    let folder = folder();
    let run = |options: &str| {
        let options = format!("--preset nano --engine golden --output y.npy {options}");
        infer(folder.path(), "digits/mlp_qop_s8s8_pc.onnx", None, &options)
            .code(0)
            .says(&["random numbers, seed"]);
        written(folder.path(), "y.npy")
    };
    let first = run("--seed 5 --images 2");
    assert_eq!(first.shape, [2, 10]);
    assert_eq!(run("--seed 5 --images 2"), first);
    assert_ne!(run("--seed 6 --images 2"), first);
}

#[test]
fn a_check_says_what_would_run_and_runs_nothing() {
    let folder = folder();
    infer(folder.path(), "digits/cnn_pt2e_qdq.onnx", None, "--check --json r.json --report r.html")
        .code(0)
        .prints(&["conv 3x3", "fully connected 32 to 10, in float32", "integers would round"]);
    let result = json(&folder.path().join("r.json"));
    assert!(result["output"].is_null() && result["engine"].is_null());
    let page = std::fs::read_to_string(folder.path().join("r.html")).expect("a page");
    assert!(page.contains("integers would round") && page.contains("EXEC"));
}

#[test]
fn wrong_models_are_refused() {
    let folder = folder();
    let path = folder.path();
    run(path, "infer nothere.onnx").code(2).says(&["cannot read `nothere.onnx`"]);
    let whole = bytes("digits/cnn_qop_s8s8_pc.onnx");
    file(path, "cut.onnx", &whole[..whole.len() / 2]);
    run(path, "infer cut.onnx").code(2).says(&["cut.onnx: not an ONNX model", "help:"]);
    file(path, "text.onnx", "hello, world");
    run(path, "infer text.onnx").code(2).says(&["text.onnx: not an ONNX model"]);
    file(path, "m.tflite", b"\x1c\0\0\0TFL3\0\0\0\0");
    run(path, "infer m.tflite").code(2).says(&["m.tflite: ", "byte 0x", "help:"]);
    // An operator that nobody knows, in place of one of the same length.
    let at = whole.windows(7).position(|w| w == b"MaxPool").expect("a pool");
    let mut unknown = whole.clone();
    let places: Vec<usize> =
        (0..whole.len() - 7).filter(|&i| &whole[i..i + 7] == b"MaxPool").collect();
    for place in &places {
        unknown[*place..place + 7].copy_from_slice(b"MinPool");
    }
    assert!(places.contains(&at));
    file(path, "unknown.onnx", unknown);
    run(path, "infer unknown.onnx --check")
        .code(2)
        .says(&["MinPool /f/f.6/MinPool: the operator is not supported"]);
}

#[test]
fn a_network_that_does_not_fit_gets_advice() {
    let folder = folder();
    let name = "mlperf-tiny/kws_ref_model_qoperator.onnx";
    let small = "--check --preset nano --set npu.scratchpad_rows=64";
    infer(folder.path(), name, None, small).code(2).says(&[
        "does not fit the chip",
        "--set npu.scratchpad_rows=1024",
        "--preset edge",
    ]);
    infer(folder.path(), name, None, "--check --preset nano").code(0);
}

#[test]
fn wrong_inputs_are_refused() {
    let folder = folder();
    let path = folder.path();
    let run = |name: &str, contents: &[u8]| {
        let input = file(path, name, contents);
        infer(path, "digits/mlp_qop_s8s8_pc.onnx", Some(&input), "--engine golden").code(2)
    };
    let array = |shape: &[usize], numbers| npy::write(&Array { shape: shape.to_vec(), numbers });
    let real = |count| Numbers::Float32(vec![0.0; count]);
    let takes = "the model takes float32 of shape [N, 1, 8, 8]";
    run("t.npy", &array(&[1, 1, 8, 8], Numbers::Int8(vec![0; 64]))).says(&[
        "t.npy: the input is int8",
        takes,
        "astype(numpy.float32)",
    ]);
    run("s.npy", &array(&[2, 8, 8], real(128))).says(&["shape [2, 8, 8]", takes]);
    run("e.npy", &array(&[0, 1, 8, 8], real(0))).says(&["no images"]);
    run("c.npy", &array(&[1, 1, 8, 8], real(64))[..200]).says(&["at byte 0x80", "256 bytes"]);
    run("raw.bin", &[0; 100]).says(&["not a multiple of the 256 bytes"]);
    run("cut.npz", b"PK\x03\x04").says(&["the archive is cut"]);
    let input = digits(path);
    infer(path, "digits/mlp_qop_s8s8_pc.onnx", Some(&input), "--engine golden --images 451")
        .code(2)
        .says(&["--images 451", "450 images"]);
    infer(path, "digits/mlp_qop_s8s8_pc.onnx", None, "--engine golden --output no/y.npy")
        .code(2)
        .says(&["cannot write `no/y.npy`"]);
}

/// A convolution that forgets its padding is noticed where it first makes a difference.
#[test]
fn a_fault_of_the_chip_is_found_in_its_layer() {
    let folder = folder();
    let input = digits(folder.path());
    let model = "digits/cnn_qop_s8s8_pc.onnx";
    let with = "--preset nano --inject exec-padding-lost --images 1";
    let options = format!("{with} --engine rtl --verify --json r.json");
    infer(folder.path(), model, Some(&input), &options)
        .code(1)
        .prints(&["DIFFERS   image 0, layer /f/f.3/Conv_quant (conv 3x3)", "is right"]);
    let difference = &json(&folder.path().join("r.json"))["verified"]["difference"];
    assert_documented(difference);
    assert_eq!(difference["elements"], 8 * 8 * 16);
    infer(folder.path(), model, Some(&input), &format!("{with} --engine lockstep"))
        .code(1)
        .says(&["FAIL  image 0: RTL and golden model differ"]);
    infer(folder.path(), model, Some(&input), &format!("{with} --engine golden"))
        .code(2)
        .says(&["--inject", "--engine rtl"]);
}
