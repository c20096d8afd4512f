//! Waves hold the window that was asked for, and say what the run said.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::*;
use systole_sim::{Dut, Event, Variant};
use vcd::{Command, Value};

/// Values of some top-level ports at the start of each cycle of a VCD file.
fn cycles(path: &Path, names: &[&str]) -> BTreeMap<u64, Vec<u64>> {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains("$timescale 1ns $end"), "{}", &text[..200]);
    let mut parser = vcd::Parser::new(text.as_bytes());
    let header = parser.parse_header().unwrap();
    // Old Verilators put the ports into a scope of their own.
    let find = |name: &str| {
        ["systole_soc", "top"].iter().find_map(|scope| header.find_var(&[scope, name]))
    };
    let codes: Vec<_> = names.iter().map(|name| find(name).expect(name).code).collect();
    let mut now = vec![0; names.len()];
    let mut time = 0;
    let mut samples = BTreeMap::new();
    for command in parser {
        match command.unwrap() {
            Command::Timestamp(at) => time = at,
            Command::ChangeScalar(code, value) => {
                set(&mut now, &codes, code, u64::from(value == Value::V1))
            }
            Command::ChangeVector(code, bits) => {
                let value =
                    bits.iter().fold(0, |value, bit| value << 1 | u64::from(bit == Value::V1));
                set(&mut now, &codes, code, value);
            }
            _ => {}
        }
        if time % 10 == 0 {
            samples.insert(time / 10, now.clone());
        }
    }
    samples
}

fn set(now: &mut [u64], codes: &[vcd::IdCode], code: vcd::IdCode, value: u64) {
    for (slot, _) in now.iter_mut().zip(codes).filter(|(_, each)| **each == code) {
        *slot = value;
    }
}

fn tracing_dut() -> Dut {
    Dut::new(&library(Variant { trace: true, ..Variant::default() })).unwrap()
}

#[test]
fn a_wave_holds_its_window_and_agrees_with_the_events() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("window.vcd");
    let mut dut = tracing_dut();
    load(&mut dut, &counting_program());
    assert!(dut.start_trace(&path, 100..160));
    let events = events(&mut dut, 400);
    let wave = cycles(&path, &["clk", "rvfi_valid", "rvfi_pc_rdata", "rvfi_insn"]);
    assert_eq!((wave.keys().next(), wave.keys().last()), (Some(&100), Some(&159)));
    assert!(wave.values().all(|values| values[0] == 1), "the clock rises as a cycle starts");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("\n#1005\n"), "and falls in its middle");
    let in_wave: Vec<_> = wave
        .iter()
        .filter(|(_, values)| values[1] == 1)
        .map(|(cycle, values)| (*cycle as u32, values[2] as u32, values[3] as u32))
        .collect();
    let retired = |event: &Event| match event {
        Event::Retire(r) if (100..160).contains(&r.cycle) => Some((r.cycle, r.pc, r.insn)),
        _ => None,
    };
    assert_eq!(in_wave, events.iter().filter_map(retired).collect::<Vec<_>>());
    assert!(in_wave.len() > 5);
}

#[test]
fn one_dut_writes_several_waves() {
    let folder = tempfile::tempdir().unwrap();
    let mut dut = tracing_dut();
    for (round, window) in [0..20, 30..50, 10..11].into_iter().enumerate() {
        let path = folder.path().join(format!("{round}.vcd"));
        dut.reset(0);
        load(&mut dut, &counting_program());
        assert!(dut.start_trace(&path, window.clone()));
        dut.run(100);
        let wave = cycles(&path, &["rst"]);
        assert!(wave.keys().copied().eq(window), "{wave:?}");
    }
    // Twice without a reset between, and ended early.
    for round in [3, 4] {
        let path = folder.path().join(format!("{round}.vcd"));
        let now = dut.cycle();
        assert!(dut.start_trace(&path, now..u64::MAX));
        dut.run(10);
        dut.stop_trace();
        dut.run(10);
        assert!(cycles(&path, &["rst"]).keys().copied().eq(now..now + 10));
    }
}

#[test]
fn a_model_without_tracing_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.vcd");
    let mut dut = dut();
    assert!(!dut.start_trace(&path, 0..10));
    dut.run(10);
    assert!(!path.exists());
}
