//! Files that are no waves, or broken ones: an error that says where, never a panic or a hang.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use systole_wave::{Error, Timescale, Wave};

use crate::support::*;

/// Opens and reads everything.
fn read(path: &Path) -> Result<Wave, Error> {
    let mut wave = Wave::open(path)?;
    let signals = all(&wave);
    wave.load(&signals)?;
    wave.values_at(&signals, wave.end() / 2)?;
    Ok(wave)
}

#[track_caller]
fn wrong(text: &str) -> Error {
    let folder = folder();
    read(&file(folder.path(), "a.vcd", text)).expect_err("a broken file")
}

#[test]
fn what_is_no_wave_is_told() {
    let folder = folder();
    let message = |path: PathBuf| {
        let error = Wave::open(&path).expect_err("no wave");
        assert!(!error.help().is_empty(), "{error}");
        error.message().to_owned()
    };
    assert_eq!(message(file(folder.path(), "empty.vcd", "")), "it is empty");
    assert_eq!(message(file(folder.path(), "a.elf", "\x7fELF")), "it is neither VCD nor FST");
    assert_eq!(message(folder.path().to_owned()), "it is a folder");
    let missing = message(folder.path().join("missing.vcd"));
    assert!(missing.starts_with("cannot read it: No such file"), "{missing}");
}

#[test]
fn mistakes_in_vcd_are_told_by_the_byte() {
    let header = "$scope module m $end $var wire 4 ! a $end $upscope $end $enddefinitions $end\n";
    for (body, offset, message) in [
        ("#0\nb11010 !\n", 3, "5 bits for a variable of 4"),
        ("#0\nb01q !\n", 3, "`q` is not a bit"),
        ("#0\nb01 ?\n", 7, "no variable has the identifier `?`"),
        ("#0\n1?\n", 3, "no variable has the identifier `?`"),
        ("#5\n#4\n", 3, "time goes back from 5 to 4"),
        ("#5x\n", 0, "`#5x` is not a time"),
        ("#0\n#99999999999999999999\n", 3, "is not a time"),
        ("#0\nr1.5 !\n", 3, "another kind"),
        ("#0\nhello\n", 3, "no variable has the identifier `ello`"),
        ("#0\nqello\n", 3, "`qello` where a time or a value"),
        ("#0\n$var\n", 3, "`$var` among the values"),
        ("#0\nb01", 6, "ends inside a change"),
        ("#0\n$comment no end", 3, "ends inside a comment"),
    ] {
        let error = wrong(&format!("{header}{body}"));
        let found = error.offset().map(|offset| offset as i64 - header.len() as i64);
        assert_eq!(found, Some(offset), "{body}: {error}");
        assert!(error.message().contains(message), "{error}");
    }
    for (text, offset, message) in [
        ("$scope module m $end", 20, "ends before $enddefinitions"),
        ("$var wire 4", 11, "ends inside a declaration"),
        ("$upscope $end", 0, "no scope is open"),
        ("$var wire 99999999 ! a $end", 0, "is not a width"),
        ("$var wire 4 ! $end", 0, "ends before"),
        ("$var thing 4 ! a $end", 0, "is not a kind of variable"),
        ("$var wire 4 !!!!!!!!!! a $end", 0, "not an identifier"),
        ("$var wire 4 ! a $end $var wire 5 ! b $end", 21, "another kind or width"),
        ("$timescale 3 ns $end", 0, "is not a timescale"),
        ("$date today", 0, "without $end"),
        ("$enddefinitions $end\n", 0, ""),
    ] {
        let folder = folder();
        match read(&file(folder.path(), "a.vcd", text)) {
            Ok(_) => assert!(message.is_empty(), "{text} is read"),
            Err(error) if message == "ends before" => {
                assert!(error.message().contains(message), "{error}");
            }
            Err(error) => {
                assert_eq!(error.offset(), Some(offset), "{error}");
                assert!(error.message().contains(message), "{error}");
            }
        }
    }
    let deep = "$scope module m $end ".repeat(2_000);
    assert!(wrong(&deep).message().contains("more than 1000 scopes"));
}

#[test]
fn a_cut_fst_file_is_told() {
    let folder = folder();
    let whole = std::fs::read(small_fst(folder.path())).expect("the file");
    for length in 1..whole.len() {
        let path = file(folder.path(), "cut.fst", &whole[..length]);
        let error = read(&path).err().unwrap_or_else(|| panic!("{length} bytes are read"));
        assert!(error.offset().is_some(), "{error}");
    }
}

fn small_fst(folder: &Path) -> PathBuf {
    let source = open(&file(folder, "small.vcd", SMALL));
    let path = folder.join("small.fst");
    systole_wave::write(&path, &source, &all(&source), 0..=30, &[]).expect("an FST file");
    path
}

/// A change of a file.
#[derive(Clone, Debug)]
enum Damage {
    Flip(usize, u8),
    Set(usize, u8),
    Cut(usize),
    Remove(usize, usize),
    Copy(usize, usize, usize),
    Number(usize, u64),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = || any::<prop::sample::Index>().prop_map(|index| index.index(1 << 20));
    let byte = prop::sample::select(&b"\0\x01\x7f\x80\xff 0#b$!x\n"[..]);
    let large = prop_oneof![Just(u64::MAX), any::<u64>(), (0u32..64).prop_map(|bit| 1 << bit)];
    prop_oneof![
        (at(), 0u8..8).prop_map(|(at, bit)| Damage::Flip(at, 1 << bit)),
        (at(), byte).prop_map(|(at, byte)| Damage::Set(at, byte)),
        at().prop_map(Damage::Cut),
        (at(), 1usize..40).prop_map(|(at, length)| Damage::Remove(at, length)),
        (at(), at(), 1usize..40).prop_map(|(from, to, length)| Damage::Copy(from, to, length)),
        (at(), large).prop_map(|(at, number)| Damage::Number(at, number)),
    ]
}

fn apply(bytes: &mut Vec<u8>, damage: &Damage) {
    if bytes.is_empty() {
        return;
    }
    let length = bytes.len();
    let range = |at: usize, count: usize| at % length..(at % length + count).min(length);
    match *damage {
        Damage::Flip(at, bit) => bytes[at % length] ^= bit,
        Damage::Set(at, byte) => bytes[at % length] = byte,
        Damage::Cut(at) => bytes.truncate(at % length),
        Damage::Remove(at, count) => drop(bytes.drain(range(at, count))),
        Damage::Copy(from, to, count) => {
            let part = bytes[range(from, count)].to_vec();
            let to = to % length;
            bytes.splice(to..to, part);
        }
        Damage::Number(at, number) => {
            let range = range(at, 8);
            let count = range.len();
            bytes[range].copy_from_slice(&number.to_be_bytes()[..count]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_damaged_vcd_file_is_read_or_refused(damages in prop::collection::vec(damage(), 1..4)) {
        let mut bytes = SMALL.as_bytes().to_vec();
        damages.iter().for_each(|damage| apply(&mut bytes, damage));
        survive("a.vcd", &bytes);
    }

    #[test]
    fn a_damaged_fst_file_is_read_or_refused(damages in prop::collection::vec(damage(), 1..4)) {
        let mut bytes = SMALL_FST.with(Clone::clone);
        damages.iter().for_each(|damage| apply(&mut bytes, damage));
        survive("a.fst", &bytes);
    }
}

thread_local! {
    static SMALL_FST: Vec<u8> = std::fs::read(small_fst(folder().path())).expect("the file");
}

/// Reads a file, and if that goes well, writes it.
fn survive(name: &str, bytes: &[u8]) {
    let folder = folder();
    let path = file(folder.path(), name, bytes);
    if let Ok(wave) = read(&path) {
        for name in ["out.vcd", "out.fst"] {
            let path = folder.path().join(name);
            let window = wave.start()..=wave.end();
            if systole_wave::write(&path, &wave, &all(&wave), window, &[]).is_ok() {
                read(&path).unwrap_or_else(|error| panic!("what is written is good: {error}"));
            }
        }
    }
}

#[test]
fn a_name_that_vcd_cannot_hold_is_told() {
    let folder = folder();
    let text = SMALL.replace("acc[3:0]", "$end[3:0]");
    let wave = open(&file(folder.path(), "a.vcd", text));
    let write = |name: &str| {
        let path = folder.path().join(name);
        systole_wave::write(&path, &wave, &all(&wave), 0..=30, &[])
    };
    let error = write("b.vcd").expect_err("it would end the declaration");
    assert!(error.message().contains("VCD cannot hold the name `$end`"), "{error}");
    write("b.fst").expect("FST can");
}

#[test]
fn times_near_the_end_of_time_are_written() {
    let folder = folder();
    let text = SMALL.replace("#30", &format!("#{}", u64::MAX));
    survive("a.vcd", text.as_bytes());
    let wave = load(&file(folder.path(), "b.vcd", text));
    assert_eq!(wave.end(), u64::MAX);
    assert_eq!(wave.timescale(), Timescale::NANOSECOND);
}
