//! Control and status registers.

mod access;
mod counters;
mod status;
mod traps;
mod words;

use systole_hdl::prelude::*;

use super::encoding::csr;
use super::pmp::pmp_registers;
use crate::config::CoreConfig;
use access::Selector;
pub use access::csr_access;
#[cfg(test)]
pub(super) use access::numbers;
pub use counters::EVENTS;
use counters::counters;
use status::Status;
pub use words::interrupt_word;
use words::misa;

/// The CSRs with their access port, trap entry and return. All state changes happen when the
/// instruction in writeback retires or traps.
///
/// `number` is read; with `write`, if the instruction retires, it is also written, in which case
/// the write replaces what the hardware would do to the same CSR in that cycle. Numbers that do
/// not exist never come here, nor writes to read-only ones; [`csr_access`] sees to that. With
/// `rvfi` it also shows what the instruction leaves behind.
pub fn csr_file(config: &CoreConfig, rvfi: bool) -> Module {
    module("core_csr", |m| {
        m.doc("Control and status registers.");
        let access = Access::inputs(m);
        let retire = m.input("retire", Bit).doc("an instruction retires");
        let mret = m.input("mret", Bit).doc("it is MRET");
        let trap = TrapEntry::inputs(m);

        m.section("Value to write");
        let read_value = m.output_wire("read_value", U(32));
        let write = Write {
            enable: (access.write & retire).named("csr_write"),
            value: access.written_value(m, read_value),
            selector: Selector::new(config, access.number),
        };
        let mut rows = Rows { rvfi, rows: Vec::new() };

        m.section("Status, trap entry and return");
        let status = Status::registers(m, config);
        let mret_restore = (mret & retire).named("mret_restore");
        status.build(m, config, &mut rows, &trap, mret_restore, &write);
        status.outputs(m);
        traps::trap_record(m, config, &mut rows, &trap, &write);

        m.section("Registers that only software writes");
        traps::plain(m, &mut rows, &trap, &write);
        let misa = lit(misa(config), U(32));
        rows.add(write.selector.select("misa", csr::MISA), misa, misa);

        m.section("Counters");
        counters(m, config, &mut rows, retire, &write);
        if config.pmp_regions > 0 {
            protection(m, config, &mut rows, access.number, &write);
        }

        m.section("Read");
        read_value.drive(rows.select(|row| row.read));
        if rvfi {
            let legal = m.output_wire("written_legal", U(32)).doc("what the CSR holds after it");
            legal.drive(rows.select(|row| row.legal));
        }
    })
}

/// Physical memory protection, which has its registers in a module of its own.
fn protection(m: M, config: &CoreConfig, rows: &mut Rows, number: Signal, write: &Write) {
    m.section("Physical memory protection");
    let registers = m
        .instance("protection", &pmp_registers(config.pmp_regions))
        .pin("number", number)
        .pin("write", write.enable)
        .pin("value", write.value);
    let numbers: Vec<u32> = (0..4).map(|i| csr::PMPCFG0 + i).collect();
    let addresses = (0..16).map(|i| csr::PMPADDR0 + i);
    let numbers: Vec<u32> = numbers.into_iter().chain(addresses).collect();
    let select = write.selector.select_any("pmp", &numbers);
    let legal = match rows.rvfi {
        true => registers.out("written_legal"),
        false => {
            registers.unused("written_legal");
            write.value
        }
    };
    rows.add(select, registers.out("read_value"), legal);
    m.output("pmp_configuration", registers.out("configuration"));
}

/// The access port.
struct Access {
    number: Signal,
    operation: Signal,
    operand: Signal,
    write: Signal,
}

impl Access {
    fn inputs(m: M) -> Self {
        Self {
            number: m.input("number", U(12)),
            operation: m.input("operation", U(2)).doc("funct3[1:0]: write, set, clear"),
            operand: m.input("operand", U(32)).doc("rs1 or uimm"),
            write: m.input("write", Bit).doc("a CSR instruction that writes"),
        }
    }

    /// What the instruction writes, before the CSR makes it legal.
    fn written_value(&self, m: M, read_value: Signal) -> Signal {
        let set = m.constant("SET", 2, U(2));
        let clear = m.constant("CLEAR", 3, U(2));
        let written = m.wire("written", U(32));
        m.comb(|| {
            switch(self.operation, |s| {
                s.case(set, || written.set(read_value | self.operand));
                s.case(clear, || written.set(read_value & !self.operand));
                s.default(|| written.set(self.operand));
            });
        });
        written
    }
}

/// A write by the instruction in writeback.
struct Write {
    enable: Signal,
    value: Signal,
    selector: Selector,
}

/// What trap entry records.
struct TrapEntry {
    enter: Signal,
    interrupt: Signal,
    code: Signal,
    value: Signal,
    pc: Signal,
}

impl TrapEntry {
    fn inputs(m: M) -> Self {
        Self {
            enter: m.input("trap_enter", Bit),
            interrupt: m.input("trap_interrupt", Bit),
            code: m.input("trap_code", U(4)),
            value: m.input("trap_value", U(32)).doc("mtval, unless it is an interrupt"),
            pc: m.input("trap_pc", U(32)),
        }
    }
}

/// A CSR that does not always read 0.
struct Row {
    select: Signal,
    read: Signal,
    /// What it holds after a write, for the retire port.
    legal: Signal,
}

/// All of them.
struct Rows {
    /// There is a retire port.
    rvfi: bool,
    rows: Vec<Row>,
}

impl Rows {
    fn add(&mut self, select: Signal, read: Signal, legal: Signal) {
        self.rows.push(Row { select, read, legal });
    }

    /// One field of the selected one.
    fn select(&self, field: impl Fn(&Row) -> Signal) -> Signal {
        let rows: Vec<_> = self.rows.iter().map(|row| (row.select, field(row))).collect();
        one_hot_select(&rows)
    }
}
