//! What is read from a wave is what the bench itself saw: the same instructions, jobs and writes in
//! the same cycles.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use systole_chip::{ChipConfig, soc};
use systole_gen::viewer::{Area, Focus, state_registers};
use systole_sim::{
    BusError, Dut, Event, Library, NpuJobEnd, NpuWrite, Port, Retire, StopReason, Variant,
};
use systole_verif::activity::{
    Activity, Burst, Descriptor, Problem, Tile, annotate, konata, signals, tracks, viewer_files,
};
use systole_verif::lockstep::Lockstep;
use systole_verif::program::Program;
use systole_verif::trial::Trial;
use systole_verif::{chip, generate};
use systole_wave::TrackKind;

/// Seed of the programs.
const SEED: u64 = 7;
/// Programs of each chip.
const PROGRAMS: u64 = 12;

fn tracing(preset: &str) -> (ChipConfig, Arc<Library>) {
    let config = ChipConfig::preset(preset).expect("a preset");
    let library = common::variant(&config, Variant { trace: true, ..Variant::default() });
    (config, library)
}

/// What the bench saw of a program.
#[derive(Default)]
struct Seen {
    retires: Vec<Retire>,
    ends: Vec<NpuJobEnd>,
    writes: Vec<NpuWrite>,
    errors: Vec<BusError>,
}

/// Runs a program on the RTL with a wave of the window.
fn run(pair: &mut Lockstep, program: &Program, path: &Path, window: Range<u64>) -> Seen {
    let trial = Trial::new(program).expect("it fits");
    let case = trial.case(pair.patience());
    let dut: &mut Dut = pair.dut();
    dut.reset(case.seed);
    dut.set_stalls(&case.stalls);
    dut.set_watch(Some(case.tohost));
    dut.set_hang_limit(Some(20_000));
    assert!(dut.start_trace(path, window.clone()));
    for (address, bytes) in case.segments {
        dut.write_memory(*address, bytes).expect("it fits");
    }
    let mut seen = Seen::default();
    loop {
        let stop = dut.run(case.max_cycles);
        for event in dut.events().filter(|event| window.contains(&u64::from(event.cycle()))) {
            match event {
                Event::Retire(retire) => seen.retires.push(retire),
                Event::NpuJobEnd(end) => seen.ends.push(end),
                Event::NpuWrite(write) => seen.writes.push(write),
                Event::BusError(error) => seen.errors.push(error),
                Event::Protocol(_) => panic!("a bus rule is broken"),
            }
        }
        if stop != StopReason::BufferFull {
            break;
        }
    }
    dut.stop_trace();
    seen
}

/// Checks all of it; returns how much there was: retires, job ends, writes, descriptors.
fn compare(seen: &Seen, activity: &Activity) -> [usize; 4] {
    assert_eq!(activity.missing, [""; 0]);
    compare_retires(seen, activity);
    compare_jobs(seen, activity);
    compare_bursts(seen, activity);
    compare_flights(activity);
    compare_tracks(activity);
    [seen.retires.len(), seen.ends.len(), seen.writes.len(), activity.descriptors.len()]
}

fn compare_retires(seen: &Seen, activity: &Activity) {
    assert_eq!(seen.retires.len(), activity.retires.len());
    for (ours, told) in seen.retires.iter().zip(&activity.retires) {
        let rd = told.rd.map_or((0, 0), |rd| (rd.register, rd.value));
        assert_eq!(
            (ours.cycle, ours.pc, ours.insn, ours.next_pc, u32::from(ours.rd_addr), ours.rd_wdata),
            (told.cycle as u32, told.pc, told.insn, told.next_pc, rd.0, rd.1)
        );
        let memory = told.memory.map_or([0; 5], |access| {
            [access.address, access.read_mask, access.write_mask, access.read, access.written]
        });
        let masks = [u32::from(ours.mem_rmask), u32::from(ours.mem_wmask)];
        let ours_memory = [ours.mem_addr, masks[0], masks[1], ours.mem_rdata, ours.mem_wdata];
        assert_eq!(ours_memory, memory);
        let trap = told.trap.as_ref().map(|trap| (trap.cause, trap.value));
        assert_eq!(ours.trap.then_some((ours.cause, ours.tval)), trap);
        let interrupt = told.interrupt.as_ref().map(|interrupt| interrupt.cause);
        assert_eq!((ours.intr && !ours.trap).then_some(ours.cause), interrupt);
        assert!(!told.unknown && !told.mnemonic.is_empty());
    }
}

fn compare_jobs(seen: &Seen, activity: &Activity) {
    let told = activity.jobs.iter().filter_map(|job| {
        let end = job.end?;
        Some((end as u32, job.cause, job.fault_index, job.fault_address))
    });
    let ours = seen.ends.iter().map(|end| {
        (end.cycle, u32::from(end.cause), u32::from(end.fault_index), end.fault_address)
    });
    assert_eq!(told.collect::<Vec<_>>(), ours.collect::<Vec<_>>());
    for job in activity.jobs.iter().filter(|job| job.begin.is_some() && job.end.is_some()) {
        let of_job = |descriptor: &&Descriptor| descriptor.job == Some(job.number);
        let all: Vec<_> = activity.descriptors.iter().filter(of_job).collect();
        for unit in ["load", "exec", "store"] {
            let indices = all.iter().filter(|d| d.unit == unit).map(|d| d.index);
            assert!(indices.is_sorted(), "each unit executes in list order");
        }
        let mut indices: Vec<u32> = all.iter().filter_map(|d| d.index).collect();
        indices.sort_unstable();
        assert!(indices.iter().copied().eq(0..all.len() as u32), "{job:?}: {indices:?}");
        // The list that a bad descriptor ends has been done up to there.
        let whole = job.cause < 8;
        for descriptor in all.iter().filter(|_| whole) {
            let (issued, started, done) = (descriptor.issued, descriptor.started, descriptor.done);
            assert!(issued < started && started < done && done < job.end, "{descriptor:?}");
            assert_eq!(descriptor.dropped, None);
        }
        let last = all.iter().find(|d| d.words.is_some_and(|words| words[0] >> 4 & 1 == 1));
        assert!(job.cause != 0 || last.is_some_and(|last| last.index == indices.last().copied()));
    }
    for (at, descriptor) in activity.descriptors.iter().enumerate() {
        let (Some(words), Some(_), Some(issued)) =
            (descriptor.words, descriptor.done, descriptor.issued)
        else {
            continue;
        };
        assert!(issued >= activity.begin);
        let job = descriptor.job.map(|job| &activity.jobs[job]);
        if descriptor.unit == "exec" && job.is_some_and(|job| job.cause < 8 && job.end.is_some()) {
            let tiles = activity.tiles.iter().filter(|tile| tile.descriptor == Some(at)).count();
            assert_eq!(Some(tiles as u64), expected_tiles(&words), "{descriptor:?}");
        }
    }
}

/// Tiles of an EXEC by docs/npu.md.
fn expected_tiles(words: &[u32; 8]) -> Option<u64> {
    let field =
        |word: usize, low: u32, bits: u32| u64::from(words[word] >> low & ((1 << bits) - 1));
    match field(0, 17, 2) {
        0 => Some(field(4, 0, 16) * field(5, 0, 16)),
        1 => Some(field(6, 0, 12) * field(6, 12, 12) * field(6, 24, 3) * field(6, 27, 3)),
        2 => Some(field(6, 0, 12) * field(6, 12, 12)),
        _ => None,
    }
}

fn compare_bursts(seen: &Seen, activity: &Activity) {
    for write in &seen.writes {
        let cycle = u64::from(write.cycle);
        let burst = activity.bursts.iter().find(|burst| {
            let begins = burst.begin.is_none_or(|begin| begin <= cycle);
            let first = burst.address.unwrap_or(write.address);
            let inside = write.address.wrapping_sub(first) < burst.beats.max(1) * 32;
            burst.write && begins && burst.end.is_none_or(|end| cycle <= end) && inside
        });
        let burst = burst.unwrap_or_else(|| panic!("no burst covers {write:?}"));
        assert!(!write.failed || burst.error || burst.end.is_none(), "{burst:?}");
    }
    for burst in activity.bursts.iter().filter(|burst| burst.descriptors == Some(true)) {
        let job = activity.jobs.iter().find(|job| burst.begin.is_some_and(|begin| job.runs(begin)));
        let offset = job.and_then(|job| Some(burst.address?.wrapping_sub(job.list?)));
        assert!(offset.is_none_or(|offset| offset % 32 == 0 && offset < 1 << 21), "{burst:?}");
    }
    let failed = |port, write| {
        let ours = seen.errors.iter().filter(|error| error.port == port);
        let told = activity.bursts.iter().filter(|burst| burst.write == write && burst.error);
        (ours.count(), told.count())
    };
    let (ours, told) = failed(Port::AxiWrite, true);
    assert_eq!(ours, told, "each failing write burst has one answer");
    let (ours, told) = failed(Port::AxiRead, false);
    assert!(told <= ours && (told > 0) == (ours > 0), "of read bursts each beat may fail");
}

fn compare_flights(activity: &Activity) {
    let mut retired: BTreeMap<usize, usize> = BTreeMap::new();
    for (at, flight) in activity.flights.iter().enumerate() {
        assert!(flight.stages.is_sorted_by_key(|stage| stage.1), "{flight:?}");
        let last = flight.stages.last().expect("it was in one").1;
        assert!(flight.end.is_none_or(|end| end > last || flight.retire.is_none()), "{flight:?}");
        if let Some(retire) = flight.retire {
            assert_eq!(retired.insert(retire, at), None, "an instruction retires once");
            assert_eq!(activity.retires[retire].pc, flight.pc);
            assert_eq!(flight.end, Some(activity.retires[retire].cycle));
        }
    }
    for (at, retire) in activity.retires.iter().enumerate() {
        let flight = retired.get(&at).map(|&flight| &activity.flights[flight]);
        // Those of the first cycle were in the pipeline before the wave.
        let Some(flight) = flight else {
            assert_eq!(retire.cycle, activity.begin, "{retire:?}");
            continue;
        };
        let whole = flight.stages[0].1 > activity.begin;
        assert!(!whole || flight.stages.len() == 3, "{flight:?}");
    }
    let log = konata::log(activity);
    let count =
        |end: &str| log.lines().filter(|l| l.starts_with("R\t") && l.ends_with(end)).count();
    assert_eq!(count("\t0"), retired.len());
    let flushed = activity.flights.iter().filter(|f| f.retire.is_none() && f.end.is_some());
    assert_eq!(count("\t1"), flushed.count());
}

fn compare_tracks(activity: &Activity) {
    for track in tracks(activity) {
        assert!(track.changes.is_sorted_by(|a, b| a.0 < b.0), "{}", track.name);
        assert!(!track.changes.is_empty(), "{}", track.name);
        let number = matches!(track.kind, TrackKind::Bits(_));
        assert_eq!(number, track.name.starts_with("tokens_"));
    }
}

/// Every signal that is shown is in the wave, with its range; of each part of the chip some are.
fn compare_viewer_files(config: &ChipConfig, path: &Path) {
    let design = systole_hdl::check(&soc::soc(config, true)).expect("a good design");
    let focus = Focus::at(Area::ALL.into(), 3000, 150, "MISMATCH".into());
    let files = viewer_files(path, "fail", &state_registers(&design), &focus).expect("a wave");
    let known: BTreeSet<String> = signals(path)
        .expect("a wave")
        .into_iter()
        .map(|signal| match signal.range {
            Some((high, low)) => format!("{}[{high}:{low}]", signal.path),
            None => signal.path,
        })
        .collect();
    let shown: Vec<&str> = files[0]
        .text
        .lines()
        .filter(|line| !line.starts_with(['@', '-', '[', '*', '^']))
        .map(|line| line.rsplit_once("} ").map_or(line, |(_, name)| name))
        .collect();
    assert!(shown.len() > 100, "{}", shown.len());
    for name in shown {
        assert!(known.contains(name), "{name}");
    }
    for area in Area::ALL {
        assert!(files[0].text.contains(&format!("@800200\n-{}\n", area.name())), "{area:?}");
    }
    assert!(files.iter().any(|file| file.path == "filters/core_divide_state.txt"));
}

/// What a wave tells that begins in the middle is what the whole one tells of that time.
fn compare_part(part: &Activity, whole: &Activity) {
    let inside = |cycle: Option<u64>| cycle.filter(|&cycle| cycle < part.end);
    for burst in &part.bursts {
        let same = whole.bursts.iter().find(|other| match burst.begin {
            Some(_) => (burst.write, burst.begin) == (other.write, other.begin),
            None => {
                let under_way = other.begin.is_some_and(|begin| begin < part.begin);
                under_way && (burst.write, burst.end) == (other.write, inside(other.end))
            }
        });
        let same = same.unwrap_or_else(|| panic!("{burst:?}"));
        assert_eq!(burst.end, inside(same.end), "{burst:?} {same:?}");
        let known = burst.address.is_none() || burst.address == same.address;
        assert!(known && (burst.address.is_none() || burst.beats == same.beats), "{burst:?}");
    }
    let under_way = |burst: &&Burst| {
        burst.begin.is_some_and(|begin| begin < part.end)
            && burst.end.is_none_or(|end| end >= part.begin)
    };
    assert_eq!(part.bursts.len(), whole.bursts.iter().filter(under_way).count());
    for descriptor in part.descriptors.iter().filter(|descriptor| descriptor.words.is_some()) {
        let same = whole.descriptors.iter().find(|other| {
            (other.unit, other.index, other.words)
                == (descriptor.unit, descriptor.index, descriptor.words)
                && inside(other.started) == descriptor.started
                && inside(other.done) == descriptor.done
        });
        assert!(same.is_some(), "{descriptor:?}");
    }
    for tile in &part.tiles {
        let place = |of: &Activity, tile: &Tile| {
            let descriptor = tile.descriptor.map(|at| &of.descriptors[at]);
            descriptor.map(|descriptor| (descriptor.index, tile.number))
        };
        let same = whole.tiles.iter().find(|other| match tile.begin {
            Some(_) => tile.begin == other.begin,
            None => tile.end == inside(other.end),
        });
        let same = same.unwrap_or_else(|| panic!("{tile:?}"));
        assert_eq!(tile.end, inside(same.end));
        let told = place(part, tile);
        assert!(told.is_none() || told == place(whole, same), "{tile:?} {same:?}");
    }
}

/// Whole waves of some programs, and waves of their later parts.
fn programs(preset: &str) {
    let (config, library) = tracing(preset);
    let mut pair = chip::lockstep(&config, &library).expect("enough memory");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rtl.vcd");
    let mut sum = [0; 4];
    for index in 0..PROGRAMS {
        let program = generate::sample(chip::target(&config), SEED, index);
        let seen = run(&mut pair, &program, &path, 0..6000);
        let whole = Activity::read(&path).expect("a wave");
        let counts = compare(&seen, &whole);
        if index == 0 {
            compare_viewer_files(&config, &path);
        }
        sum = std::array::from_fn(|at| sum[at] + counts[at]);
        // In the middle of a job, while its bursts are under way.
        let middle = whole.bursts.get(whole.bursts.len() / 2).and_then(|burst| burst.begin);
        let first = middle.map_or(300, |begin| begin + 3);
        let seen = run(&mut pair, &program, &path, first..first + 500);
        let part = Activity::read(&path).expect("a wave");
        compare(&seen, &part);
        compare_part(&part, &whole);
    }
    let enough = [1000, 4, 50, 20];
    assert!(sum.iter().zip(enough).all(|(&count, least)| count > least), "too little: {sum:?}");
    println!("{preset}: {sum:?} retires, jobs, writes, descriptors");
}

#[test]
fn the_wave_of_the_fast_pipeline_tells_what_happened() {
    programs("edge");
}

#[test]
fn the_wave_of_the_compact_pipeline_tells_what_happened() {
    programs("nano");
}

#[test]
fn what_is_no_wave_of_a_chip_is_an_error_that_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.vcd");
    let missing = annotate(&path).expect_err("there is no file").to_string();
    assert!(missing.contains("x.vcd: cannot read it"), "{missing}");
    let problem = |text: &str| {
        std::fs::write(&path, text).expect("written");
        Activity::read(&path).expect_err("no wave of a chip").problem
    };
    assert!(matches!(problem("no wave at all"), Problem::NoWave(_)));
    let head = "$timescale 1ns $end\n$scope module top $end\n";
    let tail = "$upscope $end\n$enddefinitions $end\n#0\n0!\n#5\n1!\n";
    let clock = "$var wire 1 ! clk $end\n";
    assert_eq!(problem(&format!("{head}{clock}{tail}")), Problem::NoRetirePort);
    let valid = "$var wire 1 \" rvfi_valid $end\n";
    let Problem::Missing { scope, signals } = problem(&format!("{head}{clock}{valid}{tail}"))
    else {
        panic!("signals are missing")
    };
    assert_eq!((scope.as_str(), signals.len()), ("top", 16));
    assert!(signals.contains(&"rvfi_insn".to_owned()));
}
