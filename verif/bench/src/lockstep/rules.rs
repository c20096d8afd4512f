//! What the RTL may decide on its own, and within which limits.

use systole_golden::npu::register;
use systole_golden::{CLINT_BASE, Machine, NPU_BASE, RAM_BASE, Retire};

use super::divergence::Mismatch;
use super::{Clue, Kind};

/// `mcause` of an instruction access fault.
pub(super) const FETCH_FAULT: u32 = 1;
/// Retirements within which a pending, enabled interrupt has to be taken; a core of two
/// instructions a cycle has up to six under way, and two more retire before it sees the line.
const INTERRUPT_SLACK: [u32; 2] = [3, 8];
/// Interrupt lines: bits of `mip`.
const LINES: [u32; 3] = [3, 7, 11];
/// Retirements for which an interrupt line may differ from the model's.
const LINE_SLACK: [u32; 2] = [4, 8];
/// Cycles by which a counter's read may be off its retirement.
const COUNTER_SLACK: u64 = 64;

const MIE: u16 = 0x304;
const MCYCLE: u16 = 0xb00;
const CYCLE: u16 = 0xc00;
const TIME: u16 = 0xc01;
/// `csrrs rd, number, x0` without rd and number.
const CSR_READ: u32 = 0x0000_2073;
const WFI: u32 = 0x1050_0073;

/// Whether `cause` is that of a load or store access fault.
pub(crate) fn is_access_fault(cause: u32) -> bool {
    cause == 5 || cause == 7
}

/// Whether `insn` is `sc.w`, of whatever order.
pub(super) fn is_store_conditional(insn: u32) -> bool {
    insn & 0xf800_707f == 0x1800_202f
}

/// Interrupt lines and the taking of interrupts.
#[derive(Default)]
pub(super) struct Rules {
    /// Which of the limits apply: 1 with two instructions a cycle.
    wide: usize,
    /// Retirements since an interrupt has had to be taken.
    overdue: u32,
    /// The last instruction was a `wfi` that ended for an interrupt that may be taken.
    waited: bool,
    /// For each of [`LINES`] the retirements for which it has differed.
    differ: [u32; 3],
}

impl Rules {
    /// For a core that fetches `fetch_bytes` at once: more than 4 for two instructions a cycle.
    pub(super) fn new(fetch_bytes: u32) -> Self {
        Self { wide: usize::from(fetch_bytes > 4), ..Self::default() }
    }

    /// Checks the interrupt decision before an instruction.
    pub(super) fn before(
        &mut self,
        golden: &Machine,
        rtl: &Retire,
        lines: u32,
        cycle: u64,
    ) -> Result<(), Mismatch> {
        if rtl.intr && !rtl.trap {
            golden.interrupt_allowed(rtl.cause, lines).map_err(|message| {
                Mismatch::new(Kind::Interrupt, message, Clue::Interrupt { expected: false })
            })?;
        }
        let waited = std::mem::take(&mut self.waited);
        match golden.pending_interrupt(lines) {
            Some(cause) if !rtl.intr => {
                if waited {
                    let message = format!("interrupt {cause} was not taken right behind a wfi");
                    return Err(not_taken(message));
                }
                self.overdue += 1;
                if self.overdue > INTERRUPT_SLACK[self.wide] {
                    let message = format!(
                        "interrupt {cause} is pending and enabled for {} instructions and was not \
                         taken",
                        self.overdue
                    );
                    return Err(not_taken(message));
                }
            }
            _ => self.overdue = 0,
        }
        // One that is taken first goes to the handler, and there is another instruction.
        if rtl.insn == WFI && !rtl.trap && !rtl.intr {
            wait_ends(golden, lines)?;
            self.waited = golden.pending_interrupt(lines).is_some();
        }
        self.lines(golden, lines, cycle)
    }

    fn lines(&mut self, golden: &Machine, lines: u32, cycle: u64) -> Result<(), Mismatch> {
        let expected = golden.interrupt_lines();
        for (line, differ) in LINES.into_iter().zip(&mut self.differ) {
            *differ = if (lines ^ expected) >> line & 1 == 1 { *differ + 1 } else { 0 };
        }
        let slack = LINE_SLACK[self.wide];
        let differing = LINES.iter().zip(self.differ).find(|(_, differ)| *differ > slack);
        let Some((&line, _)) = differing else { return Ok(()) };
        let message = format!(
            "the interrupt lines are {lines:#x} in the RTL and {expected:#x} in the golden model \
             at cycle {cycle}"
        );
        let expected = expected >> line & 1 == 1;
        Err(Mismatch::new(Kind::Interrupt, message, Clue::InterruptLine { line, expected }))
    }
}

fn not_taken(message: String) -> Mismatch {
    Mismatch::new(Kind::Interrupt, message, Clue::Interrupt { expected: true })
}

/// Checks that a `wfi` had a reason to retire.
fn wait_ends(golden: &Machine, lines: u32) -> Result<(), Mismatch> {
    let enabled = golden.csr(MIE).unwrap_or_default();
    if lines & enabled != 0 {
        return Ok(());
    }
    let message = format!(
        "a wfi retired while no interrupt was both pending ({lines:#x}) and enabled ({enabled:#x})"
    );
    Err(Mismatch::new(Kind::Interrupt, message, Clue::Retired))
}

/// Checks what a load from a device or a read of a clock returned, where time decides. The model's
/// clock is that of the last retirement, `elapsed` cycles ago.
pub(super) fn device_read(
    golden: &Machine,
    rtl: &Retire,
    just_ended: bool,
    elapsed: u64,
) -> Result<(), String> {
    if rtl.mem_rmask != 0 && rtl.mem_addr < RAM_BASE {
        let (address, value) = (rtl.mem_addr, rtl.mem_rdata);
        if address >= NPU_BASE {
            return golden.npu.read_allowed(address - NPU_BASE, value, just_ended);
        }
        match address.wrapping_sub(CLINT_BASE) {
            0xbff8 => return close("mtime", value, golden.mtime() as u32, elapsed),
            0xbffc => return close_above("mtime", value, golden.mtime(), elapsed),
            _ => {}
        }
    }
    if rtl.trap || rtl.rd_addr == 0 || rtl.insn & 0x000f_f07f != CSR_READ {
        return Ok(());
    }
    let number = (rtl.insn >> 20) as u16;
    let name = match number {
        MCYCLE => "mcycle",
        CYCLE => "cycle",
        TIME => "time",
        _ => return Ok(()),
    };
    close(name, rtl.rd_wdata, golden.csr(number).unwrap_or_default(), elapsed)
}

/// The offset of the NPU's counter that an instruction has read.
pub(super) fn npu_counter(rtl: &Retire) -> Option<u32> {
    let offset = rtl.mem_addr.checked_sub(NPU_BASE).filter(|_| rtl.mem_rmask != 0)?;
    (register::CYCLES..=register::MACS).contains(&offset).then_some(offset)
}

/// Whether a counter read a value between the last retirement and this one, give or take the slack.
fn close(what: &str, rtl: u32, golden: u32, elapsed: u64) -> Result<(), String> {
    let ahead = i64::from(rtl.wrapping_sub(golden) as i32);
    let most = elapsed.saturating_add(COUNTER_SLACK) as i64;
    if (-(COUNTER_SLACK as i64)..=most).contains(&ahead) {
        return Ok(());
    }
    Err(format!("{what} read {rtl:#x}, the model expects about {golden:#x}"))
}

/// The same for the high half.
fn close_above(what: &str, rtl: u32, golden: u64, elapsed: u64) -> Result<(), String> {
    let [least, most] = [
        golden.wrapping_sub(COUNTER_SLACK),
        golden.wrapping_add(elapsed.saturating_add(COUNTER_SLACK)),
    ]
    .map(|clock| (clock >> 32) as u32);
    if rtl == least || rtl == most {
        return Ok(());
    }
    let expected = (golden >> 32) as u32;
    Err(format!("the high half of {what} read {rtl:#x}, the model expects about {expected:#x}"))
}

#[cfg(test)]
mod tests {
    use super::{close, close_above};

    #[test]
    fn the_high_half_of_a_counter_may_have_taken_a_carry() {
        assert!(close_above("mtime", 7, 0x7_ffff_fff0, 20).is_ok());
        assert!(close_above("mtime", 8, 0x7_ffff_fff0, 20).is_ok());
        assert!(close_above("mtime", 8, 0x7_7fff_fff0, 20).is_err());
        assert!(close_above("mtime", 0, u64::MAX, 0).is_ok());
        assert!(close_above("mtime", 6, 0x7_ffff_fff0, 20).is_err());
    }

    #[test]
    fn a_counter_may_have_gone_on_while_an_access_was_waiting() {
        // A slow access before the read: 68 cycles without a retirement.
        assert!(close("mcycle", 0x5a8, 0x564, 70).is_ok());
        assert!(close("mcycle", 0x5a8, 0x564, 0).is_err());
        assert!(close("mcycle", 0x400, 0x564, 70).is_err());
        assert!(close("mcycle", 3, u32::MAX, 4).is_ok());
    }
}
