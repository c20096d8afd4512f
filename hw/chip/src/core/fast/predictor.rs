//! Prediction of jumps and branches: branch target buffer and return stack.

use systole_hdl::prelude::*;

/// Address bits above the index that an entry compares. Fewer than all: what the buffer says is
/// only a guess, and every guess is verified.
const TAG_BITS: u32 = 8;

/// Outcome of a jump or branch that retires, for training.
pub struct Outcome {
    /// A jump or branch retires.
    pub valid: Signal,
    /// Address of its last halfword.
    pub pc: Signal,
    /// A conditional branch.
    pub is_branch: Signal,
    /// It writes a link register.
    pub is_call: Signal,
    /// A jump to a link register.
    pub is_return: Signal,
    /// It went to its target.
    pub taken: Signal,
    /// Where it went or would have gone.
    pub target: Signal,
    /// Address behind it.
    pub link: Signal,
    /// The buffer knew it, with this counter.
    pub hit: Signal,
    /// The two-bit counter that it was predicted with.
    pub counter: Signal,
}

impl Outcome {
    fn inputs(m: M) -> Self {
        Self {
            valid: m.input("outcome_valid", Bit),
            pc: m.input("outcome_pc", U(32)).doc("of the last halfword"),
            is_branch: m.input("outcome_is_branch", Bit),
            is_call: m.input("outcome_is_call", Bit),
            is_return: m.input("outcome_is_return", Bit),
            taken: m.input("outcome_taken", Bit),
            target: m.input("outcome_target", U(32)),
            link: m.input("outcome_link", U(32)),
            hit: m.input("outcome_hit", Bit),
            counter: m.input("outcome_counter", U(2)),
        }
    }

    /// Connects an instance of [`predictor`].
    pub fn connect(&self, predictor: Instance) -> Instance {
        predictor
            .pin("outcome_valid", self.valid)
            .pin("outcome_pc", self.pc)
            .pin("outcome_is_branch", self.is_branch)
            .pin("outcome_is_call", self.is_call)
            .pin("outcome_is_return", self.is_return)
            .pin("outcome_taken", self.taken)
            .pin("outcome_target", self.target)
            .pin("outcome_link", self.link)
            .pin("outcome_hit", self.hit)
            .pin("outcome_counter", self.counter)
    }
}

/// The predictor: `entries` branch targets (a power of two), direct mapped by group address, and
/// a stack of `returns` return addresses (a power of two, or 0 for none).
///
/// Lookup is combinational from `pc`, the address at which a group of 64 bits is entered. An
/// entry is one jump or branch: the place of its last halfword in the group, its target and a
/// two-bit counter; jumps always count as taken. Entries are made by what is taken, and trained
/// when it retires. `clear` forgets all entries.
pub fn predictor(entries: u32, returns: u32) -> Module {
    let index_bits = entries.ilog2();
    module("core_predictor", |m| {
        m.doc("Branch target buffer with two-bit counters, and return stack.");
        let pc = m.input("pc", U(32)).doc("where the group is entered");
        let clear = m.input("clear", Bit).doc("forget all entries");
        let outcome = Outcome::inputs(m);
        let index = |pc: Signal| pc.bits(2 + index_bits, 3);
        let tag = |pc: Signal| pc.bits(2 + index_bits + TAG_BITS, 3 + index_bits);

        m.section("Lookup");
        let valid = m.reg("valid", U(entries)).reset(0);
        // In block RAM the lookup would begin with its slow output.
        let targets = m.memory("targets", entries, U(TAG_BITS + 36)).style(RamStyle::Distributed);
        let lookup_index = index(pc).named("lookup_index");
        let entry = targets.read(lookup_index).named("entry");
        let entry_is_return = entry.bit(35).named("entry_is_return");
        let entry_position = entry.bits(34, 33).named("entry_position");
        let entry_counter = entry.bits(32, 31).named("entry_counter");
        let entry_target = cat(&[entry.bits(30, 0), lit(0, Bit)]).named("entry_target");
        let tag_matches = entry.bits(35 + TAG_BITS, 36).eq(tag(pc)).named("tag_matches");
        let ahead = entry_position.ge(pc.bits(2, 1)).named("ahead");
        let known = valid.bit_at(lookup_index).named("known");
        let hit = (known & tag_matches & ahead).named("lookup_hit");
        let return_target = return_stack(m, returns, &outcome);
        let target = match return_target {
            Some(top) => entry_is_return.mux(top, entry_target),
            None => entry_target,
        };
        m.output("hit", hit);
        m.output("taken", hit & entry_counter.bit(1));
        m.output("position", entry_position);
        m.output("counter", entry_counter);
        m.output("target", target);
        if return_target.is_none() {
            entry_is_return.unused();
        }

        m.section("Training");
        let counter = trained_counter(m, &outcome);
        let learn = (outcome.valid & (outcome.taken | outcome.hit)).named("learn");
        let learn_index = index(outcome.pc).named("learn_index");
        let learned = cat(&[
            tag(outcome.pc),
            outcome.is_return,
            outcome.pc.bits(2, 1),
            counter,
            outcome.target.bits(31, 1),
        ]);
        let learned = learned.named("learned");
        let learned_bit = (lit(1, U(entries)) << learn_index).named("learned_bit");
        m.clocked(|| {
            when(learn, || {
                targets.write(learn_index, learned);
                valid.set(valid | learned_bit);
            });
            when(clear, || valid.set(0));
        });
        for ignored in [outcome.pc.bit(0), outcome.target.bit(0)] {
            ignored.unused();
        }
        pc.bit(0).unused();
        pc.bits(31, 3 + index_bits + TAG_BITS).unused();
        outcome.pc.bits(31, 3 + index_bits + TAG_BITS).unused();
    })
}

/// The counter after the outcome: up when taken, down when not; a new branch is weakly taken.
fn trained_counter(m: M, outcome: &Outcome) -> Signal {
    let up = outcome.counter.eq(3).mux(3, outcome.counter + 1).named("counter_up");
    let down = outcome.counter.eq(0).mux(0, outcome.counter - 1).named("counter_down");
    let counter = m.wire("trained_counter", U(2));
    m.comb(|| {
        when(!outcome.is_branch, || counter.set(3))
            .or_when(!outcome.hit, || counter.set(2))
            .or_when(outcome.taken, || counter.set(up))
            .otherwise(|| counter.set(down));
    });
    counter
}

/// The return stack; gives its top. It follows the instructions that retire, so that nothing has
/// to be undone after a wrong prediction.
fn return_stack(m: M, returns: u32, outcome: &Outcome) -> Option<Signal> {
    if returns == 0 {
        outcome.is_call.unused();
        outcome.link.unused();
        return None;
    }
    m.section("Return stack");
    let stack = m.memory("stack", returns, U(32));
    let pointer = m.reg("top_pointer", U(returns.ilog2())).reset(0);
    let above = (pointer + 1).named("above");
    let push = (outcome.valid & outcome.is_call).named("push");
    let pop = (outcome.valid & outcome.is_return).named("pop");
    m.clocked(|| {
        when(push, || {
            stack.write(above, outcome.link);
            pointer.set(above);
        })
        .or_when(pop, || pointer.set(pointer - 1));
    });
    Some(stack.read(pointer).named("stack_top"))
}
