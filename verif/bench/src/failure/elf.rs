//! An ELF file of a random program, for `systole run` and any other simulator.

use object::write::elf::{FileHeader, ProgramHeader, Sym, Writer};
use object::{Endianness, elf};

/// ELF file with one loadable segment for each part of memory and the given symbols.
///
/// # Errors
/// When the writer refuses the layout, which no program of ours causes.
pub fn elf_file(
    segments: &[(u32, Vec<u8>)],
    entry: u32,
    symbols: &[(&str, u32)],
) -> object::write::Result<Vec<u8>> {
    let mut buffer = Vec::new();
    let mut writer = Writer::new(Endianness::Little, false, &mut buffer);
    writer.reserve_file_header();
    writer.reserve_program_headers(segments.len() as u32);
    let offsets: Vec<u64> =
        segments.iter().map(|(_, bytes)| writer.reserve(bytes.len() as u64, 16)).collect();
    let names: Vec<_> =
        symbols.iter().map(|(name, _)| writer.add_string(name.as_bytes())).collect();
    writer.reserve_null_symbol_index();
    for _ in symbols {
        writer.reserve_symbol_index(None);
    }
    writer.reserve_symtab();
    writer.reserve_strtab()?;
    writer.reserve_null_section_index();
    writer.reserve_symtab_section_index();
    writer.reserve_strtab_section_index();
    writer.reserve_shstrtab_section_index();
    writer.reserve_shstrtab()?;
    writer.reserve_section_headers();

    writer.write_file_header(&FileHeader {
        os_abi: elf::ELFOSABI_NONE,
        abi_version: 0,
        e_type: elf::ET_EXEC,
        e_machine: elf::EM_RISCV,
        e_entry: entry.into(),
        e_flags: elf::FileFlags(0),
    })?;
    writer.write_align_program_headers();
    for ((address, bytes), offset) in segments.iter().zip(&offsets) {
        writer.write_program_header(&ProgramHeader {
            p_type: elf::PT_LOAD,
            p_flags: elf::PF_R | elf::PF_W | elf::PF_X,
            p_offset: *offset,
            p_vaddr: (*address).into(),
            p_paddr: (*address).into(),
            p_filesz: bytes.len() as u64,
            p_memsz: bytes.len() as u64,
            p_align: 1,
        });
    }
    for ((_, bytes), offset) in segments.iter().zip(&offsets) {
        writer.pad_until(*offset);
        writer.write(bytes);
    }
    writer.write_null_symbol();
    for ((_, value), name) in symbols.iter().zip(names) {
        writer.write_symbol(&Sym {
            section: None,
            st_name: writer.string_offset(Some(name)),
            st_info: elf::SymbolInfo::new(elf::STB_GLOBAL, elf::STT_NOTYPE),
            st_other: elf::SymbolOther(0),
            st_shndx: elf::SHN_ABS,
            st_value: (*value).into(),
            st_size: 0,
        });
    }
    writer.write_strtab();
    writer.write_shstrtab();
    writer.write_null_section_header();
    writer.write_symtab_section_header(1);
    writer.write_strtab_section_header();
    writer.write_shstrtab_section_header();
    Ok(buffer)
}
