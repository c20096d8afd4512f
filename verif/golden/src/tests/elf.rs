//! ELF files made here byte by byte: layouts that load, and what is said about broken ones.

use super::{RAM_BASE, RAM_BYTES, machine, word};
use crate::elf::Program;

const HEADER: usize = 52;

/// A section: name offset, type, flags, address, bytes in the file, size, link.
struct Section {
    kind: u32,
    flags: u32,
    address: u32,
    bytes: Vec<u8>,
    size: u32,
    link: u32,
}

/// A loadable segment: virtual address, load address, bytes, size in memory.
struct Load(u32, u32, Vec<u8>, u32);

/// Lays out header, program headers, contents, section headers.
fn elf(entry: u32, loads: &[Load], sections: &[Section]) -> Vec<u8> {
    let mut contents = Vec::new();
    let start = HEADER + 32 * loads.len();
    let mut program_headers = Vec::new();
    for Load(virtual_address, address, bytes, size) in loads {
        let offset = (start + contents.len()) as u32;
        let fields =
            [1, offset, *virtual_address, *address, bytes.len() as u32, *size, 7, 4].into_iter();
        program_headers.extend(fields.flat_map(u32::to_le_bytes));
        contents.extend_from_slice(bytes);
    }
    let mut section_headers = vec![0; if sections.is_empty() { 0 } else { 40 }];
    for s in sections {
        let offset = (start + contents.len()) as u32;
        let entry_size = if s.kind == 2 { 16 } else { 0 };
        let fields = [0, s.kind, s.flags, s.address, offset, s.size, s.link, 0, 4, entry_size];
        section_headers.extend(fields.into_iter().flat_map(u32::to_le_bytes));
        contents.extend_from_slice(&s.bytes);
    }
    let table = if sections.is_empty() { 0 } else { start + contents.len() };
    let mut file = vec![0x7f, b'E', b'L', b'F', 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    file.extend([2, 0, 243, 0, 1, 0, 0, 0]);
    let program_table = if loads.is_empty() { 0 } else { HEADER as u32 };
    file.extend([entry, program_table, table as u32, 0].into_iter().flat_map(u32::to_le_bytes));
    let section_count = section_headers.len() / 40;
    let halves = [HEADER, 32, loads.len(), 40, section_count, 0].map(|half| half as u16);
    file.extend(halves.into_iter().flat_map(u16::to_le_bytes));
    [file, program_headers, contents, section_headers].concat()
}

/// `tohost` and the signature symbols, as symbol and string table sections (the table is section
/// `index`).
fn symbols(index: u32, values: &[(&str, u32)]) -> [Section; 2] {
    let (mut table, mut strings) = (vec![0; 16], vec![0]);
    for (name, value) in values {
        table.extend([strings.len() as u32, *value, 0].into_iter().flat_map(u32::to_le_bytes));
        table.extend([0x10, 0, 0xf1, 0xff]);
        strings.extend(name.bytes().chain([0]));
    }
    let section = |kind, bytes: Vec<u8>, link| {
        let size = bytes.len() as u32;
        Section { kind, flags: 0, address: 0, bytes, size, link }
    };
    [section(2, table, index + 1), section(3, strings, 0)]
}

fn small() -> Vec<u8> {
    elf(RAM_BASE, &[Load(RAM_BASE, RAM_BASE, vec![0x13, 0, 0, 0], 4)], &[])
}

fn parse(file: &[u8]) -> Result<Program, String> {
    Program::parse("x.elf", file, RAM_BYTES).map_err(|error| error.to_string())
}

fn refusal(file: &[u8]) -> String {
    parse(file).unwrap_err()
}

#[test]
fn segments_load_at_their_load_address() {
    let loads = [
        Load(RAM_BASE, RAM_BASE, vec![1, 2, 3, 4], 4),
        Load(0x9000_0000, RAM_BASE + 0x101, vec![5, 6, 7], 100),
        Load(RAM_BASE + 0x8000, RAM_BASE + 0x8000, vec![], 0x100),
    ];
    let program = parse(&elf(RAM_BASE, &loads, &[])).unwrap();
    let mut m = machine(&[]);
    m.load_program(&program).unwrap();
    assert_eq!(word(&m, RAM_BASE), 0x0403_0201);
    assert_eq!(m.read_memory(RAM_BASE + 0x100, 5).unwrap(), [0, 5, 6, 7, 0]);
    assert_eq!(m.pc(), RAM_BASE);
    assert_eq!((program.tohost(), program.signature()), (None, None));
    assert!(program.require_reset_entry().is_ok());
}

#[test]
fn symbols_are_found() {
    let loads = [Load(RAM_BASE, RAM_BASE, vec![0; 8], 8)];
    let values = [
        ("tohost", RAM_BASE + 0x1000),
        ("fromhost", RAM_BASE + 0x1040),
        ("begin_signature", RAM_BASE + 0x2000),
        ("end_signature", RAM_BASE + 0x2010),
    ];
    let program = parse(&elf(RAM_BASE, &loads, &symbols(1, &values))).unwrap();
    assert_eq!(program.tohost(), Some(RAM_BASE + 0x1000));
    assert_eq!(program.fromhost(), Some(RAM_BASE + 0x1040));
    assert_eq!(program.signature(), Some((RAM_BASE + 0x2000, RAM_BASE + 0x2010)));
}

#[test]
fn a_file_without_segments_loads_its_sections() {
    let section = |kind, address, bytes: Vec<u8>, size| Section {
        kind,
        flags: 2,
        address,
        bytes,
        size,
        link: 0,
    };
    let sections =
        [section(1, RAM_BASE, vec![9, 8, 7, 6], 4), section(8, RAM_BASE + 0x100, vec![], 0x1000)];
    let program = parse(&elf(RAM_BASE, &[], &sections)).unwrap();
    assert_eq!(program.segments[0].bytes, [9, 8, 7, 6]);
    let outside = [section(1, 0x1000, vec![9, 8, 7, 6], 4)];
    assert_eq!(
        refusal(&elf(RAM_BASE, &[], &outside)),
        "x.elf: at byte 0x6c: section 1, 0x00001000..0x00001004, is not in the RAM, \
         0x80000000..0x80010000"
    );
}

/// Linkers put the file's headers in front of the first section, in the same segment.
#[test]
fn file_headers_before_the_ram_are_left_out() {
    let bytes = [vec![0xee; 0x100], vec![1, 2, 3, 4]].concat();
    let start = RAM_BASE - 0x100;
    let text =
        Section { kind: 1, flags: 6, address: RAM_BASE, bytes: vec![1, 2, 3, 4], size: 4, link: 0 };
    let loads = || [Load(start, start, bytes.clone(), 0x104)];
    let program = parse(&elf(RAM_BASE, &loads(), &[text])).unwrap();
    assert_eq!(
        (program.segments[0].address, &program.segments[0].bytes[..]),
        (RAM_BASE, &[1, 2, 3, 4][..])
    );
    assert!(refusal(&elf(RAM_BASE, &loads(), &[])).contains("segment 0, 0x7fffff00..0x80000004"));
}

#[test]
fn refusals_name_file_and_byte() {
    let with = |at: usize, byte: u8| {
        let mut file = small();
        file[at] = byte;
        refusal(&file)
    };
    assert_eq!(
        refusal(b""),
        "x.elf: at byte 0x0: not an ELF file: it does not begin with 7f 45 4c 46"
    );
    assert_eq!(refusal(b"#!/bin/sh\n"), refusal(b""));
    assert_eq!(with(4, 2), "x.elf: at byte 0x4: a 64-bit ELF file; a 32-bit one is needed");
    assert_eq!(with(5, 2), "x.elf: at byte 0x5: a big-endian ELF file; RISC-V is little-endian");
    assert_eq!(with(16, 1), "x.elf: at byte 0x10: ELF type 1 is not a linked executable (2)");
    assert_eq!(with(18, 62), "x.elf: at byte 0x12: made for machine 62, not for RISC-V (243)");
    assert_eq!(
        with(HEADER + 15, 0x70),
        "x.elf: at byte 0x40: segment 0, 0x70000000..0x70000004, is not in the RAM, \
         0x80000000..0x80010000"
    );
    assert_eq!(
        with(HEADER + 16, 5),
        "x.elf: at byte 0x44: segment 0 has 0x5 bytes in the file but 0x4 in memory"
    );
    assert_eq!(
        with(26, 2),
        "x.elf: at byte 0x18: the entry point 0x80020000 is not a word of the RAM, \
         0x80000000..0x80010000"
    );
    assert_eq!(
        with(44, 0),
        "x.elf: at byte 0x1c: nothing to load: no segment and no allocated section"
    );
}

/// Every prefix of a file is refused, as truncated from the header on.
#[test]
fn truncated_files() {
    let values = [("tohost", RAM_BASE)];
    let loads = [Load(RAM_BASE, RAM_BASE, vec![0; 8], 8)];
    let file = elf(RAM_BASE, &loads, &symbols(1, &values));
    for length in 0..file.len() {
        let message = refusal(&file[..length]);
        let expected = if length < 4 { "not an ELF file" } else { "the file is truncated" };
        assert!(message.contains(expected), "{length}: {message}");
    }
    assert!(parse(&file).is_ok());
    let file = small();
    assert_eq!(
        refusal(&file[..file.len() - 1]),
        "x.elf: at byte 0x38: the file is truncated: segment 0 takes bytes 0x54..0x58, but the \
         file has 0x57"
    );
}

/// Any single corrupted byte gives a program or a message, never a panic.
#[test]
fn corrupted_files_do_not_panic() {
    let loads = [Load(RAM_BASE, RAM_BASE, vec![0; 8], 8)];
    let file = elf(RAM_BASE, &loads, &symbols(1, &[("tohost", RAM_BASE)]));
    for at in 0..file.len() {
        for byte in [0, 1, 0x7f, 0x80, 0xff] {
            let mut broken = file.clone();
            broken[at] = byte;
            let _ = parse(&broken);
        }
    }
}

#[test]
fn an_entry_elsewhere_is_for_the_model_only() {
    let loads = [Load(RAM_BASE, RAM_BASE, vec![0; 8], 8)];
    let program = parse(&elf(RAM_BASE + 4, &loads, &[])).unwrap();
    let mut m = machine(&[]);
    m.load_program(&program).unwrap();
    assert_eq!(m.pc(), RAM_BASE + 4);
    assert_eq!(
        program.require_reset_entry().unwrap_err().to_string(),
        "x.elf: at byte 0x18: the entry point is 0x80000004, but the hart starts at 0x80000000; \
         link the start-up code first"
    );
}
