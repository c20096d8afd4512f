//! Combinational loops.

use super::assert_mistakes;
use crate::prelude::*;

#[test]
fn a_loop_of_wires_is_named_in_the_direction_of_flow() {
    let dut = module("dut", |m| {
        let x = m.input("x", Bit);
        let a = m.wire("a", Bit);
        let b = (a & x).named("b");
        let c = (b | x).named("c");
        a.drive(c); // @a
        m.output("y", a);
    });
    assert_mistakes(&dut, &["@a combinational loop: `a` -> `b` -> `c` -> `a`"]);
}

#[test]
fn registers_and_clocked_reads_break_loops() {
    let dut = module("dut", |m| {
        let state = m.reg("state", U(4)).reset(0);
        let store = m.memory("store", 16, U(4)).init_file("store.hex");
        let address = m.wire("address", U(4));
        let word = store.read_sync("word", address, 1);
        address.drive(state ^ word);
        m.clocked(|| state.set(address));
        m.output("y", word);
    });
    assert_mistakes(&dut, &[]);
}

#[test]
fn asynchronous_reads_do_not_break_loops() {
    let dut = module("dut", |m| {
        let store = m.memory("store", 16, U(4)).init_file("store.hex");
        let address = m.wire("address", U(4));
        address.drive(store.read(address)); // @drive
        m.output("y", address);
    });
    assert_mistakes(&dut, &["@drive combinational loop: `address` -> `address`"]);
}

#[test]
fn conditions_close_loops_and_order_inside_a_block_opens_them() {
    let dut = module("dut", |m| {
        let x = m.input("x", Bit);
        let go = m.wire("go", Bit);
        let held = m.wire("held", Bit);
        m.comb(|| {
            held.set(0);
            when(go, || held.set(x));
            // Procedural: reads what was set above.
            held.set(held ^ x);
        });
        go.drive(!held); // @go
        m.output("y", held);
    });
    assert_mistakes(&dut, &["@go combinational loop: `go` -> `held` -> `go`"]);
}

/// `forward_out = forward_in` and `back_out = back_in`: two paths that do not cross.
fn lanes() -> Module {
    module("lanes", |m| {
        let forward = m.input("forward_in", Bit);
        let back = m.input("back_in", Bit);
        m.output("forward_out", forward);
        m.output("back_out", !back);
    })
}

#[test]
fn paths_through_an_instance_are_kept_apart() {
    let lanes = lanes();
    let dut = module("dut", |m| {
        let x = m.input("x", Bit);
        let u = m.instance("u", &lanes).pin("forward_in", x);
        u.pin("back_in", u.out("forward_out"));
        m.output("y", u.out("back_out"));
    });
    assert_mistakes(&dut, &[]);
}

#[test]
fn loops_through_instances_are_found() {
    let lanes = lanes();
    let middle = module("middle", |m| {
        let a = m.input("a", Bit);
        let u = m.instance("u", &lanes).pin("forward_in", a).pin("back_in", 0);
        m.output("y", u.out("forward_out"));
        u.unused("back_out");
    });
    let dut = module("dut", |m| {
        let back = m.wire("back", Bit);
        let u = m.instance("u", &middle).pin("a", back);
        back.drive(u.out("y")); // @drive
        m.output("y", back);
    });
    assert_mistakes(&dut, &["@drive combinational loop: `back` -> `u_y` -> `back`"]);
}

#[test]
fn long_chains_are_followed() {
    let dut = module("dut", |m| {
        let mut chain = m.input("x", U(8));
        for i in 0..20_000 {
            chain = (chain + 1).named(format!("chain_{i}"));
        }
        m.output("y", chain);
    });
    assert_mistakes(&dut, &[]);
}
