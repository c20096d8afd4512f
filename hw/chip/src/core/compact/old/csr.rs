//! Control and status registers.

use systole_hdl::prelude::*;

use super::encoding::csr;

/// Read value with MXL = 1 (32 bits), I and M.
const MISA: u64 = 0x4000_1100;

/// The CSRs with their access port, trap entry and return. All state changes happen when the
/// instruction in writeback retires or traps.
///
/// `access` reads; with `write` it also writes, in which case the write replaces what the
/// hardware would do to the same CSR in that cycle. Numbers that do not exist never come here.
/// With `rvfi` it also shows what the instruction leaves behind.
pub fn csr_file(rvfi: bool) -> Module {
    module("core_csr", |m| {
        m.doc("Control and status registers of machine mode.");
        let numbers = Numbers::constants(m);
        let access = Access::inputs(m);
        let retire = m.input("retire", Bit).doc("an instruction retires");
        let pair = m.input("pair", Bit).doc("two of them");
        let mret = m.input("mret", Bit).doc("it is MRET");
        let trap = TrapEntry::inputs(m);
        let mip_bits = m.input("mip_bits", U(3)).doc("{MEIP, MTIP, MSIP}");

        m.section("Registers");
        let state = State::registers(m);
        let mie = interrupt_word(state.mie).named("mie");
        let mip = interrupt_word(mip_bits).named("mip");
        let mstatus = mstatus_word(state.mstatus_mie, state.mstatus_mpie).named("mstatus");

        m.section("Read");
        let read_value = m.output_wire("read_value", U(32));
        let readable = [
            (numbers.mstatus, mstatus),
            (numbers.misa, lit(MISA, U(32))),
            (numbers.mie, mie),
            (numbers.mip, mip),
            (numbers.mtvec, mtvec_word(state.mtvec_base, state.mtvec_vectored)),
            (numbers.mcountinhibit, inhibit_word(state.inhibit_minstret, state.inhibit_mcycle)),
            (numbers.mscratch, state.mscratch),
            (numbers.mepc, mepc_word(state.mepc)),
            (numbers.mcause, state.mcause),
            (numbers.mtval, state.mtval),
            (numbers.mcycle, state.mcycle.bits(31, 0)),
            (numbers.mcycleh, state.mcycle.bits(63, 32)),
            (numbers.minstret, state.minstret.bits(31, 0)),
            (numbers.minstreth, state.minstret.bits(63, 32)),
        ];
        m.comb(|| {
            switch(access.number, |s| {
                for &(number, value) in &readable {
                    s.case(number, || read_value.set(value));
                }
                s.default(|| read_value.set(0));
            });
        });

        m.section("Value to write");
        let write = Write {
            enable: (access.write & retire).named("csr_write"),
            number: access.number,
            value: access.written_value(m, read_value),
        };

        m.section("Trap entry and return");
        let mret_restore = (mret & retire).named("mret_restore");
        let mstatus_next = status(m, &state, &numbers, &trap, mret_restore, &write);
        trap_record(m, &state, &numbers, &trap, &write);

        m.section("Registers that only software writes");
        plain_registers(m, &state, &numbers, &write);

        m.section("Counters");
        counters(m, &state, &numbers, [retire, pair], &write);

        m.section("Trap vector");
        trap_vector(m, &state, &trap);
        m.output("mepc", mepc_word(state.mepc));
        m.output("mie_bits", state.mie);
        m.output("mstatus_mie", state.mstatus_mie);

        if rvfi {
            m.section("Retire port");
            m.output("mcause", state.mcause);
            m.output("mstatus_next", mstatus_next);
            m.output("mstatus_before", mstatus);
            legal_value(m, &numbers, &write, mip);
        }
    })
}

/// CSR numbers as named constants.
struct Numbers {
    mstatus: Signal,
    misa: Signal,
    mie: Signal,
    mtvec: Signal,
    mcountinhibit: Signal,
    mscratch: Signal,
    mepc: Signal,
    mcause: Signal,
    mtval: Signal,
    mip: Signal,
    mcycle: Signal,
    minstret: Signal,
    mcycleh: Signal,
    minstreth: Signal,
}

impl Numbers {
    fn constants(m: M) -> Self {
        let number = |name: &str, value: u64| m.constant(name, value, U(12));
        Self {
            mstatus: number("MSTATUS", csr::MSTATUS),
            misa: number("MISA", csr::MISA),
            mie: number("MIE", csr::MIE),
            mtvec: number("MTVEC", csr::MTVEC),
            mcountinhibit: number("MCOUNTINHIBIT", csr::MCOUNTINHIBIT),
            mscratch: number("MSCRATCH", csr::MSCRATCH),
            mepc: number("MEPC", csr::MEPC),
            mcause: number("MCAUSE", csr::MCAUSE),
            mtval: number("MTVAL", csr::MTVAL),
            mip: number("MIP", csr::MIP),
            mcycle: number("MCYCLE", csr::MCYCLE),
            minstret: number("MINSTRET", csr::MINSTRET),
            mcycleh: number("MCYCLEH", csr::MCYCLEH),
            minstreth: number("MINSTRETH", csr::MINSTRETH),
        }
    }
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
    number: Signal,
    value: Signal,
}

impl Write {
    /// Whether it goes to this CSR.
    fn to(&self, number: Signal) -> Signal {
        self.enable & self.number.eq(number)
    }
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
            value: m.input("trap_value", U(32)).doc("mtval"),
            pc: m.input("trap_pc", U(32)),
        }
    }
}

/// The registers themselves, without bits that are always 0.
struct State {
    mstatus_mie: Signal,
    mstatus_mpie: Signal,
    mie: Signal,
    mtvec_base: Signal,
    mtvec_vectored: Signal,
    inhibit_mcycle: Signal,
    inhibit_minstret: Signal,
    mscratch: Signal,
    mepc: Signal,
    mcause: Signal,
    mtval: Signal,
    mcycle: Signal,
    minstret: Signal,
}

impl State {
    fn registers(m: M) -> Self {
        let register = |name: &str, ty: Ty| m.reg(name, ty).reset(0);
        Self {
            mstatus_mie: register("mstatus_mie_bit", Bit),
            mstatus_mpie: register("mstatus_mpie_bit", Bit),
            mie: register("mie_enables", U(3)).doc("{MEIE, MTIE, MSIE}"),
            mtvec_base: register("mtvec_base", U(30)),
            mtvec_vectored: register("mtvec_vectored", Bit),
            inhibit_mcycle: register("inhibit_mcycle", Bit),
            inhibit_minstret: register("inhibit_minstret", Bit),
            mscratch: register("mscratch", U(32)),
            mepc: register("mepc_word", U(30)),
            mcause: register("mcause_word", U(32)),
            mtval: register("mtval", U(32)),
            mcycle: register("mcycle_count", U(64)),
            minstret: register("minstret_count", U(64)),
        }
    }
}

/// MIE, MPIE, and MPP, which is always machine mode.
fn mstatus_word(mie: Signal, mpie: Signal) -> Signal {
    cat(&[lit(0x18, U(24)), mpie, lit(0, U(3)), mie, lit(0, U(3))])
}

/// `{external, timer, software}` at their places in `mie` and `mip`.
fn interrupt_word(bits: Signal) -> Signal {
    let zeros = |count| lit(0, U(count));
    cat(&[zeros(20), bits.bit(2), zeros(3), bits.bit(1), zeros(3), bits.bit(0), zeros(3)])
}

fn mtvec_word(base: Signal, vectored: Signal) -> Signal {
    cat(&[base, lit(0, Bit), vectored])
}

fn mepc_word(word: Signal) -> Signal {
    cat(&[word, lit(0, U(2))])
}

fn inhibit_word(minstret: Signal, mcycle: Signal) -> Signal {
    cat(&[lit(0, U(29)), minstret, lit(0, Bit), mcycle])
}

/// The interrupt enables in a written word.
fn interrupt_bits(written: Signal) -> Signal {
    cat(&[written.bit(11), written.bit(7), written.bit(3)])
}

/// MODE of a written `mtvec`: only 1 is vectored.
fn vectored_bit(written: Signal) -> Signal {
    written.bits(1, 0).eq(1)
}

/// `mstatus`. Trap entry and a write never meet: an instruction that traps does not retire.
/// Returns the whole word after the instruction.
fn status(
    m: M,
    state: &State,
    numbers: &Numbers,
    trap: &TrapEntry,
    mret_restore: Signal,
    write: &Write,
) -> Signal {
    let mstatus_mie_next = m.wire("mstatus_mie_next", Bit);
    let mstatus_mpie_next = m.wire("mstatus_mpie_next", Bit);
    let write_mstatus = write.to(numbers.mstatus).named("write_mstatus");
    m.comb(|| {
        mstatus_mie_next.set(state.mstatus_mie);
        mstatus_mpie_next.set(state.mstatus_mpie);
        when(trap.enter, || {
            mstatus_mie_next.set(0);
            mstatus_mpie_next.set(state.mstatus_mie);
        })
        .or_when(mret_restore, || {
            mstatus_mie_next.set(state.mstatus_mpie);
            mstatus_mpie_next.set(1);
        })
        .or_when(write_mstatus, || {
            mstatus_mie_next.set(write.value.bit(3));
            mstatus_mpie_next.set(write.value.bit(7));
        });
    });
    m.clocked(|| {
        state.mstatus_mie.set(mstatus_mie_next);
        state.mstatus_mpie.set(mstatus_mpie_next);
    });
    mstatus_word(mstatus_mie_next, mstatus_mpie_next)
}

/// `mepc`, `mcause` and `mtval`: set by trap entry, or written.
fn trap_record(m: M, state: &State, numbers: &Numbers, trap: &TrapEntry, write: &Write) {
    let trap_cause = cat(&[trap.interrupt, lit(0, U(27)), trap.code]).named("trap_cause");
    m.clocked(|| {
        when(trap.enter, || {
            state.mepc.set(trap.pc.bits(31, 2));
            state.mcause.set(trap_cause);
            state.mtval.set(trap.value);
        })
        .or_when(write.enable, || {
            switch(write.number, |s| {
                s.case(numbers.mepc, || state.mepc.set(write.value.bits(31, 2)));
                s.case(numbers.mcause, || state.mcause.set(write.value));
                s.case(numbers.mtval, || state.mtval.set(write.value));
                s.default(|| {});
            });
        });
    });
    trap.pc.bits(1, 0).unused();
}

/// The CSRs that only software writes.
fn plain_registers(m: M, state: &State, numbers: &Numbers, write: &Write) {
    let value = write.value;
    m.clocked(|| {
        when(write.enable, || {
            switch(write.number, |s| {
                s.case(numbers.mie, || state.mie.set(interrupt_bits(value)));
                s.case(numbers.mtvec, || {
                    state.mtvec_base.set(value.bits(31, 2));
                    state.mtvec_vectored.set(vectored_bit(value));
                });
                s.case(numbers.mscratch, || state.mscratch.set(value));
                s.case(numbers.mcountinhibit, || {
                    state.inhibit_mcycle.set(value.bit(0));
                    state.inhibit_minstret.set(value.bit(2));
                });
                s.default(|| {});
            });
        });
    });
}

/// `mcycle` and `minstret`. A write to either half replaces the increment of the whole counter.
fn counters(m: M, state: &State, numbers: &Numbers, [retire, pair]: [Signal; 2], write: &Write) {
    let mcycle_increment = (!state.inhibit_mcycle).named("mcycle_increment");
    let minstret_increment = (retire & !state.inhibit_minstret).named("minstret_increment");
    let step = cat(&[lit(0, U(62)), pair, !pair]).named("minstret_step");
    for (counter, increment, step, low, high) in [
        (state.mcycle, mcycle_increment, lit(1, U(64)), numbers.mcycle, numbers.mcycleh),
        (state.minstret, minstret_increment, step, numbers.minstret, numbers.minstreth),
    ] {
        m.clocked(|| {
            when(write.to(low), || {
                counter.set(cat(&[counter.bits(63, 32), write.value]));
            })
            .or_when(write.to(high), || {
                counter.set(cat(&[write.value, counter.bits(31, 0)]));
            })
            .or_when(increment, || counter.set(counter + step));
        });
    }
}

/// Where trap entry goes: BASE, or BASE + 4 * code for a vectored interrupt.
fn trap_vector(m: M, state: &State, trap: &TrapEntry) {
    let vectored = (state.mtvec_vectored & trap.interrupt).named("trap_vectored");
    let slot = (trap.code & vectored.repeat(4)).named("vector_slot");
    let vector = (state.mtvec_base + slot.ext(30)).named("vector");
    m.output("trap_vector", cat(&[vector, lit(0, U(2))]));
}

/// What the retire port shows: `mstatus` and the addressed CSR after the instruction.
fn legal_value(m: M, numbers: &Numbers, write: &Write, mip: Signal) {
    let written = write.value;
    let legal = m.output_wire("written_legal", U(32));
    m.comb(|| {
        switch(write.number, |s| {
            s.case(numbers.mstatus, || legal.set(mstatus_word(written.bit(3), written.bit(7))));
            s.case(numbers.misa, || legal.set(MISA));
            s.case(numbers.mie, || legal.set(interrupt_word(interrupt_bits(written))));
            s.case(numbers.mip, || legal.set(mip));
            s.case(numbers.mtvec, || {
                legal.set(mtvec_word(written.bits(31, 2), vectored_bit(written)));
            });
            s.case(numbers.mcountinhibit, || {
                legal.set(inhibit_word(written.bit(2), written.bit(0)));
            });
            s.case(numbers.mepc, || legal.set(mepc_word(written.bits(31, 2))));
            s.cases(
                &[
                    numbers.mscratch,
                    numbers.mcause,
                    numbers.mtval,
                    numbers.mcycle,
                    numbers.mcycleh,
                    numbers.minstret,
                    numbers.minstreth,
                ],
                || legal.set(written),
            );
            s.default(|| legal.set(0));
        });
    });
}
