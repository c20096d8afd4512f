//! The memory under traffic on all its ports.

mod directed;
mod model;
#[allow(dead_code, clippy::duplicate_mod, reason = "private to other tests, which need all of it")]
#[path = "../../../npu/tests/random.rs"]
mod random;
mod traffic;

use proptest::prelude::*;
use systole_hdl::prelude::*;

use super::memory;
use crate::ChipConfig;
use model::Model;
use traffic::{Rates, Traffic};

/// Widths of fetches and beats that cover every relation of the two; beats of 0 bits are those of no
/// NPU.
const WIDTHS: [(u32, u32); 8] =
    [(32, 32), (32, 64), (64, 32), (64, 64), (32, 128), (64, 256), (32, 0), (64, 0)];

const RAM_BYTES: u32 = 65536;

/// A chip that fetches and moves beats of these widths.
fn config((fetch_bits, beat_bits): (u32, u32)) -> ChipConfig {
    let npu = match beat_bits {
        0 => "npu.dim=0".to_owned(),
        _ => format!("npu.bus_bits={beat_bits}"),
    };
    let settings = [npu, format!("memory.ram_bytes={RAM_BYTES}")];
    let preset = if fetch_bits == 32 { "nano" } else { "edge" };
    ChipConfig::preset(preset).unwrap().with_settings(&settings).unwrap()
}

/// The memory of such a chip, and a model with the same random contents.
fn filled(widths: (u32, u32), seed: u64) -> (Interpreter, Model) {
    filled_of(&config(widths), widths, seed)
}

fn filled_of(config: &ChipConfig, widths: (u32, u32), seed: u64) -> (Interpreter, Model) {
    let design = check(&memory(config)).unwrap_or_else(|errors| panic!("{errors}"));
    let mut sim = Interpreter::new(&design);
    sim.reset();
    let model = Model::random(seed);
    let word_bytes = widths.0.max(widths.1) as usize / 8;
    for (index, word) in model.ram().chunks(word_bytes).enumerate() {
        sim.poke_memory("ram.words", index as u64, model::bits(word));
    }
    for (index, word) in model.rom().chunks(widths.0 as usize / 8).enumerate() {
        sim.poke_memory("hart_port.boot.words", index as u64, model::bits(word));
    }
    (sim, model)
}

/// Asserts that the RAM holds what the model does.
fn assert_same(sim: &Interpreter, model: &Model, widths: (u32, u32)) {
    let word_bytes = widths.0.max(widths.1) as usize / 8;
    for (index, word) in model.ram().chunks(word_bytes).enumerate() {
        let found = sim.peek_memory("ram.words", index as u64);
        assert_eq!(found, model::bits(word), "word {index}");
    }
}

prop_compose! {
    fn rates()(rates in proptest::array::uniform7(1..=100u32)) -> Rates {
        let [fetch, access, read, write, take_read, take_answer, beat] = rates;
        Rates { fetch, access, read, write, take_read, take_answer, beat }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A sequential NPU has a RAM with a single port.
    #[test]
    fn single_words_among_accesses_of_the_hart(
        fetch_bits in proptest::sample::select(&[32, 64][..]),
        seed in any::<u64>(),
        rates in rates(),
    ) {
        let widths = (fetch_bits, 32);
        let rates = Rates { take_read: 100, take_answer: 100, ..rates };
        let one = ["npu.sequential=true", "npu.dim=4", "npu.requantise_lanes=1"];
        let small = [&one[..], &["npu.int4_weights=false"]].concat();
        let small = config(widths).with_settings(&small).unwrap();
        let (sim, model) = filled_of(&small, widths, seed);
        let mut traffic = Traffic::new(sim, model, widths, rates, seed);
        traffic.single = true;
        for _ in 0..3000 {
            traffic.cycle();
        }
        traffic.drain();
        assert_same(&traffic.sim, &traffic.model, widths);
    }

    #[test]
    fn random_traffic_on_all_ports_does_what_a_plain_memory_does(
        widths in proptest::sample::select(&WIDTHS[..]),
        seed in any::<u64>(),
        rates in rates(),
    ) {
        let rates = of_chip(rates, widths);
        let (sim, model) = filled(widths, seed);
        let mut traffic = Traffic::new(sim, model, widths, rates, seed);
        for _ in 0..3000 {
            traffic.cycle();
        }
        traffic.drain();
        assert_same(&traffic.sim, &traffic.model, widths);
    }
}

/// `rates` without bursts if there is no NPU.
fn of_chip(rates: Rates, (_, beat_bits): (u32, u32)) -> Rates {
    match beat_bits {
        0 => Rates { read: 0, write: 0, ..rates },
        _ => rates,
    }
}

#[test]
fn traffic_meets_every_situation_that_was_foreseen() {
    let rates = Rates {
        fetch: 60,
        access: 60,
        read: 60,
        write: 60,
        take_read: 60,
        take_answer: 60,
        beat: 80,
    };
    for widths in [(64, 128), (64, 0)] {
        let (sim, model) = filled(widths, 1);
        let mut traffic = Traffic::new(sim, model, widths, of_chip(rates, widths), 1);
        for _ in 0..2000 {
            traffic.cycle();
        }
        let unseen: Vec<&str> =
            traffic.sim.covers().filter(|(_, hits)| *hits == 0).map(|(name, _)| name).collect();
        assert!(unseen.is_empty(), "{unseen:?}");
    }
}
