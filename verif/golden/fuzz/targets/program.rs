//! Any bytes as memory from the reset vector on: the hart executes them, traps included.

#![no_main]

use libfuzzer_sys::fuzz_target;
use systole_golden::{NPU_BASE, RAM_BASE, Stop};
use systole_golden_fuzz::{INSTRUCTIONS, machine, split};

/// In front of the bytes, so that they need no luck to reach memory and the NPU: x8 points behind
/// itself, x9 to the NPU.
const PRELUDE: [u32; 2] = [
    0x0000_0417,            // auipc x8, 0
    NPU_BASE & !0xfff | 0x4b7, // lui x9, NPU_BASE
];

fuzz_target!(|data: &[u8]| {
    let Some((choice, bytes)) = split(data) else { return };
    let mut machine = machine(choice);
    let prelude: Vec<u8> = PRELUDE.iter().flat_map(|word| word.to_le_bytes()).collect();
    let memory: Vec<u8> = prelude.into_iter().chain(bytes.iter().copied()).collect();
    let fits = memory.len().min(systole_golden_fuzz::RAM_BYTES as usize);
    machine.write_memory(RAM_BASE, &memory[..fits]).expect("it fits");
    // At full speed, then one step at a time: records of any kind can be made, too.
    machine.run(INSTRUCTIONS, Stop { tohost: Some(RAM_BASE + 0x1000) });
    for _ in 0..100 {
        machine.step_alone();
    }
});
