//! The part of the wave that the report draws: the retire port lane by lane with the golden model's
//! values beside it, and the signals on the way back.

use systole_hdl::Bits;
use systole_hdl::origin::{History, Step};
use systole_isa::disassemble;

use super::report::model::{WaveSignal, WaveView};
use super::source::hex;
use crate::lockstep::Pair;

/// Cycles before and after the difference.
const BEFORE: u64 = 60;
const AFTER: u64 = 6;
/// Cycles before the difference that are shown however short the way back is.
const LEAST: u64 = 30;
/// Signals of the way back that are shown: the last ones.
const SHOWN: usize = 14;

/// Group of the retire port's signals.
const RETIRE: &str = "retire port";
/// Whether a lane retires an instruction.
const VALID: &str = "rvfi_valid";
/// What it writes to a register.
const WRITTEN: &str = "rvfi_rd_wdata";
/// What tells where the chip stands when no way back does.
const OTHERWISE: [(&str, &[&str]); 3] = [
    (
        "NPU",
        &[
            "npu.registers.busy",
            "npu.registers.done",
            "npu.registers.error",
            "npu.frontend.index",
            "npu.load_gate.waits_for_token",
            "npu.exec_gate.waits_for_token",
            "npu.store_gate.waits_for_token",
            "npu.units_idle",
        ],
    ),
    (
        "AXI",
        &[
            "m_axi_arvalid",
            "m_axi_araddr",
            "m_axi_rvalid",
            "m_axi_rresp",
            "m_axi_awvalid",
            "m_axi_awaddr",
            "m_axi_wvalid",
            "m_axi_bvalid",
            "m_axi_bresp",
        ],
    ),
    (
        "data bus and interrupts",
        &[
            "hart_dbus_req_valid",
            "hart_dbus_req_ready",
            "hart_dbus_req_address",
            "hart_dbus_rsp_valid",
            "hart_dbus_rsp_error",
            "timer_timer_interrupt",
            "timer_software_interrupt",
            "npu_interrupt",
        ],
    ),
];

/// The signals around a difference in `cycle` whose origin `steps` lead to; without a way back those
/// that show where the chip stands.
pub fn of(wave: &dyn History, steps: &[&Step], cycle: u64) -> WaveView {
    let first = steps.last().map(|step| step.cycle);
    let from = match first {
        // What happened long before is seen in the waves themselves.
        Some(first) => first
            .saturating_sub(10)
            .clamp(cycle.saturating_sub(BEFORE), cycle.saturating_sub(LEAST)),
        None => cycle.saturating_sub(BEFORE),
    };
    let window = Window { wave, from, to: cycle + AFTER };
    let mut signals = window.retire_port();
    let skip = steps.len().saturating_sub(SHOWN);
    for (index, step) in steps.iter().enumerate().skip(skip) {
        if signals.iter().all(|shown| shown.name != step.signal) {
            let last = index + 1 == steps.len();
            let signal = window.signal(&step.signal, "the way back");
            signals.extend(signal.map(|signal| WaveSignal { differs: last, ..signal }));
        }
    }
    if steps.is_empty() {
        let all = OTHERWISE.iter();
        let all = all.flat_map(|(group, names)| names.iter().map(move |name| (*name, *group)));
        signals.extend(all.filter_map(|(name, group)| window.signal(name, group)));
    }
    WaveView { from, to: window.to, signals }
}

/// Puts the values that the golden model gave to registers below those of the RTL. As there, a lane
/// holds its value until it retires the next instruction. Behind the last retirement that was
/// compared there are none.
pub fn add_golden(view: &mut WaveView, history: &[Pair]) {
    for lane in 0..2 {
        let own = view.signals.iter().filter(|signal| signal.name.starts_with(WRITTEN));
        let Some(own) = own.map(|signal| signal.name.clone()).nth(lane) else { continue };
        let pairs: Vec<&Pair> = history
            .iter()
            .enumerate()
            .filter(|(index, pair)| {
                let second = *index > 0 && history[index - 1].cycle == pair.cycle;
                lane_of(view, pair.cycle, second) == Some(lane)
            })
            .map(|(_, pair)| pair)
            .collect();
        let end = history.last().map_or(0, |last| {
            let own = pairs.last().is_some_and(|pair| pair.cycle == last.cycle);
            last.cycle + u64::from(own)
        });
        let name = format!("{} golden", own.replacen("rvfi_", "", 1));
        let golden = row(&name, RETIRE, 32, held(&pairs, end, view));
        let at = view.signals.iter().position(|signal| signal.name == own);
        view.signals.insert(at.map_or(0, |at| at + 1), golden);
    }
}

/// The lane in which the first or second instruction of a cycle retires: the second lane may retire
/// one alone. `None` for a cycle that is not shown.
fn lane_of(view: &WaveView, cycle: u64, second: bool) -> Option<usize> {
    if !(view.from..=view.to).contains(&cycle) {
        return None;
    }
    let name = format!("{VALID}[0]");
    let first_lane = view.signals.iter().find(|signal| signal.name == name).is_none_or(|signal| {
        let before = signal.changes.iter().take_while(|change| change.0 <= cycle);
        before.last().is_some_and(|change| change.1 == "1")
    });
    Some(usize::from(second || !first_lane))
}

/// The registers' values from the first retirement on until before cycle `end`.
fn held(pairs: &[&Pair], end: u64, view: &WaveView) -> Vec<(u64, String)> {
    let nothing = |cycle| (cycle, String::new());
    let mut changes = vec![nothing(view.from)];
    for pair in pairs {
        changes.retain(|change| change.0 < pair.cycle);
        changes.push((pair.cycle, format!("{:08x}", pair.golden.rd_wdata)));
    }
    if changes.len() > 1 && end <= view.to {
        changes.push(nothing(end));
    }
    changed(changes.into_iter())
}

/// The cycles of a wave that are shown.
struct Window<'w> {
    wave: &'w dyn History,
    from: u64,
    to: u64,
}

impl Window<'_> {
    fn values<'s>(&'s self, name: &'s str) -> impl Iterator<Item = (u64, Bits)> + 's {
        let value = move |cycle| Some((cycle, self.wave.value(name, cycle)?));
        (self.from..=self.to).filter_map(value)
    }

    /// A signal; `None` if the wave has no value of it.
    fn signal(&self, name: &str, group: &str) -> Option<WaveSignal> {
        let width = self.values(name).next()?.1.width();
        let values = self.values(name).map(|(cycle, value)| (cycle, digits(&value)));
        Some(row(name, group, width, changed(values)))
    }

    /// Lane by lane: whether it retires an instruction, which one, and its fields.
    fn retire_port(&self) -> Vec<WaveSignal> {
        let lanes = self.values(VALID).next().map_or(0, |(_, valid)| valid.width());
        (0..lanes).flat_map(|lane| self.retire_lane(lane, lanes)).collect()
    }

    fn retire_lane(&self, lane: u32, lanes: u32) -> Vec<WaveSignal> {
        let valid = self.part(VALID, (lane, lanes), &digits);
        // Reset leaves no instruction.
        let text = |insn: &Bits| match insn.to_u64() {
            0 => String::new(),
            insn => disassemble(insn as u32),
        };
        let insn = self.part("rvfi_insn", (lane, lanes), &text);
        let name = if lanes == 1 { "instruction".into() } else { format!("instruction {lane}") };
        let insn = insn.map(|signal| WaveSignal { name, ..signal });
        let fields = ["rvfi_pc_rdata", WRITTEN].map(|name| self.part(name, (lane, lanes), &digits));
        valid.into_iter().chain(insn).chain(fields.into_iter().flatten()).collect()
    }

    /// A lane's part of a field, as `told` tells it.
    fn part(
        &self,
        name: &str,
        (lane, lanes): (u32, u32),
        told: &dyn Fn(&Bits) -> String,
    ) -> Option<WaveSignal> {
        let width = self.values(name).next()?.1.width() / lanes;
        let (high, low) = ((lane + 1) * width - 1, lane * width);
        let values = self.values(name).map(|(cycle, value)| (cycle, told(&value.slice(high, low))));
        let name = match (lanes, width) {
            (1, _) => name.to_owned(),
            (_, 1) => format!("{name}[{lane}]"),
            _ => format!("{name}[{high}:{low}]"),
        };
        Some(row(&name, RETIRE, width, changed(values)))
    }
}

fn row(name: &str, group: &str, width: u32, changes: Vec<(u64, String)>) -> WaveSignal {
    let (name, group) = (name.to_owned(), group.to_owned());
    WaveSignal { name, group, width, changes, differs: false }
}

fn digits(value: &Bits) -> String {
    hex(value).trim_start_matches("0x").to_owned()
}

/// The first value and those that differ from the one before.
fn changed(values: impl Iterator<Item = (u64, String)>) -> Vec<(u64, String)> {
    let mut changes: Vec<(u64, String)> = Vec::new();
    for (cycle, value) in values {
        if changes.last().is_none_or(|(_, last)| *last != value) {
            changes.push((cycle, value));
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use systole_golden::Retire;

    use super::*;

    /// Two lanes: both retire in cycle 62, the second one alone in 63, none later.
    struct Port;

    impl History for Port {
        fn value(&self, name: &str, cycle: u64) -> Option<Bits> {
            let since = |first, value| if cycle < first { 0 } else { value };
            let valid = match cycle {
                62 => 3,
                63 => 2,
                _ => 0,
            };
            Some(match name {
                "rvfi_valid" => Bits::new(2, valid),
                "rvfi_insn" => Bits::new(64, since(62, 0x0000_0013_4010_5513)),
                "rvfi_rd_wdata" => Bits::new(64, since(63, 7 << 32) | since(62, 0xffff_fffe)),
                "npu.registers.busy" => Bits::new(1, since(60, 1)),
                _ => return None,
            })
        }
    }

    fn changes<'v>(view: &'v WaveView, name: &str) -> Vec<(u64, &'v str)> {
        let signal = view.signals.iter().find(|signal| signal.name == name).expect("a row");
        signal.changes.iter().map(|(cycle, value)| (*cycle, value.as_str())).collect()
    }

    #[test]
    fn lanes_have_rows_of_their_own() {
        let view = of(&Port, &[], 62);
        assert_eq!((view.from, view.to), (2, 68));
        assert_eq!(changes(&view, "rvfi_valid[0]"), [(2, "0"), (62, "1"), (63, "0")]);
        assert_eq!(changes(&view, "rvfi_valid[1]"), [(2, "0"), (62, "1"), (64, "0")]);
        assert_eq!(changes(&view, "instruction 0"), [(2, ""), (62, "srai a0, zero, 1")]);
        assert_eq!(changes(&view, "instruction 1"), [(2, ""), (62, "addi zero, zero, 0")]);
        let [low, high] = ["rvfi_rd_wdata[31:0]", "rvfi_rd_wdata[63:32]"];
        assert_eq!(changes(&view, low), [(2, "00000000"), (62, "fffffffe")]);
        assert_eq!(changes(&view, high), [(2, "00000000"), (63, "00000007")]);
        assert_eq!(changes(&view, "npu.registers.busy"), [(2, "0"), (60, "1")]);
    }

    #[test]
    fn golden_values_stand_below_those_of_the_rtl() {
        let mut view = of(&Port, &[], 62);
        let retire = |rd_wdata| Retire { rd_wdata, ..Retire::default() };
        let pair = |order, cycle, value| {
            let (rtl, golden) = (retire(0), retire(value));
            Pair { order, cycle, rtl, golden }
        };
        // The first one is from before the window.
        let history = [pair(6, 1, 9), pair(7, 62, 0xff), pair(8, 62, 4), pair(9, 63, 7)];
        add_golden(&mut view, &history);
        let at = |name: &str| view.signals.iter().position(|signal| signal.name == name);
        for lane in ["[31:0]", "[63:32]"] {
            let own = at(&format!("rvfi_rd_wdata{lane}"));
            assert_eq!(own.map(|row| row + 1), at(&format!("rd_wdata{lane} golden")));
        }
        let first = [(2, ""), (62, "000000ff"), (63, "")];
        assert_eq!(changes(&view, "rd_wdata[31:0] golden"), first);
        let second = [(2, ""), (62, "00000004"), (63, "00000007"), (64, "")];
        assert_eq!(changes(&view, "rd_wdata[63:32] golden"), second);
    }
}
