use std::sync::atomic::AtomicBool;
use systole_chip::ChipConfig;
use systole_verif::campaign::{self, Campaign};
use systole_verif::failure::{Failure, Origin};
use systole_verif::shrink::Budget;
#[path = "../tests/common/mod.rs"]
mod common;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let config = ChipConfig::preset(&args[1]).unwrap();
    let library = common::library(&config, true);
    let c = Campaign {
        seed: args[2].parse().unwrap(),
        first: args[3].parse().unwrap(),
        programs: Some(args[4].parse().unwrap()),
        time: None,
        jobs: 2,
        shard: (0, 1),
        fail_fast: false,
        fault: 0,
    };
    let s = campaign::run(&c, &config, &library, &AtomicBool::new(false), |_| ()).unwrap();
    let t = s.totals;
    println!(
        "{t:?} cps {:.0} bare {:.0} ratio {:.3}",
        t.cycles_per_second(),
        t.bare_cycles_per_second(),
        t.cycles_per_second() / t.bare_cycles_per_second()
    );
    let mut kinds = std::collections::BTreeMap::new();
    for f in &s.found {
        kinds
            .entry(format!("{}", f.divergence.kind))
            .or_insert(vec![])
            .push(format!("{}: {}", f.index, f.divergence));
    }
    for (k, v) in &kinds {
        println!("{k}: {}", v.len());
        for x in v.iter().take(6) {
            println!("    {x}");
        }
    }
    let n: usize = args.get(5).map_or(0, |x| x.parse().unwrap());
    for f in s.found.iter().take(n) {
        let o = Origin { preset: &args[1], config: &config, seed: c.seed, fault: 0, options: "" };
        let fail = Failure::shrink(
            f,
            &o,
            &library,
            Budget { runs: 3000, time: std::time::Duration::from_secs(20) },
            |_, _| (),
        )
        .unwrap();
        println!("{}", fail.report());
        println!("registers {:x?}\nblocks {:#?}", fail.program.registers, fail.program.blocks);
    }
}
