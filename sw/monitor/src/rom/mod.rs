//! The program of the boot ROM, for harts that have nothing but RV32I.

mod banner;
mod code;
mod commands;
mod registers;
mod self_test;
mod serial;

use systole_isa::{Csr, Instruction, Label};

use crate::Chip;
use crate::job::SelfTestJob;
use crate::map::{self, RAM_BASE, ROM_BYTES};
use crate::protocol::{PATIENCE_SHIFT, SelfTest, crc, status};
use banner::Banner;
use code::Code;
use commands::Commands;
use registers::*;
use serial::Serial;

/// All words of the ROM for `chip`.
///
/// # Panics
/// When they are more than fit: the name of a chip is cut, and a test tries the largest array.
pub fn words(chip: &Chip) -> Vec<u32> {
    let mut words = program(chip);
    let fits = words.len() <= ROM_BYTES as usize / 4;
    assert!(fits, "the boot ROM would have {} words", words.len());
    // What is behind the program is never reached; a jump to itself stops there.
    let stay = Instruction::Jal { rd: ZERO, offset: 0 }.encode();
    words.resize(ROM_BYTES as usize / 4, stay);
    words
}

fn program(chip: &Chip) -> Vec<u32> {
    let job = (chip.dim > 0).then(|| SelfTestJob::new(chip));
    let mut code = Code::new(RAM_BASE);
    let serial = Serial::new(&mut code);
    let commands = Commands::new(&mut code);
    let mut banner = Banner::new(&mut code);
    let [trap, table, descriptors, expected] = [(); 4].map(|()| code.label());

    start(&mut code, trap, table);
    match &job {
        Some(job) => self_test::emit(&mut code, job, descriptors, expected),
        None => code.li(OUTCOME, SelfTest::ABSENT),
    }
    banner.emit(&mut code, chip);
    commands.emit(&mut code, chip, &serial);
    handle_trap(&mut code, trap);
    serial.emit(&mut code);
    banner.emit_routines(&mut code, &serial);

    code.bind(table);
    code.words(&crc::TABLE);
    code.bind(descriptors);
    let list = job.iter().flat_map(SelfTestJob::descriptors);
    list.for_each(|descriptor| code.words(&descriptor.encode()));
    code.bind(expected);
    job.iter().for_each(|job| code.words(&job.expected()));
    banner.emit_texts(&mut code);
    let code = code.0.finish();
    code.instructions.iter().map(|(_, instruction)| instruction.encode()).collect()
}

/// LED 0 shows that the hart runs, whatever comes next.
fn start(code: &mut Code, trap: Label, table: Label) {
    code.li(GPIO, map::GPIO);
    code.li(T1, 1);
    code.sw(T1, map::GPIO_LEDS, GPIO);
    // A program that comes back here may have had interrupts.
    code.csrw(Csr::MIE, ZERO);
    code.la(T1, trap);
    code.csrw(Csr::MTVEC, T1);
    code.li(UART, map::UART);
    code.li(MTIME, map::MTIME);
    code.la(TABLE, table);
    code.lw(PATIENCE, map::GPIO_CLOCK, GPIO);
    code.srli(PATIENCE, PATIENCE, PATIENCE_SHIFT);
    for register in [STATUS, VALUE, COMMAND, PLACE, FOUND, EXPECTED] {
        code.li(register, 0);
    }
}

/// An access that fails is skipped; the first one counts.
fn handle_trap(code: &mut Code, trap: Label) {
    let later = code.label();
    code.bind(trap);
    code.bne(STATUS, ZERO, later);
    code.li(STATUS, status::FAULT);
    code.csrr(VALUE, Csr::MTVAL);
    code.bind(later);
    code.csrr(TRAP, Csr::MEPC);
    code.addi(TRAP, TRAP, 4);
    code.csrw(Csr::MEPC, TRAP);
    code.0.push(Instruction::Mret);
}

#[cfg(test)]
mod tests {
    use super::*;
    use systole_isa::Extension;

    #[test]
    fn it_fits_and_is_always_the_same() {
        for dim in [0, 2, 4, 8, 16, 32] {
            let name = "a".repeat(100);
            let chip = Chip { name, dim, clock_hz: 12_345_678, ..Chip::example() };
            assert!(program(&chip).len() <= 1024, "{dim}: {} words", program(&chip).len());
            assert_eq!(words(&chip), words(&chip));
        }
    }

    #[test]
    fn every_hart_has_its_instructions() {
        let data = crc::TABLE;
        let words = program(&Chip::example());
        let code = words.windows(data.len()).position(|window| window == data).unwrap();
        for word in &words[..code] {
            let instruction = Instruction::decode(*word).expect("an instruction");
            assert_eq!((instruction.extension(), instruction.bytes()), (Extension::I, 4));
        }
    }

    #[test]
    fn the_file_has_a_word_of_the_bus_in_a_line() {
        for (fetch_bits, digits, lines) in [(32, 8, 1024), (64, 16, 512)] {
            let chip = Chip { fetch_bits, ..Chip::example() };
            let text = crate::boot_hex(&chip);
            assert!(text.lines().all(|line| line.len() == digits));
            assert_eq!(text.lines().count(), lines);
            let first = words(&chip)[0];
            assert!(text.lines().next().unwrap().ends_with(&format!("{first:08x}")));
        }
    }
}
