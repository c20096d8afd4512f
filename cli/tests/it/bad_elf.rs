//! Files that are no programs for this hart: exit code 2, and what is wrong at which byte.

use crate::support::*;

/// Runs a file on the golden model and checks that it is refused with these words.
#[track_caller]
fn refused(name: &str, contents: &[u8], texts: &[&str]) {
    let folder = folder();
    file(folder.path(), name, contents);
    let outcome = run(folder.path(), &format!("run {name}")).code(2);
    outcome.says(&[&format!("error: {name}: at byte "), "help:  "]).says(texts);
}

fn sort() -> Vec<u8> {
    std::fs::read(committed("sort.elf")).expect("a committed program")
}

/// A copy of a good program with one byte changed.
fn patched(offset: usize, byte: u8) -> Vec<u8> {
    let mut bytes = sort();
    bytes[offset] = byte;
    bytes
}

#[test]
fn a_text_file_is_no_program() {
    refused("text.elf", b"hello, world\n", &["not an ELF file"]);
}

#[test]
fn an_empty_file_is_no_program() {
    refused("empty.elf", b"", &["not an ELF file"]);
}

#[test]
fn a_truncated_file_is_refused_wherever_it_ends() {
    let bytes = sort();
    for length in [4, 5, 20, 51, 52, 60, 200, bytes.len() / 2, bytes.len() - 1] {
        refused("cut.elf", &bytes[..length], &["truncated"]);
    }
}

#[test]
fn a_64_bit_file_is_refused() {
    refused("wide.elf", &patched(4, 2), &["at byte 0x4", "64-bit"]);
}

#[test]
fn a_big_endian_file_is_refused() {
    refused("big.elf", &patched(5, 2), &["at byte 0x5", "big-endian"]);
}

#[test]
fn a_program_for_another_machine_is_refused() {
    refused("x86.elf", &patched(0x12, 62), &["at byte 0x12", "machine 62"]);
}

#[test]
fn an_object_file_is_refused() {
    refused("object.elf", &patched(0x10, 1), &["at byte 0x10", "not a linked executable"]);
}

#[test]
fn no_byte_of_the_headers_makes_it_panic() {
    let folder = folder();
    // The file header and the first program header, each byte at its extremes.
    for offset in 0..84 {
        for byte in [0, 0x7f, 0xff] {
            file(folder.path(), "odd.elf", patched(offset, byte));
            let outcome = run(folder.path(), "run odd.elf --max-instructions 100000");
            let good = matches!(outcome.code, Some(0..=2)) && !outcome.stderr.contains("panicked");
            assert!(good, "byte {offset:#x} = {byte:#x}: {:?} {}", outcome.code, outcome.stderr);
        }
    }
}

#[test]
fn a_segment_outside_the_ram_is_refused() {
    let folder = folder();
    let data = [(0x1000_0000, vec![1, 2, 3, 4])];
    elf_with(folder.path(), "outside.elf", &exit_with(0), &data, &[("tohost", TOHOST)]);
    run(folder.path(), "run outside.elf").code(2).says(&[
        "outside.elf",
        "0x10000000",
        "0x80000000",
    ]);
}

#[test]
fn a_program_larger_than_the_ram_is_refused() {
    let folder = folder();
    let data = [(RAM + (1 << 17) - 2, vec![0; 4])];
    elf_with(folder.path(), "large.elf", &exit_with(0), &data, &[("tohost", TOHOST)]);
    run(folder.path(), "run large.elf --preset nano").code(2).says(&["large.elf", "0x80020000"]);
    run(folder.path(), "run large.elf --preset edge").code(0);
}

#[test]
fn missing_files_and_folders_are_named() {
    let folder = folder();
    run(folder.path(), "run none.elf").code(2).says(&["cannot read `none.elf`"]);
    run(folder.path(), "run .").code(2).says(&["cannot read `.`"]);
}
