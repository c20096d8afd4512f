//! Waves for tests.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use systole_wave::{Bits, SignalRef, Timescale, Track, TrackKind, Value, Wave};

/// A folder that goes away with the test.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Writes a file and returns its path.
pub fn file(folder: &Path, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, contents).expect("a file in a temporary folder");
    path
}

/// Opens a wave that is good.
#[track_caller]
pub fn open(path: &Path) -> Wave {
    Wave::open(path).unwrap_or_else(|error| panic!("{error}"))
}

/// All signals of a wave.
pub fn all(wave: &Wave) -> Vec<SignalRef> {
    wave.signals().map(|signal| signal.reference()).collect()
}

/// Loads everything.
#[track_caller]
pub fn load(path: &Path) -> Wave {
    let mut wave = open(path);
    let signals = all(&wave);
    wave.load(&signals).unwrap_or_else(|error| panic!("{error}"));
    wave
}

/// Writes tracks.
#[track_caller]
pub fn write_tracks(path: &Path, tracks: &[Track]) {
    systole_wave::write_tracks(path, Timescale::NANOSECOND, tracks)
        .unwrap_or_else(|error| panic!("{error}"));
}

/// A small VCD file with what simulators write: ranges, arrays, aliases, unknown bits, reals,
/// text, a comment, several scopes, and changes at the same time.
pub const SMALL: &str = "\
$date today $end
$version some tool $end
$timescale 1 ns $end
$scope module TOP $end
 $var wire 1 ! clk $end
 $scope module soc $end
  $var wire 1 ! clk $end
  $var wire 8 \" count [7:0] $end
  $var reg 32 # regs[3] [31:0] $end
  $var wire 70 $ wide [69:0] $end
  $var real 64 % level $end
  $var string 1 & text $end
  $scope begin row[0] $end
   $var logic 4 ' acc[3:0] $end
  $upscope $end
 $upscope $end
$upscope $end
$enddefinitions $end
$comment values follow $end
#0
$dumpvars
0!
b0 \"
bx #
bz $
r0.5 %
s &
bz01 '
$end
#5
1!
#10
0!
b1 \"
b1010 #
#15
1!
b10 \"
b11 \"
snop &
#20
0!
r-1.25e3 %
saddi\\040a0,\\040a1 &
b1x0z '
#25
1!
b1111111111111111111111111111111111111111111111111111111111111111111110 $
#30
";

/// Tracks of all kinds, with times that are not dense.
pub fn tracks() -> impl Strategy<Value = Vec<Track>> {
    prop::collection::vec(track(), 1..6).prop_map(|mut tracks| {
        for (index, track) in tracks.iter_mut().enumerate() {
            track.name = format!("{}_{index}", track.name);
        }
        tracks
    })
}

fn track() -> impl Strategy<Value = Track> {
    let scope = prop::collection::vec("[a-c]", 0..3);
    (scope, "[a-z]{1,3}", kind()).prop_flat_map(|(scope, name, kind)| {
        let change = (0u64..60, value(kind));
        prop::collection::vec(change, 0..12).prop_map(move |mut changes| {
            changes.sort_by_key(|(time, _)| *time);
            Track { scope: scope.clone(), name: name.clone(), kind, changes }
        })
    })
}

fn kind() -> impl Strategy<Value = TrackKind> {
    prop_oneof![
        2 => Just(TrackKind::Bits(1)),
        3 => (1u32..140).prop_map(TrackKind::Bits),
        1 => Just(TrackKind::Text),
    ]
}

fn value(kind: TrackKind) -> BoxedStrategy<Value> {
    match kind {
        TrackKind::Text => "[ -~é]{0,9}".prop_map(Value::Text).boxed(),
        TrackKind::Bits(width) => {
            let text = prop::collection::vec(prop::sample::select(&b"01xz"[..]), width as usize);
            let bits = move |text: Vec<u8>| Bits::extended(width, &text).expect("bits");
            text.prop_map(move |text| Value::Bits(bits(text))).boxed()
        }
    }
}

/// What a track is at a time.
pub fn track_at(track: &Track, time: u64) -> Option<&Value> {
    track.changes.iter().rev().find(|(at, _)| *at <= time).map(|(_, value)| value)
}

/// Full name of a track.
pub fn track_name(track: &Track) -> String {
    track.scope.iter().chain([&track.name]).cloned().collect::<Vec<_>>().join(".")
}
