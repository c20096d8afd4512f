//! Any bytes as memory with a list of NPU descriptors at its start.

#![no_main]

use libfuzzer_sys::fuzz_target;
use systole_golden::RAM_BASE;
use systole_golden::npu::hazard;
use systole_golden_fuzz::{machine, split};

fuzz_target!(|data: &[u8]| {
    let Some((choice, bytes)) = split(data) else { return };
    let mut machine = machine(choice);
    machine.write_memory(RAM_BASE, bytes).expect("it fits");
    if let Some(record) = machine.run_job(RAM_BASE) {
        let _ = hazard::check(machine.npu.config(), &record.list);
        machine.roll_back(&record, record.writes.len() / 2);
    }
});
