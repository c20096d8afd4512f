//! What is written is read again, in both formats and cut anywhere.

use std::ops::ControlFlow;

use proptest::prelude::*;
use systole_wave::{Bits, Kind, Timescale, Track, TrackKind, Value, Wave};

use crate::support::*;

/// Checks that two waves have the same signals, with the same values at all times up to `end`.
#[track_caller]
fn assert_same(a: &Wave, b: &Wave, times: std::ops::RangeInclusive<u64>) {
    assert_eq!(a.timescale(), b.timescale());
    assert_eq!(a.signals().count(), b.signals().count());
    for signal in a.signals() {
        let name = signal.name();
        let other = b.signal(b.find(&name).expect("the same names"));
        assert_eq!((signal.kind(), signal.range()), (other.kind(), other.range()), "{name}");
        for time in times.clone() {
            let [x, y] =
                [a.value_at(signal.reference(), time), b.value_at(other.reference(), time)];
            assert_eq!(x, y, "{name} at {time}");
        }
    }
}

#[test]
fn a_wave_of_a_simulator_survives_both_formats() {
    let folder = folder();
    let source = file(folder.path(), "a.vcd", SMALL);
    let wave = load(&source);
    assert_eq!((wave.start(), wave.end()), (0, 30));
    let [fst, back] = ["b.fst", "c.vcd"].map(|name| folder.path().join(name));
    systole_wave::write(&fst, &wave, &all(&wave), 0..=30, &[]).expect("an FST file");
    let fst = load(&fst);
    assert_same(&wave, &fst, 0..=35);
    systole_wave::write(&back, &fst, &all(&fst), 0..=30, &[]).expect("a VCD file");
    let back = load(&back);
    assert_same(&wave, &back, 0..=35);
    assert_eq!((fst.end(), back.end()), (30, 30));
    let [clk, outer] = ["TOP.soc.clk", "TOP.clk"].map(|name| back.find(name).expect(name));
    assert!(back.signal(clk).is_alias_of(back.signal(outer)), "connected signals stay so");
}

#[test]
fn tracks_are_added_to_a_wave() {
    let folder = folder();
    let source = file(folder.path(), "a.vcd", SMALL);
    let wave = load(&source);
    let text = |text: &str| Value::Text(text.to_owned());
    let tracks = [
        Track {
            scope: vec!["TOP".to_owned(), "soc".to_owned()],
            name: "mnemonic".to_owned(),
            kind: TrackKind::Text,
            changes: vec![(0, text("lui a0, 0x80000")), (7, text("")), (12, text("c.nop"))],
        },
        Track {
            scope: vec!["golden".to_owned()],
            name: "count".to_owned(),
            kind: TrackKind::Bits(8),
            changes: vec![(11, Value::Bits(Bits::from_u64(8, 7)))],
        },
    ];
    for name in ["t.vcd", "t.fst"] {
        let path = folder.path().join(name);
        systole_wave::write(&path, &wave, &all(&wave), 10..=20, &tracks).expect(name);
        let cut = load(&path);
        assert_eq!((cut.start(), cut.end()), (10, 20), "{name}");
        let mnemonic = cut.find("TOP.soc.mnemonic").expect("the track");
        let changes: Vec<_> =
            cut.changes(mnemonic).map(|(time, value)| (time, value.to_string())).collect();
        assert_eq!(changes.last(), Some(&(12, "c.nop".to_owned())), "{name}");
        assert_eq!(cut.value_at(mnemonic, 10), text(""), "{name}");
        let golden = cut.find("golden.count").expect("the other track");
        assert_eq!(cut.value_at(golden, 10), Kind::Bits(8).undefined(), "{name}");
        assert_eq!(cut.value_at(golden, 15).to_string(), "0x07", "{name}");
        for signal in wave.signals() {
            let other = cut.find(&signal.name()).expect("the same names");
            for time in 10..=20 {
                let expected = wave.value_at(signal.reference(), time);
                assert_eq!(cut.value_at(other, time), expected, "{name} {}", signal.name());
            }
        }
    }
}

#[test]
fn tracks_that_do_not_fit_are_refused() {
    let folder = folder();
    let path = folder.path().join("t.vcd");
    let bits = |width| Value::Bits(Bits::from_u64(width, 1));
    let track = |kind, changes| Track { scope: vec![], name: "t".to_owned(), kind, changes };
    for (track, what) in [
        (track(TrackKind::Bits(8), vec![(0, bits(7))]), "another kind or width"),
        (track(TrackKind::Text, vec![(0, bits(7))]), "another kind or width"),
        (track(TrackKind::Bits(8), vec![(5, bits(8)), (4, bits(8))]), "goes back"),
        (track(TrackKind::Bits(0), vec![]), "impossible width"),
    ] {
        let error = systole_wave::write_tracks(&path, Timescale::NANOSECOND, &[track]);
        let error = error.expect_err(what).to_string();
        assert!(error.contains(what), "{error}");
        assert!(!path.exists());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn tracks_are_read_as_they_were_written(tracks in tracks()) {
        let folder = folder();
        for name in ["a.vcd", "a.fst"] {
            let path = folder.path().join(name);
            write_tracks(&path, &tracks);
            let wave = load(&path);
            for track in &tracks {
                let signal = wave.find(&track_name(track)).expect("the track");
                for time in 0..60 {
                    let value = wave.value_at(signal, time);
                    let undefined = wave.signal(signal).kind().undefined();
                    prop_assert_eq!(&value, track_at(track, time).unwrap_or(&undefined));
                }
            }
        }
    }

    #[test]
    fn a_slice_of_a_slice_is_a_slice(
        tracks in tracks(),
        (outer_from, from, to, outer_to) in (0u64..20, 0u64..20, 0u64..20, 0u64..20),
        formats in prop::array::uniform3(any::<bool>()),
    ) {
        let folder = folder();
        let path = |stem: &str, fst: bool| {
            folder.path().join(format!("{stem}.{}", if fst { "fst" } else { "vcd" }))
        };
        let source = path("a", formats[0]);
        write_tracks(&source, &tracks);
        let wave = load(&source);
        let (from, to) = (outer_from + from, outer_from + from + to);
        let (outer, inner) = (path("b", formats[1]), path("c", formats[2]));
        systole_wave::write(&outer, &wave, &all(&wave), outer_from..=to + outer_to, &[]).expect("b");
        let once = load(&outer);
        systole_wave::write(&inner, &once, &all(&once), from..=to, &[]).expect("c");
        let twice = load(&inner);
        let end = to.min(wave.end());
        assert_same(&wave, &once, outer_from.min(end)..=end);
        assert_same(&wave, &twice, from.min(end)..=end);
    }

    #[test]
    fn the_same_wave_gives_the_same_bytes(tracks in tracks()) {
        let folder = folder();
        for ending in ["vcd", "fst"] {
            let [a, b] = ["a", "b"].map(|stem| folder.path().join(format!("{stem}.{ending}")));
            write_tracks(&a, &tracks);
            write_tracks(&b, &tracks);
            let [a, b] = [a, b].map(|path| std::fs::read(path).expect("the file"));
            prop_assert!(a == b, "{}", ending);
        }
    }
}

#[test]
fn a_stopped_write_leaves_nothing() {
    let folder = folder();
    let wave = load(&file(folder.path(), "a.vcd", SMALL));
    for (name, selection) in
        [("b.fst", all(&wave)), ("b.vcd", vec![wave.find("wide").expect("it")])]
    {
        let path = folder.path().join(name);
        let mut seen = Vec::new();
        let mut watch = |time| {
            seen.push(time);
            if time == 20 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let stopped =
            systole_wave::write_watched(&path, &wave, &selection, 0..=30, &[], &mut watch);
        assert_eq!(stopped.expect("no error"), ControlFlow::Break(()));
        // Of VCD all times are told, also those at which nothing that was selected changes.
        assert_eq!(seen, [0, 5, 10, 15, 20]);
    }
    let files = std::fs::read_dir(folder.path()).expect("the folder").count();
    assert_eq!(files, 1, "only what is read");
}
