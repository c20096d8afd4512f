//! The sequential NPU, by the tests of the other.

use super::machine::{Machine, STATUS};
use super::memory::{BASE, FAST};
use super::sequential_config;

#[test]
fn constants_and_reset_values() {
    let mut machine = Machine::new(&sequential_config(), FAST, 1);
    assert_eq!(machine.read(0x00), 0x5359_4e50);
    assert_eq!(machine.read(0x04), 2 | 2 << 8 | 8 << 16 | 6 << 24);
    for offset in (0x08..0x58).step_by(4) {
        assert_eq!(machine.read(offset), 0, "{offset:#x}");
    }
}

#[test]
fn a_job_with_a_bad_descriptor() {
    let mut machine = Machine::new(&sequential_config(), FAST, 1);
    let outcome = machine.job(&[[7, 0, 0, 0, 0, 0, 0, 0]]);
    assert_eq!((outcome.cause, outcome.index), (1, 0));
    assert_eq!(machine.read(STATUS), 0x104);
    assert_eq!(machine.run(BASE + 1).cause, 5);
    assert_eq!(machine.run(0x40).cause, 7);
    assert_eq!(machine.read(0x20), 3);
}
