//! FST files that are compressed once more as a whole.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use systole_wave::{Format, Wave};

use crate::support::*;

/// A file as `vcd2fst --compress` makes it of an FST file.
fn wrapped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("it is packed");
    let packed = encoder.finish().expect("it is packed");
    let mut file = vec![254];
    file.extend((packed.len() as u64 + 16).to_be_bytes());
    file.extend((bytes.len() as u64).to_be_bytes());
    file.extend(packed);
    file
}

fn plain(folder: &Path) -> Vec<u8> {
    let source = open(&file(folder, "small.vcd", SMALL));
    let path = folder.join("plain.fst");
    systole_wave::write(&path, &source, &all(&source), 0..=30, &[]).expect("an FST file");
    std::fs::read(path).expect("the file")
}

#[test]
fn a_wrapped_file_is_read_like_the_one_in_it() {
    let folder = folder();
    let path = file(folder.path(), "wrapped.fst", wrapped(&plain(folder.path())));
    let [wave, plain] = [load(&path), load(&folder.path().join("plain.fst"))];
    assert_eq!((wave.format(), wave.start(), wave.end()), (Format::Fst, 0, 30));
    assert_eq!(all(&wave), all(&plain));
    for signal in all(&wave) {
        let values = |wave: &Wave| -> Vec<_> {
            wave.changes(signal).map(|(time, value)| (time, value.clone())).collect()
        };
        assert_eq!(values(&wave), values(&plain));
        // Every question passes over it anew.
        assert_eq!(wave.values_at(&[signal], 12), plain.values_at(&[signal], 12));
    }
}

#[test]
fn a_wrapped_file_that_is_cut_or_lies_is_told() {
    let folder = folder();
    let plain = plain(folder.path());
    let whole = wrapped(&plain);
    let error = |bytes: &[u8]| {
        let path = file(folder.path(), "wrong.fst", bytes);
        let result = Wave::open(&path).and_then(|mut wave| wave.load(&all(&wave)));
        result.expect_err("a broken file")
    };
    for length in 1..whole.len() {
        assert!(error(&whole[..length]).offset().is_some(), "{length} bytes");
    }
    for lie in [u64::MAX, 1 << 40, 4_000_000] {
        let mut bytes = whole.clone();
        bytes[9..17].copy_from_slice(&lie.to_be_bytes());
        let error = error(&bytes);
        assert_eq!(error.offset(), Some(9), "{error}");
        assert!(error.message().contains(&format!("are to unpack to {lie}")), "{error}");
    }
    let mut bytes = whole.clone();
    bytes[20..40].fill(0xff);
    assert!(error(&bytes).message().contains("cannot be unpacked"));
    assert!(error(&wrapped(&whole)).message().contains("a whole file in the middle of another"));
    // What is wrong inside is told by its place in there.
    let inside = error(&wrapped(&plain[..plain.len() - 1]));
    assert!(inside.message().contains("the unpacked FST file ends"), "{inside}");
}
