//! The table memory: where rows land, and each lane's own lookup.

use systole_hdl::prelude::*;

use crate::config::NpuConfig;
use crate::npu::table::table;
use crate::npu::tests::config;
use crate::npu::tests::random::Random;

use super::{start, step, unpack_words};

#[test]
fn rows_land_modulo_512_and_lanes_look_up_alone() {
    for (dim, lanes) in [(4, 1), (8, 8), (16, 4)] {
        let config = NpuConfig { requantise_lanes: lanes, ..config(dim, 8) };
        let mut sim = start(&table(&config));
        let mut random = Random::new(u64::from(dim));
        let mut entries = [0u32; 512];
        for _ in 0..3000 {
            let (row, entry) = (random.below(0x1_0000), random.next() as u32);
            let writes = random.chance(60);
            let row = if random.chance(10) { row & 0xfe00 | 256 } else { row };
            sim.set("write_valid", writes.into());
            sim.set("write_row", row.into());
            // Only the first 4 bytes count.
            let above = vec![random.next(); dim as usize / 8];
            let mut words = vec![u64::from(entry)];
            words[0] |= if dim > 4 { above[0] << 32 } else { 0 };
            words.extend(above.iter().skip(1));
            sim.set_bits("write_data", Bits::from_words(8 * dim, &words));
            let indices: Vec<u8> = (0..lanes).map(|_| random.next() as u8).collect();
            let read = !writes && random.chance(80);
            sim.set("read_valid", read.into());
            let packed: Vec<i8> = indices.iter().map(|&index| index as i8).collect();
            sim.set_bits("indices", super::pack_bytes(&packed));
            if writes && row % 512 <= 256 {
                entries[row as usize % 512] = entry;
            }
            step(&mut sim);
            assert_eq!(sim.get("scale"), u64::from(entries[256]));
            if read {
                let found: Vec<u32> =
                    unpack_words(&sim.get_bits("entries")).iter().map(|&e| e as u32).collect();
                let due: Vec<u32> = indices.iter().map(|&i| entries[usize::from(i)]).collect();
                assert_eq!(found, due, "D {dim}, {lanes} lanes");
            }
        }
    }
}
