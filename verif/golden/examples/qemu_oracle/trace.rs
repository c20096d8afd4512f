//! QEMU as a stream of states: one before every instruction.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// CSRs that are compared, as QEMU names them, and their numbers.
pub const CSRS: [(&str, u16); 7] = [
    ("mstatus", 0x300),
    ("mie", 0x304),
    ("mtvec", 0x305),
    ("mepc", 0x341),
    ("mcause", 0x342),
    ("mtval", 0x343),
    ("mscratch", 0x340),
];

/// The state before an instruction.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct State {
    pub pc: u32,
    pub x: [u32; 32],
    /// In the order of [`CSRS`].
    pub csrs: [u32; 7],
}

/// A running QEMU.
pub struct Trace {
    child: Child,
    lines: BufReader<ChildStdout>,
    line: Vec<u8>,
}

impl Trace {
    /// Starts the machine `virt` with an image at the reset vector. Without S mode and virtual memory
    /// its hart has what `docs/core.md` describes, and little else.
    pub fn start(image: &Path) -> std::io::Result<Self> {
        let cpu =
            "rv32,f=false,d=false,h=false,s=false,mmu=false,zbc=false,Zihintpause=false,pmu-num=4";
        let loader = format!("loader,file={},addr=0x80000000,force-raw=on", image.display());
        let mut child = Command::new("qemu-system-riscv32")
            .args(["-machine", "virt", "-m", "16M", "-cpu", cpu, "-bios", "none"])
            .args(["-display", "none", "-monitor", "none", "-serial", "none"])
            .args(["-device", &loader, "-singlestep", "-d", "nochain,cpu"])
            // As its own file, it is written by lines and not by words.
            .args(["-D", "/dev/stdout"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().expect("it is piped");
        Ok(Self { child, lines: BufReader::with_capacity(1 << 16, stdout), line: Vec::new() })
    }

    /// The next state; `None` when QEMU has ended.
    pub fn next(&mut self) -> Option<State> {
        let mut state = State::default();
        loop {
            self.line.clear();
            if self.lines.read_until(b'\n', &mut self.line).ok()? == 0 {
                return None;
            }
            let line = self.line.as_slice();
            match line {
                [b' ', b'x', ..] => {
                    if registers(line, &mut state.x)? == 31 {
                        return Some(state);
                    }
                }
                [b' ', b'p', b'c', ..] => state.pc = hexadecimal(line.get(10..18)?)?,
                [b' ', b'm', ..] => {
                    let name = line[1..].split(|&byte| byte == b' ').next()?;
                    let known = CSRS.iter().position(|(csr, _)| csr.as_bytes() == name);
                    if let Some(index) = known {
                        state.csrs[index] = hexadecimal(line.get(10..18)?)?;
                    }
                }
                _ => eprint!("QEMU: {}", String::from_utf8_lossy(line)),
            }
        }
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        // It runs for ever after the last program; that it may have ended by itself is no error.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Four registers: ` x4/tp    00000000 x5/...`; the number of the last.
fn registers(line: &[u8], x: &mut [u32; 32]) -> Option<usize> {
    let mut last = 0;
    for field in line.chunks(18).take(4) {
        let name = field.get(2..4)?;
        let digits = name.iter().take_while(|byte| byte.is_ascii_digit());
        last = digits.fold(0, |number, digit| 10 * number + usize::from(digit - b'0'));
        *x.get_mut(last)? = hexadecimal(field.get(10..18)?)?;
    }
    Some(last)
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, &digit| Some(value << 4 | (digit as char).to_digit(16)?))
}
