use std::time::Instant;
use systole_chip::ChipConfig;
use systole_sim::*;
use systole_verif::{
    chip, generate,
    trial::{Setup, Trial},
};
#[path = "../tests/common/mod.rs"]
mod common;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let config = ChipConfig::preset(&args[1]).unwrap();
    let library = common::library(&config, args[2] == "faults");
    let mut dut = Dut::new(&library).unwrap();
    let t = Instant::now();
    for i in 0..100 {
        dut.reset(i);
    }
    println!("reset {:?}", t.elapsed() / 100);
    let t = Instant::now();
    dut.run_bare(100000);
    println!("100k bare cycles {:?}", t.elapsed());
    let mut pair = chip::lockstep(&config, &library).unwrap();
    let programs: Vec<_> =
        (0..200).map(|i| generate::sample(chip::target(&config), 1, i)).collect();
    let t = Instant::now();
    for i in 0..200 {
        generate::sample(chip::target(&config), 1, i);
    }
    println!("generate {:?}", t.elapsed() / 200);
    for round in 0..2 {
        pair.take_busy_time();
        let mut c = 0;
        for p in &programs {
            c += Trial::new(p, Setup::RANDOM).unwrap().run(&mut pair).cycles;
        }
        let l = pair.take_busy_time();
        let mut b = 0;
        for p in &programs {
            b += Trial::new(p, Setup::RANDOM).unwrap().run_bare(&mut pair);
        }
        let bt = pair.take_busy_time();
        println!(
            "{round}: lockstep {c} {l:?} {:.0}/s bare {b} {bt:?} {:.0}/s",
            c as f64 / l.as_secs_f64(),
            b as f64 / bt.as_secs_f64()
        );
    }
}
