//! What is worth seeing in a wave of one of our chips.

use super::area::Area;
use super::catalogue::{TEXTS, wanted};
use super::session::{Color, Format, Group, Marker, Shown, ViewerSession, WaveSignal};
use super::states::StateRegister;

/// What in a wave is of interest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Focus {
    /// Areas that are to be seen at first.
    pub areas: Vec<Area>,
    /// Signals below the chip's top module that lead to where it goes wrong, shown above all others.
    pub way: Vec<String>,
    /// Where it goes wrong; more places may follow.
    pub markers: Vec<Marker>,
    /// Part of the time to be seen at first, in ns.
    pub window: (u64, u64),
}

impl Focus {
    /// What led to a place where it goes wrong: so many ns before it, and some behind it.
    pub fn at(areas: Vec<Area>, time_ns: u64, before_ns: u64, text: String) -> Self {
        let marker = Marker { name: "mismatch".to_owned(), text, time_ns };
        let window = (time_ns.saturating_sub(before_ns), time_ns + before_ns / 3);
        Self { areas, way: Vec::new(), markers: vec![marker], window }
    }
}

/// The session `NAME` for a wave of one of our chips. `signals` are those of the wave: what it lacks
/// is left out. `states` are the registers whose values have names.
pub fn chip_session(
    name: &str,
    wave: &str,
    signals: &[WaveSignal],
    states: &[StateRegister],
    focus: &Focus,
) -> ViewerSession {
    let finder = Finder { signals, root: root(signals), states };
    let groups = Area::ALL.into_iter().map(|area| Group {
        name: area.name().to_owned(),
        open: focus.areas.contains(&area),
        signals: finder.shown(area),
    });
    let way =
        Group { name: "the way back".to_owned(), open: true, signals: finder.way(&focus.way) };
    let groups = std::iter::once(way).chain(groups);
    ViewerSession {
        name: name.to_owned(),
        wave: wave.to_owned(),
        ticks_per_ns: 1,
        groups: groups.filter(|group| !group.signals.is_empty()).collect(),
        markers: focus.markers.clone(),
        window: focus.window,
    }
}

/// All signals that [`chip_session`] looks for in a chip with a retire port of so many channels, as
/// paths below its top module.
pub fn chip_signals(channels: u32) -> Vec<&'static str> {
    let areas = Area::ALL.into_iter();
    areas.flat_map(|area| wanted(area, channels)).map(|(path, ..)| path).collect()
}

/// Path of the chip's top module with a dot behind it: that with a retire port and an NPU, else the
/// first with a retire port.
fn root(signals: &[WaveSignal]) -> String {
    let port = |signal: &WaveSignal| Some(signal.path.strip_suffix("rvfi_valid")?.to_owned());
    let roots =
        || signals.iter().filter_map(port).filter(|root| root.is_empty() || root.ends_with('.'));
    let whole = |root: &String| {
        let npu = format!("{root}npu.registers.");
        signals.iter().any(|signal| signal.path.starts_with(&npu))
    };
    roots().find(whole).or_else(|| roots().next()).unwrap_or_default()
}

/// Scope of what the golden model did.
const GOLDEN: &str = "golden.";

/// Finds signals in a wave.
struct Finder<'a> {
    signals: &'a [WaveSignal],
    root: String,
    states: &'a [StateRegister],
}

impl Finder<'_> {
    fn shown(&self, area: Area) -> Vec<Shown> {
        let texts = TEXTS.iter().filter(|(of, _)| *of == area).filter_map(|(_, path)| {
            let signal = self.text(path)?.clone();
            let color = Some(Color::Yellow);
            Some(Shown { signal, label: None, format: Format::Text, color })
        });
        let wanted =
            wanted(area, self.channels()).into_iter().filter_map(|(path, format, color)| {
                let signal = self.below_root(path)?.clone();
                Some(Shown { signal, label: label(path), format, color })
            });
        let states = self.states.iter().filter(|state| area_of(&state.path) == Some(area));
        let states = states.filter_map(|state| {
            let signal = self.below_root(&state.path)?.clone();
            let (label, format) = (unit_label(&state.path), Format::Named(state.names.clone()));
            Some(Shown { signal, label, format, color: None })
        });
        let golden = if area == Area::Retire { self.golden() } else { Vec::new() };
        texts.chain(golden).chain(wanted).chain(states).collect()
    }

    /// What the golden model did, where it was put into the wave.
    fn golden(&self) -> Vec<Shown> {
        let golden = self.signals.iter().filter(|signal| signal.path.starts_with(GOLDEN));
        let shown = |signal: &WaveSignal| {
            let (format, color) = match signal.width {
                Some(1) => (Format::Binary, Color::Red),
                _ => (Format::Hexadecimal, Color::Green),
            };
            let label = Some(signal.path.replacen('.', " ", 1));
            Shown { signal: signal.clone(), label, format, color: Some(color) }
        };
        golden.map(shown).collect()
    }

    /// What leads from the difference to its origin, the origin last.
    fn way(&self, way: &[String]) -> Vec<Shown> {
        // A port has the same name on both sides.
        let name = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
        let again =
            |at: usize| at > 0 && at + 1 < way.len() && name(&way[at - 1]) == name(&way[at]);
        let found = way.iter().enumerate().filter(|(at, _)| !again(*at));
        let found = found.filter_map(|(_, path)| Some((path, self.below_root(path)?)));
        let shown = |(path, signal): (&String, &WaveSignal)| {
            let is_end = way.last() == Some(path);
            Shown {
                signal: signal.clone(),
                label: Some(unit_and_name(path)),
                format: if signal.width == Some(1) { Format::Binary } else { Format::Hexadecimal },
                color: is_end.then_some(Color::Red),
            }
        };
        found.map(shown).collect()
    }

    fn below_root(&self, path: &str) -> Option<&WaveSignal> {
        let below = |signal: &&WaveSignal| signal.path.strip_prefix(&self.root) == Some(path);
        self.signals.iter().find(below)
    }

    /// A text that explains the wave, under whatever scopes it was put.
    fn text(&self, path: &str) -> Option<&WaveSignal> {
        self.signals.iter().filter(|signal| signal.width.is_none()).find(|signal| {
            let before = signal.path.strip_suffix(path);
            before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
        })
    }

    fn channels(&self) -> u32 {
        self.below_root("rvfi_valid").and_then(|signal| signal.width).unwrap_or(1)
    }
}

/// With two lanes, whose field of the retire port it is.
fn label(path: &str) -> Option<String> {
    let field = path.strip_prefix("hart.rvfi_")?;
    Some(field.replace(".rvfi_", " "))
}

/// A signal by the unit that it is in; of a label with dots GTKWave would show the last part.
fn unit_and_name(path: &str) -> String {
    let from = path.rmatch_indices('.').nth(1).map_or(0, |(at, _)| at + 1);
    path[from..].replace('.', " ")
}

/// A state register by the unit that it is of.
fn unit_label(path: &str) -> Option<String> {
    let mut parts = path.rsplit('.');
    let (register, unit) = (parts.next()?, parts.next()?);
    Some(format!("{unit} {register}"))
}

/// The area that a register with named states belongs to.
fn area_of(path: &str) -> Option<Area> {
    path.starts_with("hart.").then_some(Area::Pipeline)
}

#[cfg(test)]
mod tests {
    use super::super::{NameTable, gtkwave, surfer};
    use super::*;

    fn signal(path: &str, width: u32) -> WaveSignal {
        let range = (width > 1).then(|| (i64::from(width) - 1, 0));
        WaveSignal { path: path.to_owned(), range, width: Some(width) }
    }

    fn signals() -> Vec<WaveSignal> {
        let text = |path: &str| WaveSignal { path: path.to_owned(), range: None, width: None };
        vec![
            text("hart.mnemonic"),
            text("npu.load"),
            signal("rvfi_valid", 1),
            signal("bench.soc.clk", 1),
            signal("bench.soc.rvfi_valid", 1),
            signal("bench.soc.rvfi_insn", 32),
            signal("bench.soc.rvfi_cause", 32),
            signal("bench.soc.hart.rvfi_valid", 1),
            signal("bench.soc.hart.divide.state", 2),
            signal("bench.soc.npu.load", 1),
            signal("bench.soc.npu.registers.busy", 1),
            signal("bench.soc.npu.tokens.load_to_exec", 4),
        ]
    }

    fn session() -> ViewerSession {
        let entries = [(0, "IDLE"), (1, "BUSY")];
        let names = NameTable::new("divide_state", 2, &entries);
        let states = [StateRegister { path: "hart.divide.state".into(), names }];
        let focus = Focus::at(vec![Area::Retire, Area::Pipeline], 1000, 150, "MISMATCH".into());
        chip_session("fail", "fail.vcd", &signals(), &states, &focus)
    }

    #[test]
    fn only_what_the_wave_has_is_named_with_its_range() {
        let files = gtkwave(&session());
        let save = &files[0];
        assert_eq!(save.path, "fail.gtkw");
        let names = |line: &&str| !line.starts_with(['@', '-', '[', '*', '^']);
        let names: Vec<&str> = save.text.lines().filter(names).collect();
        assert_eq!(
            names,
            [
                "hart.mnemonic",
                "bench.soc.clk",
                "bench.soc.rvfi_valid",
                "bench.soc.rvfi_insn[31:0]",
                "bench.soc.rvfi_cause[31:0]",
                "+{divide state} bench.soc.hart.divide.state[1:0]",
                "bench.soc.npu.registers.busy",
                "npu.load",
                "bench.soc.npu.tokens.load_to_exec[3:0]",
            ]
        );
    }

    #[test]
    fn the_way_back_is_on_top() {
        let way = ["rvfi_insn", "hart.gone", "npu.load"].map(str::to_owned).to_vec();
        let focus = Focus { way, ..Focus::at(vec![Area::Retire], 1000, 150, String::new()) };
        let text = &gtkwave(&chip_session("fail", "fail.vcd", &signals(), &[], &focus))[0].text;
        let group = "@800200\n-the way back\n@22\n+{rvfi_insn} bench.soc.rvfi_insn[31:0]\n@28\n\
                     [color] 1\n+{npu load} bench.soc.npu.load\n@1000200\n-the way back\n@800200\n\
                     -hart retire\n";
        assert!(text.contains(group), "{text}");
    }

    #[test]
    fn the_save_file_has_its_tables_a_marker_and_closed_groups() {
        let files = gtkwave(&session());
        let text = &files[0].text;
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["fail.gtkw", "filters/trap_cause.txt", "filters/divide_state.txt"]);
        assert!(text.contains("@2024\n^2 ./filters/divide_state.txt\n+{divide state} "), "{text}");
        assert_eq!(files[2].text, "0 IDLE\n1 BUSY\n");
        assert!(text.contains("@200\n-MISMATCH\n@800200\n-hart retire\n"), "{text}");
        assert!(text.contains("@c00200\n-tokens\n") && text.contains("@1401200\n-tokens\n"));
        assert!(text.contains("[timestart] 850\n") && text.contains("[markername] Amismatch\n"));
        // 200 ns on 720 pixels: 55.6 ticks are 200 pixels.
        assert!(text.contains("\n*-5.795859 1000 1000 -1"), "{text}");
    }

    #[test]
    fn commands_name_items_by_their_place() {
        let files = surfer(&session(), 4000);
        assert_eq!(files[0].path, "fail.sucl");
        let text = &files[0].text;
        let insn = "variable_add bench.soc.rvfi_insn\nitem_focus e\nitem_set_format RV32\n";
        assert!(text.contains(insn), "{text}");
        let state = "divider_add hart pipeline\nvariable_add bench.soc.hart.divide.state\n\
                     item_focus h\nitem_set_format divide_state\nitem_unfocus\n";
        assert!(text.contains(state), "{text}");
        assert!(text.contains("# tokens, not involved:\n# variable_add bench.soc.npu.tokens."));
        let end = "marker_set mismatch 1000\nzoom_fit\nzoom_in\nzoom_in\nzoom_in\nzoom_in\n\
                   cursor_set 1000\n";
        assert!(text.ends_with(end), "{text}");
        let mapping = files.iter().find(|file| file.path == ".surfer/mappings/divide_state");
        let text = "Name = divide_state\nBits = 2\n0 IDLE\n1 BUSY\n";
        assert_eq!(mapping.map(|file| file.text.as_str()), Some(text));
    }
}
