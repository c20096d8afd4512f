//! The program that is loaded: from an ELF file or from plain bytes.

use std::path::Path;

use systole_golden::elf;
use systole_monitor::protocol::Identity;
use systole_monitor::{Image, ImageError, RAM_BASE};

use crate::exit::{Error, Result};

/// The largest RAM that a chip can have.
const LARGEST_RAM: u32 = 1 << 30;

/// A program.
pub struct Program {
    /// What goes to the RAM.
    pub image: Image,
    /// Address of the first instruction.
    pub entry: u32,
    /// Name of the file.
    name: String,
}

impl Program {
    /// Reads a file: with an address as plain bytes, else as an ELF file.
    pub fn read(path: &Path, address: Option<u32>) -> Result<Self> {
        let data = std::fs::read(path).map_err(|error| Error::file("read", path, &error))?;
        let name = path.display().to_string();
        let mut program = Self { image: Image::default(), entry: 0, name };
        match address {
            Some(address) => program.take_bytes(address, &data)?,
            None => program.take_elf(&data)?,
        }
        Ok(program)
    }

    fn take_bytes(&mut self, address: u32, data: &[u8]) -> Result<()> {
        if data.starts_with(b"\x7fELF") {
            return Err(Error::usage(format!("{}: an ELF file has its own addresses", self.name))
                .help("leave out --address"));
        }
        if data.is_empty() {
            return Err(Error::usage(format!("{}: the file is empty", self.name)));
        }
        if !address.is_multiple_of(4) {
            return Err(Error::usage(format!("--address {address:#x} is not a multiple of 4"))
                .help("it is where the first instruction lies"));
        }
        self.entry = address;
        self.image.add(address, data).map_err(|error| self.does_not_fit(error, LARGEST_RAM))
    }

    /// As debuggers do, without the zeros behind the bytes of the file: start-up code makes them.
    fn take_elf(&mut self, data: &[u8]) -> Result<()> {
        let program = elf::Program::parse(&self.name, data, LARGEST_RAM).map_err(|error| {
            Error::usage(error).help(
                "link a static 32-bit little-endian RISC-V executable into the RAM, from \
                 0x80001000, as sw/programs/board.ld does; or say by --address where plain bytes go",
            )
        })?;
        self.entry = program.entry;
        for segment in &program.segments {
            let added = self.image.add(segment.address, &segment.bytes);
            added.map_err(|error| self.does_not_fit(error, LARGEST_RAM))?;
        }
        Ok(())
    }

    /// Checks that it fits a board.
    pub fn check(&self, board: &Identity) -> Result<()> {
        let fits = self.image.check(board.ram_bytes).and_then(|()| {
            let outside = self.entry.wrapping_sub(RAM_BASE) >= board.ram_bytes;
            if outside { Err(ImageError::Outside(self.entry)) } else { Ok(()) }
        });
        fits.and_then(|()| self.image.trampoline(board.ram_bytes).map(drop))
            .map_err(|error| self.does_not_fit(error, board.ram_bytes))
    }

    /// Where the instructions may lie that take the boot ROM away, if it has to go.
    pub fn trampoline(&self, board: &Identity) -> Result<Option<u32>> {
        let place = self.image.trampoline(board.ram_bytes);
        place.map_err(|error| self.does_not_fit(error, board.ram_bytes))
    }

    fn does_not_fit(&self, error: ImageError, ram_bytes: u32) -> Error {
        let (name, end) = (&self.name, u64::from(RAM_BASE) + u64::from(ram_bytes));
        Error::usage(format!("{name} does not fit: {error}")).help(format!(
            "the RAM is {RAM_BASE:#x} to {end:#x}; link the program into it, or give the board more \
             by `systole fpga --set memory.ram_bytes=N`"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use systole_monitor::protocol::SelfTest;

    fn board() -> Identity {
        Identity {
            version: 1,
            ram_base: RAM_BASE,
            ram_bytes: 1 << 16,
            clock_hz: 12_000_000,
            baud: 115_200,
            self_test: SelfTest::Passed,
        }
    }

    fn read(data: &[u8], address: Option<u32>) -> Result<Program> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("program");
        std::fs::write(&path, data).unwrap();
        Program::read(&path, address)
    }

    fn refused(result: Result<impl Sized>, what: &str) {
        let message = result.err().expect("a refusal").to_string();
        assert!(message.contains(what), "{message}");
    }

    #[test]
    fn files_that_are_no_programs_are_refused() {
        refused(read(b"text", None), "not an ELF file");
        refused(read(b"\x7fELF", Some(RAM_BASE)), "leave out --address");
        refused(read(b"", Some(RAM_BASE)), "empty");
        refused(read(b"text", Some(RAM_BASE + 2)), "not a multiple of 4");
        refused(read(b"text", Some(u32::MAX - 3)), "does not fit");
    }

    #[test]
    fn programs_that_do_not_fit_the_board_are_refused() {
        let bytes = vec![1; 0x1_0000];
        let at = |offset: u32, bytes: usize| {
            read(&vec![1; bytes], Some(RAM_BASE + offset)).unwrap().check(&board())
        };
        assert!(at(0, 0xfff0).is_ok());
        refused(at(0, 0x1_0000), "12 bytes above the first 4 KiB");
        refused(at(4, 0x1_0000), "0x80010000 is not in the RAM");
        refused(read(&bytes, Some(0)).unwrap().check(&board()), "0x00000000 is not in the RAM");
    }
}
