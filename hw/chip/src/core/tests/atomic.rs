//! AMOs and the reservation against the manual's words.

use proptest::prelude::*;
use systole_hdl::prelude::{Interpreter, Module, check};

use crate::core::atomic::{amo_alu, atomic_unit};

fn start(module: &Module) -> Interpreter {
    Interpreter::new(&check(module).unwrap_or_else(|errors| panic!("{errors}")))
}

const SWAP: u32 = 0b00001;
/// `funct5` of AMOADD, SWAP, XOR, OR, AND, MIN, MAX, MINU, MAXU.
const FUNCTIONS: [u32; 9] =
    [0b00000, SWAP, 0b00100, 0b01000, 0b01100, 0b10000, 0b10100, 0b11000, 0b11100];

fn model(funct5: u32, memory: u32, operand: u32) -> u32 {
    match funct5 {
        0b00000 => memory.wrapping_add(operand),
        SWAP => operand,
        0b00100 => memory ^ operand,
        0b01000 => memory | operand,
        0b01100 => memory & operand,
        0b10000 => (memory as i32).min(operand as i32) as u32,
        0b10100 => (memory as i32).max(operand as i32) as u32,
        0b11000 => memory.min(operand),
        _ => memory.max(operand),
    }
}

fn word() -> impl Strategy<Value = u32> {
    prop_oneof![
        any::<u32>(),
        prop::sample::select(vec![0, 1, u32::MAX, 0x7fff_ffff, 0x8000_0000, 0x8000_0001]),
    ]
}

proptest! {
    #[test]
    fn amos_compute_what_rust_does(memory in word(), operand in word()) {
        let mut sim = start(&amo_alu());
        sim.set("memory", u64::from(memory));
        sim.set("operand", u64::from(operand));
        for funct5 in FUNCTIONS {
            sim.set("funct5", u64::from(funct5));
            prop_assert_eq!(sim.get("result") as u32, model(funct5, memory, operand), "{:05b}", funct5);
        }
    }
}

/// One AMO, and how the bus treats it.
#[derive(Clone, Copy, Debug)]
struct Amo {
    funct5: u32,
    memory: u32,
    operand: u32,
    /// Cycles before the response of the read, the write's acceptance and its response.
    delays: [u32; 3],
    read_error: bool,
    write_error: bool,
    /// Cycles with something else in writeback before the next.
    gap: u32,
}

fn amo() -> impl Strategy<Value = Amo> {
    let errors = (0..6u32).prop_map(|n| (n == 0, n == 1));
    let delays = [0..4u32, 0..4u32, 0..4u32];
    (prop::sample::select(FUNCTIONS.to_vec()), word(), word(), delays, errors, 0..3u32).prop_map(
        |(funct5, memory, operand, delays, (read_error, write_error), gap)| Amo {
            funct5,
            memory,
            operand,
            delays,
            read_error,
            write_error,
            gap,
        },
    )
}

/// Waits for `cycles` in which the AMO neither finishes nor, unless `requesting`, asks for a write.
fn wait(sim: &mut Interpreter, cycles: u32, requesting: bool) {
    for _ in 0..cycles {
        assert_eq!(sim.get("waiting"), 1);
        assert_eq!(sim.get("fault"), 0);
        assert_eq!(sim.get("req_valid"), u64::from(requesting));
        sim.step();
    }
}

/// Answers a request; `data` is on the bus in this cycle only. Returns whether the AMO finishes.
fn respond(sim: &mut Interpreter, data: u32, error: bool) -> bool {
    sim.set("rsp_valid", 1);
    sim.set("rsp_rdata", u64::from(data));
    sim.set("rsp_error", u64::from(error));
    assert_eq!(sim.get("fault"), u64::from(error));
    assert_eq!(sim.get("req_valid"), 0);
    sim.get("waiting") == 0
}

fn end_response(sim: &mut Interpreter) {
    sim.step();
    sim.set("rsp_valid", 0);
    sim.set("rsp_rdata", 0x5555_aaaa);
    sim.set("rsp_error", 1);
}

fn run(sim: &mut Interpreter, amo: &Amo) {
    sim.set("funct5", u64::from(amo.funct5));
    sim.set("operand", u64::from(amo.operand));
    sim.set("is_amo", 1);
    wait(sim, amo.delays[0], false);
    let finished = respond(sim, amo.memory, amo.read_error);
    assert_eq!(finished, amo.read_error);
    end_response(sim);
    if !amo.read_error {
        wait(sim, 1, false);
        let stored = u64::from(model(amo.funct5, amo.memory, amo.operand));
        sim.set("req_ready", 0);
        for _ in 0..amo.delays[1] {
            assert_eq!(sim.get("req_wdata"), stored);
            wait(sim, 1, true);
        }
        sim.set("req_ready", 1);
        assert_eq!(sim.get("req_wdata"), stored);
        wait(sim, 1, true);
        wait(sim, amo.delays[2], false);
        assert!(respond(sim, 0, amo.write_error), "the response ends it");
        assert_eq!(sim.get("result"), u64::from(amo.memory));
        assert_eq!(sim.get("req_wdata"), stored, "for the retire port");
        end_response(sim);
    }
    sim.set("is_amo", 0);
    for _ in 0..amo.gap {
        // Responses to others.
        assert!(respond(sim, 1, false));
        assert_eq!(sim.get("fault"), 0);
        end_response(sim);
    }
}

proptest! {
    #[test]
    fn an_amo_reads_computes_and_writes(amos in prop::collection::vec(amo(), 1..12)) {
        let mut sim = start(&atomic_unit());
        sim.reset();
        sim.set("req_ready", 1);
        for amo in &amos {
            run(&mut sim, amo);
        }
    }
}

/// What happens to the reservation in a cycle.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Event {
    Nothing,
    LrRequest,
    LrDone(u32),
    ScDone,
    Trap,
    /// LR is done and a trap or another master's write comes in the same cycle.
    LrDoneWithTrap(u32),
}

fn event() -> impl Strategy<Value = (Event, bool, u32)> {
    let address = (0..4u32).prop_map(|word| 0x8000_0000 + 4 * word + (word & 3));
    let event = prop_oneof![
        4 => Just(Event::Nothing),
        3 => Just(Event::LrRequest),
        4 => address.clone().prop_map(Event::LrDone),
        1 => Just(Event::ScDone),
        1 => Just(Event::Trap),
        1 => address.clone().prop_map(Event::LrDoneWithTrap),
    ];
    (event, prop::bool::weighted(0.15), address)
}

proptest! {
    #[test]
    fn the_reservation_is_set_and_cleared(events in prop::collection::vec(event(), 1..60)) {
        let mut sim = start(&atomic_unit());
        sim.reset();
        let mut reserved: Option<u32> = None;
        // Whether another master wrote since LR read.
        let mut overtaken = false;
        for (event, kill, sc_address) in events {
            let lr_done = matches!(event, Event::LrDone(_) | Event::LrDoneWithTrap(_));
            let trap = matches!(event, Event::Trap | Event::LrDoneWithTrap(_));
            if let Event::LrDone(address) | Event::LrDoneWithTrap(address) = event {
                sim.set("address", u64::from(address));
                reserved = (!overtaken).then_some(address & !3);
            }
            if trap || kill || event == Event::ScDone {
                reserved = None;
            }
            overtaken = kill || overtaken && event != Event::LrRequest;
            sim.set("lr_request", u64::from(event == Event::LrRequest));
            sim.set("lr_done", u64::from(lr_done));
            sim.set("sc_done", u64::from(event == Event::ScDone));
            sim.set("trap", u64::from(trap));
            sim.set("reservation_kill", u64::from(kill));
            sim.step();
            sim.set("sc_address", u64::from(sc_address));
            let allowed = sim.get("sc_allowed") != 0;
            prop_assert_eq!(allowed, reserved == Some(sc_address & !3));
        }
    }
}

/// A request may not be withdrawn: a SC that began to store does so.
#[test]
fn a_waiting_store_conditional_stays_allowed() {
    let mut sim = start(&atomic_unit());
    sim.reset();
    let pulse = |sim: &mut Interpreter, port: &str| {
        sim.set(port, 1);
        sim.step();
        sim.set(port, 0);
    };
    sim.set("address", 0x8000_0010);
    sim.set("sc_address", 0x8000_0010);
    pulse(&mut sim, "lr_request");
    pulse(&mut sim, "lr_done");
    assert_eq!(sim.get("sc_allowed"), 1);
    sim.set("sc_request", 1);
    sim.set("sc_ready", 0);
    pulse(&mut sim, "reservation_kill");
    sim.step();
    assert_eq!(sim.get("sc_allowed"), 1);
    sim.set("sc_ready", 1);
    sim.step();
    sim.set("sc_request", 0);
    assert_eq!(sim.get("sc_allowed"), 0, "the next one is not");
}
