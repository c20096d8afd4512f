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
/// Fields of the retire port below the instruction.
const FIELDS: [&str; 2] = ["rvfi_pc_rdata", "rvfi_rd_wdata"];
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
            "dbus_req_valid",
            "dbus_req_ready",
            "dbus_req_address",
            "dbus_rsp_valid",
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

/// Puts the values that the golden model gave to registers below those of the RTL, named as in the
/// waves of the folder.
pub fn add_golden(view: &mut WaveView, history: &[Pair]) {
    let lanes = view.signals.iter().filter(|signal| signal.name.starts_with(FIELDS[1])).count();
    for lane in 0..lanes {
        let second = |index: usize| index > 0 && history[index - 1].cycle == history[index].cycle;
        let pairs = (0..history.len()).filter(|&index| usize::from(second(index)) == lane);
        let values = pairs.map(|index| {
            let pair = &history[index];
            (pair.cycle, format!("{:08x}", pair.golden.rd_wdata))
        });
        let golden = WaveSignal {
            name: format!("golden.rd_wdata{}", if lane == 0 { "" } else { "_1" }),
            group: RETIRE.to_owned(),
            width: 32,
            changes: at_times(values, (view.from, view.to)),
            differs: false,
        };
        let mut rows = view.signals.iter().enumerate();
        let own = rows.by_ref().filter(|(_, signal)| signal.name.starts_with(FIELDS[1])).nth(lane);
        let Some((own, _)) = own else { continue };
        view.signals.insert(own + 1, golden);
    }
}

/// Values that hold for a cycle each, and nothing between them.
fn at_times(
    values: impl Iterator<Item = (u64, String)>,
    (from, to): (u64, u64),
) -> Vec<(u64, String)> {
    let mut changes = vec![(from, String::new())];
    for (cycle, value) in values.filter(|(cycle, _)| (from..=to).contains(cycle)) {
        changes.retain(|change| change.0 < cycle);
        changes.extend([(cycle, value), (cycle + 1, String::new())]);
    }
    changes.retain(|change| change.0 <= to);
    changes
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

    /// Each lane's instruction as text, and its fields in the cycles in which it retires one.
    fn retire_port(&self) -> Vec<WaveSignal> {
        let lanes = self.values("rvfi_valid").next().map_or(0, |(_, valid)| valid.width());
        let rows = (0..lanes).flat_map(|lane| {
            let text = |insn: &Bits| disassemble(insn.to_u64() as u32);
            let name =
                if lanes == 1 { "instruction".into() } else { format!("instruction {lane}") };
            let insn = self.lane("rvfi_insn", (lane, lanes), &text);
            let insn = insn.map(|(_, changes)| row(&name, RETIRE, 32, changes));
            let fields = FIELDS.iter().filter_map(move |name| {
                let (range, changes) = self.lane(name, (lane, lanes), &digits)?;
                Some(row(&format!("{name}{range}"), RETIRE, 32, changes))
            });
            insn.into_iter().chain(fields).collect::<Vec<_>>()
        });
        rows.collect()
    }

    /// A lane's part of a field: the bits that it has, and what `told` makes of them.
    fn lane(
        &self,
        name: &str,
        (lane, lanes): (u32, u32),
        told: &dyn Fn(&Bits) -> String,
    ) -> Option<(String, Vec<(u64, String)>)> {
        let width = self.values(name).next()?.1.width() / lanes;
        let (high, low) = ((lane + 1) * width - 1, lane * width);
        let values = self.values(name).map(|(cycle, value)| {
            let valid = self.wave.value("rvfi_valid", cycle).is_some_and(|valid| valid.bit(lane));
            let value = if valid { told(&value.slice(high, low)) } else { String::new() };
            (cycle, value)
        });
        let range = if lanes == 1 { String::new() } else { format!("[{high}:{low}]") };
        // Two instructions in a row may look the same.
        Some((range, at_times(values.filter(|(_, value)| !value.is_empty()), (self.from, self.to))))
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

    /// Two lanes: both retire in cycle 62, the first one in 63 as well.
    struct Port;

    impl History for Port {
        fn value(&self, name: &str, cycle: u64) -> Option<Bits> {
            let at = |value| if cycle < 62 { 0 } else { value };
            let value = match name {
                "rvfi_valid" => {
                    return Some(Bits::new(2, if cycle == 63 { 1 } else { at(3 * (63 / cycle)) }));
                }
                "rvfi_insn" => at(0x0000_0013_4010_5513),
                "rvfi_rd_wdata" => at(0x0000_0000_ffff_fffe),
                "npu.registers.busy" => return Some(Bits::new(1, u64::from(cycle >= 60))),
                _ => return None,
            };
            Some(Bits::new(64, value))
        }
    }

    fn changes<'v>(view: &'v WaveView, name: &str) -> Vec<(u64, &'v str)> {
        let signal = view.signals.iter().find(|signal| signal.name == name).expect("a row");
        signal.changes.iter().map(|(cycle, value)| (*cycle, value.as_str())).collect()
    }

    #[test]
    fn lanes_have_rows_of_their_own_with_values_where_they_retire() {
        let view = of(&Port, &[], 62);
        assert_eq!((view.from, view.to), (2, 68));
        let srai = "srai a0, zero, 1";
        let first = [(2, ""), (62, srai), (63, srai), (64, "")];
        assert_eq!(changes(&view, "instruction 0"), first);
        assert_eq!(
            changes(&view, "instruction 1"),
            [(2, ""), (62, "addi zero, zero, 0"), (63, "")]
        );
        let values = [(2, ""), (62, "fffffffe"), (63, "fffffffe"), (64, "")];
        assert_eq!(changes(&view, "rvfi_rd_wdata[31:0]"), values);
        assert_eq!(changes(&view, "rvfi_rd_wdata[63:32]"), [(2, ""), (62, "00000000"), (63, "")]);
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
        add_golden(&mut view, &[pair(7, 1, 9), pair(8, 62, 0xff), pair(9, 62, 4)]);
        let at = |name: &str| view.signals.iter().position(|signal| signal.name == name);
        assert_eq!(at("golden.rd_wdata"), at("rvfi_rd_wdata[31:0]").map(|row| row + 1));
        assert_eq!(at("golden.rd_wdata_1"), at("rvfi_rd_wdata[63:32]").map(|row| row + 1));
        assert_eq!(changes(&view, "golden.rd_wdata"), [(2, ""), (62, "000000ff"), (63, "")]);
        assert_eq!(changes(&view, "golden.rd_wdata_1"), [(2, ""), (62, "00000004"), (63, "")]);
    }
}
