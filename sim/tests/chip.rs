//! The real chip, on the smallest preset: what the stand-in cannot show.

mod common;

use std::sync::Arc;

use common::*;
use systole_chip::ChipConfig;
use systole_hdl::fault::{Fault, Target};
use systole_sim::{
    Dut, Error, Event, Library, PortStalls, Stalls, StopReason, Variant, build_chip, silent,
};

fn config() -> ChipConfig {
    ChipConfig::preset("nano").unwrap()
}

fn chip(faults: &[Fault], variant: Variant) -> Arc<Library> {
    build_chip(&settings(), &config(), faults, variant, &silent).unwrap_or_else(|e| panic!("{e}"))
}

/// Runs the counting program to its end; gives its retired instructions and broken bus rules.
fn count(dut: &mut Dut, seed: u64, stalls: Stalls) -> (Vec<(u32, u32)>, Vec<Event>) {
    dut.reset(seed);
    dut.set_stalls(&stalls);
    dut.set_watch(Some(TOHOST));
    dut.set_hang_limit(Some(2000));
    load(dut, &counting_program());
    let (mut retires, mut violations) = (Vec::new(), Vec::new());
    loop {
        let stop = dut.run(u64::MAX);
        for event in dut.events() {
            match event {
                Event::Retire(retire) => retires.push((retire.pc, retire.rd_wdata)),
                Event::Protocol(_) => violations.push(event),
                _ => {}
            }
        }
        match stop {
            StopReason::Watch => return (retires, violations),
            StopReason::BufferFull => {}
            _ => panic!("{stop:?} {} after {retires:x?}", dut.broken()),
        }
    }
}

fn slow() -> Stalls {
    Stalls::everywhere(PortStalls {
        request: 0x6000,
        data: 0x6000,
        max_latency: 6,
        ..PortStalls::default()
    })
}

#[test]
fn stalls_change_when_and_not_what() {
    let mut dut = Dut::new(&chip(&[], Variant::default())).unwrap();
    let (ideal, violations) = count(&mut dut, 0, Stalls::default());
    assert_eq!(violations, []);
    assert_eq!(ideal.len(), 2 + 200 * 4 + 3);
    assert_eq!(dut.read_memory(RAM + 0x2000, 4).unwrap(), [200, 0, 0, 0]);
    let fast = dut.cycle();
    for seed in 0..5 {
        let (retires, violations) = count(&mut dut, seed, slow());
        assert_eq!(violations, []);
        assert_eq!(retires, ideal);
        assert!(dut.cycle() > fast * 2);
    }
}

#[test]
fn variants_agree_cycle_by_cycle() {
    let run = |variant| {
        let mut dut = Dut::new(&chip(&[], variant)).unwrap();
        dut.set_stalls(&slow());
        dut.reset(11);
        load(&mut dut, &counting_program());
        events(&mut dut, 4000)
    };
    let plain = run(Variant::default());
    assert!(plain.len() > 300);
    assert_eq!(run(Variant { split: true, ..Variant::default() }), plain);
    assert_eq!(run(Variant { trace: true, ..Variant::default() }), plain);
}

#[test]
fn a_selected_fault_shows_and_can_be_switched_off() {
    let faults = [Fault {
        name: "zero-everywhere",
        description: "every result is even",
        module: "core_alu",
        signal: "result",
        target: Target::Drive,
        bad: |context| context.original() & !systole_hdl::lit(1, context.original().ty()),
    }];
    let mut dut = Dut::new(&chip(&faults, Variant::default())).unwrap();
    let (good, _) = count(&mut dut, 0, Stalls::default());
    assert!(dut.set_fault(1));
    dut.reset(0);
    load(&mut dut, &counting_program());
    dut.run(4000);
    let bad = dut.events().find_map(|event| match event {
        Event::Retire(retire) if retire.pc == RAM + 12 => Some(retire.rd_wdata),
        _ => None,
    });
    assert_eq!(bad, Some(0), "the first increment is lost");
    assert!(dut.set_fault(0));
    assert_eq!(count(&mut dut, 0, Stalls::default()).0, good);
}

#[test]
fn a_fault_that_does_not_fit_is_a_wrong_design() {
    let fault = Fault {
        name: "lost",
        description: "",
        module: "no_such_module",
        signal: "result",
        target: Target::Read,
        bad: |context| context.original(),
    };
    let built = build_chip(&settings(), &config(), &[fault], Variant::default(), &silent);
    let Err(error @ Error::Design(_)) = built else { panic!("not refused") };
    assert!(!error.is_tool());
    assert!(error.to_string().contains("no_such_module"), "{error}");
}
