//! What is worth seeing in a wave of one of our chips.

use super::names;
use super::session::{Color, Format, Group, Marker, NameTable, Shown, ViewerSession, WaveSignal};
use super::states::StateRegister;

/// A part of the chip, which has a group of signals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Area {
    /// What retires.
    Retire,
    /// The stages of the pipeline.
    Pipeline,
    /// Interrupt lines, traps, CSR writes.
    Interrupts,
    /// `ibus` and `dbus`.
    Buses,
    /// Registers, jobs and dispatch of the NPU.
    NpuControl,
    /// LOAD.
    NpuLoad,
    /// EXEC.
    NpuExec,
    /// STORE.
    NpuStore,
    /// Token counters.
    Tokens,
    /// `m_axi`.
    Axi,
}

impl Area {
    /// All, from top to bottom.
    pub const ALL: [Area; 10] = [
        Area::Retire,
        Area::Pipeline,
        Area::Interrupts,
        Area::Buses,
        Area::NpuControl,
        Area::NpuLoad,
        Area::NpuExec,
        Area::NpuStore,
        Area::Tokens,
        Area::Axi,
    ];

    /// Name of its group.
    pub fn name(self) -> &'static str {
        match self {
            Area::Retire => "hart retire",
            Area::Pipeline => "hart pipeline",
            Area::Interrupts => "interrupts and CSRs",
            Area::Buses => "ibus and dbus",
            Area::NpuControl => "npu control",
            Area::NpuLoad => "npu load",
            Area::NpuExec => "npu exec",
            Area::NpuStore => "npu store",
            Area::Tokens => "tokens",
            Area::Axi => "axi",
        }
    }
}

/// What in a wave is of interest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Focus {
    /// Areas that are to be seen at first.
    pub areas: Vec<Area>,
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
        Self { areas, markers: vec![marker], window }
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

/// Finds signals in a wave.
struct Finder<'a> {
    signals: &'a [WaveSignal],
    root: String,
    states: &'a [StateRegister],
}

/// A signal by its path below the top module, and how it is to be shown.
type Wanted = (&'static str, Format, Option<Color>);

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
        texts.chain(wanted).chain(states).collect()
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

/// Signals that are added to a wave to explain it.
const TEXTS: [(Area, &str); 9] = [
    (Area::Retire, "hart.mnemonic"),
    (Area::Retire, "hart.trap"),
    (Area::NpuControl, "npu.job"),
    (Area::NpuLoad, "npu.load"),
    (Area::NpuExec, "npu.exec"),
    (Area::NpuExec, "npu.tile"),
    (Area::NpuStore, "npu.store"),
    (Area::Axi, "dma.read_burst"),
    (Area::Axi, "dma.write_burst"),
];

fn bit(path: &'static str) -> Wanted {
    (path, Format::Binary, None)
}

fn valid(path: &'static str) -> Wanted {
    (path, Format::Binary, Some(Color::Green))
}

fn address(path: &'static str) -> Wanted {
    (path, Format::Hexadecimal, Some(Color::Blue))
}

fn data(path: &'static str) -> Wanted {
    (path, Format::Hexadecimal, Some(Color::Violet))
}

fn number(path: &'static str) -> Wanted {
    (path, Format::Unsigned, None)
}

fn instruction(path: &'static str) -> Wanted {
    (path, Format::Instruction, None)
}

fn named(path: &'static str, table: &str, bits: u32, entries: &[(u32, &str)]) -> Wanted {
    (path, Format::Named(NameTable::new(table, bits, entries)), None)
}

fn cause(path: &'static str) -> Wanted {
    let interrupts = names::INTERRUPTS.map(|(code, name)| (code | names::INTERRUPT, name));
    let mut entries: Vec<(u32, &str)> = names::EXCEPTIONS.into_iter().chain(interrupts).collect();
    // The field is 0 where nothing traps, too.
    entries[0].1 = "none, or instruction address misaligned";
    named(path, "trap_cause", 32, &entries)
}

fn npu_cause(path: &'static str) -> Wanted {
    named(path, "npu_cause", 8, &names::NPU_CAUSES)
}

fn response(path: &'static str) -> Wanted {
    named(path, "axi_response", 2, &names::RESPONSES)
}

fn mode(path: &'static str) -> Wanted {
    named(path, "privilege_mode", 2, &names::MODES)
}

/// What is shown of an area of a chip with a retire port of so many channels. With two, the fields
/// of each are shown where they come from: side by side in one vector nobody can read them.
fn wanted(area: Area, channels: u32) -> Vec<Wanted> {
    match area {
        Area::Retire if channels == 1 => vec![
            bit("clk"),
            valid("rvfi_valid"),
            address("rvfi_pc_rdata"),
            instruction("rvfi_insn"),
            number("rvfi_rd_addr"),
            data("rvfi_rd_wdata"),
            address("rvfi_mem_addr"),
            bit("rvfi_mem_rmask"),
            bit("rvfi_mem_wmask"),
            data("rvfi_mem_rdata"),
            data("rvfi_mem_wdata"),
            bit("rvfi_trap"),
            cause("rvfi_cause"),
        ],
        Area::Retire => vec![
            bit("clk"),
            valid("rvfi_valid"),
            address("hart.rvfi_main.rvfi_pc_rdata"),
            instruction("hart.rvfi_main.rvfi_insn"),
            number("hart.rvfi_main.rvfi_rd_addr"),
            data("hart.rvfi_main.rvfi_rd_wdata"),
            address("hart.rvfi_branch.rvfi_pc_rdata"),
            instruction("hart.rvfi_branch.rvfi_insn"),
            number("hart.rvfi_branch.rvfi_rd_addr"),
            data("hart.rvfi_branch.rvfi_rd_wdata"),
            address("hart.rvfi_main.rvfi_mem_addr"),
            bit("hart.rvfi_main.rvfi_mem_rmask"),
            bit("hart.rvfi_main.rvfi_mem_wmask"),
            data("hart.rvfi_main.rvfi_mem_rdata"),
            data("hart.rvfi_main.rvfi_mem_wdata"),
            bit("rvfi_trap"),
            cause("hart.rvfi_main.rvfi_cause"),
        ],
        Area::Pipeline => pipeline(),
        Area::Interrupts => interrupts(channels),
        Area::Buses => buses(),
        Area::NpuControl => npu_control(),
        Area::NpuLoad => npu_load(),
        Area::NpuExec => npu_exec(),
        Area::NpuStore => npu_store(),
        Area::Tokens => tokens(),
        Area::Axi => axi(),
    }
}

/// Of both pipelines: a wave has the signals of one.
fn pipeline() -> Vec<Wanted> {
    vec![
        valid("hart.decode_valid"),
        address("hart.decode_pc"),
        bit("hart.decode_fire"),
        valid("hart.execute_valid"),
        address("hart.execute_pc"),
        valid("hart.writeback_valid"),
        address("hart.writeback_pc"),
        valid("hart.window_first_valid"),
        address("hart.issue_pc"),
        bit("hart.first_goes"),
        bit("hart.pair_goes"),
        valid("hart.main_operand_valid"),
        address("hart.main_operand_pc"),
        valid("hart.branch_operand_valid"),
        address("hart.branch_operand_pc"),
        valid("hart.main_valid"),
        address("hart.main_pc"),
        valid("hart.branch_valid"),
        address("hart.branch_pc"),
        valid("hart.main_done_valid"),
        address("hart.main_done_pc"),
        valid("hart.branch_done_valid"),
        address("hart.branch_done_pc"),
        bit("hart.execute_fire"),
        bit("hart.writeback_waiting"),
        bit("hart.branch_redirect"),
        bit("hart.flush"),
        address("hart.flush_target"),
    ]
}

fn interrupts(channels: u32) -> Vec<Wanted> {
    let mut wanted = vec![
        bit("npu_interrupt"),
        bit("timer_timer_interrupt"),
        bit("timer_software_interrupt"),
        number("timer_mtime"),
        bit("hart.interrupt_take"),
        bit("rvfi_intr"),
    ];
    if channels == 1 {
        wanted.extend([
            mode("rvfi_mode"),
            data("rvfi_mstatus"),
            bit("rvfi_csr_valid"),
            address("rvfi_csr_addr"),
            data("rvfi_csr_wdata"),
            data("rvfi_tval"),
        ]);
    } else {
        wanted.extend([
            mode("hart.rvfi_main.rvfi_mode"),
            data("hart.rvfi_main.rvfi_mstatus"),
            bit("rvfi_csr_valid"),
            address("hart.rvfi_main.rvfi_csr_addr"),
            data("hart.rvfi_main.rvfi_csr_wdata"),
            data("hart.rvfi_main.rvfi_tval"),
        ]);
    }
    wanted
}

fn buses() -> Vec<Wanted> {
    vec![
        valid("ibus_req_valid"),
        bit("ibus_req_ready"),
        address("ibus_req_address"),
        valid("ibus_rsp_valid"),
        data("ibus_rsp_rdata"),
        bit("ibus_rsp_error"),
        valid("dbus_req_valid"),
        bit("dbus_req_ready"),
        address("dbus_req_address"),
        bit("dbus_req_write"),
        data("dbus_req_wdata"),
        bit("dbus_req_wstrb"),
        valid("dbus_rsp_valid"),
        data("dbus_rsp_rdata"),
        bit("dbus_rsp_error"),
    ]
}

fn npu_control() -> Vec<Wanted> {
    vec![
        bit("npu.registers.doorbell"),
        bit("npu.registers.busy"),
        address("npu.registers.job_address"),
        bit("npu.frontend.dispatching"),
        bit("npu.frontend.draining"),
        number("npu.frontend.index"),
        valid("npu.frontend.at_hand"),
        named("npu.frontend.opcode", "npu_opcode", 4, &names::OPCODES),
        bit("npu.frontend.advance"),
        npu_cause("npu.frontend.found"),
        bit("npu.frontend.drop"),
        bit("npu_job_end"),
        npu_cause("npu_job_cause"),
        number("npu_job_fault_index"),
        address("npu_job_fault_address"),
    ]
}

fn npu_load() -> Vec<Wanted> {
    vec![
        bit("npu.load_gate.waits_for_token"),
        bit("npu.load_gate.take"),
        bit("npu.load_gate.done"),
        valid("npu.load.request_valid"),
        bit("npu.load.request_ready"),
        address("npu.load.request_address"),
        valid("npu.load.load_write_valid"),
        bit("npu.load.load_write_ready"),
        valid("npu.load.parameter_write_valid"),
        valid("npu.load.table_write_valid"),
        number("npu.load.write_row"),
        data("npu.load.write_data"),
        bit("npu.load.error"),
    ]
}

fn npu_exec() -> Vec<Wanted> {
    vec![
        bit("npu.exec_gate.waits_for_token"),
        bit("npu.exec_gate.take"),
        bit("npu.exec_gate.done"),
        bit("npu.compute.exec.waits_for_weights"),
        number("npu.compute.exec.tiles.loaded_tiles"),
        bit("npu.compute.exec.tiles.tile_taken"),
        bit("npu.compute.exec.tiles.tile_streamed"),
        valid("npu.compute.exec.activation_valid"),
        number("npu.compute.exec.activation_row"),
        valid("npu.compute.exec.wave_valid"),
        number("npu.compute.exec.wave_row"),
        bit("npu.compute.exec.wave_overwrite"),
        bit("npu.compute.exec.wave_last"),
    ]
}

fn npu_store() -> Vec<Wanted> {
    vec![
        bit("npu.store_gate.waits_for_token"),
        bit("npu.store_gate.take"),
        bit("npu.store_gate.done"),
        valid("npu.store.accumulator_valid"),
        number("npu.store.accumulator_row"),
        valid("npu.store.scratchpad_valid"),
        number("npu.store.scratchpad_row"),
        valid("npu.store.requantiser_valid"),
        bit("npu.store.requantiser_ready"),
        valid("npu.store.requantised_valid"),
        data("npu.store.requantised"),
        valid("npu.store.result_write_valid"),
        number("npu.store.result_write_row"),
        data("npu.store.result_write_data"),
        bit("npu.store.error"),
    ]
}

fn tokens() -> Vec<Wanted> {
    vec![
        number("npu.tokens.load_to_exec"),
        number("npu.tokens.load_to_store"),
        number("npu.tokens.exec_to_load"),
        number("npu.tokens.exec_to_store"),
        number("npu.tokens.store_to_load"),
        number("npu.tokens.store_to_exec"),
    ]
}

fn axi() -> Vec<Wanted> {
    vec![
        valid("m_axi_arvalid"),
        bit("m_axi_arready"),
        address("m_axi_araddr"),
        number("m_axi_arlen"),
        valid("m_axi_rvalid"),
        bit("m_axi_rready"),
        data("m_axi_rdata"),
        response("m_axi_rresp"),
        bit("m_axi_rlast"),
        valid("m_axi_awvalid"),
        bit("m_axi_awready"),
        address("m_axi_awaddr"),
        number("m_axi_awlen"),
        valid("m_axi_wvalid"),
        bit("m_axi_wready"),
        data("m_axi_wdata"),
        bit("m_axi_wstrb"),
        bit("m_axi_wlast"),
        valid("m_axi_bvalid"),
        bit("m_axi_bready"),
        response("m_axi_bresp"),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::{gtkwave, surfer};
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
        // 200 ns on 1000 pixels: 40 ticks are 200 pixels.
        assert!(text.contains("\n*-5.321928 1000 1000 -1"), "{text}");
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
