//! The A extension: what an AMO computes, how it accesses memory, and the reservation.

use systole_hdl::prelude::*;

use super::encoding::atomic;

/// What an AMO stores. Combinational.
pub fn amo_alu() -> Module {
    module("core_amo_alu", |m| {
        m.doc("What an AMO stores.");
        let funct5 = m.input("funct5", U(5)).doc("instruction[31:27]");
        let memory = m.input("memory", U(32)).doc("the word that was read");
        let operand = m.input("operand", U(32)).doc("rs2");
        let result = m.output_wire("result", U(32));

        let function = |name: &str, value: u64| m.constant(name, value, U(5));
        let add = function("ADD", atomic::ADD);
        let xor = function("XOR", atomic::XOR);
        let and = function("AND", atomic::AND);
        let or = function("OR", atomic::OR);
        let min = function("MIN", atomic::MIN);
        let max = function("MAX", atomic::MAX);
        let minu = function("MINU", atomic::MINU);
        let maxu = function("MAXU", atomic::MAXU);

        m.section("Compare");
        // With the sign bits inverted, signed numbers have the order of unsigned ones.
        let is_signed = (!funct5.bit(3)).named("is_signed");
        let biased = |name: &str, word: Signal| {
            cat(&[word.bit(31) ^ is_signed, word.bits(30, 0)]).named(name)
        };
        let memory_less = biased("memory_biased", memory).lt(biased("operand_biased", operand));
        let take_greater = funct5.bit(2);
        let keep_memory = (memory_less ^ take_greater).named("keep_memory");

        m.section("Result");
        m.comb(|| {
            switch(funct5, |s| {
                s.case(add, || result.set(memory + operand));
                s.case(xor, || result.set(memory ^ operand));
                s.case(and, || result.set(memory & operand));
                s.case(or, || result.set(memory | operand));
                s.cases(&[min, max, minu, maxu], || {
                    result.set(keep_memory.mux(memory, operand));
                });
                // SWAP.
                s.default(|| result.set(operand));
            });
        });
    })
}

/// AMOs in writeback, and the reservation of LR and SC.
///
/// **AMO.** Execute requests the read as for a load. From then on, while the AMO stands in
/// writeback (`is_amo`, with `funct5` and `operand` stable), `waiting` is up until its last
/// response, and the unit makes the write request itself: the pipeline puts `req_valid` and
/// `req_wdata` on the data bus, with the AMO's address and all bytes, in place of execute's
/// request, which must not start while `waiting`. When `waiting` falls, `result` is the value
/// read; `fault` says that one of the two accesses failed (store access fault). The retire port
/// shows `result` as read and `req_wdata` as written.
///
/// **Reservation.** `lr_request` is the transfer of LR's read request, `lr_done` its response.
/// LR, like any load, takes `result` from the bus. Execute lets SC access memory when
/// `sc_allowed`, which compares `sc_address`; while an LR or SC is in writeback, execute must
/// hold a SC back, for what it does to the reservation is seen one cycle later. A `sc_request`
/// that has to wait for the bus stays allowed until it is taken, as a request must.
pub fn atomic_unit() -> Module {
    module("core_atomic", |m| {
        m.doc("AMOs in writeback, and the reservation of LR and SC.");
        amo(m);
        reservation(m);
    })
}

/// The state machine of an AMO: read, compute, write, response.
fn amo(m: M) {
    m.section("AMO");
    let is_amo = m.input("is_amo", Bit).doc("an AMO whose read was requested is in writeback");
    let funct5 = m.input("funct5", U(5)).doc("instruction[31:27]");
    let operand = m.input("operand", U(32)).doc("rs2");
    let req_ready = m.input("req_ready", Bit).doc("the bus takes the write");
    let rsp_valid = m.input("rsp_valid", Bit);
    let rsp_rdata = m.input("rsp_rdata", U(32));
    let rsp_error = m.input("rsp_error", Bit);
    let read = m.constant("READ", 0, U(2));
    let compute = m.constant("COMPUTE", 1, U(2));
    let write = m.constant("WRITE", 2, U(2));
    let respond = m.constant("RESPOND", 3, U(2));
    let state = m.reg("state", U(2)).reset(0).doc("what an AMO does in this cycle");
    let old_value = m.reg("old_value", U(32));
    let new_value = m.reg("new_value", U(32));
    let alu = m
        .instance("alu", &amo_alu())
        .pin("funct5", funct5)
        .pin("memory", old_value)
        .pin("operand", operand);

    let is_reading = state.eq(read).named("is_reading");
    let read_done = (is_amo & is_reading & rsp_valid).named("read_done");
    let write_done = (state.eq(respond) & rsp_valid).named("write_done");
    m.clocked(|| {
        switch(state, |s| {
            s.case(read, || {
                when(read_done & !rsp_error, || state.set(compute));
            });
            s.case(compute, || state.set(write));
            s.case(write, || {
                when(req_ready, || state.set(respond));
            });
            s.default(|| {
                when(rsp_valid, || state.set(read));
            });
        });
        when(read_done, || old_value.set(rsp_rdata));
        when(state.eq(compute), || new_value.set(alu.out("result")));
    });
    let fault = ((read_done | write_done) & rsp_error).named("access_failed");
    m.output("waiting", is_amo & !write_done & !fault).doc("the AMO has not finished");
    m.output("fault", fault).doc("it finishes with a store access fault");
    m.output("result", old_value).doc("for rd: the word that was read");
    m.output("req_valid", state.eq(write)).doc("a write of the whole word");
    m.output("req_wdata", new_value);
}

/// The reservation: LR sets it; SC, traps and writes of others clear it.
fn reservation(m: M) {
    m.section("Reservation");
    let lr_request = m.input("lr_request", Bit).doc("the bus takes the read of an LR");
    let lr_done = m.input("lr_done", Bit).doc("LR in writeback has its word");
    let address = m.input("address", U(32)).doc("of the access in writeback");
    let sc_address = m.input("sc_address", U(32)).doc("of the SC in execute");
    let sc_request = m.input("sc_request", Bit).doc("its write request is valid");
    let sc_ready = m.input("sc_ready", Bit).doc("the bus takes it");
    let sc_done = m.input("sc_done", Bit).doc("a SC completes, whether it stored or not");
    let trap = m.input("trap", Bit).doc("an exception or interrupt is taken");
    let kill = m.input("reservation_kill", Bit).doc("another master may be writing");
    let reserved = m.reg("reserved", Bit).reset(0);
    let reserved_word = m.reg("reserved_word", U(30));
    let overtaken = m.reg("overtaken", Bit).doc("a kill came after the read was requested");
    let sc_waits = m.reg("sc_waits", Bit).reset(0).doc("a SC that may store waits for the bus");
    m.clocked(|| {
        when(lr_request, || overtaken.set(kill)).or_when(kill, || overtaken.set(1));
        when(lr_done, || {
            reserved.set(!overtaken);
            reserved_word.set(address.bits(31, 2));
        });
        when(sc_done | trap | kill, || reserved.set(0));
        sc_waits.set(sc_request & !sc_ready);
    });
    let matches =
        (reserved & reserved_word.eq(sc_address.bits(31, 2))).named("reservation_matches");
    m.output("sc_allowed", matches | sc_waits).doc("the SC in execute may store");
    address.bits(1, 0).unused();
    sc_address.bits(1, 0).unused();
}

/// What execute and writeback say to each other about atomic accesses.
#[derive(Clone, Copy)]
pub struct AtomicControl {
    /// Execute's request is taken by the bus, and is that of an LR.
    pub lr_request: Signal,
    /// A SC in execute: may it store?
    pub sc_allowed: Signal,
    /// Its request is valid.
    pub sc_request: Signal,
    /// Writeback's write request for an AMO.
    pub req_valid: Signal,
    /// And what it writes.
    pub req_wdata: Signal,
}

impl AtomicControl {
    /// Wires, to be driven by the stages.
    pub fn wires(m: M) -> Self {
        let bit = |name: &str| m.wire(name, Bit);
        Self {
            lr_request: bit("lr_request"),
            sc_allowed: bit("sc_allowed"),
            sc_request: bit("sc_request"),
            req_valid: bit("amo_req_valid"),
            req_wdata: m.wire("amo_req_wdata", U(32)),
        }
    }
}
