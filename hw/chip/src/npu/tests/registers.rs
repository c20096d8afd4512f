//! The register port.

use super::lists::{last, load};
use super::machine::{DOORBELL, GOOD, Machine, STATUS};
use super::memory::{BASE, FAST, Timing};
use super::{config, sequential_config};
use crate::config::NpuConfig;

#[test]
fn constants_and_reset_values() {
    for (config, dim_log) in [(config(8, 4), 3), (sequential_config(), 2)] {
        let mut machine = Machine::new(&config, FAST, 1);
        assert_eq!(machine.read(0x00), 0x5359_4e50);
        assert_eq!(machine.read(0x04), dim_log | 2 << 8 | 8 << 16 | 6 << 24);
        for offset in (0x08..0x58).step_by(4) {
            assert_eq!(machine.read(offset), 0, "{offset:#x}");
        }
    }
}

#[test]
fn only_whole_aligned_words_in_range() {
    for config in [config(4, 4), sequential_config()] {
        whole_words_only(&config);
    }
}

fn whole_words_only(config: &NpuConfig) {
    let mut machine = Machine::new(config, FAST, 1);
    for offset in [
        1, 2, 3, 0x0d, 0x0e, 0x29, 0x58, 0x5c, 0x7c, 0x80, 0x100, 0x410, 0xffc, 0x1002, 0x1008,
        0x100c, 0x1028, 0x1800, 0x1ffc,
    ] {
        assert!(machine.access(offset, None).1, "{offset:#x}");
        assert!(machine.access(offset, Some((1, 15))).1, "{offset:#x}");
    }
    for strobe in 0..15 {
        assert!(machine.access(0x0c, Some((1, strobe))).1, "{strobe:#b}");
        assert!(machine.access(DOORBELL, Some((1, strobe))).1, "{strobe:#b}");
    }
    assert_eq!(machine.read(0x0c), 0);
    assert_eq!(machine.read(STATUS), 0);
    // Read-only registers ignore writes.
    for offset in [0x00, 0x04, 0x08, 0x18, 0x1c, 0x20, 0x24, 0x28, 0x50] {
        machine.write(offset, 0xffff_ffff);
    }
    assert_eq!(machine.read(0x00), 0x5359_4e50);
    assert_eq!(machine.read(0x20), 0);
}

#[test]
fn interrupt_follows_status_and_enable() {
    for config in [config(4, 4), sequential_config()] {
        interrupt_follows_status(&config);
    }
}

fn interrupt_follows_status(config: &NpuConfig) {
    let mut machine = Machine::new(config, FAST, 1);
    let mut list = vec![load(config, BASE + 0x4000, 4, (1, 4), 0)];
    last(&mut list);
    assert_eq!(machine.job(&list), GOOD);
    assert_eq!(machine.sim.get("interrupt"), 0);
    machine.write(0x0c, 0xffff_ffff);
    assert_eq!(machine.read(0x0c), 1);
    assert_eq!(machine.sim.get("interrupt"), 1);
    machine.write(0x14, 0);
    assert_eq!(machine.sim.get("interrupt"), 0);
    assert_eq!(machine.read(STATUS), 0);
    assert_eq!(machine.read(0x14), 0);
    // An error raises it as well; CLEAR keeps where the error was.
    assert_eq!(machine.run(0x40).cause, 7);
    assert_eq!(machine.sim.get("interrupt"), 1);
    machine.write(0x14, 1);
    assert_eq!(machine.read(STATUS), 0);
    assert_eq!(machine.read(0x1c), 0x40);
    assert_eq!(machine.read(DOORBELL), 0x40);
    assert_eq!(machine.read(0x20), 2);
    // A doorbell clears the old fault at once.
    machine.put_list(BASE, &list);
    machine.write(DOORBELL, BASE);
    assert_eq!(machine.read(STATUS), 1);
    assert_eq!(machine.read(0x1c), 0);
    assert_eq!(machine.sim.get("interrupt"), 0);
    assert_eq!(machine.wait(), GOOD);
}

#[test]
fn busy_ignores_doorbell_and_clear() {
    for config in [config(4, 4), sequential_config()] {
        busy_ignores_writes(&config);
    }
}

fn busy_ignores_writes(config: &NpuConfig) {
    let mut machine = Machine::new(config, Timing { go: 100, latency: 50 }, 1);
    let mut list = vec![load(config, BASE + 0x4000, 4, (1, 4), 0)];
    last(&mut list);
    machine.put_list(BASE, &list);
    machine.write(DOORBELL, BASE);
    machine.write(DOORBELL, 0x123);
    machine.write(0x14, 0);
    assert_eq!(machine.read(DOORBELL), BASE);
    assert_eq!(machine.read(STATUS), 1);
    assert_eq!(machine.wait(), GOOD);
    assert_eq!(machine.read(0x20), 1);
    let cycles = machine.read(0x24);
    assert!(cycles > 5 && u64::from(cycles) < machine.cycles, "{cycles}");
    assert_eq!(machine.read(0x24), cycles);
}
