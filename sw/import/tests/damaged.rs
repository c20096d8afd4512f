//! Files that were damaged at random: an error or another network, never a panic, and no memory
//! without bound. `PROPTEST_CASES` sets how many of each are tried.

use proptest::prelude::*;
use systole_import::read;

mod common;

use common::file;

const TFLITE: [&str; 2] =
    ["mlperf-tiny/kws_ref_model.tflite", "mlperf-tiny/pretrainedResnet_quant.tflite"];
const ONNX: [&str; 6] = [
    "mlperf-tiny/kws_ref_model_qoperator.onnx",
    "mlperf-tiny/pretrainedResnet_quant_qoperator.onnx",
    "digits/cnn_qop_u8u8_pt.onnx",
    "digits/resnet_qdq_s8s8_pc.onnx",
    "digits/cnn_pt2e_qdq.onnx",
    "unet/unet.onnx",
];

fn cases() -> u32 {
    let given = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    given.unwrap_or(if cfg!(debug_assertions) { 100 } else { 2_000 })
}

/// What is done to a file. Places are counted from the file's start, modulo its length.
#[derive(Clone, Debug)]
enum Damage {
    /// One bit is the other.
    Flip(usize, u8),
    /// A byte.
    Set(usize, u8),
    /// A 16-bit word, as sizes in tables are.
    Half(usize, u16),
    /// A 32-bit word, as offsets, numbers and sizes are.
    Word(usize, u32),
    /// The file ends.
    Truncate(usize),
    /// Bytes are gone.
    Remove(usize, usize),
    /// Bytes of another place, or of another file, are in place of what was there.
    Splice { from: usize, to: usize, length: usize, other: bool },
    /// Bytes of the file are there twice.
    Repeat(usize, usize),
}

/// Places near the start and end, where the structure is, more often than others.
fn place() -> impl Strategy<Value = usize> {
    prop_oneof![any::<usize>(), 0usize..4096, (1usize..16384).prop_map(|back| usize::MAX - back)]
}

fn damage() -> impl Strategy<Value = Damage> {
    let word = prop_oneof![
        any::<u32>(),
        0u32..64,
        (0u32..64).prop_map(|below| u32::MAX - below),
        (0u32..64).prop_map(|near| 0x7fff_ffe0 + near),
    ];
    let half = prop_oneof![any::<u16>(), 0u16..64];
    prop_oneof![
        4 => (place(), 0u8..8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        4 => (place(), any::<u8>()).prop_map(|(at, value)| Damage::Set(at, value)),
        3 => (place(), half).prop_map(|(at, value)| Damage::Half(at & !1, value)),
        4 => (place(), word).prop_map(|(at, value)| Damage::Word(at & !3, value)),
        1 => place().prop_map(Damage::Truncate),
        1 => (place(), 1usize..64).prop_map(|(at, count)| Damage::Remove(at, count)),
        2 => (place(), place(), 1usize..256, any::<bool>())
            .prop_map(|(from, to, length, other)| Damage::Splice { from, to, length, other }),
        1 => (place(), 1usize..256).prop_map(|(at, count)| Damage::Repeat(at, count)),
    ]
}

impl Damage {
    fn apply(&self, file: &mut Vec<u8>, other: &[u8]) {
        let length = file.len();
        if length == 0 {
            return;
        }
        let at = |place: usize| place % length;
        let mut put = |place: usize, bytes: &[u8]| {
            file.iter_mut().skip(at(place)).zip(bytes).for_each(|(byte, &new)| *byte = new);
        };
        match *self {
            Self::Flip(place, bit) => file[at(place)] ^= 1 << bit,
            Self::Set(place, value) => put(place, &[value]),
            Self::Half(place, value) => put(place, &value.to_le_bytes()),
            Self::Word(place, value) => put(place, &value.to_le_bytes()),
            Self::Truncate(place) => file.truncate(at(place)),
            Self::Remove(place, count) => {
                file.drain(at(place)..length.min(at(place) + count));
            }
            Self::Splice { from, to, length, other: of_other } => {
                let source = if of_other { other.to_vec() } else { file.clone() };
                let from = from % source.len();
                let bytes = source[from..source.len().min(from + length)].to_vec();
                let to = at(to);
                file.iter_mut().skip(to).zip(bytes).for_each(|(byte, new)| *byte = new);
            }
            Self::Repeat(place, count) => {
                let bytes = file[at(place)..length.min(at(place) + count)].to_vec();
                file.splice(at(place)..at(place), bytes);
            }
        }
    }
}

/// Damages one of `names` and reads it.
fn check(names: &[&str], which: usize, damages: &[Damage]) {
    let mut bytes = file(names[which % names.len()]);
    let other = file(names[(which + 1) % names.len()]);
    for damage in damages {
        damage.apply(&mut bytes, &other);
    }
    match read(&bytes) {
        Ok(network) => network.check().expect("what is read is consistent"),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None, ..ProptestConfig::with_cases(cases())
    })]

    #[test]
    fn tensorflow_lite(which: usize, damages in proptest::collection::vec(damage(), 1..6)) {
        check(&TFLITE, which, &damages);
    }

    #[test]
    fn onnx(which: usize, damages in proptest::collection::vec(damage(), 1..6)) {
        check(&ONNX, which, &damages);
    }
}
