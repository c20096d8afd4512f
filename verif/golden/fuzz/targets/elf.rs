//! Any bytes as an ELF file: an error, or a program that runs.

#![no_main]

use libfuzzer_sys::fuzz_target;
use systole_golden::Stop;
use systole_golden::elf::Program;
use systole_golden_fuzz::{INSTRUCTIONS, RAM_BYTES, machine};

fuzz_target!(|data: &[u8]| {
    let Ok(program) = Program::parse("fuzz.elf", data, RAM_BYTES) else { return };
    let mut machine = machine([0xff; 2]);
    machine.load_program(&program).expect("checked against the RAM");
    machine.run(INSTRUCTIONS, Stop { tohost: program.tohost() });
    if let Some((start, end)) = program.signature() {
        let _ = machine.read_memory(start, end.saturating_sub(start) as usize);
    }
});
