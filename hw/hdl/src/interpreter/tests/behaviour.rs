//! Clocked and combinational behaviour, memories, hierarchy, properties.

use super::*;
use Ty::U;

/// Output `count` counts up while `enable`; reset value 5.
fn counter() -> Arc<Module> {
    let mut m = Ir::new("counter");
    let enable = m.input("enable", U(1));
    let reset = Some(Bits::new(8, 5));
    let count = m.signal("count", U(8), SignalKind::Register { reset }, Some(Direction::Output));
    let (value, one) = (m.read(count), m.literal(1, U(8)));
    let next = m.add(value, one);
    m.clocked(vec![when(enable, vec![set(count, next)], vec![])]);
    m.finish()
}

#[test]
fn a_register_holds_counts_wraps_and_resets() {
    let mut sim = Interpreter::of_module(&counter()).unwrap();
    assert_eq!(sim.get("count"), 0, "no reset yet");
    sim.set("enable", 1);
    sim.reset();
    assert_eq!(sim.get("count"), 5);
    for _ in 0..251 {
        sim.step();
    }
    assert_eq!(sim.get("count"), 0);
    sim.set("enable", 0);
    sim.step();
    assert_eq!(sim.get("count"), 0);
    sim.set("rst", 1);
    sim.step();
    assert_eq!(sim.get("count"), 5);
}

#[test]
fn the_last_assignment_wins_and_reads_see_old_values() {
    let mut m = Ir::new("swap");
    let go = m.input("go", U(1));
    let (a, b) = (m.reg("a", U(4), Some(3)), m.reg("b", U(4), Some(9)));
    let (read_a, read_b, zero) = (m.read(a), m.read(b), m.literal(0, U(4)));
    m.clocked(vec![set(a, zero), when(go, vec![set(a, read_b), set(b, read_a)], vec![])]);
    m.output("a_out", read_a);
    m.output("b_out", read_b);
    let mut sim = m.start();
    sim.reset();
    sim.set("go", 1);
    sim.step();
    assert_eq!((sim.get("a_out"), sim.get("b_out")), (9, 3));
    sim.set("go", 0);
    sim.step();
    assert_eq!((sim.get("a_out"), sim.get("b_out")), (0, 3));
}

#[test]
fn assigns_are_ordered_whatever_the_order_in_which_they_are_written() {
    let mut m = Ir::new("chain");
    let x = m.input("x", U(8));
    let (first, second) = (m.wire("first", U(8)), m.wire("second", U(8)));
    let (read_first, read_second, one) = (m.read(first), m.read(second), m.literal(1, U(8)));
    m.output("y", read_second);
    let value = m.add(read_first, one);
    m.assign(second, value);
    let value = m.add(x, one);
    m.assign(first, value);
    let mut sim = m.start();
    sim.set("x", 40);
    assert_eq!(sim.get("y"), 42);
    assert_eq!(sim.peek("first").to_u64(), 41);
}

#[test]
fn a_comb_block_is_split_by_target_so_that_it_makes_no_false_loop() {
    // One block drives a and b; b depends on c, which depends on a.
    let mut m = Ir::new("split");
    let x = m.input("x", U(4));
    let (a, b, c) = (m.wire("a", U(4)), m.wire("b", U(4)), m.wire("c", U(4)));
    let (read_a, read_b, read_c, one) = (m.read(a), m.read(b), m.read(c), m.literal(1, U(4)));
    let next = m.add(read_a, one);
    m.assign(c, next);
    m.comb(vec![set(b, read_c), set(a, x)]);
    m.output("y", read_b);
    let mut sim = m.start();
    sim.set("x", 6);
    assert_eq!(sim.get("y"), 7);
}

#[test]
fn a_comb_block_that_reads_its_own_target_runs_as_written() {
    // t = x; y = t + 1; t = y + t.
    let mut m = Ir::new("in_order");
    let x = m.input("x", U(8));
    let (t, y) = (m.wire("t", U(8)), m.wire("y", U(8)));
    let (read_t, read_y, one) = (m.read(t), m.read(y), m.literal(1, U(8)));
    let next = m.add(read_t, one);
    let sum = m.add(read_y, read_t);
    m.comb(vec![set(t, x), set(y, next), set(t, sum)]);
    m.output("t_out", read_t);
    m.output("y_out", read_y);
    let mut sim = m.start();
    sim.set("x", 10);
    assert_eq!((sim.get("y_out"), sim.get("t_out")), (11, 21));
    sim.set("x", 20);
    assert_eq!((sim.get("y_out"), sim.get("t_out")), (21, 41));
}

#[test]
fn a_combinational_loop_is_named() {
    let mut m = Ir::new("ring");
    let (a, b) = (m.wire("a", U(1)), m.wire("b", U(1)));
    let (read_a, read_b) = (m.read(a), m.read(b));
    let inverted = m.expr(ExprKind::Unary(UnaryOp::Not, read_b), U(1));
    m.assign(a, inverted);
    m.assign(b, read_a);
    let message = Interpreter::of_module(&m.finish()).err().unwrap();
    assert!(message.contains("loop") && message.contains("a -> b"), "{message}");
}

#[test]
fn switch_takes_the_matching_arm_or_the_default() {
    for width in [3, 100] {
        let mut m = Ir::new("decode");
        let on = m.input("on", U(width));
        let y = m.wire("y", U(8));
        let mut value = |n| m.literal(n, U(8));
        let (ten, twenty, thirty) = (value(10), value(20), value(30));
        let mut label = |n| m.literal(n, U(width));
        let (zero, two, three) = (label(0), label(2), label(3));
        m.comb(vec![Statement::Switch {
            on,
            arms: vec![(vec![zero], vec![set(y, ten)]), (vec![two, three], vec![set(y, twenty)])],
            default: vec![set(y, thirty)],
            location: HERE,
        }]);
        let read = m.read(y);
        m.output("out", read);
        let mut sim = m.start();
        for (on, expected) in [(0, 10), (1, 30), (2, 20), (3, 20), (4, 30)] {
            sim.set("on", on);
            assert_eq!(sim.get("out"), expected, "on = {on}");
        }
    }
}

/// A memory with one write port, an asynchronous and a synchronous read port.
fn memory_module(ty: Ty, byte_enable: bool) -> Interpreter {
    let mut m = Ir::new("ram");
    let write = m.input("write", U(1));
    let address = m.input("address", U(3));
    let data = m.input("data", ty);
    let enable = m.input("enable", U(1));
    let bytes = byte_enable.then(|| m.input("bytes", U(ty.width() / 8)));
    let memory = m.memory("cells", 6, ty);
    let word = m.wire("word", ty);
    let read = SyncRead { data: word, address, enable, location: HERE };
    m.0.memories[0].sync_reads.push(read);
    m.clocked(vec![when(
        write,
        vec![Statement::Write { memory, address, data, byte_enable: bytes, location: HERE }],
        vec![],
    )]);
    let now = m.expr(ExprKind::MemoryRead(memory, address), ty);
    let word = m.read(word);
    m.output("now", now);
    m.output("registered", word);
    m.start()
}

#[test]
fn a_synchronous_read_gives_the_old_word_and_holds_when_not_enabled() {
    let mut sim = memory_module(U(16), false);
    sim.set("address", 4);
    sim.set("data", 0x1111);
    sim.set("write", 1);
    sim.step();
    assert_eq!(sim.get("now"), 0x1111);
    sim.set("data", 0x2222);
    sim.set("enable", 1);
    sim.step();
    assert_eq!(sim.get("registered"), 0x1111, "old word on a write in the same cycle");
    sim.set("enable", 0);
    sim.set("write", 0);
    sim.step();
    assert_eq!(sim.get("registered"), 0x1111, "held");
    sim.set("enable", 1);
    sim.step();
    assert_eq!(sim.get("registered"), 0x2222);
    assert_eq!(sim.peek_memory("cells", 4).to_u64(), 0x2222);
}

#[test]
fn addresses_beyond_the_memory_read_zero_and_write_nothing() {
    let mut sim = memory_module(U(16), false);
    sim.set("write", 1);
    sim.set("data", 7);
    for address in 0..8 {
        sim.set("address", address);
        sim.step();
        assert_eq!(sim.get("now"), if address < 6 { 7 } else { 0 });
    }
}

#[test]
fn byte_enables_write_only_their_bytes_also_in_wide_words() {
    for width in [32u32, 256] {
        let mut sim = memory_module(U(width), true);
        let ones = Bits::from_words(width, &[u64::MAX; 4]);
        sim.set_bits("data", ones);
        sim.set("write", 1);
        let enables = 0x5000_0005 & (u64::MAX >> (64 - width / 8));
        sim.set("bytes", enables);
        sim.step();
        let word = sim.get_bits("now");
        for byte in 0..width / 8 {
            let expected = if enables >> byte & 1 == 1 { 0xff } else { 0 };
            let got = word.words()[byte as usize / 8] >> (byte % 8 * 8) & 0xff;
            assert_eq!(got, expected, "byte {byte} of {width} bits");
        }
    }
}

#[test]
fn instances_have_their_own_state_and_share_nets_with_their_parent() {
    let child = counter();
    let mut m = Ir::new("pair");
    let go = m.input("go", U(1));
    let stop = m.expr(ExprKind::Unary(UnaryOp::Not, go), U(1));
    let a = m.instance("a", &child, &[("enable", go)], &["count"])[0];
    let b = m.instance("b", &child, &[("enable", stop)], &["count"])[0];
    let (read_a, read_b) = (m.read(a), m.read(b));
    let sum = m.add(read_a, read_b);
    m.output("sum", sum);
    let mut sim = m.start();
    sim.reset();
    sim.set("go", 1);
    sim.step();
    sim.step();
    sim.set("go", 0);
    sim.step();
    assert_eq!(sim.peek("a.count").to_u64(), 7);
    assert_eq!(sim.peek("b.count").to_u64(), 6);
    assert_eq!(sim.get("sum"), 13);
}

#[test]
fn properties_are_checked_at_the_edge_outside_reset() {
    let mut m = Ir::new("checked");
    let ok = m.input("ok", U(1));
    let property = |kind, name: &str| Item::Property {
        kind,
        name: name.into(),
        condition: ok,
        location: HERE,
    };
    m.0.items.push(property(PropertyKind::Assert, "always_ok"));
    m.0.items.push(property(PropertyKind::Cover, "ok_seen"));
    let mut sim = m.start();
    sim.reset();
    assert!(sim.failed().is_empty());
    sim.step();
    assert_eq!(sim.failed(), ["assertion always_ok (tests.rs:1) fails in cycle 1"]);
    sim.set("ok", 1);
    sim.step();
    assert_eq!(sim.failed().len(), 1);
    assert_eq!(sim.covers().collect::<Vec<_>>(), [("ok_seen", 1)]);
}

#[test]
#[should_panic(expected = "no port `enabel`: did you mean `enable`?")]
fn an_unknown_port_is_refused_with_a_suggestion() {
    Interpreter::of_module(&counter()).unwrap().set("enabel", 1);
}

#[test]
#[should_panic(expected = "`enable` has 1 bits, 0x2 needs more")]
fn a_value_that_does_not_fit_is_refused() {
    Interpreter::of_module(&counter()).unwrap().set("enable", 2);
}
