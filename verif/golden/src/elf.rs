//! Loading ELF files: 32-bit little-endian RISC-V executables of any segment and section layout.

use crate::RAM_BASE;
use object::Endianness;
use object::elf::{self, FileHeader32, ProgramHeader32, SectionHeader32};
use object::read::StringTable;
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader, SectionTable, Sym};
use std::collections::BTreeMap;
use std::fmt;

const LITTLE: Endianness = Endianness::Little;
/// Bytes of an ELF32 file header, program header and section header.
const HEADER_BYTES: u64 = 52;
const PROGRAM_HEADER_BYTES: u64 = 32;
const SECTION_HEADER_BYTES: u64 = 40;

/// Bytes to be placed in memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Segment {
    /// Address of the first byte (the load address, `p_paddr`).
    pub address: u32,
    /// The bytes from the file; what the segment has beyond them is zeros, as the RAM is at reset.
    pub bytes: Vec<u8>,
}

/// An executable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Program {
    /// Name of the file, for messages.
    pub file: String,
    /// Address of the first instruction.
    pub entry: u32,
    /// What to load, in the order of the file.
    pub segments: Vec<Segment>,
    /// Named symbols; of equal names the last.
    pub symbols: BTreeMap<String, u32>,
    /// The file says that it may hold compressed instructions (`EF_RISCV_RVC`).
    pub compressed: bool,
}

/// Why a file cannot be loaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ElfError {
    /// Name of the file.
    pub file: String,
    /// Byte offset in the file of what is wrong.
    pub offset: u64,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for ElfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: at byte {:#x}: {}", self.file, self.offset, self.message)
    }
}

impl std::error::Error for ElfError {}

impl Program {
    /// Reads an executable for a RAM of `ram_bytes`. `file` is its name, for messages.
    pub fn parse(file: &str, data: &[u8], ram_bytes: u32) -> Result<Self, ElfError> {
        let reader = Reader { file, data, ram_end: u64::from(RAM_BASE) + u64::from(ram_bytes) };
        let header = reader.header()?;
        let entry = header.e_entry.get(LITTLE);
        let sections = reader.sections(header)?;
        let mut segments = reader.segments(header, sections)?;
        if segments.is_empty() {
            segments = reader.allocated_sections(header, sections)?;
        }
        if segments.is_empty() {
            return Err(reader.error(0x1c, "nothing to load: no segment and no allocated section"));
        }
        if !reader.in_ram(entry, 4) || !entry.is_multiple_of(4) {
            let ram = reader.ram();
            let message = format!("the entry point {entry:#010x} is not a word of the RAM, {ram}");
            return Err(reader.error(0x18, message));
        }
        Ok(Self {
            file: file.to_string(),
            entry,
            segments,
            symbols: reader.symbols(header, sections)?,
            compressed: header.e_flags.get(LITTLE).0 & elf::EF_RISCV_RVC.0 != 0,
        })
    }

    /// Refuses a program that does not start at the reset vector, which hardware cannot run.
    pub fn require_reset_entry(&self) -> Result<(), ElfError> {
        if self.entry == RAM_BASE {
            return Ok(());
        }
        Err(ElfError {
            file: self.file.clone(),
            offset: 0x18,
            message: format!(
                "the entry point is {:#010x}, but the hart starts at {RAM_BASE:#010x}; link the \
                 start-up code first",
                self.entry
            ),
        })
    }

    /// Address of the HTIF doubleword to the host.
    pub fn tohost(&self) -> Option<u32> {
        self.symbols.get("tohost").copied()
    }

    /// Address of the HTIF doubleword from the host.
    pub fn fromhost(&self) -> Option<u32> {
        self.symbols.get("fromhost").copied()
    }

    /// First and end address of the signature of an architecture test.
    pub fn signature(&self) -> Option<(u32, u32)> {
        let symbol = |name| self.symbols.get(name).copied();
        Some((symbol("begin_signature")?, symbol("end_signature")?))
    }
}

type Header = FileHeader32<Endianness>;

struct Reader<'a> {
    file: &'a str,
    data: &'a [u8],
    ram_end: u64,
}

impl<'a> Reader<'a> {
    fn error(&self, offset: u64, message: impl Into<String>) -> ElfError {
        ElfError { file: self.file.to_string(), offset, message: message.into() }
    }

    fn ram(&self) -> String {
        format!("{RAM_BASE:#010x}..{:#010x}", self.ram_end)
    }

    fn in_ram(&self, address: u32, bytes: u32) -> bool {
        address >= RAM_BASE && u64::from(address) + u64::from(bytes) <= self.ram_end
    }

    /// Checks that bytes that the field at `field` speaks of are in the file.
    fn present(&self, field: u64, start: u64, bytes: u64, what: &str) -> Result<(), ElfError> {
        let length = self.data.len() as u64;
        if start + bytes <= length {
            return Ok(());
        }
        let end = start + bytes;
        let message = format!(
            "the file is truncated: {what} takes bytes {start:#x}..{end:#x}, but the file has \
             {length:#x}"
        );
        Err(self.error(field, message))
    }

    fn header(&self) -> Result<&'a Header, ElfError> {
        let byte = |at: usize| self.data.get(at).copied();
        if !self.data.starts_with(&elf::ELFMAG) {
            return Err(self.error(0, "not an ELF file: it does not begin with 7f 45 4c 46"));
        }
        match byte(4) {
            Some(1) | None => {}
            Some(2) => return Err(self.error(4, "a 64-bit ELF file; a 32-bit one is needed")),
            Some(class) => return Err(self.error(4, format!("unknown ELF class {class}"))),
        }
        match byte(5) {
            Some(1) | None => {}
            Some(2) => return Err(self.error(5, "a big-endian ELF file; RISC-V is little-endian")),
            Some(data) => return Err(self.error(5, format!("unknown ELF data encoding {data}"))),
        }
        self.present(0, 0, HEADER_BYTES, "the ELF header")?;
        let header = Header::parse(self.data).map_err(|e| self.error(0, e.to_string()))?;
        let machine = header.e_machine.get(LITTLE);
        if machine != elf::EM_RISCV {
            let message = format!("made for machine {}, not for RISC-V (243)", machine.0);
            return Err(self.error(0x12, message));
        }
        let kind = header.e_type.get(LITTLE);
        if kind != elf::ET_EXEC {
            let message = format!("ELF type {} is not a linked executable (2)", kind.0);
            return Err(self.error(0x10, message));
        }
        Ok(header)
    }

    /// The section headers; none in a stripped file.
    fn sections(&self, header: &Header) -> Result<&'a [SectionHeader32<Endianness>], ElfError> {
        let start = u64::from(header.e_shoff.get(LITTLE));
        let count = u64::from(header.e_shnum.get(LITTLE));
        if start != 0 {
            self.present(0x20, start, count * SECTION_HEADER_BYTES, "the section header table")?;
        }
        header
            .section_headers(LITTLE, self.data)
            .map_err(|e| self.error(0x20, format!("bad section header table: {e}")))
    }

    fn segments(
        &self,
        header: &Header,
        sections: &[SectionHeader32<Endianness>],
    ) -> Result<Vec<Segment>, ElfError> {
        let start = u64::from(header.e_phoff.get(LITTLE));
        let count = u64::from(header.e_phnum.get(LITTLE));
        if start != 0 {
            self.present(0x1c, start, count * PROGRAM_HEADER_BYTES, "the program header table")?;
        }
        let headers = header
            .program_headers(LITTLE, self.data)
            .map_err(|e| self.error(0x1c, format!("bad program header table: {e}")))?;
        let mut segments = Vec::new();
        for (index, segment) in headers.iter().enumerate() {
            let at = start + index as u64 * PROGRAM_HEADER_BYTES;
            if segment.p_type(LITTLE) == elf::PT_LOAD && segment.p_memsz(LITTLE) != 0 {
                segments.push(self.segment(index, at, segment, sections)?);
            }
        }
        Ok(segments)
    }

    /// One loadable segment, whose header is at byte `at`.
    fn segment(
        &self,
        index: usize,
        at: u64,
        segment: &ProgramHeader32<Endianness>,
        sections: &[SectionHeader32<Endianness>],
    ) -> Result<Segment, ElfError> {
        let (address, offset) = (segment.p_paddr(LITTLE), u64::from(segment.p_offset(LITTLE)));
        let (file_bytes, memory_bytes) = (segment.p_filesz(LITTLE), segment.p_memsz(LITTLE));
        if file_bytes > memory_bytes {
            let message = format!(
                "segment {index} has {file_bytes:#x} bytes in the file but {memory_bytes:#x} in \
                 memory"
            );
            return Err(self.error(at + 16, message));
        }
        let what = format!("segment {index}");
        self.present(at + 4, offset, u64::from(file_bytes), &what)?;
        // Linkers like to put the file's own headers into the first segment, before the RAM.
        let skip = if self.in_ram(address, memory_bytes) {
            0
        } else {
            unused_start(segment, sections).min(file_bytes)
        };
        if !self.in_ram(address.wrapping_add(skip), memory_bytes - skip) {
            let end = u64::from(address) + u64::from(memory_bytes);
            let ram = self.ram();
            let message =
                format!("segment {index}, {address:#010x}..{end:#010x}, is not in the RAM, {ram}");
            return Err(self.error(at + 12, message));
        }
        let bytes = &self.data[offset as usize..][..file_bytes as usize][skip as usize..];
        Ok(Segment { address: address.wrapping_add(skip), bytes: bytes.to_vec() })
    }

    /// For files without program headers.
    fn allocated_sections(
        &self,
        header: &Header,
        sections: &[SectionHeader32<Endianness>],
    ) -> Result<Vec<Segment>, ElfError> {
        let table = u64::from(header.e_shoff.get(LITTLE));
        let mut segments = Vec::new();
        for (index, section) in sections.iter().enumerate().filter(|(_, s)| is_allocated(s)) {
            let at = table + index as u64 * SECTION_HEADER_BYTES;
            let (address, size) = (section.sh_addr(LITTLE), section.sh_size(LITTLE));
            if !self.in_ram(address, size) {
                let end = u64::from(address) + u64::from(size);
                let ram = self.ram();
                let message = format!(
                    "section {index}, {address:#010x}..{end:#010x}, is not in the RAM, {ram}"
                );
                return Err(self.error(at + 12, message));
            }
            let mut bytes = Vec::new();
            if section.sh_type(LITTLE) != elf::SHT_NOBITS {
                let offset = u64::from(section.sh_offset(LITTLE));
                self.present(at + 16, offset, u64::from(size), &format!("section {index}"))?;
                bytes = self.data[offset as usize..][..size as usize].to_vec();
            }
            segments.push(Segment { address, bytes });
        }
        Ok(segments)
    }

    fn symbols(
        &self,
        header: &Header,
        sections: &'a [SectionHeader32<Endianness>],
    ) -> Result<BTreeMap<String, u32>, ElfError> {
        let at = u64::from(header.e_shoff.get(LITTLE));
        let bad = |e: object::read::Error| self.error(at, format!("bad symbol table: {e}"));
        // Names of sections are not needed, and a file may have none.
        let sections = SectionTable::<Header>::new(sections, StringTable::default());
        let table = sections.symbols(LITTLE, self.data, elf::SHT_SYMTAB).map_err(bad)?;
        let mut symbols = BTreeMap::new();
        for symbol in table.iter().filter(|symbol| !symbol.is_undefined(LITTLE)) {
            let kind = symbol.st_type();
            if kind == elf::STT_FILE || kind == elf::STT_SECTION {
                continue;
            }
            let name = table.symbol_name(LITTLE, symbol).map_err(bad)?;
            if !name.is_empty() {
                let name = String::from_utf8_lossy(name).into_owned();
                symbols.insert(name, symbol.st_value(LITTLE));
            }
        }
        Ok(symbols)
    }
}

fn is_allocated(section: &SectionHeader32<Endianness>) -> bool {
    section.sh_flags(LITTLE).0 & elf::SHF_ALLOC.0 != 0 && section.sh_size(LITTLE) != 0
}

/// Bytes at the start of a segment that belong to no section.
fn unused_start(
    segment: &ProgramHeader32<Endianness>,
    sections: &[SectionHeader32<Endianness>],
) -> u32 {
    let (start, bytes) = (segment.p_vaddr(LITTLE), segment.p_memsz(LITTLE));
    let offsets = sections.iter().filter(|section| is_allocated(section));
    let offsets = offsets.map(|section| section.sh_addr(LITTLE).wrapping_sub(start));
    offsets.filter(|&offset| offset < bytes).min().unwrap_or(0)
}
