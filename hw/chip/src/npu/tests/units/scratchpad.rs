//! The scratchpad against a flat memory and the rules of its arbiters.

use crate::npu::scratchpad::scratchpad;
use crate::npu::tests::config;
use crate::npu::tests::random::Random;

use super::{pack_bytes, start, step, unpack_bytes};

const READERS: [&str; 6] = ["activation", "tap_1", "tap_2", "weight_0", "weight_1", "store"];
const WRITERS: [&str; 2] = ["result", "load"];

/// Bank of a row address of 256 rows.
fn bank(row: u32) -> u32 {
    row % 4
}

/// A client's request: its wrapped row, if it asks.
type Requests<const N: usize> = [Option<u32>; N];

/// A client gets its bank unless one before it asks for the same.
fn granted<const N: usize>(requests: &Requests<N>) -> [bool; N] {
    std::array::from_fn(|client| {
        requests[client].is_some_and(|row| {
            requests[..client].iter().flatten().all(|&other| bank(other) != bank(row))
        })
    })
}

#[test]
fn arbitrates_and_keeps_data() {
    let dim = 16;
    let mut sim = start(&scratchpad(&config(dim, 4)));
    let mut random = Random::new(5);
    let mut memory = vec![vec![0i8; dim as usize]; 256];
    let mut refused = [0; 8];
    for _ in 0..30_000 {
        // Few rows, so that reads meet writes; high address bits do not matter.
        let row = |random: &mut Random| random.below(12) + 256 * random.below(256);
        let mut reads: Requests<6> =
            std::array::from_fn(|_| random.chance(40).then(|| row(&mut random)));
        // Taps stay out of the activation's way, and of each other's.
        for tap in [1, 2] {
            let meets =
                |row: &u32| reads[..tap].iter().flatten().any(|other| bank(*other) == bank(*row));
            reads[tap] = reads[tap].filter(|row| !meets(row));
        }
        let writes: Requests<2> =
            std::array::from_fn(|_| random.chance(60).then(|| row(&mut random)));
        let data: [Vec<i8>; 2] =
            std::array::from_fn(|_| (0..dim).map(|_| random.next() as i8).collect());
        for (name, request) in READERS.iter().zip(reads) {
            sim.set(&format!("{name}_valid"), request.is_some().into());
            sim.set(&format!("{name}_row"), request.unwrap_or(random.below(65536)).into());
        }
        for ((name, request), data) in WRITERS.iter().zip(writes).zip(&data) {
            sim.set(&format!("{name}_write_valid"), request.is_some().into());
            sim.set(&format!("{name}_write_row"), request.unwrap_or(random.below(65536)).into());
            sim.set_bits(&format!("{name}_write_data"), pack_bytes(data));
        }
        let lanes = random.below(1 << dim);
        sim.set("load_write_lanes", lanes.into());
        let (reads_granted, writes_granted) = (granted(&reads), granted(&writes));
        for (client, name) in READERS.iter().enumerate() {
            let ready = client < 3 || sim.get(&format!("{name}_ready")) == 1;
            assert!(reads[client].is_none() || ready == reads_granted[client], "{name}");
            refused[client] += u32::from(reads[client].is_some() && !ready);
        }
        for (client, name) in WRITERS.iter().enumerate() {
            let ready = sim.get(&format!("{name}_write_ready")) == 1;
            assert!(writes[client].is_none() || ready == writes_granted[client], "{name}");
            refused[6 + client] += u32::from(writes[client].is_some() && !ready);
        }
        step(&mut sim);
        for (client, name) in READERS.iter().enumerate() {
            let Some(row) = reads[client].filter(|_| reads_granted[client]) else { continue };
            let data = unpack_bytes(&sim.get_bits(&format!("{name}_data")));
            assert_eq!(data, memory[row as usize % 256], "{name} reads row {row:#x}");
        }
        for (client, data) in data.into_iter().enumerate() {
            if let Some(row) = writes[client].filter(|_| writes_granted[client]) {
                for (lane, element) in data.into_iter().enumerate() {
                    if client == 0 || lanes >> lane & 1 == 1 {
                        memory[row as usize % 256][lane] = element;
                    }
                }
            }
        }
    }
    assert_eq!(refused[6], 0, "the first writer is never refused");
    assert!([3, 4, 5, 7].iter().all(|&client| refused[client] > 1000), "{refused:?}");
}
