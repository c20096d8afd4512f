//! Running the binary, and programs made by hand.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use systole_isa::{ImmediateOp, Instruction, Register, StoreOp};
use systole_verif::failure::elf_file;

/// RAM base, where programs start.
pub const RAM: u32 = 0x8000_0000;
/// Where hand-made programs have `tohost`.
pub const TOHOST: u32 = RAM + 0x800;

/// What a run of the binary gave.
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    /// Checks the exit code.
    #[track_caller]
    pub fn code(self, expected: i32) -> Self {
        let (stdout, stderr) = (&self.stdout, &self.stderr);
        assert_eq!(self.code, Some(expected), "stdout:\n{stdout}\nstderr:\n{stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
        self
    }

    /// Checks that standard error holds every one of these texts.
    #[track_caller]
    pub fn says(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(self.stderr.contains(text), "no `{text}` in:\n{}", self.stderr);
        }
        self
    }

    /// Checks that standard output holds every one of these texts.
    #[track_caller]
    pub fn prints(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(self.stdout.contains(text), "no `{text}` in:\n{}", self.stdout);
        }
        self
    }
}

/// The binary, in a folder, free of what the surroundings of the tests may set.
pub fn systole(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_systole"));
    command.current_dir(folder).env_remove("GITHUB_ACTIONS");
    command
}

/// Runs the binary with arguments separated by spaces.
pub fn run(folder: &Path, arguments: &str) -> Outcome {
    outcome(systole(folder).args(arguments.split_whitespace()))
}

/// Runs a command.
pub fn outcome(command: &mut Command) -> Outcome {
    let Output { status, stdout, stderr } = command.output().expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Outcome { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}

/// A folder that goes away with the test.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Writes a file and returns its path.
pub fn file(folder: &Path, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, contents).expect("a file in a temporary folder");
    path
}

/// Reads a JSON file.
pub fn json(path: &Path) -> serde_json::Value {
    let text = std::fs::read_to_string(path).expect("a JSON file");
    serde_json::from_str(&text).expect("valid JSON")
}

/// Checks that the manual of the command line knows every key of an object.
#[track_caller]
pub fn assert_documented(object: &serde_json::Value) {
    let manual = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/cli.md");
    let manual = std::fs::read_to_string(manual).expect("the manual");
    for key in object.as_object().expect("an object").keys() {
        assert!(manual.contains(&format!("`{key}`")), "docs/cli.md does not name {key}");
    }
}

/// A committed C program.
pub fn committed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../sw/programs").join(name)
}

/// An ELF file with this code at the reset vector.
pub fn elf(folder: &Path, name: &str, code: &[Instruction]) -> PathBuf {
    elf_with(folder, name, code, &[], &[("tohost", TOHOST)])
}

/// An ELF file with code, more segments, and symbols.
pub fn elf_with(
    folder: &Path,
    name: &str,
    code: &[Instruction],
    data: &[(u32, Vec<u8>)],
    symbols: &[(&str, u32)],
) -> PathBuf {
    let bytes: Vec<u8> = code.iter().flat_map(|i| i.encode().to_le_bytes()).collect();
    let mut segments = vec![(RAM, bytes)];
    segments.extend_from_slice(data);
    file(folder, name, elf_file(&segments, RAM, symbols).expect("a small file"))
}

/// Code that ends the program by HTIF with this exit code, up to 1023.
pub fn exit_with(code: i32) -> Vec<Instruction> {
    let [tohost, value] = [5, 6].map(Register::new);
    let (zero, op) = (Register::ZERO, ImmediateOp::Addi);
    vec![
        Instruction::Lui { rd: tohost, imm: RAM },
        Instruction::Immediate { op, rd: value, rs1: zero, imm: code << 1 | 1 },
        Instruction::Immediate { op, rd: tohost, rs1: tohost, imm: 0x7ff },
        Instruction::Store { op: StoreOp::Sw, rs2: value, rs1: tohost, offset: 1 },
        Instruction::Jal { rd: zero, offset: 0 },
    ]
}

/// Lets a script that was just written be run.
pub fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let permissions = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(path, permissions).expect("our own file");
}
