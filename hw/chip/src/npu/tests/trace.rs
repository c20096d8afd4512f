//! The retire port of the units: what begins and what is complete, and when.

use super::gemm::gemm;
use super::lists::{Lists, chain, copy_out, load};
use super::machine::{DOORBELL, Descriptor, Machine};
use super::memory::{BASE, FAST, Timing};
use super::random::Random;
use super::{SHAPES, config};

const SLOW: Timing = Timing { go: 40, latency: 20 };

/// Cycles of the pulses of each unit, from the first cycle of the job on.
#[derive(Default, Debug)]
struct Trace {
    started: [Vec<u64>; 3],
    completed: [Vec<u64>; 3],
    /// From `npu_job_start` to `npu_job_end`.
    cycles: u64,
}

fn trace(machine: &mut Machine, list: &[Descriptor]) -> Trace {
    machine.put_list(BASE, list);
    machine.write(DOORBELL, BASE);
    assert_eq!(machine.sim.get("npu_job_start"), 1, "in the cycle behind the doorbell's");
    let mut trace = Trace::default();
    loop {
        let ports = ["npu_unit_started", "npu_unit_completed"];
        let [started, completed] = ports.map(|port| machine.sim.get(port));
        for unit in 0..3 {
            let pulses = [(started, &mut trace.started), (completed, &mut trace.completed)];
            for (_, cycles) in pulses.into_iter().filter(|(bits, _)| bits >> unit & 1 == 1) {
                // It was in the cycle before.
                cycles[unit].push(trace.cycles - 1);
            }
        }
        if machine.sim.get("npu_job_end") == 1 {
            break;
        }
        machine.memory.cycle(&mut machine.sim);
        machine.sim.step();
        trace.cycles += 1;
        assert_eq!(machine.sim.get("npu_job_start"), 0, "a pulse");
    }
    assert_eq!(u64::from(machine.read(0x24)), trace.cycles, "CYCLES");
    trace
}

/// Start and end of each descriptor of a list.
fn spans(list: &[Descriptor], trace: &Trace) -> Vec<(u64, u64)> {
    let mut next = [0; 3];
    let of = |descriptor: &Descriptor| {
        let unit = (descriptor[0] & 15) as usize - 1;
        let number = next[unit];
        next[unit] += 1;
        (trace.started[unit][number], trace.completed[unit][number])
    };
    let spans = list.iter().map(of).collect();
    assert_eq!(trace.started.each_ref().map(Vec::len), next, "each begins once");
    assert_eq!(trace.completed.each_ref().map(Vec::len), next, "and is complete once");
    spans
}

#[test]
fn a_list_in_order_begins_behind_what_it_waits_for() {
    for (dim, bus) in SHAPES {
        let config = config(dim, bus);
        for (seed, timing) in [(1, FAST), (2, SLOW)] {
            let mut machine = Machine::new(&config, timing, seed);
            let mut lists = Lists { config: &config, random: Random::new(seed + 60) };
            let (list, address, bytes) = lists.ordered(12);
            machine.memory.write(address, &bytes);
            let trace = trace(&mut machine, &list);
            let spans = spans(&list, &trace);
            assert!(spans.iter().all(|(start, end)| start < end), "{spans:?}");
            for (number, pair) in spans.windows(2).enumerate() {
                if list[number][0] & 15 == list[number + 1][0] & 15 {
                    assert!(pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1, "{number}: {spans:?}");
                } else {
                    assert!(pair[0].1 < pair[1].0, "{number} gives a token: {spans:?}");
                }
            }
            let last = spans.last().expect("a list has a descriptor").1;
            assert!((1..8).contains(&(trace.cycles - last)), "{last} of {}", trace.cycles);
        }
    }
}

#[test]
fn units_that_do_not_wait_overlap() {
    let config = config(8, 8);
    let mut machine = Machine::new(&config, SLOW, 3);
    let list = gemm(&config, 11, 3, 4);
    let trace = trace(&mut machine, &list);
    let spans = spans(&list, &trace);
    let busy: u64 = spans.iter().map(|(start, end)| end - start).sum();
    assert!(busy > trace.cycles, "{spans:?}");
}

/// A LOAD takes as long as its data: with its last row it is complete.
#[test]
fn a_load_ends_with_its_data_and_a_store_with_its_answer() {
    let config = config(8, 8);
    let mut machine = Machine::new(&config, FAST, 1);
    let mut list = vec![
        load(&config, BASE + 0x4000, 64, (8, 64), 0),
        copy_out(BASE + 0x8000, 8, (64, 8), 0, (1, 1)),
    ];
    chain(&mut list);
    let trace = trace(&mut machine, &list);
    for (start, end) in spans(&list, &trace) {
        assert!((64..96).contains(&(end - start)), "64 words: {start} to {end}");
    }
}
