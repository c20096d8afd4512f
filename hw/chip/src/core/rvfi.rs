//! The retire port.

use systole_hdl::prelude::*;

/// Registered retire port: riscv-formal's names and the extensions of `docs/soc.md`.
///
/// One channel. The inputs describe the instruction that retires or traps in this cycle
/// (`finished`); the port shows it in the next one. Fields that do not apply are 0. An AMO is both
/// load and store.
pub fn rvfi(user_mode: bool) -> Module {
    module("core_rvfi", |m| {
        m.doc("Retire port: one record for every instruction that retires or traps.");
        m.section("Instruction");
        let event = m.input("finished", Bit);
        let port = Port { m, event };
        let trap = m.input("trap", Bit);
        let interrupt_entry = m.input("interrupt_entry", Bit).doc("first of a handler");
        let executed = (!trap).named("executed");
        let order = m.input("order", U(64)).doc("instructions that finished before");
        let valid = m.output_reg("rvfi_valid", Bit).reset(0);
        m.clocked(|| valid.set(event));
        port.show("order", order);
        let instruction = m.input("instruction", U(32));
        port.show("insn", instruction);
        port.show("trap", trap);
        port.show("intr", interrupt_entry);
        m.output("rvfi_halt", lit(0, Bit));
        if user_mode {
            let user = m.input("user", Bit).doc("it executed in U mode");
            port.show("mode", (!user).repeat(2));
        } else {
            m.output("rvfi_mode", lit(3, U(2)));
        }
        m.output("rvfi_ixl", lit(1, U(2)));

        m.section("Registers");
        for source in ["rs1", "rs2"] {
            let register = m.input(source, U(5));
            let value = m.input(format!("{source}_value"), U(32));
            port.show(&format!("{source}_addr"), register);
            port.show(&format!("{source}_rdata"), value);
        }
        let rd = m.input("rd", U(5));
        let rd_value = m.input("rd_value", U(32));
        let rd_written = (executed & rd.any()).named("rd_written");
        port.show("rd_addr", rd & executed.repeat(5));
        port.show("rd_wdata", rd_value & rd_written.repeat(32));

        m.section("Program counter");
        let pc = m.input("pc", U(32));
        let pc_next = m.input("pc_next", U(32));
        port.show("pc_rdata", pc);
        port.show("pc_wdata", pc_next);

        memory(&port, executed);

        m.section("Traps and CSRs");
        traps_and_csrs(&port, trap, interrupt_entry, executed);
    })
}

/// The port's registers.
struct Port {
    m: M,
    event: Signal,
}

impl Port {
    /// A field of the port, taken over when an instruction retires or traps.
    fn show(&self, name: &str, value: Signal) {
        let field = self.m.output_reg(format!("rvfi_{name}"), value.ty());
        self.m.clocked(|| {
            when(self.event, || field.set(value));
        });
    }
}

/// The data access; bytes outside the masks read 0.
fn memory(port: &Port, executed: Signal) {
    let m = port.m;
    m.section("Memory");
    let address = m.input("address", U(32));
    let is_load = m.input("is_load", Bit);
    let is_store = m.input("is_store", Bit);
    let lanes = m.input("lanes", U(4)).doc("bytes accessed");
    let load_word = m.input("load_word", U(32)).doc("as on the bus");
    let store_word = m.input("store_word", U(32)).doc("as on the bus");
    let loaded = (is_load & executed).named("loaded");
    let stored = (is_store & executed).named("stored");
    let accessed = (loaded | stored).named("accessed");
    let rmask = (lanes & loaded.repeat(4)).named("rmask");
    let wmask = (lanes & stored.repeat(4)).named("wmask");
    let word_address = cat(&[address.bits(31, 2), lit(0, U(2))]).named("word_address");
    port.show("mem_addr", word_address & accessed.repeat(32));
    port.show("mem_rmask", rmask);
    port.show("mem_wmask", wmask);
    port.show("mem_rdata", load_word & byte_mask(rmask).named("rdata_mask"));
    port.show("mem_wdata", store_word & byte_mask(wmask).named("wdata_mask"));
    address.bits(1, 0).unused();
}

/// Eight mask bits for each of four byte enables.
fn byte_mask(enables: Signal) -> Signal {
    let bytes: Vec<Signal> = (0..4).rev().map(|byte| enables.bit(byte).repeat(8)).collect();
    cat(&bytes)
}

/// Causes, interrupt lines and CSR writes.
fn traps_and_csrs(port: &Port, trap: Signal, interrupt_entry: Signal, executed: Signal) {
    let m = port.m;
    let trap_code = m.input("trap_code", U(4));
    let trap_value = m.input("trap_value", U(32));
    let mcause = m.input("mcause", U(32)).doc("before this instruction");
    let interrupt_cause = (mcause & interrupt_entry.repeat(32)).named("interrupt_cause");
    port.show("cause", trap.mux(trap_code.ext(32), interrupt_cause));
    port.show("tval", trap_value & trap.repeat(32));

    let mip = m.input("mip", U(3)).doc("{MEIP, MTIP, MSIP}");
    let zeros = |count| lit(0, U(count));
    let mip_word = [zeros(20), mip.bit(2), zeros(3), mip.bit(1), zeros(3), mip.bit(0), zeros(3)];
    port.show("mip", cat(&mip_word));

    let csr_writes = m.input("csr_writes", Bit);
    let csr_number = m.input("csr_number", U(12));
    let csr_value = m.input("csr_value", U(32)).doc("after WARL");
    let csr_written = (csr_writes & executed).named("csr_written");
    port.show("csr_valid", csr_written);
    port.show("csr_addr", csr_number & csr_written.repeat(12));
    port.show("csr_wdata", csr_value & csr_written.repeat(32));
    let mstatus = m.input("mstatus", U(32)).doc("after this instruction");
    port.show("mstatus", mstatus);
}

/// Outputs of the retire port.
pub const PORT: [&str; 28] = [
    "rvfi_valid",
    "rvfi_order",
    "rvfi_insn",
    "rvfi_trap",
    "rvfi_halt",
    "rvfi_intr",
    "rvfi_mode",
    "rvfi_ixl",
    "rvfi_rs1_addr",
    "rvfi_rs2_addr",
    "rvfi_rs1_rdata",
    "rvfi_rs2_rdata",
    "rvfi_rd_addr",
    "rvfi_rd_wdata",
    "rvfi_pc_rdata",
    "rvfi_pc_wdata",
    "rvfi_mem_addr",
    "rvfi_mem_rmask",
    "rvfi_mem_wmask",
    "rvfi_mem_rdata",
    "rvfi_mem_wdata",
    "rvfi_cause",
    "rvfi_tval",
    "rvfi_mip",
    "rvfi_csr_valid",
    "rvfi_csr_addr",
    "rvfi_csr_wdata",
    "rvfi_mstatus",
];
