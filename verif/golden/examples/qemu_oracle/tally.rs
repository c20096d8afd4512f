//! What was executed, to see that the comparison is not about nothing.

use std::collections::BTreeMap;
use std::fmt;
use systole_golden::Retire;

#[derive(Default)]
pub struct Tally {
    pub instructions: u64,
    user: u64,
    short: u64,
    interrupts: u64,
    stored_conditionally: [u64; 2],
    /// Exceptions by mode and cause.
    exceptions: BTreeMap<(u8, u32), u64>,
}

impl Tally {
    pub fn count(&mut self, retire: &Retire) {
        self.instructions += 1;
        self.user += u64::from(retire.mode == 0);
        self.short += u64::from(retire.insn & 3 != 3);
        self.interrupts += u64::from(retire.intr);
        if retire.trap {
            *self.exceptions.entry((retire.mode, retire.cause)).or_default() += 1;
        } else if retire.insn & 0xf800_007f == 0x1800_002f {
            self.stored_conditionally[usize::from(retire.mem_wmask != 0)] += 1;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [failed, stored] = self.stored_conditionally;
        writeln!(f, "{} instructions, of them", self.instructions)?;
        writeln!(f, "  {} in U mode, {} of 16 bits", self.user, self.short)?;
        writeln!(f, "  {stored} SC that stored, {failed} that did not")?;
        writeln!(f, "  {} interrupts", self.interrupts)?;
        for ((mode, cause), count) in &self.exceptions {
            let mode = if *mode == 0 { 'U' } else { 'M' };
            writeln!(f, "  {count} exceptions {cause} from {mode} mode")?;
        }
        Ok(())
    }
}
