//! The end of a job by the hart: at any time, of any command, with any other error, and the restart.

use super::lists::{EXEC, LOAD, Lists, STORE, chain, copy_out, last, load};
use super::machine::{DOORBELL, Descriptor, GOOD, Machine, Outcome, STATUS};
use super::memory::{BASE, FAST, Timing};
use super::random::Random;
use super::reference::Reference;
use super::{SHAPES, config, sequential_config, stress, with_sequential};
use crate::config::NpuConfig;

const ABORT: u32 = 0x54;
const CAUSE: u8 = 10;
const SLOW: Timing = Timing { go: 40, latency: 20 };
const DATA: u32 = BASE + 0x4000;
const OUT: u32 = BASE + 0x8000;

/// An EXEC of mode 0 that would take years.
const ENDLESS: Descriptor = [EXEC, 0, 0, 0xffff << 16, 0xffff, 0xffff, 0, 0];

fn aborted(index: u32) -> Outcome {
    Outcome { cause: CAUSE, index, address: 0 }
}

/// Starts `list`, ends it `cycles` cycles later.
fn abort_after(machine: &mut Machine, list: &[Descriptor], cycles: u32) -> Outcome {
    machine.put_list(BASE, list);
    machine.write(DOORBELL, BASE);
    let end = machine.cycles + u64::from(cycles);
    while machine.cycles < end && machine.sim.get("npu_job_end") == 0 {
        machine.step();
    }
    // One that ends at this very moment is over.
    if machine.sim.get("npu_job_end") == 0 {
        machine.write(ABORT, cycles);
    }
    let outcome = machine.wait();
    assert!(machine.memory.quiet(), "the job ended with traffic on the bus");
    outcome
}

/// The list works after whatever came before, bytes included.
fn works(machine: &mut Machine, config: &NpuConfig, context: &str) {
    let dim = config.dim;
    let mut lists = Lists { config, random: Random::new(5) };
    let (parameters, address, bytes) = lists.parameters(1);
    machine.memory.write(address, &bytes);
    let mut list = vec![
        parameters,
        load(config, DATA + 0x1003, 2 * dim, (dim + 3, 2 * dim), 0),
        [EXEC, 2 << 16, 1, 3 << 16, 1, 1, 0, 0],
        [STORE, OUT + 3, 40, 3 | dim << 16, 0, 1, 0x7f_80_00, 0],
        copy_out(OUT + 0x200, 2 * dim, (dim + 3, dim), 0, (2, 1)),
    ];
    chain(&mut list);
    machine.memory.written.clear();
    machine.put_list(BASE, &list);
    let mut reference = Reference::new(config, &machine.memory.bytes);
    reference.run(&list);
    assert_eq!(machine.run(BASE), GOOD, "{context}");
    assert_eq!(machine.memory.written, reference.written, "{context}");
}

/// What was written is what the job writes first, and nothing is left behind.
#[test]
fn a_job_can_be_ended_at_any_time() {
    let mut ended = 0;
    for config in with_sequential(&SHAPES) {
        let (dim, bus) = (config.dim, config.bus_bits / 8);
        let jobs = if dim >= 16 { 4 } else { 16 } * stress();
        for seed in 0..jobs {
            let timing = if seed % 3 == 0 { FAST } else { SLOW };
            let mut machine = Machine::new(&config, timing, seed);
            let mut lists = Lists { config: &config, random: Random::new(seed + 300) };
            let (list, address, bytes) = lists.ordered(8);
            machine.memory.write(address, &bytes);
            machine.put_list(BASE, &list);
            let mut reference = Reference::new(&config, &machine.memory.bytes);
            reference.run(&list);
            let most = lists.random.pick(&[100, 500, 2000]);
            let cycles = lists.random.below(most);
            let outcome = abort_after(&mut machine, &list, cycles);
            let context = format!("dim {dim} bus {bus} seed {seed} cycles {cycles} {list:x?}");
            let written = &machine.memory.written;
            if outcome == GOOD {
                assert_eq!(*written, reference.written, "{context}");
            } else {
                ended += 1;
                assert_eq!(outcome, aborted(outcome.index), "{context}");
                assert!(outcome.index as usize <= list.len(), "{context}");
                assert_eq!(written[..], reference.written[..written.len()], "{context}");
            }
            works(&mut machine, &config, &context);
        }
    }
    assert!(ended > 50, "only {ended} jobs were ended");
}

/// From before the first descriptor to behind the end.
#[test]
fn every_cycle_of_a_short_job() {
    every_cycle(&config(4, 8), 1);
    // It takes that much longer.
    every_cycle(&sequential_config(), 101);
}

/// Aborts after 0, `step`, 2 `step`... cycles.
fn every_cycle(config: &NpuConfig, step: u32) {
    let mut list =
        vec![load(config, DATA + 3, 16, (4, 16), 0), copy_out(OUT + 5, 16, (4, 16), 0, (4, 1))];
    chain(&mut list);
    let mut outcomes = Vec::new();
    for cycles in 0..100 {
        let cycles = cycles * step;
        let mut machine = Machine::new(config, FAST, 1);
        let outcome = abort_after(&mut machine, &list, cycles);
        outcomes.push(outcome);
        works(&mut machine, config, &format!("{cycles} cycles"));
        assert_eq!(machine.read(0x20), 2, "jobs");
    }
    let all: Vec<usize> = [aborted(0), aborted(1), aborted(2), GOOD]
        .iter()
        .map(|outcome| outcomes.iter().filter(|other| *other == outcome).count())
        .collect();
    assert!(all.iter().all(|&count| count > 0), "{outcomes:x?}");
    assert_eq!(all.iter().sum::<usize>(), 100, "{outcomes:x?}");
}

/// Commands of every kind that would not end for a long time end soon, wherever they are.
#[test]
fn long_commands_are_cut_short() {
    let rows = |low: u32| low | 0xffff << 16;
    let map = 0x00ff_ffff;
    let full = [EXEC | 1 << 17, 1 << 16, 0, 0, map, map, 0x3fff_ffff, 0];
    let padded = [EXEC | 1 << 17, 1 << 16, 0, 0, map, 1 | 1 << 12, 0x3fff_ffff, 0];
    let depthwise = [EXEC | 2 << 17, 1 << 16, 0, 0, map, map | 5 << 24, 0x00ff_ffff, 0];
    // Outputs end long before the columns do.
    let narrow = [EXEC | 2 << 17, 1 << 16, 0, 0, 1 | 0xfff << 12, map, 0x00ff_ffff, 0];
    let few_waves = [EXEC, 0, 0, 1 << 16, 0xffff, 0xffff, 0, 0];
    let read = [LOAD, DATA, 0, rows(0xffff) & !(0xfff0 << 16), 0, 1, 0, 0];
    let windows = [LOAD | 1 << 18, DATA, 0, 0xffff | 64 << 16, 0, 0xffff << 16, 0x101, 0];
    let raw = [STORE | 1 << 16, OUT, 0, 0xffff | 9 << 16, 0, 1, 0, 0];
    let requantised = [STORE, OUT, 0, 0xffff | 9 << 16, 0, 1, 0, 0];
    let placed = [STORE | 1 << 18, 0, 1, 0xffff | 9 << 16, 0, 1, 0, 0];
    let copied = copy_out(OUT, 0, (0xffff, 9), 0, (1, 1));
    let commands = [
        ENDLESS,
        full,
        padded,
        depthwise,
        narrow,
        few_waves,
        read,
        windows,
        raw,
        requantised,
        placed,
        copied,
    ];
    for config in with_sequential(&SHAPES) {
        let (dim, bus) = (config.dim, config.bus_bits / 8);
        for (number, command) in commands.into_iter().enumerate() {
            for cycles in [60, 61, 62, 63, 150, 1000] {
                let mut machine = Machine::new(&config, FAST, 1);
                let mut list = vec![command; 2];
                last(&mut list);
                let context = format!("dim {dim} bus {bus} command {number} cycles {cycles}");
                machine.put_list(BASE, &list);
                machine.write(DOORBELL, BASE);
                // One unit for all has the second command wait in memory.
                let (handed_out, most) = match config.sequential {
                    true => (1, 1000),
                    false => (2, u64::from(100 + 12 * dim)),
                };
                while config.sequential && machine.sim.get("npu_unit_started") == 0 {
                    machine.step();
                }
                (0..cycles).for_each(|_| machine.step());
                let start = machine.cycles;
                machine.write(ABORT, 0);
                assert_eq!(machine.wait(), aborted(handed_out), "{context}");
                let took = machine.cycles - start;
                assert!(took < most, "{context}: took {took} cycles");
                works(&mut machine, &config, &context);
            }
        }
    }
}

/// An index is that of the first descriptor that was not handed out, also if that one is bad.
#[test]
fn the_index_counts_what_was_handed_out() {
    let config = config(4, 8);
    let mut machine = Machine::new(&config, FAST, 1);
    assert_eq!(abort_after(&mut machine, &[ENDLESS, [0; 8]], 400), aborted(1));
    works(&mut machine, &config, "bad opcode");
    let mut wait = ENDLESS;
    wait[0] |= 1 << 8;
    assert_eq!(abort_after(&mut machine, &[ENDLESS, wait], 400), aborted(1));
    works(&mut machine, &config, "no token");
    // One streams, the weights of the next one are loaded, others wait at the gate.
    assert_eq!(abort_after(&mut machine, &[ENDLESS; 40], 2000).cause, CAUSE);
    works(&mut machine, &config, "full queue");
}

/// Those under way have lower indices than what is not handed out, so their errors stay.
#[test]
fn bus_errors_are_reported_instead() {
    let config = config(4, 8);
    // EXEC reads row 0 in every cycle, and its bank is not free for STORE.
    for bad in [load(&config, 0x1000, 4, (1, 4), 0), copy_out(0x1000, 4, (1, 4), 1, (1, 1))] {
        let cause = if bad[0] & 15 == LOAD { 8 } else { 9 };
        for list in [[ENDLESS, bad], [bad, ENDLESS]] {
            let index = u32::from(list[0] == ENDLESS);
            let mut machine = Machine::new(&config, FAST, 1);
            // The error is there, and the job waits for what is under way.
            let outcome = abort_after(&mut machine, &list, 300);
            assert_eq!(outcome, Outcome { cause, index, address: 0x1000 });
            works(&mut machine, &config, "error first");
        }
    }
    // The answer to a write comes after the abort.
    let mut machine = Machine::new(&config, Timing { go: 100, latency: 2000 }, 1);
    machine.memory.bad_writes.insert(OUT);
    let mut list = vec![copy_out(OUT, 4, (1, 4), 0, (1, 1)), ENDLESS];
    last(&mut list);
    machine.put_list(BASE, &list);
    machine.write(DOORBELL, BASE);
    while machine.memory.write_beats == 0 {
        machine.step();
    }
    machine.write(ABORT, 0);
    assert_eq!(machine.wait(), Outcome { cause: 9, index: 0, address: OUT });
    machine.memory.bad_writes.clear();
    works(&mut machine, &config, "abort first");
}

#[test]
fn nothing_happens_without_a_job() {
    for config in [config(4, 8), sequential_config()] {
        nothing_happens(&config);
    }
}

fn nothing_happens(config: &NpuConfig) {
    let mut machine = Machine::new(config, FAST, 1);
    for _ in 0..3 {
        machine.write(ABORT, 1);
        assert_eq!((machine.read(STATUS), machine.read(ABORT)), (0, 0));
    }
    works(&mut machine, config, "after reset");
    machine.write(ABORT, 1);
    assert_eq!(machine.read(STATUS), 2);
    assert_eq!((machine.read(0x18), machine.read(0x20)), (0, 1));
    for strobe in 0..15 {
        assert!(machine.access(ABORT, Some((1, strobe))).1, "{strobe:#b}");
    }
}

/// A second abort changes nothing, and the interrupt comes as with every end.
#[test]
fn an_aborted_job_interrupts_once() {
    for config in [config(4, 8), sequential_config()] {
        interrupts_once(&config);
    }
}

fn interrupts_once(config: &NpuConfig) {
    let mut machine = Machine::new(config, SLOW, 1);
    machine.write(0x0c, 1);
    machine.put_list(BASE, &[ENDLESS; 4]);
    machine.write(DOORBELL, BASE);
    (0..500).for_each(|_| machine.step());
    machine.write(ABORT, 0);
    machine.write(ABORT, 0);
    assert_eq!(machine.wait().cause, CAUSE);
    assert_eq!(machine.sim.get("interrupt"), 1);
    machine.write(0x14, 0);
    assert_eq!(machine.sim.get("interrupt"), 0);
    works(&mut machine, config, "two aborts");
    assert_eq!(machine.read(0x20), 2);
}
