//! Comparing waves.

use systole_wave::diff::{differences, pairs};

use crate::support::*;

#[test]
fn equal_waves_do_not_differ_in_any_format() {
    let folder = folder();
    let a = open(&file(folder.path(), "a.vcd", SMALL));
    let path = folder.path().join("b.fst");
    systole_wave::write(&path, &a, &all(&a), 0..=30, &[]).expect("an FST file");
    let b = open(&path);
    let pairs = pairs(&a, &b, &all(&a), &all(&b));
    assert_eq!(pairs.both.len(), a.signals().count());
    assert_eq!(differences((&a, &b), &pairs.both, 99).expect("read"), []);
}

#[test]
fn the_first_difference_of_each_signal_is_found() {
    let folder = folder();
    let a = open(&file(folder.path(), "a.vcd", SMALL));
    // Another unit, no TOP, another value at 10, another text at 20, one signal renamed.
    let other = SMALL
        .replace("$timescale 1 ns", "$timescale 100 ps")
        .replace("#5\n", "#50\n")
        .replace("#10\n", "#100\n")
        .replace("#15\n", "#150\n")
        .replace("#20\n", "#200\n")
        .replace("#25\n", "#250\n")
        .replace("#30\n", "#300\n")
        .replace("b1 \"", "b1000 \"")
        .replace("b11 \"", "b101 \"")
        .replace("saddi", "ssubi")
        .replace(" level ", " volume ")
        .replace("wire 70 $ wide [69:0]", "wire 71 $ wide [70:0]");
    let b = open(&file(folder.path(), "b.vcd", other));
    let pairs = pairs(&a, &b, &all(&a), &all(&b));
    let names = |wave: &systole_wave::Wave, signals: &[systole_wave::SignalRef]| {
        signals.iter().map(|&signal| wave.signal(signal).name()).collect::<Vec<_>>()
    };
    assert_eq!(names(&a, &pairs.only_first), ["TOP.soc.level"]);
    assert_eq!(names(&b, &pairs.only_second), ["TOP.soc.volume"]);
    assert_eq!(pairs.unlike.len(), 1);
    let found = differences((&a, &b), &pairs.both, 99).expect("read");
    let shown: Vec<_> = found
        .iter()
        .map(|difference| {
            let name = a.signal(pairs.both[difference.pair].0).name();
            (name, difference.femtoseconds, difference.second.to_string())
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("TOP.soc.count".to_owned(), 10_000_000, "0x08".to_owned()),
            ("TOP.soc.text".to_owned(), 20_000_000, "subi a0, a1".to_owned()),
        ]
    );
    assert_eq!(differences((&a, &b), &pairs.both, 1).expect("read").len(), 1);
}

#[test]
fn a_broken_file_is_told_and_does_not_hang() {
    let folder = folder();
    let a = open(&file(folder.path(), "a.vcd", SMALL));
    let b = open(&file(folder.path(), "b.vcd", SMALL.replace("r-1.25e3", "r-1.25f3")));
    let pairs = pairs(&a, &b, &all(&a), &all(&b));
    let error = differences((&a, &b), &pairs.both, 99).expect_err("a broken file");
    assert!(error.to_string().contains("b.vcd, byte"), "{error}");
}

#[test]
fn windows_are_compared_where_they_overlap() {
    let folder = folder();
    let a = open(&file(folder.path(), "a.vcd", SMALL));
    for name in ["b.vcd", "b.fst"] {
        let path = folder.path().join(name);
        systole_wave::write(&path, &a, &all(&a), 12..=22, &[]).expect(name);
        let b = open(&path);
        let pairs = pairs(&a, &b, &all(&a), &all(&b));
        assert_eq!(differences((&a, &b), &pairs.both, 99).expect("read"), [], "{name}");
    }
}
