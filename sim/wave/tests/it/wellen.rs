//! What is written is read by wellen, the library of Surfer, in the same way.

use proptest::prelude::*;
use systole_wave::{Track, Value};
use wellen::{SignalValueRef, simple};

use crate::support::*;

/// Value of a track at a time, as wellen has it: its bits, or its text.
fn foreign(wave: &mut simple::Waveform, track: &Track, time: u64) -> Option<String> {
    let scopes: Vec<&str> = track.scope.iter().map(String::as_str).collect();
    let hierarchy = wave.hierarchy();
    let signal = hierarchy[hierarchy.lookup_var(&scopes, track.name.as_str())?].signal_ref();
    wave.load_signals(&[signal]);
    let index = wave.time_table().partition_point(|&at| at <= time).checked_sub(1)?;
    let signal = wave.get_signal(signal)?;
    match signal.get_value_at(&signal.get_offset(index as u32)?, 0) {
        SignalValueRef::String(text) => Some(text.to_owned()),
        value => value.to_bit_string(),
    }
}

fn expected(value: &Value) -> String {
    match value {
        Value::Bits(bits) => bits.characters().map(char::from).collect(),
        other => other.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn wellen_reads_the_same_values(tracks in tracks()) {
        let folder = folder();
        for name in ["a.vcd", "a.fst"] {
            let path = folder.path().join(name);
            write_tracks(&path, &tracks);
            let mut wave = simple::read(&path).expect("wellen reads it");
            for track in &tracks {
                for time in [0, 7, 30, 59] {
                    let Some(value) = track_at(track, time) else { continue };
                    // The escapes of text in VCD are a convention of GTKWave. In FST, wellen takes
                    // each byte for a character.
                    if matches!(value, Value::Text(text) if name == "a.vcd" || !text.is_ascii()) {
                        continue;
                    }
                    let found = foreign(&mut wave, track, time);
                    prop_assert_eq!(found, Some(expected(value)), "{} {} {}", name, track.name, time);
                }
            }
        }
    }
}
