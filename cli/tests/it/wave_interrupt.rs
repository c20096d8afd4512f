//! Long writes of waves that are interrupted or fail: nothing is left behind.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::*;

/// Times of a wave whose conversion takes seconds.
const TIMES: usize = 2_000_000;

/// A wave with a counter and a signal that never changes again.
fn long_wave(folder: &Path, end: &str) {
    let mut text = String::from(
        "$timescale 1ns $end\n$scope module soc $end\n$var wire 32 ! count $end\n\
         $var wire 1 \" rare $end\n$upscope $end\n$enddefinitions $end\n#0\n1\"\n",
    );
    for time in 1..TIMES {
        let _ = writeln!(text, "#{time}\nb{:b} !", (time * 2_654_435_761) & 0xffff_ffff);
    }
    file(folder, "long.vcd", text + end);
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder");
    let name = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let mut names: Vec<String> = entries.map(|entry| name(entry.expect("an entry"))).collect();
    names.sort();
    names
}

/// Runs a command, and presses Ctrl-C as soon as it has begun to write.
fn interrupted(folder: &Path, arguments: &str) {
    let mut command = systole(folder);
    command.args(arguments.split_whitespace()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary runs");
    let start = Instant::now();
    while files(folder).len() < 2 {
        assert!(start.elapsed() < Duration::from_secs(60), "it does not begin to write");
        assert!(child.try_wait().expect("a child").is_none(), "it has ended already");
        std::thread::sleep(Duration::from_millis(1));
    }
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.expect("kill runs").success());
    let output = child.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{text}");
    assert!(text.contains("error: interrupted"), "{text}");
    assert_eq!(files(folder), ["long.vcd"], "{arguments}");
}

#[test]
fn an_interrupted_write_leaves_nothing() {
    let folder = folder();
    long_wave(folder.path(), "");
    interrupted(folder.path(), "wave convert long.vcd out.fst");
    interrupted(folder.path(), "wave convert long.vcd out.vcd");
    interrupted(folder.path(), "wave slice long.vcd rare -o out.vcd");
}

#[test]
fn a_write_that_fails_leaves_nothing() {
    let folder = folder();
    long_wave(folder.path(), "what is this\n");
    for arguments in ["convert long.vcd out.fst", "slice long.vcd rare -o out.vcd"] {
        let outcome = run(folder.path(), &format!("wave {arguments}"));
        outcome.code(2).says(&["long.vcd, byte ", "no variable has the identifier `hat`"]);
        assert_eq!(files(folder.path()), ["long.vcd"]);
    }
}
