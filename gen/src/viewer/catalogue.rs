//! The signals that are worth seeing, by the part of the chip.

use super::area::Area;
use super::names;
use super::session::{Color, Format, NameTable};

/// A signal by its path below the top module, and how it is to be shown.
pub(super) type Wanted = (&'static str, Format, Option<Color>);

/// Signals that are added to a wave to explain it.
pub(super) const TEXTS: [(Area, &str); 9] = [
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
pub(super) fn wanted(area: Area, channels: u32) -> Vec<Wanted> {
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
