//! What a DUT tells of a run.

mod common;

use common::*;
use systole_sim::{
    BusError, Event, NpuJobEnd, Port, PortStalls, Pulses, Retire, Stalls, StopReason, Variant,
    Violation,
};

/// Much of everything, without errors.
fn slow() -> Stalls {
    Stalls::everywhere(PortStalls {
        request: 0x8000,
        data: 0x8000,
        max_latency: 5,
        ..PortStalls::default()
    })
}

fn retires(events: &[Event]) -> Vec<Retire> {
    let retire = |event: &Event| if let Event::Retire(r) = event { Some(*r) } else { None };
    events.iter().filter_map(retire).collect()
}

/// The retires without their times.
fn timeless(events: &[Event]) -> Vec<Retire> {
    retires(events).into_iter().map(|retire| Retire { cycle: 0, ..retire }).collect()
}

#[test]
fn retires_tell_what_instructions_did() {
    let mut dut = dut();
    load(
        &mut dut,
        &[lui(1, RAM + 0x2000), addi(2, 0, 77), store_word(2, 1, 8), load_word(3, 1, 8)],
    );
    let retires = retires(&events(&mut dut, 40));
    assert_eq!(retires[0].pc, RAM);
    assert_eq!(retires[0].insn, lui(1, RAM + 0x2000));
    assert_eq!((retires[1].rd_addr, retires[1].rd_wdata), (2, 77));
    assert_eq!(
        (retires[2].mem_addr, retires[2].mem_wmask, retires[2].mem_wdata),
        (RAM + 0x2008, 0xf, 77)
    );
    assert_eq!((retires[3].mem_rmask, retires[3].mem_rdata, retires[3].rd_wdata), (0xf, 77, 77));
    assert_eq!(retires[3].next_pc, RAM + 16);
    assert_eq!(retires[0].mstatus, 0x1800);
    assert_eq!(dut.read_memory(RAM + 0x2008, 4).unwrap(), [77, 0, 0, 0]);
}

#[test]
fn an_ideal_memory_answers_in_the_next_cycle() {
    let mut dut = dut();
    load(&mut dut, &[addi(1, 0, 1), jump(-4)]);
    let retires = retires(&events(&mut dut, 100));
    // Request, answer, execute.
    assert!(retires.windows(2).all(|pair| pair[1].cycle - pair[0].cycle == 3));
}

#[test]
fn a_watched_store_ends_the_run_as_its_last_retire() {
    for bare in [false, true] {
        let mut dut = dut();
        load(&mut dut, &counting_program());
        dut.set_watch(Some(TOHOST));
        let stop = if bare { dut.run_bare(100_000) } else { dut.run(100_000) };
        assert_eq!(stop, StopReason::Watch);
        assert_eq!(dut.retired(), 2 + 200 * 4 + 3);
        assert_eq!(dut.read_memory(RAM + 0x2000, 4).unwrap(), [200, 0, 0, 0]);
        if bare {
            assert_eq!(dut.records().len(), 0);
        } else {
            let Some(Event::Retire(last)) = dut.events().last() else { panic!("no retire") };
            assert_eq!((last.mem_addr, last.mem_wdata), (TOHOST, 1));
        }
    }
}

#[test]
fn two_channels_report_what_one_does() {
    let (mut narrow, mut wide) = (dut(), wide_dut());
    let mut told = Vec::new();
    for dut in [&mut narrow, &mut wide] {
        dut.set_stalls(&slow());
        load(dut, &counting_program());
        let events = events(dut, 4_000);
        assert!(!events.iter().any(|event| matches!(event, Event::Protocol(_))));
        told.push(timeless(&events));
    }
    let both = told[0].len().min(told[1].len());
    assert!(both > 100);
    assert_eq!(told[0][..both], told[1][..both]);
    let mut cycles = wide.events().map(|event| event.cycle()).collect::<Vec<_>>();
    let count = cycles.len();
    cycles.dedup();
    assert_eq!(cycles.len(), count.div_ceil(2), "every cycle with a retire has two");
}

#[test]
fn a_watched_store_is_seen_in_either_channel() {
    for nops in 0..2 {
        let mut program = counting_program();
        program.splice(0..0, (0..nops).map(|_| addi(0, 0, 0)));
        let mut dut = wide_dut();
        load(&mut dut, &program);
        dut.set_watch(Some(TOHOST));
        assert_eq!(dut.run(100_000), StopReason::Watch);
        let store = dut.events().any(|event| {
            matches!(event, Event::Retire(retire) if retire.mem_addr == TOHOST && retire.mem_wmask != 0)
        });
        assert!(store && dut.retired() >= 2 + 200 * 4 + 3 + nops);
    }
}

#[test]
fn an_error_of_a_wide_port_names_its_group() {
    let mut dut = wide_dut();
    load(&mut dut, &[addi(1, 0, 1), jump(0x204 - 4)]);
    let ibus =
        PortStalls { error: 0xffff, safe_from: RAM, safe_to: RAM + 0x200, ..PortStalls::default() };
    dut.set_stalls(&Stalls { ibus, ..Stalls::default() });
    let errors: Vec<u32> = events(&mut dut, 600)
        .iter()
        .filter_map(|event| match event {
            Event::BusError(BusError { address, .. }) => Some(*address),
            _ => None,
        })
        .collect();
    assert!(
        !errors.is_empty() && errors.iter().all(|&address| address == RAM + 0x200),
        "{errors:x?}"
    );
}

#[test]
fn bare_and_recorded_runs_take_the_same_cycles() {
    let mut dut = dut();
    let mut cycles = [0, 0];
    for (bare, cycle) in cycles.iter_mut().enumerate() {
        dut.reset(7);
        dut.set_stalls(&slow());
        dut.set_watch(Some(TOHOST));
        load(&mut dut, &counting_program());
        let stop = if bare == 1 { dut.run_bare(1_000_000) } else { dut.run(1_000_000) };
        assert_eq!(stop, StopReason::Watch);
        *cycle = dut.cycle();
    }
    assert_eq!(cycles[0], cycles[1]);
}

#[test]
fn the_limit_counts_cycles_and_may_be_without_end() {
    let mut dut = dut();
    load(&mut dut, &counting_program());
    assert_eq!(dut.run(123), StopReason::Limit);
    assert_eq!(dut.cycle(), 123);
    dut.set_watch(Some(TOHOST));
    assert_eq!(dut.run(u64::MAX), StopReason::Watch);
}

#[test]
fn a_full_buffer_interrupts_without_loss() {
    let mut dut = dut();
    load(&mut dut, &[addi(1, 1, 1), jump(-4)]);
    let mut seen = Vec::new();
    while seen.len() < 10_000 {
        assert_eq!(dut.run(u64::MAX), StopReason::BufferFull);
        seen.extend(dut.events());
    }
    for (i, retire) in retires(&seen).iter().enumerate() {
        assert_eq!(retire.pc, RAM + 4 * (i as u32 % 2));
        assert_eq!(retire.cycle, 3 + 3 * i as u32);
    }
}

#[test]
fn a_chip_that_stops_retiring_is_a_hang() {
    let mut dut = faulty_dut(3);
    load(&mut dut, &[addi(1, 1, 1), jump(-4)]);
    dut.set_hang_limit(Some(500));
    assert_eq!(dut.run(1_000_000), StopReason::Hang);
    assert!(dut.cycle() < 600, "{}", dut.cycle());
    dut.set_hang_limit(None);
    assert_eq!(dut.run(10_000), StopReason::Limit);
}

#[test]
fn a_loop_that_does_not_settle_breaks_the_model_and_a_reset_mends_it() {
    let mut dut = faulty_dut(5);
    load(&mut dut, &[jump(0)]);
    assert_eq!(dut.run(100), StopReason::Broken);
    assert!(dut.broken().contains("did not converge"), "{}", dut.broken());
    assert_eq!(dut.run(100), StopReason::Broken);
    assert!(dut.set_fault(0));
    dut.reset(0);
    load(&mut dut, &[jump(0)]);
    assert_eq!(dut.run(100), StopReason::Limit);
    assert_eq!(dut.broken(), "");
}

#[test]
fn npu_writes_and_job_ends_are_recorded() {
    let mut dut = dut();
    load(&mut dut, &copying_program(3));
    let source: Vec<u8> = (1..=24).collect();
    dut.write_memory(RAM + 0x3000, &source).unwrap();
    let events = events(&mut dut, 200);
    let mut written = Vec::new();
    for event in &events {
        if let Event::NpuWrite(write) = event {
            assert!(!write.failed);
            written.extend(write.bytes());
        }
    }
    let expected: Vec<_> = (0..24).map(|i| (RAM + 0x4000 + i, i as u8 + 1)).collect();
    assert_eq!(written, expected);
    assert_eq!(dut.read_memory(RAM + 0x4000, 24).unwrap(), source);
    let ends: Vec<_> = events.iter().filter(|e| matches!(e, Event::NpuJobEnd(_))).collect();
    assert!(matches!(ends[..], [Event::NpuJobEnd(NpuJobEnd { cause: 0, .. })]), "{ends:?}");
    assert!(events.windows(2).all(|pair| pair[0].cycle() <= pair[1].cycle()));
}

#[test]
fn pulses_are_kept_if_asked_for_whatever_way_it_runs() {
    let mut dut = dut();
    let mut seen = |keep, bare| {
        dut.reset(0);
        dut.keep_pulses(keep);
        load(&mut dut, &copying_program(3));
        if bare {
            dut.run_bare(200)
        } else {
            dut.run(200)
        };
        dut.pulses().to_vec()
    };
    assert_eq!(seen(false, true), []);
    let pulses = seen(true, true);
    let unit = |pulse: &Pulses| (pulse.started, pulse.completed, pulse.job_start, pulse.job_end);
    let kinds: Vec<_> = pulses.iter().map(unit).collect();
    // With an ideal memory the read begins in the job's first cycle.
    assert_eq!(kinds, [(1, 0, 1, 0), (0, 1, 0, 0), (4, 0, 0, 0), (0, 4, 0, 0), (0, 0, 0, 1)]);
    // Three beats, from the cycle behind the address on.
    assert_eq!(pulses[1].cycle - pulses[0].cycle, 3);
    assert_eq!(pulses[4].cycle - pulses[3].cycle, 1);
    assert_eq!(seen(true, false), pulses);
    assert_eq!(seen(false, false), []);
}

#[test]
fn accesses_outside_ram_are_errors() {
    let mut dut = dut();
    load(&mut dut, &[lui(1, RAM + RAM_BYTES), load_word(2, 1, -4), load_word(2, 1, 0)]);
    let events = events(&mut dut, 40);
    let errors: Vec<_> = events.iter().filter(|e| matches!(e, Event::BusError(_))).collect();
    let [Event::BusError(BusError { port: Port::Dbus, address, .. })] = errors[..] else {
        panic!("{errors:?}")
    };
    assert_eq!(*address, RAM + RAM_BYTES);
    let trap = retires(&events)[2];
    assert_eq!((trap.trap, trap.cause, trap.tval), (true, 5, RAM + RAM_BYTES));
}

#[test]
fn injected_errors_reach_every_port() {
    let always = PortStalls { error: u16::MAX, ..PortStalls::default() };
    let ideal = Stalls::default();
    for (stalls, port) in [
        (Stalls { ibus: always, ..ideal }, Port::Ibus),
        (Stalls { dbus: always, ..ideal }, Port::Dbus),
        (Stalls { axi_read: always, ..ideal }, Port::AxiRead),
        (Stalls { axi_write: always, ..ideal }, Port::AxiWrite),
    ] {
        let mut dut = dut();
        let mut program = copying_program(2);
        program.pop();
        program.extend([load_word(3, 2, 0), jump(0)]);
        load(&mut dut, &program);
        dut.write_memory(RAM + 0x3000, &[9; 16]).unwrap();
        dut.set_stalls(&stalls);
        let events = events(&mut dut, 200);
        let hit = |e: &Event| matches!(e, Event::BusError(error) if error.port == port);
        assert!(events.iter().any(hit), "{port:?}");
        let failed = |e: &Event| matches!(e, Event::NpuWrite(write) if write.failed);
        assert_eq!(events.iter().any(failed), port == Port::AxiWrite);
        let copied = dut.read_memory(RAM + 0x4000, 16).unwrap();
        assert_eq!(copied == [9; 16], port == Port::Dbus, "{port:?}");
    }
}

#[test]
fn a_safe_range_gets_no_injected_errors() {
    let errors_from = |safe_from, safe_to| {
        let mut dut = dut();
        let ibus = PortStalls { error: 0x8000, safe_from, safe_to, ..PortStalls::default() };
        dut.set_stalls(&Stalls { ibus, ..Stalls::default() });
        load(&mut dut, &[addi(1, 1, 1), jump(-4)]);
        let errors = events(&mut dut, 500).into_iter();
        let address = |e| if let Event::BusError(error) = e { Some(error.address) } else { None };
        errors.filter_map(address).collect::<Vec<_>>()
    };
    assert_eq!(errors_from(RAM, RAM + 0x104), Vec::<u32>::new());
    // The program fails sooner or later, and its handler does not.
    assert_eq!(errors_from(RAM + 0x100, RAM + 0x104).len(), 1);
    assert!(errors_from(RAM, RAM).len() > 10);
}

#[test]
fn a_seed_decides_every_stall() {
    let run = |seed| {
        let mut dut = dut();
        dut.reset(seed);
        dut.set_stalls(&slow());
        load(&mut dut, &counting_program());
        let mut all = Vec::new();
        // Chunks of any size make no difference.
        for chunk in [1, 10, 500, 3000, 489] {
            all.extend(events(&mut dut, chunk));
        }
        all
    };
    assert_eq!(run(1), run(1));
    let (one, two) = (run(1), run(2));
    assert_ne!(retires(&one), retires(&two));
    let common = timeless(&one).len().min(timeless(&two).len());
    assert!(common > 100);
    assert_eq!(timeless(&one)[..common], timeless(&two)[..common]);
}

#[test]
fn stalled_bursts_still_copy_right_and_keep_the_rules() {
    let mut dut = dut();
    for seed in 0..50 {
        dut.reset(seed);
        dut.set_stalls(&slow());
        load(&mut dut, &copying_program(16));
        let source: Vec<u8> = (0..128).map(|i| (i * 7 + seed) as u8).collect();
        dut.write_memory(RAM + 0x3000, &source).unwrap();
        let events = events(&mut dut, 2000);
        assert!(!events.iter().any(|e| matches!(e, Event::Protocol(_))), "{events:?}");
        assert_eq!(dut.read_memory(RAM + 0x4000, 128).unwrap(), source);
    }
}

#[test]
fn a_reset_forgets_memory_and_state() {
    let mut dut = dut();
    let fresh = {
        load(&mut dut, &counting_program());
        events(&mut dut, 3000)
    };
    // Dirty it: at both ends of RAM, across pages, and by the chip itself.
    dut.write_memory(RAM + RAM_BYTES - 1, &[1]).unwrap();
    dut.write_memory(RAM + 0x7ffe, &[1, 2, 3, 4]).unwrap();
    dut.write_memory(RAM + 0x9000, &[5; 3 * 4096]).unwrap();
    dut.reset(0);
    assert_eq!((dut.cycle(), dut.retired(), dut.records().len()), (0, 0, 0));
    assert!(dut.read_memory(RAM, RAM_BYTES as usize).unwrap().iter().all(|&byte| byte == 0));
    load(&mut dut, &counting_program());
    assert_eq!(events(&mut dut, 3000), fresh);
}

#[test]
fn memory_has_ends() {
    let mut dut = dut();
    assert!(dut.write_memory(RAM - 1, &[0; 2]).is_err());
    assert!(dut.write_memory(RAM + RAM_BYTES - 1, &[0; 2]).is_err());
    assert!(dut.read_memory(RAM + RAM_BYTES, 1).is_err());
    assert!(dut.read_memory(RAM, usize::MAX).is_err());
    assert!(dut.read_memory(0, 1).is_err());
    assert!(dut.write_memory(RAM + RAM_BYTES - 1, &[0]).is_ok());
}

#[test]
fn broken_bus_rules_are_named() {
    let violation = |fault, program: &[u32]| {
        let mut dut = faulty_dut(fault);
        dut.set_stalls(&slow());
        load(&mut dut, program);
        let events = events(&mut dut, 2000);
        events.iter().find_map(|e| if let Event::Protocol(p) = e { Some(*p) } else { None })
    };
    let withdrawn = violation(2, &counting_program()).unwrap();
    assert_eq!((withdrawn.port, withdrawn.violation), (Port::Ibus, Violation::RequestChanged));
    let early = violation(4, &copying_program(4)).unwrap();
    assert_eq!((early.port, early.violation), (Port::AxiWrite, Violation::BadLast));
    let narrow = violation(6, &copying_program(4)).unwrap();
    assert_eq!((narrow.port, narrow.violation), (Port::AxiWrite, Violation::BadForm));
    let crossing = violation(0, &{
        let mut program = copying_program(4);
        program[2] = store_word(2, 1, 0);
        program.insert(2, addi(2, 2, -8));
        program
    });
    assert_eq!(crossing.unwrap().violation, Violation::CrossesPage);
    assert_eq!(violation(0, &copying_program(16)), None);
}

#[test]
fn a_fault_needs_a_chip_with_faults() {
    let mut dut = dut();
    assert!(dut.set_fault(0));
    assert!(!dut.set_fault(1));
    let mut faulty = faulty_dut(1);
    load(&mut faulty, &[addi(1, 0, 1), addi(1, 0, 1)]);
    assert_eq!(retires(&events(&mut faulty, 20))[0].rd_wdata, 2);
}

#[test]
fn threads_run_chips_of_their_own() {
    let library = library(Variant::default());
    let run = |seed| {
        let mut dut = systole_sim::Dut::new(&library).unwrap();
        dut.reset(seed);
        dut.set_stalls(&slow());
        load(&mut dut, &counting_program());
        events(&mut dut, 5000)
    };
    let alone: Vec<_> = (0..4).map(run).collect();
    let together: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|seed| scope.spawn(move || run(seed))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(alone, together);
}

#[test]
fn variants_simulate_alike() {
    let run = |variant| {
        let mut dut = systole_sim::Dut::new(&library(variant)).unwrap();
        dut.set_stalls(&slow());
        dut.reset(3);
        load(&mut dut, &counting_program());
        events(&mut dut, 3000)
    };
    let plain = run(Variant::default());
    assert_eq!(run(Variant { split: true, ..Variant::default() }), plain);
    assert_eq!(run(Variant { trace: true, ..Variant::default() }), plain);
}
