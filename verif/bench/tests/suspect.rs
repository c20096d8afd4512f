//! From a failure back to the source: the line that is found is in the file of the fault.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use systole_chip::{ChipConfig, soc};
use systole_hdl::{Design, fault};
use systole_sim::{Library, Settings, Variant, build_chip, silent};
use systole_verif::campaign::{self, Campaign};
use systole_verif::failure::{Recorded, suspect};
use systole_verif::generate::Profile;
use systole_verif::trial::Trial;
use systole_verif::{chip, faults};

/// Where the search ended for a fault, and where the fault is.
struct Found {
    fault: &'static str,
    file: &'static str,
    ends: String,
    hit: bool,
}

fn look(config: &ChipConfig, library: &Arc<Library>, number: u16) -> Option<Found> {
    let fault = faults::of(config)[usize::from(number) - 1];
    let good = systole_hdl::check(&soc::soc(config, true)).expect("a good design");
    let design = fault::fixed(&good, &fault).expect("a fault of this chip");
    let campaign = Campaign {
        profile: Profile::Mixed,
        seed: 1,
        first: 0,
        programs: Some(2000),
        time: None,
        jobs: 2,
        shard: (0, 1),
        fail_fast: true,
        fault: number,
    };
    let stop = AtomicBool::new(false);
    let summary = campaign::run(&campaign, config, library, &stop, |_, _| ()).expect("memory");
    let Some(found) = summary.found.first() else {
        println!("{} is not found", fault.name);
        return None;
    };
    let mut pair = chip::lockstep(config, library).expect("memory");
    pair.select_fault(number);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("all.vcd");
    pair.trace(&path, 0, u64::MAX - 1);
    let trial = Trial::new(&found.program).ok()?;
    let divergence = trial.run(&mut pair).divergence?;
    pair.dut().stop_trace();
    let wave = Recorded::read(&path, &design).unwrap_or_else(|error| panic!("{error}"));
    let steps = suspect(&design, &wave, &divergence);
    if std::env::var_os("SHOW_STEPS").is_some() {
        println!("{}: {}", fault.name, divergence.message);
        for step in &steps {
            println!(
                "    {:>6} {:<50} {}:{} {:x?} {:?}",
                step.cycle,
                step.signal,
                step.location.file,
                step.location.line,
                step.value.as_ref().map(|value| value.words().to_vec()),
                step.action
            );
        }
    }
    let file = file_of(&good, &fault);
    let last = steps.last();
    let ends = last.map_or("nowhere".into(), |step| {
        format!("{}:{} {}", step.location.file, step.location.line, step.signal)
    });
    let hit = last.is_some_and(|step| step.location.file == file);
    Some(Found { fault: fault.name, file, ends, hit })
}

/// The file of the signal that a fault is in.
fn file_of(design: &Design, fault: &fault::Fault) -> &'static str {
    let module = design.modules().iter().find(|module| module.name == fault.module);
    let module = module.expect("its module");
    let signal = module.signals.iter().find(|signal| signal.name == fault.signal);
    signal.expect("its signal").location.file
}

fn traced(config: &ChipConfig) -> Arc<Library> {
    let settings = Settings::from_env().expect("a home folder");
    let variant = Variant { trace: true, ..Variant::default() };
    build_chip(&settings, config, &faults::of(config), variant, &silent)
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Two faults of the hart, one of what its bus answers, two of the NPU; and where nothing wrong is
/// seen, but something never comes: an interrupt that is awaited, one that is not taken, a token.
const FAULTS: [&str; 8] = [
    "timer-interrupt-lost",
    "npu-interrupt-lost",
    "token-to-store-lost",
    "vectored-mode-ignored",
    "divide-by-zero-negated",
    "bus-error-ignored",
    "round-half-up",
    "pool-line-outside",
];

/// `PRESET` and `FAULTS` (names with commas between, or `all`) look at others, without a verdict;
/// `SHOW_STEPS` prints the ways.
#[test]
fn the_file_of_a_fault_is_found() {
    let preset = std::env::var("PRESET").unwrap_or_else(|_| "nano".into());
    let asked = std::env::var("FAULTS").ok();
    let config = ChipConfig::preset(&preset).expect("a preset");
    let library = traced(&config);
    let wanted = |name: &str| match asked.as_deref() {
        None => FAULTS.contains(&name),
        Some(asked) => asked == "all" || asked.split(',').any(|fault| fault == name),
    };
    let numbered = (1..).zip(faults::of(&config)).filter(|(_, fault)| wanted(fault.name));
    let found: Vec<Found> =
        numbered.filter_map(|(number, _)| look(&config, &library, number)).collect();
    for found in &found {
        let mark = if found.hit { "hit " } else { "miss" };
        println!("{mark} {:<32} {:<44} {}", found.fault, found.file, found.ends);
    }
    let hits = found.iter().filter(|found| found.hit).count();
    println!("{hits} of {}", found.len());
    if asked.is_none() {
        assert_eq!((hits, found.len()), (FAULTS.len(), FAULTS.len()));
    }
}
