//! First-in first-out queue, also used as a register slice.

use systole_hdl::prelude::*;

use super::bits_for;

/// A queue of up to `capacity` entries of type `ty`; the module is called `name`.
///
/// Ports: `push_valid`, `push_ready`, `push_data`, `pop_valid`, `pop_ready`, `pop_data`, and `flush`,
/// which empties the queue. `push_ready` and `pop_valid` come from registers, so that a queue of
/// two entries cuts every path between its sides and still moves one entry a cycle.
pub fn fifo(name: &str, capacity: u32, ty: Ty) -> Module {
    let depth = capacity.next_power_of_two().max(2);
    let count = U(bits_for(capacity));
    module(name, |m| {
        m.doc(format!("Queue of up to {capacity} entries."));
        let push_valid = m.input("push_valid", Bit);
        let push_data = m.input("push_data", ty);
        let pop_ready = m.input("pop_ready", Bit);
        let flush = m.input("flush", Bit).doc("forget all entries");

        let level = m.reg("level", count).reset(0).doc("entries held");
        let push_ready = m.output("push_ready", level.ne(u64::from(capacity)));
        let pop_valid = m.output("pop_valid", level.ne(0));
        let push = (push_valid & push_ready).named("push");
        let pop = (pop_valid & pop_ready).named("pop");
        m.clocked(|| {
            when(push & !pop, || level.set(level + 1))
                .or_when(pop & !push, || level.set(level - 1));
            when(flush, || level.set(0));
        });
        if capacity == 1 {
            let entry = m.output_reg("pop_data", ty);
            m.clocked(|| {
                when(push, || entry.set(push_data));
            });
        } else {
            ring(m, depth, push, push_data, [pop, flush]);
        }
        m.check("level_in_range", level.le(u64::from(capacity)));
    })
}

/// The entries of a queue in a memory, from `head` to `tail`.
fn ring(m: M, depth: u32, push: Signal, push_data: Signal, [pop, flush]: [Signal; 2]) {
    let pointer = U(depth.ilog2());
    let entries = m.memory("entries", depth, push_data.ty());
    let head = m.reg("head", pointer).reset(0);
    let tail = m.reg("tail", pointer).reset(0);
    m.output("pop_data", entries.read(head));
    m.clocked(|| {
        when(push, || {
            entries.write(tail, push_data);
            tail.set(tail + 1);
        });
        when(pop, || head.set(head + 1));
        when(flush, || {
            head.set(0);
            tail.set(0);
        });
    });
}

/// The wires around one [`fifo`] instance.
#[derive(Clone, Copy)]
pub struct FifoPorts {
    /// There is room.
    pub push_ready: Signal,
    /// There is an entry.
    pub pop_valid: Signal,
    /// The oldest entry.
    pub pop_data: Signal,
}

impl FifoPorts {
    /// Instantiates `fifo` as `name`; the arguments drive its inputs.
    pub fn connect(
        m: M,
        name: &str,
        fifo: &Module,
        push: (Signal, Signal),
        pop_ready: Signal,
        flush: Signal,
    ) -> Self {
        let (push_valid, push_data) = push;
        let instance = m
            .instance(name, fifo)
            .pin("push_valid", push_valid)
            .pin("push_data", push_data)
            .pin("pop_ready", pop_ready)
            .pin("flush", flush);
        Self {
            push_ready: instance.out("push_ready"),
            pop_valid: instance.out("pop_valid"),
            pop_data: instance.out("pop_data"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use systole_hdl::prelude::*;

    use super::fifo;

    /// Pushes, pops and flushes in a fixed pseudo-random order against a queue of the library.
    fn follow(capacity: u32) {
        let design = check(&fifo("queue", capacity, U(16))).expect("well formed");
        let mut sim = Interpreter::new(&design);
        sim.reset();
        let mut model = VecDeque::new();
        let mut state = 1u64;
        for cycle in 0..3000u64 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(cycle | 1);
            // Long phases of filling and draining reach both ends.
            let bias = if cycle / 50 % 2 == 0 { 3 } else { 1 };
            let push = state >> 33 & 3 < bias;
            let pop = state >> 40 & 3 < 4 - bias;
            let flush = state >> 50 & 63 == 0;
            let data = state >> 20 & 0xffff;
            sim.set("push_valid", u64::from(push));
            sim.set("push_data", data);
            sim.set("pop_ready", u64::from(pop));
            sim.set("flush", u64::from(flush));
            let room = model.len() < capacity as usize;
            assert_eq!(sim.get("push_ready") == 1, room, "cycle {cycle}");
            assert_eq!(sim.get("pop_valid") == 1, !model.is_empty(), "cycle {cycle}");
            if let Some(&front) = model.front() {
                assert_eq!(sim.get("pop_data"), front, "cycle {cycle}");
            }
            if pop {
                model.pop_front();
            }
            if push && room {
                model.push_back(data);
            }
            if flush {
                model.clear();
            }
            sim.step();
        }
        assert!(sim.failed().is_empty(), "{:?}", sim.failed());
    }

    #[test]
    fn behaves_like_a_queue() {
        for capacity in [1, 2, 3, 4, 5, 8] {
            follow(capacity);
        }
    }
}
