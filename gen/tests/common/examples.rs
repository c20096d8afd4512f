//! Small modules that between them use every construct of the printer.

use systole_hdl::prelude::*;

/// Every example by name.
pub fn all() -> Vec<Module> {
    vec![pe(), register_file(), fifo(8, 4), byte_ram(), sequencer(), arithmetic()]
}

/// A multiply-accumulate cell and its properties.
pub fn pe() -> Module {
    module("pe", |m| {
        m.doc("Weight-stationary multiply-accumulate cell.");
        let enable = m.input("enable", Bit);
        let load = m.input("load", Bit).doc("takes the weight");
        let a_in = m.input("a_in", S(8));
        let b_in = m.input("b_in", S(8));
        let psum_in = m.input("psum_in", S(32));
        let a_out = m.output_reg("a_out", S(8));
        let psum_out = m.output_reg("psum_out", S(32));
        let weight = m.reg("weight", S(8)).reset(0);
        let product = (a_in * weight).named("product");
        m.clocked(|| {
            when(load, || weight.set(b_in));
            when(enable, || {
                a_out.set(a_in);
                psum_out.set(psum_in + product.ext(32));
            });
        });
        m.check("load_while_busy", !(enable & load));
        m.cover("reload", load & weight.ne(0));
    })
}

/// Two asynchronous read ports, one write port; register 0 reads zero.
pub fn register_file() -> Module {
    module("register_file", |m| {
        let x = m.memory("x", 32, U(32)).style(RamStyle::Distributed).doc("x[0] is never read");
        let write = m.input("write", Bit);
        let write_address = m.input("write_address", U(5));
        let write_data = m.input("write_data", U(32));
        for port in ["rs1", "rs2"] {
            let address = m.input(format!("{port}_address"), U(5));
            m.output(format!("{port}_data"), address.eq(0).mux(0, x.read(address)));
        }
        m.clocked(|| {
            when(write, || x.write(write_address, write_data));
        });
    })
}

/// A queue with valid and ready on both sides.
pub fn fifo(width: u32, depth: u32) -> Module {
    module("fifo", |m| {
        m.doc("First in, first out; `in_ready` does not depend on `out_ready`.");
        m.port_attribute("clk", "X_INTERFACE_INFO", "xilinx.com:signal:clock:1.0 clk CLK");
        m.port_attribute("clk", "X_INTERFACE_PARAMETER", "ASSOCIATED_RESET rst");
        m.port_attribute("out_data", "mark_debug", "true");
        let bits = address_width(depth);
        let in_valid = m.input("in_valid", Bit);
        let in_data = m.input("in_data", U(width));
        let out_ready = m.input("out_ready", Bit);
        let words = m.memory("words", depth, U(width)).style(RamStyle::Distributed);
        let head = m.reg("head", U(bits)).reset(0).doc("next to leave");
        let tail = m.reg("tail", U(bits)).reset(0).doc("next free");
        let level = m.reg("level", U(bits + 1)).reset(0);

        m.section("Handshake");
        let in_ready = m.output("in_ready", level.ne(u64::from(depth)));
        let out_valid = m.output("out_valid", level.ne(0));
        m.output("out_data", words.read(head));
        let push = (in_valid & in_ready).named("push");
        let pop = (out_valid & out_ready).named("pop");

        m.section("State");
        m.clocked(|| {
            when(push, || {
                words.write(tail, in_data);
                tail.set(tail + 1);
            });
            when(pop, || head.set(head + 1));
            when(push & !pop, || level.set(level + 1))
                .or_when(pop & !push, || level.set(level - 1));
        });
        m.check("never_overflows", level.le(u64::from(depth)));
    })
}

/// Block RAM with byte enables and a read port.
pub fn byte_ram() -> Module {
    module("byte_ram", |m| {
        let ram = m.memory("ram", 1024, U(32)).style(RamStyle::Block).init_file("ram.hex");
        let address = m.input("address", U(10));
        let write = m.input("write", Bit);
        let strobe = m.input("strobe", U(4));
        let wdata = m.input("wdata", U(32));
        let rdata = ram.read_sync("rdata", address, !write);
        m.clocked(|| {
            when(write, || ram.write_bytes(address, wdata, strobe));
        });
        m.output("data", rdata);
    })
}

/// A state machine: constants, `case`, a combinational block, instances.
pub fn sequencer() -> Module {
    let fifo = fifo(8, 4);
    module("sequencer", |m| {
        let idle = m.constant("IDLE", 0, U(2));
        let run = m.constant("RUN", 1, U(2));
        let drain = m.constant("DRAIN", 2, U(2));
        let start = m.input("start", Bit);
        let data = m.input("data", U(12));
        let state = m.reg("state", U(2)).reset(0);
        let count = m.reg("count", U(4));
        let accept = m.wire("accept", Bit);
        let next = m.wire("next", U(2));
        let queue = m
            .instance("queue", &fifo)
            .pin("in_valid", state.eq(run))
            .pin("in_data", data.bits(7, 0))
            .pin("out_ready", accept);
        data.bits(11, 8).unused();
        let done = (count.eq(0) & !queue.out("out_valid")).named("done");
        m.comb(|| {
            next.set(state);
            accept.set(0);
            switch(state, |s| {
                s.case(idle, || {
                    when(start, || next.set(run));
                });
                s.case(run, || {
                    when(count.eq(9), || next.set(drain));
                });
                s.default(|| {
                    accept.set(1);
                    when(done, || next.set(idle));
                });
            });
        });
        m.clocked(|| {
            state.set(next);
            when(queue.out("in_ready") & state.eq(run), || count.set(count + 1))
                .or_when(state.eq(drain), || count.set(0));
        });
        m.output("value", queue.out("out_data"));
        m.output("busy", state.ne(idle));
    })
}

/// Expressions that Verilog cannot say directly.
pub fn arithmetic() -> Module {
    module("arithmetic", |m| {
        let a = m.input("a", S(8));
        let b = m.input("b", S(8));
        let u = m.input("u", U(12));
        let n = m.input("n", U(4));
        m.output("high_half", (a * b).bits(15, 8));
        m.output("difference", (a - b).ext(16));
        m.output("sum_of_products", (a * b).ext(20) + (b * b).ext(20));
        m.output("shifted", (a.as_unsigned() ^ u.trunc(8)) + (b >> n).as_unsigned());
        m.output("chosen_bit", u.bit_at(n));
        m.output("fits", (a + b).le(100) & !(u.any()));
        m.output("joined", cat(&[u.bits(11, 8), a.as_unsigned(), n.bit(0).repeat(3)]));
        m.output(
            "ordered",
            n.eq(0).mux(u, n.eq(1).mux(u << 1, n.eq(2).mux(u << n, lit(0xabc, U(12))))),
        );
    })
}
