//! How fast each port is, alone and with all others.

use systole_hdl::prelude::*;

use super::{config, filled, memory};
use crate::soc::map::RAM_BASE;

/// Cycles that are counted.
const CYCLES: u64 = 320;

/// Who always asks; each always takes what it gets.
#[derive(Clone, Copy, Default)]
struct Asking {
    fetch: bool,
    load: bool,
    store: bool,
    read: bool,
    write: bool,
}

/// Transfers in [`CYCLES`] cycles.
#[derive(Debug, Default, PartialEq)]
struct Served {
    fetches: u64,
    accesses: u64,
    beats_read: u64,
    beats_written: u64,
    /// Longest that `ibus` and `dbus` waited, in cycles.
    longest_wait: [u64; 2],
}

/// Bursts of 16 beats on both sides of the NPU.
fn count(asking: Asking) -> Served {
    let (mut sim, _) = filled((64, 64), 3);
    let set = |sim: &mut Interpreter, port: &str, on: bool| sim.set(port, u64::from(on));
    for port in ["ibus_req", "dbus_req", "m_axi_ar", "m_axi_aw"] {
        let address = if port.ends_with("req") { "_address" } else { "addr" };
        sim.set(&format!("{port}{address}"), u64::from(RAM_BASE));
    }
    set(&mut sim, "ibus_req_valid", asking.fetch);
    set(&mut sim, "dbus_req_valid", asking.load | asking.store);
    set(&mut sim, "dbus_req_write", asking.store);
    set(&mut sim, "m_axi_arvalid", asking.read);
    set(&mut sim, "m_axi_awvalid", asking.write);
    set(&mut sim, "m_axi_wvalid", asking.write);
    for burst in ["ar", "aw"] {
        sim.set(&format!("m_axi_{burst}len"), 15);
    }
    set(&mut sim, "m_axi_rready", true);
    set(&mut sim, "m_axi_bready", true);
    let mut served = Served::default();
    let mut waited = [0; 2];
    for _ in 0..4 {
        sim.step();
    }
    for _ in 0..CYCLES {
        set(&mut sim, "m_axi_wlast", served.beats_written % 16 == 15);
        let moves = |valid: &str, ready: &str| sim.get(valid) & sim.get(ready);
        let hart = ["ibus", "dbus"].map(|bus| sim.get(&format!("{bus}_req_ready")));
        served.fetches += hart[0] & u64::from(asking.fetch);
        served.accesses += hart[1] & u64::from(asking.load | asking.store);
        served.beats_read += moves("m_axi_rvalid", "m_axi_rready");
        served.beats_written += moves("m_axi_wvalid", "m_axi_wready");
        for n in 0..2 {
            waited[n] = if hart[n] == 1 { 0 } else { waited[n] + 1 };
            served.longest_wait[n] = served.longest_wait[n].max(waited[n]);
        }
        sim.step();
    }
    assert!(sim.failed().is_empty(), "{:?}", sim.failed());
    served
}

#[test]
fn each_port_moves_a_word_a_cycle_when_it_is_alone() {
    let none = Asking::default();
    assert_eq!(count(Asking { fetch: true, ..none }).fetches, CYCLES);
    assert_eq!(count(Asking { load: true, ..none }).accesses, CYCLES);
    assert_eq!(count(Asking { store: true, ..none }).accesses, CYCLES);
    assert_eq!(count(Asking { read: true, ..none }).beats_read, CYCLES);
    assert_eq!(count(Asking { write: true, ..none }).beats_written, CYCLES);
}

#[test]
fn reads_and_writes_do_not_wait_for_each_other() {
    let served = count(Asking { read: true, write: true, ..Asking::default() });
    assert_eq!((served.beats_read, served.beats_written), (CYCLES, CYCLES));
    let served = count(Asking { fetch: true, store: true, ..Asking::default() });
    assert_eq!((served.fetches, served.accesses), (CYCLES, CYCLES));
}

#[test]
fn nobody_is_starved_when_all_ask() {
    let all = Asking { fetch: true, load: true, store: false, read: true, write: true };
    let served = count(all);
    assert_eq!((served.beats_read, served.beats_written), (CYCLES / 2, CYCLES));
    assert_eq!((served.fetches, served.accesses), (CYCLES / 4, CYCLES / 4));
    assert_eq!(served.longest_wait, [3, 3]);
    let served = count(Asking { load: false, store: true, ..all });
    assert_eq!((served.beats_read, served.beats_written), (CYCLES / 2, CYCLES / 2));
    assert_eq!((served.fetches, served.accesses), (CYCLES / 2, CYCLES / 2));
    assert_eq!(served.longest_wait, [1, 1]);
}

#[test]
fn the_ram_is_as_wide_as_what_is_widest() {
    for (widths, depth) in [((32, 32), 16384), ((64, 32), 8192), ((64, 128), 4096)] {
        let design = check(&memory(&config(widths))).unwrap();
        let ram =
            design.modules().iter().find(|module| module.name == "board_ram").unwrap().clone();
        let words = &ram.memories[0];
        assert_eq!((words.ty, words.depth), (U(widths.0.max(widths.1)), depth));
    }
}
