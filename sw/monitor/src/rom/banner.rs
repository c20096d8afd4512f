//! The line that says who is there, and how the test of the NPU went.

use systole_isa::{Label, Register};

use super::code::Code;
use super::registers::*;
use super::serial::Serial;
use crate::Chip;
use crate::protocol::SelfTest;

/// Longest name of a chip in the banner.
const NAME_CHARACTERS: usize = 32;

/// A text, and the number that follows it.
type Part = (&'static str, Option<Register>);

/// How a test fails: its number, and what is said.
const FAILURES: [(u32, &[Part]); 4] = [
    (SelfTest::ERROR, &[("failed, the NPU's status is ", Some(FOUND))]),
    (SelfTest::ENDLESS, &[("failed, the job did not end", None)]),
    (
        SelfTest::DIFFERS,
        &[("failed, at ", Some(PLACE)), (" is ", Some(FOUND)), (", not ", Some(EXPECTED))],
    ),
    (SelfTest::FAULT, &[("failed, nothing answers at ", Some(PLACE))]),
];

/// The texts, and the routines that print.
pub struct Banner {
    /// Prints the text at `A2`; link `RA`.
    text: Label,
    /// Prints `A1` in hexadecimal; link `RA`.
    number: Label,
    texts: Vec<(Label, String)>,
}

impl Banner {
    pub fn new(code: &mut Code) -> Self {
        Self { text: code.label(), number: code.label(), texts: Vec::new() }
    }

    /// Appends the code that prints the banner.
    pub fn emit(&mut self, code: &mut Code, chip: &Chip) {
        self.print(code, &title(chip));
        if chip.dim > 0 {
            self.verdict(code);
        }
        self.print(code, "\r\n");
    }

    fn verdict(&mut self, code: &mut Code) {
        let end = code.label();
        for (outcome, parts) in FAILURES {
            let other = code.label();
            code.li(T1, outcome);
            code.bne(OUTCOME, T1, other);
            for (text, value) in parts {
                self.print(code, text);
                if let Some(value) = *value {
                    code.mv(A1, value);
                    code.call(RA, self.number);
                }
            }
            code.j(end);
            code.bind(other);
        }
        self.print(code, "passed");
        code.bind(end);
    }

    fn print(&mut self, code: &mut Code, text: &str) {
        let label = code.label();
        self.texts.push((label, text.to_owned()));
        code.la(A2, label);
        code.call(RA, self.text);
    }

    /// Appends the routines.
    pub fn emit_routines(&self, code: &mut Code, serial: &Serial) {
        code.bind(self.text);
        let end = code.label();
        code.lbu(A0, 0, A2);
        code.addi(A2, A2, 1);
        code.beq(A0, ZERO, end);
        code.call(LINK_BYTE, serial.send_byte);
        code.j(self.text);
        code.bind(end);
        code.jr(RA);

        code.bind(self.number);
        code.li(LEFT, 8);
        let (again, decimal) = (code.here(), code.label());
        code.srli(A0, A1, 28);
        code.slli(A1, A1, 4);
        code.li(T2, 10);
        code.bltu(A0, T2, decimal);
        code.addi(A0, A0, i32::from(b'a' - b'0') - 10);
        code.bind(decimal);
        code.addi(A0, A0, b'0'.into());
        code.call(LINK_BYTE, serial.send_byte);
        code.addi(LEFT, LEFT, -1);
        code.bne(LEFT, ZERO, again);
        code.jr(RA);
    }

    /// Appends the texts.
    pub fn emit_texts(&self, code: &mut Code) {
        for (label, text) in &self.texts {
            code.bind(*label);
            code.text(text);
        }
    }
}

/// The banner up to the verdict.
fn title(chip: &Chip) -> String {
    let name: String = chip.name.chars().filter(char::is_ascii_graphic).collect();
    let name = &name[..name.len().min(NAME_CHARACTERS)];
    let megahertz = format!("{:.3}", f64::from(chip.clock_hz) / 1e6);
    let megahertz = megahertz.trim_end_matches('0').trim_end_matches('.');
    let npu = match chip.dim {
        0 => "no NPU".to_owned(),
        dim => format!("NPU {dim}x{dim}: self-test "),
    };
    format!("\r\nSystole {name} {megahertz} MHz, {npu}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_is_short_and_printable() {
        let chip = Chip { name: "my\nchip ä".repeat(20), clock_hz: 12_288_000, ..Chip::example() };
        let title = title(&chip);
        assert!(title.trim_start().starts_with("Systole mychipmychip"), "{title:?}");
        assert!(title.ends_with(" 12.288 MHz, NPU 4x4: self-test ") && title.len() < 80);
    }
}
