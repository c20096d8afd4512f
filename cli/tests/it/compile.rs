//! `systole compile`: what is in the folder, that it is refused where it must be, and that the
//! sources compute what `systole infer` does.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use systole_verif::infer::{Model, Numbers, random};

use crate::support::*;

/// Models whose ends differ: float32 with two zero points; int8 and a softmax.
const MODELS: [&str; 3] = [
    "digits/cnn_qop_s8s8_pc.onnx",
    "digits/mlp_qop_u8u8_pt.onnx",
    "mlperf-tiny/pretrainedResnet_quant.tflite",
];

fn model(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../sw/models").join(name)
}

fn compile(folder: &Path, name: &str, options: &str) -> Outcome {
    let mut command = systole(folder);
    outcome(command.arg("compile").arg(model(name)).args(options.split_whitespace()))
}

/// All files of a folder.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let read = |path: PathBuf| {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        (name, std::fs::read(path).expect("a file"))
    };
    entries.map(|entry| read(entry.expect("an entry").path())).collect()
}

/// Whether a tool is on the search path; says so if it is not.
fn is_there(tool: &str) -> bool {
    let output = Command::new(tool).arg("--version").stdout(Stdio::null()).status();
    let there = output.is_ok_and(|status| status.success());
    if !there {
        eprintln!("skipped: no {tool}");
    }
    there
}

/// Runs a command that must succeed, with bytes for its standard input.
#[track_caller]
fn succeed(command: &mut Command, input: &[u8]) -> Vec<u8> {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the tool starts");
    child.stdin.take().expect("a pipe").write_all(input).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn the_folder_is_the_same_every_time_and_nothing_else_is_overwritten() {
    let folder = folder();
    let at = folder.path();
    for name in ["a", "b/c", "a"] {
        compile(at, MODELS[0], &format!("--preset nano -o {name}")).code(0).prints(&[
            "codes of the input",
            "descriptors",
            "cycles expected",
        ]);
        file(at, "a/mine.c", "int mine;\n");
    }
    let mut a = contents(&at.join("a"));
    assert_eq!(a.remove("mine.c").as_deref(), Some(&b"int mine;\n"[..]));
    assert_eq!(a, contents(&at.join("b/c")));
    let names: Vec<&str> = a.keys().map(String::as_str).collect();
    let expected = "Makefile README.md chip.toml link.ld main.c model.bin model.c model.h model.ld \
                    model.rs runtime.c runtime.h start.S systole_npu.h";
    assert_eq!(names.join(" "), expected);
    let entries = std::fs::read_dir(at).expect("a folder").count();
    assert_eq!(entries, 2, "no temporary is left");

    std::fs::create_dir(at.join("full")).expect("a folder");
    file(at, "full/model.h", "/* mine */\n");
    compile(at, MODELS[0], "-o full").code(2).says(&["`full` is not empty", "-o DIR"]);
    assert_eq!(contents(&at.join("full")).len(), 1);
    compile(at, MODELS[0], "-o full/model.h").code(2).says(&["full/model.h", "-o DIR"]);
}

#[test]
fn a_base_must_be_in_the_ram_and_leave_room() {
    let folder = folder();
    let with = |base: &str| {
        compile(folder.path(), MODELS[0], &format!("--preset nano -o out --base {base}"))
    };
    for bad in ["0x8000_0000", "0x8001_0004", "0x9000_0000", "0xffff_ffe0"] {
        with(bad).code(2).says(&["is no address within 0x80001000..0x80020000"]);
    }
    with("0x8001_ffe0").code(2).says(&["does not fit the chip"]);
    with("ram").code(2).says(&["not an address"]);
    with("0x8001_0000").code(0).prints(&["0x80010000"]);
    let header = std::fs::read_to_string(folder.path().join("out/model.h")).expect("a header");
    assert!(header.contains("MODEL_BASE           0x80010000u"), "{header}");
}

#[test]
fn a_model_that_ends_in_float_is_refused() {
    let folder = folder();
    compile(folder.path(), "digits/cnn_pt2e_qdq.onnx", "-o out")
        .code(2)
        .says(&["leaves its last layers in float"]);
    assert!(!folder.path().join("out").exists());
}

/// Inputs and codes from standard input, codes and outputs to standard output.
const C_ENDS: &str = include_str!("compile/ends.c");

/// The same in Rust.
const RUST_ENDS: &str = include_str!("compile/ends.rs");

const IMAGES: usize = 20;

/// What goes in, and what must come out.
fn ends(model: &Model) -> (Vec<u8>, Vec<u8>) {
    let mut inputs = random(model, IMAGES, 1);
    if let Numbers::Float32(numbers) = &mut inputs.numbers {
        let special = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e-40, -0.0, 1e30, -1e30];
        numbers[..special.len()].copy_from_slice(&special);
        // Ties: half steps of what the model takes.
        numbers[special.len()..64].iter_mut().for_each(|x| *x *= 0.5);
    }
    let length = model.input_len();
    let outputs = model.network.shape(model.network.output).len();
    let (mut given, mut expected) = (Vec::new(), Vec::new());
    for image in 0..IMAGES {
        given.extend(inputs.numbers.pick(image * length..(image + 1) * length).to_bytes());
        // Near each other and far apart.
        let codes: Vec<i8> = (0..outputs).map(|i| (i * i * (image + 1) * 7 % 251) as i8).collect();
        given.extend(codes.iter().map(|&code| code as u8));
        expected.extend(model.codes(&inputs, image).iter().map(|&code| code as u8));
        expected.extend(model.outputs(&codes).to_bytes());
    }
    (given, expected)
}

#[test]
fn the_ends_are_those_of_infer_to_the_bit_in_c_and_in_rust() {
    let folder = folder();
    let (c, rust) = (is_there("cc"), is_there("rustc"));
    for name in MODELS {
        let out = folder.path().join("out");
        compile(folder.path(), name, "-o out").code(0);
        let read = Model::read(&std::fs::read(model(name)).expect("a model")).expect("supported");
        let (given, expected) = ends(&read);
        let ends = out.join("ends");
        if c {
            file(&out, "ends.c", C_ENDS);
            let mut command = Command::new("cc");
            command.args(["-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "ends.c", "model.c"]);
            succeed(command.args(["-o", "ends"]).current_dir(&out), &[]);
            assert!(succeed(&mut Command::new(&ends), &given) == expected, "C: {name} differs");
        }
        if rust {
            file(&out, "ends.rs", RUST_ENDS);
            let mut command = Command::new("rustc");
            command.args(["--edition", "2024", "-D", "warnings", "-A", "dead_code", "ends.rs"]);
            succeed(command.args(["-o", "ends"]).current_dir(&out), &[]);
            assert!(succeed(&mut Command::new(&ends), &given) == expected, "Rust: {name} differs");
        }
    }
}

#[test]
fn a_linked_program_ends_well_only_with_the_output_of_the_golden_model() {
    if !is_there("riscv64-unknown-elf-gcc") || !is_there("make") {
        return;
    }
    let folder = folder();
    for (name, preset) in [(MODELS[0], "nano"), (MODELS[2], "edge")] {
        let out = folder.path().join("out");
        compile(folder.path(), name, &format!("--preset {preset} -o out")).code(0);
        let mut make = Command::new("make");
        succeed(make.args(["-C", "out", "-B", "model.elf"]).current_dir(folder.path()), &[]);
        let run = || run(&out, "run model.elf --config chip.toml");
        run().code(0).prints(&["all outputs are equal"]);
        // Another output is noticed: the last number of what is expected.
        let main = std::fs::read_to_string(out.join("main.c")).expect("the test");
        let end = main.find("static model_output_t output").expect("its output");
        let (before, behind) = main[..end].rsplit_once(",\n};").expect("an array");
        let (before, _) = before.rsplit_once(' ').expect("several numbers");
        file(&out, "main.c", format!("{before} 77,\n}};{behind}{}", &main[end..]));
        let mut make = Command::new("make");
        succeed(make.args(["-C", "out", "model.elf"]).current_dir(folder.path()), &[]);
        run().code(1).prints(&["the output differs at element"]);
    }
}

#[test]
fn data_that_is_not_in_its_place_does_not_link() {
    if !is_there("riscv64-unknown-elf-gcc") || !is_there("make") {
        return;
    }
    let folder = folder();
    compile(folder.path(), MODELS[0], "--preset nano -o out").code(0);
    let path = folder.path().join("out/Makefile");
    let makefile = std::fs::read_to_string(&path).expect("a Makefile");
    file(folder.path(), "out/Makefile", makefile.replace("-T model.ld ", ""));
    let make = outcome(Command::new("make").arg("-C").arg(folder.path().join("out")));
    assert!(make.code != Some(0) && make.stderr.contains("model_data_start"), "{}", make.stderr);
}
